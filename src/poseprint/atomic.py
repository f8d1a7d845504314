"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from poseprint.errors import PoseprintError


def demand_writable(folder: Path) -> None:
    """Make a folder and try to write into it: better before the long work than after.

    Raises:
        PoseprintError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".{os.getpid()}.writable"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise PoseprintError(f"{folder}: cannot be written ({error.strerror})") from error


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
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
