"""The paper's pair of csv files (section 3.1): poses.csv, 24 numbers a row, and labels.csv.

Each row is the pose of a frame, x0,y0 .. x11,y11 in pixels, 0,0 where a keypoint was not detected; every
150 rows are one movement. Each row of labels.csv is the label of one movement: 1 real, 0 fake. The
paper does not say whether there is a header line: none is written, one is read over.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.files import atomic_write
from poseprint.core.series import GRID_FPS, UNKNOWN, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY

LENGTH = 150
FEATURES = 24


def write_csv_pair(positions: Array, labels: Array, poses_csv: Path, labels_csv: Path) -> None:
    """Write movements and their labels.

    Numbers are written so that reading them back gives the same float32 to the last bit.

    Args:
        positions: float32 [shape=(movements, 150, 12, 2)], pixels; NaN = missing.
        labels: [shape=(movements,)], 1 real, 0 fake.
        poses_csv, labels_csv: the files to write.

    Raises:
        PoseFileError: movements or labels that the form cannot hold.
    """
    if positions.shape[1:] != (LENGTH, FEATURES // 2, 2) or len(labels) != len(positions):
        raise PoseFileError(
            f"the csv pair holds movements of shape (150, 12, 2) and a label each, got {positions.shape} and {len(labels)} labels"
        )
    if not np.isin(labels, (0, 1)).all():
        raise PoseFileError(f"{labels_csv}: labels are 1 (real) or 0 (fake)")
    rows = np.nan_to_num(np.asarray(positions, dtype=np.float32), nan=0.0).reshape(-1, FEATURES)
    with atomic_write(poses_csv) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows([str(value) for value in row] for row in rows)
    with atomic_write(labels_csv) as partial:
        partial.write_text("".join(f"{int(label)}\n" for label in labels))


def read_csv_pair(poses_csv: Path, labels_csv: Path) -> tuple[Array, Array]:
    """Movements, float32 [shape=(movements, 150, 12, 2)] with NaN for 0,0, and labels, int64.

    Args:
        poses_csv: 24 columns, x0, y0 .. x11, y11 in pixels; every 150 rows are a movement (paper, section 3.1).
        labels_csv: a row a movement, 1 real, 0 fake.

    Raises:
        PoseFileError: wrong number of columns or rows, a value that is no number, labels that do not match.
    """
    poses = _read_rows(poses_csv, FEATURES)
    labels = _read_rows(labels_csv, 1)[:, 0]
    if len(poses) % LENGTH:
        raise PoseFileError(f"{poses_csv}: {len(poses)} rows; a whole number of movements has a multiple of {LENGTH}")
    if len(labels) != len(poses) // LENGTH:
        raise PoseFileError(f"{labels_csv}: {len(labels)} labels for {len(poses) // LENGTH} movements of {LENGTH} rows")
    if not np.isin(labels, (0, 1)).all():
        raise PoseFileError(f"{labels_csv}: labels are 1 (real) or 0 (fake)")
    return _positions(poses).reshape(-1, LENGTH, FEATURES // 2, 2), labels.astype(np.int64)


def read_csv_poses(path: Path, *, frame_size: tuple[int, int]) -> PoseSeries:
    """A poses.csv as a recording at 30 fps; a cut is set at every 150th row, where a movement begins.

    Raises:
        PoseFileError: not 24 columns, or a value that is no finite number.
    """
    return series_of_movements(_positions(_read_rows(path, FEATURES)), path, frame_size=frame_size, recording=path.stem)


def series_of_movements(position: Array, path: Path, *, frame_size: tuple[int, int], recording: str) -> PoseSeries:
    """Poses that were read from a poses.csv as one recording at 30 fps, with a cut at every 150th row.

    Args:
        position: float32 [shape=(frames, 12, 2)], pixels; NaN = missing.
        path: the file they came from.
        frame_size: (width, height) in pixels.
        recording: its name.
    """
    frames = len(position)
    return PoseSeries(
        position=position,
        confidence=(~np.isnan(position[:, :, 0])).astype(np.float32),
        time=np.arange(frames) / GRID_FPS,
        fps=GRID_FPS,
        frame_size=frame_size,
        skeleton=UPPER_BODY,
        recording=recording,
        estimator=EstimatorInfo(UNKNOWN),
        channels={"cut": (np.arange(frames) % LENGTH == 0) & (np.arange(frames) > 0)},
        log=({"step": "read_csv", "file": path.name},),
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _positions(rows: Array) -> Array:
    position = rows.reshape(-1, FEATURES // 2, 2).astype(np.float32)
    position[(position == 0).all(axis=2)] = np.nan
    return position


def _read_rows(path: Path, columns: int) -> Array:
    """A csv of finite numbers with a fixed number of columns: float32 [shape=(rows, columns)]."""
    rows: list[list[float]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if not row:
                    continue
                if len(row) != columns:
                    raise PoseFileError(f"{path}: line {number} has {len(row)} columns, expected {columns}")
                try:
                    rows.append([float(value) for value in row])
                except ValueError as error:
                    if number == 1 and not any(_is_number(value) for value in row):
                        continue  # a header
                    raise PoseFileError(f"{path}: line {number} holds something that is no number ({error})") from error
                with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite here
                    values = np.array(rows[-1], dtype=np.float32)
                if not np.isfinite(values).all():
                    raise PoseFileError(
                        f"{path}: line {number} holds NaN or infinity; a missing keypoint is written 0,0"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PoseFileError(f"{path}: cannot be read as csv ({error})") from error
    if not rows:
        raise PoseFileError(f"{path}: no rows")
    return np.array(rows, dtype=np.float32)
