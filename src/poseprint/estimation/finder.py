"""Who is in a picture: faces on the picture and its tiles, found by MediaPipe's short-range face detector.

Where no face is seen at all, MediaPipe's pose landmarker looks for one person who is turned away.

The detector sees 128 x 128 pixels; on drawn figures it found all faces of 1/8 to 2/3 of a tile (ear to ear), and half of those of 1/12.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import HEAD_KEYPOINTS, UPPER_BODY
from poseprint.estimation.mediapipe import MediaPipePose
from poseprint.estimation.model_files import require
from poseprint.estimation.native import BaseOptions, image_of, native_stderr_silenced, vision
from poseprint.io.people import head_of

FACE_MODEL = "face_landmarker.task"
DETECTOR = "face_detector.tflite"
POSSIBLE, AGAIN, SURE = 0.4, 0.5, 0.7
"""Confidence from which on a face is looked at in tiles of its own, is there taken for one that was known, and for a new one."""
COARSE, FINE = (1.0,), (0.58, 0.225)
"""Sides of the square tiles, in the picture's shorter side: those looked at each time, and those that find who is small."""
OVERLAP = 0.22
"""Share of a tile that the next one has in common with it, at least: a face that asks for such a tile is whole in one."""
OWN = (4.0, 2.5)
"""Sides of the tiles of one's own, in head widths. A new face is seen in both: what is none, script or a microphone, seldom is."""
LEAST_TILE = 16
"""Side in pixels below which a tile shows nobody."""
APART = 0.75
"""Two faces are one where their middles are nearer than this share of the larger one's head width."""

_KEYPOINTS = (2, 0, 1, 4, 5)
"""HEAD_KEYPOINTS among the detector's: right eye, left eye, tip of the nose, mouth, right ear, left ear."""
_BOX = 1.25  # side of the detector's box, in head widths

Tile = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the picture, which it may reach beyond."""


@dataclass(frozen=True)
class _Face:
    """Somebody's head in pixels: its known points [shape=(points, 2)], the width from ear to ear of a face seen from the front."""

    points: Array
    width: float
    confidence: float

    @property
    def middle(self) -> Array:
        return np.asarray(self.points.mean(axis=0))

    def is_same(self, other: _Face) -> bool:
        return bool(np.linalg.norm(self.middle - other.middle) < APART * max(self.width, other.width))


class PeopleFinder:
    """Finds people by their faces: each with eyes, nose and ears; somebody alone who shows none with all keypoints."""

    def __init__(self, models: Path | None = None) -> None:
        with zipfile.ZipFile(require(FACE_MODEL, models)) as archive:
            options = BaseOptions(model_asset_buffer=archive.read(DETECTOR))
        with native_stderr_silenced():
            self._detector: Any = vision.FaceDetector.create_from_options(
                vision.FaceDetectorOptions(base_options=options, min_detection_confidence=POSSIBLE)
            )
        self._models = models
        self._pose: MediaPipePose | None = None  # loaded where it is needed

    def find(self, picture: Array, known: Array | None = None, *, everywhere: bool = True) -> tuple[Array, Array]:
        """Everybody in a picture, nobody twice, best first.

        Args:
            picture: uint8 RGB [shape=(height, width, 3)].
            known: positions of people found shortly before, as this returned them; they are looked for where they were.
            everywhere: whether others are looked for in all tiles, in about eight times the time, or are found only if they are large.

        Returns:
            Positions of UPPER_BODY in pixels, NaN = not found [shape=(people, 12, 2)], and confidences [shape=(people, 12)].
        """
        height, width = picture.shape[:2]
        tiles = [(0, 0, width, height), *_squares(height, width, (*COARSE, *FINE) if everywhere else COARSE)]
        seen = _distinct([face for tile in tiles for face in self._faces(picture, tile)])
        faces: list[_Face] = []
        for before in filter(None, map(_head, () if known is None else known)):
            sure = [face for face in seen if face.is_same(before) and face.confidence >= SURE]
            faces += sure or [face for face in self._own(before, OWN[0], picture) if face.confidence >= AGAIN]
        for new in seen:
            if not any(new.is_same(face) for face in faces):
                views = [[face for face in self._own(new, side, picture) if face.is_same(new)] for side in OWN]
                if all(any(face.confidence >= SURE for face in view) for view in views):
                    faces += views[0]
        faces = _distinct(faces)
        if not faces:
            return self._turned_away(picture)
        position = np.full((len(faces), len(UPPER_BODY.keypoints), 2), np.nan)
        confidence = np.zeros(position.shape[:2])
        for person, face in enumerate(faces):
            position[person, HEAD_KEYPOINTS], confidence[person, HEAD_KEYPOINTS] = face.points, face.confidence
        return position, confidence

    def close(self) -> None:
        """Free the networks."""
        self._detector.close()
        if self._pose is not None:
            self._pose.close()

    def _turned_away(self, picture: Array) -> tuple[Array, Array]:
        """Somebody without a face, as `find` gives people."""
        if self._pose is None:
            self._pose = MediaPipePose(self._models)
        pose = self._pose.look(picture)
        there = [0] if np.isfinite(pose.position).any() else []
        return pose.position[None][there] * picture.shape[1::-1], pose.confidence[None][there]

    def _own(self, face: _Face, heads: float, picture: Array) -> list[_Face]:
        """The faces in a tile around a face, so many head widths wide."""
        half = max(heads * face.width, LEAST_TILE) / 2
        left, top, right, bottom = (
            np.round(np.concatenate([face.middle - half, face.middle + half])).astype(int).tolist()
        )
        height, width = picture.shape[:2]
        if left >= width or top >= height or right <= 0 or bottom <= 0:
            return []
        return list(self._faces(picture, (left, top, right, bottom)))

    def _faces(self, picture: Array, tile: Tile) -> Iterator[_Face]:
        """The faces in a tile.

        One over an inner edge of the tile is left out: a part of it is guessed, and another tile has it whole.
        """
        left, top, right, bottom = tile
        origin, size = np.array([left, top]), np.array([right - left, bottom - top])
        start_y, start_x = max(top, 0), max(left, 0)
        shown = picture[start_y:bottom, start_x:right]
        # A head that the picture's edge cuts off is found more surely with something around it.
        down = start_y - top, bottom - start_y - shown.shape[0]
        across = start_x - left, right - start_x - shown.shape[1]
        shown = np.pad(shown, (down, across, (0, 0)), mode="edge")
        image = image_of(shown)
        for face in self._detector.detect(image).detections:
            box = face.bounding_box
            low = np.array([box.origin_x, box.origin_y])
            high = low + np.array([box.width, box.height])
            beyond = (low < 0) & (origin > 0), (high > size) & (origin + size < picture.shape[1::-1])
            if not np.any(beyond):
                points = np.array([(face.keypoints[k].x, face.keypoints[k].y) for k in _KEYPOINTS])
                yield _Face(points * size + origin, box.width / _BOX, face.categories[0].score)


def _squares(height: int, width: int, shares: tuple[float, ...]) -> list[Tile]:
    """Overlapping square tiles over a picture."""
    tiles = []
    for share in shares:
        side = round(share * min(height, width))
        if side < LEAST_TILE:
            continue
        for top in _starts(height, side):
            tiles += [(left, top, left + side, top + side) for left in _starts(width, side)]
    return tiles


def _starts(length: int, side: int) -> list[int]:
    count = 1 + int(np.ceil((length - side) / (side * (1 - OVERLAP)) - 1e-9))
    return [round(start) for start in np.linspace(0, length - side, count)]


def _head(person: Array) -> _Face | None:
    """The head of a person's keypoints [shape=(12, 2)], unless too little of it is known."""
    head = head_of(person)
    return None if head is None else _Face(head[None, :2], float(head[2]), 0)


def _distinct(faces: list[_Face]) -> list[_Face]:
    """The faces that are no double of a better one, best first."""
    kept: list[_Face] = []
    for face in sorted(faces, key=lambda face: -face.confidence):
        if not any(face.is_same(other) for other in kept):
            kept.append(face)
    return kept
