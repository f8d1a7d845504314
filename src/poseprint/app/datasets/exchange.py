"""Pose files of other programs into a data set, and a data set's recordings as such files."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from poseprint.app.datasets.build import BuildResult, ManifestLine, collect_lines, read_manifest
from poseprint.core.errors import DatasetError, PoseFileError
from poseprint.core.files import absence, atomic_write, claimed, ensure_apart
from poseprint.core.names import safe_file_name, same_file_name
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import read_recordings
from poseprint.io.movement_netcdf import write_movement
from poseprint.io.parquet import read_poses
from poseprint.io.pose_file import write_pose_file
from poseprint.io.poses import BVH, MOVEMENT, POSE_FILE, is_openpose_folder, is_poses

logger = logging.getLogger(__name__)

Form = Literal["pose", "movement"]
_WRITERS: Mapping[Form, tuple[str, Callable[[PoseSeries, Path], tuple[str, ...]]]] = {
    "pose": (POSE_FILE, write_pose_file),
    "movement": (MOVEMENT, write_movement),
}
"""Form -> how its files' names end, and what writes one."""
_TABLE = "manifest.csv"
_COLUMNS = ("file", "person", "label", "session", "activity", "recording")


@dataclass(frozen=True)
class Exported:
    """A recording that was written, and what its form could not hold."""

    file: Path
    left_out: tuple[str, ...]


def import_poses(
    source: Path,
    folder: Path,
    *,
    person: str | None = None,
    table: Path | None = None,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    individual: str | None = None,
    progress: Progress = silent,
    on_result: Callable[[BuildResult], None] | None = None,
) -> list[BuildResult]:
    """Add recordings that other programs made to a data set: all in a folder, those that a table names, or one.

    A recording is a folder of OpenPose json, a `.pose`, a movement (`.nc`) or a BVH file. One that cannot be read is reported, and the
    others are taken over all the same.

    Args:
        source: a folder of recordings, or one recording.
        folder: the data set, to make or to add to.
        person: who is in all of them, where there is no table; they count as real.
        table: a csv as `poseprint.app.datasets.build.read_manifest` reads it, with files relative to the source.
        fps, frame_size: of those that do not tell them.
        individual: whose poses, of netCDF files with several individuals.
        progress: called as recordings are done.
        on_result: called with the result of each recording, at once.

    Raises:
        PoseprintError: nothing to take over, neither a person nor a table, or something is wrong with the table or the folder.
    """
    if not source.exists():
        raise PoseFileError(absence(source))
    found = _recordings_in(source)
    if (table is None) == (person is None):
        raise DatasetError(f"{source}: who is in it? give one of `person` and `table`")
    if person is not None:
        lines = [
            ManifestLine(number, file, person, "real", "", "", None, fps, frame_size, individual)
            for number, file in enumerate(found, 1)
        ]
    if table is not None:
        lines = read_manifest(table, source if source.is_dir() else source.parent, fps=fps, frame_size=frame_size)
        for line in lines:
            if not is_poses(line.file):
                raise DatasetError(f"{table}: line {line.number}: no poses; `poseprint dataset build` measures videos")
        listed = {line.file.resolve() for line in lines}
        for file in found:
            if file.resolve() not in listed:
                logger.info("%s: is not in %s; left out", file, table)
    return collect_lines(lines, folder, table, progress=progress, on_result=on_result)


def _recordings_in(source: Path) -> list[Path]:
    """The recordings of a folder, or the source itself if it is one.

    Raises:
        PoseFileError: there are none.
    """

    def is_recording(path: Path) -> bool:
        return path.suffix.lower() in (BVH, MOVEMENT, POSE_FILE) if path.is_file() else is_openpose_folder(path)

    if is_recording(source):
        return [source]
    found = sorted(p for p in source.iterdir() if is_recording(p) and p.name[0] != ".") if source.is_dir() else []
    if not found:
        raise PoseFileError(
            f"{source}: neither a .pose, .nc or .bvh file nor a folder of OpenPose json, and no folder of such"
        )
    return found


def export(folder: Path, output: Path, form: Form, *, progress: Progress = silent) -> list[Exported]:
    """Write the recordings of a data set in another form, a file each, and `manifest.csv`, which takes them back.

    Args:
        folder: the data set.
        output: the folder for the files; an earlier export of this form there is replaced.
        form: `pose` for `.pose` files, `movement` for netCDF.
        progress: called before each recording.

    Raises:
        PoseprintError: no data set, another form, two recordings of one name, or the folder cannot be written.
    """
    if form not in _WRITERS:
        raise DatasetError(f"form {form!r}: it is {' or '.join(_WRITERS)}")
    suffix, write = _WRITERS[form]
    recordings = read_recordings(folder)
    names = [safe_file_name(line.recording) for line in recordings]
    if len({same_file_name(name) for name in names}) < len(names):
        raise DatasetError(f"{folder}: two recordings have names that are one to a file; rename one in recordings.csv")
    ensure_apart(output, [folder])
    written = []
    with claimed(output, {f"export {form}": [f"*{suffix}", _TABLE]}):
        for count, (line, name) in enumerate(zip(recordings, names, strict=True)):
            progress(line.recording, count, len(names))
            series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
            file = output / f"{name}{suffix}"
            written.append(Exported(file, write(series, file)))
        with atomic_write(output / _TABLE) as partial, partial.open("w", newline="", encoding="utf-8") as text:
            rows = csv.DictWriter(text, _COLUMNS, extrasaction="ignore")
            rows.writeheader()
            for line, name, done in zip(recordings, names, written, strict=True):
                rows.writerow({**line.cells(), "recording": name, "file": done.file.name})
    return written
