"""`poseprint evaluate`: what it prints, writes and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.evaluation import data_set, fewer_draws

from poseprint.verification.reference import shipped, write_reference


@pytest.mark.slow
def test_the_command(tmp_path: Path, command: Command) -> None:
    data, out = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2), tmp_path / "out"
    (tmp_path / "own").mkdir()
    write_reference(shipped(2), tmp_path / "own")
    with fewer_draws():
        ran = command(
            "evaluate", data, "-o", out, "--by", "session", "--json", "--seed", "2", "--reference", tmp_path / "own"
        )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert list(result["protocols"]) == ["session"]
    assert (result["seed"], result["data"]["name"]) == (2, "data")
    assert "by session: " in ran.err
    assert str(tmp_path) not in (out / "evaluation.json").read_text() + (out / "evaluation.md").read_text()


def test_the_command_refuses(tmp_path: Path, command: Command) -> None:
    data = data_set(tmp_path / "data", ("Ann",), recordings=2)
    assert (
        "an evaluation needs usable recordings of at least 2"
        in command("evaluate", data, "-o", tmp_path / "out").error()
    )
    assert "no recordings.csv" in command("evaluate", tmp_path, "-o", tmp_path / "out").error()
    assert (
        "no reference in it; `poseprint reference learn"
        in command("evaluate", data, "-o", tmp_path / "out", "--reference", data).error()
    )
    (tmp_path / "file").touch()
    assert "cannot be written" in command("evaluate", data, "-o", tmp_path / "file").error()
    assert "'day'" in command("evaluate", data, "-o", tmp_path / "out", "--by", "day").err


@pytest.mark.slow
def test_the_extra_that_is_missing_is_named() -> None:
    code = """
import sys
sys.modules["matplotlib"] = None
sys.argv = ["poseprint", "evaluate", "data", "-o", "out"]
from poseprint.app.cli.main import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 3
    wanted = "an evaluation needs matplotlib: install it with pip install 'poseprint[train]'"
    assert ran.stderr == f"poseprint: error: {wanted}\n"
