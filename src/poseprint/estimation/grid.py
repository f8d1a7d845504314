"""What was measured at each source picture, brought to the 30 fps grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS
from poseprint.io.clock import TOLERANCE

LONGEST_GAP = 0.15
"""Seconds between measured pictures up to which is interpolated; beyond, nothing is known."""
STRAIGHT = 1.5 / GRID_FPS
"""Seconds between measured pictures up to which that is done by a straight line, and beyond by a curve."""


@dataclass(frozen=True)
class Between:
    """Of each point of the grid: the measured pictures before and after it, those beyond them, which are the same where there are
    none in reach, how far it lies to the later one, and whether anything is known of it."""

    time: Array
    earlier: Array
    before: Array
    after: Array
    later: Array
    weight: Array
    known: Array

    @staticmethod
    def of(time: Array, shot: Array, count: int) -> Between:
        """Where the grid's points lie among pictures.

        Between two pictures of one shot is interpolated to the grid's time, so that a source of 25 frames a second does not seem
        to stand still five times a second: by straight lines, and where pictures are few, as with a lower `rate`, by cubic curves
        whose slope at a picture is that from the one before to the one after it (Catmull and Rom, 1974).

        Args:
            time: of the measured pictures, seconds, rising; there is one at least.
            shot: which each belongs to.
            count: points of the grid.
        """
        grid = np.arange(count) / GRID_FPS
        nearest = nearest_point(time, count)
        current = np.maximum(np.searchsorted(nearest, np.arange(count), side="right") - 1, 0)
        before = np.maximum(current - (time[current] > grid + TOLERANCE), 0)
        after = np.minimum(before + 1, len(time) - 1)
        gap = time[after] - time[before]
        weight = np.clip((grid - time[before]) / np.where(gap > 0, gap, 1), 0, 1)
        weight[weight * gap < TOLERANCE] = 0
        weight[(1 - weight) * gap < TOLERANCE] = 1
        alone = (gap > LONGEST_GAP) | (shot[before] != shot[after]) | (before == after)
        before, after, weight = (np.where(alone, current, i) for i in (before, after, weight))
        weight[alone] = 0
        earlier, later = np.maximum(before - 1, 0), np.minimum(after + 1, len(time) - 1)
        for beyond, end in ((earlier, before), (later, after)):
            apart = (np.abs(time[beyond] - time[end]) > LONGEST_GAP) | (shot[beyond] != shot[end])
            beyond[apart] = end[apart]
        # A picture that stays on display for long is no evidence that the person stood still.
        return Between(time, earlier, before, after, later, weight, np.abs(grid - time[current]) <= LONGEST_GAP)

    def __call__(self, values: Array) -> Array:
        """Values of the pictures [shape=(pictures, ...)] at the grid's points; NaN where one of two is."""
        w = self._across(self.weight, values)
        start, end = values[self.before], values[self.after]
        line = (1 - w) * start + w * end
        curved = self._across(self.time[self.after] - self.time[self.before] > STRAIGHT, values)
        curve = line + w * (1 - w) * (
            (1 - w) * self._excess(values, self.earlier, self.after, start, end)
            - w * self._excess(values, self.before, self.later, start, end)
        )
        return np.asarray(np.where(w == 0, start, np.where(w == 1, end, np.where(curved, curve, line))))

    def _excess(self, values: Array, first: Array, last: Array, start: Array, end: Array) -> Array:
        """By how much more than the line from start to end the curve rises where its slope is that from first to last."""
        span, gap = self.time[last] - self.time[first], self.time[self.after] - self.time[self.before]
        share = self._across(gap / np.where(span > 0, span, 1), values)
        rise = share * (values[last] - values[first]) - (end - start)
        return np.where(np.isfinite(rise), rise, 0)

    @staticmethod
    def _across(column: Array, values: Array) -> Array:
        return column.reshape(-1, *[1] * (values.ndim - 1))


def nearest_point(time: Array, count: int) -> Array:
    """The grid's point nearest to each picture."""
    return np.clip(np.floor(time * GRID_FPS + 0.5).astype(np.int64), 0, count - 1)


def signals(time: Array, pictures: dict[str, Array], count: int) -> dict[str, Array]:
    """What the pictures say besides, each at the grid point nearest to its picture: of several there, the most.

    Args:
        time: of the pictures, seconds.
        pictures: by name; NaN where a picture says nothing.
        count: points of the grid.
    """
    nearest = nearest_point(time, count)
    found = {"shown": np.zeros(count)}
    found["shown"][nearest] = 1
    for name, values in pictures.items():
        found[name] = np.full(count, np.nan if np.isnan(values).any() else 0.0)
        np.fmax.at(found[name], nearest, values)
    return found
