"""Folders of OpenPose json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER


def standing(neck: tuple[float, float], width: float) -> list[float]:
    """A BODY_25 person with the neck at a place and shoulders of a width."""
    points = np.zeros((25, 3))
    points[:8] = [neck[0], neck[1], 0.9]
    points[RIGHT_SHOULDER, 0] -= width / 2
    points[LEFT_SHOULDER, 0] += width / 2
    return [float(v) for v in points.ravel()]


def openpose(folder: Path, frames: dict[int, list[list[float]]]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, people in frames.items():
        content = {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": p} for p in people]}
        (folder / f"clip_{number:012d}_keypoints.json").write_text(json.dumps(content))
    return folder


def openpose_folder(folder: Path, count: int = 4) -> Path:
    return openpose(folder, {k: [standing((300 + 5 * k, 200), 120)] for k in range(count)})


def as_openpose(points: Array, *, keypoints: int = 25, confidence: float = 0.8) -> list[float]:
    """Our 12 keypoints [shape=(12, 2)] as a BODY_25 or COCO-18 person; NaN = not detected."""
    head = 15 if keypoints == 25 else 14
    person = np.zeros((keypoints, 3))
    known = np.isfinite(points[:, :1])
    person[[*range(8), *range(head, head + 4)]] = np.hstack([np.where(known, points, 0), confidence * known])
    return [float(v) for v in person.ravel()]


def person(keypoints: int, start: float = 0, *, confidence: float = 0.9) -> list[float]:
    """A person whose keypoint k is at start + k, start + k + 0.5."""
    return [v for k in range(keypoints) for v in (start + k, start + k + 0.5, confidence)]
