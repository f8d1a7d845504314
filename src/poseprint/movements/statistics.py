"""Movements -> statistics one can read: one table of all that is measured of body, head and face.

Every statistic has a name, a quality and the keypoints it speaks of, so that a score made of them can be
explained. Posture, proportions and expression are STATIC: what a photograph shows, and what a podium, a camera or another
face sets. All others are MOTION. The families: `poseprint.movements.body` and `poseprint.movements.head`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np

from poseprint.core.arrays import Array, Span, covered, mean_of
from poseprint.core.channels import HEAD
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.movements.body import FAMILIES, BodyMovement, Signals
from poseprint.movements.families import BODY, SHORTEST, Statistic
from poseprint.movements.head import ANGLES, COUNT, FACE_FAMILIES, SHAPES, face_statistics
from poseprint.movements.tracks import AXES, Tracks

STATIC = ("posture", "proportions", "expression")
MOTION = ("amplitude", "speed", "acceleration", "turning", "tempo", "coordination")
FURTHER = ("rhythm", "correlation")
"""Qualities that are measured and explained, but made verification by the body no better (benchmarks/verification.py); the
rhythm of head and face counts."""

SEEN_SHARE = 0.7
"""Share of a movement's frames in which a track must be seen to have statistics."""
_FACE = (*HEAD[: len(ANGLES)], *(f"face_{name}" for name in SHAPES))


@cache
def catalogue(axes: int) -> tuple[Statistic, ...]:
    """Every statistic, in the order of the columns of `MovementStatistics.of`: the body's, and those of head and face, which
    are known of films alone (2 axes)."""
    if axes not in AXES:
        raise PoseprintError(f"statistics are of 2 or 3 axes, not {axes}")
    families = (*FAMILIES, *FACE_FAMILIES) if axes == 2 else FAMILIES
    return tuple(statistic for family in families for statistic in family.statistics(axes))


@cache
def catalogue_sha256(axes: int, part: str = "") -> str:
    """Of all names in order, or of those of a part: what was measured by another catalogue does not fit."""
    names = (s.name for s in catalogue(axes) if part in ("", s.part))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def with_no_face(statistics: Array) -> Array:
    """Statistics of bodies, as the table was before it had head and face, with those unknown [shape=(movements, statistics)]."""
    unknown = np.full((len(statistics), COUNT), np.nan, dtype=statistics.dtype)
    return np.concatenate([statistics, unknown], axis=1)


@cache
def columns_of(qualities: tuple[str, ...], axes: int, part: str = BODY) -> Array:
    """Indices of the statistics of some qualities of a part: int64 [shape=(n,)], not to be written to."""
    chosen = [i for i, s in enumerate(catalogue(axes)) if s.quality in qualities and s.part == part]
    columns = np.array(chosen, dtype=np.int64)
    columns.setflags(write=False)
    return columns


def mean_statistics(table: Array) -> Array:
    """The mean statistics of some movements: of body and face over the movements in which they were measured at all.

    Args:
        table: a row a movement, NaN where a statistic is missing [shape=(movements, statistics)].

    Returns:
        float64 [shape=(statistics,)]; NaN where fewer than half of those movements have a statistic.
    """
    if table.shape[1] != len(catalogue(2)):
        return mean_of(table)
    parts = (table[:, :-COUNT], table[:, -COUNT:])
    measured = [part[np.isfinite(part).any(axis=1)] for part in parts]
    return np.concatenate([mean_of(part) for part in measured])


def face_tracks(series: PoseSeries, stretches: Sequence[Span]) -> Array | None:
    """Head and face of a series at 30 fps: yaw, pitch and roll in radians, then SHAPES.

    Args:
        series: poses with channels of head and face.
        stretches: frames that may serve as evidence of the face.

    Returns:
        [shape=(frames, 54)], NaN outside the stretches; None where there is nothing.
    """
    if not stretches or not all(name in series.channels for name in _FACE):
        return None
    tracks = np.stack([series.channels[name] for name in _FACE], axis=1).astype(np.float64)
    tracks[~covered(stretches, len(series))] = np.nan
    return tracks


class MovementStatistics:
    """The statistics of a recording's movements; each movement's are computed once, whoever asks for them.

    Args:
        tracks: of the recording's body.
        stretches: frames that may serve as evidence of the body: no filter reaches across a cut or a gap.
        face: tracks of the recording's head and face, see `face_tracks`.
    """

    def __init__(
        self,
        tracks: Tracks,
        stretches: Sequence[Span],
        face: Array | None = None,
    ) -> None:
        self._tracks, self._stretches, self._face = tracks, stretches, face
        self._axes = tracks.position.shape[2]
        self._signals: dict[Span, Signals] = {}
        self._bodies: dict[Span, Array | None] = {}
        self._faces: dict[Span, Array | None] = {}

    def of(self, spans: Sequence[Span], *, face: bool = True) -> Array:
        """The statistics of some movements.

        Args:
            spans: (first, last + 1) frames of each; at least SHORTEST long.
            face: whether those of head and face are wanted, which take the longest.

        Returns:
            float32 [shape=(movements, statistics)]; NaN where a track, or the face, is seen in less than SEEN_SHARE of the
            frames, and of the body where the movement does not lie in its stretches.
        """
        table = np.full((len(spans), len(catalogue(self._axes))), np.nan, dtype=np.float32)
        if face:
            self._measure_faces([span for span in spans if span not in self._faces])
        for row, span in zip(table, spans, strict=True):
            if span[1] - span[0] < SHORTEST:
                raise PoseprintError(f"a movement needs at least {SHORTEST} frames to have statistics")
            if span not in self._bodies:
                self._bodies[span] = self._of_body(span)
            of_body, of_face = self._bodies[span], self._faces.get(span)
            if of_body is not None:
                row[: len(of_body)] = of_body
            if face and of_face is not None:
                row[-COUNT:] = of_face
            if face and of_body is None and of_face is None:
                raise PoseprintError(f"the movement of frames {span[0]} to {span[1] - 1} lies in no usable stretch")
        return table

    def _measure_faces(self, spans: Sequence[Span]) -> None:
        """Head and face of movements, those of one length at once; what is lost for a moment is bridged by straight lines."""
        whole: dict[int, dict[Span, Array]] = {}
        for span in spans:
            self._faces[span] = None
            if self._face is None or not self._shows_face(span):
                continue
            values = self._face[slice(*span)]
            known = np.flatnonzero(np.isfinite(values).all(axis=1))
            if len(known) < len(values):
                frames = np.arange(len(values))
                values = np.stack([np.interp(frames, known, track[known]) for track in values.T], axis=1)
            whole.setdefault(len(values), {})[span] = values
        for movements in whole.values():
            self._faces |= zip(movements, face_statistics(np.stack(list(movements.values()))), strict=True)

    def tell(self, span: Span) -> bool:
        """Whether there are any of a movement: of the body, whose stretches it lies in, or of the face, which is seen in it."""
        return self._stretch_around(span) is not None or self._shows_face(span)

    def _shows_face(self, span: Span) -> bool:
        if self._face is None or self._axes != 2 or span[1] - span[0] < SHORTEST:
            return False
        return bool(np.isfinite(self._face[slice(*span)]).all(axis=1).mean() >= SEEN_SHARE)

    def _stretch_around(self, span: Span) -> Span | None:
        return next((s for s in self._stretches if s[0] <= span[0] and span[1] <= s[1]), None)

    def _of_body(self, span: Span) -> Array | None:
        first, last = span
        stretch = self._stretch_around(span)
        if stretch is None:
            return None
        if stretch not in self._signals:
            self._signals[stretch] = Signals.of(self._tracks.position[slice(*stretch)])
        at = slice(first - stretch[0], last - stretch[0])
        signals = {name: values[at] for name, values in vars(self._signals[stretch]).items()}
        movement = BodyMovement(**signals, enough=self._tracks.seen[first:last].mean(axis=0) >= SEEN_SHARE)
        return np.concatenate([family.row(movement) for family in FAMILIES])
