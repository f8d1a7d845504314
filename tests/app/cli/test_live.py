"""`poseprint live`: a line a reading, events at once, the exit code of check, and nothing written unless asked."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers.command import Command
from helpers.files import FAST, SLOW
from helpers.movers import mover
from helpers.profiles import make_profile
from helpers.running import Scripted, Told, coded_film, frame

from poseprint.app.cli import live as cli
from poseprint.app.live import Happening, Reading
from poseprint.core.errors import VideoError
from poseprint.core.verdict import Decision
from poseprint.estimation.instruments import Instruments
from poseprint.io import camera
from poseprint.io.parquet import read_poses
from poseprint.io.video import probe

FRAMES = 240
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return coded_film(tmp_path_factory.mktemp("film") / "film.mp4", FRAMES)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_profile(tmp_path_factory.mktemp("profile") / "ann")


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Films are played as fast as they go, and somebody moves in them at a tempo."""

    def at(tempo: float, pace: float = 0) -> None:
        series = mover(FRAMES, tempo=tempo, size=(1280, 768))
        monkeypatch.setattr(Instruments, "load", staticmethod(lambda _: Instruments(Told(series))))
        monkeypatch.setattr(camera, "Film", partial(camera.Film, pace=pace))

    return at


@pytest.mark.parametrize(("tempo", "code", "decision"), [(SLOW, 0, "consistent"), (FAST, 1, "inconsistent")])
def test_it_says_its_verdict_by_its_exit_code(
    film: Path, profile: Path, command: Command, moving: Any, tempo: float, code: int, decision: str
) -> None:
    moving(tempo)
    ran = command("live", "--profile", profile, "--url", film)
    assert ran.code == code
    lines = ran.out.splitlines()
    assert lines[0] == "0:02  inconclusive  3 s more for one whole movement"
    assert any(line.startswith(f"{decision}: ") for line in lines)
    ran = command("live", "--profile", profile, "--url", film, "--json")
    readings = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (code, "")
    assert [r["final"] for r in readings] == [False] * (len(readings) - 1) + [True]
    assert readings[-1]["decision"] == decision


def test_nothing_is_written_unless_asked(
    film: Path, profile: Path, tmp_path: Path, command: Command, moving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving(SLOW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSEPRINT_CACHE_BYTES", "1000000")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    call = ("live", "--profile", profile, "--url", film, "--seconds", 6)
    assert command(*call).code == 0
    assert list(tmp_path.iterdir()) == []
    ran = command(*call, "--keep", "poses.parquet", "--record", "film.mp4")
    assert ran.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "poses.parquet"]
    assert read_poses(tmp_path / "poses.parquet").duration == pytest.approx(6, abs=0.1)
    video = probe(tmp_path / "film.mp4")
    assert (video.frames, video.size) == (181, (320, 192))
    for output in ("poses.parquet", "film.mp4"):
        error = command(*call, "--keep" if "poses" in output else "--record", output).error()
        assert error.startswith(f"{output}: is there, and poseprint did not write it; name another")
    assert "is written as .mp4" in command(*call, "--record", "film.avi").error()
    assert "is read here" in command(*call, "--record", film, "--force").error()


def test_what_was_seen_is_kept_where_the_source_breaks_off(
    profile: Path, tmp_path: Path, command: Command, moving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving(SLOW)
    source = Scripted([frame(k) for k in range(200)], VideoError("camera 3: gives no more pictures; was it unplugged?"))
    monkeypatch.setattr(camera, "Camera", lambda _: source)
    kept, film = tmp_path / "poses.parquet", tmp_path / "film.mp4"
    ran = command("live", "--profile", profile, "--camera", 3, "--keep", kept, "--record", film)
    assert ran.error() == "camera 3: gives no more pictures; was it unplugged?"
    assert ran.out.splitlines()[-1].endswith("  consistent")
    assert read_poses(kept).duration == pytest.approx(200 / 30, abs=0.1)
    assert probe(film).frames == 200
    source.frames = []
    for path in (kept, film):
        path.unlink()
    assert "unplugged" in command("live", "--profile", profile, "--camera", 3, "--record", film).error()
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_it_with_the_verdict_so_far(film: Path, profile: Path, command: Command, moving: Any) -> None:
    moving(SLOW, pace=1)
    before = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    ran = command("live", "--profile", profile, "--url", film)
    timer.join()
    assert (ran.code, ran.err) == (2, "")
    assert "\ninconclusive: " in ran.out
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "name what is to be watched by one of --camera, --screen and --url"),
        (("--camera", 0, "--screen", "0,0,99,99"), "by one of --camera, --screen and --url"),
        (("--screen", "0,0,99"), "--screen '0,0,99': expected X,Y,W,H in pixels, such as 0,0,1280,720"),
        (("--url", "https://example.org/live"), "https://example.org/live: is an address, not a file"),
        (("--url", "absent.mp4"), "absent.mp4: no such file or folder"),
        (("--camera", 77), "camera 77: "),
        (("--camera", 0, "--rate", 12), "--rate is one of 10, 15, 30, got 12"),
        (("--camera", 0, "--who", 1), "No such option"),
    ],
)
def test_what_cannot_be_watched(profile: Path, command: Command, moving: Any, options: Any, words: str) -> None:
    moving(SLOW)
    assert words in command("live", "--profile", profile, *options).error()


def reading(llr: float | None = 0.61, decision: Decision = "inconclusive", **changes: Any) -> Reading:
    values: dict[str, Any] = {
        "watched": 83.4,
        "usable": 80.0,
        "llr": {"both": llr},
        "margin": {},
        "lower": -1.0,
        "upper": 2.0,
        "thresholds": (-0.95, 0.95),
        "score": llr,
        "decision": decision,
        "reason": "",
        "needed": 20.0,
        "outlook": "about 20 s more",
        "events": (),
        "rate": 15,
        "dropped": 0,
    }
    return Reading(**{**values, **changes})


def test_the_llr_is_shown_between_its_bounds() -> None:
    assert cli.line_of(reading()) == (
        "1:23  LLR +0.61 -1.0 [-|--------:-----O---|----------] +2.0  inconclusive  about 20 s more"
    )
    assert cli.line_of(reading(2.0, "consistent")).endswith("|---------O] +2.0  consistent")
    assert cli.line_of(reading(None, score=0.75, lower=None)) == "1:23  votes 75% real  inconclusive  about 20 s more"


def test_on_a_terminal_one_line_is_written_anew(capsys: pytest.CaptureFixture[str]) -> None:
    show = cli._OnTerminal()
    show(reading())
    show(reading(events=(Happening("cut", 12.0, "a cut\x1b[2J"),)))
    show(reading(final=True))
    first, event, second = capsys.readouterr().out.split("\n")[0:3]
    assert first.startswith("\r\x1b[K1:23  LLR +0.61")
    assert first.endswith("\r\x1b[K0:12  a cut?[2J")
    assert event.count("\r\x1b[K1:23  LLR") == 2
    assert second == ""
