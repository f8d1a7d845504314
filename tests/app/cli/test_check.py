"""`poseprint check`: what it prints, what it writes, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import Command
from helpers.files import FAST, SLOW, csv_of, poses
from helpers.movers import mover, wanderer, without
from helpers.profiles import make_profile

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.io.parquet import read_poses, write_poses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "code", "decision"),
    [
        ({"tempo": SLOW}, 0, "consistent"),
        ({"tempo": FAST}, 1, "inconsistent"),
        ({"frames": 100}, 2, "inconclusive"),
    ],
)
def test_check_says_its_verdict_by_its_exit_code(
    tmp_path: Path, command: Command, settings: dict[str, Any], code: int, decision: str
) -> None:
    source, profile = poses(tmp_path / "a.parquet", **settings), make_profile(tmp_path / "profile")
    ran = command("check", source, "--profile", profile)
    assert (ran.code, ran.err) == (code, "")
    assert ran.out.startswith(f"{decision}: ")
    ran = command("check", source, "--profile", profile, "--json")
    assert (ran.code, ran.err) == (code, "")
    verdict = check_poses(read_poses(source), read_profile(profile))
    assert json.loads(ran.out) == json.loads(json.dumps(verdict.to_dict()))


def test_check_lists_its_findings(tmp_path: Path, command: Command) -> None:
    write_poses(without(mover(300, tempo=SLOW), "wrist"), tmp_path / "a.parquet")
    ran = command("check", tmp_path / "a.parquet", "--profile", make_profile(tmp_path / "profile"))
    assert "warning  WRISTS_HIDDEN: wrists are seen 0% of the time over 10.0 s; prefer footage" in ran.out


def test_several_recordings_make_one_verdict(tmp_path: Path, command: Command) -> None:
    profile = make_profile(tmp_path / "profile")
    sources = [poses(tmp_path / f"{name}.parquet", seed=seed, tempo=SLOW) for seed, name in enumerate("ab", 1)]
    ran = command("check", *sources, "--profile", profile, "--json")
    verdict = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert verdict["recording"] == "a + b"
    assert verdict["seconds"]["recording"] == pytest.approx(20)
    assert command("check", sources[0], sources[0], "--profile", profile).error() == (
        "a is given twice; each recording counts once"
    )
    error = command("check", *sources, "--profile", profile, "--who", "1").error()
    assert error.startswith("--who and --at name a person in one video")


def test_check_writes_a_report(tmp_path: Path, command: Command) -> None:
    source, profile = poses(tmp_path / "a.parquet"), make_profile(tmp_path / "profile")
    page = tmp_path / "new" / "report.html"
    ran = command("check", source, "--profile", profile, "--report", page)
    assert ran.code == 0
    assert ran.out.endswith(f"report: {page}\n")
    assert page.read_text().startswith("<!doctype html>")
    ran = command("check", source, "--profile", profile, "--report", page, "--json")
    assert json.loads(ran.out)["decision"] == "consistent"
    error = command("check", source, "--profile", profile, "--report", page, "--footage").error()
    assert error == "--footage goes with --report and one video"
    assert command("check", "v.mp4", "--profile", profile, "--footage").error() == error


def test_check_of_an_enrolled_take_is_inconclusive_and_says_so(tmp_path: Path, command: Command) -> None:
    write_poses(wanderer(300), tmp_path / "a.parquet")
    assert command("enroll", "Ann", tmp_path / "a.parquet", "-o", tmp_path / "profile").code == 0
    ran = command("check", tmp_path / "a.parquet", "--profile", tmp_path / "profile")
    assert (ran.code, ran.err) == (2, "")
    assert "this take, or a part of it, is enrolled" in ran.out
    assert "warning  KNOWN_TAKE: the profile was made from this: all of it is '0-0'" in ran.out


def test_check_takes_a_stride(tmp_path: Path, command: Command) -> None:
    source, profile = poses(tmp_path / "a.parquet"), make_profile(tmp_path / "profile")
    ran = command("check", source, "--profile", profile, "--json", "--stride", 30)
    assert [m["first"] for m in json.loads(ran.out)["movements"]] == list(range(0, 151, 30))


def test_check_of_another_estimators_poses_is_inconclusive(tmp_path: Path, command: Command) -> None:
    source, profile = csv_of(mover(300), tmp_path / "poses.csv"), make_profile(tmp_path / "profile")
    ran = command("check", source, "--profile", profile, "--frame-size", "1280x720")
    assert ran.code == 2
    assert "estimator 'mediapipe-pose-full'" in ran.out
