"""How a body moves and is held, as statistics one can read: how large, how fast, in what rhythm, how coordinated, in what posture.

They follow the facial and gestural features of Agarwal et al. (CVPR Workshops 2019; 190 correlations between 20 tracks)
and Bohacek and Farid (PNAS 119, 2022), with order statistics of speed and acceleration added. The mean pose and the
size of the body are taken out of all that is movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy.signal import sosfiltfilt

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS
from poseprint.movements.families import (
    BANDS,
    PERCENTILES,
    Column,
    Family,
    correlations,
    filters,
    log_quantiles,
    ramp,
)
from poseprint.movements.tracks import AXES, LIMBS, NECK_TRACK, POSTURE, TRACKS

# What is added before a logarithm: about the estimator's error, in shoulder widths (and s, and s^2).
_SMALL, _SLOW, _SOFT = 0.003, 0.01, 0.1


@dataclass(frozen=True, eq=False)
class Signals:
    """What is taken once for a stretch: arrays over (frames, tracks[, axes])."""

    place: Array
    velocity: Array
    acceleration: Array
    speed: Array
    push: Array
    turning: Array
    bands: Array

    @staticmethod
    def of(position: Array) -> Signals:
        """Those of a stretch's tracks [shape=(frames, tracks, axes)]."""
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
        return Signals(
            place,
            velocity,
            acceleration,
            np.linalg.norm(velocity, axis=2),
            np.linalg.norm(acceleration, axis=2),
            turning,
            np.stack(bands, axis=2),
        )


@dataclass(frozen=True, eq=False)
class BodyMovement(Signals):
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


def _tempo(m: BodyMovement) -> Array:
    whole = np.sqrt((m.spread**2).sum(axis=1))
    fast = np.log(m.speed_rms + _SLOW) - np.log(whole + _SMALL)
    sharp = np.log(np.sqrt((m.push**2).mean(axis=0)) + _SOFT) - np.log(m.speed_rms + _SLOW)
    return np.stack([fast, sharp])


def _together(m: BodyMovement) -> Array:
    signals = np.log(m.speed[:, _COORDINATED] + 0.03).T
    return correlations(signals + 0.02 * ramp(len(m.speed), len(_COORDINATED)))


def _along(m: BodyMovement) -> Array:
    signals = m.place[:, _CORRELATED, :2].reshape(len(m.place), -1).T
    return correlations(signals + _SMALL * ramp(signals.shape[1], len(signals)))


def _rhythm(m: BodyMovement) -> Array:
    power = m.bands.mean(axis=0).T + 1e-6
    return np.asarray(np.log(power) - np.log(power.sum(axis=0)))


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
