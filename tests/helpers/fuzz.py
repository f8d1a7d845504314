"""Faults planted in what a fuzz campaign runs, one by the number of the input."""

from __future__ import annotations

import os
import signal
import time
import warnings
from pathlib import Path

from fuzzing.targets import Bench

from poseprint.core.errors import PoseFileError


class Planted(Bench):
    """A bench without inputs, whose reader of csv errs in another way for each number."""

    def __init__(self) -> None:
        self.number = 0

    def make(self, _kind: str, number: int, folder: Path) -> tuple[Path, str]:
        self.number = number
        (folder / "input").touch()
        return folder / "input", "planted"

    def _csv(self, *_: object) -> None:
        if self.number == 1:
            raise PoseFileError("not a pose file")
        if self.number == 2:
            raise ValueError("what the reader did not foresee")
        if self.number == 3:
            warnings.warn("what a user would read as noise", stacklevel=1)
        if self.number == 4:
            bytearray(200_000_000)
        if self.number == 5:
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.number == 6:
            time.sleep(60)
        while self.number == 7:
            pass
