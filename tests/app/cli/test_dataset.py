"""`poseprint dataset`: build, import and describe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.datasets import csv_pair, footage, manifest
from helpers.kinect import kinect_table
from helpers.movers import mover
from helpers.openpose import openpose_folder

from poseprint.app.datasets.describe import describe
from poseprint.io.pose_file import write_pose_file


def test_build_and_describe_by_command(tmp_path: Path, command: Command) -> None:
    path, data = manifest(footage(tmp_path), "file,person\na.parquet,Ann\nb.parquet,Bob\n"), tmp_path / "data"
    ran = command("dataset", "build", path, "-o", data)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:3] == [f"{data}/a.parquet: 10.0 s of poses", f"{data}/b.parquet: 10.0 s of poses", ""]
    shown = command("dataset", "describe", data)
    assert (shown.code, shown.out.splitlines()) == (0, lines[3:])
    ran = command("dataset", "describe", data, "--json")
    assert (ran.code, json.loads(ran.out)) == (0, describe(data))


def test_build_says_by_its_exit_code_that_something_failed(tmp_path: Path, command: Command) -> None:
    path, data = manifest(footage(tmp_path), "file,person\nfilm.mp4,Ann\na.parquet,Ann\n"), tmp_path / "data"
    ran = command("dataset", "build", path, "-o", data)
    assert ran.error().startswith(f"{path}: line 2: {tmp_path}/film.mp4: not a video file")
    assert ran.out.startswith(f"{data}/a.parquet: 10.0 s of poses\n\n| person |")
    ran = command("dataset", "build", manifest(tmp_path, "file,person\nfilm.mp4,Ann\n"), "-o", tmp_path / "none")
    assert (ran.error()[: len(str(path))], ran.out) == (str(path), "")


def test_import_by_command(tmp_path: Path, command: Command) -> None:
    ran = command("dataset", "import", kinect_table(tmp_path / "t.parquet"), "-o", tmp_path / "kinect")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/kinect: recordings taken over: 1, persons: 1\n\n| person |")
    poses, labels, _ = csv_pair(tmp_path, [1, 0])
    how = ("--person", "Ann", "--frame-size", "1280x720")
    ran = command("dataset", "import", poses, labels, "-o", tmp_path / "pair", *how)
    assert (ran.code, ran.err) == (0, "")
    assert "| Ann    |               1 |    1 |" in ran.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("build", "none.csv", "-o", "d"), "none.csv: no such file"),
        (("build", "bad.csv", "-o", "d"), "bad.csv: line 2: no file 'x.mp4' in "),
        (("build", "bad.csv"), "Missing option"),
        (("describe", "none"), "none: no such file or folder"),
        (("import", "none.parquet", "-o", "d"), "none.parquet: no such file"),
        (("import", "a.parquet", "-o", "d"), "a.parquet: no table of Kinect joints: columns are missing: person"),
        (("import", "a.parquet", "-o", "d", "--person", "Ann"), "a Kinect table needs no LABELS, --person"),
        (("import", "poses.csv", "-o", "d"), "poses.csv needs LABELS (labels.csv), --person and --frame-size"),
        (("import", "poses.csv", "labels.csv", "-o", "d", "--person", "A", "--frame-size", "9"), "expected WIDTHxHEIGHT"),
        (("import", "film.mp4", "-o", "d"), "film.mp4: neither a .pose, .nc or .bvh file nor a folder of OpenPose json"),
        (("import", "clip", "-o", "d"), "clip: who is in it? give one of --person and --table"),
        (("import", "clip", "labels.csv", "-o", "d"), "clip: LABELS go with poses.csv"),
        (("import", "a.parquet", "-o", "d", "--table", "t.csv"), "a.parquet: --table goes with pose files of other programs"),
        (("import", "poses.csv", "-o", "d", "--fps", "25"), "poses.csv: --fps goes with pose files of other programs"),
        (("export", "none", "-o", "d", "--format", "pose"), "none: no such file or folder"),
        (("export", "none", "-o", "d", "--format", "bvh"), "'bvh' is not one of 'pose', 'movement'"),
    ],
)  # fmt: skip
def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, arguments: tuple[str, ...], problem: str
) -> None:
    footage(tmp_path)
    (tmp_path / "bad.csv").write_text("file,person\nx.mp4,Ann\n")
    monkeypatch.chdir(tmp_path)
    ran = command("dataset", *arguments)
    assert problem in ran.error()
    assert ran.out == ""
    assert not (tmp_path / "d").exists()


def test_import_and_export_of_other_forms_by_command(tmp_path: Path, command: Command) -> None:
    source = tmp_path / "in"
    source.mkdir()
    openpose_folder(source / "clip")
    write_pose_file(mover(150), source / "talk.pose")
    how = ("--person", "Ann", "--fps", "25", "--frame-size", "640x360")
    ran = command("dataset", "import", source, "-o", tmp_path / "data", *how)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/data: recordings taken over: 2, persons: 1\n\n| person |")
    (source / "bad.pose").touch()
    ran = command("dataset", "import", source, "-o", tmp_path / "data", *how)
    assert ran.error().startswith(f"{source}/bad.pose: not a .pose file")
    assert "recordings taken over: 2" in ran.out
    ran = command("dataset", "import", source / "clip", "-o", tmp_path / "none", "--person", "Ann")
    assert ran.error().endswith(
        "clip: this form does not tell the size of the picture; give it with --frame-size WIDTHxHEIGHT"
    )
    ran = command("dataset", "export", tmp_path / "data", "-o", tmp_path / "out", "--format", "pose")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"{tmp_path}/out: recordings written: 2",
        "left out, as this form cannot hold it: people",
    ]
    ran = command("inspect", tmp_path / "out" / "talk.pose")
    assert ran.out.startswith("talk: 150 frames, 5.0 s at 30 fps, 1280x720\n")
