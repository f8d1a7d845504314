"""What all long work shares: how it tells that it goes on, and how many processors it has."""

from __future__ import annotations

import os
from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all)."""


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
