"""Poses on disk: one module a format, one function that reads any of them."""

from __future__ import annotations

import re
from pathlib import Path

from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import TABLE
from poseprint.io.motion_capture import read_bvh
from poseprint.io.movement_netcdf import read_movement
from poseprint.io.openpose_json import json_files, read_openpose_json
from poseprint.io.paper_csv import read_csv_poses
from poseprint.io.parquet import read_poses
from poseprint.io.pose_file import read_pose_file
from poseprint.io.profile_folder import MANIFEST

BVH, CSV, MOVEMENT, PARQUET, POSE_FILE = ".bvh", ".csv", ".nc", ".parquet", ".pose"
"""How the names of pose files end."""


def is_poses(path: Path) -> bool:
    """Whether a path names a file or folder of poses rather than a video."""
    return path.is_dir() or path.suffix.lower() in (BVH, CSV, MOVEMENT, PARQUET, POSE_FILE)


def is_openpose_folder(path: Path) -> bool:
    """Whether a path is a folder with json files in it."""
    return path.is_dir() and any(not file.name.startswith(".") for file in path.glob("*.json"))


def parse_size(text: str) -> tuple[int, int] | None:
    """Width and height of a picture in pixels from a text such as 1280x720; None if it is not of that form."""
    match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text, re.ASCII | re.IGNORECASE)
    return (int(match[1]), int(match[2])) if match else None


def read_any_poses(
    path: Path,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    individual: str | None = None,
) -> PoseSeries:
    """Poses in any form: Parquet, OpenPose json, a csv of the paper's form, `.pose`, movement's netCDF (`.nc`) or BVH.

    What lies outside the picture is missing.

    Args:
        path: the file, or the folder of OpenPose json.
        fps: frames per second, of a form or file that does not state it, such as OpenPose json.
        frame_size: (width, height) in pixels, of a form or file that does not state it: json, csv, netCDF of others.
        individual: of netCDF, whose poses, where there are several individuals.

    Raises:
        PoseFileError: the form is not as it should be, something needed was not given, or coordinates are no pixels.
        MissingDependencyError: what reads netCDF is not installed.
    """
    if not path.exists():
        raise PoseFileError(absence(path))
    if (path / MANIFEST).is_file():
        raise PoseFileError(f"{path}: is a profile, no recording; name a video or poses")
    if (path / TABLE).is_file():
        raise PoseFileError(f"{path}: is a data set; name one of the recordings in it")
    form = "" if path.is_dir() else path.suffix.lower()
    if individual is not None and form != MOVEMENT:
        raise PoseFileError(f"{path}: this form does not name individuals; leave out `individual`")
    return _read(path, form, fps, frame_size, individual).within_picture()


def _read(
    path: Path, form: str, fps: float | None, frame_size: tuple[int, int] | None, individual: str | None
) -> PoseSeries:
    """Poses in a form, which is how the file's name ends; empty for a folder."""
    if form == PARQUET:
        return read_poses(path)
    if form == POSE_FILE:
        return read_pose_file(path, fps=fps, frame_size=frame_size)
    if form == MOVEMENT:
        return read_movement(path, fps=fps, frame_size=frame_size, individual=individual)
    if form == BVH:
        return read_bvh(path)
    if not form:
        json_files(path)  # a folder of something else needs neither size nor rate
    if frame_size is None:
        raise PoseFileError(f"{path}: this form does not tell the size of the picture; give it with `frame_size`")
    if form:
        return read_csv_poses(path, frame_size=frame_size)
    if fps is None:
        raise PoseFileError(f"{path}: OpenPose json does not tell the frame rate; give it with `fps`")
    return read_openpose_json(path, fps=fps, frame_size=frame_size)
