"""Data sets from what there is: videos and poses named in a manifest, a Kinect table, the paper's csv pair;
and what is in a data set (the paper's Table 2)."""

from __future__ import annotations

import filecmp
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from poseprint.app.datasets.collect import Collected, collect
from poseprint.core.errors import DatasetError, PoseFileError, VideoError
from poseprint.core.progress import Progress, silent
from poseprint.io.dataset import LABELS, read_table
from poseprint.io.poses import is_poses, parse_size


@dataclass(frozen=True)
class Entry:
    """A line of a manifest, checked.

    Attributes:
        line: its number.
        file: a video, or poses in any form that is read.
        person, label, session, activity: as in `poseprint.io.dataset.Recording`.
        recording: its name; None for the file's own.
        fps, frame_size: of poses that do not tell them.
    """

    line: int
    file: Path
    person: str
    label: str
    session: str
    activity: str
    recording: str | None
    fps: float | None
    frame_size: tuple[int, int] | None


@dataclass(frozen=True)
class Built:
    """What became of a manifest's entry: it was collected, or there is an error."""

    entry: Entry
    collected: Collected | None
    error: str = ""


def read_manifest(manifest: Path) -> list[Entry]:
    """The lines of a manifest (docs/formats.md), each found good; no video is opened.

    Raises:
        DatasetError: the number of the first line with something wrong, and what; or the csv cannot be read.
    """
    entries: list[Entry] = []
    named: dict[str, int] = {}
    of_size: dict[int, list[Entry]] = {}
    for number, row in read_table(manifest, ("file", "person")):
        where = f"{manifest}: line {number}"
        entry = _entry(manifest.parent, number, row, where)
        if entry.recording is not None and named.setdefault(entry.recording, number) != number:
            raise DatasetError(f"{where}: line {named[entry.recording]} has the name {entry.recording!r} already")
        alike = of_size.setdefault(entry.file.stat().st_size, [])
        for other in alike:
            if _same(entry.file, other.file):
                raise DatasetError(f"{where}: {row['file']} is the same recording as in line {other.line}")
        alike.append(entry)
        entries.append(entry)
    return entries


def _same(one: Path, other: Path) -> bool:
    both_files = one.is_file() and other.is_file()
    return one.samefile(other) or (both_files and filecmp.cmp(one, other, shallow=False))


def _entry(folder: Path, number: int, row: dict[str, str], where: str) -> Entry:
    """A row of a manifest as an entry, or a DatasetError that begins with `where`."""
    label, session, name, fps, size = (row.get(c, "") for c in ("label", "session", "recording", "fps", "frame_size"))
    file = folder / row["file"]
    rate, picture = _rate(fps), parse_size(size)
    is_silent = is_poses(file) and file.suffix.lower() != ".parquet"
    problems = {
        "no file is named": not row["file"],
        "no person is named": not row["person"],
        f"no file {row['file']!r} in {folder}": not file.exists(),
        f"label {label!r}; it is real or fake, and real where nothing stands": label not in ("", *LABELS),
        f"recording {name!r} cannot be the name of a file": bool(name) and name != _file_name(name),
        f"fps {fps!r}; expected a number from 1 to 1000": bool(fps) and rate is None,
        f"frame_size {size!r}; expected WIDTHxHEIGHT, such as 1280x720": bool(size) and picture is None,
        "OpenPose json does not tell the frame rate; give it in a column fps": file.is_dir() and rate is None,
        "these poses do not tell the picture's size; give it in a column frame_size": is_silent and picture is None,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise DatasetError(f"{where}: {problem}")
    activity = row.get("activity", "")
    return Entry(number, file, row["person"], label or "real", session, activity, name or None, rate, picture)


def _rate(text: str) -> float | None:
    try:
        return float(text) if 1 <= float(text) <= 1000 else None
    except ValueError:
        return None


def _file_name(name: str) -> str:
    """The name itself if a file can have it; else what is left of it, and a part of its sha256."""
    kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name).strip(" .")
    kept = kept.encode()[:150].decode(errors="ignore")
    return kept if kept == name else f"{kept or 'recording'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def build(
    manifest: Path,
    folder: Path,
    *,
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress = silent,
    on_built: Callable[[Built], None] | None = None,
) -> list[Built]:
    """Collect every recording that a manifest names into a data set.

    The whole manifest is checked first. Interrupted, the same call goes on where it stopped, and what is done
    is not measured again; person, label, session and activity become what the manifest says. A recording that cannot be
    read is reported, and the others are collected all the same.

    Args:
        manifest: a csv with the columns file and person (docs/formats.md).
        folder: the data set, to make or to add to.
        models, jobs: see `poseprint.estimation.extraction.extract`.
        progress: called as frames of a recording are done.
        on_built: called with what became of each entry, at once.

    Raises:
        PoseprintError: something is wrong with the manifest, the folder or the model files.
    """
    entries = read_manifest(manifest)
    results = []
    for count, entry in enumerate(entries, 1):

        def frames_done(step: str, done: int, total: int, count: int = count) -> None:
            progress(f"{step} ({count} of {len(entries)})", done, total)

        try:
            collected = collect(
                entry.file,
                folder,
                recording=entry.recording,
                person=entry.person,
                label=entry.label,
                session=entry.session,
                activity=entry.activity,
                fps=entry.fps,
                frame_size=entry.frame_size,
                models=models,
                jobs=jobs,
                progress=frames_done,
            )
            results.append(Built(entry, collected))
        except (VideoError, PoseFileError) as error:
            results.append(Built(entry, None, f"{manifest}: line {entry.line}: {error}"))
        if on_built:
            on_built(results[-1])
    return results
