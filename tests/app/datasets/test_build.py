"""Data sets from manifests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.command import Command
from helpers.datasets import footage, manifest

from poseprint.app.datasets.build import build, read_manifest
from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings
from poseprint.io.parquet import read_poses


def test_a_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    footage(tmp_path / "in")
    path = manifest(
        tmp_path,
        "file,person,label,session,recording,fps,frame_size,note\n"
        f"in/a.parquet,Ann,,,,,,x\n{tmp_path}/in/b.parquet, Bob ,fake,monday,speech,,,\n"
        "\nin/clip,Cy,real,,,25,640x360\nin/poses.csv,Cy,,,,,1280X720\n",
    )
    lines = [(e.number, e.file.name, e.person, e.label, e.session, e.recording, e.fps, e.frame_size)
             for e in read_manifest(path)]  # fmt: skip
    assert lines == [
        (2, "a.parquet", "Ann", "real", "", None, None, None),
        (3, "b.parquet", "Bob", "fake", "monday", "speech", None, None),
        (5, "clip", "Cy", "real", "", None, 25.0, (640, 360)),
        (6, "poses.csv", "Cy", "real", "", None, None, (1280, 720)),
    ]


ALL = "file,person,label,recording,fps,frame_size\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "columns are missing: file, person"),
        ("file,label\na.parquet,real\n", "columns are missing: person"),
        ("file,person\n", "lists no recordings"),
        (b"\xff\xfef", "cannot be read"),
        (ALL + "a.parquet,Ann\nb.parquet,\n", "line 3: no person is named"),
        (ALL + ",Ann\n", "line 2: no file is named"),
        (ALL + "\nc.parquet,Ann\n", "line 3: no file 'c.parquet' in "),
        (ALL + "é" * 300 + ",Ann\n", "line 2: no file 'ééé"),
        (ALL + "a.parquet,Ann,Real\n", "line 2: label 'Real'; it is real or fake"),
        (ALL + "a.parquet,Ann\nb.parquet,Ann\na.parquet,Bob\n", "line 4: a.parquet is the same recording as in line 2"),
        (ALL + "a.parquet,Ann\ncopy.parquet,Ann\n", "line 3: copy.parquet is the same recording as in line 2"),
        (ALL + "clip,Ann,,,25,9x9\nclip,Ann,,,25,9x9\n", "line 3: clip is the same recording as in line 2"),
        (ALL + "a.parquet,Ann,,x\nb.parquet,Ann,,x\n", "line 3: line 2 has the name 'x' already"),
        (ALL + "a.parquet,Ann,,../x\n", "line 2: recording '../x' cannot be the name of a file"),
        (ALL + "a.parquet,Ann,,.\n", "line 2: recording '.' cannot be the name of a file"),
        (ALL + "clip,Ann,,,,640x360\n", "line 2: OpenPose json does not tell the frame rate"),
        (ALL + "clip,Ann,,,25,\n", "line 2: these poses do not tell the picture's size"),
        (ALL + "poses.csv,Ann\n", "line 2: these poses do not tell the picture's size"),
        (ALL + "clip,Ann,,,fast,640x360\n", "line 2: fps 'fast'; expected a number from 1 to 1000"),
        (ALL + "clip,Ann,,,nan,640x360\n", "line 2: fps 'nan'; expected"),
        (ALL + "clip,Ann,,,25,640\n", "line 2: frame_size '640'; expected WIDTHxHEIGHT"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_before_any_work(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    footage(tmp_path)
    (tmp_path / "copy.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    with pytest.raises(DatasetError, match=rf"manifest\.csv: {problem}"):
        build(manifest(tmp_path, text), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_build_goes_on_after_what_cannot_be_read_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, said = tmp_path / "data", list[Any]()
    path = manifest(
        footage(tmp_path),
        "file,person,label,session,recording,fps,frame_size,activity\n"
        "b.parquet,Ann,fake,,impression,,,\nfilm.mp4,Ann,,,,,,\nclip,Bob,,monday,,25,640x360,speech\n",
    )
    results = build(path, data, on_result=said.append)
    assert said == results
    assert [r.collected and r.collected.new for r in results] == [True, None, True]
    assert results[1].error.startswith(f"{path}: line 3: {tmp_path}/film.mp4: not a video file")
    lines = [
        Recording("clip", "Bob", "real", "monday", "clip.parquet", "speech"),
        Recording("impression", "Ann", "fake", "", "impression.parquet"),
    ]
    assert read_recordings(data) == lines
    assert read_poses(data / "impression.parquet").recording == "impression"
    stamps = {p.name: p.stat().st_mtime_ns for p in data.glob("*.parquet")}
    again = build(manifest(tmp_path, path.read_text().replace("monday", "tuesday")), data)
    assert [r.collected and r.collected.new for r in again] == [False, None, False]
    assert {p.name: p.stat().st_mtime_ns for p in data.glob("*.parquet")} == stamps
    assert read_recordings(data) == [replace(lines[0], session="tuesday"), lines[1]]


def test_what_every_recording_would_fail_at_ends_the_building(tmp_path: Path) -> None:
    path = manifest(footage(tmp_path), "file,person\na.parquet,Ann\nb.parquet,Ann\n")
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match="file: cannot be written"):
        build(path, tmp_path / "file")


@pytest.mark.slow
@pytest.mark.models
def test_a_video_is_measured_once(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    path, told = manifest(tmp_path, f"file,person\n{clip},Ann\n"), list[tuple[str, int, int]]()
    build(path, tmp_path / "data", progress=lambda *args: told.append(args))
    assert told[-1] == ("gestures.mp4", 90, 90)
    monkeypatch.setattr("poseprint.app.sources.extract", None)
    assert command("dataset", "build", path, "-o", tmp_path / "data").code == 0
