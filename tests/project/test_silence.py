"""Nothing is sent, and nothing is written where nobody said, but for our own cache."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.datasets import dataset
from helpers.experiments import PEOPLE, TINY, data_set
from helpers.movers import mover
from helpers.profiles import make_profile
from helpers.silence import Recorded, recorder

from poseprint.app.cases import new_case
from poseprint.io.parquet import write_poses
from poseprint.rendering import avatar
from poseprint.verification.enrolment import enroll

SMALL = " ".join(f"--set {setting}" for setting in (*TINY, "epochs=1"))
COMMANDS = {
    "--help": 0,
    "models install": 0,
    "inspect clip.parquet": 0,
    "draw short.parquet -o drawn.mp4": 0,
    "enroll Ann clip.parquet -o person": 0,
    "check clip.parquet --profile enrolled --report report.html": 2,
    "check clip.parquet --profile supervised --report votes.html": 0,
    "dataset describe people": 0,
    "case new new --question Why": 0,
    "case add case short.parquet": 0,
    "case check case 1 --profile enrolled": 2,
    "case note case seen --by Ann": 0,
    "case show case": 0,
    "case export case -o case.zip": 0,
    "case verify case": 0,
    "cache": 0,
    "cache clear": 0,
    f"train people --person Ann -o trained {SMALL}": 0,
    f"tune people --person Ann --trials 1 -o search {SMALL}": 0,
    f"experiment lstm people --person Ann --seeds 1 --split recording --jobs 2 -o experiment {SMALL}": 0,
    "evaluate few -o evaluation": 0,
}
"""Commands and their exit codes."""
needs_recorder = pytest.mark.skipif(not recorder(), reason="strace is not here: the empty home alone is tested")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands are run on."""
    folder = tmp_path_factory.mktemp("work")
    write_poses(mover(300, tempo=0.3), folder / "clip.parquet")
    write_poses(mover(15), folder / "short.parquet")
    data_set(folder / "people", PEOPLE, frames=120)
    dataset(folder / "few", {"Ann": 0.5, "Bob": 1.5, "Cy": 2.5}, recordings=2)
    enroll("Ann", [mover(300, seed=1)]).write(folder / "enrolled")
    make_profile(folder / "supervised")
    new_case(folder / "case", "Why?").add(folder / "clip.parquet")
    return folder


def assert_silent(ran: Recorded) -> None:
    assert ran.left_at_home() == []
    assert ran.sockets() == []
    assert ran.written_elsewhere() == []


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_silent(folder: Path, tmp_path: Path, command: str) -> None:
    ran = Recorded(["-m", "poseprint", *command.split()], folder, tmp_path / "home")
    code, printed = ran.end()
    assert code == COMMANDS[command], printed
    assert_silent(ran)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    "command",
    [
        "extract film.mp4 -o measured",
        "check film.mp4 --profile enrolled",
        "live --url film.mp4 --profile enrolled",
    ],
)
def test_the_estimator_is_silent(folder: Path, tmp_path: Path, models: None, command: str) -> None:
    avatar.write_video(mover(90, size=(640, 360), shoulder=100), folder / "film.mp4")
    ran = Recorded(["-m", "poseprint", *command.split()], folder, tmp_path / "home")
    code, printed = ran.end()
    assert code in (0, 2), printed
    assert_silent(ran)


@pytest.mark.slow
def test_the_library_is_silent(folder: Path, tmp_path: Path) -> None:
    code = "import poseprint; print(poseprint.check('clip.parquet', 'supervised').decision)"
    ran = Recorded(["-c", code], folder, tmp_path / "home")
    assert ran.end() == (0, "consistent\n")
    assert_silent(ran)


@needs_recorder
@pytest.mark.slow
def test_what_is_sent_and_written_is_seen(tmp_path: Path) -> None:
    """Or the tests above could not fail."""
    code = f"""
import pathlib, socket
pathlib.Path.home().joinpath("left").touch()
pathlib.Path({str(tmp_path)!r}, "elsewhere").mkdir()
try:
    socket.getaddrinfo("collector.invalid", 443)
except OSError:
    pass
"""
    (tmp_path / "run").mkdir()
    ran = Recorded(["-c", code], tmp_path / "run", tmp_path / "run" / "home")
    assert ran.end() == (0, "")
    assert ran.left_at_home() == ["left"]
    assert any("AF_INET" in call for call in ran.sockets())
    assert ran.written_elsewhere() == [str(tmp_path / "elsewhere")]


@needs_recorder
@pytest.mark.slow
def test_onnxruntime_is_silent_for_as_long_as_it_takes_to_send(tmp_path: Path) -> None:
    """By itself it looks a collector up, seconds after it was loaded; beside it, the same with poseprint does not."""
    wait = "; import onnxruntime, time; time.sleep(60)"
    folders = [tmp_path / name for name in ("bare", "ours")]
    for made in folders:
        made.mkdir()
    bare = Recorded(["-c", f"pass{wait}"], folders[0], folders[0] / "home")
    ours = Recorded(["-c", f"import poseprint{wait}"], folders[1], folders[1] / "home")
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until and not bare.sockets():
            time.sleep(0.2)
        sent = bare.sockets()
        time.sleep(2)
        assert_silent(ours)
    finally:
        for started in (bare, ours):
            started.kill()
    if not sent:
        pytest.skip("this onnxruntime sends nothing by itself")
    assert bare.left_at_home()


@pytest.mark.parametrize("told", ["0", "1"])
def test_who_loads_onnxruntime_first_is_told(told: str) -> None:
    """Nothing can silence it any more, unless the variable was there."""
    code = (
        "import sys; sys.modules['onnxruntime'] = sys; import poseprint, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    around = {**os.environ, "ORT_DISABLE_TELEMETRY": told}
    ran = subprocess.run([sys.executable, "-c", code], env=around, capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"
    assert ("onnxruntime was loaded before poseprint, so it may send usage data" in ran.stderr) == (told == "0")


@pytest.mark.slow
def test_mediapipe_is_kept_from_the_sound_system(tmp_path: Path) -> None:
    """And who wants sound can have it."""
    (tmp_path / "sounddevice.py").write_text("print('the sound system is open')")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import poseprint.estimation.mediapipe
print(poseprint.estimation.mediapipe.vision.__name__)
import sounddevice
"""
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["mediapipe.tasks.python.vision", "the sound system is open"]
