"""The skeleton of the paper: which keypoints, in which order."""

from __future__ import annotations

from poseprint.core.skeleton import (
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NECK,
    NOSE,
    PAIRS,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    UPPER_BODY,
)


def test_the_skeleton_is_the_papers() -> None:
    assert len(UPPER_BODY.keypoints) == 12
    assert [UPPER_BODY.keypoints[i] for i in (NOSE, NECK, RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST)] == [
        "nose",
        "neck",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
    ]
    assert [UPPER_BODY.index(f"left_{j}") for j in ("shoulder", "elbow", "wrist")] == [
        LEFT_SHOULDER,
        LEFT_ELBOW,
        LEFT_WRIST,
    ]
    for right, left in UPPER_BODY.pairs:
        assert UPPER_BODY.keypoints[right].replace("right", "left") == UPPER_BODY.keypoints[left]
    assert {k for edge in UPPER_BODY.edges for k in edge} == set(range(12))


def test_pairs_hold_every_keypoint_but_the_neck_once() -> None:
    assert sorted(k for pair in PAIRS.values() for k in pair) == [k for k in range(12) if k != NECK]
    assert {pair for pair in PAIRS.values() if len(pair) == 2} == set(UPPER_BODY.pairs)
