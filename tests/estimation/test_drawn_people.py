"""From pixels to head, face, hands and the body of one of several people, on drawn figures whose joints are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.movers import mover
from helpers.videos import write_video

from poseprint.core.channels import BLENDSHAPES, FACE, HANDS, HEAD, is_place
from poseprint.core.choice import Choice
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_EYE, RIGHT_EYE, UPPER_BODY
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.movements.gates import inspect
from poseprint.rendering.avatar import draw_frames
from poseprint.rendering.figure import LOOKS

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.usefixtures("models")]

HALF = (480, 360)
FRAMES = 165
FAST = {"preset": "ultrafast", "crf": "18", "g": "30"}


def figures() -> tuple[PoseSeries, PoseSeries]:
    """A larger and a smaller person, each in half of a picture."""
    return tuple(  # type: ignore[return-value]
        mover(FRAMES, size=HALF, shoulder=width, tempo=0.4, amplitude=0.2, seed=seed)
        for seed, width in enumerate((110, 85))
    )


def drawn(path: Path, *halves: PoseSeries) -> Path:
    """The film of figures beside each other."""
    films = [list(draw_frames(s, look=list(LOOKS.values())[k])) for k, s in enumerate(halves)]
    return write_video(path, lambda k: np.concatenate([f[k] for f in films], axis=1), len(films[0]), options=FAST)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn(tmp_path_factory.mktemp("drawn") / "two.mp4", *figures())


def assert_joints(series: PoseSeries, truth: PoseSeries, left: float = 0.0) -> None:
    """Joints lie where they were drawn, within 0.15 shoulder widths in the median."""
    error = np.linalg.norm(series.position - np.array([left, 0]) - truth.position, axis=2)
    error = np.nanmedian(error, axis=0) / truth.shoulder_width()
    assert (error < 0.15).all(), dict(zip(UPPER_BODY.keypoints, error.round(3), strict=True))
    assert series.present().mean() > 0.95


@pytest.mark.parametrize("who", [1, 2])
def test_two_people_each_measured_by_number(two: Path, who: int) -> None:
    series = extract(two, Measuring(who=who, head=False))
    choice = Choice.of(series.log)
    assert [p["number"] for p in choice.people] == [1, 2]
    assert [p["seconds"] for p in choice.people] == pytest.approx([5.5, 5.5], abs=0.7)
    truth, left = figures()[who - 1], HALF[0] * (who - 1)
    assert choice.people[who - 1]["place"][0] == pytest.approx(left + HALF[0] / 2, abs=15)
    assert choice.people[who - 1]["size"] == pytest.approx(truth.shoulder_width(), rel=0.3)
    assert_joints(series, truth, left)
    found = {f.code for f in inspect(series).findings}
    assert "OTHERS_IN_SIGHT" in found
    assert not found & {"WHO_IS_MEANT", "SECOND_PERSON", "TRACKING_JUMP", "TOO_LITTLE_EVIDENCE"}


def test_unless_one_is_named_who_is_meant_is_asked(two: Path) -> None:
    series = extract(two, Measuring(head=False))
    choice = Choice.of(series.log)
    assert (choice.who, choice.named, choice.rivals) == (1, False, (2,))
    assert_joints(series, figures()[0])
    inspection = inspect(series)
    assert "WHO_IS_MEANT" in {f.code for f in inspection.findings}
    assert inspection.seconds == 0


def test_nobody(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda _: np.full((360, 640, 3), 120, np.uint8), 60, options=FAST)
    series = extract(path)
    assert Choice.of(series.log) == Choice()
    assert {f.code for f in inspect(series).findings} >= {"NO_PERSON", "TOO_LITTLE_EVIDENCE"}
    assert (series.channels["head_confidence"] == 0).all()
    assert np.isnan(series.channels["head_yaw"]).all()


def test_head_face_and_hands_beside_the_body(tmp_path: Path) -> None:
    truth = mover(75, size=(640, 360), shoulder=100, tempo=0.4)
    series = extract(drawn(tmp_path / "v.mp4", truth), Measuring(hands=True))
    assert_joints(series, truth)
    assert [name for name in series.channels if name in {*HEAD, *FACE}] == [*HEAD, *FACE]
    seen = series.channels["head_confidence"] > 0.5
    assert seen.mean() > 0.95
    shapes = np.array([series.channels[f"face_{name}"] for name in BLENDSHAPES])
    assert shapes.shape == (52, 75)
    assert ((shapes[:, seen] >= 0) & (shapes[:, seen] <= 1)).all()
    eyes = truth.position[:, [RIGHT_EYE, LEFT_EYE]].mean(axis=1)
    place = np.stack([series.channels["head_x"], series.channels["head_y"]], axis=1)
    assert np.nanmedian(np.linalg.norm(place - eyes, axis=1)) < 0.3 * truth.shoulder_width()
    for name in ("yaw", "pitch", "roll"):
        assert np.abs(np.nanmedian(series.channels[f"head_{name}"])) < np.radians(25)
    for names in HANDS.values():
        confidence = series.channels[names[-1]]
        assert ((confidence >= 0) & (confidence <= 1)).all()
        for name in names[:-1]:
            assert is_place(name)
            values = series.channels[name]
            assert (np.isfinite(values) == (confidence > 0)).all()
            known = values[np.isfinite(values)]
            assert ((known >= -20) & (known <= series.frame_size["xy".index(name[-1])] + 20)).all()


def test_what_is_not_asked_for_is_not_measured(tmp_path: Path) -> None:
    series = extract(drawn(tmp_path / "v.mp4", mover(20, size=(640, 360), shoulder=100)), Measuring(head=False))
    assert not [name for name in series.channels if name.startswith(("head_", "face_", "right_hand", "left_hand"))]


def test_head_and_shoulders_are_evidence_of_the_head(tmp_path: Path) -> None:
    truth = mover(FRAMES, size=(640, 360), shoulder=330, centre=(0.5, 0.85), tempo=0.4, sway=0.03)
    series = extract(drawn(tmp_path / "v.mp4", truth))
    inspection = inspect(series)
    found = {f.code for f in inspection.findings}
    assert found >= {"ARMS_NOT_IN_SIGHT", "BODY_NOT_IN_SIGHT"}
    assert "TOO_LITTLE_EVIDENCE" not in found
    assert inspection.kinds["body"] == ()
    assert sum(b - a for a, b in inspection.kinds["head"]) > 0.95 * FRAMES
    assert sum(b - a for a, b in inspection.kinds["face"]) > 0.95 * FRAMES


def test_head_is_the_chosen_persons(two: Path) -> None:
    for who, truth in enumerate(figures(), 1):
        series = extract(two, Measuring(who=who, rate=10))
        assert (series.channels["head_confidence"] > 0.5).mean() > 0.9
        x = truth.position[:, [RIGHT_EYE, LEFT_EYE], 0].mean(axis=1) + HALF[0] * (who - 1)
        assert np.nanmax(np.abs(series.channels["head_x"] - x)) < 0.4 * truth.shoulder_width()
