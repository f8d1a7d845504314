"""Files that appear whole or not at all, in the place of no other, from one process at a time; where those go that nobody
named, and json as its standard has it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from platformdirs import user_cache_path

from poseprint.core.errors import PoseprintError

try:
    import fcntl
except ModuleNotFoundError:  # Windows: there is no lock
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

MARK = ".poseprint"
"""File that locks an output folder while it is written; what stays in it are the kinds of output that the folder has."""

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE | re.DOTALL)
_BEGINNINGS = (
    (rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", "an archive; unpack it first"),
    (rb"\xff\xd8\xff|\x89PNG|BM|II\*\x00|MM\x00\*|RIFF....WEBP|.{4}ftyp(hei|avi|mif)", "a picture; a film is needed"),
    (rb"PAR1", "a Parquet file; its name must end in .parquet"),
    (rb"\s*(<!doctype html|<html)", "a web page; download the film itself"),
    (rb"\s*[{\[]", "a json file; OpenPose json is read by the folder"),
    (rb"%PDF", "a document"),
)
"""How files begin that are often taken for another kind, and what they are."""


def absence(path: Path) -> str:
    """The message that nothing is at a path, or that it is an address."""
    address = _ADDRESS.fullmatch(str(path))
    if address is None:
        return f"{path}: no such file or folder"
    scheme, rest = address.groups()
    if scheme.lower() == "file":
        return f"file:///{rest}: is an address; name the file by its path, /{rest}"
    return f"{scheme}://{rest}: is an address, not a file; poseprint reads local files only: download it first"


def exists(path: Path) -> bool:
    """Whether anything is at a path; at one whose name is too long for a file there is nothing."""
    try:
        return path.exists()
    except OSError:
        return False


def kind_of(path: Path) -> str:
    """What a file is by how it begins, in words; empty if it is none of what is often taken for another kind."""
    with suppress(OSError), path.open("rb") as file:
        beginning = file.read(64)
        return next((kind for form, kind in _BEGINNINGS if re.match(form, beginning, re.IGNORECASE | re.DOTALL)), "")
    return ""


def cache_dir() -> Path:
    """Our folder in the user's cache: what is written where nobody said goes there, and nowhere else."""
    return user_cache_path("poseprint")


def parse_json(text: str | bytes) -> Any:
    """What some json says.

    Raises:
        ValueError: it is none; as its standard has it, NaN, infinity, a number beyond 1e308 and half a character, all of
            which Python would read, are none.
    """
    value = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 20 else float(digits))
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    return value


def json_text(value: Any, *, ascii: bool = False, indent: int | None = 1) -> str:
    """A result as json, as it is printed and written; without an `indent` on one line."""
    return json.dumps(value, indent=indent, ensure_ascii=ascii, allow_nan=False)


def ensure_writable(folder: Path) -> None:
    """Make a folder and try to write into it: better before the long work than after.

    Raises:
        PoseprintError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PoseprintError(f"{folder}: cannot be written ({error.strerror})") from error


def ensure_apart(output: Path, inputs: Iterable[Path]) -> None:
    """See that an output is none of the inputs, by whatever name or link, and in no folder among them.

    Raises:
        PoseprintError: it is.
    """
    real = Path(os.path.realpath(output))
    places = {real, *real.parents, *Path(os.path.realpath(output.parent), output.name).parents}
    for given in inputs:
        if _is_same(output, given):
            raise PoseprintError(f"{output}: is read here, it is {given}; name another place for the output")
        if given.is_dir() and any(_is_same(place, given) for place in places):
            raise PoseprintError(f"{output}: lies in {given}, which is read here; name a place outside it")


def ensure_replaceable(
    output: Path,
    suffixes: Collection[str],
    *,
    inputs: Iterable[Path],
    is_own: Callable[[Path], bool],
    force: bool = False,
) -> None:
    """See that a file can be written and replaces nothing but what poseprint wrote: before the long work.

    Args:
        output: the file to write.
        suffixes: that its kind may have.
        inputs: files and folders that are read.
        is_own: whether a file that is there is of the same kind and was written by poseprint.
        force: replace any file but an input.

    Raises:
        PoseprintError: another suffix, a folder, an input or in one, a file of another kind, or it cannot be written.
    """
    if output.suffix.lower() not in suffixes:
        raise PoseprintError(f"{output}: is written as {' or '.join(suffixes)}; name it so")
    if output.is_dir():
        raise PoseprintError(f"{output}: is a folder; name a file")
    ensure_apart(output, inputs)
    if os.path.lexists(output) and not force and not (output.is_file() and is_own(output)):
        raise PoseprintError(
            f"{output}: is there, and poseprint did not write it; name another, or replace it (`force`)"
        )
    ensure_writable(output.parent)


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are one file or folder; not if there is none."""
    with suppress(OSError):
        return path.samefile(other)
    return False


@contextmanager
def claimed(folder: Path, outputs: Mapping[str, Collection[str]]) -> Iterator[None]:
    """An output folder that no other process writes into as long as the block lasts, and nothing in it is replaced
    that is not of an earlier output of the same kind.

    Args:
        folder: made if need be.
        outputs: kind of output -> patterns of the names that it writes, replaces or removes.

    Raises:
        PoseprintError: it cannot be written, another process is at work there, or something of such a name is there.
    """
    made = not folder.exists()
    ensure_writable(folder)
    try:
        with locked(folder / MARK, busy=f"{folder}: another process is at work there") as mark:
            _claim(folder, outputs, mark)
            try:
                yield
            finally:
                if not any(path.name != MARK for path in folder.iterdir()):
                    mark.truncate(0)  # nothing came of it
    finally:
        if made:
            with suppress(OSError):
                folder.rmdir()


def _claim(folder: Path, outputs: Mapping[str, Collection[str]], mark: IO[bytes]) -> None:
    """Note the kinds of output in the mark, unless something from elsewhere would be replaced."""
    mark.seek(0)
    known = mark.read().decode(errors="replace").splitlines()
    for kind, names in outputs.items():
        there = next((path for name in names for path in folder.glob(name)), None)
        if kind not in known and there is not None:
            raise PoseprintError(f"{there}: is there, and is no earlier output of `{kind}`; name another folder")
    mark.write("".join(f"{kind}\n" for kind in outputs if kind not in known).encode())
    mark.flush()


@contextmanager
def locked(path: Path, busy: str = "") -> Iterator[IO[bytes]]:
    """A file opened for reading and appending, locked against other processes as long as the block lasts.

    Left empty, it goes with the lock; the lock goes with the process, however that ends. Where the system or the
    file system has no locks, there is none.

    Args:
        path: the file; its folder is made.
        busy: message of the error if another process holds the lock; without one, that process is waited for.

    Raises:
        PoseprintError: another process holds the lock and `busy` says so, or the file cannot be written.
    """
    with _open_locked(path, busy) as file:
        try:
            yield file
        finally:
            with suppress(OSError):
                file.flush()
                if not os.fstat(file.fileno()).st_size:
                    path.unlink()


def _open_locked(path: Path, busy: str) -> IO[bytes]:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab+")
        except FileNotFoundError:  # its folder went just now with the last process that had it
            if path.is_symlink():
                raise PoseprintError(f"{path}: leads nowhere; remove it") from None
            continue
        except OSError as error:
            raise PoseprintError(f"{path}: cannot be written ({error.strerror or error})") from error
        try:
            _lock(file, path, busy)
        except BaseException:
            file.close()
            raise
        # Whoever had the lock may have removed the file while we waited.
        with suppress(FileNotFoundError):
            if fcntl is None or os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def _lock(file: IO[bytes], path: Path, busy: str) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        if busy:
            raise PoseprintError(busy) from error
        logger.info("%s: waiting for another process that is at work there", path.parent)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        logger.debug("%s: no locks there; let no two processes write into it", path.parent)


@contextmanager
def atomic_write(path: Path | str, *, durable: bool = False) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix, that takes its place when the block ends well.

    Args:
        path: of the file.
        durable: whether it must be whole after a loss of power too.

    Raises:
        PoseprintError: the folder or the file cannot be written.
    """
    path = Path(path)
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]  # the name itself may be as long as names can be
    partial = path.with_name(f".{name}.{secrets.token_hex(4)}.partial{path.suffix}")  # threads write as well
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        if durable:
            _flush(partial)
        partial.replace(path)
        if durable and os.name != "nt":
            _flush(path.parent)
    except OSError as error:
        raise PoseprintError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _flush(path: Path) -> None:
    """See that what was written of a file or folder is on the disk."""
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_sha256(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
