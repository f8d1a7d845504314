"""Ctrl-C and closed pipes: what was finished is kept, and nothing half done is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from helpers.command import Ran
from helpers.movers import mover

from poseprint.app.datasets.collect import CHUNKS_DIR
from poseprint.io.parquet import read_poses, write_poses
from poseprint.rendering import avatar

STOPPED = "interrupted; what was finished is kept, the same command goes on from there"


def started(*arguments: object) -> subprocess.Popen[str]:
    """The command line as a process of its own, in which Ctrl-C is not ignored."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from poseprint.app.cli.main import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> Ran:
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    return Ran(process.returncode, out, err)


def interrupted(process: subprocess.Popen[str], once: Callable[[], object]) -> Ran:
    """What a process gives back that gets Ctrl-C as soon as something is there."""
    while process.poll() is None and not once():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    return ended(process)


@pytest.mark.slow
@pytest.mark.models
def test_ctrl_c_keeps_what_is_extracted(tmp_path: Path, models: None) -> None:
    video, data = tmp_path / "v.mp4", tmp_path / "data"
    avatar.write_video(mover(300, size=(320, 240), shoulder=75, tempo=0.3), video)
    extract = ("extract", video, "--jobs", 1, "-o")

    def parts() -> list[Path]:
        return list((data / CHUNKS_DIR).rglob("0*[0-9].npz"))

    ran = interrupted(started(*extract, data), parts)
    assert ran.error() == STOPPED
    assert ran.out == ""
    kept = {path: path.stat().st_mtime_ns for path in parts()}
    assert len(kept) == 1
    assert not (data / "v.parquet").exists()

    again, seen = started(*extract, data), dict[Path, int]()
    while again.poll() is None:
        with suppress(OSError):  # they go at the end
            seen.update({path: path.stat().st_mtime_ns for path in parts()})
        time.sleep(0.02)
    assert ended(again) == (0, f"{data / 'v.parquet'}: 10.0 s of poses\n", "")
    assert {path: seen[path] for path in kept} == kept  # used, not measured again
    assert not (data / CHUNKS_DIR).exists()

    assert ended(started(*extract, tmp_path / "whole")).code == 0
    resumed, straight = read_poses(data / "v.parquet"), read_poses(tmp_path / "whole" / "v.parquet")
    assert np.array_equal(resumed.position, straight.position, equal_nan=True)
    assert np.array_equal(resumed.confidence, straight.confidence)
    assert set(resumed.channels) == set(straight.channels)
    for name, values in straight.channels.items():
        assert np.array_equal(resumed.channels[name], values, equal_nan=True), name


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_trained(tmp_path: Path) -> None:
    from helpers.datasets import dataset

    data, profile = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}), tmp_path / "profile"
    small = ("--set", "hidden=8", "--set", "length=60", "--set", "batch_size=1", "--set", "patience=0")
    train = ("train", data, "--person", "Ann", "-o", profile, *small, "--set", "epochs=2000")
    last = profile / "training" / "checkpoint.ckpt"
    ran = interrupted(started(*train), last.exists)
    assert ran.code == 3
    assert ran.err.splitlines()[-1] == f"poseprint: error: {STOPPED}"
    assert "Traceback" not in ran.err
    assert last.exists()
    assert not (profile / "profile.json").exists()


@pytest.mark.slow
def test_ctrl_c_leaves_no_half_drawn_video(tmp_path: Path) -> None:
    write_poses(mover(3000), tmp_path / "a.parquet")
    drawn = tmp_path / "drawn" / "a.mp4"
    process = started("draw", tmp_path / "a.parquet", "-o", drawn)
    ran = interrupted(process, lambda: drawn.parent.is_dir() and list(drawn.parent.iterdir()))
    assert ran.error() == STOPPED
    assert list(drawn.parent.iterdir()) == []


@pytest.mark.slow
def test_a_pipe_that_nobody_reads_is_no_verdict(profile: Path, source: Path) -> None:
    process = started("check", source, "--profile", profile, "--json")
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    ran = ended(process)
    assert (ran.code, ran.err) == (3, "")
