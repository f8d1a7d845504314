"""The paper's csv pair, and poses as csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.movers import mover
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import PoseFileError
from poseprint.core.skeleton import NOSE
from poseprint.io.paper_csv import read_csv_pair, read_csv_poses, write_csv_pair

SIZE = (640, 480)


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
