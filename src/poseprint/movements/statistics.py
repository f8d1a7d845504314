"""Movements -> statistics one can read: how large, how fast, in what rhythm, how coordinated, in what posture.

Every statistic has a name, a quality and the keypoints it speaks of, so that a score made of them can be
explained. Posture and proportions are STATIC: what a photograph shows, and what a podium or a camera sets.
All others are MOTION: the mean pose and the size of the body are taken out of them. They follow the facial and
gestural features of Agarwal et al. (CVPR Workshops 2019; 190 correlations between 20 tracks) and Bohacek and
Farid (PNAS 119, 2022), with order statistics of speed and acceleration added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from poseprint.core.arrays import Array, Span
from poseprint.core.errors import PoseprintError
from poseprint.movements.tracks import _LIMB, _NECK_TRACK, _POSTURE, AXES, FPS, TRACKS, Tracks

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
_COORDINATED = (*range(7), _NECK_TRACK)

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


@cache
def catalogue(axes: int) -> tuple[Statistic, ...]:
    """Every statistic, in the order of the columns of `MovementStatistics.of`."""
    if axes not in AXES:
        raise PoseprintError(f"statistics are of 2 or 3 axes, not {axes}")
    out: list[Statistic] = []

    def add(
        kind: str, quality: str, tracks: Sequence[tuple[str, tuple[str, ...]]], marks: Sequence[str], words: str
    ) -> None:
        for mark in marks:
            for name, keypoints in tracks:
                text = words.format(track=_spoken(name), mark=mark)
                out.append(Statistic(f"{kind}_{name}_{mark}".rstrip("_"), quality, keypoints, text))

    quantiles = [f"{round(100 * q)}" for q in QUANTILES]
    directions = AXES[axes]
    add("place", "posture", TRACKS[_POSTURE], directions, "place of the {track} along {mark}")
    add("length", "proportions", (*TRACKS[_LIMB], TRACKS[0]), ("",), "length of the {track}")
    add("shoulder", "proportions", (TRACKS[1], TRACKS[4]), ("",), "distance of the {track} from the neck")
    add("spread", "amplitude", TRACKS, directions, "how far the {track} moves along {mark}")
    add("velocity", "speed", TRACKS, directions, "speed of the {track} along {mark}")
    add("push", "acceleration", TRACKS, directions, "acceleration of the {track} along {mark}")
    add("speed", "speed", TRACKS, quantiles, "speed of the {track}, {mark}th percentile")
    add("acceleration", "acceleration", TRACKS, quantiles, "acceleration of the {track}, {mark}th percentile")
    add("turning", "turning", TRACKS[_LIMB], quantiles, "turning of the {track}, {mark}th percentile")
    elbows = [
        (f"{side}_elbow", tuple(f"{side}_{k}" for k in ("shoulder", "elbow", "wrist"))) for side in ("right", "left")
    ]
    add("bending", "turning", elbows, quantiles, "bending of the {track}, {mark}th percentile")
    add("tempo", "tempo", TRACKS, ("fast", "sharp"), "tempo of the {track} ({mark})")
    pairs = [
        (f"{TRACKS[a][0]}_with_{TRACKS[b][0]}", tuple(dict.fromkeys(TRACKS[a][1] + TRACKS[b][1])))
        for a, b in combinations(_COORDINATED, 2)
    ]
    add("together", "coordination", pairs, ("",), "{track} moving at the same time")
    bands = [f"{low:g}-{high:g}Hz" for low, high in BANDS_HZ]
    add("band", "rhythm", TRACKS, bands, "share of the {track}'s movement at {mark}")
    columns = [(f"{TRACKS[k][0]}_{d}", TRACKS[k][1]) for k in _CORRELATED for d in AXES[2]]
    add(
        "correlation",
        "correlation",
        [(f"{a}_with_{b}", tuple(dict.fromkeys(p + q))) for (a, p), (b, q) in combinations(columns, 2)],
        ("",),
        "{track} moving along",
    )
    return tuple(out)


_CORRELATED = (*range(7), 8, 10, _NECK_TRACK)
"""Ten tracks of two coordinates: 20 signals and their 190 correlations, as Agarwal et al. have."""


def _spoken(name: str) -> str:
    return name.replace("_with_", " with ").replace("_", " ")


def catalogue_sha256(axes: int) -> str:
    """Of all names in order: what was measured by another catalogue does not fit."""
    return hashlib.sha256("\n".join(s.name for s in catalogue(axes)).encode()).hexdigest()


def columns_of(qualities: Sequence[str], axes: int) -> Array:
    """Indices of the statistics of some qualities: int64 [shape=(n,)]."""
    return np.array([i for i, s in enumerate(catalogue(axes)) if s.quality in qualities], dtype=np.int64)


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
        return _of_one(self._signals[stretch], self._tracks.seen[first:last], at).astype(np.float32)


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
        place = sosfiltfilt(_filters()[0], position, axis=0, padlen=pad)
        velocity = np.gradient(place, axis=0) * FPS
        acceleration = np.gradient(velocity, axis=0) * FPS
        unit = place[:, _LIMB] / np.maximum(np.linalg.norm(place[:, _LIMB], axis=2, keepdims=True), 1e-3)
        turned = np.arccos(np.clip((unit[1:] * unit[:-1]).sum(axis=2), -1, 1)) * FPS
        bend = np.arccos(np.clip((unit[:, [0, 2]] * unit[:, [1, 3]]).sum(axis=2), -1, 1))
        turning = np.concatenate([np.vstack([turned, turned[-1:]]), np.abs(np.gradient(bend, axis=0)) * FPS], axis=1)
        pad = min(60, len(position) - 1)
        bands = [(sosfiltfilt(f, place, axis=0, padlen=pad) ** 2).sum(axis=2) for f in _filters()[1:]]
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
def _filters() -> tuple[Array, ...]:
    nyquist = FPS / 2
    bands = [butter(2, (a / nyquist, b / nyquist), "band", output="sos") for a, b in BANDS_HZ]
    return (butter(3, LOW_PASS_HZ / nyquist, output="sos"), *bands)


def _of_one(s: _Signals, seen: Array, at: slice) -> Array:
    enough = seen.mean(axis=0) >= SEEN_SHARE
    limb = enough[_LIMB]
    place, speed, push = s.place[at], s.speed[at], s.push[at]
    spread = place.std(axis=0)
    rms = np.sqrt((speed**2).mean(axis=0))
    whole = np.sqrt((spread**2).sum(axis=1))
    lengths = np.linalg.norm(place, axis=2)

    def quantiles(values: Array, least: float) -> Array:
        return np.log(np.quantile(values, QUANTILES, axis=0) + least)

    def masked(values: Array, known: Array) -> Array:
        # A row a mark, a column a track: the order in which the catalogue names them.
        return np.where(np.atleast_2d(known), np.atleast_2d(values), np.nan).ravel()

    size = np.log(np.median(lengths, axis=0) + _SLOW)
    together = np.asarray(
        np.corrcoef(np.log(speed[:, _COORDINATED] + 0.03).T + 0.02 * _ramp(len(speed), len(_COORDINATED)))
    )
    upper = np.triu_indices(len(_COORDINATED), 1)
    both = enough[list(_COORDINATED)]
    power = s.bands[at].mean(axis=0).T + 1e-6
    flat = place[:, _CORRELATED, :2].reshape(len(place), -1)
    along = np.asarray(np.corrcoef(flat.T + _SMALL * _ramp(len(flat), flat.shape[1])))
    corner = np.triu_indices(len(along), 1)
    known = np.repeat(enough[list(_CORRELATED)], 2)
    bending = limb[[0, 2]] & limb[[1, 3]]
    return np.concatenate(
        [
            masked(place[:, _POSTURE].mean(axis=0).T, enough[_POSTURE]),
            masked(size[[*range(7, 11), 0]], enough[[*range(7, 11), 0]]),
            masked(size[[1, 4]], enough[[1, 4]]),
            masked(np.log(spread + _SMALL).T, enough),
            masked(np.log(s.velocity[at].std(axis=0) + _SLOW).T, enough),
            masked(np.log(s.acceleration[at].std(axis=0) + _SOFT).T, enough),
            masked(quantiles(speed, _SLOW), enough),
            masked(quantiles(push, _SOFT), enough),
            masked(quantiles(s.turning[at][:, :4], 2 * _SLOW), limb),
            masked(quantiles(s.turning[at][:, 4:], 2 * _SLOW), bending),
            masked(np.log(rms + _SLOW) - np.log(whole + _SMALL), enough),
            masked(np.log(np.sqrt((push**2).mean(axis=0)) + _SOFT) - np.log(rms + _SLOW), enough),
            np.where(both[upper[0]] & both[upper[1]], _fisher(together[upper]), np.nan),
            masked(np.log(power) - np.log(power.sum(axis=0)), enough),
            np.where(known[corner[0]] & known[corner[1]], _fisher(along[corner]), np.nan),
        ]
    )


@cache
def _ramp(frames: int, signals: int) -> Array:
    """Unrelated rhythms [shape=(signals, frames)]: so little of them is added that no correlation of what moves changes,
    and that of what does not move is about 0 instead of one of rounding errors."""
    t = np.arange(frames)
    return np.stack([np.sin(2 * np.pi * (k + 1) * t / frames) for k in range(signals)])


def _fisher(r: Array) -> Array:
    return np.asarray(np.arctanh(np.clip(r, -0.97, 0.97)))
