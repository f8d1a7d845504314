"""The command line as a whole: demo, models, help, and usage errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.command import Command
from helpers.files import csv_of, poses
from helpers.movers import mover
from helpers.profiles import make_profile

from poseprint import __version__
from poseprint.app import demo
from poseprint.app.cli.main import app
from poseprint.estimation.measuring import Measuring


def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    calls: list[tuple[Path, Measuring]] = []  # what it does: tests/app/test_demo.py

    def run(output: Path, *, measuring: Measuring, show: Any, progress: Any) -> None:
        calls.append((output, measuring))
        progress("drawing", 1, 2)
        show("two verdicts")

    monkeypatch.setattr(demo, "run", run)
    assert command("demo") == (0, "two verdicts\n", "")
    assert command("demo", "-o", tmp_path, "--models", tmp_path, "--jobs", 3).code == 0
    assert calls == [(Path("demo-output"), Measuring()), (tmp_path, Measuring(models=tmp_path, jobs=3))]


@pytest.mark.models
def test_models_that_are_there_are_not_fetched(models: None, no_network: None, command: Command) -> None:
    ran = command("models", "install")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("model files are in place: ")


@pytest.mark.slow
def test_version_and_help(command: Command) -> None:
    assert command("--version") == (0, f"poseprint {__version__}\n", "")
    shown = command("--help")
    assert (shown.code, shown.err) == (0, "")
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    assert names == [
        "extract",
        "inspect",
        "draw",
        "enroll",
        "train",
        "tune",
        "experiment",
        "evaluate",
        "check",
        "serve",
        "demo",
        "live",
    ]
    groups = {g.name: g.typer_instance for g in app.registered_groups}
    assert set(groups) == {"models", "dataset", "cache", "case", "reference", "scan"}
    for name in (*names, *groups):
        assert f" {name} " in shown.out
        assert f"poseprint {name} " in command(name, "--help").out
    for name, group in groups.items():
        for made in group.registered_commands if group else ():
            assert f" {made.name} " in command(name, "--help").out
            assert f"poseprint {name} {made.name} " in command(name, made.name, "--help").out


@pytest.mark.parametrize("arguments", [(), ("models",), ("dataset",)])
def test_a_bare_command_shows_its_help(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert "Usage: poseprint" in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("chek",), "No such command 'chek'"),
        (("check", "a.parquet", "--profil", "p"), "No such option: --profil"),
        (("check", "a.parquet"), "Missing option '--profile'"),
        (("check", "--profile", "p"), "Missing argument 'VIDEO_OR_POSES...'"),
        (("extract", "-o", "data"), "Missing argument 'VIDEO...'"),
        (("inspect", "a.csv", "--fps", "fast"), "Invalid value for '--fps'"),
        (("inspect", "a.csv", "--fps", "nan"), "--fps"),
        (("inspect", "a.csv", "--jobs", "0"), "Invalid value for '--jobs'"),
        (("inspect", "a.csv", "--frame-size", "1280"), "--frame-size '1280': expected WIDTHxHEIGHT"),
        (("inspect", "a.csv", "--frame-size", "0x720"), "expected WIDTHxHEIGHT, such as 1280x720"),
        (("inspect", "a.csv", "--frame-size", "-1x720"), "expected WIDTHxHEIGHT, such as 1280x720"),
        (("inspect", "a.csv", "--frame-size", "²x3"), "expected WIDTHxHEIGHT, such as 1280x720"),
        (("check", "a.parquet", "--profile", "p", "--stride", "0"), "Invalid value for '--stride'"),
        (("draw", "a.parquet"), "Missing option"),
        (("train", "d", "-o", "p"), "Missing option '--person'"),
    ],
)
def test_usage_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make_profile(tmp_path / "p")
    poses(tmp_path / "a.parquet")
    csv_of(mover(150), tmp_path / "a.csv")
    ran = command(*arguments)
    assert message in ran.error()
    assert ran.out == ""
