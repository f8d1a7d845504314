"""A recording's movements as statistics, and what a person's own recordings say of them.

The path from poses to evidence is one: quality gates, cleaning, movements, statistics.
Enrolment and check, benchmark and evaluation all take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import LENGTH, Span, cut_movements
from poseprint.movements.gates import Inspection, inspect
from poseprint.movements.statistics import SHORTEST, movement_statistics
from poseprint.movements.tracks import FPS, axes_of, tracks_of

STRIDE = LENGTH // 2
"""Movements that are pooled overlap by half: what lies across the edge of one lies inside another."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A recording's movements in numbers.

    Attributes:
        series: at 30 fps, as judged (not cleaned).
        inspection: what the quality gates say.
        spans: (first, last + 1) frames of each movement.
        statistics: of each, float32 [shape=(movements, statistics)].
        seconds: length of the usable stretches that the movements cover.
    """

    series: PoseSeries
    inspection: Inspection
    spans: tuple[Span, ...]
    statistics: Array
    seconds: float


def measure(series: PoseSeries, axes: int, *, stride: int = STRIDE) -> Measured:
    """Movements and their statistics of a recording.

    Stretches shorter than a movement of 5 s, down to one second, are taken whole: they are less evidence, and count
    as less.

    Args:
        series: poses as extracted, neither cleaned nor cut.
        axes: 2 or 3 (with depth).
        stride: frames from one movement's start to the next.
    """
    if not np.isclose(series.fps, FPS):
        series = resample(series, FPS)
    inspection = inspect(series, length=LENGTH)
    spans: list[Span] = []
    for first, last in inspection.spans:
        whole = cut_movements([(first, last)], length=LENGTH, stride=stride)
        if whole and whole[-1][1] < last - stride // 2:
            whole.append((last - LENGTH, last))  # the tail belongs to a movement that ends with it
        if not whole and last - first >= SHORTEST:
            whole = [(first, last)]
        spans += whole
    table = movement_statistics(tracks_of(clean(series), axes=axes), spans, inspection.spans)
    covered = np.zeros(len(series), dtype=bool)
    for first, last in spans:
        covered[first:last] = True
    return Measured(
        series,
        inspection,
        tuple(spans),
        table.astype(np.float32),
        float(covered.sum()) / FPS,
    )


def reference_axes(series: Sequence[PoseSeries]) -> int:
    """3 if every recording tells depth, otherwise 2."""
    return min((axes_of(s) for s in series), default=2)
