"""MediaPipe's BlazePose as an estimator: 33 landmarks brought to the 12 keypoints of the upper body."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER, UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.estimation.model_files import FILES, require
from poseprint.estimation.native import VideoLandmarker, image_of, native_stderr_silenced, opened, vision

MODEL = "pose_landmarker_full.task"

# BlazePose's number for each of our keypoints; the neck is the middle of its shoulders (11, 12).
_SOURCE = np.array([0, 11, 12, 14, 16, 11, 13, 15, 5, 2, 8, 7])


class MediaPipePose:
    """VIDEO mode, one landmarker a shot."""

    skeleton = UPPER_BODY

    def __init__(self, models: Path | None = None) -> None:
        self._model = require(MODEL, models)
        self._glance: Any = None
        self.info = EstimatorInfo("mediapipe-pose-full", version("mediapipe"), FILES[MODEL])

    def tracker(self) -> _PoseTracker:
        """See `poseprint.estimation.estimator.Estimator.tracker`."""
        return _PoseTracker(self._model)

    def look(self, picture: Array) -> Pose:
        """See `poseprint.estimation.estimator.Estimator.look`: IMAGE mode."""
        if self._glance is None:
            self._glance = opened(vision.PoseLandmarker, self._model)
        with native_stderr_silenced():
            return _upper_body(self._glance.detect(image_of(picture)).pose_landmarks)

    def close(self) -> None:
        """Free the landmarker of single pictures."""
        if self._glance is not None:
            self._glance.close()
            self._glance = None


class _PoseTracker:
    def __init__(self, model: Path) -> None:
        self._landmarker = VideoLandmarker(vision.PoseLandmarker, model)
        self.close = self._landmarker.close

    def __call__(self, time: float, picture: Array) -> Pose:
        return _upper_body(self._landmarker(time, picture, "pose_landmarks").pose_landmarks)


def _upper_body(persons: Any) -> Pose:
    """The 12 keypoints of the first person's 33 landmarks; those outside the picture are inventions and become missing."""
    if not persons:
        return Pose(np.full((len(_SOURCE), 2), np.nan), np.zeros(len(_SOURCE)))
    values = np.array([(mark.x, mark.y, mark.visibility) for mark in persons[0]])[_SOURCE]
    position, confidence = values[:, :2], np.clip(values[:, 2], 0, 1)
    outside = ((position < 0) | (position > 1)).any(axis=1)
    position[outside], confidence[outside] = np.nan, 0
    shoulders = [RIGHT_SHOULDER, LEFT_SHOULDER]
    position[NECK], confidence[NECK] = position[shoulders].mean(axis=0), confidence[shoulders].min()
    return Pose(position, confidence)
