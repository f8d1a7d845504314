"""What statistics are made of: families of them, and the arithmetic that body, head and face have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS
from poseprint.movements.tracks import AXES, TRACKS

SHORTEST = 30
"""Frames of the shortest movement that has statistics: one second."""

LOW_PASS_HZ = 6.0
"""Human gesture lies below; above is mostly the estimator's jitter."""

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
BANDS_HZ = ((0.1, 0.5), (0.5, 1.2), (1.2, 2.5), (2.5, 5.0))

BODY = "body"
FACE_PARTS = ("head", "eyes", "mouth", "face")
"""How a head turns, how brows, lids and gaze move, how cheeks, jaw and mouth do, and what is of a face as a whole."""

PERCENTILES = tuple(f"{round(100 * q)}" for q in QUANTILES)
BANDS = tuple(f"{low:g}-{high:g}Hz" for low, high in BANDS_HZ)


@dataclass(frozen=True)
class Statistic:
    """One number that is taken of a movement.

    Attributes:
        name: unique.
        quality: posture, proportions, amplitude, speed, acceleration, turning, tempo, coordination, rhythm or
            correlation; expression of a face at rest.
        keypoints: what it is measured on: keypoints of the body, or one of FACE_PARTS.
        words: for the report.
    """

    name: str
    quality: str
    keypoints: tuple[str, ...]
    words: str

    @property
    def part(self) -> str:
        """The part of a person that it speaks of: the body, or one of FACE_PARTS."""
        return self.keypoints[0] if self.keypoints[0] in FACE_PARTS else BODY


@cache
def filters() -> tuple[Array, ...]:
    """Second-order sections: the low-pass of LOW_PASS_HZ, and a band-pass for each of BANDS_HZ."""
    from scipy.signal import butter  # loaded where something is measured: naming statistics needs none of it

    nyquist = GRID_FPS / 2
    bands = [butter(2, (a / nyquist, b / nyquist), "band", output="sos") for a, b in BANDS_HZ]
    return (butter(3, LOW_PASS_HZ / nyquist, output="sos"), *bands)


def log_quantiles(values: Array, least: float) -> Array:
    """Logarithms of the QUANTILES over frames [shape=(quantiles, ...)], of values to which the least that counts is added."""
    return np.asarray(np.log(np.quantile(values, QUANTILES, axis=0) + least))


def correlations(signals: Array) -> Array:
    """Fisher's transform of the correlation of each two signals [shape=(pairs,)]."""
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN for what stands still in a movement of 30 frames
        table = np.asarray(np.corrcoef(signals))[np.triu_indices(len(signals), 1)]
    return np.asarray(np.arctanh(np.clip(table, -0.97, 0.97)))


@cache
def ramp(frames: int, signals: int) -> Array:
    """Unrelated rhythms [shape=(signals, frames)]: so little of them is added that no correlation of what moves changes,
    and that of what does not move is about 0 instead of one of rounding errors."""
    t = np.arange(frames)
    return np.stack([np.sin(2 * np.pi * (k + 1) * t / frames) for k in range(signals)])


@dataclass(frozen=True)
class Column:
    """What a statistic is taken of: its name, its keypoints, and the tracks (places in TRACKS) that must be seen."""

    name: str
    keypoints: tuple[str, ...]
    tracks: tuple[int, ...]

    @staticmethod
    def of(*tracks: int, name: str = "") -> Column:
        """A column of some tracks; its name joins theirs unless it has one of its own."""
        keypoints = dict.fromkeys(k for track in tracks for k in TRACKS[track][1])
        return Column(name or "_with_".join(TRACKS[track][0] for track in tracks), tuple(keypoints), tracks)


@dataclass(frozen=True)
class Family:
    """Statistics of one sort: one of each column for each mark.

    Attributes:
        name: what the names of its statistics begin with.
        quality: see Statistic.
        columns: what they are taken of.
        marks: what sets those of one column apart; None for the axes.
        words: for the report, with {track} and {mark}.
        values: of a movement [shape=(marks, columns)]; the movement's `enough` tells which tracks are seen [shape=(tracks,)].
    """

    name: str
    quality: str
    columns: tuple[Column, ...]
    marks: tuple[str, ...] | None
    words: str
    values: Callable[[Any], Array]

    @cached_property
    def _tracks(self) -> Array:
        """Tracks that each column needs [shape=(columns, tracks)]."""
        return np.array([column.tracks for column in self.columns], dtype=np.int64)

    def statistics(self, axes: int) -> Iterator[Statistic]:
        """Its statistics, a row a mark, a column a column."""
        for mark in AXES[axes] if self.marks is None else self.marks:
            for column in self.columns:
                track = column.name.replace("_with_", " with ").replace("_", " ")
                words = self.words.format(track=track, mark=mark)
                name = f"{self.name}_{column.name}_{mark}".rstrip("_")
                yield Statistic(name, self.quality, column.keypoints, words)

    def row(self, movement: Any) -> Array:
        """Their values [shape=(statistics,)], NaN where a track of the column is seen too rarely."""
        known = movement.enough[self._tracks].all(axis=1)
        return np.where(known, np.atleast_2d(self.values(movement)), np.nan).ravel()
