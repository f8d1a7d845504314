"""How work that takes long reports how far it is, and how many processors it has.

A Progress moves a bar. Sentences for the user go to the log named after their module (`poseprint.` ...), level INFO;
those that a bar makes needless have level DEBUG.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol

_LOOKED_UP, _TOO_EARLY = 1.0, 2.0
"""Seconds from the start of a step: what is done before counts as looked up; no time left is told earlier."""


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


def numbered(progress: Progress, number: int, total: int) -> Progress:
    """The progress of one piece of work of several, whose steps tell which it is."""
    return progress if total == 1 else lambda step, done, of: progress(f"{step} ({number} of {total})", done, of)


class TimeLeft:
    """How long a step still takes if it goes on as fast as it went so far; it counts down between two reports.

    What is done within its first second does not count: an earlier run did that, and it was only looked up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = self._counted_from = self._last = clock()
        self._done_then = self._done = self._total = 0

    def report(self, done: int, total: int) -> None:
        """Take note that so many are done; fewer than before, or of another total, are of a new step."""
        now = self._clock()
        if total != self._total or done < self._done:
            self._begun = self._counted_from = now
            self._done_then = done
        elif now - self._begun < _LOOKED_UP:
            self._counted_from, self._done_then = now, done
        self._last, self._done, self._total = now, done, total

    def seconds(self) -> float | None:
        """Seconds left; None where it is too early to say."""
        counted, took = self._done - self._done_then, self._last - self._counted_from
        if self._done >= self._total:
            return 0 if self._total else None
        if not counted or took < _TOO_EARLY:
            return None
        return max(0, took / counted * (self._total - self._done) - (self._clock() - self._last))


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
