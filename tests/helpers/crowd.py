"""People as squares of colour: their finder, and an estimator that follows the largest square in its crop."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_EAR, LEFT_EYE, NOSE, RIGHT_EAR, RIGHT_EYE, UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.estimation.instruments import Instruments

RED, BLUE, GREEN = range(3)
COLOURS = np.array([(220, 40, 40), (40, 40, 220), (40, 180, 40)])
SIZE = (320, 192)
_HEAD = [NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR]
_ARMS = [(0, 0), (0, 1.2), (-1.1, 1.3), (-1.3, 2.2), (-1.2, 2.9), (1.1, 1.3), (1.3, 2.2), (1.2, 2.9)]
_BODY = np.array([*_ARMS, (-0.2, 0), (0.2, 0), (-0.5, 0), (0.5, 0)])
"""Each keypoint in head widths from the middle of the head."""

Head = tuple[float, float, float]
"""x, y and width, pixels."""


def crowd_picture(*heads: Head | None, ground: int = 70, size: tuple[int, int] = SIZE) -> Array:
    """The heads of the red, the blue and the green person, on a textured ground."""
    width, height = size
    picture = np.random.default_rng(1).integers(ground, ground + 20, (height, width, 3), dtype=np.uint8)
    for colour, head in zip(COLOURS, heads, strict=False):
        if head is not None:
            x, y, side = head
            left, top, right, bottom = (round(v) for v in (x - side / 2, y - side / 2, x + side / 2, y + side / 2))
            picture[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour
            picture[max(bottom, 0) : max(bottom, 0) + 3 * round(side), max(left, 0) : max(right, 0)] = colour // 4
    return picture


def pose_of(head: Head) -> Array:
    """All keypoints of somebody, pixels [shape=(12, 2)]."""
    return np.array(head[:2]) + head[2] * _BODY


def heads_in(picture: Array) -> list[Head]:
    """The squares in a picture."""
    found = []
    for colour in COLOURS:
        low, high = (np.clip(colour + by, 0, 255).astype(np.uint8) for by in (-60, 60))
        near = [(picture[:, :, k] >= low[k]) & (picture[:, :, k] <= high[k]) for k in range(3)]
        mask = near[0] & near[1] & near[2]
        columns, rows = (np.flatnonzero(mask.sum(axis=axis) > 2) for axis in (0, 1))
        if len(columns) and len(rows):
            x, y = (float(v[0] + v[-1] + 1) / 2 for v in (columns, rows))
            found.append((x, y, float(np.ptp(columns) + 1)))
    return found


class Crowd:
    """What the fakes of one test share: how they are to err, and how often they were asked.

    Attributes:
        stray: pixels to the right of the truth at which trackers put a pose.
        elsewhere: keypoint -> shoulder widths by which a second look puts it lower.
        differing: how many of the first second looks do so.
        stop_after: after how many pictures a tracker is interrupted.
        tracked, looked, opened, closed: pictures tracked, second looks, trackers opened and closed.
        crops: height and width of what each tracker was shown.
    """

    def __init__(self) -> None:
        self.stray, self.elsewhere, self.differing = 0.0, dict[int, float](), 1_000_000
        self.tracked = self.looked = self.opened = self.closed = 0
        self.crops: list[tuple[int, int]] = []
        self.lock = threading.Lock()
        self.stop_after: int | None = None

    def instruments(self) -> Instruments:
        return Instruments(CrowdEstimator(self), CrowdFinder())


class CrowdFinder:
    """Finds every square."""

    def find(self, picture: Array, known: Array | None = None, *, everywhere: bool = True) -> tuple[Array, Array]:
        del known, everywhere
        heads: Sequence[Head] = heads_in(picture)
        position = np.full((len(heads), 12, 2), np.nan)
        for person, head in enumerate(heads):
            position[person, _HEAD] = pose_of(head)[_HEAD]
        return position, np.isfinite(position[:, :, 0]) * 0.9

    def close(self) -> None:
        pass


class CrowdEstimator:
    """Puts all keypoints of whoever is largest."""

    info = EstimatorInfo("known", "1", "0")
    skeleton = UPPER_BODY

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    def tracker(self) -> CrowdTracker:
        self.crowd.opened += 1
        return CrowdTracker(self.crowd)

    def look(self, picture: Array) -> Pose:
        self.crowd.looked += 1
        pose = _largest(picture)
        wrong = self.crowd.elsewhere if self.crowd.looked <= self.crowd.differing else {}
        for keypoint, widths in wrong.items():
            across = (pose.position[5, 0] - pose.position[2, 0]) * picture.shape[1]
            pose.position[keypoint, 1] += widths * across / picture.shape[0]
        return pose

    def close(self) -> None:
        pass


class CrowdTracker:
    """Tracks whoever is largest in each crop."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    def __call__(self, _time: float, picture: Array) -> Pose:
        with self.crowd.lock:
            self.crowd.tracked += 1
            if self.crowd.stop_after is not None and self.crowd.tracked > self.crowd.stop_after:
                raise KeyboardInterrupt
        self.crowd.crops.append(picture.shape[:2])
        pose = _largest(picture)
        pose.position[:, 0] += self.crowd.stray / picture.shape[1]
        return pose

    def close(self) -> None:
        self.crowd.closed += 1


def _largest(picture: Array) -> Pose:
    heads = heads_in(picture)
    if not heads:
        return Pose(np.full((12, 2), np.nan), np.zeros(12))
    head = max(heads, key=lambda h: h[2])
    return Pose(pose_of(head) / picture.shape[1::-1], np.full(12, 0.9))
