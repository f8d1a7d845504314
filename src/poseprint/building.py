"""Data sets from what there is: videos and poses named in a manifest, a Kinect table, the paper's csv pair;
and what is in a data set (the paper's Table 2)."""

from __future__ import annotations

import filecmp
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.collect import Collected, collect
from poseprint.core.errors import DatasetError, PoseFileError, VideoError
from poseprint.core.files import demand_writable
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import LABELS, TABLE, Recording, place, read_recordings, read_table, write_recordings
from poseprint.io.kinect import KINECT, Camera, read_kinect
from poseprint.io.paper_csv import movements_in_a_row, read_csv_pair
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.poses import is_poses, parse_size
from poseprint.io.video import FPS
from poseprint.movements.cleaning import resample
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.gates import inspect

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and the name of what is being worked on."""


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
    progress: Progress | None = None,
    say: Callable[[Built], None] | None = None,
) -> list[Built]:
    """Collect every recording that a manifest names into a data set.

    The whole manifest is checked first. Interrupted, the same call goes on where it stopped, and what is done
    is not measured again; person, label, session and activity become what the manifest says. A recording that cannot be
    read is reported, and the others are collected all the same.

    Args:
        manifest: a csv with the columns file and person (docs/formats.md).
        folder: the data set, to make or to add to.
        models, jobs: see `poseprint.estimation.extraction.extract`.
        progress: called with the frames of a recording that are done, all its frames, and its name.
        say: called with what became of each entry, at once.

    Raises:
        PoseprintError: something is wrong with the manifest, the folder or the model files.
    """
    entries = read_manifest(manifest)
    results = []
    for count, entry in enumerate(entries, 1):

        def frames_done(done: int, total: int, what: str = f"{entry.file.name} ({count} of {len(entries)})") -> None:
            if progress:
                progress(done, total, what)

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
        if say:
            say(results[-1])
    return results


def import_kinect(
    path: Path, folder: Path, *, camera: Camera = KINECT, progress: Progress | None = None
) -> list[Recording]:
    """Add the recordings of a Kinect table to a data set, all as real; see `poseprint.io.kinect.read_kinect`.

    Nothing is written before the whole table is read. What is there already stays as it is.

    Returns:
        the lines that recordings.csv has for them.

    Raises:
        PoseprintError: no such table, or the folder cannot be written.
    """
    recordings = read_kinect(path, camera=camera)
    return _add([(one.series, "real", one.session, one.activity) for one in recordings], folder, progress)


def import_csv_pair(
    poses_csv: Path,
    labels_csv: Path,
    folder: Path,
    *,
    person: str,
    frame_size: tuple[int, int],
    progress: Progress | None = None,
) -> list[Recording]:
    """Add the movements of the paper's csv pair to a data set.

    The form does not tell recordings apart: each unbroken run of movements with one label is taken as one.
    That can join recordings that stand next to each other, but parts none whose movements stand together. They
    are named after the file and numbered in its order, and a cut at every 150th frame keeps the movements as they are.

    Args:
        poses_csv, labels_csv: see `poseprint.io.paper_csv`.
        folder: the data set, to make or to add to.
        person: who moves in the real movements and is claimed to in the fake ones.
        frame_size: (width, height) in pixels.
        progress: see `Progress`.

    Returns:
        the lines that recordings.csv has for them.

    Raises:
        PoseprintError: no such pair, or the folder cannot be written.
    """
    positions, labels = read_csv_pair(poses_csv, labels_csv)
    edges = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(labels))), len(labels)]
    recordings = []
    for number, (first, last) in enumerate(pairwise(edges), 1):
        name = f"{poses_csv.stem}-{number:0{max(4, len(str(len(edges))))}d}"
        position = positions[first:last].reshape(-1, *positions.shape[2:])
        series = movements_in_a_row(position, poses_csv, frame_size=frame_size, recording=name)
        recordings.append((replace(series, person=person), "real" if labels[first] else "fake", "", ""))
    return _add(recordings, folder, progress)


def _add(
    recordings: Sequence[tuple[PoseSeries, str, str, str]], folder: Path, progress: Progress | None
) -> list[Recording]:
    """Write series with label, session and activity into a data set, those that are there excepted; then list them."""
    known = {r.recording: r for r in read_recordings(folder)} if (folder / TABLE).exists() else {}
    demand_writable(folder)
    added = []
    for count, (series, label, session, activity) in enumerate(recordings):
        if progress:
            progress(count, len(recordings), series.recording)
        file = place(folder, _file_name(series.recording), series, series.sha256)
        if not file.exists():
            write_poses(replace(series, recording=file.stem), file)
        person, name = series.person.strip(), file.name
        added.append(Recording(file.stem, person, label, session.strip(), name, activity.strip()))
    known.update((line.recording, line) for line in added)
    write_recordings(folder, sorted(known.values(), key=lambda r: r.recording))
    return added


@dataclass(frozen=True)
class _Inspected:
    """A recording, and what describing it takes."""

    line: Recording
    seconds: float
    usable: float
    movements: int
    excluded: frozenset[str]


def describe(folder: Path, *, length: int = LENGTH, progress: Progress | None = None) -> dict[str, Any]:
    """What is in a data set, as the paper's Table 2 tells it.

    Args:
        folder: the data set.
        length: frames in a movement; they are cut side by side from what passes the gates at 30 fps.
        progress: called after each recording.

    Returns:
        json-like: `persons`, a list of `person`, `recordings` {real, fake}, `hours` {total, usable}, `movements`
        {real, fake}, `sessions` (how many are named) and `majority` (the share of the commoner answer among all
        movements when this person's own real ones are told from the rest; None without movements); `total`, the
        same over everything, where `majority` is that of real and fake; `unused`, how many `recordings` have no
        usable movement, and `codes`, the findings that exclude them with their counts, the commonest first;
        `length`.

    Raises:
        PoseprintError: no data set, or a file in it that cannot be read.
    """
    lines = read_recordings(folder)
    inspected = []
    for count, line in enumerate(lines, 1):
        inspected.append(_inspected(line, folder, length))
        if progress:
            progress(count, len(lines), line.recording)
    movements = sum(one.movements for one in inspected)
    persons = []
    for person in sorted({line.person for line in lines}):
        figures = _figures([one for one in inspected if one.line.person == person])
        persons.append({"person": person, **figures, "majority": _majority(figures["movements"]["real"], movements)})
    total = _figures(inspected)
    unused = [one for one in inspected if not one.movements]
    codes = Counter(code for one in unused for code in one.excluded)
    return {
        "length": length,
        "persons": persons,
        "total": {**total, "majority": _majority(total["movements"]["real"], movements)},
        "unused": {
            "recordings": len(unused),
            "codes": dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        },
    }


def _inspected(line: Recording, folder: Path, length: int) -> _Inspected:
    series = resample(read_poses(folder / line.file), FPS)
    inspection = inspect(series, length=length)
    codes = frozenset(f.code for f in inspection.findings if f.severity == "exclude")
    movements = len(cut_movements(inspection.spans, length=length))
    # That too little is left follows from the others, where there are any.
    return _Inspected(line, series.duration, inspection.seconds, movements, codes - {"TOO_LITTLE_EVIDENCE"} or codes)


def _figures(inspected: Iterable[_Inspected]) -> dict[str, Any]:
    of = {label: [one for one in inspected if one.line.label == label] for label in LABELS}
    everything = [one for group in of.values() for one in group]
    return {
        "recordings": {label: len(group) for label, group in of.items()},
        "hours": {
            "total": sum(one.seconds for one in everything) / 3600,
            "usable": sum(one.usable for one in everything) / 3600,
        },
        "movements": {label: sum(one.movements for one in group) for label, group in of.items()},
        "sessions": len({one.line.session for one in everything} - {""}),
    }


def _majority(own: int, movements: int) -> float | None:
    return max(own, movements - own) / movements if movements else None


def table(description: dict[str, Any]) -> str:
    """A description as a Markdown table that reads well as plain text, and what to know of it."""
    header = ["person", "recordings real", "fake", "hours", "usable", "movements real", "fake", "sessions", "majority"]
    named = [*((one["person"] or "(no name)", one) for one in description["persons"]), ("all", description["total"])]
    rows = [header, *(_row(name, one) for name, one in named)]
    widths = [max(3, *(len(row[k]) for row in rows)) for k in range(len(header))]
    lines = [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    for line, row in zip(lines, rows, strict=True):
        line[0] = row[0].ljust(widths[0])
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    unused, recordings = description["unused"], sum(description["total"]["recordings"].values())
    codes = ", ".join(f"{code} ({count})" for code, count in unused["codes"].items())
    return "\n".join(
        [
            *("| " + " | ".join(line) + " |" for line in lines),
            "",
            f"A movement is {description['length']} frames at {FPS:g} fps. majority: what always giving the commoner answer",
            "scores when a person's own real movements are told from the rest; for all, when real is told from fake.",
            f"Recordings without a usable movement: {unused['recordings']} of {recordings}"
            + (f"; excluded by {codes}" if codes else ""),
        ]
    )


def _row(name: str, figures: dict[str, Any]) -> list[str]:
    plain = "".join(c if c.isprintable() else "?" for c in name).replace("|", "\\|")
    counts, movements, hours = figures["recordings"], figures["movements"], figures["hours"]
    cells = [counts["real"], counts["fake"], *(f"{hours[key]:.3f}" for key in ("total", "usable"))]
    share = "" if figures["majority"] is None else f"{figures['majority']:.1%}"
    return [plain, *map(str, [*cells, movements["real"], movements["fake"], figures["sessions"], share])]
