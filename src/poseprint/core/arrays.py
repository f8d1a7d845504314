"""Arrays: the mean and median of their known (finite) values, the runs of a mask, and threads of linear algebra."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Array = NDArray[Any]
Span = tuple[int, int]
"""A run of frames, as (first, last + 1)."""


def mean_of(rows: Array, *, share: float = 0.5) -> Array:
    """Mean over rows of what is known; NaN where less than this share of them, or none, has a value."""
    known = np.isfinite(rows)
    total = np.where(known, rows, 0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    return np.where(count >= max(share * len(rows), 1), total / np.maximum(count, 1), np.nan)


def median_of(values: Array) -> float:
    """Median of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def runs(mask: Array) -> list[Span]:
    """Runs of True in a mask [shape=(frames,)]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def covered(spans: Iterable[Span], frames: int | None = None) -> Array:
    """Which frames lie in at least one of some spans: bool [shape=(frames,)], up to the last of them by default."""
    spans = list(spans)
    mask = np.zeros(max((last for _, last in spans), default=0) if frames is None else frames, dtype=bool)
    for first, last in spans:
        mask[first:last] = True
    return mask


def one_thread() -> AbstractContextManager[object]:
    """In which linear algebra takes one thread: with many small matrices several would only wait for each other."""
    limit: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limit


@cache
def _libraries() -> ThreadpoolController:
    """Those of numpy and scipy, looked for once: that takes longer than many a score."""
    return ThreadpoolController()
