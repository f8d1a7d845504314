"""Movements as a network takes them: normalised, padded, labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from poseprint.core.arrays import Array, Span, median_of
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER
from poseprint.movements.cutting import LENGTH
from poseprint.supervised.features import FEATURES

Normalisation = Literal["zscore", "body"]


@dataclass(frozen=True)
class MovementSet:
    """Movements ready for a model.

    Attributes:
        features: float32 [shape=(movements, frames, features)], normalised; the paper's 24 are x0,y0 .. x11,y11; rows past a
            movement's length are 0.
        lengths: frames in each movement, int64 [shape=(movements,)].
        starts: time of each movement's first frame in its recording, seconds, float64 [shape=(movements,)].
        recordings: identifier of each movement's recording.
        persons: who is in it.
        labels: 1 real, 0 fake, -1 unknown, int64 [shape=(movements,)].
    """

    features: Array
    lengths: Array
    starts: Array
    recordings: tuple[str, ...]
    persons: tuple[str, ...]
    labels: Array

    def __post_init__(self) -> None:
        count = len(self.features)
        sizes = [len(self.lengths), len(self.starts), len(self.recordings), len(self.persons), len(self.labels)]
        if self.features.ndim != 3 or any(size != count for size in sizes):
            raise PoseprintError(
                f"a movement set's parts differ in length: features {self.features.shape}, others {sizes}"
            )
        if not np.isfinite(self.features).all():
            raise PoseprintError("a movement set's features must be finite; missing keypoints become 0 when normalised")

    def __len__(self) -> int:
        return len(self.features)

    def subset(self, indices: Sequence[int] | Array) -> MovementSet:
        """The movements at some indices."""
        keep = [int(i) for i in indices]
        return MovementSet(
            self.features[keep],
            self.lengths[keep],
            self.starts[keep],
            tuple(self.recordings[i] for i in keep),
            tuple(self.persons[i] for i in keep),
            self.labels[keep],
        )

    @staticmethod
    def joined(sets: Sequence[MovementSet]) -> MovementSet:
        """Several sets as one; shorter movements are padded with 0."""
        if not sets:
            none = np.zeros(0, dtype=np.int64)
            return MovementSet(np.zeros((0, 0, 24), dtype=np.float32), none, none.astype(np.float64), (), (), none)
        longest = max((s.features.shape[1] for s in sets), default=0)
        padded = [np.pad(s.features, ((0, 0), (0, longest - s.features.shape[1]), (0, 0))) for s in sets]
        return MovementSet(
            np.concatenate(padded),
            np.concatenate([s.lengths for s in sets]),
            np.concatenate([s.starts for s in sets]),
            tuple(r for s in sets for r in s.recordings),
            tuple(p for s in sets for p in s.persons),
            np.concatenate([s.labels for s in sets]),
        )


def normalise(position: Array, how: Normalisation, angles: Array | None = None) -> Array:
    """One movement's positions, and angles where there are any, as features.

    `zscore` is the paper's (Eq. 1): missing keypoints become 0,0, missing angles 0, then each feature has its
    mean over the movement subtracted and is divided by its standard deviation (over all frames, not
    one fewer); 0 where that is 0. `body` puts the neck of each frame at the origin and the movement's
    median shoulder width at 1; missing keypoints, and all of a frame without a neck, become 0. Angles, which depend
    on neither, stay radians, 0 where missing.

    Args:
        position: [shape=(frames, points, 2)], pixels, NaN = missing; the skeleton's 12 come first.
        how: zscore or body.
        angles: [shape=(frames, angles)], radians, NaN = missing.

    Returns:
        float32 [shape=(frames, 2 * points + angles)].
    """
    x = np.asarray(position, dtype=np.float64)
    turned = np.zeros((len(x), 0)) if angles is None else angles
    if how == "zscore":
        flat = np.nan_to_num(np.concatenate([x.reshape(len(x), -1), turned], axis=1), nan=0.0)
        mean, sigma = flat.mean(axis=0), flat.std(axis=0)
        # A constant column's deviation is rounding noise, not movement.
        still = np.ptp(flat, axis=0) == 0
        return np.where(still, 0.0, (flat - mean) / np.where(still, 1.0, sigma)).astype(np.float32)
    if how == "body":
        width = np.linalg.norm(x[:, RIGHT_SHOULDER] - x[:, LEFT_SHOULDER], axis=1)
        unit = median_of(width)
        placed = (x - x[:, [NECK]]) / unit if unit > 0 else np.zeros_like(x)
        flat = np.concatenate([placed.reshape(len(x), -1), turned], axis=1)
        return np.asarray(np.nan_to_num(flat, nan=0.0), dtype=np.float32)
    raise PoseprintError(f"normalisation {how!r} is not one of {', '.join(get_args(Normalisation))}")


def movement_set(
    series: PoseSeries, spans: Sequence[Span], how: Normalisation, *, features: str = "keypoints", label: int = -1
) -> MovementSet:
    """The movements at `spans` of a cleaned series, normalised; shorter ones padded with 0 at the end.

    Raises:
        PoseFileError: the series lacks channels that the features (in `poseprint.supervised.features.FEATURES`) take.
    """
    chosen = FEATURES[features]
    places, angles = chosen.measured(series)
    longest = max((last - first for first, last in spans), default=LENGTH)
    values = np.zeros((len(spans), longest, chosen.count), dtype=np.float32)
    for row, (first, last) in zip(values, spans, strict=True):
        row[: last - first] = normalise(places[first:last], how, angles[first:last])[:, chosen.columns]
    return MovementSet(
        features=values,
        lengths=np.array([last - first for first, last in spans], dtype=np.int64),
        starts=np.array([series.time[first] for first, _ in spans], dtype=np.float64),
        recordings=(series.recording,) * len(spans),
        persons=(series.person,) * len(spans),
        labels=np.full(len(spans), label, dtype=np.int64),
    )
