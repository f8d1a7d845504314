"""`poseprint reference`: what it prints and refuses; what is learned: tests/app/test_references.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.references import fewer_trials, many

from poseprint.verification.reference import shipped


def test_what_ships_is_shown(command: Command) -> None:
    told = json.loads(command("reference", "show", "--json").out)
    assert [(r["name"], r["space"], r["sha256"]) for r in told] == [
        ("shipped", "picture", shipped(2).sha256),
        ("shipped", "depth", shipped(3).sha256),
    ]
    shown = command("reference", "show").out
    assert "msrc12: 20 people, 396 recordings" in shown
    assert "both verdicts are within reach" in shown
    assert "EER" in shown


@pytest.mark.slow
def test_refusals(tmp_path: Path, command: Command) -> None:
    assert "no reference in it" in command("reference", "show", tmp_path).error()
    data = many(tmp_path / "data", 1)
    assert "show one person" in command("reference", "learn", data, "-o", tmp_path / "own").error()
    profile = tmp_path / "p0"
    assert command("enroll", "p0", data / "p0-0.parquet", "-o", profile).code == 0
    refused = command("check", data / "p0-1.parquet", "--profile", profile, "--reference", data)
    assert "no reference in it" in refused.error()


@pytest.mark.slow
def test_learn_and_show(tmp_path: Path, command: Command) -> None:
    data, own = many(tmp_path / "data"), tmp_path / "own"
    with fewer_trials():
        ran = command("reference", "learn", data, "-o", own)
    assert ran.code == 0, ran.err
    assert "data: 8 people, 16 recordings" in ran.out
    assert f"written: {own}" in ran.out
    assert command("reference", "show", own).out.strip() == ran.out[: ran.out.index("written")].strip()
    profile = tmp_path / "p0"
    enrolled = command("enroll", "p0", data / "p0-0.parquet", "-o", profile, "--reference", own)
    assert enrolled.code == 0, enrolled.err
    verdict = json.loads(
        command("check", data / "p0-1.parquet", "--profile", profile, "--reference", own, "--json").out
    )
    assert verdict["settings"]["reference"] == "own"
