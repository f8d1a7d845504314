"""How the head is turned, where it is, and the expression of the face: MediaPipe's face landmarker on a crop of the head."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import BLENDSHAPES, FACE, HEAD
from poseprint.core.rotation import angles_of
from poseprint.estimation.model_files import require
from poseprint.estimation.native import VideoLandmarker, vision

MODEL = "face_landmarker.task"
CHANNELS = (*HEAD, *FACE)
AGREED, DOUBTED = 0.25, 0.75
"""Widths of the face between its eyes and the pose's, up to which both are of one head, and from which on they are not."""

_UP_TO_DOWN = np.diag([1.0, -1.0, -1.0])
_EYES = [33, 133, 362, 263]  # landmarks of the eyes' corners


class FaceMeter:
    """VIDEO mode, one landmarker a shot."""

    channels = CHANNELS

    def __init__(self, models: Path | None = None) -> None:
        self._model = require(MODEL, models)

    def tracker(self) -> FaceTracker:
        """A tracker for one shot."""
        return FaceTracker(self._model)


class FaceTracker:
    """Follows the face in crops of one head."""

    def __init__(self, model: Path) -> None:
        self._landmarker = face_landmarker(model)
        self.close = self._landmarker.close

    def __call__(self, time: float, crop: Array, origin: Array, eyes: Array) -> Array:
        """CHANNELS of the face in a crop of a picture, NaN where none is found, confidences 0.

        Args:
            time: seconds.
            crop: uint8 RGB [shape=(height, width, 3)].
            origin: x and y of its upper left corner in the picture, pixels.
            eyes: the middle of the eyes by the pose, in the picture, pixels; NaN where unknown.
        """
        values = np.full(len(CHANNELS), np.nan)
        values[[CHANNELS.index("head_confidence"), CHANNELS.index("face_confidence")]] = 0
        found = self._landmarker(time, crop, "face_landmarks")
        if found.face_landmarks:
            size = np.array(crop.shape[1::-1])
            points = np.array([(mark.x, mark.y) for mark in found.face_landmarks[0]]) * size + origin
            rotation = _UP_TO_DOWN @ np.asarray(found.facial_transformation_matrixes[0])[:3, :3] @ _UP_TO_DOWN
            confidence = _agreement(points, eyes)
            shapes = _blendshapes(found.face_blendshapes[0])
            values[:] = [*angles_of(rotation), *points.mean(axis=0), confidence, *shapes, confidence]
        return values


def face_landmarker(model: Path) -> VideoLandmarker:
    """The face landmarker of one film: landmarks, rotation and blendshapes of its first face."""
    return VideoLandmarker(
        vision.FaceLandmarker, model, output_face_blendshapes=True, output_facial_transformation_matrixes=True
    )


def _agreement(points: Array, eyes: Array) -> float:
    """1 where the face lies where the pose has its eyes, 0 where it is another one."""
    if not np.isfinite(eyes).all():
        return 1.0
    width = float(np.ptp(points, axis=0).max())
    away = float(np.linalg.norm(points[_EYES].mean(axis=0) - eyes)) / max(width, 1e-9)
    return float(np.clip((DOUBTED - away) / (DOUBTED - AGREED), 0, 1))


def _blendshapes(categories: Any) -> list[float]:
    by_name = {_snake(category.category_name): float(category.score) for category in categories}
    return [by_name[name] for name in BLENDSHAPES]


def _snake(name: str) -> str:
    """`browDownLeft` -> `brow_down_left`, `_neutral` -> `neutral`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.lstrip("_")).lower()
