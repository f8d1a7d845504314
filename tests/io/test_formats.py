"""Poses on disk: Parquet, the paper's csv pair, OpenPose json."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.datasets import rewritten
from helpers.movers import empty, mover
from helpers.openpose import openpose, standing
from helpers.places import GOLDEN
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import PoseFileError, PoseprintError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, UPPER_BODY
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.paper_csv import read_csv_pair, read_csv_poses, write_csv_pair
from poseprint.io.parquet import read_poses, read_poses_metadata, write_poses
from poseprint.io.poses import is_poses, read_any_poses

SIZE = (640, 480)


def assert_same(a: PoseSeries, b: PoseSeries) -> None:
    """Two series agree to the last bit."""
    for one, other in [(a.position, b.position), (a.confidence, b.confidence), (a.time, b.time)]:
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert list(a.channels) == list(b.channels)
    for name in a.channels:
        assert a.channels[name].tobytes() == b.channels[name].tobytes()
    for name in ("fps", "frame_size", "skeleton", "recording", "person", "source_sha256", "estimator", "log"):
        assert getattr(a, name) == getattr(b, name), name


# Parquet


def test_parquet_gives_back_every_bit(tmp_path: Path) -> None:
    series = replace(empty(mover(40, fps=29.97), slice(5, 9)), person="Ada Lovelace – Zoë")
    position = series.position.copy()
    position[20, 4] = [np.nextafter(np.float32(1), np.float32(2)), 1e-40]
    series = replace(series, position=position).logged("crop", details={"box": [1, 2.5, None, "x"]})
    write_poses(series, tmp_path / "deep" / "er" / "p.parquet")
    again = read_poses(tmp_path / "deep" / "er" / "p.parquet")
    assert np.isnan(again.position[5:9]).all()
    assert_same(series, again)
    assert_same(series, read_any_poses(tmp_path / "deep" / "er" / "p.parquet"))


def test_parquet_columns_are_as_documented(tmp_path: Path) -> None:
    write_poses(mover(3, person="Ada"), tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet")
    keypoints = [f"{k}_{part}" for k in UPPER_BODY.keypoints for part in ("x", "y", "confidence")]
    channels = [f"channel_{c}" for c in ("cut", "change", "camera", "people", "shown")]
    assert table.column_names == ["frame", "time_s", *keypoints, *channels]
    assert table.schema.field("frame").type == pa.int32()
    assert table.schema.field("time_s").type == pa.float64()
    assert {table.schema.field(k).type for k in keypoints + channels} == {pa.float32()}
    assert table["frame"].to_pylist() == [0, 1, 2]
    meta = read_poses_metadata(tmp_path / "p.parquet")
    assert meta["format_version"] == 1
    assert (meta["recording"], meta["person"], meta["fps"]) == ("mover_0", "Ada", 30)
    assert (meta["frame_size"], meta["skeleton"]) == ([1280, 720], "upper_body_12")
    assert meta["estimator"]["name"] == "mediapipe-pose-full"
    assert list(tmp_path.iterdir()) == [tmp_path / "p.parquet"]


def test_parquet_without_frames(tmp_path: Path) -> None:
    series = mover(0)
    write_poses(series, tmp_path / "p.parquet")
    assert_same(series, read_poses(tmp_path / "p.parquet"))


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        ({"format_version": 2}, "pose format 2; this poseprint reads formats up to 1: update poseprint"),
        ({"format_version": 0}, "pose format 0"),
        ({"format_version": "two"}, "its `poseprint` metadata cannot be read"),
        ({"skeleton": "body_25"}, "skeleton 'body_25' is not known here; known: upper_body_12"),
        ({"fps": -1}, "fps must be from 1 to 1000"),
        ({"fps": "fast"}, "not a pose file of version 1 .*fast"),
        ({"frame_size": []}, "not a pose file of version 1"),
        ({"estimator": {"model": "x"}}, "not a pose file of version 1"),
    ],
)
def test_parquet_metadata_that_does_not_fit(tmp_path: Path, meta: dict[str, Any], problem: str) -> None:
    path = rewritten(tmp_path / "p.parquet", meta=lambda stored: {**stored, **meta})
    with pytest.raises(PoseFileError, match=problem):
        read_poses(path)


def test_parquet_metadata_that_is_no_mapping(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "p.parquet", meta=lambda stored: [stored])
    with pytest.raises(PoseFileError, match="its `poseprint` metadata cannot be read"):
        read_poses(path)


def test_parquet_without_a_key_in_its_metadata(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "p.parquet", meta=lambda stored: {k: v for k, v in stored.items() if k != "fps"})
    with pytest.raises(PoseFileError, match=r"not a pose file of version 1 .*fps"):
        read_poses(path)


@pytest.mark.parametrize("column", ["time_s", "nose_x", "left_ear_confidence"])
def test_parquet_with_a_column_missing(tmp_path: Path, column: str) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.drop_columns([column]))
    with pytest.raises(PoseFileError, match=f"columns are missing: {column}$"):
        read_poses(path)


def test_parquet_with_text_for_numbers(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.set_column(2, "nose_x", pa.array(["a"] * 5)))
    with pytest.raises(PoseFileError, match="not a pose file of version 1"):
        read_poses(path)


def test_parquet_of_something_else(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "p.parquet")
    with pytest.raises(PoseFileError, match="make one with `poseprint extract`"):
        read_poses(tmp_path / "p.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet" * 100])
def test_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.parquet").write_bytes(content)
    with pytest.raises(PoseFileError, match="not a Parquet file, or damaged"):
        read_poses(tmp_path / "p.parquet")


def test_parquet_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match="not a Parquet file, or damaged"):
        read_poses(tmp_path / "p.parquet")


def test_parquet_damaged_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_poses(mover(200), path)
    content = bytearray(path.read_bytes())
    content[100:3000] = b"\xff" * 2900
    path.write_bytes(content)
    with pytest.raises(PoseFileError, match=r"p\.parquet: not a pose file of version 1"):
        read_poses(path)


def test_a_golden_file_of_version_1_stays_readable() -> None:
    series = read_poses(GOLDEN / "poses_v1.parquet")
    assert (len(series), series.fps, series.frame_size) == (4, 25.0, (640, 360))
    assert series.time.tolist() == [0.0, 0.04, 0.08, 0.12]
    frame, keypoint = np.mgrid[:4, :12].astype(np.float32)
    expected = np.stack([100 * keypoint + frame + 0.25, 10 * keypoint + 2 * frame + 0.5], axis=2)
    expected[2, 3] = np.nan
    np.testing.assert_array_equal(series.position, expected)
    assert (series.confidence[2, 3], series.confidence[0, 0], series.confidence[3, 11]) == (0, 0.5, 1)
    assert series.shots() == [(0, 2), (2, 4)]
    np.testing.assert_array_equal(series.channels["people"], np.array([1, np.nan, 2, np.nan], dtype=np.float32))
    assert series.skeleton is UPPER_BODY
    assert (series.recording, series.person, series.source_sha256) == ("golden", "Ada Lovelace", "0123456789abcdef" * 4)
    assert series.estimator == EstimatorInfo("mediapipe-pose-full", "0.10.31", "4eaa5eb7")
    assert series.log == (
        {"step": "extract", "poseprint": "0.1.0", "video": {"fps": 25.0, "size": [640, 360]}, "pictures": 4},
        {"step": "part", "first": 0, "last": 4},
    )


@pytest.mark.parametrize("below", ["p.parquet", "deeper/p.parquet"])
def test_a_path_that_cannot_be_written(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PoseprintError, match=r"p\.parquet: cannot be written"):
        write_poses(mover(2), tmp_path / "file" / below)
    with pytest.raises(PoseprintError, match="cannot be written"):
        write_csv_pair(
            np.ones((1, 150, 12, 2)), np.array([1]), tmp_path / "file" / "poses.csv", tmp_path / "labels.csv"
        )
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_poses(mover(4), path)
    with pytest.raises(TypeError):
        write_poses(mover(5).logged("odd", details={"value": object()}), path)
    assert len(read_poses(path)) == 4
    assert list(tmp_path.iterdir()) == [path]


# The paper's csv pair


def pair(folder: Path) -> tuple[Path, Path]:
    return folder / "poses.csv", folder / "labels.csv"


def test_csv_pair_is_as_the_paper_says(tmp_path: Path) -> None:
    movements = np.stack([mover(150, seed=s).position for s in (1, 2)])
    movements[1, 149, 11] = np.nan
    write_csv_pair(movements, np.array([1, 0]), *pair(tmp_path))
    rows = [line.split(",") for line in (tmp_path / "poses.csv").read_text().splitlines()]
    assert len(rows) == 300
    assert {len(row) for row in rows} == {24}
    assert rows[0][:2] == [str(v) for v in movements[0, 0, 0]]
    assert [float(v) for v in rows[299][-2:]] == [0, 0]
    assert (tmp_path / "labels.csv").read_text() == "1\n0\n"
    again, labels = read_csv_pair(*pair(tmp_path))
    assert labels.tolist() == [1, 0]
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(again, movements)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=24, max_size=24), st.booleans())
def test_csv_pair_gives_back_every_float(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], missing: bool
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    movements = np.ones((1, 150, 12, 2), dtype=np.float32)
    movements[0, 7] = np.array(values, dtype=np.float32).reshape(12, 2)
    movements[0, 7, 3:5] = np.nan if missing else movements[0, 7, 3:5]
    write_csv_pair(movements, np.array([0]), *pair(folder))
    again, _ = read_csv_pair(*pair(folder))
    movements[(movements == 0).all(axis=3)] = np.nan  # 0,0 is how the form writes "missing"
    np.testing.assert_array_equal(again.view(np.uint32), movements.view(np.uint32))


@pytest.mark.parametrize(
    ("shape", "labels"), [((1, 149, 12, 2), [1]), ((1, 150, 11, 2), [1]), ((2, 150, 12, 2), [1]), ((150, 12, 2), [1])]
)
def test_csv_pair_refuses_other_shapes(tmp_path: Path, shape: tuple[int, ...], labels: list[int]) -> None:
    with pytest.raises(PoseFileError, match=r"movements of shape \(150, 12, 2\) and a label each, got"):
        write_csv_pair(np.ones(shape), np.array(labels), *pair(tmp_path))
    assert not list(tmp_path.iterdir())


def test_csv_pair_writes_no_label_it_would_not_read(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match=r"labels are 1 \(real\) or 0 \(fake\)"):
        write_csv_pair(np.ones((2, 150, 12, 2)), np.array([1, -1]), *pair(tmp_path))


ROW = ",".join(["1.5"] * 24)
HEADER = ",".join(f"{axis}{k}" for k in range(12) for axis in "xy")


def written(folder: Path, poses: list[str], labels: list[str]) -> tuple[Path, Path]:
    for path, lines in zip(pair(folder), (poses, labels), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return pair(folder)


def test_csv_pair_header_lines_are_read_over(tmp_path: Path) -> None:
    files = written(tmp_path, [HEADER, *[ROW] * 300], ["label", "1", "0"])
    movements, labels = read_csv_pair(*files)
    assert movements.shape == (2, 150, 12, 2)
    assert (movements == 1.5).all()
    assert labels.tolist() == [1, 0]


def test_csv_with_a_byte_order_mark_keeps_its_first_row(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join([ROW] * 3).encode())
    assert len(read_csv_poses(tmp_path / "p.csv", frame_size=SIZE)) == 3


@pytest.mark.parametrize(
    ("poses", "labels", "problem"),
    [
        ([ROW[:-4]] * 150, ["1"], r"poses.csv: line 1 has 23 columns, expected 24"),
        ([*[ROW] * 149, ROW + ",1"], ["1"], r"poses.csv: line 150 has 25 columns, expected 24"),
        ([*[ROW] * 149, "nan" + ROW[3:]], ["1"], "line 150 holds NaN or infinity; a missing keypoint is written 0,0"),
        (["inf" + ROW[3:], *[ROW] * 149], ["1"], "line 1 holds NaN or infinity"),
        (["1e39" + ROW[3:], *[ROW] * 149], ["1"], "line 1 holds NaN or infinity"),
        ([ROW, "x" + ROW[3:], *[ROW] * 148], ["1"], r"line 2 holds something that is no number \(.*'x'"),
        (["x" + ROW[3:], *[ROW] * 150], ["1"], r"line 1 holds something that is no number"),
        ([HEADER, HEADER, *[ROW] * 150], ["1"], r"line 2 holds something that is no number"),
        ([ROW] * 151, ["1"], "151 rows; a whole number of movements has a multiple of 150"),
        ([ROW] * 149, ["1"], "149 rows"),
        ([ROW] * 150, ["1", "0"], r"labels.csv: 2 labels for 1 movements of 150 rows"),
        ([ROW] * 300, ["1"], r"labels.csv: 1 labels for 2 movements"),
        ([ROW] * 150, ["2"], r"labels.csv: labels are 1 \(real\) or 0 \(fake\)"),
        ([ROW] * 150, ["0.5"], r"labels are 1 \(real\) or 0 \(fake\)"),
        ([ROW] * 300, ["1", "real"], r"labels.csv: line 2 holds something that is no number"),
        ([ROW] * 150, ["1,0"], r"labels.csv: line 1 has 2 columns, expected 1"),
        (["Once upon a time"], ["1"], "poses.csv: line 1 has 1 columns, expected 24"),
        ([""], ["1"], "poses.csv: no rows"),
        ([HEADER], ["1"], "poses.csv: no rows"),
    ],
)
def test_csv_pair_that_does_not_fit(tmp_path: Path, poses: list[str], labels: list[str], problem: str) -> None:
    files = written(tmp_path, poses, labels)
    with pytest.raises(PoseFileError, match=problem):
        read_csv_pair(*files)


def test_csv_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(PoseFileError, match="cannot be read as csv"):
        read_csv_poses(tmp_path / "p.csv", frame_size=SIZE)
    with pytest.raises(PoseFileError, match="cannot be read as csv"):
        read_csv_poses(tmp_path / "absent.csv", frame_size=SIZE)


def test_csv_as_a_recording(tmp_path: Path) -> None:
    rows = [ROW] * 310
    rows[5] = "0,0," + ",".join(["7"] * 22)
    (tmp_path / "take.csv").write_text("\n".join(rows))
    series = read_csv_poses(tmp_path / "take.csv", frame_size=SIZE)
    assert (len(series), series.fps, series.frame_size, series.recording) == (310, 30, SIZE, "take")
    assert series.shots() == [(0, 150), (150, 300), (300, 310)]
    assert series.time[150] == 5
    assert np.isnan(series.position[5, NOSE]).all()
    assert series.confidence[5].tolist() == [0] + [1] * 11
    assert series.seen().sum() == 310 * 12 - 1
    assert series.estimator.name == "unknown"


# OpenPose json


def person(keypoints: int, start: float = 0, *, confidence: float = 0.9) -> list[float]:
    """A person whose keypoint k is at start + k, start + k + 0.5."""
    return [v for k in range(keypoints) for v in (start + k, start + k + 0.5, confidence)]


@pytest.mark.parametrize(
    ("keypoints", "model", "order"),
    [
        (25, "BODY_25", [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]),
        (18, "COCO-18", [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]),
    ],
)
def test_openpose_order_of_keypoints(tmp_path: Path, keypoints: int, model: str, order: list[int]) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(keypoints, 100)], 1: [person(keypoints, 200)]})
    series = read_openpose_json(folder, fps=25, frame_size=SIZE)
    for frame, start in enumerate((100, 200)):
        np.testing.assert_array_equal(series.position[frame], [[start + k, start + k + 0.5] for k in order])
    assert (series.confidence == np.float32(0.9)).all()
    assert series.time.tolist() == [0, 0.04]
    assert series.estimator == EstimatorInfo("openpose", model)
    assert (series.fps, series.frame_size, series.recording) == (25, SIZE, "clip")
    assert_same(series, read_any_poses(folder, fps=25, frame_size=SIZE))


def test_openpose_keypoints_that_were_not_detected(tmp_path: Path) -> None:
    keypoints = person(25, 100)
    keypoints[3:6] = [0, 0, 0]
    series = read_openpose_json(openpose(tmp_path / "clip", {0: [keypoints]}), fps=25, frame_size=SIZE)
    assert np.isnan(series.position[0, NECK]).all()
    assert series.confidence[0, NECK] == 0
    assert np.isfinite(np.delete(series.position[0], NECK, axis=0)).all()


def test_openpose_follows_the_largest_person_by_the_neck(tmp_path: Path) -> None:
    folder = openpose(
        tmp_path / "clip",
        {
            0: [standing((100, 50), 60), standing((400, 50), 100)],
            1: [standing((410, 50), 90), standing((110, 50), 200)],  # the other one comes closer
            2: [standing((120, 50), 200)],  # only the other one is left
            3: [standing((125, 50), 200), standing((400, 50), 100)],
        },
    )
    series = read_openpose_json(folder, fps=25, frame_size=SIZE)
    assert series.position[:, NECK, 0].tolist() == [400, 410, 120, 125]
    assert series.channels["people"].tolist() == [2, 1, 1, 2]


def test_openpose_numbers_that_are_absent_are_frames_with_nobody(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {7: [person(25)], 9: [], 10: [person(25, 5)]})
    (folder / "notes.json").write_text("not looked at")
    series = read_openpose_json(folder, fps=10, frame_size=SIZE)
    assert series.present().tolist() == [True, False, False, True]
    assert series.channels["people"].tolist() == [1, 0, 0, 1]
    assert series.time.tolist() == [0, 0.1, 0.2, 0.3]


def test_openpose_frames_with_nobody_at_all(tmp_path: Path) -> None:
    series = read_openpose_json(openpose(tmp_path / "clip", {0: [], 1: []}), fps=10, frame_size=SIZE)
    assert series.present().tolist() == [False, False]


def test_openpose_numbers_decide_the_order(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in (9, 10, 11):
        content = {"people": [{"pose_keypoints_2d": person(18, number)}]}
        (folder / f"{number}.json").write_text(json.dumps(content))
    series = read_openpose_json(folder, fps=10, frame_size=SIZE)
    assert series.position[:, NOSE, 0].tolist() == [9, 10, 11]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", r"not a json file of OpenPose \(JSONDecodeError"),
        ("[" * 100_000, "not a json file of OpenPose"),
        ("[]", r"not a json file of OpenPose \(TypeError"),
        ("{}", r"not a json file of OpenPose \(KeyError"),
        ('{"people": [{}]}', r"not a json file of OpenPose \(KeyError"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "not a json file of OpenPose"),
        ('{"people": [{"pose_keypoints_2d": ["a", "b", "c"]}]}', "not a json file of OpenPose"),
        (json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 51}]}), "17 keypoints a person; BODY_25 has 25 and COCO"),
        (json.dumps({"people": [{"pose_keypoints_2d": [float("nan")] * 75}]}), "holds NaN or infinity"),
        (json.dumps({"people": [{"pose_keypoints_2d": [float("inf")] * 54}]}), "holds NaN or infinity"),
        (json.dumps({"people": [{"pose_keypoints_2d": [1e39] * 54}]}), "holds NaN or infinity"),
    ],
)
def test_openpose_file_that_does_not_fit(tmp_path: Path, content: str, problem: str) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (folder / "clip_000000000001_keypoints.json").write_text(content)
    with pytest.raises(PoseFileError, match=f"clip_000000000001_keypoints.json: {problem}"):
        read_openpose_json(folder, fps=25, frame_size=SIZE)


def test_openpose_folders_that_do_not_fit(tmp_path: Path) -> None:
    def problem(name: str, frames: dict[int, list[list[float]]]) -> str:
        with pytest.raises(PoseFileError) as caught:
            read_openpose_json(openpose(tmp_path / name, frames), fps=25, frame_size=SIZE)
        return str(caught.value)

    assert "no OpenPose json files (NAME_000000000000_keypoints.json) in it" in problem("none", {})
    assert "frames of different models: BODY_25, COCO-18" in problem("mix", {0: [person(25)], 1: [person(18)]})
    assert "2 json files numbered up to 99999" in problem("far", {0: [person(25)], 99999: [person(25)]})


def test_openpose_folder_of_two_videos(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (folder / "other_000000000000_keypoints.json").write_text('{"people": []}')
    with pytest.raises(PoseFileError, match=r"frame 0 twice, .*; one folder holds the frames of one video"):
        read_openpose_json(folder, fps=25, frame_size=SIZE)


@pytest.mark.parametrize("fps", [0, -25, float("nan")])
def test_openpose_with_an_impossible_rate(tmp_path: Path, fps: float) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)], 1: [person(25)]})
    with pytest.raises(PoseFileError, match="fps must be from 1 to 1000"):
        read_openpose_json(folder, fps=fps, frame_size=SIZE)


# Any of them


def test_what_a_form_does_not_tell_must_be_given(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (tmp_path / "p.csv").write_text(ROW)
    size = "does not tell the size of the picture; give it with --frame-size WIDTHxHEIGHT"
    with pytest.raises(PoseFileError, match=size):
        read_any_poses(folder, fps=25)
    with pytest.raises(PoseFileError, match=size):
        read_any_poses(tmp_path / "p.csv")
    with pytest.raises(PoseFileError, match="OpenPose json does not tell the frame rate; give it with --fps"):
        read_any_poses(folder, frame_size=SIZE)
    with pytest.raises(PoseFileError, match="no such file or folder"):
        read_any_poses(tmp_path / "absent.parquet")
    assert read_any_poses(tmp_path / "p.csv", frame_size=SIZE).recording == "p"


def test_what_is_poses_and_what_a_video(tmp_path: Path) -> None:
    assert [is_poses(tmp_path / name) for name in ("a.parquet", "A.CSV", "a.mp4", "a")] == [True, True, False, False]
    assert is_poses(tmp_path)


@pytest.mark.shared_data
def test_openpose_json_equals_openposes_own_csv(shared: Path) -> None:
    folder = shared / "openpose_signer"
    series = read_openpose_json(folder / "json" / "du_wohn_wo", fps=25, frame_size=(854, 480))
    with (folder / "du_wohn_wo_body25.csv").open(newline="") as file:
        rows = np.array([[float(v) for v in row] for row in list(csv.reader(file))[1:]], dtype=np.float32)
    expected = rows.reshape(-1, 25, 3)[:, [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]]
    assert expected.shape == (len(series), 12, 3) == (175, 12, 3)
    seen = expected[:, :, 2] > 0
    np.testing.assert_array_equal(series.confidence, expected[:, :, 2])
    np.testing.assert_array_equal(series.position[seen], expected[:, :, :2][seen])
    assert np.isnan(series.position[~seen]).all()


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("clip", "frames"), [("du_wohn_wo", 175), ("gebaerden", 149), ("linguistik", 176), ("psychologie", 157)]
)
def test_openpose_clips_are_read(shared: Path, clip: str, frames: int) -> None:
    series = read_openpose_json(shared / "openpose_signer" / "json" / clip, fps=25, frame_size=(854, 480))
    assert (len(series), series.estimator.version) == (frames, "BODY_25")
    assert series.present().all()
    assert series.seen()[:, [NOSE, NECK, RIGHT_SHOULDER, LEFT_SHOULDER]].all()
