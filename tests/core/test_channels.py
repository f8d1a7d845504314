"""Names of what is measured besides the pose, and what becomes of it in a mirror."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.channels import (
    BLENDSHAPES,
    FACE,
    HAND_JOINTS,
    HANDS,
    HEAD,
    is_place,
    is_track,
    mirrored,
    mirrored_name,
)
from poseprint.core.skeleton import UPPER_BODY

ALL = (*HEAD, *FACE, *HANDS["right"], *HANDS["left"], "depth_nose")
SIGNALS = ("cut", "change", "camera", "people", "near", "doubted", "shown")


def test_how_many_there_are() -> None:
    assert len(BLENDSHAPES) == len(set(BLENDSHAPES)) == 52
    assert len(HAND_JOINTS) == len(set(HAND_JOINTS)) == 21
    assert len(FACE) == 53
    assert {side: len(names) for side, names in HANDS.items()} == {"right": 43, "left": 43}
    assert len(set(ALL)) == len(ALL)


@pytest.mark.models
def test_the_blendshapes_are_those_of_the_landmarker(models: None) -> None:
    import zipfile

    from poseprint.estimation.face import MODEL, _snake
    from poseprint.estimation.model_files import require

    with zipfile.ZipFile(require(MODEL, None)) as archive:
        assert "face_blendshapes.tflite" in archive.namelist()
    assert [_snake(name) for name in ("_neutral", "browDownLeft", "mouthShrugUpper")] == [
        "neutral",
        "brow_down_left",
        "mouth_shrug_upper",
    ]


def test_what_is_measured_of_the_person_and_what_of_the_picture() -> None:
    assert all(map(is_track, ALL))
    assert not any(map(is_track, SIGNALS))


def test_what_is_a_place() -> None:
    places = {name for name in ALL if is_place(name)}
    joints = {f"{side}_hand_{joint}_{axis}" for side in HANDS for joint in HAND_JOINTS for axis in "xy"}
    assert places == {"head_x", "head_y", "depth_nose", *joints}
    assert not any(map(is_place, SIGNALS))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("face_eye_blink_left", "face_eye_blink_right"),
        ("face_mouth_left", "face_mouth_right"),
        ("face_brow_outer_up_right", "face_brow_outer_up_left"),
        ("right_hand_index_tip_x", "left_hand_index_tip_x"),
        ("left_shoulder", "right_shoulder"),
        ("face_jaw_open", "face_jaw_open"),
        ("face_mouth_upper_up_left", "face_mouth_upper_up_right"),
        ("head_yaw", "head_yaw"),
        ("leftover", "leftover"),
    ],
)
def test_sides_change_names(name: str, other: str) -> None:
    assert mirrored_name(name) == other
    assert mirrored_name(other) == name


def test_every_name_has_its_other_side() -> None:
    assert {mirrored_name(name) for name in ALL} == set(ALL)
    assert {mirrored_name(name) for name in UPPER_BODY.keypoints} == set(UPPER_BODY.keypoints)


def test_mirrored_twice_is_the_same() -> None:
    rng = np.random.default_rng(0)
    channels = {name: rng.uniform(0, 1, 5) for name in (*ALL, *SIGNALS)}
    channels["head_x"][2] = np.nan
    once = mirrored(channels, 640)
    twice = mirrored(once, 640)
    assert once.keys() == twice.keys() == channels.keys()
    for name, values in channels.items():
        assert twice[name] == pytest.approx(values, nan_ok=True, abs=1e-9), name


def test_what_a_mirror_does() -> None:
    channels = {name: np.array([0.25]) for name in (*ALL, *SIGNALS)}
    channels["right_hand_wrist_x"] = np.array([100.0])
    channels["face_eye_blink_left"] = np.array([0.75])
    found = mirrored(channels, 640)
    assert found["left_hand_wrist_x"] == 540
    assert found["right_hand_wrist_x"] == 639.75
    assert found["left_hand_wrist_y"] == 0.25
    assert found["face_eye_blink_right"] == 0.75
    assert found["face_eye_blink_left"] == 0.25
    assert [found[f"head_{name}"].item() for name in ("yaw", "pitch", "roll", "x", "y")] == [
        -0.25,
        0.25,
        -0.25,
        639.75,
        0.25,
    ]
    assert all(found[name] == 0.25 for name in SIGNALS)
