"""The command line, run in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Ran(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str

    def error(self) -> str:
        """The error, which is one line on standard error and all there is there."""
        lines = self.err.splitlines()
        assert self.code == 3, self
        assert len(lines) == 1, self.err
        assert lines[0].startswith("poseprint: error: ")
        return lines[0].removeprefix("poseprint: error: ")


Command = Callable[..., Ran]
