"""A case on disk: a folder whose log names the sha256 of every file in it.

    case.json    what the case asks, and the version of its form
    log.jsonl    a line for each event, oldest first (`poseprint.io.case_log`)
    inputs/      copies of what is examined
    profiles/    copies of the profiles it was compared with
    checks/N/    what each check found

Exported, it is a zip of the same files and one that describes them (`poseprint.io.ro_crate`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from poseprint.core.errors import PoseprintError
from poseprint.core.files import absence, atomic_write, ensure_writable, locked, parse_json
from poseprint.io.case_log import LOG, Line, parse_lines, parted, utc, write_line

CASE = "case.json"
FORMAT, VERSION = "poseprint case", 1
_LARGEST = 1 << 28  # bytes of a log
_BLOCK = 1 << 20
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
"""What a file raises that cannot be read, in a folder or in a zip."""


class Contents(Protocol):
    """The files of a case, in a folder or in a zip."""

    def names(self) -> Mapping[str, bool]:
        """Path -> whether it is a plain file."""

    def size(self, name: str) -> int:
        """Bytes of a file."""

    def open(self, name: str) -> IO[bytes]:
        """A file, for reading."""


@dataclass(frozen=True)
class FolderContents:
    """The files in a case's folder; what is a link is never followed."""

    folder: Path

    def names(self) -> Mapping[str, bool]:
        """Path -> whether it is a plain file; folders are left out."""
        found = {}
        for where, _, names in os.walk(self.folder):
            for path in (Path(where, name) for name in names):
                found[path.relative_to(self.folder).as_posix()] = stat.S_ISREG(path.lstat().st_mode)
            links = (path for path in Path(where).iterdir() if path.is_symlink())
            found |= {path.relative_to(self.folder).as_posix(): False for path in links}
        return found

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return (self.folder / name).stat().st_size

    def open(self, name: str) -> IO[bytes]:
        """A file, for reading."""
        return (self.folder / name).open("rb")


@dataclass(frozen=True)
class ZipContents:
    """The files in an exported case, read where they are: nothing is unpacked."""

    archive: zipfile.ZipFile

    def names(self) -> Mapping[str, bool]:
        """Path -> whether it is there once."""
        counts = Counter(info.filename for info in self.archive.infolist() if not info.is_dir())
        return {name: count == 1 for name, count in counts.items()}

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self.archive.getinfo(name).file_size

    def open(self, name: str) -> IO[bytes]:
        """A file, for reading."""
        return self.archive.open(name)


@contextmanager
def contents_of(place: Path) -> Iterator[Contents]:
    """The files of a case, wherever they are.

    Args:
        place: the case's folder, or a zip of it.

    Raises:
        PoseprintError: neither is there.
    """
    if not place.exists():
        raise PoseprintError(absence(place))
    if place.is_dir():
        yield FolderContents(place)
        return
    try:
        archive = zipfile.ZipFile(place)
    except UNREADABLE as error:
        raise PoseprintError(f"{place}: neither the folder of a case nor a zip of one ({error})") from error
    with archive:
        yield ZipContents(archive)


def create(folder: Path, question: str) -> Line:
    """Begin a case.

    Args:
        folder: made if need be; it holds nothing.
        question: what the case asks.

    Returns:
        the first line of its log, `created`.

    Raises:
        PoseprintError: something is in the folder, or it cannot be written.
    """
    if folder.is_file():
        raise PoseprintError(f"{folder}: is a file; name a folder for the case")
    ensure_writable(folder)
    with locked(folder / LOG) as log:
        if log.seek(0, os.SEEK_END) or any(path.name != LOG for path in folder.iterdir()):
            raise PoseprintError(f"{folder}: is not empty; name a new folder for the case")
        about = {"format": FORMAT, "format_version": VERSION, "question": question, "created": utc()}
        content = json.dumps(about, indent=1, ensure_ascii=False).encode() + b"\n"
        with atomic_write(folder / CASE) as partial:
            partial.write_bytes(content)
        facts = {"question": question}
        return write_line(log, [], "created", facts, {CASE: hashlib.sha256(content).hexdigest()})


def append(folder: Path, event: str, facts: Mapping[str, Any], files: Mapping[str, str] | None = None) -> Line:
    """Write an event into the log, after whatever another process is writing there.

    Of a line that an interruption left unfinished, what is there goes into an event `mended` of its own, which takes its
    place: to refuse would leave a case that only an editor can mend, and edits are what the log is to tell.

    Args:
        folder: the case's.
        event: its name.
        facts: json-ready.
        files: path in the case -> sha256 of what the event brought; written before.

    Raises:
        PoseprintError: no case is there, its log was altered, or it cannot be written.
    """
    read_case(FolderContents(folder), folder)
    with locked(folder / LOG) as log:
        log.seek(0)
        content = log.read()
        whole, torn = parted(content)
        lines = _unaltered(whole, folder)
        if torn:
            log.truncate(len(whole))
            told = {"torn": torn.decode(errors="backslashreplace"), "sha256": hashlib.sha256(torn).hexdigest()}
            lines.append(write_line(log, lines, "mended", told, {}))
        return write_line(log, lines, event, facts, files or {})


def read_log(folder: Path) -> list[Line]:
    """The events of a case; a line that an interruption left unfinished is none.

    Raises:
        PoseprintError: no case is there, or its log was altered.
    """
    contents = FolderContents(folder)
    read_case(contents, folder)
    return _unaltered(whole_log(contents), folder)


def log_content(contents: Contents) -> bytes:
    """The log of a case as it stands.

    Raises:
        PoseprintError: it is too large to be one.
    """
    return _content(contents, LOG)


def whole_log(contents: Contents) -> bytes:
    """The log of a case, without a line that an interruption left unfinished."""
    return parted(log_content(contents))[0]


def read_case(contents: Contents, place: Path) -> Mapping[str, Any]:
    """What case.json says.

    Args:
        contents: the files of the case.
        place: what to call it.

    Raises:
        PoseprintError: no case, one of a newer version, or one that cannot be read.
    """
    there = contents.names()
    if not (there.get(CASE) and there.get(LOG)):
        missing = LOG if there.get(CASE) else CASE
        raise PoseprintError(f"{place}: not a case (no {missing}); `poseprint case new` makes one")
    try:
        about = parse_json(_content(contents, CASE))
        version = int(about["format_version"])
        if about["format"] != FORMAT or not isinstance(about["question"], str):
            raise ValueError("another format")
    except (*UNREADABLE, ValueError, KeyError, TypeError, RecursionError) as error:
        raise PoseprintError(f"{place}: {CASE} cannot be read as a case's ({type(error).__name__})") from error
    if not 1 <= version <= VERSION:
        raise PoseprintError(f"{place}: case format {version}; this poseprint reads formats up to {VERSION}: update it")
    return dict(about)


def store(folder: Path, name: str, source: IO[bytes]) -> str:
    """Write a file of a case, hashed on the way; it is on the disk when this returns.

    Args:
        folder: the case's.
        name: path in it.
        source: the content.

    Returns:
        its sha256.

    Raises:
        PoseprintError: it cannot be written.
    """
    digest = hashlib.sha256()
    with atomic_write(folder / name) as partial, partial.open("wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def settle(folder: Path, name: str) -> str:
    """See that a file of a case, written just now, is on the disk; its sha256.

    Args:
        folder: the case's.
        name: path in it.
    """
    with (folder / name).open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(contents: Contents, name: str) -> bytes:
    with contents.open(name) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise PoseprintError(f"{name}: is too large to be a case's")
    return content


def _unaltered(whole: bytes, folder: Path) -> list[Line]:
    """The lines of a log that was not altered.

    Raises:
        PoseprintError: it was.
    """
    lines, problems = parse_lines(whole)
    if problems:
        raise PoseprintError(f"{folder}: {problems[0]}; `poseprint case verify` tells all that changed")
    return lines
