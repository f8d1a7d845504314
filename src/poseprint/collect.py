"""A video into a data set: extracted once, resumed if interrupted, listed in recordings.csv."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from poseprint import __version__
from poseprint.dataset import TABLE, Recording, read_recordings, write_recordings
from poseprint.errors import DatasetError
from poseprint.extraction import Progress, extract
from poseprint.io import is_poses, read_any_poses
from poseprint.io.atomic import demand_writable
from poseprint.io.parquet import read_poses, write_poses
from poseprint.pose import PoseSeries
from poseprint.video import probe

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
    person: str = "",
    label: str = "real",
    session: str = "",
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Add a recording to a data set.

    A video whose poses are there already (same sha256) is not measured again; a different video of the
    same name gets a part of its sha256 added to its name.

    Args:
        source: a video, or poses in another form.
        folder: the data set.
        person, label, session: see `poseprint.dataset.Recording`.
        fps, frame_size: see `poseprint.io.read_any_poses`.
        models, jobs, progress: see `poseprint.extraction.extract`.

    Raises:
        PoseprintError: the source cannot be read or the folder cannot be written.
    """
    source, folder = Path(source), Path(folder)
    if label not in ("real", "fake"):
        raise DatasetError(f"label {label!r}: it is real or fake")
    known = read_recordings(folder) if (folder / TABLE).exists() else []
    demand_writable(folder)
    if is_poses(source):
        series, new = read_any_poses(source, fps=fps, frame_size=frame_size), True
        name = source.stem if source.is_file() else source.name
    else:
        info = probe(source)
        name = source.stem
        if (folder / f"{name}.parquet").exists() and read_poses(
            folder / f"{name}.parquet"
        ).source_sha256 != info.sha256:
            name = f"{name}-{info.sha256[:8]}"
        new = not (folder / f"{name}.parquet").exists()
        if new:
            parts = _parts(folder, info.sha256)
            series = extract(source, models=models, jobs=jobs, parts=parts, progress=progress, info=info)
        else:
            series = read_poses(folder / f"{name}.parquet")
    file = folder / f"{name}.parquet"
    if new:
        write_poses(replace(series, recording=name, person=person), file)
        _forget_parts(folder, series)
    listed = [r for r in known if r.recording != name]
    before = next((r for r in known if r.recording == name), None)
    line = Recording(name, person, label, session, file.name)
    if before is not None and not (person or session):
        line = before
    write_recordings(folder, sorted([*listed, line], key=lambda r: r.recording))
    return Collected(file, series.duration, new)


def _parts(folder: Path, sha256: str) -> Path:
    """Where a video's chunks are kept; another version of the program measures them anew."""
    return folder / PARTS / f"{sha256[:16]}-{__version__}"


def _forget_parts(folder: Path, series: PoseSeries) -> None:
    shutil.rmtree(_parts(folder, series.source_sha256), ignore_errors=True)
    if (folder / PARTS).is_dir() and not any((folder / PARTS).iterdir()):
        (folder / PARTS).rmdir()
