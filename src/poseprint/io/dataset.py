"""A data set on disk: a folder of pose files with `recordings.csv`.

recordings.csv has the columns recording, person, label, session, file and, where something is known of it, activity:
one line a recording; `label` is real or fake, `file` is a pose file's path relative to the folder.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from poseprint.core.errors import DatasetError
from poseprint.core.files import atomic_write
from poseprint.core.series import PoseSeries
from poseprint.io.parquet import read_poses

if TYPE_CHECKING:
    from poseprint.io.video import VideoInfo

TABLE = "recordings.csv"
LABELS = ("real", "fake")


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
    recordings, names = [], set()
    for number, row in read_table(table, demanded):
        recording = Recording(**{n: row[n] for n in demanded}, activity=row.get("activity", ""))
        if not recording.recording or not recording.file:
            raise DatasetError(f"{table}: line {number} has no recording or no file")
        if recording.recording in names:
            raise DatasetError(f"{table}: recording {recording.recording!r} stands twice")
        if recording.label not in LABELS:
            raise DatasetError(f"{table}: line {number}: label {recording.label!r}; it is real or fake")
        if not (folder / recording.file).is_file():
            raise DatasetError(f"{table}: line {number}: no file {recording.file!r} in {folder}")
        names.add(recording.recording)
        recordings.append(recording)
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
    """Write recordings.csv, whole or not at all; without the column activity where no recording has one."""
    names = [f.name for f in fields(Recording) if f.name != "activity" or any(r.activity for r in recordings)]
    with atomic_write(folder / TABLE) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asdict(r) for r in recordings)


def pose_file_path(folder: Path, name: str, recording: PoseSeries | VideoInfo) -> Path:
    """The file in a data set for some poses, or for those of a video: of that name, unless another recording has it;
    then with the start of the sha256."""
    file = folder / f"{name}.parquet"
    if not file.exists() or _is_of(read_poses(file), recording):
        return file
    return folder / f"{name}-{recording.sha256[:8]}.parquet"


def _is_of(stored: PoseSeries, recording: PoseSeries | VideoInfo) -> bool:
    """Whether stored poses are these, or were measured in this video."""
    if isinstance(recording, PoseSeries):
        return np.array_equal(stored.position, recording.position, equal_nan=True)
    return stored.source_sha256 == recording.sha256
