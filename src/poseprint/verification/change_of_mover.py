"""Where in a recording the mover changes: a part from somebody else, put in without a cut that shows.

For each time at which the mover may change, the movements before and after it are set against each other in the
space in which the background scores (generalised likelihood ratio; Willsky and Jones, IEEE Trans. Automatic Control
21, 1976). Under "two movers" the two parts' means differ as two people's recordings do, under "one mover" only as
parts of one recording. The same is asked of a middle part against what surrounds it. What speaks for the likeliest
change is then weighed for the person of interest: it is a change of mover if the one part speaks for them and the
other against them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from poseprint.core.arrays import Array, covered, one_thread
from poseprint.core.series import GRID_FPS
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import Measured, Movements
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
_AT_ONCE = 64
"""Changes whose strengths are worked out at once: few enough that their numbers stay in the processor's cache."""
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
        before, after = self.before.get("both"), self.after.get("both")
        return before is not None and after is not None and before * after < 0


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
    change = likeliest_change(reference, enrolled, measured, without=without, least=threshold)
    return change if change is not None and change.opposed else None


def likeliest_change(
    reference: Reference,
    enrolled: Summary,
    measured: Measured,
    *,
    without: Collection[int] = (),
    least: float = -math.inf,
) -> Change | None:
    """Where the mover changes if they change at all; None where too little lies on either side.

    Arguments as in `find_change`; None also for a change that is not as strong as `least`.
    """
    fine = measured.movements(STEP, face=False)
    if not len(fine):
        return None
    sides = _Sides.of(fine, len(measured.series))
    with one_thread():
        space = _Space.of(reference, enrolled, fine)
        likeliest = _search(sides, space) if space is not None else None
    if likeliest is None or likeliest[0] < least:
        return None
    strength, change = likeliest
    frame, stop = (int(t) for t in change)
    until = None if stop == sides.frames else stop
    movers = [Summary.of_movements(fine.subset(rows)) for rows in sides.rows(change)]
    evidence = reference.evidence(enrolled, movers, without=without)
    spans = measured.spans()
    centres = [(a + b) / 2 for a, b in spans]
    time = measured.series.time
    return Change(
        frame=frame,
        until=until,
        seconds=float(time[frame]),
        until_seconds=None if until is None else float(time[until]),
        movement=spans[int(np.argmin([abs(m - frame) for m in centres]))],
        before=evidence[0].llr,
        after=evidence[1].llr,
        strength=strength,
        rows=tuple(i for i, m in enumerate(centres) if frame <= m < stop),
    )


@dataclass(frozen=True, eq=False)
class _Sides:
    """Which movements lie on which side of a change, and how much of a recording they cover.

    Changes are int64 [shape=(changes, 2)]: first frame of the other mover, and the frame at which the first one is
    back, or the number of frames of the recording if they are not. Movements across either belong to neither side.
    """

    first: Array  # [movements], rising
    last: Array  # [movements], rising
    covered: Array  # [frames + 1]: frames covered by movements before each
    places: Array  # [places]: frames at which the mover may change

    @staticmethod
    def of(movements: Movements, frames: int) -> _Sides:
        first, last = np.array(movements.spans).T
        before = np.append(0, np.cumsum(covered(movements.spans, frames)))
        return _Sides(first, last, before, np.arange(first[0] + STEP, last[-1], STEP))

    @property
    def frames(self) -> int:
        return len(self.covered) - 1

    def bounds(self, changes: Array) -> Array:
        """Rows of movements, int64 [shape=(4, changes)]: a, b, c, d.

        Those before a and from d on are the first mover's, those from b to before c the other's.
        """
        frame, until = changes.T
        a = np.searchsorted(self.last, frame + STEP // 2, side="right")
        b = np.searchsorted(self.first, frame - STEP // 2)
        c = np.searchsorted(self.last, until + STEP // 2, side="right")
        d = np.searchsorted(self.first, until - STEP // 2)
        return np.stack([a, b, c, d])

    def rows(self, change: Array) -> tuple[list[int], list[int]]:
        """Movements of the first mover, and of the other, for one change [shape=(2,)]."""
        a, b, c, d = self.bounds(change[None])[:, 0].tolist()
        return [*range(a), *range(d, len(self.first))], [*range(b, c)]

    def seen(self, changes: Array) -> tuple[Array, Array, Array]:
        """Covered frames before, within and after the part that differs, each [shape=(changes,)]."""
        to_frame, to_until = self.covered[changes].T
        return to_frame, to_until - to_frame, self.covered[-1] - to_until

    def enough(self, changes: Array) -> Array:
        """Those of some changes with enough on each side, and at least one whole movement."""
        before, within, after = self.seen(changes)
        single = changes[:, 1] == self.frames
        outer = single | (np.minimum(before, after) >= OUTER_S * GRID_FPS)
        least = np.minimum(before + after, within) >= LEAST_S * GRID_FPS
        a, b, c, d = self.bounds(changes)
        whole = (b < c) & ((a > 0) | (d < len(self.first)))
        return np.asarray(changes[outer & least & whole])

    def singles(self) -> Array:
        """Changes after which the first mover is not back."""
        return self.enough(np.stack([self.places, np.full_like(self.places, self.frames)], axis=1))

    def middles(self, stride: int) -> Array:
        """Changes there and back, at every so many places."""
        places = self.places[::stride]
        return self.enough(np.stack([places[i] for i in np.triu_indices(len(places), 1)], axis=1))

    def near(self, change: Array, reach: int, stride: int) -> Array:
        """Neighbours of a change there and back, up to so many places away, every so many; itself is one."""
        steps = np.arange(-(reach // stride), reach // stride + 1) * stride * STEP
        frame, until = (t + steps for t in change)
        inside = [t[(t >= self.places[0]) & (t <= self.places[-1])] for t in (frame, until)]
        pairs = np.stack(np.meshgrid(*inside, indexing="ij"), axis=-1).reshape(-1, 2)
        return self.enough(pairs[pairs[:, 0] < pairs[:, 1]])


@dataclass(frozen=True, eq=False)
class _Space:
    """The movements in all members' dimensions side by side.

    The sums run over the movements before each, so that the sum of a row of movements is a difference of two of them.
    Points are seen from the recording's middle: all together sum to 0.
    """

    sums: Array  # [movements + 1, dimensions]: of points times lengths
    lengths: Array  # [movements + 1]: of lengths
    moment: Array  # [dimensions]: variance of a movement around its recording
    apart: Array  # [dimensions]: variance that two movers add to the difference of their means, in units of moment
    share: Array  # [dimensions]: what it counts for, its member's share of its kind

    @staticmethod
    def of(reference: Reference, enrolled: Summary, movements: Movements) -> _Space | None:
        """The space of the background's scores of both kinds; None where too little was measured.

        A statistic that a movement lacks is taken as the recording's mean: it then speaks for no change.
        """
        known = np.isfinite(movements.statistics)
        count = known.sum(axis=0)
        metrics = [(m, SHARES[k]) for k, m in reference.body_metrics(enrolled, 2 * count >= len(known)).items() if m]
        members = [(m, share / len(metric.members)) for metric, share in metrics for m in metric.members]
        if not members:
            return None
        usual = np.where(known, movements.statistics, 0).sum(axis=0) / np.maximum(count, 1)
        scaled = reference.background.scaled(np.where(known, movements.statistics, usual))
        length = np.diff(np.array(movements.spans))  # [movements, 1]
        lengths = np.append(0, length.cumsum())
        around = scaled - (scaled * length).sum(axis=0) / lengths[-1]
        sums = np.pad((around * length).cumsum(axis=0), ((1, 0), (0, 0)))
        moment = np.maximum(np.concatenate([m.moment for m, _ in members]), LEAST_MOMENT)
        return _Space(
            sums=np.hstack([sums[:, m.columns] @ m.project for m, _ in members]),
            lengths=lengths,
            moment=moment,
            apart=2 * (np.concatenate([m.between for m, _ in members]) + 1) / moment,
            share=np.concatenate([np.full(len(m.moment), share) for m, share in members]),
        )

    def strengths(self, sides: _Sides, changes: Array) -> Array:
        """Log-likelihood ratios of "two movers" to "one mover" [shape=(changes,)].

        A dimension in which the means differ by x, with variance v if one mover made both parts, adds half its share of
        x**2 (1 / v - 1 / (v + apart)) + log(v / (v + apart)), x**2, v and apart in units of moment.
        """
        before, within, after = sides.seen(changes)
        variance = LENGTH / (before + after) + LENGTH / within
        bounds = sides.bounds(changes)
        out = np.zeros(len(changes))
        order = np.argsort(variance)  # many changes have the same, and so the same weights
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            different, which = np.unique(variance[some], return_inverse=True)
            factor, constant = self._weights(different)
            squared = self._differences(bounds[:, some]) ** 2
            out[some] = np.einsum("nd,nd->n", squared, factor[which]) + constant[which]
        return out

    def _differences(self, bounds: Array) -> Array:
        """Mean of the other mover's movements less that of the first one's [shape=(changes, dimensions)]."""
        a, b, c, d = bounds
        within, outside = self.lengths[c] - self.lengths[b], self.lengths[a] + self.lengths[-1] - self.lengths[d]
        weight = np.stack([-1 / outside, -1 / within, 1 / within, 1 / outside], axis=1)
        starts = np.arange(0, weight.size + 1, 4)  # four rows of the sums make a difference
        return np.asarray(csr_array((weight.ravel(), bounds.T.ravel(), starts), (len(a), len(self.sums))) @ self.sums)

    def _weights(self, variance: Array) -> tuple[Array, Array]:
        """What ratios add up from: factors of squared differences [shape=(n, dimensions)], constants [shape=(n,)]."""
        one_mover = variance[:, None]
        of_two_movers = 1 / (one_mover + self.apart)
        factor = (1 / one_mover - of_two_movers) * (self.share / self.moment / 2)
        return factor, np.einsum("nd,d->n", np.log(one_mover * of_two_movers), self.share / 2)


def _search(sides: _Sides, space: _Space) -> tuple[float, Array] | None:
    """Strength of the likeliest change, and the change [shape=(2,)]; None where too little lies on either side."""
    reach = max(1, -(-len(sides.places) // _PLACES))
    singles, middles = sides.singles(), sides.middles(reach)
    if not len(singles):
        return None
    strengths = space.strengths(sides, np.concatenate([singles, middles]))
    single = _best(singles, strengths[: len(singles)])
    if not len(middles):
        return single
    middle = _best(middles, strengths[len(singles) :])
    while reach > 1:
        finer = -(-reach // 5)
        near = sides.near(middle[1], reach, finer)
        middle = _best(near, space.strengths(sides, near))
        reach = finer
    return middle if middle[0] - MIDDLE_PENALTY > single[0] else single


def _best(changes: Array, strengths: Array) -> tuple[float, Array]:
    """Strength of the likeliest of some changes, the first of equals, and the change."""
    best = int(np.argmax(strengths))
    return float(strengths[best]), changes[best]
