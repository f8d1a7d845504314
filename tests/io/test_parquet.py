"""Poses as Parquet: every bit comes back, and what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.datasets import rewritten
from helpers.movers import assert_same, empty, mover
from helpers.places import GOLDEN

from poseprint.core.channels import FACE, HANDS, HEAD, is_place
from poseprint.core.choice import Choice
from poseprint.core.errors import PoseFileError, PoseprintError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import read_poses, read_poses_metadata, write_poses
from poseprint.io.poses import read_any_poses


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
    assert meta["format_version"] == 2
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
        ({"format_version": 3}, "pose format 3; this poseprint reads formats up to 2: update poseprint"),
        ({"format_version": 0}, "pose format 0"),
        ({"format_version": "two"}, "its `poseprint` metadata cannot be read"),
        ({"skeleton": "body_25"}, "skeleton 'body_25' is not known here; known: upper_body_12"),
        ({"fps": -1}, "fps must be from 1 to 1000"),
        ({"fps": "fast"}, "not a pose file of version 2 .*fast"),
        ({"frame_size": []}, "not a pose file of version 2"),
        ({"estimator": {"model": "x"}}, "not a pose file of version 2"),
        (
            {"estimator": {"name": {}}},
            "not a pose file of version 2 .*an estimator's name, version and sha256 are texts",
        ),
        ({"fps": float("nan")}, "its `poseprint` metadata cannot be read"),
        ({"log": [{"step": "x", "value": float("inf")}]}, "its `poseprint` metadata cannot be read"),
        ({"recording": "\ud800"}, "its `poseprint` metadata cannot be read"),
        ({"frame_size": [10**400, 720]}, "its `poseprint` metadata cannot be read"),
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
    with pytest.raises(PoseFileError, match=r"not a pose file of version 2 .*fps"):
        read_poses(path)


@pytest.mark.parametrize("column", ["time_s", "nose_x", "left_ear_confidence"])
def test_parquet_with_a_column_missing(tmp_path: Path, column: str) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.drop_columns([column]))
    with pytest.raises(PoseFileError, match=f"columns are missing: {column}$"):
        read_poses(path)


def test_parquet_with_a_column_twice(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.append_column("nose_x", t["nose_x"]))
    with pytest.raises(PoseFileError, match="not a pose file of version 2") as refused:
        read_poses(path)
    assert len(str(refused.value)) < 1000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("place", [1e300, -1e38, 1e8])
def test_parquet_of_places_far_beyond_any_picture(tmp_path: Path, place: float) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.set_column(2, "nose_x", pa.array([place] * 5)))
    with pytest.raises(PoseFileError, match=r"a position is farther than 1e\+07 pixels"):
        read_poses(path)


def test_parquet_with_text_for_numbers(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "p.parquet", table=lambda t: t.set_column(2, "nose_x", pa.array(["a"] * 5)))
    with pytest.raises(PoseFileError, match="not a pose file of version 2"):
        read_poses(path)


def test_parquet_of_something_else(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "p.parquet")
    with pytest.raises(PoseFileError, match="make one with `poseprint extract`"):
        read_poses(tmp_path / "p.parquet")


def test_a_column_whose_name_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"a_long_name": [1, 2]}), path)
    path.write_bytes(path.read_bytes().replace(b"a_long_name", b"a_long\xffname"))
    with pytest.raises(PoseFileError, match="not a Parquet file, or damaged"):
        read_poses(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet" * 100])
def test_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.parquet").write_bytes(content)
    with pytest.raises(PoseFileError, match="not a Parquet file, or damaged"):
        read_poses(tmp_path / "p.parquet")


def test_parquet_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match="no such file"):
        read_poses(tmp_path / "p.parquet")


def test_parquet_damaged_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_poses(mover(200), path)
    content = bytearray(path.read_bytes())
    content[100:3000] = b"\xff" * 2900
    path.write_bytes(content)
    with pytest.raises(PoseFileError, match=r"p\.parquet: not a pose file of version 2"):
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


def test_a_golden_file_of_version_2_has_head_face_and_hands() -> None:
    assert read_poses_metadata(GOLDEN / "poses_v2.parquet")["format_version"] == 2
    series = read_poses(GOLDEN / "poses_v2.parquet")
    assert (len(series), series.fps, series.frame_size) == (4, 25.0, (640, 360))
    assert series.position[1, 11].tolist() == [1101.25, 112.5]
    assert np.isnan(series.position[2, 3]).all()
    tracks = (*HEAD, *FACE, *HANDS["right"], *HANDS["left"])
    signals = ["shown", "cut", "change", "camera", "people", "near", "doubted"]
    assert list(series.channels) == [*signals, *tracks]
    for k, name in enumerate(tracks):
        expected = (k / 256 + np.arange(4) / 1024) * (1000 if is_place(name) else 1)
        expected[3] = 0 if name.endswith("_confidence") else np.nan
        np.testing.assert_array_equal(series.channels[name], expected.astype(np.float32), name)
    choice = Choice.of(series.log)
    assert (choice.who, choice.named, choice.rivals) == (2, True, ())
    assert [person["place"] for person in choice.people] == [[320.0, 90.0], [500.0, 90.0]]


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
