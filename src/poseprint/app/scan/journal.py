"""How long what took: the one file of a scan that differs from run to run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from poseprint.core.errors import PoseprintError


class Journal:
    """A file of json lines for each run: when it began and ended, and each clip as it was done.

    Args:
        folder: of the scan.
    """

    def __init__(self, folder: Path) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        self._path = folder / "log" / f"{stamp}-{os.getpid()}.jsonl"
        self._file: IO[str] | None = None

    def __enter__(self) -> Journal:
        try:
            self._path.parent.mkdir(exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise PoseprintError(f"{self._path}: cannot be written ({error.strerror})") from error
        self._began = time.monotonic()
        self.note("begun", at=time.time())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.note("ended" if kind is None else "interrupted")
        if self._file:
            self._file.close()

    def note(self, what: str, **facts: Any) -> None:
        """Write a line; where the disk is full, none is: the journal is no reason to stop."""
        line: Mapping[str, Any] = {"what": what, "s": round(time.monotonic() - self._began, 3), **facts}
        try:
            if self._file:
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()
        except OSError:
            pass
