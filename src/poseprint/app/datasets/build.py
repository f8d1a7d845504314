"""Data sets from what there is: videos and poses named in a manifest, a Kinect table, the paper's csv pair;
and what is in a data set (the paper's Table 2)."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from poseprint.app.datasets.collect import Collected, collect, listed_recordings
from poseprint.core.errors import DatasetError, MissingDependencyError, explain
from poseprint.core.files import absence, ensure_writable, exists
from poseprint.core.names import safe_file_name
from poseprint.core.progress import Progress, numbered, silent
from poseprint.estimation.measuring import Measuring
from poseprint.io.dataset import LABELS, read_table
from poseprint.io.poses import CSV, parse_size


@dataclass(frozen=True)
class ManifestLine:
    """A line of a manifest, checked.

    Attributes:
        number: of the line.
        file: a video, or poses in any form that is read.
        person, label, session, activity: as in `poseprint.io.dataset.Recording`.
        recording: its name; None for the file's own.
        fps, frame_size: of poses that do not state them.
        individual: whose poses, in a file of several; None where there is one.
    """

    number: int
    file: Path
    person: str
    label: str
    session: str
    activity: str
    recording: str | None
    fps: float | None
    frame_size: tuple[int, int] | None
    individual: str | None = None


@dataclass(frozen=True)
class BuildResult:
    """The result of a manifest's line: its recording was collected, or there is an error."""

    line: ManifestLine
    collected: Collected | None
    error: str = ""


def read_manifest(
    manifest: Path,
    folder: Path | None = None,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
) -> list[ManifestLine]:
    """The lines of a manifest (docs/formats.md), each checked; no video is opened.

    Args:
        manifest: the csv.
        folder: what its files are relative to; the manifest's own folder by default.
        fps, frame_size: of poses that do not state them, where a line does not either.

    Raises:
        DatasetError: the number of the first line with something wrong, and what; or the csv cannot be read.
    """
    lines: list[ManifestLine] = []
    named: dict[str, int] = {}
    by_size: dict[int, list[ManifestLine]] = {}
    for number, row in read_table(manifest, ("file", "person")):
        where = f"{manifest}: line {number}"
        line = _manifest_line(folder or manifest.parent, number, row, where, fps, frame_size)
        if line.recording is not None and named.setdefault(line.recording, number) != number:
            raise DatasetError(f"{where}: line {named[line.recording]} has the name {line.recording!r} already")
        same_size = by_size.setdefault(line.file.stat().st_size, [])
        for other in same_size:
            if line.individual == other.individual and _same_recording(line.file, other.file):
                raise DatasetError(f"{where}: {row['file']} is the same recording as in line {other.number}")
        same_size.append(line)
        lines.append(line)
    return lines


def _same_recording(file: Path, other: Path) -> bool:
    both_files = file.is_file() and other.is_file()
    return file.samefile(other) or (both_files and filecmp.cmp(file, other, shallow=False))


def _manifest_line(
    folder: Path,
    number: int,
    row: dict[str, str],
    where: str,
    usual_rate: float | None,
    usual_size: tuple[int, int] | None,
) -> ManifestLine:
    """A row of a manifest, checked; a DatasetError begins with `where`."""
    label, session, name, fps, size = (row.get(c, "") for c in ("label", "session", "recording", "fps", "frame_size"))
    file = folder / row["file"]
    there = exists(file)
    rate, picture = _parse_fps(fps) if fps else usual_rate, parse_size(size) if size else usual_size
    lacks_frame_size = there and (file.is_dir() or file.suffix.lower() == CSV)
    problems = {
        "no file is named": not row["file"],
        "no person is named": not row["person"],
        _absence(folder, row["file"]): not there,
        f"label {label!r}; it is real or fake, and real where nothing stands": label not in ("", *LABELS),
        f"recording {name!r} cannot be the name of a file": bool(name) and name != safe_file_name(name),
        f"fps {fps!r}; expected a number from 1 to 1000": bool(fps) and rate is None,
        f"frame_size {size!r}; expected WIDTHxHEIGHT, such as 1280x720": bool(size) and picture is None,
        "OpenPose json does not tell the frame rate; give it in a column fps": there and file.is_dir() and rate is None,
        "these poses do not tell the picture's size; give it in a column frame_size": lacks_frame_size
        and picture is None,
    }
    for problem, present in problems.items():
        if present:
            raise DatasetError(f"{where}: {problem}")
    return ManifestLine(
        number=number,
        file=file,
        person=row["person"],
        label=label or "real",
        session=session,
        activity=row.get("activity", ""),
        recording=name or None,
        fps=rate,
        frame_size=picture,
        individual=row.get("individual") or None,
    )


def _absence(folder: Path, named: str) -> str:
    message = absence(Path(named))
    return message if "://" in message else f"no file {named!r} in {folder}"


def _parse_fps(text: str) -> float | None:
    try:
        return float(text) if 1 <= float(text) <= 1000 else None
    except ValueError:
        return None


def build(
    manifest: Path,
    folder: Path,
    *,
    measuring: Measuring | None = None,
    progress: Progress = silent,
    on_result: Callable[[BuildResult], None] | None = None,
) -> list[BuildResult]:
    """Collect every recording that a manifest names into a data set.

    The whole manifest is checked first. Interrupted, the same call goes on where it stopped, and what is done
    is not measured again; person, label, session and activity become what the manifest says. A recording that cannot be
    read is reported, and the others are collected all the same.

    Args:
        manifest: a csv with the columns file and person (docs/formats.md).
        folder: the data set, to make or to add to.
        measuring: see `poseprint.app.sources.Source.read`.
        progress: called as frames of a recording are done.
        on_result: called with the result of each line, at once.

    Raises:
        PoseprintError: something is wrong with the manifest, the folder or the model files.
    """
    return collect_lines(
        read_manifest(manifest), folder, manifest, measuring=measuring, progress=progress, on_result=on_result
    )


def collect_lines(
    lines: Sequence[ManifestLine],
    folder: Path,
    manifest: Path | None,
    *,
    measuring: Measuring | None = None,
    progress: Progress = silent,
    on_result: Callable[[BuildResult], None] | None = None,
) -> list[BuildResult]:
    """Collect the recordings of lines that were checked, as `build` does; errors name the manifest, if there is one."""
    listed_recordings(folder)
    ensure_writable(folder)
    results = []
    for count, line in enumerate(lines, 1):
        try:
            collected = collect(
                line.file,
                folder,
                recording=line.recording,
                person=line.person,
                label=line.label,
                session=line.session,
                activity=line.activity,
                fps=line.fps,
                frame_size=line.frame_size,
                individual=line.individual,
                measuring=measuring,
                progress=numbered(progress, count, len(lines)),
            )
            results.append(BuildResult(line, collected))
        except MissingDependencyError:
            raise  # each line would fail at it
        except Exception as error:
            where = f"{manifest}: line {line.number}: " if manifest else ""
            results.append(BuildResult(line, None, where + explain(error)))
        if on_result:
            on_result(results[-1])
    return results
