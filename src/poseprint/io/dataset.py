"""A data set on disk: a folder of pose files with `recordings.csv`.

recordings.csv has the columns recording, person, label, session, file and, where something is known of it, activity:
one line a recording; `label` is real or fake, `file` is a pose file's path relative to the folder. Other columns are
the user's own and stay.
"""

from __future__ import annotations

import codecs
import csv
import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from poseprint.core.errors import DatasetError, PoseFileError
from poseprint.core.files import absence, atomic_write, exists
from poseprint.core.names import safe_file_name, same_file_name
from poseprint.core.series import PoseSeries, whole_film
from poseprint.io.parquet import count_frames, read_poses, read_poses_metadata

if TYPE_CHECKING:
    from poseprint.io.video import VideoInfo

logger = logging.getLogger(__name__)

TABLE = "recordings.csv"
LABELS = ("real", "fake")
COLUMNS = ("recording", "person", "label", "session", "file")
"""What recordings.csv must have."""

_LARGEST = 64 << 20  # bytes a table may have
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


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
        other: further columns and their cells.
    """

    recording: str
    person: str
    label: str
    session: str
    file: str
    activity: str = ""
    other: tuple[tuple[str, str], ...] = ()

    def cells(self) -> dict[str, str]:
        """The line's cells by column."""
        return {**{name: getattr(self, name) for name in (*COLUMNS, "activity")}, **dict(self.other)}


def read_recordings(folder: Path) -> list[Recording]:
    """The lines of a data set's recordings.csv.

    Raises:
        DatasetError: no such table, a column or value missing, a name twice, a file that is not there.
    """
    table = folder / TABLE
    if not folder.exists():
        raise DatasetError(absence(folder))
    if folder.is_file():
        raise DatasetError(f"{folder}: is a file; a data set is a folder with {TABLE} in it")
    if not table.is_file():
        raise DatasetError(
            f"{folder}: no {TABLE} in it; `poseprint extract VIDEO... -o {folder} --person NAME` makes one"
        )
    recordings, names = [], set()
    for number, row in read_table(table, COLUMNS):
        known = {name: row.pop(name, "") for name in (*COLUMNS, "activity")}
        recording = Recording(**known, other=tuple(row.items()))
        if not recording.recording or not recording.file:
            raise DatasetError(f"{table}: line {number} has no recording or no file")
        if recording.recording in names:
            raise DatasetError(f"{table}: recording {recording.recording!r} stands twice")
        if recording.label not in LABELS:
            raise DatasetError(f"{table}: line {number}: label {recording.label!r}; it is real or fake")
        file = folder / recording.file
        if not (exists(file) and file.is_file()):
            raise DatasetError(f"{table}: line {number}: no file {recording.file!r} in {folder}")
        names.add(recording.recording)
        recordings.append(recording)
    return recordings


def ensure_no_data_set(folder: Path) -> None:
    """Raise a DatasetError if a folder that is to hold a profile is a data set."""
    if (folder / TABLE).exists():
        raise DatasetError(f"{folder}: holds a data set; name another folder for the profile")


def read_table(table: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a csv with a header, as a spreadsheet or a program writes it.

    Cells are parted by the character that makes `columns` out of the header: a comma, a semicolon, a tab, or what a
    first line `sep=` says. The text is UTF-8, what a byte order mark says, or else Windows-1252.

    Returns:
        each row that is not empty: the number of its line, and its cells, stripped, by the column's name in lower case.

    Raises:
        DatasetError: it cannot be read, one of `columns` is missing, a column stands twice, or there are no rows.
    """
    text = _read_text(table)
    lines = io.StringIO(text, newline="")
    separators = [",", ";", "\t"]
    if told := re.match(r'"?sep=(.)"?[ ,;\t]*(\r\n|\r|\n|$)', text):
        lines.readline()
        separators = [told[1]]
    first, start = (1 if told else 0), lines.tell()
    header: list[str] = []
    reader = csv.reader(lines)
    try:
        for separator in separators:
            lines.seek(start)
            reader = csv.reader(lines, delimiter=separator)
            names = [name.strip().lower() for name in next(filter(_is_filled, reader), [])]
            header = names if len(names) > len(header) or set(columns) <= set(names) else header
            if set(columns) <= set(names):
                break
        _demand_columns(table, header, columns)
        rows = [
            (first + reader.line_num, {n: cell.strip() for n, cell in zip_longest(header, row, fillvalue="") if n})
            for row in filter(_is_filled, reader)
        ]
    except csv.Error as error:
        raise DatasetError(f"{table}: line {first + reader.line_num} cannot be read ({error})") from error
    if not rows:
        raise DatasetError(f"{table}: lists no recordings")
    return rows


def _is_filled(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row)


def _demand_columns(table: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    absent = [name for name in columns if name not in header]
    if absent:
        raise DatasetError(f"{table}: columns are missing: {', '.join(absent)}")
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise DatasetError(f"{table}: the column {twice[0]!r} stands twice; rename one")


def _read_text(table: Path) -> str:
    """What a table holds as text, whatever program wrote it."""
    if not table.exists():
        raise DatasetError(absence(table))
    if table.is_dir():
        raise DatasetError(f"{table}: is a folder; name the csv")
    try:
        with table.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise DatasetError(f"{table}: cannot be read ({error.strerror or error})") from error
    if len(content) > _LARGEST:
        raise DatasetError(f"{table}: is larger than {_LARGEST >> 20} MB; that is no list of recordings")
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    try:
        text = content.removeprefix(mark).decode(_MARKS.get(mark, "utf-8"))
    except UnicodeDecodeError as error:
        if mark:
            raise DatasetError(f"{table}: cannot be read ({error})") from error
        text = content.decode("cp1252", errors="replace")
        logger.info("%s: is not UTF-8; read as Windows-1252", table)
    if "\0" in text:
        number = text.count("\n", 0, text.index("\0")) + 1
        raise DatasetError(f"{table}: line {number} holds a zero byte; save it as csv in UTF-8")
    return text


def write_recordings(folder: Path, recordings: Sequence[Recording]) -> None:
    """Write recordings.csv, whole or not at all; without the column activity where no recording has one."""
    names = [*COLUMNS, *(["activity"] if any(r.activity for r in recordings) else [])]
    names += dict.fromkeys(name for r in recordings for name, _ in r.other)
    with atomic_write(folder / TABLE) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(r.cells() for r in recordings)


def pose_file_path(
    folder: Path, name: str, content: PoseSeries | VideoInfo, recordings: Sequence[Recording] = ()
) -> Path:
    """The file in a data set for some poses, or for those of a video: of that name as a file can have it, unless another
    recording has it (equal but for case too); then with the start of the sha256.

    Args:
        folder: of the data set.
        name: of the recording.
        content: what the file is for; it may be there already.
        recordings: the lines of recordings.csv.

    Raises:
        DatasetError: other recordings have both names.
    """
    name = safe_file_name(name)
    present = {same_file_name(path.name): path for path in folder.iterdir()}
    listed = {same_file_name(r.recording): same_file_name(r.file) for r in recordings}
    for candidate in (name, f"{name}-{content.sha256[:8]}"):
        file_name = same_file_name(f"{candidate}.parquet")
        if listed.get(same_file_name(candidate), file_name) != file_name:
            continue
        file = present.get(file_name)
        if file is None:
            return folder / f"{candidate}.parquet"
        if _holds(file, content):
            return file
    raise DatasetError(
        f"{folder}: other files have the names {name} and {candidate} there already; name the recording otherwise"
    )


def twin_in(folder: Path, recordings: Sequence[Recording], content: PoseSeries | VideoInfo) -> Recording | None:
    """The recording of a data set that has these poses, or those of this video; None if there is none.

    Poses in which nobody is seen are nobody's.
    """
    if isinstance(content, PoseSeries) and not content.present().any():
        return None
    return next((r for r in recordings if _holds(folder / r.file, content)), None)


def _holds(file: Path, content: PoseSeries | VideoInfo) -> bool:
    """Whether a file holds these poses, or what was measured in this whole video."""
    try:
        state = file.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        if isinstance(content, PoseSeries):
            return _frames(file, stamp) == len(content) and _poses(file, stamp) == content.sha256
        return _film(file, stamp) == content.sha256
    except (OSError, PoseFileError):  # no poses that could be the same
        return False


@lru_cache(maxsize=1 << 14)
def _frames(file: Path, _stamp: tuple[int, int]) -> int:
    return count_frames(file)


@lru_cache(maxsize=1 << 14)
def _poses(file: Path, _stamp: tuple[int, int]) -> str:
    return read_poses(file).sha256


@lru_cache(maxsize=1 << 14)
def _film(file: Path, _stamp: tuple[int, int]) -> str:
    meta = read_poses_metadata(file)
    return whole_film(meta.get("source_sha256", ""), meta.get("log", ()))
