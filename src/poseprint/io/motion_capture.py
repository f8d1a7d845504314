"""Motion capture (BVH) as recordings in picture coordinates, as a Kinect in front of the person would have them.

BVH has no unit, no picture and no camera. So the shoulders are taken to be SHOULDER_MM apart, and a camera that stands still is put in
front of the person: it faces the median direction of the chest, at the height of the neck and at the least distance from which it sees
all of the upper body all the time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array, median_of
from poseprint.core.errors import PoseFileError
from poseprint.core.series import MOTION_CAPTURE, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, UPPER_BODY
from poseprint.io.bvh import Joint, read_bvh_places
from poseprint.io.joint_names import plain, spellings
from poseprint.io.kinect import FARTHEST_MM, KINECT, NEAREST_MM, in_sight

SHOULDER_MM = 330
"""How far apart the shoulders count as: about the median of the Kinect recordings of MSRC-12, 326 mm."""
LEAST_MM = 2000
"""Nearer than this the camera does not stand."""

_ARMS = (
    ("arm", "forearm", "hand"),  # CMU, Mixamo, Rokoko, Perception Neuron, LAFAN1: there the shoulder is the collar bone
    ("upperarm", "forearm", "hand"),
    ("upperarm", "lowerarm", "hand"),
    ("uparm", "lowarm", "hand"),
    ("shldr", "forearm", "hand"),
    ("shldrbend", "forearmbend", "hand"),
    ("humerus", "radius", "wrist"),
    ("shoulder", "elbow", "wrist"),
)
"""Shoulder, elbow and wrist in the names of usual sets; the first of which a file has shoulder and elbow holds."""
_PREFIX = re.compile("^(mixamorig|ccbase|bip0*1|def)")
_MARGIN = 1.05  # of the picture's size, so that nobody stands at its very edge


def read_bvh(path: Path | str) -> PoseSeries:
    """A BVH file of one person's motion as a recording with depth, at the file's own rate.

    Joints are known by the names of usual sets. The neck is the middle of the shoulders, the nose the middle of the head, from its joint
    to its end; eyes and ears are not measured and stay missing, as does a joint that the file has not. Up is the axis along
    which the head lies above the neck; in a file without a head, the neck above the root.

    Args:
        path: the file.

    Raises:
        PoseFileError: not such a file, cut short, without both shoulders, or with shoulders that are never apart.
    """
    path = Path(path)
    chosen: dict[int, list[int]] = {}

    def choose(joints: Sequence[Joint]) -> list[int]:
        chosen.update(_chosen(joints, path))
        return [0, *(number for numbers in chosen.values() for number in numbers)]

    places = read_bvh_places(path, choose)
    columns = iter(range(1, places.position.shape[1]))
    points = np.full((len(places.position), len(UPPER_BODY.keypoints), 3), np.nan)
    for keypoint, numbers in chosen.items():
        points[:, keypoint] = places.position[:, [next(columns) for _ in numbers]].mean(axis=1)
    points[:, NECK] = points[:, [RIGHT_SHOULDER, LEFT_SHOULDER]].mean(axis=1)
    shoulder = median_of(np.linalg.norm(points[:, LEFT_SHOULDER] - points[:, RIGHT_SHOULDER], axis=1))
    if not shoulder > 0:
        raise PoseFileError(f"{path}: its shoulders are never apart; there is nothing to tell the size by")
    top, bottom = (NOSE, points[:, NECK]) if NOSE in chosen else (NECK, places.position[:, 0])
    points = _before_camera(points, np.median(points[:, top] - bottom, axis=0)) * (SHOULDER_MM / shoulder)
    distance = _distance(points)
    points[:, :, 2] += distance
    z = points[:, :, 2]
    position, seen = in_sight(points.transpose(1, 2, 0), KINECT)
    depth = np.where(seen, KINECT.depth(z, z[:, NECK, None]).T, np.nan)
    known = [*chosen, NECK]
    return PoseSeries(
        position=np.where(seen[:, :, None], position, np.nan).transpose(1, 0, 2),
        confidence=seen.T,
        time=np.arange(len(points)) / places.fps,
        fps=places.fps,
        frame_size=(KINECT.width, KINECT.height),
        recording=path.stem,
        estimator=EstimatorInfo(MOTION_CAPTURE),
        channels={f"depth_{UPPER_BODY.keypoints[k]}": depth[k] for k in known},
        log=(
            {
                "step": "read_bvh",
                "file": path.name,
                "shoulder_mm": SHOULDER_MM,
                "distance_mm": distance,
                "focal_px": KINECT.focal,
            },
        ),
    )


def _chosen(joints: Sequence[Joint], path: Path) -> dict[int, list[int]]:
    """Our keypoints, by number, and the joints in whose middle each lies.

    Raises:
        PoseFileError: there are no shoulders.
    """
    place = {
        _PREFIX.sub("", plain(joint.name.rpartition(":")[2]), count=1): number
        for number, joint in reversed(list(enumerate(joints)))
        if joint.name
    }
    chosen = {}
    for side in ("right", "left"):
        for arm in _ARMS:
            named = [next((place[n] for n in spellings(side, joint) if n in place), None) for joint in arm]
            if None not in named[:2]:
                for joint, number in zip(("shoulder", "elbow", "wrist"), named, strict=True):
                    if number is not None:
                        chosen[UPPER_BODY.index(f"{side}_{joint}")] = [number]
                break
    if not {RIGHT_SHOULDER, LEFT_SHOULDER} <= chosen.keys():
        names = ", ".join(joint.name for joint in joints if joint.name)
        raise PoseFileError(f"{path}: no arms among its joints, such as LeftArm and LeftForeArm; it has {names:.300}")
    if "head" in place:
        head = place["head"]
        ends = [k for k, j in enumerate(joints) if j.parent == head and (not j.name or "head" in plain(j.name))]
        chosen[NOSE] = [head, *ends[:1]]
    return chosen


def _before_camera(points: Array, up: Array) -> Array:
    """Points [shape=(frames, 12, 3)] in camera space (x to the camera's left, y up, z away), from their median neck.

    Args:
        points: in any axes.
        up: a direction that is nearest to one of them, the one that leads up.
    """
    axis = int(np.argmax(np.abs(up)))
    upwards, across = np.eye(3)[axis] * np.sign(up[axis]), np.eye(3)[axis - 1]
    points = points @ np.stack([across, upwards, np.cross(across, upwards)]).T
    points = points - np.median(points[:, NECK], axis=0)
    left = np.median(points[:, LEFT_SHOULDER] - points[:, RIGHT_SHOULDER], axis=0)
    # Who faces the camera has their left at its right.
    level = float(np.hypot(left[0], left[2]))
    cos, sin = -left[[0, 2]] / level if level else (1.0, 0.0)
    return np.asarray(points @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T)


def _distance(points: Array) -> float:
    """How far the camera stands from the median neck, in mm: it sees all points, unless that is farther than it sees at all."""
    half = np.array([KINECT.width, KINECT.height]) / 2 / KINECT.focal / _MARGIN
    needed = np.maximum(np.abs(points[:, :, :2]) / half, NEAREST_MM).max(axis=2) - points[:, :, 2]
    return float(np.clip(np.nanmax(needed), LEAST_MM, FARTHEST_MM))
