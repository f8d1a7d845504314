"""Pose estimators: one protocol, one table of names.

An estimator is asked once per shot, because trackers carry state from picture to picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        people: how many persons of comparable size are in the picture; NaN where nobody counted.
    """

    position: Array
    confidence: Array
    people: float


class Estimator(Protocol):
    """Finds one person in the pictures of one shot."""

    info: EstimatorInfo
    skeleton: Skeleton

    def track(self, pictures: Iterable[tuple[float, Array]]) -> Iterator[Pose]:
        """One pose for each (time in seconds, uint8 RGB picture [shape=(height, width, 3)]), times rising."""
        ...

    def close(self) -> None:
        """Free what the estimator holds."""
        ...
