"""The drawn head: where it looks, what its face does, and whether a face landmarker follows it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from poseprint.core.arrays import Array
from poseprint.core.rotation import angles_of, rotation_of
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_EAR, LEFT_EYE, NOSE, RIGHT_EAR, RIGHT_EYE, UPPER_BODY
from poseprint.estimation.model_files import require
from poseprint.rendering.avatar import draw_frames
from poseprint.rendering.face import painted
from poseprint.rendering.figure import LOOKS
from poseprint.rendering.head import LANDMARKS, closed, draw_head, opened, painting_size, projected, turned

SKIN, HAIR = (226, 178, 148), (74, 52, 40)
SCALE = 6.0
EARS_PX = 90.0
HEAD = [NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR]


def head(yaw: float = 0, pitch: float = 0, roll: float = 0, scale: float = SCALE, **expression: float) -> Image.Image:
    """A head turned by some degrees."""
    face = painted(painting_size(scale), SKIN, HAIR, False, tuple(expression.items()))
    return draw_head(face, rotation_of(*np.radians([yaw, pitch, roll])), expression, scale)


def box(picture: Image.Image, x: float, y: float, half: float) -> Array:
    """Colours around a place of the unturned face, centimetres, as float [shape=(n, n, 3)]."""
    middle = picture.width / 2 + np.array([x, y]) * SCALE
    (left, top), (right, bottom) = np.round(middle - half * SCALE), np.round(middle + half * SCALE)
    return np.asarray(picture, dtype=float)[int(top) : int(bottom), int(left) : int(right), :3]


def talking_head(channels: Mapping[str, Array], size: tuple[int, int] = (480, 360)) -> PoseSeries:
    """Head and shoulders whose head keypoints lie as the channels turn it."""
    angles = [np.asarray(channels[f"head_{name}"], dtype=float) for name in ("yaw", "pitch", "roll")]
    frames = len(angles[0])
    position = np.zeros((frames, len(UPPER_BODY.keypoints), 2))
    position[:] = np.array(size) * (0.5, 0.42)
    for k, name in enumerate(UPPER_BODY.keypoints):
        side = -1 if name.startswith("right") else 1
        rest = {
            "neck": (0, 0.55),
            "shoulder": (0.5 * side, 0.55),
            "elbow": (0.65 * side, 1.3),
            "wrist": (0.5 * side, 2),
        }
        position[:, k] += np.multiply(rest.get(name.split("_")[-1], (0, 0)), EARS_PX / 0.42)
    position[:, HEAD] += [projected(rotation, EARS_PX / 14.6) for rotation in rotation_of(*angles)]
    time = np.arange(frames) / 30
    return PoseSeries(position, np.ones(position.shape[:2]), time, 30.0, size, channels=channels)


def still(frames: int, **channels: Array) -> dict[str, Array]:
    return {f"head_{name}": np.zeros(frames) for name in ("yaw", "pitch", "roll")} | channels


def test_the_nose_points_where_the_angles_say() -> None:
    nose, _, _, right_ear, left_ear = projected(np.eye(3), 1.0)
    assert nose[0] == 0
    assert right_ear[0] < 0 < left_ear[0]
    assert projected(rotation_of(0.5, 0, 0), 1.0)[0, 0] > 4, "to the right of the picture"
    assert projected(rotation_of(0, 0.5, 0), 1.0)[0, 1] < nose[1] - 4, "up"
    assert projected(rotation_of(0, 0, 0.5), 1.0)[4, 1] > 3, "clockwise: the person's left ear goes down"


def test_a_turned_face_shows_more_of_its_near_side() -> None:
    skin = {yaw: np.asarray(head(yaw))[:, :, :3].sum(axis=2) > 350 for yaw in (-40, 0, 40)}
    middle = {yaw: np.nonzero(mask)[1].mean() - mask.shape[1] / 2 for yaw, mask in skin.items()}
    assert middle[40] > 8
    assert middle[-40] < -8
    assert abs(middle[0]) < 2


def test_the_head_turned_the_other_way_is_its_mirror_image() -> None:
    left, right = (np.asarray(head(yaw))[:, :, 3] for yaw in (-30, 30))
    assert (left == right[:, ::-1]).mean() > 0.98


@pytest.mark.parametrize("scale", [1.5, 4.0, 12.0, 20.0])
def test_a_head_of_any_size_has_no_holes(scale: float) -> None:
    for yaw in (0, 35, 90):
        alpha = np.asarray(head(yaw, scale=scale))[:, :, 3] > 0
        for row in alpha[alpha.any(axis=1)][2:-2]:
            inside = np.flatnonzero(row)
            assert row[inside[0] : inside[-1]].mean() > 0.95
        assert alpha.any(axis=1).sum() / scale == pytest.approx(24, abs=2), "centimetres from crown to chin"


def test_keypoints_of_a_turned_head_say_how_it_is_turned() -> None:
    for angles in [(0, 0, 0), (0.6, 0.1, -0.2), (-0.4, -0.3, 0.3), (1.4, 0, 0)]:
        found = angles_of(turned(projected(rotation_of(*angles), 3.0) + np.array([100, 50])))
        assert np.array(found) == pytest.approx(np.array(angles), abs=0.1)


def test_lids_close() -> None:
    x, y = LANDMARKS[2, :2]
    bright = {shut: (box(head(eye_blink_left=shut), x, y, 0.5) > 200).all(axis=2).sum() for shut in (0.0, 0.5, 1.0)}
    assert bright[0.0] >= bright[0.5] >= bright[1.0] == 0
    assert bright[0.0] > 0
    other = [box(head(eye_blink_left=shut), -x, y, 0.5) for shut in (0.0, 1.0)]
    assert (other[0] == other[1]).all(), "the right eye is the left of the picture"


def test_the_mouth_opens_and_the_chin_drops() -> None:
    shut, wide = head(), head(jaw_open=1.0)
    assert (box(wide, 0, 6.3, 0.5).sum(axis=2) < 200).mean() > 0.5
    assert (box(shut, 0, 6.3, 0.5).sum(axis=2) < 200).mean() == 0
    chin = [np.flatnonzero(np.asarray(p)[:, p.width // 2, 3])[-1] for p in (shut, wide)]
    assert chin[1] - chin[0] == pytest.approx(2.4 * SCALE, abs=3)


@pytest.mark.parametrize("jaw_open", [0.0, 0.3, 1.0])
def test_an_open_jaw_can_be_thought_away(jaw_open: float) -> None:
    y = np.linspace(-13, 10, 50)
    assert closed(opened(y, jaw_open), jaw_open) == pytest.approx(y)


def test_lips_and_brows_move() -> None:
    rest = np.asarray(head(), dtype=float)
    for name in (
        "mouth_smile_left",
        "mouth_pucker",
        "mouth_frown_right",
        "brow_inner_up",
        "brow_down_left",
        "eye_wide_right",
    ):
        assert (np.asarray(head(**{name: 1.0})) != rest).any(), name


@pytest.mark.slow
def test_a_head_is_drawn_in_time() -> None:
    """About 12 ms here at this size; the bound is wide, for machines that are busy."""
    head()
    spent = []
    for k in range(5):
        start = time.perf_counter()
        head(5 * k, jaw_open=k / 5)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.1


def test_channels_turn_the_head_and_move_the_face() -> None:
    plain = next(draw_frames(talking_head(still(1))))
    for change in (
        {"head_yaw": np.array([0.4])},
        {"face_jaw_open": np.array([0.8])},
        {"face_eye_blink_left": np.array([1.0])},
    ):
        assert (next(draw_frames(talking_head(still(1) | change))) != plain).any(), change


def test_where_channels_say_nothing_the_keypoints_turn_the_head() -> None:
    yaw = np.array([0.4])
    series = talking_head(still(1, head_yaw=yaw))
    unknown = {name: np.array([np.nan]) for name in series.channels} | {"face_jaw_open": np.array([np.nan])}
    told, bare, empty = (
        next(draw_frames(s)).astype(float)
        for s in (series, replace(series, channels={}), replace(series, channels=unknown))
    )
    assert (bare == empty).all()
    assert np.abs(told - bare).mean() < 1
    assert np.abs(told - next(draw_frames(talking_head(still(1))))).mean() > 1.5 * np.abs(told - bare).mean()


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("look", ["navy", "olive", "sand"])
def test_a_face_landmarker_finds_it_and_follows(models: None, look: str) -> None:
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    frames = 90
    swing = np.sin(2 * np.pi * np.arange(frames) / frames)
    yaw, pitch, roll = np.radians(40) * swing, np.radians(10) * swing[::-1], np.radians(10) * np.roll(swing, 20)
    series = talking_head({"head_yaw": yaw, "head_pitch": pitch, "head_roll": roll})
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(require("face_landmarker.task"))),
        running_mode=vision.RunningMode.VIDEO,
        output_facial_transformation_matrixes=True,
    )
    flip, found = np.diag([1, -1, -1]), np.full((frames, 3, 3), np.nan)
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for k, picture in enumerate(draw_frames(series, look=LOOKS[look])):
            result = landmarker.detect_for_video(mp.Image(mp.ImageFormat.SRGB, picture), 33 * k)
            for matrix in result.facial_transformation_matrixes[:1]:
                found[k] = flip @ matrix[:3, :3] @ flip
    error = np.degrees(np.array(angles_of(found)) - (yaw, pitch, roll))
    assert np.isfinite(error[0]).mean() >= 0.95
    offset = np.nanmedian(error, axis=1, keepdims=True) * np.array([[0], [1], [0]])  # straight ahead is a definition
    median = np.nanmedian(np.abs(error - offset), axis=1)
    assert (median < [4, 3, 2]).all(), median
