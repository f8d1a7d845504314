"""Pose estimators: one protocol, one table of names.

A tracker is opened for one shot, because it carries state from picture to picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from poseprint.core.arrays import Array
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import Skeleton


@dataclass(frozen=True)
class Pose:
    """The pose in one picture.

    Attributes:
        position: [shape=(keypoints, 2)] in widths and heights of the picture (0 to 1); NaN = not seen.
        confidence: [shape=(keypoints,)], 0 to 1.
    """

    position: Array
    confidence: Array


class Tracker(Protocol):
    """Follows one person through the pictures of one shot."""

    def __call__(self, time: float, picture: Array) -> Pose:
        """The pose in a uint8 RGB picture [shape=(height, width, 3)] at a time in seconds; times rise."""
        ...

    def close(self) -> None:
        """Free what the tracker holds."""
        ...


class Estimator(Protocol):
    """Finds the pose of the one person who is most in the picture."""

    info: EstimatorInfo
    skeleton: Skeleton

    def tracker(self) -> Tracker:
        """A tracker for one shot."""
        ...

    def look(self, picture: Array) -> Pose:
        """The pose in a single uint8 RGB picture, nothing known of those before."""
        ...

    def close(self) -> None:
        """Free what the estimator holds."""
        ...


def tracked(estimator: Estimator, pictures: Iterable[tuple[float, Array]]) -> list[Pose]:
    """The poses in the pictures of one shot, each at its time."""
    tracker = estimator.tracker()
    try:
        return [tracker(time, picture) for time, picture in pictures]
    finally:
        tracker.close()
