"""Who is in a picture: faces on the picture and its tiles, found by MediaPipe's short-range face detector.

The detector sees 128 x 128 pixels and finds faces from about a tenth of that on, so a smaller face asks for a smaller tile.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import LEFT_EAR, LEFT_EYE, NOSE, RIGHT_EAR, RIGHT_EYE, UPPER_BODY
from poseprint.estimation.mediapipe import (  # type: ignore[attr-defined]
    BaseOptions,
    _native_stderr_silenced,
    mp,
    vision,
)
from poseprint.estimation.model_files import require

MODEL = "face_landmarker.task"
DETECTOR = "face_detector.tflite"
LEAST_CONFIDENCE = 0.5
TILES = (1.0, 0.5)
"""Sides of the square tiles, in the picture's shorter side."""
OVERLAP = 0.25
"""Share of a tile that the next one has in common with it, at least: a face fits in it whole."""
SAME = 0.3
"""Two faces are one from this share of their boxes in common on (intersection over union)."""

# The detector's keypoints: right eye, left eye, tip of the nose, mouth, right ear, left ear.
_EYES_NOSE_EARS = [0, 1, 2, 4, 5]
_KEYPOINTS = [RIGHT_EYE, LEFT_EYE, NOSE, RIGHT_EAR, LEFT_EAR]


class FaceFinder:
    """Finds people by their faces."""

    def __init__(self, models: Path | None = None) -> None:
        with zipfile.ZipFile(require(MODEL, models)) as archive:
            options = BaseOptions(model_asset_buffer=archive.read(DETECTOR))
        with _native_stderr_silenced():
            self._detector: Any = vision.FaceDetector.create_from_options(
                vision.FaceDetectorOptions(base_options=options, min_detection_confidence=LEAST_CONFIDENCE)
            )

    def find(self, picture: Array) -> tuple[Array, Array]:
        """Everybody in a picture, nobody twice, best first.

        Args:
            picture: uint8 RGB [shape=(height, width, 3)].

        Returns:
            positions of UPPER_BODY in pixels, NaN = not found [shape=(people, 12, 2)], and confidences [shape=(people, 12)].
        """
        marks, boxes, scores = [], [], []
        for x, y, side_x, side_y in _tiles(*picture.shape[:2]):
            tile = np.ascontiguousarray(picture[y : y + side_y, x : x + side_x])
            for face in self._detector.detect(mp.Image(mp.ImageFormat.SRGB, tile)).detections:
                box = face.bounding_box
                boxes.append((x + box.origin_x, y + box.origin_y, box.width, box.height))
                points = np.array([(face.keypoints[k].x, face.keypoints[k].y) for k in _EYES_NOSE_EARS])
                marks.append(points * (side_x, side_y) + (x, y))
                scores.append(face.categories[0].score)
        kept = _distinct(np.array(boxes, dtype=float).reshape(-1, 4), np.array(scores))
        position = np.full((len(kept), len(UPPER_BODY.keypoints), 2), np.nan)
        confidence = np.zeros(position.shape[:2])
        for person, face_number in enumerate(kept):
            position[person, _KEYPOINTS], confidence[person, _KEYPOINTS] = marks[face_number], scores[face_number]
        return position, confidence

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()


def _tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """x, y, width and height of the whole picture and its overlapping square tiles."""
    yield 0, 0, width, height
    for share in TILES:
        side = max(1, round(share * min(height, width)))
        for y in _starts(height, side):
            for x in _starts(width, side):
                yield x, y, side, side


def _starts(length: int, side: int) -> list[int]:
    count = 1 + int(np.ceil((length - side) / (side * (1 - OVERLAP)) - 1e-9)) if length > side else 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _distinct(boxes: Array, scores: Array) -> list[int]:
    """The numbers of the faces that are no double of a better one, best first.

    Args:
        boxes: left, top, width, height [shape=(faces, 4)].
        scores: [shape=(faces,)].
    """
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    area = boxes[:, 2:].prod(axis=1)
    kept: list[int] = []
    for k in np.argsort(-scores, kind="stable").tolist():
        common = np.maximum(np.minimum(high[k], high[kept]) - np.maximum(low[k], low[kept]), 0).prod(axis=1)
        if not (common > SAME * (area[k] + area[kept] - common)).any():
            kept.append(k)
    return kept
