"""Where in a recording the mover changes: a part from somebody else, put in without a cut that shows.

For each time at which the mover may change, the movements before and after it are set against each other in the
space in which the background scores (generalised likelihood ratio; Willsky and Jones, IEEE Trans. Automatic Control
21, 1976). Under "two movers" the two parts' means differ as two people's recordings do, under "one mover" only as
parts of one recording. The same is asked of a middle part against what surrounds it. What speaks for the likeliest
change is then weighed for the person of interest: it is a change of mover if the one part speaks for them and the
other against them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import Measured, Movements
from poseprint.verification.background import KINDS
from poseprint.verification.reference import Reference
from poseprint.verification.summary import Summary

STEP = 30
"""Frames between two times at which the mover may change, and between the movements that are compared."""
LEAST_S = 8.0
"""Seconds of movement that each of the two movers must be seen for: less says too little about either."""
OUTER_S = 5.0
"""Seconds of movement that must lie on each side of a middle part."""
SHARES = {"static": 1.0, "motion": 0.6}
"""What each kind of evidence counts for: motion varies more within a recording than the background tells."""
LEAST_MOMENT = 0.05
"""Least variance of a movement around its recording, as a share of that of recordings around their person: some
combinations of statistics hardly vary at all, and their rounding must not count."""
THRESHOLD = 20.0
"""Strength from which on a change counts, if the two parts are opposed; benchmarks/deepfakes.py shows what is found, and
how often that errs."""
MIDDLE_PENALTY = 30.0
"""Strength by which a middle part, which can lie in many more ways, must beat a single change."""
_AT_ONCE = 1_000_000
"""Numbers that an array of candidates may have."""
_PLACES = 40
"""Most times that pairs are made of; the best pair is then sought more finely."""


@dataclass(frozen=True, eq=False)
class Change:
    """The likeliest change of mover in a recording.

    Attributes:
        frame: first frame of the other mover, of the series at 30 fps, on a grid of one second.
        until: first frame at which the mover of the beginning is back; None if they are not.
        seconds, until_seconds: the same on the recording's clock.
        movement: (first, last + 1) frames of the judged movement in which it happens.
        before, after: LLRs of the two movers' parts against the person enrolled (static, motion and both; base 10,
            within the bounds), `before` of the beginning (and end), `after` of the part that differs.
        strength: log-likelihood ratio (natural) of "two movers" to "one mover" at the likeliest place. Movements of one
            recording hang together more than it takes into account, so it is compared with THRESHOLD and nothing else.
        rows: of the judged movements that lie in the part that differs.
    """

    frame: int
    until: int | None
    seconds: float
    until_seconds: float | None
    movement: tuple[int, int]
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    strength: float
    rows: tuple[int, ...]

    @property
    def opposed(self) -> bool:
        """Whether one part speaks for the person enrolled and the other against them."""
        one, other = self.before.get("both"), self.after.get("both")
        return one is not None and other is not None and one * other < 0


def find_change(
    reference: Reference,
    enrolled: Summary,
    measured: Measured,
    *,
    without: Collection[int] = (),
    threshold: float = THRESHOLD,
) -> Change | None:
    """The change of mover in a recording, or None where there is none to speak of, or too little on either side.

    Args:
        reference: whose background and calibrations apply.
        enrolled: the person of interest.
        measured: the recording, measured with the same reference.
        without: cohort people to leave out, because they are enrolled or tested.
        threshold: least strength.
    """
    change = likeliest_change(reference, enrolled, measured, without=without)
    return change if change is not None and change.strength >= threshold and change.opposed else None


def likeliest_change(
    reference: Reference, enrolled: Summary, measured: Measured, *, without: Collection[int] = ()
) -> Change | None:
    """Where the mover changes if they change at all; None only where too little lies on either side.

    Arguments as in `find_change`.
    """
    fine = measured.movements(STEP)
    if not len(fine):
        return None
    parts = _Parts.of(fine, len(measured.series))
    space = _space(reference, enrolled, fine.statistics)
    singles = [(t, None) for t in parts.places if parts.enough(t, None)]
    if space is None or not singles:
        return None
    found = _best(parts, space, singles)
    middle = _best(parts, space, _middles(parts))
    reach = _stride(parts)
    while middle is not None and middle[2] is not None and reach > 1:
        finer = max(1, -(-reach // 5))
        middle = _best(parts, space, _near(parts, middle[1], middle[2], reach, finer)) or middle
        reach = finer if finer < reach else 1
    if middle is not None and (found is None or middle[0] - MIDDLE_PENALTY > found[0]):
        found = middle
    if found is None:
        return None
    strength, frame, until = found
    differs = parts.within(frame, until)
    outside = parts.outside(frame, until)
    sides = [Summary.of_movements(fine.subset([int(i) for i in np.flatnonzero(rows)])) for rows in (outside, differs)]
    evidence = reference.evidence(enrolled, sides, without=without)
    spans = measured.movements().spans
    centres = [(a + b) / 2 for a, b in spans]
    stop = len(measured.series) if until is None else until
    time = measured.series.time
    return Change(
        frame=frame,
        until=until,
        seconds=float(time[frame]),
        until_seconds=None if until is None else float(time[min(until, len(time) - 1)]),
        movement=spans[int(np.argmin([abs(m - frame) for m in centres]))],
        before=evidence[0].llr,
        after=evidence[1].llr,
        strength=strength,
        rows=tuple(i for i, m in enumerate(centres) if frame <= m < stop),
    )


_Candidate = tuple[int, int | None]
"""First frame of the other mover, and the frame at which the first one is back."""


@dataclass(frozen=True, eq=False)
class _Parts:
    """Which movements lie on which side of a time, and how much of a recording they cover."""

    spans: Array  # [movements, 2]
    covered: Array  # [frames + 1]: frames covered before each
    places: tuple[int, ...]

    @staticmethod
    def of(movements: Movements, frames: int) -> _Parts:
        spans = np.array(movements.spans)
        mask = np.zeros(frames, dtype=np.int64)
        for first, last in spans:
            mask[first:last] = 1
        places = range(int(spans[0, 0]) + STEP, int(spans[-1, 1]), STEP)
        return _Parts(spans, np.append(0, np.cumsum(mask)), tuple(places))

    def within(self, frame: int, until: int | None) -> Array:
        inside = self.spans[:, 0] >= frame - STEP // 2
        return inside if until is None else inside & (self.spans[:, 1] <= until + STEP // 2)

    def outside(self, frame: int, until: int | None) -> Array:
        before = self.spans[:, 1] <= frame + STEP // 2
        return before if until is None else before | (self.spans[:, 0] >= until - STEP // 2)

    def frames(self, frame: int, until: int | None) -> tuple[int, int, int]:
        """Covered frames before, within and after the part that differs."""
        stop = len(self.covered) - 1 if until is None else until
        one, other, total = self.covered[frame], self.covered[stop], self.covered[-1]
        return int(one), int(other - one), int(total - other)

    def enough(self, frame: int, until: int | None) -> bool:
        before, within, after = self.frames(frame, until)
        outer = OUTER_S * GRID_FPS
        sides = until is None or (before >= outer and after >= outer)
        return sides and min(before + after, within) >= LEAST_S * GRID_FPS


def _stride(parts: _Parts) -> int:
    """Places from one to the next of those that pairs are made of."""
    return max(1, -(-len(parts.places) // _PLACES))


def _middles(parts: _Parts) -> list[_Candidate]:
    return [(a, b) for a, b in combinations(parts.places[:: _stride(parts)], 2) if parts.enough(a, b)]


def _near(parts: _Parts, frame: int, until: int, reach: int, stride: int) -> list[_Candidate]:
    """Neighbours of a pair, up to so many places away, every so many."""
    firsts = [t for t in parts.places if abs(t - frame) <= reach * STEP and (t - frame) % (stride * STEP) == 0]
    lasts = [t for t in parts.places if abs(t - until) <= reach * STEP and (t - until) % (stride * STEP) == 0]
    return [(a, b) for a in firsts for b in lasts if a < b and parts.enough(a, b)]


@dataclass(frozen=True, eq=False)
class _Space:
    """All members' dimensions side by side; each member counts for its share of its kind."""

    points: Array  # [movements, dimensions]
    between: Array  # [dimensions]
    moment: Array  # [dimensions]
    share: Array  # [dimensions]


def _space(reference: Reference, enrolled: Summary, statistics: Array) -> _Space | None:
    """The movements in the space of the background's scores of both kinds; None where too little was measured.

    A statistic that a movement lacks is taken as the recording's mean: it then speaks for no change.
    """
    known = np.isfinite(statistics)
    usual = np.where(known, statistics, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    available = (2 * known.sum(axis=0) >= len(statistics)) & np.isfinite(enrolled.mean)
    scaled = reference.background.scaled(np.where(known, statistics, usual))
    columns: list[tuple[Array, Array, Array, Array]] = []
    for kind in KINDS:
        metric = reference.background.metric(kind, available)
        for member in metric.members if metric else ():
            share = np.full(len(member.between), SHARES[kind] / len(metric.members) if metric else 0.0)
            columns.append((scaled[:, member.columns] @ member.project, member.between, member.moment, share))
    if not columns:
        return None
    return _Space(*(np.concatenate([column[i] for column in columns], axis=-1) for i in range(4)))


def _best(parts: _Parts, space: _Space, candidates: Sequence[_Candidate]) -> tuple[float, int, int | None] | None:
    """Strength, frame and end of the likeliest of some changes; a portion of them at a time, to spare memory."""
    portion = max(1, _AT_ONCE // max(len(parts.spans), len(space.share)))
    found = [_best_of(parts, space, candidates[i : i + portion]) for i in range(0, len(candidates), portion)]
    return max((f for f in found if f is not None), key=lambda f: f[0], default=None)


def _best_of(parts: _Parts, space: _Space, candidates: Sequence[_Candidate]) -> tuple[float, int, int | None] | None:
    length = (parts.spans[:, 1] - parts.spans[:, 0]).astype(np.float64)
    usable, weights, movements = [], [], []
    for candidate in candidates:
        one, other = parts.outside(*candidate), parts.within(*candidate)
        if not (one.any() and other.any()):
            continue
        before, within, after = parts.frames(*candidate)
        usable.append(candidate)
        weights.append(other * length / length[other].sum() - one * length / length[one].sum())
        movements.append(LENGTH / (before + after) + LENGTH / within)
    if not usable:
        return None
    distance = (np.array(weights) @ space.points) ** 2
    one_mover = np.maximum(space.moment, LEAST_MOMENT) * np.array(movements)[:, None]
    two_movers = one_mover + 2 * (space.between + 1)
    ratio = 0.5 * (distance / one_mover + np.log(one_mover) - distance / two_movers - np.log(two_movers)) @ space.share
    best = int(np.argmax(ratio))
    return float(ratio[best]), usable[best][0], usable[best][1]
