"""OpenPose's output folder: one json file a frame, BODY_25 or COCO-18 keypoints, any number of people."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.series import OPENPOSE, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER, UPPER_BODY

# Our 12 keypoints in each of OpenPose's orders, by the number of keypoints a person has there.
_ORDERS = {
    25: ("BODY_25", [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]),
    18: ("COCO-18", [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]),
}
_NUMBER = re.compile(r"(\d+)(?:_keypoints)?\.json$")
_LARGEST = 1 << 24  # bytes of one frame's json


def read_openpose_json(folder: Path, *, fps: float, frame_size: tuple[int, int]) -> PoseSeries:
    """One person's poses from a folder of json files, at the rate they were made.

    Frames are ordered by the number in their file name; a number that is absent is a frame with
    nobody. Among several people the largest is followed from frame to frame by the place of the neck.

    Args:
        folder: the json files.
        fps: frames per second of the video they were made from.
        frame_size: (width, height) of that video.

    Raises:
        PoseFileError: no json files, files of two videos, a file that is not OpenPose's, or keypoints of another model.
    """
    if not 1 <= fps <= 1000:
        raise PoseFileError(f"{folder}: fps must be from 1 to 1000, got {fps}")
    files = _files_by_frame(folder)
    first = min(files)
    frames = max(files) - first + 1
    values = np.zeros((frames, len(UPPER_BODY.keypoints), 3), dtype=np.float32)
    values[:, :, :2] = np.nan
    people = np.zeros(frames, dtype=np.float32)
    models: set[str] = set()
    neck: Array | None = None
    for number in sorted(files):
        persons = _read_frame(files[number], models)
        if not len(persons):
            continue
        width = np.nan_to_num(np.linalg.norm(persons[:, RIGHT_SHOULDER, :2] - persons[:, LEFT_SHOULDER, :2], axis=1))
        people[number - first] = max(1, int((width >= 0.5 * width.max()).sum())) if width.max() > 0 else 1
        person = persons[_followed(persons, width, neck)]
        if np.isfinite(person[NECK, :2]).all():
            neck = person[NECK, :2]
        values[number - first] = person
    if len(models) > 1:
        raise PoseFileError(f"{folder}: frames of different models: {', '.join(sorted(models))}")
    return PoseSeries(
        position=values[:, :, :2],
        confidence=np.clip(values[:, :, 2], 0, 1),
        time=np.arange(frames) / fps,
        fps=fps,
        frame_size=frame_size,
        recording=folder.name,
        estimator=EstimatorInfo(OPENPOSE, next(iter(models), "")),
        channels={"people": people},
        log=({"step": "read_openpose_json", "folder": folder.name, "files": len(files)},),
    )


def _files_by_frame(folder: Path) -> dict[int, Path]:
    """The json files of a folder by the number of their frame."""
    files: dict[int, Path] = {}
    for path in folder.glob("*.json"):
        match = _NUMBER.search(path.name)
        if not match:
            continue
        number = int(match[1])
        if number in files:
            raise PoseFileError(
                f"{folder}: frame {number} twice, {files[number].name} and {path.name}; "
                "one folder holds the frames of one video"
            )
        files[number] = path
    if not files:
        raise PoseFileError(f"{folder}: no OpenPose json files (NAME_000000000000_keypoints.json) in it")
    if max(files) - min(files) + 1 > 10 * len(files) + 1000:
        raise PoseFileError(f"{folder}: {len(files)} json files numbered up to {max(files)}: not frames of one video")
    return files


def _followed(persons: Array, width: Array, neck: Array | None) -> int:
    """Which of a frame's persons is followed: the one whose neck is nearest to where it was, or the largest.

    Args:
        persons: [shape=(people, 12, 3)].
        width: shoulder widths in pixels [shape=(people,)].
        neck: where the neck was last seen, None if it never was.
    """
    if neck is not None:
        distance = np.linalg.norm(persons[:, NECK, :2] - neck, axis=1)
        if np.isfinite(distance).any():
            return int(np.nanargmin(distance))
    return int(np.argmax(width + persons[:, :, 2].sum(axis=1) * 1e-3))


def _read_frame(path: Path, models: set[str]) -> Array:
    """Everybody in one frame: [shape=(people, 12, 3)] of x, y, confidence; NaN where not detected."""
    try:
        if path.stat().st_size > _LARGEST:
            raise PoseFileError(f"{path}: too large to be one frame of OpenPose")
        people = json.loads(path.read_text(encoding="utf-8"))["people"]
        raw = [np.array(p["pose_keypoints_2d"], dtype=np.float64).reshape(-1, 3) for p in people]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise PoseFileError(f"{path}: not a json file of OpenPose ({type(error).__name__}: {error})") from error
    persons = []
    for keypoints in raw:
        if len(keypoints) not in _ORDERS:
            raise PoseFileError(f"{path}: {len(keypoints)} keypoints a person; BODY_25 has 25 and COCO has 18")
        if not (np.abs(keypoints) <= np.finfo(np.float32).max).all():
            raise PoseFileError(f"{path}: holds NaN or infinity")
        model, order = _ORDERS[len(keypoints)]
        models.add(model)
        person = keypoints[order]
        person[person[:, 2] <= 0, :2] = np.nan
        persons.append(person)
    return np.array(persons, dtype=np.float32).reshape(-1, len(UPPER_BODY.keypoints), 3)
