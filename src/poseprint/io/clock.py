"""When each picture of a video is shown: one model of a file's clock.

A clock may tremble (capture jitter, whole milliseconds), be silent for some or all pictures, say the same time twice, mix
the order of a few pictures, pause, start again in the middle, or leap beyond any film's length. Whatever it does, every
picture has a time, and times rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS

TOLERANCE = 6e-4
"""Seconds by which two times may differ and be the same: Matroska rounds to whole milliseconds."""
PAUSE = 1.0
"""Seconds between two pictures beyond which the recording paused: what is shown meanwhile is no film."""
LONGEST_PAUSES = 3600.0
"""Seconds that all pauses of a file may take; a leap beyond is no pause, and the clock goes on as if it were not there."""
FALL = 1.0
"""Seconds by which a stamp falls back where the clock starts again, after however few pictures."""
REORDERED = 8
"""Pictures that may come before one that is shown earlier; where more do, the clock starts again."""
FASTEST = 1.2 * GRID_FPS
"""Pictures a second up to which each of them is measured; of a faster source as many as the grid has."""


@dataclass(frozen=True, eq=False)
class Clock:
    """The times of a video's pictures, in the order in which they are shown.

    Attributes:
        times: seconds since the first picture, strictly rising [shape=(pictures,)].
        cuts: where the picture before is not the moment before, after a pause or a new start: bool [shape=(pictures,)].
        measured: the pictures to look at, all unless there are many more than the grid has: bool [shape=(pictures,)].
        rate: pictures a second, pauses left out.
        restarts: how often the clock starts again, or leaps beyond any film's length.
        paused: seconds of all pauses.
        timed: whether the stamps told the times; if not, pictures were counted.
        even: whether stamps rise with every picture, without leaps: `times` are then the stamps less the first.
    """

    times: Array
    cuts: Array
    measured: Array
    rate: float
    restarts: int
    paused: float
    timed: bool
    even: bool

    @property
    def duration(self) -> float:
        """From the first picture to the end of the last, seconds."""
        return float(self.times[-1]) + 1 / self.rate


def read_clock(stamps: Sequence[float | None] | Array, rate: float) -> Clock:
    """The clock that time stamps tell.

    Args:
        stamps: seconds, of each picture in the order in which they are shown; None or NaN where there is none.
        rate: pictures a second by the header, for pictures that nothing else tells the time of.
    """
    seconds: Array = np.array(stamps, dtype=np.float64)
    step = 1 / rate if 1 <= rate <= 1000 else 1 / GRID_FPS
    restarts = find_restarts(seconds)
    timed = bool(np.isfinite(seconds).sum() >= max(1, len(seconds) / 2) and len(restarts) <= len(seconds) / 16)
    if not timed:
        seconds, restarts = np.arange(len(seconds)) * step, []
    starts = [0, *restarts, len(seconds)]
    times = np.zeros(len(seconds))
    end = 0.0
    for first, last in pairwise(starts):
        step = _usual_step(seconds[first:last], step)
        section = _in_order(seconds[first:last], step)
        times[first:last] = section - section[0] + end
        end = float(times[last - 1]) + step
    gaps = np.diff(times)
    paused = np.where(gaps > PAUSE, gaps - step, 0)
    leaps = np.cumsum(paused) > LONGEST_PAUSES
    leaps &= paused > 0
    times[1:] -= np.cumsum(np.where(leaps, paused, 0))
    again = np.zeros(len(times), dtype=bool)
    again[starts[1:-1]] = True
    again[1:] |= leaps
    cuts = again.copy()
    cuts[1:] |= paused > 0
    usual = gaps[gaps <= PAUSE]
    rate = round(float(len(usual) / usual.sum()), 6) if len(usual) and usual.sum() > 0 else 1 / step
    even = timed and not again.any() and bool(np.isfinite(seconds).all() and (np.diff(seconds) > 0).all())
    return Clock(times, cuts, _measured(times, rate), rate, int(again.sum()), float(paused[~leaps].sum()), timed, even)


def _usual_step(seconds: Array, default: float) -> float:
    """The median time from one picture to the next, where stamps tell it."""
    known = np.sort(seconds[np.isfinite(seconds)])
    steps = np.diff(known)
    steps = steps[(steps > 1e-6) & (steps <= PAUSE)]
    return float(np.median(steps)) if len(steps) else default


def find_restarts(seconds: Array) -> list[int]:
    """The pictures at which stamps fall back and stay back: the clock starts again there.

    Args:
        seconds: stamps, NaN where there is none, in the order of the pictures; a few may stand in mixed order.
    """
    known = np.flatnonzero(np.isfinite(seconds))
    stamps = seconds[known]
    found, newest, before, first = [], -np.inf, 0, 0
    for k in (np.flatnonzero(np.diff(stamps) < 0) + 1).tolist():  # only here can it be
        newest = max(newest, stamps[before:k].max())
        before = k
        ahead = (stamps[max(first, k - 2 * REORDERED) : k] > stamps[k]).sum()
        if ahead > REORDERED or stamps[k] < newest - FALL:
            found.append(int(known[k]))
            newest, first = -np.inf, k
    return found


def _in_order(seconds: Array, step: float) -> Array:
    """One section's times: stamps in order, gaps filled evenly, pictures of one stamp spread up to the next."""
    known = np.flatnonzero(np.isfinite(seconds))
    index = np.arange(len(seconds))
    if not len(known):
        return index * step
    times = np.interp(index, known, np.sort(seconds[known]))
    times += step * (np.minimum(index - known[0], 0) + np.maximum(index - known[-1], 0))
    stamp, first, count = np.unique(times, return_index=True, return_counts=True)
    room = np.minimum(np.diff(stamp, append=stamp[-1] + count[-1] * step), count * step)
    place = index - np.repeat(first, count)
    return np.asarray(np.repeat(stamp, count) + np.repeat(room / count, count) * place)


def _measured(times: Array, rate: float) -> Array:
    """Every picture; of a source much faster than the grid the nearest to each of its points, and all that stand apart."""
    if rate <= FASTEST:
        return np.ones(len(times), dtype=bool)
    measured = np.diff(times, prepend=-np.inf) > 1 / FASTEST
    grid = np.round(times * GRID_FPS)
    off = np.abs(times * GRID_FPS - grid)
    order = np.lexsort((off, grid))  # of each grid point's pictures the nearest first
    first = np.unique(grid[order], return_index=True)[1]
    measured[order[first]] = True
    return np.asarray(measured)
