"""A video into a data set: extracted once, resumed if interrupted, listed in recordings.csv."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poseprint.app.sources import open_source
from poseprint.core.errors import DatasetError
from poseprint.core.files import MARK, ensure_apart, ensure_writable, locked
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.version import __version__
from poseprint.estimation.measuring import Measuring
from poseprint.io.dataset import (
    LABELS,
    TABLE,
    Recording,
    pose_file_path,
    read_recordings,
    twin_in,
    write_recordings,
)
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.profile_folder import MANIFEST
from poseprint.io.video import VideoInfo

CHUNKS_DIR = ".parts"
"""Folder inside a data set that keeps the finished chunks of unfinished videos."""


@dataclass(frozen=True)
class Collected:
    """What `collect` did: the pose file, its length in seconds, and whether it was measured now."""

    file: Path
    seconds: float
    new: bool


def collect(
    source: Path | str,
    folder: Path | str,
    *,
    recording: str | None = None,
    person: str | None = None,
    label: str | None = None,
    session: str | None = None,
    activity: str | None = None,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    individual: str | None = None,
    measuring: Measuring | None = None,
    progress: Progress = silent,
) -> Collected:
    """Add a recording to a data set.

    What is there already is not measured again, and only what is given of person, label, session and
    activity is changed in its line. Another recording of the same name gets the start of its sha256 added to its name.
    Other processes may add to the data set at the same time.

    Args:
        source: a video, or poses in another form.
        folder: the data set.
        recording: its name, which is its file's too; the source's own name by default.
        person, label, session, activity: see `poseprint.io.dataset.Recording`; a new line is `real` by default.
        fps, frame_size, individual: see `poseprint.io.poses.read_any_poses`.
        measuring, progress: see `poseprint.app.sources.Source.read`.

    Raises:
        PoseprintError: the source cannot be read, the data set has it under another name, or the folder cannot be
            written.
    """
    source, folder = Path(source), Path(folder)
    if label not in (None, *LABELS):
        raise DatasetError(f"label {label!r}: it is real or fake")
    listed_recordings(folder)  # a table that cannot be read is told before the long work
    ensure_apart(folder, [source])
    ensure_writable(folder)
    opened = open_source(source, fps=fps, frame_size=frame_size, individual=individual)
    name, content = recording or opened.name, opened.content
    # Another version of the program measures anew.
    chunks_dir = folder / CHUNKS_DIR / f"{content.sha256[:16]}-{__version__}"
    try:
        with locked(chunks_dir.with_name(f"{chunks_dir.name}.lock")):
            file, _ = _place(folder, source, name, content)
            measured = None
            if not file.exists():
                measured = opened.read(measuring, chunks_dir=chunks_dir, progress=progress)
            with changing(folder) as recordings:
                file, line = _place(folder, source, name, content)
                changes: dict[str, Any] = {"person": person, "label": label, "session": session, "activity": activity}
                line = replace(line, **{k: v for k, v in changes.items() if v is not None})
                if measured is not None:
                    write_poses(replace(measured, recording=line.recording, person=line.person), file)
                recordings[line.recording] = line
            shutil.rmtree(chunks_dir, ignore_errors=True)
    finally:
        with suppress(OSError):
            chunks_dir.parent.rmdir()  # unless others are unfinished
    return Collected(file, (measured or read_poses(file)).duration, measured is not None)


def _place(folder: Path, source: Path, name: str, content: PoseSeries | VideoInfo) -> tuple[Path, Recording]:
    """The file for a recording and its line in recordings.csv, as it stands or new.

    Raises:
        DatasetError: the data set has the same recording under another name.
    """
    recordings = listed_recordings(folder)
    file = pose_file_path(folder, name, content, recordings)
    line = line_of(file, recordings)
    twin = None if line else twin_in(folder, recordings, content)
    if twin is not None:
        raise DatasetError(f"{source}: is the same recording as {twin.recording} in {folder}; a data set has each once")
    return file, line or Recording(file.stem, "", "real", "", file.name)


def line_of(file: Path, recordings: Iterable[Recording]) -> Recording | None:
    """The line of recordings.csv that lists a file of the folder."""
    return next((r for r in recordings if r.file == file.name), None)


def listed_recordings(folder: Path) -> list[Recording]:
    """The lines of recordings.csv in a folder that is a data set or may become one.

    Raises:
        DatasetError: the table cannot be read, or the folder is a profile's.
    """
    if (folder / MANIFEST).exists():
        raise DatasetError(f"{folder}: holds a profile; name another folder for the data set")
    return read_recordings(folder) if (folder / TABLE).exists() else []


@contextmanager
def changing(folder: Path) -> Iterator[dict[str, Recording]]:
    """The lines of recordings.csv by recording, written as they are when the block ends well; other processes wait."""
    with locked(folder / MARK):
        recordings = {r.recording: r for r in listed_recordings(folder)}
        yield recordings
        write_recordings(folder, sorted(recordings.values(), key=lambda r: r.recording))
