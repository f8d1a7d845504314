"""Recordings measured in another way: turned, as if seen from elsewhere, or without fast movement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
from embedding.runtime import KEYPOINTS
from protocol import table

from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK
from poseprint.io.kinect import KinectRecording, read_kinect
from poseprint.movements import statistics
from poseprint.movements.measure import measure
from poseprint.verification.trials import Take, takes_of_table

YAWS = (-40.0, -20.0, 20.0, 40.0)
"""Degrees by which a background is turned to be seen from elsewhere."""
SLOW_HZ = 3.0


def turned(series: PoseSeries, degrees: float) -> PoseSeries:
    """The body turned about the vertical through the neck, seen as before (weak perspective)."""
    position = series.position.astype(np.float64)
    angle = np.deg2rad(degrees)
    channels = dict(series.channels)
    neck = position[:, NECK, 0].copy()
    for name in KEYPOINTS:
        k = series.skeleton.index(name)
        x, z = position[:, k, 0] - neck, series.channels[f"depth_{name}"]
        position[:, k, 0] = neck + np.cos(angle) * x + np.sin(angle) * z
        channels[f"depth_{name}"] = np.cos(angle) * z - np.sin(angle) * x
    outside = (position[..., 0] < 0) | (position[..., 0] >= series.frame_size[0])
    position[outside] = np.nan
    return replace(series, position=position, channels=channels)


@contextmanager
def slow_only() -> Iterator[None]:
    """Statistics of movement below SLOW_HZ."""
    usual = statistics.LOW_PASS_HZ
    try:
        statistics.LOW_PASS_HZ = SLOW_HZ
        statistics.filters.cache_clear()
        yield
    finally:
        statistics.LOW_PASS_HZ = usual
        statistics.filters.cache_clear()


def slow_takes(name: str, axes: int) -> list[Take]:
    """A set without what is faster than SLOW_HZ."""
    with slow_only():
        return takes_of_table(table(name), axes, group=name)


def turned_takes(axes: int) -> list[Take]:
    """MSRC-12 from four sides."""
    takes = []
    for r in msrc():
        for degrees in YAWS:
            measured = measure(turned(r.series, degrees), axes)
            take = Take.of(measured, group="msrc12", activity=r.activity)
            if take is not None:
                takes.append(take)
    return takes


@cache
def msrc() -> tuple[KinectRecording, ...]:
    """The recordings of MSRC-12."""
    return tuple(read_kinect(table("msrc12")))
