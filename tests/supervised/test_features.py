"""Choices of features: which numbers, in which order, normalised, and 0 where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.experiments import PEOPLE, data_set
from helpers.movers import mover, with_channel, with_head_and_hands

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.core.channels import HANDS
from poseprint.core.errors import DatasetError, PoseFileError, PoseprintError
from poseprint.core.skeleton import LEFT_WRIST, NECK, RIGHT_WRIST
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.profile_folder import InputSpec
from poseprint.supervised.features import FEATURES
from poseprint.supervised.movement_set import movement_set, normalise
from poseprint.supervised.settings import Settings

SERIES = with_head_and_hands(mover(300, seed=1))
SPAN = [(30, 180)]


def features_of(name: str, how: Any, series: Any = SERIES) -> Any:
    return movement_set(series, SPAN, how, features=name).features[0]


def test_numbers_a_frame() -> None:
    assert {name: chosen.count for name, chosen in FEATURES.items()} == {
        "keypoints": 24,
        "head_rotation": 17,
        "hands": 108,
    }


@pytest.mark.parametrize("how", ["zscore", "body"])
def test_the_papers_numbers_stay_as_they_are_beside_others(how: Any) -> None:
    paper = features_of("keypoints", how)
    np.testing.assert_array_equal(paper, normalise(SERIES.position[30:180], how))
    head, hands = features_of("head_rotation", how), features_of("hands", how)
    assert (head.shape, hands.shape) == ((150, 17), (150, 108))
    np.testing.assert_array_equal(head[:, :14], paper[:, 2 * NECK : 2 * LEFT_WRIST + 2])
    np.testing.assert_array_equal(hands[:, :24], paper)


def test_angles_are_z_scored_as_all_else_or_stay_radians() -> None:
    angles = np.stack([SERIES.channels[f"head_{name}"][30:180] for name in ("yaw", "pitch", "roll")], axis=1)
    scored = (angles - angles.mean(axis=0)) / angles.std(axis=0)
    np.testing.assert_allclose(features_of("head_rotation", "zscore")[:, 14:], scored, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(features_of("head_rotation", "body")[:, 14:], angles)


def test_hands_are_seen_from_the_neck_the_right_one_first() -> None:
    hands = features_of("hands", "body")[:, 24:].reshape(150, 42, 2)
    place = SERIES.position[30:180]
    for k, (side, wrist) in enumerate((("right", RIGHT_WRIST), ("left", LEFT_WRIST))):
        assert HANDS[side][0] == f"{side}_hand_wrist_x"
        from_neck = (place[:, wrist, 0] - place[:, NECK, 0]) / 200
        np.testing.assert_allclose(hands[:, 21 * k, 0], from_neck, atol=1e-4)


@pytest.mark.parametrize("how", ["zscore", "body"])
def test_what_was_not_measured_is_as_a_missing_keypoint(how: Any) -> None:
    gone = with_channel(with_channel(SERIES, "left_hand_confidence", slice(60, 120), 0.2), "head_yaw", 60, np.nan)
    gone = with_channel(gone, "left_hand_wrist_x", slice(60, 120), np.nan)
    raw = np.where(np.arange(300) // 60 == 1, 0, SERIES.channels["left_hand_thumb_tip_y"])[30:180]
    column = 24 + 42 + HANDS["left"].index("left_hand_thumb_tip_y")
    left = features_of("hands", how, gone)[:, column]
    if how == "zscore":
        np.testing.assert_allclose(left, (raw - raw.mean()) / raw.std(), rtol=1e-4)
    else:
        assert (left[30:90] == 0).all()
        assert (left[:30] != 0).all()
    filled = features_of("head_rotation", how, gone)
    np.testing.assert_allclose(filled, features_of("head_rotation", how), atol=0.05)  # one frame: a straight line
    for part in ("head", "right_hand", "left_hand"):
        gone = with_channel(gone, f"{part}_confidence", slice(None), 0)
    assert (features_of("head_rotation", how, gone)[:, 14:] == 0).all()
    assert (features_of("hands", how, gone)[:, 24:] == 0).all()


def test_a_series_without_them_is_refused() -> None:
    with pytest.raises(PoseFileError, match="mover_0: tells nothing of the hands; measure it with --hands"):
        movement_set(mover(150), [(0, 150)], "zscore", features="hands")
    no_confidence = {name: values for name, values in SERIES.channels.items() if name != "head_confidence"}
    assert FEATURES["head_rotation"].lacks(replace(SERIES, channels=no_confidence))
    assert not FEATURES["keypoints"].lacks(mover(150))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (["features=face"], "features is 'face'; it is one of keypoints, head_rotation, hands"),
        (["features=hands", "model=vgg16"], "'hands'; that takes model=lstm and keypoints=all"),
        (["features=head_rotation", "keypoints=face"], "'head_rotation'; that takes model=lstm and keypoints=all"),
    ],
)
def test_settings_that_do_not_go_together(changes: list[str], problem: str) -> None:
    with pytest.raises(PoseprintError, match=problem):
        Settings().changed(changes)


def test_an_older_profile_takes_keypoints() -> None:
    older = {
        "skeleton": "upper_body_12",
        "fps": 30.0,
        "length": 150,
        "normalisation": "zscore",
        "estimator": {"name": "a"},
    }
    assert InputSpec.from_dict(older).features == "keypoints"


@pytest.mark.slow
@pytest.mark.parametrize("features", ["head_rotation", "hands"])
def test_a_profile_is_trained_written_read_and_asked(features: str, tmp_path: Path) -> None:
    training = pytest.importorskip("poseprint.supervised.training")
    folder = data_set(tmp_path / "data", {p: PEOPLE[p] for p in ("Ann", "Bob")}, recordings=6)
    changes = [f"features={features}", "length=30", "stride=30", "hidden=16", "layers=1", "lr=0.01", "batch_size=8"]
    figures = training.train(folder, "Ann", tmp_path / "profile", Settings().changed([*changes, "epochs=15"]))
    assert figures["train"]["accuracy"] > 0.9
    profile = read_profile(tmp_path / "profile")
    assert (profile.input.features, profile.model["inputs"]) == (features, FEATURES[features].count)
    for name, own in (("Ann", "real"), ("Bob", "fake")):  # asked of what it was trained on: the votes it learnt
        votes = [check_poses(read_poses(folder / f"{name}_{k}.parquet"), profile).votes for k in range(6)]
        assert sum(vote[own] for vote in votes) > 45
        assert sum(sum(vote.values()) for vote in votes) == 60
    found = check_poses(mover(300, seed=77), profile)
    assert (found.decision, found.score) == ("inconclusive", None)
    assert FEATURES[features].what in found.reason
    series = read_poses(folder / "Bob_1.parquet")
    write_poses(replace(series, channels={}), folder / "Bob_1.parquet")
    with pytest.raises(DatasetError, match=rf"features {features} take .* told by Bob_1: .*remove its line"):
        training.train(folder, "Ann", tmp_path / "other", Settings().changed(changes))
