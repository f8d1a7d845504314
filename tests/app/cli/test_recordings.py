"""`poseprint inspect`, `extract` and `draw`: what they print and write."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.files import csv_of, poses
from helpers.movers import mover
from helpers.openpose import openpose_folder

from poseprint.io.parquet import read_poses
from poseprint.io.video import frames, probe


def recordings(folder: Path) -> list[list[str]]:
    with (folder / "recordings.csv").open(newline="") as file:
        return list(csv.reader(file))[1:]


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


def test_inspect_poses_of_a_larger_picture(tmp_path: Path, command: Command) -> None:
    folder = openpose_folder(tmp_path / "clip")
    ran = command("inspect", folder, "--fps", 25, "--frame-size", "320x180")
    assert ran.code == 0
    assert "exclude  PICTURE_SIZE_DOUBTED: " in ran.out
    assert "% of the points lie far outside the picture of 320x180; all reach from 0,0 to 375,200" in ran.out
    assert "give the size of the picture that the poses were measured in (--frame-size)" in ran.out


def test_a_folder_of_videos_is_told_to_name_them(tmp_path: Path, command: Command) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a.mp4").touch()
    for arguments in (("inspect", folder), ("extract", folder, "-o", tmp_path / "data")):
        assert command(*arguments).error().endswith("in it; it holds a video: name it")


@pytest.mark.slow
@pytest.mark.models
def test_inspect_a_video(clip: Path, command: Command) -> None:
    content = json.loads(command("inspect", clip, "--json").out)
    assert (content["recording"], content["frames"], content["frame_size"]) == ("gestures", 90, [640, 360])
    assert content["person_share"] == 1.0
    assert len(content["sha256"]) == 64
    assert [f["code"] for f in content["findings"]] == ["TOO_LITTLE_EVIDENCE"]


def test_extract_openpose_json(tmp_path: Path, command: Command) -> None:
    folder, data = openpose_folder(tmp_path / "clip"), tmp_path / "data"
    how = ("--fps", 25, "--frame-size", "640x360")
    ran = command("extract", folder, "-o", data, "--person", "Ann", "--session", "monday, Bonn", *how)
    assert ran == (0, f"{data / 'clip.parquet'}: 0.2 s of poses\n", "")
    assert recordings(data) == [["clip", "Ann", "real", "monday, Bonn", "clip.parquet"]]
    series = read_poses(data / "clip.parquet")
    assert (series.recording, series.person, series.estimator.name) == ("clip", "Ann", "openpose")
    other = openpose_folder(tmp_path / "another", count=5)
    assert command("extract", other, "-o", data, "--person", "Ann", "--label", "fake", *how).code == 0
    assert recordings(data) == [
        ["another", "Ann", "fake", "", "another.parquet"],
        ["clip", "Ann", "real", "monday, Bonn", "clip.parquet"],
    ]
    assert "it is real or fake" in command("extract", other, "-o", data, "--label", "deep", *how).error()


@pytest.mark.slow
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


@pytest.mark.slow
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
