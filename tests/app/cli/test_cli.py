"""Every command, run as a user runs it: what it prints, what it writes, and its exit code."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import Command
from helpers.movers import mover, without
from helpers.openpose import openpose_folder
from helpers.profiles import make_profile

from poseprint import __version__
from poseprint.app import demo
from poseprint.app.check import check_poses
from poseprint.app.cli.main import app
from poseprint.app.profiles import read_profile
from poseprint.core.series import PoseSeries
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.video import frames, probe

SLOW, FAST = 0.3, 1.5  # swings a second; make_profile's votes are real up to about 0.8


def poses(path: Path, **settings: Any) -> Path:
    write_poses(mover(**{"frames": 300, "tempo": SLOW, "recording": path.stem, **settings}), path)
    return path


def csv_of(series: PoseSeries, path: Path) -> Path:
    positions = series.position.reshape(-1, 150, 12, 2)
    write_csv_pair(positions, [1] * len(positions), path, path.with_name("labels.csv"))  # type: ignore[arg-type]
    return path


def recordings(folder: Path) -> list[list[str]]:
    with (folder / "recordings.csv").open(newline="") as file:
        return list(csv.reader(file))[1:]


# check


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
    assert error == "--footage goes with --report and a video"
    assert command("check", "v.mp4", "--profile", profile, "--footage").error() == error


def test_check_takes_a_stride(tmp_path: Path, command: Command) -> None:
    source, profile = poses(tmp_path / "a.parquet"), make_profile(tmp_path / "profile")
    ran = command("check", source, "--profile", profile, "--json", "--stride", 30)
    assert [m["first"] for m in json.loads(ran.out)["movements"]] == list(range(0, 151, 30))


def test_check_of_another_estimators_poses_is_inconclusive(tmp_path: Path, command: Command) -> None:
    source, profile = csv_of(mover(300), tmp_path / "poses.csv"), make_profile(tmp_path / "profile")
    ran = command("check", source, "--profile", profile, "--frame-size", "1280x720")
    assert ran.code == 2
    assert "estimator 'mediapipe-pose-full'" in ran.out


# inspect


def test_inspect_poses(tmp_path: Path, command: Command) -> None:
    source = poses(tmp_path / "ann.parquet")
    ran = command("inspect", source)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "ann: 300 frames, 10.0 s at 30 fps, 1280x720",
        "a person is found in 100% of the frames; usable as evidence: 10.0 s",
        "seen: nose 100%, eyes 100%, ears 100%, shoulders 100%, elbows 100%, wrists 100%",
        "  no findings",
    ]
    content = json.loads(command("inspect", source, "--json").out)
    assert (content["recording"], content["frames"], content["seconds"]) == ("ann", 300, 10.0)
    assert (content["fps"], content["frame_size"], content["person_share"]) == (30.0, [1280, 720], 1.0)
    assert content["usable"] == [{"first": 0, "last": 300, "start": 0.0, "end": 10.0}]
    assert (content["usable_seconds"], content["findings"]) == (10.0, [])
    assert content["estimator"]["name"] == "mediapipe-pose-full"


def test_inspect_names_every_doubt(tmp_path: Path, command: Command) -> None:
    source = poses(tmp_path / "a.parquet", frames=100)
    assert "exclude  TOO_LITTLE_EVIDENCE: the longest usable stretch is 3.3 s" in command("inspect", source).out
    found = json.loads(command("inspect", source, "--json").out)["findings"]
    assert [set(f) for f in found] == [{"code", "severity", "message", "advice", "frames"}]
    assert found[0]["code"] == "TOO_LITTLE_EVIDENCE"


def test_inspect_openpose_json_and_csv(tmp_path: Path, command: Command) -> None:
    folder = openpose_folder(tmp_path / "clip")
    ran = command("inspect", folder, "--fps", 25, "--frame-size", "640x360")
    assert ran.code == 0
    assert ran.out.startswith("clip: 4 frames, 0.2 s at 25 fps, 640x360")
    assert "--fps" in command("inspect", folder, "--frame-size", "640x360").error()
    assert "--frame-size" in command("inspect", folder, "--fps", 25).error()
    source = csv_of(mover(150), tmp_path / "poses.csv")
    assert "--frame-size" in command("inspect", source).error()
    assert command("inspect", source, "--frame-size", "1280x720").out.startswith("poses: 150 frames, 5.0 s")


@pytest.mark.models
def test_inspect_a_video(clip: Path, command: Command) -> None:
    content = json.loads(command("inspect", clip, "--json").out)
    assert (content["recording"], content["frames"], content["frame_size"]) == ("gestures", 90, [640, 360])
    assert content["person_share"] == 1.0
    assert len(content["sha256"]) == 64
    assert [f["code"] for f in content["findings"]] == ["TOO_LITTLE_EVIDENCE"]


# extract


def test_extract_openpose_json(tmp_path: Path, command: Command) -> None:
    folder, data = openpose_folder(tmp_path / "clip"), tmp_path / "data"
    how = ("--fps", 25, "--frame-size", "640x360")
    ran = command("extract", folder, "-o", data, "--person", "Ann", "--session", "monday, Bonn", *how)
    assert ran == (0, f"{data / 'clip.parquet'}: 0.2 s of poses\n", "")
    assert recordings(data) == [["clip", "Ann", "real", "monday, Bonn", "clip.parquet"]]
    series = read_poses(data / "clip.parquet")
    assert (series.recording, series.person, series.estimator.name) == ("clip", "Ann", "openpose")
    other = openpose_folder(tmp_path / "another")
    assert command("extract", other, "-o", data, "--person", "Ann", "--label", "fake", *how).code == 0
    assert recordings(data) == [
        ["another", "Ann", "fake", "", "another.parquet"],
        ["clip", "Ann", "real", "monday, Bonn", "clip.parquet"],
    ]
    assert "it is real or fake" in command("extract", other, "-o", data, "--label", "deep", *how).error()


@pytest.mark.models
def test_extract_keeps_what_is_good_and_does_it_once(tmp_path: Path, clip: Path, command: Command) -> None:
    bad, data = tmp_path / "bad.mp4", tmp_path / "data"
    bad.write_text("no film")
    ran = command("extract", bad, clip, "-o", data, "--person", "Ann", "--session", "monday")
    assert ran.error().startswith(f"{bad}: not a video file")
    assert ran.out == f"{data / 'gestures.parquet'}: 3.0 s of poses\n"
    assert recordings(data) == [["gestures", "Ann", "real", "monday", "gestures.parquet"]]
    series = read_poses(data / "gestures.parquet")
    assert len(series) == 90
    assert series.present().all()
    assert {p.name for p in data.iterdir()} == {"gestures.parquet", "recordings.csv"}
    ran = command("extract", clip, "-o", data)
    assert ran == (0, f"{data / 'gestures.parquet'}: 3.0 s of poses (measured before)\n", "")
    assert recordings(data) == [["gestures", "Ann", "real", "monday", "gestures.parquet"]]


# draw


def test_draw(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "new" / "drawn.mp4"
    source = poses(tmp_path / "a.parquet", frames=20, size=(320, 180), shoulder=50)
    ran = command("draw", source, "-o", path)
    assert ran == (0, f"{path}\n", "")
    video = probe(path)
    assert (video.size, video.fps) == ((320, 180), 30.0)
    pictures = [f.picture for f in frames(video)]
    assert len(pictures) == 20
    assert (pictures[0] != pictures[-1]).any()
    folder = openpose_folder(tmp_path / "clip")
    assert command("draw", folder, "-o", path, "--fps", 25, "--frame-size", "640x360").code == 0
    assert probe(path).fps == pytest.approx(25)
    assert "is written as .mp4" in command("draw", source, "-o", tmp_path / "drawn.gif").error()


# train


def test_train_makes_a_profile_that_check_runs(tmp_path: Path, command: Command) -> None:
    from helpers.datasets import dataset

    data, profile = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}), tmp_path / "profile"
    small = [f"--set={s}" for s in ("hidden=16", "lr=0.01", "batch_size=8", "epochs=3", "length=60", "stride=60")]
    arguments = ("train", data, "--person", "Ann", "-o", profile, "--preset", "quick", *small)
    ran = command(*arguments)
    assert ran.code == 0, ran.err
    assert [line.split()[0] for line in ran.out.splitlines()] == ["train:", "validation:", "test:", "profile"]
    assert "always the commoner label 50.0%" in ran.out
    said = ran.err.splitlines()
    assert said[0].startswith("movements of 2.0 s from 8 recordings, split by recording: 20 to train (10 of Ann), ")
    assert [line.partition(":")[0] for line in said[1:]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert read_profile(profile).training["settings"]["hidden"] == 16
    assert command("check", data / "Ann_0.parquet", "--profile", profile).out.startswith(("consistent", "inconsistent"))
    assert "already holds a profile" in command(*arguments).error()


def test_train_refuses_what_it_does_not_know(tmp_path: Path, command: Command) -> None:
    arguments = ("train", tmp_path, "--person", "Ann", "-o", tmp_path / "profile")
    assert command(*arguments, "--preset", "slow").error() == "--preset 'slow': there are paper, quick"
    assert "key=value with a key of: model, hidden" in command(*arguments, "--set", "hiden=3").error()
    assert "takes a int" in command(*arguments, "--set", "hidden=many").error()
    assert "no recordings.csv in it; `poseprint extract" in command(*arguments).error()
    assert not (tmp_path / "profile").exists()


# demo, models, help


def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    calls: list[tuple[Path, Path | None, int | None]] = []  # what it does: tests/test_demo.py

    def run(output: Path, *, models: Path | None, jobs: int | None, say: Any, progress: Any) -> None:
        calls.append((output, models, jobs))
        progress(1, 2)
        say("two verdicts")

    monkeypatch.setattr(demo, "run", run)
    assert command("demo") == (0, "two verdicts\n", "")
    assert command("demo", "-o", tmp_path, "--models", tmp_path, "--jobs", 3).code == 0
    assert calls == [(Path("demo-output"), None, None), (tmp_path, tmp_path, 3)]


@pytest.mark.models
def test_models_that_are_there_are_not_fetched(models: None, no_network: None, command: Command) -> None:
    ran = command("models", "install")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("model files are in place: ")


def test_version_and_help(command: Command) -> None:
    assert command("--version") == (0, f"poseprint {__version__}\n", "")
    shown = command("--help")
    assert (shown.code, shown.err) == (0, "")
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    assert names == ["extract", "inspect", "draw", "enroll", "train", "tune", "experiment", "evaluate", "check", "demo"]
    groups = {g.name: g.typer_instance for g in app.registered_groups}
    assert set(groups) == {"models", "dataset"}
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
        (("check", "--profile", "p"), "Missing argument 'VIDEO_OR_POSES'"),
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
