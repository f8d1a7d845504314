"""Files that appear whole or not at all; where those go that nobody named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from platformdirs import user_cache_path

from poseprint.core.errors import PoseprintError

try:
    import fcntl
except ModuleNotFoundError:  # Windows: there is no lock
    fcntl = None  # type: ignore[assignment]


def cache_dir() -> Path:
    """Our folder in the user's cache: what is written where nobody said goes there, and nowhere else."""
    return user_cache_path("poseprint")


def ensure_writable(folder: Path) -> None:
    """Make a folder and try to write into it: better before the long work than after.

    Raises:
        PoseprintError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise PoseprintError(f"{folder}: cannot be written ({error.strerror})") from error


@contextmanager
def locked(path: Path, busy: str) -> Iterator[IO[bytes]]:
    """A file opened for reading and appending, locked against other processes as long as the block lasts.

    Raises:
        PoseprintError: another process has locked it; `busy` is the message.
    """
    with path.open("ab+") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PoseprintError(busy) from error
        yield file


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix, that takes its place when the block ends well.

    Raises:
        PoseprintError: the folder or the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise PoseprintError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def file_sha256(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
