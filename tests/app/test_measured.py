"""What was measured once: the same to the last bit, and never in the way of the work."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.estimators import FixedEstimator, bar
from helpers.log import logged
from helpers.movers import assert_same
from helpers.profiles import make_profile
from helpers.videos import write_video

from poseprint.app import measured
from poseprint.app.enroll import enroll_footage
from poseprint.app.measured import ENVIRONMENT, MOST_BYTES, clear, kept, measured_dir, most_bytes
from poseprint.app.sources import open_source, read_source
from poseprint.core.errors import PoseprintError
from poseprint.core.files import locked
from poseprint.core.series import PoseSeries
from poseprint.estimation import model_files
from poseprint.estimation.measuring import Measuring
from poseprint.io.video import probe

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("known", "cache")]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache of the user, switched on."""
    monkeypatch.setattr(measured, "cache_dir", lambda: tmp_path / "user" / "poseprint")
    monkeypatch.delenv(ENVIRONMENT)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mp4", lambda k: bar(k / 60), 450)


def pictures_seen(work: Callable[[], object]) -> int:
    """How many pictures the estimator is given."""
    before = FixedEstimator.seen
    work()
    return FixedEstimator.seen - before


def entry() -> Path:
    (path,) = measured_dir().glob("?*-*.parquet")
    return path


def test_what_was_measured_before_is_the_same(film: Path) -> None:
    plain = read_source(film, Measuring(cache=False))
    assert not measured_dir().exists()
    assert_same(read_source(film), plain)
    again: list[PoseSeries] = []
    assert pictures_seen(lambda: again.append(read_source(film))) == 0
    assert_same(again[0], plain)
    assert [path.suffix for path in measured_dir().iterdir()] == [".parquet"]


def test_a_video_is_known_by_its_content(film: Path, tmp_path: Path) -> None:
    read_source(film)
    renamed = film.rename(tmp_path / "other.mp4")
    assert pictures_seen(lambda: read_source(renamed)) == 0
    assert read_source(renamed).recording == "other"
    renamed.write_bytes(renamed.read_bytes() + b"\0")
    assert pictures_seen(lambda: read_source(renamed)) > 0
    assert kept().recordings == 2


def test_other_settings_another_model_another_measuring(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_source(film)
    with pytest.MonkeyPatch.context() as changed:
        changed.setitem(model_files.FILES, "pose_landmarker_full.task", "0" * 64)
        assert pictures_seen(lambda: read_source(film)) > 0
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(measured, "MEASURING_VERSION", measured.MEASURING_VERSION + 1)
        assert pictures_seen(lambda: read_source(film)) > 0
    assert pictures_seen(lambda: read_source(film)) == 0
    assert kept().recordings == 3


def test_settings_tell_series_apart(film: Path) -> None:
    video, series, calls = probe(film), read_source(film, Measuring(cache=False)), list[Path | None]()

    def measure(parts: Path | None) -> PoseSeries:
        calls.append(parts)
        return series

    for settings in ({"rate": 30, "who": 1}, {"who": 1, "rate": 30}, {"rate": 10, "who": 1}, {"rate": 30}):
        measured.measured(video, settings, measure)
    assert len(set(calls)) == len(calls) == 3
    assert calls[0] is not None
    assert calls[0].parent == measured_dir()


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:0], lambda data: data[:900] + b"!" + data[901:]]
)
def test_what_is_damaged_is_measured_again(film: Path, damage: Callable[[bytes], bytes]) -> None:
    series = read_source(film)
    entry().write_bytes(damage(entry().read_bytes()))
    with logged() as messages:
        assert pictures_seen(lambda: assert_same(read_source(film), series)) > 0
    assert messages == []
    assert pictures_seen(lambda: assert_same(read_source(film), series)) == 0


@pytest.mark.parametrize("blocked", ["user", "user/poseprint", "user/poseprint/measured"])
def test_a_cache_that_cannot_be_written_costs_no_work(film: Path, tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / blocked).touch()
    with logged() as messages:
        assert len(read_source(film)) == 450
    (message,) = messages
    assert message.endswith("what is measured is not kept")


def test_a_full_disk_costs_no_work(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(series: PoseSeries, path: Path) -> None:
        raise PoseprintError(f"{path}: cannot be written (No space left on device)")

    monkeypatch.setattr(measured, "write_poses", full)
    with logged() as messages:
        assert len(read_source(film)) == 450
    assert "No space left" in messages[-1]
    assert kept().recordings == 0


def test_the_least_recently_used_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films = [write_video(tmp_path / f"{n}.mp4", lambda k, n=n: bar((k + n) / 30), 40) for n in range(4)]  # type: ignore[misc]
    for age, path in enumerate(films[:3]):
        read_source(path)
        newest = max(measured_dir().glob("*.parquet"), key=lambda file: file.stat().st_mtime)
        os.utime(newest, (time.time() - 1000 + age,) * 2)
    size = kept().size
    (measured_dir() / "mine.txt").write_text("a file of somebody's own")
    assert pictures_seen(lambda: read_source(films[0])) == 0  # used now
    monkeypatch.setenv(ENVIRONMENT, str(size + 100))
    read_source(films[3])
    assert kept().recordings == 3
    assert kept().size <= size + 100
    assert [pictures_seen(lambda path=path: read_source(path)) > 0 for path in (films[0], films[2], films[3])] == [  # type: ignore[misc]
        False
    ] * 3
    assert (measured_dir() / "mine.txt").exists()
    monkeypatch.setenv(ENVIRONMENT, "10")
    read_source(films[1])
    assert kept().recordings == 0


def test_zero_bytes_switch_it_off(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_bytes() == MOST_BYTES
    monkeypatch.setenv(ENVIRONMENT, "0")
    read_source(film)
    assert not measured_dir().exists()
    monkeypatch.setenv(ENVIRONMENT, "2 GB")
    with pytest.raises(PoseprintError, match=r"\$POSEPRINT_CACHE_BYTES is '2 GB'; expected a whole number of bytes"):
        read_source(film)


def test_an_estimator_that_is_handed_in_is_not_known_again(film: Path) -> None:
    open_source(film).read(Measuring(estimator=FixedEstimator()))
    assert not measured_dir().exists()


def test_what_is_interrupted_goes_on(film: Path, tmp_path: Path, command: Command) -> None:
    profile = make_profile(tmp_path / "profile")
    whole = read_source(film, Measuring(cache=False))
    FixedEstimator.seen, FixedEstimator.stop_after = 0, 400
    assert command("check", film, "--profile", profile, "--jobs", 1).code == 3
    FixedEstimator.stop_after = None
    (parts,) = measured_dir().glob("*.parts")
    done = len(list(parts.glob("*.npz")))
    assert done
    assert (kept().recordings, kept().unfinished) == (0, 1)
    again: list[PoseSeries] = []
    assert 0 < pictures_seen(lambda: again.append(read_source(film))) < 400
    assert_same(again[0], whole)
    assert not parts.exists()


def test_check_twice_measures_once(film: Path, tmp_path: Path, command: Command) -> None:
    check = ("check", film, "--profile", make_profile(tmp_path / "profile"), "--json")
    ran: list[object] = []
    assert pictures_seen(lambda: ran.append(command(*check))) > 0
    assert pictures_seen(lambda: ran.append(command(*check))) == 0
    assert ran[0] == ran[1]
    assert pictures_seen(lambda: command("inspect", film)) == 0
    assert pictures_seen(lambda: command("extract", film, "-o", tmp_path / "data")) == 0
    assert pictures_seen(lambda: command(*check, "--no-cache")) > 0


def test_an_enrolment_that_fails_measures_nothing_twice(film: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    with pytest.raises(PoseprintError):
        enroll_footage("Ann", [film, bad], tmp_path / "ann")
    assert not (tmp_path / "ann").exists()
    seen = FixedEstimator.seen
    with pytest.raises(PoseprintError):
        enroll_footage("Ann", [film, bad], tmp_path / "ann")
    assert FixedEstimator.seen == seen


def test_list_and_clear(film: Path, tmp_path: Path, command: Command) -> None:
    assert command("cache").out == f"{measured_dir()}: nothing is kept; at most 2000.0 MB\n"
    read_source(film)
    (measured_dir() / "0.parquet").touch()  # not by this program
    (measured_dir() / f"{'a' * 64}.parts").mkdir()
    held = measured_dir() / f"{'b' * 64}.parts"
    held.mkdir()
    assert re.fullmatch(
        r".*measured: 1 recording, 15 s, 0\.\d MB, 2 unfinished; at most 2000\.0 MB\n", command("cache").out
    )
    told = json.loads(command("cache", "--json").out)
    assert told == {**told, "folder": str(measured_dir()), "recordings": 1, "seconds": 15.0, "unfinished": 2}
    assert command("cache", "clear", "--older-than", "1").code == 0
    assert kept().recordings == 1
    os.utime(entry(), (time.time() - 2 * 86_400,) * 2)
    with locked(held.with_suffix(".lock")):
        assert command("cache", "clear", "--older-than", "1").out.startswith(f"{measured_dir()}: ")
        assert (kept().recordings, kept().unfinished) == (0, 2)
        clear()
        assert kept().unfinished == 1
    clear()
    assert [path.name for path in measured_dir().iterdir()] == ["0.parquet"]
