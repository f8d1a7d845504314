"""How work that takes long reports how far it is, and how many processors it has.

A Progress moves a bar. Sentences for the user go to the log named after their module (`poseprint.` ...), level INFO;
those that a bar makes needless have level DEBUG.
"""

from __future__ import annotations

import os
from typing import Protocol


class Progress(Protocol):
    """Called as work goes on."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """So many of `total` are done.

        Args:
            step: what is being worked on: a file, a row of a table.
            done, total: in a unit of the step's own: frames, epochs, recordings.
        """


def silent(step: str, done: int, total: int) -> None:
    """The Progress of whoever wants none."""


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
