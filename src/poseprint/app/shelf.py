"""A folder of entries, each a folder of its own: what is listed is what lies there, with no index to repair."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write, parse_json

T = TypeVar("T")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


class UnknownError(PoseprintError):
    """Nothing of that name is kept."""


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    """An id that nothing has, and that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"


def read_facts(kind: Callable[..., T], file: Path) -> T | None:
    """What a file of an entry says; None where it is not there or damaged."""
    with suppress(OSError, ValueError, TypeError):
        return kind(**parse_json(file.read_bytes()))
    return None


def write_json(file: Path, value: Any) -> None:
    """Write a value, whole or not at all."""
    with atomic_write(file) as partial:
        partial.write_text(json.dumps(value, allow_nan=False), encoding="utf-8")


class Shelf:
    """Entries of one kind.

    Args:
        folder: made if need be.
        kind: what one entry is called.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self._kind = folder, kind
        folder.mkdir(exist_ok=True)

    def folders(self) -> list[Path]:
        """The folder of every entry, by id."""
        return sorted(p for p in self.folder.iterdir() if ID.fullmatch(p.name) and p.is_dir())

    def entry(self, name: str) -> Path:
        """Where an entry lies or would lie. Raises UnknownError for what can be no id."""
        if not ID.fullmatch(name):
            raise self.unknown(name)
        return self.folder / name

    def holding(self, name: str, file: str) -> Path:
        """The folder of an entry that has a file. Raises UnknownError if there is none."""
        folder = self.entry(name)
        if not (folder / file).is_file():
            raise self.unknown(name)
        return folder

    def unknown(self, name: str) -> UnknownError:
        """The error that there is no such entry."""
        return UnknownError(f"{name[:80]!r}: no such {self._kind}")

    def facts(self, kind: Callable[..., T], file: str) -> Iterator[T]:
        """What a file says in each entry that has it whole, by id."""
        yield from (found for folder in self.folders() if (found := read_facts(kind, folder / file)) is not None)

    def facts_of(self, name: str, kind: Callable[..., T], file: str) -> T:
        """What a file says in one entry. Raises UnknownError if there is none."""
        found = read_facts(kind, self.entry(name) / file)
        if found is None:
            raise self.unknown(name)
        return found

    def discard(self, name: str) -> None:
        """Remove an entry, at once, so that nothing half removed is ever listed."""
        folder = self.entry(name)
        gone = folder.with_name(f".{name}.{secrets.token_hex(4)}")
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def made(self, name: str, fill: Callable[[Path], None]) -> None:
        """Make an entry that appears whole or not at all; `fill` writes into its folder."""
        partial = self.folder / f".{name}"
        partial.mkdir()
        try:
            fill(partial)
            partial.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
