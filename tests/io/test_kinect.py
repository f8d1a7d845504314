"""Tables of Kinect joints -> poses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.kinect import kinect_table
from helpers.log import logged

from poseprint.core.errors import PoseFileError
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.kinect import Camera, read_kinect


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


BODY = ("ShoulderCenter", "ShoulderL", "ShoulderR")


@pytest.mark.parametrize(
    ("axis", "value", "problem"),
    [
        ("z", -2000, "ShoulderCenter lies behind the camera in 100% of the rows and beside its picture of 1280x960 "),
        ("z", -2000, "in 0%; z must be the distance from the camera, which is positive; turn its sign if"),
        ("z", 0, "ShoulderCenter lies behind the camera in 100%"),
        ("x", 3000, "(focal length 1050 pixels) in 100%; x, y and z must be seen from the camera"),
        ("y", -1500, "behind the camera in 0% of the rows and beside"),
        ("z", 2, "neck and shoulders are 2 mm from the camera; are they in metres or centimetres"),
        ("z", 200, "neck and shoulders are 200 mm from the camera; are they in metres or centimetres"),
        ("z", 2_000_000, "2e+06 mm from the camera; are they in a smaller unit? they must be in mm"),
    ],
)
def test_a_table_of_people_the_camera_cannot_see(tmp_path: Path, axis: str, value: float, problem: str) -> None:
    table = kinect_table(tmp_path / "t.parquet", {f"{joint}_{axis}_mm": [value] * 2 for joint in BODY})
    with pytest.raises(PoseFileError, match=re.escape(problem)):
        read_kinect(table)


def test_a_recording_of_somebody_the_camera_cannot_see_is_named(tmp_path: Path) -> None:
    columns: dict[str, Any] = {f"{joint}_x_mm": [0, 0, 0, 2000] for joint in BODY}
    table = kinect_table(tmp_path / "t.parquet", {**columns, "recording": ["a", "a", "a", "b"]}, rows=4)
    with logged() as messages:
        assert [one.series.recording for one in read_kinect(table)] == ["a", "b"]
    (message,) = messages
    assert message.startswith(
        f"{table}: recording b: ShoulderCenter lies behind the camera in 0% of the rows and beside"
    )


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


def test_what_is_no_parquet_or_empty(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("hello")
    for path in (tmp_path / "t.parquet", tmp_path / "none.parquet"):
        with pytest.raises(PoseFileError, match="cannot be read as a table of joints"):
            read_kinect(path)
    table = pq.read_table(kinect_table(tmp_path / "t.parquet"))
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.int32([0, 1])), pa.py_buffer(b"\xff")])
    pq.write_table(table.slice(0, 1).set_column(0, table.column_names[0], broken), tmp_path / "t.parquet")
    with pytest.raises(PoseFileError, match="Invalid UTF8"):
        read_kinect(tmp_path / "t.parquet")
    pq.write_table(pq.read_table(kinect_table(tmp_path / "t.parquet")).slice(0, 0), tmp_path / "t.parquet")
    with pytest.raises(PoseFileError, match="a table without rows"):
        read_kinect(tmp_path / "t.parquet")


@pytest.mark.slow
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
