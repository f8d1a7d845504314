"""A video into a data set: extracted once, resumed if interrupted, listed in recordings.csv."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from poseprint.app.sources import open_source
from poseprint.core.errors import DatasetError
from poseprint.core.files import ensure_writable
from poseprint.core.progress import Progress, silent
from poseprint.core.version import __version__
from poseprint.estimation.estimator import Estimator
from poseprint.io.dataset import LABELS, TABLE, Recording, pose_file_path, read_recordings, write_recordings
from poseprint.io.parquet import read_poses, write_poses

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
    estimator: str | Estimator = "mediapipe",
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress = silent,
) -> Collected:
    """Add a recording to a data set.

    What is there already is not measured again, and only what is given of person, label, session and
    activity is changed in its line. Another recording of the same name gets the start of its sha256 added to its name.

    Args:
        source: a video, or poses in another form.
        folder: the data set.
        recording: its name, which is its file's too; the source's own name by default.
        person, label, session, activity: see `poseprint.io.dataset.Recording`; a new line is `real` by default.
        fps, frame_size: see `poseprint.io.poses.read_any_poses`.
        estimator, models, jobs, progress: see `poseprint.estimation.extraction.extract`.

    Raises:
        PoseprintError: the source cannot be read or the folder cannot be written.
    """
    folder = Path(folder)
    if label not in (None, *LABELS):
        raise DatasetError(f"label {label!r}: it is real or fake")
    recordings = {r.recording: r for r in read_recordings(folder)} if (folder / TABLE).exists() else {}
    ensure_writable(folder)
    source_file = open_source(source, fps=fps, frame_size=frame_size)
    file = pose_file_path(folder, recording or source_file.name, source_file.content)
    name, new = file.stem, not file.exists()
    # Another version of the program measures anew.
    chunks_dir = folder / CHUNKS_DIR / f"{source_file.content.sha256[:16]}-{__version__}"
    if new:
        series = source_file.read(
            estimator=estimator, models=models, jobs=jobs, chunks_dir=chunks_dir, progress=progress
        )
    else:
        series = read_poses(file)
    existing = recordings.get(name, Recording(name, "", "real", "", file.name))
    changes = {"person": person, "label": label, "session": session, "activity": activity}
    line = replace(existing, **{k: v for k, v in changes.items() if v is not None})
    if new:
        write_poses(replace(series, recording=name, person=line.person), file)
    if chunks_dir.is_dir():
        shutil.rmtree(chunks_dir, ignore_errors=True)
        with suppress(OSError):
            chunks_dir.parent.rmdir()  # unless others are unfinished
    write_recordings(folder, sorted({**recordings, name: line}.values(), key=lambda r: r.recording))
    return Collected(file, series.duration, new)
