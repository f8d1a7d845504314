"""Poses on disk: one module a format, one function that reads any of them."""

from __future__ import annotations

import re
from pathlib import Path

from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import TABLE
from poseprint.io.openpose_json import json_files, read_openpose_json
from poseprint.io.paper_csv import read_csv_poses
from poseprint.io.parquet import read_poses
from poseprint.io.profile_folder import MANIFEST


def is_poses(path: Path) -> bool:
    """Whether a path names a file or folder of poses rather than a video."""
    return path.is_dir() or path.suffix.lower() in (".parquet", ".csv")


def parse_size(text: str) -> tuple[int, int] | None:
    """Width and height of a picture in pixels from a text such as 1280x720; None if it is not of that form."""
    match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text, re.ASCII | re.IGNORECASE)
    return (int(match[1]), int(match[2])) if match else None


def read_any_poses(path: Path, *, fps: float | None = None, frame_size: tuple[int, int] | None = None) -> PoseSeries:
    """Poses from a Parquet file, a folder of OpenPose json or a csv of the paper's form; what lies outside the picture is missing.

    Args:
        path: the file or folder.
        fps: frames per second; needed for OpenPose json, which does not state it.
        frame_size: (width, height) in pixels; needed for json and csv, which do not state it.

    Raises:
        PoseFileError: the form is not as it should be, something needed was not given, or coordinates are no pixels.
    """
    if not path.exists():
        raise PoseFileError(absence(path))
    if (path / MANIFEST).is_file():
        raise PoseFileError(f"{path}: is a profile, no recording; name a video or poses")
    if (path / TABLE).is_file():
        raise PoseFileError(f"{path}: is a data set; name one of the recordings in it")
    if path.suffix.lower() == ".parquet" and path.is_file():
        return read_poses(path).within_picture()
    if path.is_dir():
        json_files(path)  # a folder of something else needs neither size nor rate
    if frame_size is None:
        raise PoseFileError(f"{path}: this form does not tell the size of the picture; give it with `frame_size`")
    if path.is_dir():
        if fps is None:
            raise PoseFileError(f"{path}: OpenPose json does not tell the frame rate; give it with `fps`")
        return read_openpose_json(path, fps=fps, frame_size=frame_size).within_picture()
    return read_csv_poses(path, frame_size=frame_size).within_picture()
