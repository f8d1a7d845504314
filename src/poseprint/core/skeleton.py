"""Which keypoints a pose has, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Skeleton:
    """Names and connections of the keypoints of a pose.

    Attributes:
        name: stable identifier, stored in files and profiles.
        keypoints: snake_case names, in the order of the array axis.
        edges: pairs of keypoint indices to draw as limbs.
        pairs: (right, left) indices of keypoints that mirror each other.
    """

    name: str
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]

    def index(self, keypoint: str) -> int:
        """Index of a keypoint by name."""
        return self.keypoints.index(keypoint)


UPPER_BODY = Skeleton(
    name="upper_body_12",
    keypoints=(
        "nose",
        "neck",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
    ),
    edges=((0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (0, 8), (8, 10), (0, 9), (9, 11)),
    pairs=((2, 5), (3, 6), (4, 7), (8, 9), (10, 11)),
)
"""The paper's 12 keypoints (Table 1): COCO-18 numbers 0 to 7 and 14 to 17, in OpenPose's order."""
NOSE, NECK = 0, 1
RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST = 2, 3, 4
LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST = 5, 6, 7
RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR = 8, 9, 10, 11
HEAD_KEYPOINTS = (NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR)
PAIRS: Mapping[str, tuple[int, ...]] = {
    "nose": (NOSE,),
    "eyes": (RIGHT_EYE, LEFT_EYE),
    "ears": (RIGHT_EAR, LEFT_EAR),
    "shoulders": (RIGHT_SHOULDER, LEFT_SHOULDER),
    "elbows": (RIGHT_ELBOW, LEFT_ELBOW),
    "wrists": (RIGHT_WRIST, LEFT_WRIST),
}
"""Keypoints that are reported together, by name."""
