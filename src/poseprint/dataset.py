"""A data set on disk: a folder of pose files with `recordings.csv`; and how to split it.

recordings.csv has the columns recording, person, label, session, file and, where something is known of it, activity:
one line a recording; `label` is real or fake, `file` is a pose file's path relative to the folder.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from poseprint.atomic import replacing
from poseprint.errors import DatasetError
from poseprint.movements import MovementSet
from poseprint.pose import Array

TABLE = "recordings.csv"
LABELS = ("real", "fake")
SplitBy = Literal["recording", "movement"]
SHARES = (0.1, 0.1)
"""Of the movements for validation and for test; the rest trains (paper, section 3.1)."""


@dataclass(frozen=True)
class Recording:
    """A line of recordings.csv.

    Attributes:
        recording: identifier, unique in the data set.
        person: who is shown, or claimed to be.
        label: `real` if that is who moves, `fake` if not.
        session: place and day, where known.
        file: pose file, relative to the data set's folder.
        activity: what is done in it, where known.
    """

    recording: str
    person: str
    label: str
    session: str
    file: str
    activity: str = ""


def read_recordings(folder: Path) -> list[Recording]:
    """The lines of a data set's recordings.csv.

    Raises:
        DatasetError: no such table, a column or value missing, a name twice, a file that is not there.
    """
    table = folder / TABLE
    if not table.is_file():
        raise DatasetError(
            f"{folder}: no {TABLE} in it; `poseprint extract VIDEO... -o {folder} --person NAME` makes one"
        )
    demanded = [f.name for f in fields(Recording) if f.name != "activity"]
    recordings, seen = [], set()
    for number, row in read_table(table, demanded):
        line = Recording(**{n: row[n] for n in demanded}, activity=row.get("activity", ""))
        if not line.recording or not line.file:
            raise DatasetError(f"{table}: line {number} has no recording or no file")
        if line.recording in seen:
            raise DatasetError(f"{table}: recording {line.recording!r} stands twice")
        if line.label not in LABELS:
            raise DatasetError(f"{table}: line {number}: label {line.label!r}; it is real or fake")
        if not (folder / line.file).is_file():
            raise DatasetError(f"{table}: line {number}: no file {line.file!r} in {folder}")
        seen.add(line.recording)
        recordings.append(line)
    return recordings


def read_table(table: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a csv with a header, cells stripped, each with the number of its line.

    Raises:
        DatasetError: it cannot be read, one of `columns` is missing, or there are no rows.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="")
            names = [name for name in reader.fieldnames or () if name]
            absent = [n for n in columns if n not in names]
            if absent:
                raise DatasetError(f"{table}: columns are missing: {', '.join(absent)}")
            rows = [(reader.line_num, {n: (row[n] or "").strip() for n in names}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table}: cannot be read ({error})") from error
    if not rows:
        raise DatasetError(f"{table}: lists no recordings")
    return rows


def write_recordings(folder: Path, recordings: Sequence[Recording]) -> None:
    """Write recordings.csv, whole or not at all; without the column activity where no recording tells one."""
    names = [f.name for f in fields(Recording) if f.name != "activity" or any(r.activity for r in recordings)]
    with replacing(folder / TABLE) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asdict(r) for r in recordings)


@dataclass(frozen=True)
class Split:
    """Indices of movements for training, validation and test, and how they were parted."""

    by: SplitBy
    train: Array
    validation: Array
    test: Array


def split(
    movements: MovementSet, by: SplitBy = "recording", *, seed: int = 0, shares: tuple[float, float] = SHARES
) -> Split:
    """Part movements within each label, 80/10/10 unless said otherwise.

    By recording, all movements of a recording stay together: what a split is worth when a new recording
    comes. By movement, as in the paper, movements of one recording land on both sides: such a figure
    flatters. With two recordings of a label there is none left for the test; with one, no split.

    Raises:
        DatasetError: one label only, a recording with both, or too few recordings (movements) to part.
    """
    if by not in get_args(SplitBy):
        raise DatasetError(f"a split is by {' or by '.join(get_args(SplitBy))}, not by {by!r}")
    if set(movements.labels.tolist()) != {0, 1}:
        raise DatasetError(
            "training needs movements of both kinds, real and fake (or of other people); this data has one kind only"
        )
    kinds = set(zip(movements.recordings, movements.labels.tolist()))
    mixed = sorted({name for name, label in kinds if (name, 1 - label) in kinds})
    if mixed and by == "recording":
        raise DatasetError(
            f"recordings with movements of both labels: {', '.join(mixed[:5])}; a recording has one label"
        )
    rng = np.random.default_rng(seed)
    train, validation, test = list[int](), list[int](), list[int]()
    for label in (0, 1):
        groups: dict[str, list[int]] = {}
        for i in np.flatnonzero(movements.labels == label):
            groups.setdefault(movements.recordings[i] if by == "recording" else str(i), []).append(int(i))
        if len(groups) < 2:
            kind = "the person's own" if label else "fake or other people's"
            hint = (
                "; add recordings, or split by movement (--set split=movement), which flatters"
                if by == "recording"
                else ""
            )
            raise DatasetError(f"only {len(groups)} {by} of {kind} movement: nothing is left to validate on{hint}")
        names = sorted(groups)
        rng.shuffle(names)
        names.insert(0, names.pop(int(np.argmax([len(groups[name]) for name in names]))))
        whole = sum(map(len, groups.values()))
        # The largest group stays in training; validation and test get one group each before any gets two.
        for part, share, reserved in ((validation, shares[0], 2), (test, shares[1], 1)):
            filled = 0
            while len(names) > (reserved if filled else 1):
                group = groups[names[-1]]
                if filled and filled + len(group) / 2 > share * whole:
                    break
                part.extend(groups[names.pop()])
                filled += len(group)
        train.extend(i for name in names for i in groups[name])
    parts = (np.array(sorted(part), dtype=np.int64) for part in (train, validation, test))
    return Split(by, *parts)
