"""Tables of Kinect joints, in camera space, as recordings in picture coordinates.

Such a table is one Parquet file for many recordings, with the columns person, recording, time_ms, optionally
session and activity (what is done; as in the first frame of a recording), and `<Joint>_x_mm`, `_y_mm`, `_z_mm` of at
least the joints in JOINTS. Camera space has its origin in the camera, x to the camera's own left, y up and z away
from it.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.series import GRID_FPS, EstimatorInfo, PoseSeries
from poseprint.core.series import KINECT as ESTIMATOR
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.parquet import open_native

logger = logging.getLogger(__name__)

JOINTS = {
    "nose": "Head",
    "neck": "ShoulderCenter",
    "right_shoulder": "ShoulderR",
    "right_elbow": "ElbowR",
    "right_wrist": "WristR",
    "left_shoulder": "ShoulderL",
    "left_elbow": "ElbowL",
    "left_wrist": "WristL",
}
"""Keypoint -> Kinect joint. `Head` is the middle of the head; eyes and ears are not measured and stay missing."""

BODY = ("ShoulderCenter", "ShoulderL", "ShoulderR")
"""Joints without which nothing can be measured."""
NEAREST_MM, FARTHEST_MM = 300, 20_000
"""No depth camera sees a person nearer or farther: such coordinates are in another unit."""
LONGEST_STEP_MS = 200
"""Between two frames further apart than this nothing is filled in."""
LONGEST_MS = 4 * 3_600_000
"""No recording is longer: its time stamps are in another unit."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion that looks along z: what projects camera space onto the picture.

    Attributes:
        focal: focal length, pixels.
        width, height: of the picture, pixels; the optical axis meets its middle.
    """

    focal: float = 1050.0
    width: int = 1280
    height: int = 960

    def project(self, x: Array, y: Array, z: Array) -> Array:
        """Picture coordinates [shape=(..., 2)] of points in mm: x and y turn around, because the camera
        sees what lies to its own left on the left of the picture, where x is small, and pictures count y downwards."""
        u = self.width / 2 - self.focal * x / z
        v = self.height / 2 - self.focal * y / z
        return np.stack((u, v), axis=-1)

    def depth(self, z: Array, neck: Array) -> Array:
        """How much further away than the neck something is, in pixels at the neck's scale, from its z and the neck's in mm:
        so x, y and depth have one unit (weak perspective)."""
        return (z - neck) * self.focal / np.maximum(neck, 1)


KINECT = Camera()
"""The first Kinect's colour camera at its larger picture: a focal length of about 525 px at 640x480, twice that here."""


@dataclass(frozen=True)
class KinectRecording:
    """One recording of a table: its poses, and session and activity where the table has them."""

    series: PoseSeries
    session: str
    activity: str = ""


def read_kinect(path: Path, *, camera: Camera = KINECT) -> list[KinectRecording]:
    """The recordings of a Kinect table, at 30 fps, in the order in which they begin in it.

    Frames lie on an exact grid from the recording's first time stamp on, by straight lines between the
    stamps, whatever order the rows have; of rows with the same stamp the first holds. Across a longer break
    than LONGEST_STEP_MS there are no poses. Joints outside the picture are missing. A recording's name that
    several persons use is put behind the person's.

    A recording in which neck and shoulders mostly lie where the camera sees nothing is named in the log.

    Raises:
        PoseFileError: not Parquet, not such a table, or one in most of which neck and shoulders lie there.
    """
    text, numbers = _read_columns(path)
    unseen = _out_of_sight(numbers[1:].reshape(len(JOINTS), 3, -1), camera)
    if unseen:
        raise PoseFileError(f"{path}: {unseen}")
    recordings = []
    for name, rows in _rows_by_recording(path, text):
        stamps, unique = np.unique(numbers[0, rows], return_index=True)
        if stamps[-1] - stamps[0] > LONGEST_MS:
            raise PoseFileError(f"{path}: recording {name} lasts {np.ptp(stamps):.3g} ms; is time_ms in milliseconds?")
        joints = numbers[1:, rows[unique]].reshape(len(JOINTS), 3, -1)
        unseen = _out_of_sight(joints, camera)
        if unseen:
            logger.info("%s: recording %s: %s", path, name, unseen)
        time, position, depth = _on_grid(stamps, joints, camera)
        first = {column: values[int(rows[0])].as_py() for column, values in text.items()}
        series = PoseSeries(
            position=position,
            confidence=~np.isnan(position[:, :, 0]),
            time=time,
            fps=GRID_FPS,
            frame_size=(camera.width, camera.height),
            recording=name,
            person=first["person"],
            estimator=EstimatorInfo(ESTIMATOR),
            channels={f"depth_{keypoint}": depth[:, k] for k, keypoint in enumerate(JOINTS)},
            log=({"step": "read_kinect", "file": path.name, "focal_px": camera.focal},),
        )
        recordings.append(KinectRecording(series, first.get("session", ""), first.get("activity", "")))
    return recordings


def _read_columns(path: Path) -> tuple[dict[str, pa.StringArray], Array]:
    """The columns of text by name, and time stamps and coordinates [shape=(1 + 3 * joints, rows)]."""
    try:
        with open_native(path) as file:
            table = pq.read_table(file)
        needed = ["person", "recording", "time_ms", *(f"{j}_{a}_mm" for j in JOINTS.values() for a in "xyz")]
        absent = [name for name in needed if name not in table.column_names]
        if absent:
            raise PoseFileError(f"{path}: no table of Kinect joints: columns are missing: {', '.join(absent[:4])}")
        if not table.num_rows:
            raise PoseFileError(f"{path}: a table without rows")
        columns = [c for c in ("person", "recording", "session", "activity") if c in table.column_names]
        text = {c: pc.fill_null(table[c].cast(pa.string()), "").combine_chunks() for c in columns}
        for values in text.values():
            values.validate(full=True)  # that it is UTF-8
        numbers = np.stack([np.asarray(table[c], dtype=np.float64) for c in needed[2:]])
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise PoseFileError(
            f"{path}: cannot be read as a table of joints ({str(error).partition(chr(10))[0]})"
        ) from error
    if not np.isfinite(numbers).all():
        raise PoseFileError(f"{path}: a joint or a time stamp is not finite")
    return text, numbers


def _out_of_sight(joints: Array, camera: Camera) -> str:
    """Why the camera mostly cannot see neck and shoulders; empty if it can. Joints as of `_on_grid`."""
    body = joints[[list(JOINTS.values()).index(name) for name in BODY]]
    far = float(np.median(np.abs(body[:, 2])))
    if far and not NEAREST_MM <= far <= FARTHEST_MM:
        doubt = "in metres or centimetres, or not seen from the camera" if far < NEAREST_MM else "in a smaller unit"
        return f"neck and shoulders are {far:.3g} mm from the camera; are they {doubt}? they must be in mm"
    behind = (body[:, 2] <= 0).mean(axis=1)
    beside = (~in_sight(body, camera)[1]).mean(axis=1) - behind
    worst = int(np.argmax(behind + beside))
    if behind[worst] + beside[worst] <= 0.5:
        return ""
    mend = (
        "z must be the distance from the camera, which is positive; turn its sign if it counts the other way"
        if behind[worst] > beside[worst]
        else "x, y and z must be seen from the camera, whose picture this may not be"
    )
    return (
        f"{BODY[worst]} lies behind the camera in {behind[worst]:.0%} of the rows and beside its picture of "
        f"{camera.width}x{camera.height} (focal length {camera.focal:g} pixels) in {beside[worst]:.0%}; {mend}"
    )


def in_sight(joints: Array, camera: Camera) -> tuple[Array, Array]:
    """Picture coordinates [shape=(joints, frames, 2)] of joints [shape=(joints, 3, frames)], and which the camera sees."""
    x, y, z = np.moveaxis(joints, 1, 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        picture = camera.project(x, y, z)
    inside = (z > 0) & (picture >= 0).all(axis=-1) & (picture < (camera.width, camera.height)).all(axis=-1)
    return picture, inside


def _rows_by_recording(path: Path, text: dict[str, pa.StringArray]) -> list[tuple[str, Array]]:
    """Name and rows of each recording, in the order in which they begin; see `read_kinect` for the name."""
    pair = pc.binary_join_element_wise(text["person"], text["recording"], "\0").dictionary_encode()
    group = pair.indices.to_numpy()
    order = np.argsort(group, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    names = [(text["person"][int(rows[0])].as_py(), text["recording"][int(rows[0])].as_py()) for rows in groups]
    if not all(person.strip() and name.strip() for person, name in names):
        raise PoseFileError(f"{path}: a row without a person or without a recording")
    persons = Counter(name for _, name in names)
    return [
        (name if persons[name] == 1 else f"{person}_{name}", rows)
        for (person, name), rows in zip(names, groups, strict=True)
    ]


def _on_grid(stamps: Array, joints: Array, camera: Camera) -> tuple[Array, Array, Array]:
    """Times in seconds from 0 on, positions [shape=(frames, 12, 2)] and depths [shape=(frames, 8)] at them, from
    rising time stamps in ms and joints in mm [shape=(8, 3, stamps)].

    Depths are as of `Camera.depth`."""
    time = np.arange(int((stamps[-1] - stamps[0]) / 1000 * GRID_FPS + 1e-6) + 1) / GRID_FPS
    at = stamps[0] + 1000 * time
    before = np.searchsorted(stamps, at + 1e-3, side="right") - 1
    after = np.minimum(before + 1, len(stamps) - 1)
    broken = (stamps[after] - stamps[before] > LONGEST_STEP_MS) & (at - stamps[before] > 1e-3)
    position = np.full((len(time), len(UPPER_BODY.keypoints), 2), np.nan)
    depth = np.full((len(time), len(JOINTS)), np.nan)
    neck = np.interp(at, stamps, joints[list(JOINTS).index("neck"), 2])
    for k, (keypoint, axes) in enumerate(zip(JOINTS, joints, strict=True)):
        x, y, z = (np.interp(at, stamps, axis) for axis in axes)
        (picture,), (inside,) = in_sight(np.array([[x, y, z]]), camera)
        position[:, UPPER_BODY.index(keypoint)] = np.where((inside & ~broken)[:, None], picture, np.nan)
        depth[:, k] = np.where(inside & ~broken & (neck > 0), camera.depth(z, neck), np.nan)
    return time, position, depth
