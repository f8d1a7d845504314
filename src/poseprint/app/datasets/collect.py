"""A video into a data set: extracted once, resumed if interrupted, listed in recordings.csv."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from poseprint.core.errors import DatasetError
from poseprint.core.files import demand_writable
from poseprint.core.progress import Progress
from poseprint.core.version import __version__
from poseprint.estimation.extraction import extract
from poseprint.io.dataset import LABELS, TABLE, Recording, place, read_recordings, write_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.poses import is_poses, read_any_poses
from poseprint.io.video import probe

PARTS = ".parts"
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
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Add a recording to a data set.

    What is there already is not measured again, and only what is given of person, label, session and
    activity is changed in its line. A different recording of the same name gets a part of its sha256 added to its name.

    Args:
        source: a video, or poses in another form.
        folder: the data set.
        recording: its name, which is its file's too; the source's own name unless said otherwise.
        person, label, session, activity: see `poseprint.io.dataset.Recording`; a new line is `real` unless said otherwise.
        fps, frame_size: see `poseprint.io.poses.read_any_poses`.
        models, jobs, progress: see `poseprint.estimation.extraction.extract`.

    Raises:
        PoseprintError: the source cannot be read or the folder cannot be written.
    """
    source, folder = Path(source), Path(folder)
    if label not in (None, *LABELS):
        raise DatasetError(f"label {label!r}: it is real or fake")
    known = {r.recording: r for r in read_recordings(folder)} if (folder / TABLE).exists() else {}
    demand_writable(folder)
    own = source.resolve().name if source.is_dir() else source.stem
    name = recording or own.strip(" .") or "recording"
    info = None if is_poses(source) else probe(source)
    series = read_any_poses(source, fps=fps, frame_size=frame_size) if info is None else None
    digest = info.sha256 if info else series.sha256 if series else ""
    file = place(folder, name, series, digest)
    name = file.stem
    new = not file.exists()
    parts = folder / PARTS / f"{digest[:16]}-{__version__}"  # another version of the program measures anew
    if not new:
        series = read_poses(file)
    elif series is None:
        series = extract(source, models=models, jobs=jobs, parts=parts, progress=progress, info=info)
    old = known.get(name, Recording(name, "", "real", "", file.name))
    given = {"person": person, "label": label, "session": session, "activity": activity}
    line = replace(old, **{k: v for k, v in given.items() if v is not None})
    if new:
        write_poses(replace(series, recording=name, person=line.person), file)
    if parts.is_dir():
        shutil.rmtree(parts, ignore_errors=True)
        with suppress(OSError):
            parts.parent.rmdir()  # unless others are unfinished
    write_recordings(folder, sorted({**known, name: line}.values(), key=lambda r: r.recording))
    return Collected(file, series.duration, new)
