"""The keypoints of both hands: MediaPipe's hand landmarker on the crop of a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import HAND_JOINTS, HANDS
from poseprint.estimation.model_files import require
from poseprint.estimation.native import VideoLandmarker, vision

MODEL = "hand_landmarker.task"
CHANNELS = (*HANDS["right"], *HANDS["left"])
REACH = 2.0
"""Lengths of a palm that a hand may lie from the pose's wrist; farther away it is somebody else's."""
_MIDDLE_MCP = 9


class HandMeter:
    """VIDEO mode, one landmarker a shot."""

    channels = CHANNELS

    def __init__(self, models: Path | None = None) -> None:
        self._model = require(MODEL, models)

    def tracker(self) -> HandTracker:
        """A tracker for one shot."""
        return HandTracker(self._model)


class HandTracker:
    """Follows both hands in crops of one person."""

    def __init__(self, model: Path) -> None:
        self._landmarker = VideoLandmarker(vision.HandLandmarker, model, num_hands=2)
        self.close = self._landmarker.close

    def __call__(self, time: float, crop: Array, origin: Array, wrists: Array) -> Array:
        """CHANNELS of the hands in a crop of a picture, NaN where none is found, confidences 0.

        Args:
            time: seconds.
            crop: uint8 RGB [shape=(height, width, 3)].
            origin: x and y of its upper left corner in the picture, pixels.
            wrists: right and left by the pose, in the picture, pixels [shape=(2, 2)]; NaN where unknown.
        """
        values = np.full((2, len(CHANNELS) // 2), np.nan)
        values[:, -1] = 0
        found = self._landmarker(time, crop, "hand_landmarks")
        size = np.array(crop.shape[1::-1])
        for marks, handed in zip(found.hand_landmarks, found.handedness, strict=True):
            points = np.array([(mark.x, mark.y) for mark in marks]) * size + origin
            palm = float(np.linalg.norm(points[_MIDDLE_MCP] - points[0]))
            away = np.nan_to_num(np.linalg.norm(wrists - points[0], axis=1), nan=np.inf)
            side, score = int(np.argmin(away)), float(handed[0].score)
            if away[side] <= REACH * palm and score > values[side, -1]:
                values[side] = [*points.reshape(2 * len(HAND_JOINTS)), min(score, 1.0)]
        return values.reshape(-1)
