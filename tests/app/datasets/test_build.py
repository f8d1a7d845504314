"""Data sets from manifests, Kinect tables and csv pairs, and what is told of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.command import Command
from helpers.movers import empty, mover, with_channel

from poseprint.app.datasets import convert
from poseprint.app.datasets.build import build, read_manifest
from poseprint.app.datasets.convert import import_csv_pair, import_kinect
from poseprint.app.datasets.describe import describe, table
from poseprint.core.errors import DatasetError, PoseFileError, PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.kinect import JOINTS, Camera, read_kinect
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect

# Manifests


def footage(folder: Path) -> Path:
    """A folder of what a manifest can name: a.parquet, b.parquet, poses.csv, clip/ (json), film.mp4 (none)."""
    from helpers.openpose import openpose, standing

    for seed, name in enumerate("ab"):
        write_poses(mover(300, seed=seed, recording=name), folder / f"{name}.parquet")
    write_csv_pair(mover(150).position[None], np.array([1]), folder / "poses.csv", folder / "labels.csv")
    openpose(folder / "clip", {k: [standing((300 + 5 * k, 200), 120)] for k in range(4)})
    (folder / "film.mp4").write_text("no film")
    return folder


def manifest(folder: Path, text: str | bytes) -> Path:
    path = folder / "manifest.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    footage(tmp_path / "in")
    path = manifest(
        tmp_path,
        "file,person,label,session,recording,fps,frame_size,note\n"
        f"in/a.parquet,Ann,,,,,,x\n{tmp_path}/in/b.parquet, Bob ,fake,monday,speech,,,\n"
        "\nin/clip,Cy,real,,,25,640x360\nin/poses.csv,Cy,,,,,1280X720\n",
    )
    found = [(e.line, e.file.name, e.person, e.label, e.session, e.recording, e.fps, e.frame_size)
             for e in read_manifest(path)]  # fmt: skip
    assert found == [
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
        (b"file,person\na.parquet,\xff\xfe\n", "cannot be read"),
        (ALL + "a.parquet,Ann\nb.parquet,\n", "line 3: no person is named"),
        (ALL + ",Ann\n", "line 2: no file is named"),
        (ALL + "\nc.parquet,Ann\n", "line 3: no file 'c.parquet' in "),
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
    results = build(path, data, say=said.append)
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


@pytest.mark.models
def test_a_video_is_measured_once(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    path, told = manifest(tmp_path, f"file,person\n{clip},Ann\n"), list[tuple[int, int, str]]()
    build(path, tmp_path / "data", progress=lambda *args: told.append(args))
    assert told[-1] == (90, 90, "gestures.mp4 (1 of 1)")
    monkeypatch.setattr("poseprint.app.datasets.collect.extract", None)
    assert command("dataset", "build", path, "-o", tmp_path / "data").code == 0


# Kinect tables


def kinect_table(path: Path, columns: dict[str, Any] | None = None, *, rows: int = 2, step: int = 33) -> Path:
    """Somebody who stands still 2 m away on the axis, the right shoulder at (400, 100) mm; columns can be changed."""
    content: dict[str, Any] = {
        "person": ["p1"] * rows,
        "recording": ["take"] * rows,
        "time_ms": [1000 + step * k for k in range(rows)],
    }
    for joint in JOINTS.values():
        for axis, value in zip("xyz", (0, 0, 2000), strict=True):
            content[f"{joint}_{axis}_mm"] = [value] * rows
    content["ShoulderR_x_mm"], content["ShoulderR_y_mm"] = [400] * rows, [100] * rows
    content["ShoulderL_x_mm"] = [-200] * rows
    content.update(columns or {})
    pq.write_table(pa.table({k: v for k, v in content.items() if v is not None}), path)
    return path


def test_joints_are_projected_by_the_stated_camera(tmp_path: Path) -> None:
    (one,) = read_kinect(kinect_table(tmp_path / "t.parquet"))
    series = one.series
    at = {name: series.position[0, k].tolist() for k, name in enumerate(UPPER_BODY.keypoints)}
    assert at["nose"] == at["neck"] == [640, 480]  # a point on the axis lands in the middle
    assert at["right_shoulder"] == [640 - 1050 * 0.2, 480 - 1050 * 0.05]  # up is smaller, their right is our left
    assert at["left_shoulder"] == [640 + 1050 * 0.1, 480]
    for name in ("right_eye", "left_eye", "right_ear", "left_ear"):
        assert np.isnan(at[name]).all()
    assert (series.frame_size, series.fps, series.estimator.name) == ((1280, 960), 30, "kinect")
    assert (series.recording, series.person, one.session) == ("take", "p1", "")
    assert series.log[0]["focal_px"] == 1050
    (one,) = read_kinect(tmp_path / "t.parquet", camera=Camera(focal=500, width=600, height=400))
    assert one.series.position[0, UPPER_BODY.index("right_shoulder")].tolist() == [300 - 100, 200 - 25]


def test_frames_lie_on_an_exact_grid(tmp_path: Path) -> None:
    rows, speed = 31, 1.5  # mm a ms
    moving = [round(33 * k * speed) for k in range(rows)]
    (one,) = read_kinect(kinect_table(tmp_path / "t.parquet", {"WristL_y_mm": moving}, rows=rows))
    assert len(one.series) == 30  # 0.99 s
    np.testing.assert_array_equal(one.series.time, np.arange(30) / 30)
    wrist = one.series.position[:, UPPER_BODY.index("left_wrist"), 1]
    expected = 480 - 1050 * np.interp(1000 * np.arange(30) / 30, 33 * np.arange(rows), moving) / 2000
    inside = expected >= 0
    np.testing.assert_allclose(wrist[inside], expected[inside], rtol=1e-6)
    assert np.isnan(wrist[~inside]).all()
    assert (~inside).any()


def test_a_long_break_is_not_filled(tmp_path: Path) -> None:
    stamps = [0, 100, 300, 600, 700]  # steps of 100, 200 (filled) and 300 ms (not)
    (one,) = read_kinect(kinect_table(tmp_path / "t.parquet", {"time_ms": stamps}, rows=5))
    missing = np.flatnonzero(~one.series.present())
    assert missing.tolist() == list(range(10, 18))  # after 0.3 s, before 0.6 s


def test_joints_outside_the_picture_or_behind_the_camera_are_missing(tmp_path: Path) -> None:
    columns = {
        "WristR_x_mm": [1300, 1200],  # the picture ends 640 / 1050 * 2000 = 1219 mm from its middle
        "WristL_y_mm": [-950, -900],  # and 914 mm below it
        "ElbowR_z_mm": [-2000, 0],
    }
    (one,) = read_kinect(kinect_table(tmp_path / "t.parquet", columns, step=100))
    seen = one.series.seen()[[0, -1]]
    assert seen[:, UPPER_BODY.index("right_wrist")].tolist() == [False, True]
    assert seen[:, UPPER_BODY.index("left_wrist")].tolist() == [False, True]
    assert seen[:, UPPER_BODY.index("right_elbow")].tolist() == [False, False]


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    rows = 4
    moved = {"WristL_y_mm": [0, 100, 200, 300]}
    (one,) = read_kinect(kinect_table(tmp_path / "a.parquet", moved, rows=rows))
    order = [2, 0, 3, 1, 0]  # one of them twice
    shuffled = pq.read_table(tmp_path / "a.parquet").take(order)
    pq.write_table(shuffled, tmp_path / "b.parquet")
    (other,) = read_kinect(tmp_path / "b.parquet")
    np.testing.assert_array_equal(one.series.position, other.series.position)


def test_recordings_are_told_apart_by_person_too(tmp_path: Path) -> None:
    columns = {"person": ["a", "b", "b", "a"], "recording": ["1", "1", "2", "1"], "session": ["x", None, "z", "x"]}
    found = read_kinect(kinect_table(tmp_path / "t.parquet", columns, rows=4))
    assert [(r.series.recording, r.series.person, r.session) for r in found] == [
        ("a_1", "a", "x"),
        ("b_1", "b", ""),
        ("2", "b", "z"),
    ]
    assert [len(r.series) for r in found] == [3, 1, 1]  # 99 ms, and single frames


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"person": None}, "columns are missing: person"),
        ({"WristL_z_mm": None}, "columns are missing: WristL_z_mm"),
        ({"time_ms": ["soon", "later"]}, "cannot be read as a table of joints"),
        ({"Head_x_mm": [[1], [2, 3]]}, "cannot be read as a table of joints"),
        ({"Head_x_mm": [1, None]}, "not finite"),
        ({"Head_x_mm": [1.0, np.inf]}, "not finite"),
        ({"time_ms": [0, None]}, "not finite"),
        ({"time_ms": [0, 10**15]}, "lasts 1e[+]15 ms; is time_ms in milliseconds"),
        ({"person": ["p1", None]}, "a row without a person or without a recording"),
        ({"recording": [" ", "x"]}, "a row without a person or without a recording"),
        ({"person": [[1], [2]]}, "cannot be read as a table of joints"),
    ],
)
def test_what_is_no_kinect_table(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(PoseFileError, match=f"t.parquet: .*{problem}"):
        import_kinect(kinect_table(tmp_path / "t.parquet", columns), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_what_is_no_parquet_or_empty(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("hello")
    for path in (tmp_path / "t.parquet", tmp_path / "none.parquet"):
        with pytest.raises(PoseFileError, match="cannot be read as a table of joints"):
            read_kinect(path)
    pq.write_table(pq.read_table(kinect_table(tmp_path / "t.parquet")).slice(0, 0), tmp_path / "t.parquet")
    with pytest.raises(PoseFileError, match="a table without rows"):
        read_kinect(tmp_path / "t.parquet")


def test_a_kinect_table_becomes_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"recording": ["../evil", "take", "take", "take"], "session": ["a", "b", "b", "b"]}
    columns["activity"] = ["wave", "point", "point", "point"]
    source, data = kinect_table(tmp_path / "t.parquet", columns, rows=4), tmp_path / "data"
    data.mkdir()
    write_poses(mover(300, recording="own"), data / "own.parquet")
    write_recordings(data, [Recording("own", "Ann", "fake", "", "own.parquet")])
    lines = import_kinect(source, data)
    assert [(r.person, r.label, r.session) for r in lines] == [("p1", "real", "a"), ("p1", "real", "b")]
    assert [r.activity for r in lines] == ["wave", "point"]
    assert re.fullmatch(r"_evil-[0-9a-f]{8}", lines[0].recording)
    assert {r.recording for r in read_recordings(data)} == {"own", "take", lines[0].recording}
    assert {p.parent for p in tmp_path.rglob("*evil*")} == {data}
    assert read_poses(data / lines[0].file).recording == lines[0].recording
    # The second time nothing is written but the table; a different recording of that name stands beside it.
    monkeypatch.setattr(convert, "write_poses", None)
    assert import_kinect(source, data) == lines
    monkeypatch.undo()
    other = import_kinect(kinect_table(tmp_path / "t.parquet", {"Head_x_mm": [9, 9]}), data)
    assert [r.recording[:5] for r in other] == ["take-"]
    assert len(read_recordings(data)) == 4


@pytest.mark.shared_data
def test_msrc12(shared: Path, tmp_path: Path) -> None:
    lines = import_kinect(shared / "msrc12" / "upper_body.parquet", tmp_path)
    assert (len(lines), len({r.person for r in lines})) == (396, 20)
    assert len({r.activity for r in lines}) == 12
    assert read_recordings(tmp_path) == sorted(lines, key=lambda r: r.recording)
    series = read_poses(tmp_path / lines[0].file)
    assert series.estimator.name == "kinect"
    right, left = (np.nanmedian(series.position[:, UPPER_BODY.index(f"{s}_shoulder"), 0]) for s in ("right", "left"))
    assert right < left  # they face the camera


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "recordings", "persons"),
    [("isl_kinect", 2699, 10), ("kinect_gait_164", 821, 164), ("precog16", 70, 12), ("utd_mhad", 861, 8)],
)
def test_every_kinect_table_is_read(shared: Path, name: str, recordings: int, persons: int) -> None:
    found = read_kinect(shared / name / "upper_body.parquet")
    assert len({one.series.recording for one in found}) == len(found) == recordings
    assert len({one.series.person for one in found}) == persons
    assert {one.session for one in found} == (
        {"facing_front", "facing_45deg", "facing_65deg"} if name == "isl_kinect" else {""}
    )


# The csv pair


def csv_pair(folder: Path, labels: list[int]) -> tuple[Path, Path, np.ndarray]:
    positions = np.stack([mover(150, seed=k).position for k in range(len(labels))])
    paths = folder / "poses.csv", folder / "labels.csv"
    write_csv_pair(positions, np.array(labels), *paths)
    return *paths, positions


def test_a_csv_pair_gives_back_its_movements_in_their_order(tmp_path: Path) -> None:
    labels = [1, 1, 0, 1, 0, 0, 0]
    poses, answers, positions = csv_pair(tmp_path, labels)
    lines = import_csv_pair(poses, answers, tmp_path / "data", person="Ann", frame_size=(1280, 720))
    assert lines == read_recordings(tmp_path / "data")
    assert [(r.recording, r.person, r.label) for r in lines] == [
        ("poses-0001", "Ann", "real"),
        ("poses-0002", "Ann", "fake"),
        ("poses-0003", "Ann", "real"),
        ("poses-0004", "Ann", "fake"),
    ]
    movements, found = [], []
    for line in lines:
        series = read_poses(tmp_path / "data" / line.file)
        assert series.frame_size == (1280, 720)
        for first, last in cut_movements(inspect(series).spans, length=150):
            movements.append(series.position[first:last])
            found.append(int(line.label == "real"))
    np.testing.assert_array_equal(np.stack(movements), positions)
    assert found == labels
    assert import_csv_pair(poses, answers, tmp_path / "data", person="Ann", frame_size=(1280, 720)) == lines


# What is in a data set


def described(folder: Path, series: dict[str, tuple[str, str, str, PoseSeries]]) -> Path:
    """A data set of recordings given as name -> person, label, session, poses."""
    for name, (_, _, _, poses) in series.items():
        write_poses(poses, folder / f"{name}.parquet")
    write_recordings(folder, [Recording(n, p, label, s, f"{n}.parquet") for n, (p, label, s, _) in series.items()])
    return folder


def made_up(folder: Path) -> Path:
    return described(
        folder,
        {
            "a1": ("Ann", "real", "monday", mover(500, seed=1)),  # 3 movements, 50 frames over
            "a2": ("Ann", "real", "tuesday", empty(mover(450, seed=2), slice(150, 300))),  # 2
            "a3": ("Ann", "fake", "", mover(200, seed=3)),  # 1
            "b1": ("Bob|y", "real", "monday", mover(375, fps=25, seed=4)),  # 15 s: 3
            "b2": ("Bob|y", "real", "monday", mover(149, seed=5)),
            "b3": ("Bob|y", "fake", "", with_channel(mover(150, seed=6), "people", slice(None), 2)),
            "b4": ("Bob|y", "fake", "", with_channel(mover(150, seed=7), "people", slice(None), 2)),
        },
    )


def test_a_description_by_hand(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    found = describe(made_up(tmp_path), progress=lambda *args: told.append(args))
    assert told[0] == (1, 7, "a1")
    assert told[-1] == (7, 7, "b4")
    seconds = {
        "Ann": (500 / 30 + 15 + 200 / 30, 500 / 30 + 10 + 200 / 30),
        "Bob|y": (15 + 149 / 30 + 10, 15 + 149 / 30),
    }
    assert found["length"] == 150
    assert [one["person"] for one in found["persons"]] == ["Ann", "Bob|y"]
    ann, bob = found["persons"]
    assert (ann["recordings"], bob["recordings"]) == ({"real": 2, "fake": 1}, {"real": 2, "fake": 2})
    assert (ann["movements"], bob["movements"]) == ({"real": 5, "fake": 1}, {"real": 3, "fake": 0})
    assert (ann["sessions"], bob["sessions"]) == (2, 1)
    assert (ann["majority"], bob["majority"]) == (5 / 9, 6 / 9)
    for one in found["persons"]:
        total, usable = seconds[one["person"]]
        assert one["hours"] == pytest.approx({"total": total / 3600, "usable": usable / 3600})
    total = found["total"]
    assert (total["recordings"], total["movements"]) == ({"real": 4, "fake": 3}, {"real": 8, "fake": 1})
    assert (total["sessions"], total["majority"]) == (2, 8 / 9)
    assert total["hours"]["total"] == pytest.approx(sum(t for t, _ in seconds.values()) / 3600)
    assert found["unused"] == {"recordings": 3, "codes": {"SECOND_PERSON": 2, "TOO_LITTLE_EVIDENCE": 1}}
    assert list(found["unused"]["codes"]) == ["SECOND_PERSON", "TOO_LITTLE_EVIDENCE"]
    longer = describe(tmp_path, length=160)["total"]["movements"]
    assert longer == {"real": 3 + 2, "fake": 1}


def test_a_description_as_a_table(tmp_path: Path) -> None:
    lines = table(describe(made_up(tmp_path))).splitlines()
    assert lines[:5] == [
        "| person | recordings real | fake | hours | usable | movements real | fake | sessions | majority |",
        "| ------ | --------------: | ---: | ----: | -----: | -------------: | ---: | -------: | -------: |",
        "| Ann    |               2 |    1 | 0.011 |  0.009 |              5 |    1 |        2 |    55.6% |",
        "| Bob\\|y |               2 |    2 | 0.008 |  0.006 |              3 |    0 |        1 |    66.7% |",
        "| all    |               4 |    3 | 0.019 |  0.015 |              8 |    1 |        2 |    88.9% |",
    ]
    assert lines[-1] == (
        "Recordings without a usable movement: 3 of 7; excluded by SECOND_PERSON (2), TOO_LITTLE_EVIDENCE (1)"
    )


def test_a_data_set_without_a_movement(tmp_path: Path) -> None:
    found = describe(described(tmp_path, {"a": ("", "real", "", mover(100))}))
    assert found["total"]["majority"] is None
    assert found["unused"] == {"recordings": 1, "codes": {"TOO_LITTLE_EVIDENCE": 1}}
    assert "| (no name) |" in table(found)


# The commands


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
        (("build", "none.csv", "-o", "d"), "none.csv: cannot be read"),
        (("build", "bad.csv", "-o", "d"), "bad.csv: line 2: no file 'x.mp4' in "),
        (("build", "bad.csv"), "Missing option"),
        (("describe", "none"), "none: no recordings.csv in it"),
        (("import", "none.parquet", "-o", "d"), "none.parquet: cannot be read as a table of joints"),
        (("import", "a.parquet", "-o", "d"), "a.parquet: no table of Kinect joints: columns are missing: person"),
        (("import", "a.parquet", "-o", "d", "--person", "Ann"), "a Kinect table needs no LABELS, --person"),
        (("import", "poses.csv", "-o", "d"), "poses.csv needs LABELS (labels.csv), --person and --frame-size"),
        (("import", "poses.csv", "labels.csv", "-o", "d", "--person", "A", "--frame-size", "9"), "expected WIDTHxHEIGHT"),
        (("import", "clip", "-o", "d"), "clip: neither a Kinect table (.parquet) nor poses.csv"),
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
