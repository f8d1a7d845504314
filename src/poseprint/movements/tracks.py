"""Body-relative tracks of a series, on two axes or, with depth, three."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array, median_of
from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, UPPER_BODY

_BODY = ("nose", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist")
_LIMBS = (
    ("right_upper_arm", "right_shoulder", "right_elbow"),
    ("right_forearm", "right_elbow", "right_wrist"),
    ("left_upper_arm", "left_shoulder", "left_elbow"),
    ("left_forearm", "left_elbow", "left_wrist"),
)
TRACKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    *((name, (name, "neck")) for name in _BODY),
    *((name, (a, b)) for name, a, b in _LIMBS),
    ("body", ("neck",)),
    ("hands_apart", ("right_wrist", "left_wrist")),
)
"""Name of each track and the keypoints it is made of: first seven keypoints seen from the neck, then the limbs
seen from their upper end, the neck in the picture, and one hand seen from the other."""
LIMBS = slice(7, 11)
NECK_TRACK = 11
POSTURE = slice(0, 11)
AXES = {2: ("x", "y"), 3: ("x", "y", "z")}


@dataclass(frozen=True, eq=False)
class Tracks:
    """A recording's body-relative tracks.

    Attributes:
        position: float64 [shape=(frames, 13, axes)], in shoulder widths, y down; see TRACKS. Gaps are bridged.
        seen: bool [shape=(frames, 13)], False where a gap was bridged or nothing is known.
    """

    position: Array
    seen: Array


def axes_of(series: PoseSeries) -> int:
    """3 where the series has depth (channels `depth_<keypoint>`), otherwise 2."""
    return 3 if all(f"depth_{name}" in series.channels for name in ("neck", *_BODY)) else 2


def tracks_of(series: PoseSeries, *, axes: int) -> Tracks:
    """Body-relative tracks of a cleaned series at 30 fps.

    The unit is the median distance of the shoulders in a shot. Filmed from the side they look close together in a
    picture: then half the distance from nose to neck counts. With depth (weak perspective), the body is
    turned about the vertical so that its shoulders face the camera in the median.

    Raises:
        PoseprintError: another frame rate or skeleton, or no depth where three axes are asked for.
    """
    if series.skeleton != UPPER_BODY or not np.isclose(series.fps, GRID_FPS):
        raise PoseprintError(
            f"statistics need {UPPER_BODY.name} at {GRID_FPS:g} fps, got {series.skeleton.name} at {series.fps:g}"
        )
    point = series.position.astype(np.float64)
    if axes == 3:
        if axes_of(series) != 3:
            raise PoseprintError("this series tells no depth (channels depth_<keypoint>)")
        unknown = np.full(len(series), np.nan)
        depth = [series.channels.get(f"depth_{name}", unknown) for name in series.skeleton.keypoints]
        point = np.concatenate([point, np.stack(depth, axis=1)[:, :, None]], axis=2)
    position = np.full((len(point), len(TRACKS), axes), np.nan)
    for first, last in series.shots():  # a cut may zoom and turn
        position[first:last] = _shot_tracks(point[first:last], axes)
    seen = np.asarray(np.isfinite(position).all(axis=2))
    for first, last in series.shots():
        for k in range(len(TRACKS)):
            known = np.flatnonzero(seen[first:last, k])
            track = position[first:last, k]
            if not len(known):
                track[:] = 0
            elif len(known) < last - first:
                for axis in range(axes):
                    track[:, axis] = np.interp(np.arange(last - first), known, track[known, axis])
    return Tracks(position, seen)


def _shot_tracks(point: Array, axes: int) -> Array:
    """The tracks of a shot [shape=(frames, 13, axes)], NaN where unseen."""
    if axes == 3:
        point = _turned_to_camera(point)
    unit = median_of(np.linalg.norm(point[:, RIGHT_SHOULDER] - point[:, LEFT_SHOULDER], axis=1))
    if axes == 2:
        unit = np.nanmax([unit, 0.5 * median_of(np.linalg.norm(point[:, NOSE] - point[:, NECK], axis=1)), 1e-9])
    if not unit > 1e-9:
        return np.full((len(point), len(TRACKS), axes), np.nan)
    keypoint = {name: point[:, UPPER_BODY.index(name)] / unit for name in ("neck", *_BODY)}
    tracks = [keypoint[name] - keypoint["neck"] for name in _BODY]
    tracks += [keypoint[b] - keypoint[a] for _, a, b in _LIMBS]
    tracks += [keypoint["neck"], keypoint["right_wrist"] - keypoint["left_wrist"]]
    return np.stack(tracks, axis=1)


def _turned_to_camera(point: Array) -> Array:
    """Points turned about the vertical, so that the shoulders face the camera in the median."""
    across = np.array([median_of(x) for x in (point[:, LEFT_SHOULDER] - point[:, RIGHT_SHOULDER]).T])
    if not np.isfinite(across).all() or not np.hypot(across[0], across[2]) > 0:
        return point
    cosine, sine = np.array([across[0], across[2]]) / np.hypot(across[0], across[2])
    turned = point.copy()
    turned[..., 0] = cosine * point[..., 0] + sine * point[..., 2]
    turned[..., 2] = cosine * point[..., 2] - sine * point[..., 0]
    return turned
