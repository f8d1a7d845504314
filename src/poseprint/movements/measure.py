"""A recording measured once: quality gates, cleaning, tracks; movements and their statistics from it.

The path from poses to evidence is one: quality gates, cleaning, movements, statistics.
Enrolment and check, benchmark and evaluation all take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from poseprint.core.arrays import Array, Span, covered, runs
from poseprint.core.findings import Inspection
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.families import SHORTEST
from poseprint.movements.gates import inspect
from poseprint.movements.kinds import FACE
from poseprint.movements.statistics import MovementStatistics, face_tracks
from poseprint.movements.tracks import axes_of, tracks_of

STRIDE = LENGTH // 2
"""Movements that are pooled overlap by half: what lies across the edge of one lies inside another."""


@dataclass(frozen=True, eq=False)
class Movements:
    """Some of a recording's movements in numbers.

    Attributes:
        spans: (first, last + 1) frames of each.
        statistics: of each, float32 [shape=(movements, statistics)].
    """

    spans: tuple[Span, ...]
    statistics: Array

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def seconds(self) -> float:
        """Length of what they cover together."""
        return float(covered(self.spans).sum()) / GRID_FPS

    def subset(self, rows: Sequence[int]) -> Movements:
        """The movements of these rows."""
        return Movements(tuple(self.spans[row] for row in rows), self.statistics[list(rows)])


@dataclass(frozen=True, eq=False)
class Measured:
    """A recording that has passed gates, cleaning and tracks, once; movements of any stride are cut from it.

    Attributes:
        series: at 30 fps, as judged (not cleaned).
        inspection: what the quality gates say.
        statistics: of its movements.
    """

    series: PoseSeries
    inspection: Inspection
    statistics: MovementStatistics

    @cached_property
    def stretches(self) -> tuple[Span, ...]:
        """Frames in which something may serve as evidence of what statistics are taken of, none across a cut."""
        kinds = self.inspection.kinds
        if not kinds.get(FACE):
            return self.inspection.spans
        some = covered([*self.inspection.spans, *kinds[FACE]], len(self.series))
        return tuple((first + a, first + b) for first, last in self.series.shots() for a, b in runs(some[first:last]))

    def spans(self, stride: int = STRIDE) -> tuple[Span, ...]:
        """Where its movements lie, as (first, last + 1): those that lie in a stretch of the body, or show the face.

        Stretches shorter than a movement of 5 s, down to one second, are taken whole: they are less evidence, and
        count as less.

        Args:
            stride: frames from one movement's start to the next.
        """
        spans: list[Span] = []
        for first, last in self.stretches:
            bodies = [(a, b) for a, b in self.inspection.spans if first <= a and b <= last]
            of_all = self._cut(
                (first, last), stride
            )  # where the face is seen for longer than the body, nothing may lie in both
            spans += of_all or [span for body in bodies for span in self._cut(body, stride)]
        return tuple(spans)

    def _cut(self, stretch: Span, stride: int) -> list[Span]:
        """The movements of a stretch that there are statistics of."""
        first, last = stretch
        whole = cut_movements([stretch], length=LENGTH, stride=stride)
        if whole and whole[-1][1] < last - stride // 2:
            whole.append((last - LENGTH, last))  # the tail belongs to a movement that ends with it
        if not whole and last - first >= SHORTEST:
            whole = [stretch]
        return [span for span in whole if self.statistics.tell(span)]

    @lru_cache(maxsize=4)  # noqa: B019
    def movements(self, stride: int = STRIDE, *, face: bool = True) -> Movements:
        """Its movements and their statistics; `stride` as in `spans`, `face` as in `MovementStatistics.of`."""
        spans = self.spans(stride)
        return Movements(spans, self.statistics.of(spans, face=face))


@lru_cache(maxsize=1)
def measure(series: PoseSeries, axes: int) -> Measured:
    """Gates, cleaning and tracks of a recording; the last is kept, so that the same series is judged against many profiles at once.

    Args:
        series: poses as extracted, neither cleaned nor cut.
        axes: 2 or 3 (with depth).

    Raises:
        PoseprintError: another skeleton, or no depth where three axes are asked for.
    """
    series = resample(series, GRID_FPS)
    cleaned = clean(series)
    inspection = inspect(series, length=LENGTH, cleaned=cleaned)
    return Measured(series, inspection, statistics_of(series, cleaned, inspection, axes))


def statistics_of(series: PoseSeries, cleaned: PoseSeries, inspection: Inspection, axes: int) -> MovementStatistics:
    """The statistics of a recording's movements, of all that may serve as evidence."""
    face = face_tracks(series, inspection.kinds.get(FACE, ()))
    return MovementStatistics(tracks_of(cleaned, axes=axes), inspection.spans, face)


def reference_axes(series: Sequence[PoseSeries]) -> int:
    """3 if every recording tells depth, otherwise 2."""
    return min((axes_of(s) for s in series), default=2)
