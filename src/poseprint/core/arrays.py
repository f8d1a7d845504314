"""Arrays, and the mean, median and runs of what in them is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Span = tuple[int, int]
"""A run of frames, as (first, last + 1)."""


def mean_of(rows: Array, *, share: float = 0.5) -> Array:
    """Mean over rows of what is known; NaN where less than this share of them, or none, has a value."""
    known = np.isfinite(rows)
    total = np.where(known, rows, 0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    return np.where(count >= max(share * len(rows), 1), total / np.maximum(count, 1), np.nan)
