"""Edits that a forger makes to a movement, as pure functions: speed, amplitude, and a stretch of somebody else.

Each takes a series and returns a new one whose log says what was done. Together with the avatar, which draws any
movement under any looks, they make every test of the threat model from real movement, without any forged footage.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poseprint.core.arrays import Array, mean_of, median_of
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK
from poseprint.movements.cleaning import resample

SEAM_S = 0.3
"""Seconds over which the two movers of a splice pass into each other."""
FACTORS = (0.1, 10.0)
"""Least and largest factor of an edit."""


def speed(series: PoseSeries, factor: float) -> PoseSeries:
    """The same movement played `factor` times as fast, at the same frame rate: 1.25 lasts four fifths as long.

    Poses between two frames lie on the straight line between them, never across a cut; signals of single pictures
    go where `poseprint.movements.cleaning.resample` puts them.

    Raises:
        PoseprintError: the factor is not between the two FACTORS, or the result's frame rate on the way is not one.
    """
    _check_factor(factor)
    details = {"factor": factor}
    if factor == 1 or not len(series):
        return series.logged("speed", details=details)
    start = series.time[0]
    accelerated = replace(series, time=start + (series.time - start) / factor, fps=series.fps * factor)
    resampled = resample(accelerated, series.fps)
    # Where the pace is the same to the precision of a float, resampling returns what it got.
    return replace(resampled, log=(*series.log, {"step": "speed", **details}), fps=series.fps)


def amplitude(series: PoseSeries, factor: float) -> PoseSeries:
    """Every keypoint's departures from its mean place, seen from the neck, made `factor` times as large.

    Posture (the mean pose), tempo and the way of the neck through the picture stay as they are. Depths (channels
    `depth_<keypoint>`) are treated alike.

    Raises:
        PoseprintError: the factor is not between the two FACTORS.
    """
    _check_factor(factor)
    details = {"factor": factor}
    if factor == 1:
        return series.logged("amplitude", details=details)
    position = series.position.astype(np.float64)
    neck = position[:, [NECK]]
    position = neck + _scale_departures(position - neck, factor)
    confidence = np.where(np.isnan(position[:, :, 0]), 0, series.confidence)
    channels = dict(series.channels)
    origin = channels.get(f"depth_{series.skeleton.keypoints[NECK]}")
    if origin is not None:
        for name in [n for n in channels if n.startswith("depth_")]:
            channels[name] = origin + _scale_departures(channels[name].astype(np.float64) - origin, factor)
    return series.logged(
        "amplitude", position=position, confidence=confidence, channels=channels, details={"factor": factor}
    )


def splice(
    first: PoseSeries, second: PoseSeries, at_s: float, until_s: float | None = None, *, from_s: float = 0.0
) -> PoseSeries:
    """`first`, but from `at_s` on (to `until_s`) it is `second` who moves.

    The second mover is brought to the place and the size (median distance of the shoulders) of the first, and the two
    pass into each other over SEAM_S at each end, so that neither a leap nor a change of size gives the seam away: only
    how the body is held and moves does. No cut is marked. Channels that both have come from whoever moves.

    Args:
        first: gives its length, times, name and log.
        second: of the same frame rate, skeleton and estimator.
        at_s: seconds from the beginning at which the second mover begins.
        until_s: at which the first one is back; None for never.
        from_s: seconds into `second` at which the stretch begins.

    Raises:
        PoseprintError: the two do not fit each other, the second is too short, or a shoulder is never seen.
    """
    target, source = _spliced_frames(first, second, at_s, until_s, from_s)
    size = first.shoulder_width() / second.shoulder_width()
    if not np.isfinite(size):
        raise PoseprintError("a splice needs the shoulders of both movers, to bring one to the size of the other")
    weight = _crossfade(target.stop - target.start, round(SEAM_S * first.fps), back=target.stop < len(first))
    inserted = second.position[source].astype(np.float64) * size
    offset = _median_point(first.position[target, NECK]) - _median_point(inserted[:, NECK])
    position = first.position.astype(np.float64)
    position[target] = _blend(position[target], inserted + offset, weight[:, None, None])
    second_moves = weight >= 0.5
    confidence = first.confidence.copy()
    confidence[target] = np.where(second_moves[:, None], second.confidence[source], confidence[target])
    confidence = np.where(np.isnan(position[:, :, 0]), 0, confidence)
    channels = {}
    for name in [name for name in first.channels if name in second.channels]:
        values = first.channels[name].astype(np.float64)
        other = second.channels[name][source].astype(np.float64)
        if name.startswith("depth_"):
            values[target] = _blend(values[target], other * size, weight)
        else:
            values[target] = np.where(second_moves, other, values[target])
        channels[name] = values
    details = {"recording": second.recording, "first": target.start, "last": target.stop, "from": source.start}
    return first.logged("splice", position=position, confidence=confidence, channels=channels, details=details)


def _spliced_frames(
    first: PoseSeries, second: PoseSeries, at_s: float, until_s: float | None, from_s: float
) -> tuple[slice, slice]:
    """Frames of the first series that are replaced, and those of the second that replace them; see `splice`."""
    if (first.fps, first.skeleton, first.estimator.name) != (second.fps, second.skeleton, second.estimator.name):
        raise PoseprintError(
            "a splice needs two series of one frame rate, skeleton and estimator, got "
            f"{first.fps:g} fps of {first.estimator.name} and {second.fps:g} fps of {second.estimator.name}"
        )
    begin = round(at_s * first.fps)
    end = len(first) if until_s is None else round(until_s * first.fps)
    begin_second = round(from_s * first.fps)
    if not 0 <= begin < end <= len(first):
        raise PoseprintError(
            f"a splice lies within the {first.duration:.1f} s of the first recording, got {at_s:g} s to "
            f"{end / first.fps:g} s"
        )
    if not 0 <= begin_second <= len(second) - (end - begin):
        raise PoseprintError(
            f"{(end - begin) / first.fps:.1f} s are asked of the second recording from {from_s:g} s on; it has "
            f"{second.duration:.1f} s"
        )
    return slice(begin, end), slice(begin_second, begin_second + end - begin)


def _check_factor(factor: float) -> None:
    if not FACTORS[0] <= factor <= FACTORS[1]:
        raise PoseprintError(f"a factor is between {FACTORS[0]:g} and {FACTORS[1]:g}, got {factor:g}")


def _scale_departures(values: Array, factor: float) -> Array:
    """Departures from the mean over time (axis 0), times the factor; missing stays missing."""
    mean = mean_of(values, share=0)
    return np.asarray(mean + factor * (values - mean))


def _crossfade(frames: int, ease: int, *, back: bool) -> Array:
    """How much of each frame is the second mover's: 0 to 1 along half a cosine wave, and back again."""
    frame = np.arange(frames)
    into = (frame + 1) / (ease + 1)
    out = (frames - frame) / (ease + 1) if back else np.ones(frames)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(np.minimum(into, out), 0, 1)))


def _blend(first: Array, second: Array, weight: Array) -> Array:
    """(1 - weight) of first and weight of second; where only one is known, the one of the larger weight, or missing."""
    blended = (1 - weight) * first + weight * second
    return np.where(np.isnan(blended), np.where(weight >= 0.5, second, first), blended)


def _median_point(points: Array) -> Array:
    """Median place [shape=(2,)] of points [shape=(frames, 2)]; the origin where none is known."""
    return np.nan_to_num([median_of(axis) for axis in points.T])
