"""OpenPose's output folder: one json file a frame, BODY_25 or COCO-18 keypoints, any number of people."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.series import OPENPOSE, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.people import People

# Our 12 keypoints in each of OpenPose's orders, by the number of keypoints a person has there.
_ORDERS = {
    25: ("BODY_25", [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]),
    18: ("COCO-18", [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]),
}
_NUMBER = re.compile(r"(\d+)(?:_keypoints)?\.json$")
_LARGEST = 1 << 24  # bytes of one frame's json
_POSES = (".parquet", ".pose", ".nc", ".bvh")
_VIDEOS = (
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".ts",
    ".mts",
    ".wmv",
    ".flv",
    ".3gp",
    ".ogv",
)


def read_openpose_json(folder: Path, *, fps: float, frame_size: tuple[int, int]) -> PoseSeries:
    """One person's poses from a folder of json files, at the rate they were made.

    Frames are ordered by the number in their file name; a number that is absent is a frame with nobody. Where all
    numbers rise by a step, as with OpenPose's `--frame_step`, the poses are that much fewer a second. Of several people
    the one who is largest over the whole recording is followed (`poseprint.io.people`).

    Args:
        folder: the json files.
        fps: frames per second of the video they were made from.
        frame_size: (width, height) of that video.

    Raises:
        PoseFileError: no json files, files of two videos, a file that is not OpenPose's, or keypoints of another model.
    """
    if not 1 <= fps <= 1000:
        raise PoseFileError(f"{folder}: fps must be from 1 to 1000, got {fps}")
    files = json_files(folder)
    numbers = sorted(files)
    step = int(np.gcd.reduce(np.diff(numbers))) if len(numbers) > 2 else 1
    rate = fps / step
    if rate < 1:
        raise PoseFileError(
            f"{folder}: numbers rise by {step}: {rate:.2g} poses a second, where `fps` is {fps:g}; need 1"
        )
    models: set[str] = set()
    detected = [_read_frame(files[number], models) for number in numbers]
    if len(models) > 1:
        raise PoseFileError(f"{folder}: frames of different models: {', '.join(sorted(models))}")
    frame = np.repeat((np.array(numbers) - numbers[0]) // step, [len(persons) for persons in detected])
    frames = (numbers[-1] - numbers[0]) // step + 1
    persons = np.concatenate(detected)
    people = People.of(frame, persons[:, :, :2])
    rows = people.followed(rate, frame_size[0])
    position = np.full((frames, len(UPPER_BODY.keypoints), 2), np.nan, dtype=np.float32)
    position[frame[rows]] = persons[rows, :, :2]
    confidence = np.zeros(position.shape[:2], dtype=np.float32)
    confidence[frame[rows]] = np.clip(persons[rows, :, 2], 0, 1)
    return PoseSeries(
        position=position,
        confidence=confidence,
        time=np.arange(frames) / rate,
        fps=rate,
        frame_size=frame_size,
        recording=folder.name,
        estimator=EstimatorInfo(OPENPOSE, next(iter(models), "")),
        channels={"people": people.comparable(rows, frames)},
        log=({"step": "read_openpose_json", "folder": folder.name, "files": len(files), "frame_step": step},),
    )


def json_files(folder: Path) -> dict[int, Path]:
    """The json files of a folder by the number of their frame; hidden files are passed over.

    Raises:
        PoseFileError: there are none, or not those of one video.
    """
    files: dict[int, Path] = {}
    for path in folder.glob("*.json"):
        match = _NUMBER.search(path.name)
        if not match or path.name.startswith("."):
            continue
        number = int(match[1])
        if number in files:
            raise PoseFileError(
                f"{folder}: frame {number} twice, {files[number].name} and {path.name}; "
                "one folder holds the frames of one video"
            )
        files[number] = path
    if not files:
        raise PoseFileError(
            f"{folder}: no OpenPose json files (NAME_000000000000_keypoints.json) in it{_held_instead(folder)}"
        )
    if max(files) - min(files) + 1 > 10 * len(files) + 1000:
        raise PoseFileError(f"{folder}: {len(files)} json files numbered up to {max(files)}: not frames of one video")
    return files


def _held_instead(folder: Path) -> str:
    """What there is to name in a folder without json files, as the end of a sentence."""
    held = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for one, many, found in (
        ("a video", "videos", [path for path in held if path.suffix.lower() in _VIDEOS]),
        ("a pose file", "pose files", [path for path in held if path.suffix.lower() in _POSES]),
        ("a folder", "folders", [path for path in held if path.is_dir()]),
    ):
        if found:
            return f"; it holds {one}: name it" if len(found) == 1 else f"; it holds {len(found)} {many}: name them"
    return ""


def _read_frame(path: Path, models: set[str]) -> Array:
    """Everybody in one frame: [shape=(people, 12, 3)] of x, y, confidence; NaN where not detected."""
    try:
        size = path.stat().st_size
        if not size:
            raise PoseFileError(f"{path}: not a json file of OpenPose: it is empty; copy it again, or leave it out")
        if size > _LARGEST:
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
        # Converters write 0,0 or -1,-1 for what was not detected, some of them with a confidence.
        person[(person[:, 2] <= 0) | (person[:, :2] <= 0).all(axis=1), :2] = np.nan
        persons.append(person)
    return np.array(persons, dtype=np.float32).reshape(-1, len(UPPER_BODY.keypoints), 3)
