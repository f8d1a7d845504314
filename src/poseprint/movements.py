"""Poses -> movements: clean, resample, cut, normalise.

A movement is a run of poses; the paper's is 150 frames at 30 fps. Nothing here touches disk.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER

LENGTH = 150
"""Frames in a movement (paper, section 3.1)."""

FILLED_GAP_S = 0.2
"""Seconds up to which a keypoint that was lost is filled in."""

Normalisation = Literal["zscore", "body"]
Span = tuple[int, int]


@dataclass(frozen=True)
class MovementSet:
    """Movements ready for a model.

    Attributes:
        features: float32 [shape=(movements, frames, 24)], x0,y0 .. x11,y11, normalised; rows past a
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


def clean(series: PoseSeries, *, longest_gap: float = FILLED_GAP_S) -> PoseSeries:
    """Keypoints that were not seen become missing; short gaps are filled by straight lines.

    Gaps at the ends of a shot, and longer ones, stay missing: nothing is made up there.

    Args:
        series: poses of an estimator.
        longest_gap: seconds.
    """
    seen = series.seen()
    position = np.where(seen[:, :, None], series.position, np.nan).astype(np.float64)
    most = round(longest_gap * series.fps)
    for first, last in series.shots():
        for k in range(position.shape[1]):
            track = position[first:last, k]
            known = np.flatnonzero(~np.isnan(track[:, 0]))
            if len(known) < 2:
                continue
            gaps = np.flatnonzero((np.diff(known) > 1) & (np.diff(known) <= most + 1))
            for g in gaps:
                a, b = known[g], known[g + 1]
                w = np.arange(1, b - a)[:, None] / (b - a)
                track[a + 1 : b] = (1 - w) * track[a] + w * track[b]
    confidence = np.where(np.isnan(position[:, :, 0]), 0, series.confidence)
    return series.logged("clean", position=position, confidence=confidence, details={"longest_gap_s": longest_gap})


def resample(series: PoseSeries, fps: float) -> PoseSeries:
    """The series at another frame rate, by straight lines between frames of one shot; missing stays missing."""
    if np.isclose(series.fps, fps):
        return series
    if not len(series):
        return series.logged("resample", fps=fps, details={"fps": fps})
    count = max(1, round(len(series) / series.fps * fps))
    time = series.time[0] + np.arange(count) / fps
    left = np.clip(np.searchsorted(series.time, time + 1e-9, side="right") - 1, 0, len(series) - 1)
    right = np.minimum(left + 1, len(series) - 1)
    gap = series.time[right] - series.time[left]
    weight = np.where(gap > 0, np.clip((time - series.time[left]) / np.where(gap > 0, gap, 1), 0, 1), 0.0)
    weight[weight < 1e-6] = 0
    if "cut" in series.channels:
        weight[series.channels["cut"][right] > 0] = 0
    w = weight[:, None, None]
    position = np.where(w == 0, series.position[left], (1 - w) * series.position[left] + w * series.position[right])
    confidence = np.where(
        w[:, :, 0] == 0, series.confidence[left], np.minimum(series.confidence[left], series.confidence[right])
    )
    # Signals of single pictures: kept at the first frame at or after them; the largest of those skipped.
    channels = {}
    for name, values in series.channels.items():
        if name.startswith("depth_"):  # a coordinate, not a signal of a picture
            channels[name] = np.where(weight == 0, values[left], (1 - weight) * values[left] + weight * values[right])
            continue
        groups = [values[a + 1 : b + 1] for a, b in itertools.pairwise([-1, *left])]
        quiet = np.nan if name == "people" else 0.0
        peaks = [g[~np.isnan(g)].max(initial=-np.inf) for g in groups]
        channels[name] = np.where(np.isfinite(peaks), peaks, quiet)
    return series.logged(
        "resample",
        position=position,
        confidence=confidence,
        time=time,
        fps=fps,
        channels=channels,
        details={"fps": fps},
    )


def cut_movements(
    spans: Sequence[Span], *, length: int = LENGTH, stride: int | None = None, shortest: int | None = None
) -> list[Span]:
    """Where movements lie in stretches of usable frames; none crosses the end of a stretch.

    Args:
        spans: usable stretches, as (first, last + 1).
        length: frames in a movement.
        stride: frames from one movement's start to the next; None for `length`, side by side.
        shortest: keep the tail of a stretch from this many frames on, for models that take any
            length; None drops tails.
    """
    step = length if stride is None else stride
    if length < 2 or step < 1:
        raise PoseprintError(
            f"a movement needs a length of at least 2 and a stride of at least 1, got {length} and {step}"
        )
    movements = []
    for first, last in spans:
        start = covered = first
        while start + length <= last:
            covered = start + length
            movements.append((start, covered))
            start += step
        if shortest is not None and last - covered >= max(shortest, 1):
            movements.append((covered, last))
    return movements


def cut_mixed(spans: Sequence[Span], *, shortest: int, longest: int, rng: np.random.Generator) -> list[Span]:
    """Movements of mixed lengths, side by side, that cover stretches of usable frames from end to end.

    Lengths are drawn so that each doubling of the length is as likely as any other.

    Args:
        spans: usable stretches, as (first, last + 1); those shorter than `shortest` give nothing.
        shortest, longest: frames; a stretch's last movement takes what is too short for one more.
        rng: where the lengths are drawn from.
    """
    if not 2 <= shortest <= longest:
        raise PoseprintError(f"mixed lengths go from 2 frames up, got {shortest} to {longest}")
    movements = []
    for first, last in spans:
        start = first
        while last - start >= shortest:
            length = int(np.exp(rng.uniform(np.log(shortest), np.log(longest + 1))))
            end = last if last - start - length < shortest else start + length
            movements.append((start, min(end, last)))
            start = end
    return movements


def normalise(position: Array, how: Normalisation) -> Array:
    """One movement's positions as features.

    `zscore` is the paper's (Eq. 1): missing keypoints become 0,0, then each of the 24 features has its
    mean over the movement subtracted and is divided by its standard deviation (over all frames, not
    one fewer); 0 where that is 0. `body` puts the neck of each frame at the origin and the movement's
    median shoulder width at 1; missing keypoints, and all of a frame without a neck, become 0.

    Args:
        position: [shape=(frames, 12, 2)], pixels, NaN = missing.
        how: zscore or body.

    Returns:
        float32 [shape=(frames, 24)].
    """
    x = np.asarray(position, dtype=np.float64)
    if how == "zscore":
        flat = np.nan_to_num(x, nan=0.0).reshape(len(x), -1)
        mean, sigma = flat.mean(axis=0), flat.std(axis=0)
        # A constant column's deviation is rounding noise, not movement.
        still = np.ptp(flat, axis=0) == 0
        return np.where(still, 0.0, (flat - mean) / np.where(still, 1.0, sigma)).astype(np.float32)
    if how == "body":
        width = np.linalg.norm(x[:, RIGHT_SHOULDER] - x[:, LEFT_SHOULDER], axis=1)
        unit = np.nanmedian(width) if np.isfinite(width).any() else np.nan
        if not unit > 0:
            return np.zeros((len(x), x.shape[1] * 2), dtype=np.float32)
        return np.nan_to_num((x - x[:, [NECK]]) / unit, nan=0.0).reshape(len(x), -1).astype(np.float32)
    raise PoseprintError(f"normalisation {how!r} is not one of {', '.join(get_args(Normalisation))}")


def movement_set(series: PoseSeries, spans: Sequence[Span], how: Normalisation, *, label: int = -1) -> MovementSet:
    """The movements at `spans` of a cleaned series, normalised; shorter ones padded with 0 at the end."""
    longest = max((last - first for first, last in spans), default=LENGTH)
    features = np.zeros((len(spans), longest, 2 * len(series.skeleton.keypoints)), dtype=np.float32)
    for row, (first, last) in zip(features, spans, strict=True):
        row[: last - first] = normalise(series.position[first:last], how)
    return MovementSet(
        features=features,
        lengths=np.array([last - first for first, last in spans], dtype=np.int64),
        starts=np.array([series.time[first] for first, _ in spans], dtype=np.float64),
        recordings=(series.recording,) * len(spans),
        persons=(series.person,) * len(spans),
        labels=np.full(len(spans), label, dtype=np.int64),
    )
