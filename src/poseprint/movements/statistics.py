"""Movements -> statistics one can read: how large, how fast, in what rhythm, how coordinated, in what posture.

Every statistic has a name, a quality and the keypoints it speaks of, so that a score made of them can be
explained. Posture and proportions are STATIC: what a photograph shows, and what a podium or a camera sets.
All others are MOTION: the mean pose and the size of the body are taken out of them. They follow the facial and
gestural features of Agarwal et al. (CVPR Workshops 2019; 190 correlations between 20 tracks) and Bohacek and
Farid (PNAS 119, 2022), with order statistics of speed and acceleration added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import Any

import numpy as np
from scipy.signal import butter, sosfiltfilt

from poseprint.core.arrays import Array, Span
from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.movements.tracks import AXES, LIMBS, NECK_TRACK, POSTURE, TRACKS, Tracks

SHORTEST = 30
"""Frames of the shortest movement that has statistics: one second."""

SEEN_SHARE = 0.7
"""Share of a movement's frames in which a track must be seen to have statistics."""

LOW_PASS_HZ = 6.0
"""Human gesture lies below; above is mostly the estimator's jitter."""

STATIC = ("posture", "proportions")
MOTION = ("amplitude", "speed", "acceleration", "turning", "tempo", "coordination")
FURTHER = ("rhythm", "correlation")
"""Qualities that are measured and explained, but that made verification no better (benchmarks/verification.py)."""

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
BANDS_HZ = ((0.1, 0.5), (0.5, 1.2), (1.2, 2.5), (2.5, 5.0))

# What is added before a logarithm: about the estimator's error, in shoulder widths (and s, and s^2).
_SMALL, _SLOW, _SOFT = 0.003, 0.01, 0.1


@dataclass(frozen=True)
class Statistic:
    """One number that is taken of a movement.

    Attributes:
        name: unique.
        quality: posture, proportions, amplitude, speed, acceleration, turning, tempo, coordination, rhythm or
            correlation.
        keypoints: what it is measured on.
        words: for the report.
    """

    name: str
    quality: str
    keypoints: tuple[str, ...]
    words: str


@dataclass(frozen=True, eq=False)
class _Signals:
    """What is taken once for a stretch: arrays over (frames, tracks[, axes])."""

    place: Array
    velocity: Array
    acceleration: Array
    speed: Array
    push: Array
    turning: Array
    bands: Array

    @staticmethod
    def of(position: Array) -> _Signals:
        pad = min(30, len(position) - 1)
        place = sosfiltfilt(filters()[0], position, axis=0, padlen=pad)
        velocity = np.gradient(place, axis=0) * GRID_FPS
        acceleration = np.gradient(velocity, axis=0) * GRID_FPS
        unit = place[:, LIMBS] / np.maximum(np.linalg.norm(place[:, LIMBS], axis=2, keepdims=True), 1e-3)
        turned = np.arccos(np.clip((unit[1:] * unit[:-1]).sum(axis=2), -1, 1)) * GRID_FPS
        bend = np.arccos(np.clip((unit[:, [0, 2]] * unit[:, [1, 3]]).sum(axis=2), -1, 1))
        turning = np.concatenate(
            [np.vstack([turned, turned[-1:]]), np.abs(np.gradient(bend, axis=0)) * GRID_FPS], axis=1
        )
        pad = min(60, len(position) - 1)
        bands = [(sosfiltfilt(f, place, axis=0, padlen=pad) ** 2).sum(axis=2) for f in filters()[1:]]
        return _Signals(
            place,
            velocity,
            acceleration,
            np.linalg.norm(velocity, axis=2),
            np.linalg.norm(acceleration, axis=2),
            turning,
            np.stack(bands, axis=2),
        )


@cache
def filters() -> tuple[Array, ...]:
    """Second-order sections: the low-pass of LOW_PASS_HZ, and a band-pass for each of BANDS_HZ."""
    nyquist = GRID_FPS / 2
    bands = [butter(2, (a / nyquist, b / nyquist), "band", output="sos") for a, b in BANDS_HZ]
    return (butter(3, LOW_PASS_HZ / nyquist, output="sos"), *bands)


@dataclass(frozen=True, eq=False)
class _Movement(_Signals):
    """One movement's part of the signals, which tracks are seen in it often enough, and what several families take."""

    enough: Array  # [tracks]

    @cached_property
    def spread(self) -> Array:
        """Deviation of each track along each axis."""
        return np.asarray(self.place.std(axis=0))

    @cached_property
    def speed_rms(self) -> Array:
        """Root mean square of each track's speed."""
        return np.asarray(np.sqrt((self.speed**2).mean(axis=0)))

    @cached_property
    def size(self) -> Array:
        """Logarithm of the median length of each track."""
        return np.asarray(np.log(np.median(np.linalg.norm(self.place, axis=2), axis=0) + _SLOW))


def _tempo(m: _Movement) -> Array:
    whole = np.sqrt((m.spread**2).sum(axis=1))
    fast = np.log(m.speed_rms + _SLOW) - np.log(whole + _SMALL)
    sharp = np.log(np.sqrt((m.push**2).mean(axis=0)) + _SOFT) - np.log(m.speed_rms + _SLOW)
    return np.stack([fast, sharp])


def _together(m: _Movement) -> Array:
    signals = np.log(m.speed[:, _COORDINATED] + 0.03).T
    return correlations(signals + 0.02 * ramp(len(m.speed), len(_COORDINATED)))


def _along(m: _Movement) -> Array:
    signals = m.place[:, _CORRELATED, :2].reshape(len(m.place), -1).T
    return correlations(signals + _SMALL * ramp(signals.shape[1], len(signals)))


def _rhythm(m: _Movement) -> Array:
    power = m.bands.mean(axis=0).T + 1e-6
    return np.asarray(np.log(power) - np.log(power.sum(axis=0)))


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


# ---- the table ----------------------------------------------------------------------------------


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


_COORDINATED = (*range(7), NECK_TRACK)
_CORRELATED = (*range(7), 8, 10, NECK_TRACK)
"""Ten tracks of two coordinates: 20 signals and their 190 correlations, as Agarwal et al. have."""
_COORDINATES = [(track, f"{TRACKS[track][0]}_{axis}") for track in _CORRELATED for axis in AXES[2]]

_ALL = tuple(Column.of(track) for track in range(len(TRACKS)))
_ELBOWS = (Column.of(7, 8, name="right_elbow"), Column.of(9, 10, name="left_elbow"))
_PAIRS = tuple(Column.of(a, b) for a, b in combinations(_COORDINATED, 2))
_COORDINATE_PAIRS = tuple(
    Column.of(a, b, name=f"{one}_with_{other}") for (a, one), (b, other) in combinations(_COORDINATES, 2)
)
PERCENTILES = tuple(f"{round(100 * q)}" for q in QUANTILES)
BANDS = tuple(f"{low:g}-{high:g}Hz" for low, high in BANDS_HZ)
_LENGTHS, _SHOULDERS = [*range(len(TRACKS))[LIMBS], 0], [1, 4]

# fmt: off
FAMILIES = (
    Family("place", "posture", _ALL[POSTURE], None, "place of the {track} along {mark}",
            lambda m: m.place[:, POSTURE].mean(axis=0).T),
    Family("length", "proportions", tuple(_ALL[k] for k in _LENGTHS), ("",), "length of the {track}",
            lambda m: m.size[_LENGTHS]),
    Family("shoulder", "proportions", tuple(_ALL[k] for k in _SHOULDERS), ("",), "distance of the {track} from the neck",
            lambda m: m.size[_SHOULDERS]),
    Family("spread", "amplitude", _ALL, None, "how far the {track} moves along {mark}",
            lambda m: np.log(m.spread + _SMALL).T),
    Family("velocity", "speed", _ALL, None, "speed of the {track} along {mark}",
            lambda m: np.log(m.velocity.std(axis=0) + _SLOW).T),
    Family("push", "acceleration", _ALL, None, "acceleration of the {track} along {mark}",
            lambda m: np.log(m.acceleration.std(axis=0) + _SOFT).T),
    Family("speed", "speed", _ALL, PERCENTILES, "speed of the {track}, {mark}th percentile",
            lambda m: log_quantiles(m.speed, _SLOW)),
    Family("acceleration", "acceleration", _ALL, PERCENTILES, "acceleration of the {track}, {mark}th percentile",
            lambda m: log_quantiles(m.push, _SOFT)),
    Family("turning", "turning", _ALL[LIMBS], PERCENTILES, "turning of the {track}, {mark}th percentile",
            lambda m: log_quantiles(m.turning[:, :4], 2 * _SLOW)),
    Family("bending", "turning", _ELBOWS, PERCENTILES, "bending of the {track}, {mark}th percentile",
            lambda m: log_quantiles(m.turning[:, 4:], 2 * _SLOW)),
    Family("tempo", "tempo", _ALL, ("fast", "sharp"), "tempo of the {track} ({mark})", _tempo),
    Family("together", "coordination", _PAIRS, ("",), "{track} moving at the same time", _together),
    Family("band", "rhythm", _ALL, BANDS, "share of the {track}'s movement at {mark}", _rhythm),
    Family("correlation", "correlation", _COORDINATE_PAIRS, ("",), "{track} moving along", _along),
)
# fmt: on
"""Every family in the order of the columns of `MovementStatistics.of`. What a profile keeps depends on names and order."""


@cache
def catalogue(axes: int) -> tuple[Statistic, ...]:
    """Every statistic, in the order of the columns of `MovementStatistics.of`."""
    if axes not in AXES:
        raise PoseprintError(f"statistics are of 2 or 3 axes, not {axes}")
    return tuple(statistic for family in FAMILIES for statistic in family.statistics(axes))


def catalogue_sha256(axes: int) -> str:
    """Of all names in order: what was measured by another catalogue does not fit."""
    return hashlib.sha256("\n".join(s.name for s in catalogue(axes)).encode()).hexdigest()


@cache
def columns_of(qualities: tuple[str, ...], axes: int) -> Array:
    """Indices of the statistics of some qualities: int64 [shape=(n,)], not to be written to."""
    columns = np.array([i for i, s in enumerate(catalogue(axes)) if s.quality in qualities], dtype=np.int64)
    columns.setflags(write=False)
    return columns


class MovementStatistics:
    """The statistics of a recording's movements; each movement's are computed once, whoever asks for them.

    Args:
        tracks: of the recording.
        stretches: usable frames, each movement within one: no filter reaches across a cut or a gap.
    """

    def __init__(self, tracks: Tracks, stretches: Sequence[Span]) -> None:
        self._tracks, self._stretches = tracks, stretches
        self._signals: dict[Span, _Signals] = {}
        self._rows: dict[Span, Array] = {}

    def of(self, spans: Sequence[Span]) -> Array:
        """The statistics of some movements.

        Args:
            spans: (first, last + 1) frames of each; at least SHORTEST long.

        Returns:
            float32 [shape=(movements, statistics)]; NaN where a track is seen in less than SEEN_SHARE of the frames.
        """
        table = np.empty((len(spans), len(catalogue(self._tracks.position.shape[2]))), dtype=np.float32)
        for row, span in enumerate(spans):
            if span not in self._rows:
                self._rows[span] = self._computed(span)
            table[row] = self._rows[span]
        return table

    def _computed(self, span: Span) -> Array:
        first, last = span
        if last - first < SHORTEST:
            raise PoseprintError(f"a movement needs at least {SHORTEST} frames to have statistics")
        stretch = next((s for s in self._stretches if s[0] <= first and last <= s[1]), None)
        if stretch is None:
            raise PoseprintError(f"the movement of frames {first} to {last - 1} lies in no usable stretch")
        if stretch not in self._signals:
            self._signals[stretch] = _Signals.of(self._tracks.position[slice(*stretch)])
        at = slice(first - stretch[0], last - stretch[0])
        signals = {name: values[at] for name, values in vars(self._signals[stretch]).items()}
        movement = _Movement(**signals, enough=self._tracks.seen[first:last].mean(axis=0) >= SEEN_SHARE)
        return np.concatenate([family.row(movement) for family in FAMILIES]).astype(np.float32)
