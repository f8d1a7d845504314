"""An estimator whose answers are known, and pictures for it."""

from __future__ import annotations

import threading
from typing import ClassVar

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.estimator import Pose


def pose_of(picture: Array) -> Pose:
    bright = np.flatnonzero(picture[:, :, 0].mean(axis=0) > 150)
    x = bright.mean() / picture.shape[1] if len(bright) else np.nan
    return Pose(np.full((12, 2), x), np.full(12, 0.9 if len(bright) else 0.0))


class FixedTracker:
    count = 0

    def __call__(self, _time: float, picture: Array) -> Pose:
        with FixedEstimator.lock:
            FixedEstimator.seen += 1
            if FixedEstimator.stop_after is not None and FixedEstimator.seen > FixedEstimator.stop_after:
                raise KeyboardInterrupt
        self.count += 1
        return pose_of(picture)

    def close(self) -> None:
        FixedEstimator.shots.append(self.count)


class FixedEstimator:
    """Every keypoint lies where the picture's bright bar is; counts its calls."""

    info = EstimatorInfo("known", "1", "0")
    skeleton = UPPER_BODY
    shots: ClassVar[list[int]] = []
    stop_after: ClassVar[int | None] = None
    seen = 0
    lock = threading.Lock()

    def tracker(self) -> FixedTracker:
        return FixedTracker()

    def look(self, picture: Array) -> Pose:
        return pose_of(picture)

    def close(self) -> None:
        pass


def bar(seconds: float, *, background: int = 60) -> np.ndarray:
    """A bar that moves by 60 pixels a second over a textured ground."""
    picture = np.random.default_rng(1).integers(background, background + 20, (96, 640, 3), dtype=np.uint8)
    left = 100 + round(60 * seconds)
    picture[:, left : left + 40] = 255
    return picture
