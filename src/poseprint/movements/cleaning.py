"""Poses -> movements: clean, resample, cut, normalise.

A movement is a run of poses; the paper's is 150 frames at 30 fps. Nothing here touches disk.
"""

from __future__ import annotations

import itertools

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import is_track
from poseprint.core.series import PoseSeries

FILLED_GAP_S = 0.2
"""Seconds up to which a keypoint that was lost is filled in."""


def clean(series: PoseSeries, *, longest_gap: float = FILLED_GAP_S) -> PoseSeries:
    """Keypoints that were not seen become missing; short gaps are filled by straight lines.

    Gaps at the ends of a shot, and longer ones, stay missing: nothing is made up there.

    Args:
        series: poses of an estimator.
        longest_gap: seconds.
    """
    seen = series.seen()
    position = np.where(seen[:, :, None], series.position, np.nan).astype(np.float64)
    for first, last in series.shots():
        for k in range(position.shape[1]):
            fill_gaps(position[first:last, k], series.fps, longest_gap)
    confidence = np.where(np.isnan(position[:, :, 0]), 0, series.confidence)
    return series.logged("clean", position=position, confidence=confidence, details={"longest_gap_s": longest_gap})


def fill_gaps(track: Array, fps: float, longest_gap: float = FILLED_GAP_S) -> None:
    """Fill short gaps between known frames by straight lines, in place.

    Args:
        track: of one shot [shape=(frames, numbers)]; a frame whose first number is NaN is a gap.
        fps: frames per second.
        longest_gap: seconds.
    """
    known = np.flatnonzero(~np.isnan(track[:, 0]))
    apart = np.diff(known)
    for g in np.flatnonzero((apart > 1) & (apart <= round(longest_gap * fps) + 1)):
        a, b = known[g], known[g + 1]
        w = np.arange(1, b - a)[:, None] / (b - a)
        track[a + 1 : b] = (1 - w) * track[a] + w * track[b]


def resample(series: PoseSeries, fps: float) -> PoseSeries:
    """The series at another frame rate, by straight lines between frames of one shot; missing stays missing."""
    if np.isclose(series.fps, fps):
        return series
    details = {"fps": fps, "from_fps": series.fps}
    if not len(series):
        return series.logged("resample", fps=fps, details=details)
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
        if is_track(name):  # of the person, not a signal of a picture
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
        details=details,
    )
