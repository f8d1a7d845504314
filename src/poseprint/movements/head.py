"""How a head turns and a face moves, as statistics one can read: how far, how fast, in what rhythm, what together with what.

As for the body (`poseprint.movements.body`), what a photograph shows is STATIC: how a head is held, what expression a face
rests in. All else is movement. The tracks are MediaPipe's: rotation of the head in radians, and 51 blendshapes, 0 to 1. Head motion and
its coordination follow Agarwal et al. (CVPR Workshops 2019); regions instead of single muscles keep the names few enough to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

import numpy as np
from scipy.signal import sosfiltfilt

from poseprint.core.arrays import Array
from poseprint.core.channels import BLENDSHAPES
from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.movements.families import (
    BANDS,
    PERCENTILES,
    SHORTEST,
    Column,
    Family,
    correlations,
    filters,
    log_quantiles,
    ramp,
)

ANGLES = ("yaw", "pitch", "roll")
SHAPES = tuple(name for name in BLENDSHAPES if name != "neutral")
REGIONS = {
    "brows": ("brow_",),
    "lids": ("eye_squint", "eye_wide"),
    "blinks": ("eye_blink",),
    "gaze": ("eye_look",),
    "cheeks": ("cheek_", "nose_"),
    "jaw": ("jaw_",),
    "mouth": ("mouth_",),
}
"""Region of the face and how the names of its blendshapes begin."""
SIDES = tuple(
    name.removesuffix("_left") for name in SHAPES if name.endswith("_left") and name.replace("left", "right") in SHAPES
)
"""Blendshapes that both sides of the face have."""
_PART_OF = {
    **dict.fromkeys(("brows", "lids", "blinks", "gaze"), "eyes"),
    **dict.fromkeys(("cheeks", "jaw", "mouth"), "mouth"),
}
"""The part of the face (see FACE_PARTS) that a region belongs to."""

# What is added before a logarithm: about the landmarker's error, in radians or shares (and a second, and a second squared).
_SMALL, _SLOW, _SOFT = 0.005, 0.02, 0.2
_BLINK = 0.4


@dataclass(frozen=True, eq=False)
class _Movement:
    """One movement, low-passed, and what several families take; parts as in _PARTS.

    Attributes:
        tracks, velocity: head and face side by side, in radians or shares (and a second) [shape=(frames, 54)].
        bands: power of each track in each of BANDS [shape=(bands, 54)].
        speed, push: speed and acceleration of each part [shape=(frames, parts)].
        speeds, pushes: their logarithms at PERCENTILES [shape=(percentiles, parts)].
    """

    tracks: Array
    velocity: Array
    bands: Array
    speed: Array
    push: Array
    speeds: Array
    pushes: Array
    enough = np.zeros(0, dtype=bool)
    """There are no tracks that might be missing: a head or a face is found whole or not at all."""

    @staticmethod
    def of(movements: Array) -> Iterator[_Movement]:
        """Movements of one length, all at once: most of what they take is the cost of calls [shape=(movements, frames, 54)]."""
        frames = movements.shape[1]
        tracks = sosfiltfilt(filters()[0], movements, axis=1, padlen=min(30, frames - 1))
        pad = min(60, frames - 1)
        bands = [(sosfiltfilt(f, tracks, axis=1, padlen=pad) ** 2).mean(axis=1) for f in filters()[1:]]
        velocity = _slope(tracks)
        speed, push = _lengths(velocity), _lengths(_slope(velocity))
        quantiles = (
            log_quantiles(v.swapaxes(0, 1), least).swapaxes(0, 1) for v, least in ((speed, _SLOW), (push, _SOFT))
        )
        return map(_Movement, tracks, velocity, np.stack(bands, axis=1), speed, push, *quantiles)

    @property
    def head(self) -> Array:
        """Yaw, pitch and roll [shape=(frames, 3)]."""
        return self.tracks[:, : len(ANGLES)]

    @property
    def face(self) -> Array:
        """SHAPES [shape=(frames, 51)]."""
        return self.tracks[:, len(ANGLES) :]

    @cached_property
    def spread(self) -> Array:
        """Of each part."""
        return _lengths(self.tracks.var(axis=0), squared=True)


def _slope(values: Array) -> Array:
    return np.asarray(np.gradient(values, axis=-2) * GRID_FPS)


def _lengths(values: Array, *, squared: bool = False) -> Array:
    """Lengths of each part's tracks together [shape=(..., parts)]; of tracks, or of what is squared already [shape=(..., 54)]."""
    return np.asarray(np.sqrt((values if squared else values**2) @ _members()))


@cache
def _members() -> Array:
    """Which track belongs to which part [shape=(54, parts)]."""
    members = np.zeros((len(ANGLES) + len(SHAPES), len(_places())))
    for part, columns in enumerate(_places()):
        members[columns, part] = 1
    return members


@cache
def _columns() -> tuple[list[int], ...]:
    """Columns of each region."""
    return tuple([k for k, name in enumerate(SHAPES) if name.startswith(begin)] for begin in REGIONS.values())


def _rms(values: Array) -> Array:
    return np.asarray(np.sqrt((values**2).mean(axis=0)))


def _tempo(m: _Movement) -> Array:
    fast = np.log(_rms(m.speed) + _SLOW) - np.log(m.spread + _SMALL)
    return np.stack([fast, np.log(_rms(m.push) + _SOFT) - np.log(_rms(m.speed) + _SLOW)])


def _rhythm(m: _Movement) -> Array:
    share = np.log(m.bands @ _members() + 1e-6)
    return np.asarray(share - np.log(np.exp(share).sum(axis=0)))


@cache
def _places() -> tuple[list[int], ...]:
    """Columns of each part (see _PARTS) where head and face stand side by side."""
    angles = list(range(len(ANGLES)))
    return (angles, *([k] for k in angles), *([len(ANGLES) + k for k in columns] for columns in _columns()))


def _together(m: _Movement) -> Array:
    signals = np.log(m.speed[:, _MOVERS] + _SLOW).T
    return correlations(signals + 0.02 * ramp(signals.shape[1], len(signals)))[None]


def _turning(m: _Movement) -> Array:
    return correlations(m.head.T + _SMALL * ramp(len(m.head), len(ANGLES)))[None]


def _sides(m: _Movement) -> Array:
    noise = _SMALL * ramp(len(m.face), 2)
    left, right = (
        np.stack([m.face[:, SHAPES.index(f"{name}_{side}")] for name in SIDES], axis=1) + noise[k][:, None]
        for k, side in enumerate(("left", "right"))
    )
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    together = (left * right).mean(axis=0) / np.sqrt((left**2).mean(axis=0) * (right**2).mean(axis=0))
    return np.asarray(np.arctanh(np.clip(together, -0.97, 0.97))[None])


def _blinks(m: _Movement) -> Array:
    shut = m.face[:, _columns()[list(REGIONS).index("blinks")]].mean(axis=1) > _BLINK
    begun = np.count_nonzero(shut[1:] & ~shut[:-1])
    return np.log([[begun * GRID_FPS / len(shut) + 0.1], [shut.mean() + 0.01]])


def _part_of(name: str) -> str:
    """The part that a track belongs to; head and face together are the head's, eyes and mouth together the face's."""
    parts = set()
    for track in name.split("_with_"):
        region = track if track in REGIONS else next((r for r, begin in REGIONS.items() if track.startswith(begin)), "")
        parts.add(_PART_OF.get(region, "head"))
    return "head" if "head" in parts else parts.pop() if len(parts) == 1 else "face"


def _columns_of(names: Sequence[str], part: str = "") -> tuple[Column, ...]:
    """Columns of some tracks; what they are taken of is always known."""
    return tuple(Column(name, (part or _part_of(name),), ()) for name in names)


_PARTS = ("head", *ANGLES, *REGIONS)
_MOVERS = [0, *range(len(ANGLES) + 1, len(_PARTS))]
"""The head as a whole and each region."""


def _pairs(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{a}_with_{b}" for a, b in combinations(names, 2))


# fmt: off
FACE_FAMILIES = (
    Family("held", "posture", _columns_of(ANGLES), ("",), "{track} of the head in the mean", lambda m: m.head.mean(axis=0)[None]),
    Family("rests", "expression", _columns_of(SHAPES, "face"), ("",), "{track} in the mean", lambda m: m.face.mean(axis=0)[None]),
    Family("spread", "amplitude", _columns_of(_PARTS), ("",), "how far the {track} moves", lambda m: np.log(m.spread + _SMALL)[None]),
    Family("deviation", "amplitude", _columns_of(SHAPES), ("",), "how much of {track}",
           lambda m: np.log(m.face.std(axis=0) + _SMALL)[None]),
    Family("velocity", "speed", _columns_of(SHAPES), ("",), "speed of {track}",
           lambda m: np.log(m.velocity[:, len(ANGLES) :].std(axis=0) + _SLOW)[None]),
    Family("speed", "speed", _columns_of(_PARTS), PERCENTILES, "speed of the {track}, {mark}th percentile",
           lambda m: m.speeds),
    Family("acceleration", "acceleration", _columns_of(_PARTS), PERCENTILES, "acceleration of the {track}, {mark}th percentile",
           lambda m: m.pushes),
    Family("tempo", "tempo", _columns_of(_PARTS), ("fast", "sharp"), "tempo of the {track} ({mark})", _tempo),
    Family("eyes", "tempo", _columns_of(("shut",), "eyes"), ("often", "long"), "how {mark} the eyes are {track}", _blinks),
    Family("band", "rhythm", _columns_of(_PARTS), BANDS, "share of the {track}'s movement at {mark}", _rhythm),
    Family("turning", "coordination", _columns_of(_pairs(ANGLES)), ("",), "{track} of the head turning together", _turning),
    Family("sides", "coordination", _columns_of(SIDES), ("",), "{track} on both sides together", _sides),
    Family("together", "coordination", _columns_of(_pairs(tuple(_PARTS[k] for k in _MOVERS))), ("",),
           "{track} moving at the same time", _together),
)
# fmt: on


COUNT = sum(len(family.columns) * len(family.marks or ()) for family in FACE_FAMILIES)
"""How many statistics there are."""


def face_statistics(movements: Array) -> Array:
    """The statistics of some movements of one length.

    Args:
        movements: of each, 30 a second, yaw, pitch and roll in radians, then SHAPES, 0 to 1 [shape=(movements, frames, 54)].

    Returns:
        [shape=(movements, statistics)], all finite.

    Raises:
        PoseprintError: fewer than SHORTEST frames, or one of them unknown.
    """
    frames = movements.shape[1]
    if frames < SHORTEST:
        raise PoseprintError(f"a movement needs at least {SHORTEST} frames to have statistics")
    if not np.isfinite(movements).all():
        raise PoseprintError("a head or a face is not in sight for all of the movement")
    angles = np.unwrap(movements[:, :, : len(ANGLES)], axis=1)
    tracks = np.concatenate([angles, movements[:, :, len(ANGLES) :]], axis=2)
    return np.stack([np.concatenate([family.row(m) for family in FACE_FAMILIES]) for m in _Movement.of(tracks)])
