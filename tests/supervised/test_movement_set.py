"""Movements as features: normalised, padded and kept together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.movers import mover
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER
from poseprint.supervised.movement_set import MovementSet, movement_set, normalise


def by_hand(values: list[float]) -> list[float]:
    """Eq. 1, with the population's deviation."""
    mean = sum(values) / len(values)
    sigma = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
    return [(v - mean) / sigma if sigma else 0.0 for v in values]


def test_zscore_is_equation_1_by_hand() -> None:
    position = np.ones((4, 12, 2))
    position[:, NOSE, 0] = [1, 2, 3, 6]  # mean 3, deviations -2 -1 0 3, variance 14 / 4
    position[:, NECK, 1] = [5, np.nan, 5, 5]  # missing is 0: mean 3.75
    position[1, NECK, 0] = np.nan
    features = normalise(position, "zscore")
    assert features.shape == (4, 24)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:, 0], np.array([-2, -1, 0, 3]) / 3.5**0.5, rtol=1e-6)
    np.testing.assert_allclose(features[:, 3], by_hand([5, 0, 5, 5]), rtol=1e-6)
    np.testing.assert_allclose(features[:, 2], by_hand([1, 0, 1, 1]), rtol=1e-6)
    assert (np.delete(features, [0, 2, 3], axis=1) == 0).all()


@pytest.mark.parametrize("constant", [0.0, 0.1, 333.3, 1e7 + 0.1, -1e30, np.nan])
def test_zscore_of_what_does_not_move_is_zero(constant: float) -> None:
    position = np.full((150, 12, 2), constant, dtype=np.float32)
    assert (normalise(position, "zscore") == 0).all()


coordinates = arrays(np.float32, (20, 12, 2), elements=st.floats(-4096, 4096, width=32))


@settings(max_examples=30, deadline=None)
@given(coordinates)
def test_zscore_has_mean_0_and_deviation_1(position: Array) -> None:
    features = normalise(position, "zscore").astype(np.float64)
    spread = np.ptp(position.reshape(20, -1).astype(np.float64), axis=0)
    assume(((spread == 0) | (spread > 1e-3)).all())
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0), (spread > 0).astype(float), atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 10), st.floats(-1000, 1000), st.floats(-1000, 1000), st.sampled_from(["zscore", "body"]))
def test_place_and_size_in_the_picture_do_not_matter(scale: float, x: float, y: float, how: Any) -> None:
    position = mover(150, seed=3).position.astype(np.float64)
    np.testing.assert_allclose(
        normalise(position * scale + [x, y], how), normalise(position, how), rtol=1e-4, atol=1e-5
    )


def test_body_puts_the_neck_at_the_origin_and_the_shoulders_one_apart() -> None:
    features = normalise(mover(150, shoulder=180).position, "body").reshape(150, 12, 2)
    assert (features[:, NECK] == 0).all()
    widths = np.linalg.norm(features[:, RIGHT_SHOULDER] - features[:, LEFT_SHOULDER], axis=1)
    assert np.median(widths) == pytest.approx(1)
    np.testing.assert_allclose(features[:, LEFT_SHOULDER], np.tile([0.5, 0], (150, 1)), atol=1e-5)


def test_body_keeps_the_distance_to_the_camera_within_a_movement() -> None:
    position = mover(3).position.astype(np.float64)
    position[2] *= 2  # leans forward: one frame larger, the median stays
    features = normalise(position, "body")
    np.testing.assert_allclose(features[2], 2 * normalise(mover(3).position, "body")[2], rtol=1e-5, atol=1e-5)


def test_body_of_what_is_missing_is_zero() -> None:
    position = mover(10).position.copy()
    position[4, NOSE] = np.nan
    position[6, NECK] = np.nan
    features = normalise(position, "body").reshape(10, 12, 2)
    assert (features[4, NOSE] == 0).all()
    assert (features[6] == 0).all()
    assert (features[5, NOSE] != 0).any()
    position[:, LEFT_SHOULDER] = np.nan
    assert (normalise(position, "body") == 0).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("how", ["zscore", "body"])
def test_nothing_seen_is_zero(how: Any) -> None:
    assert (normalise(np.full((150, 12, 2), np.nan), how) == 0).all()
    assert (normalise(np.full((150, 12, 2), 7.0), how) == 0).all()


def test_other_normalisations_are_refused() -> None:
    with pytest.raises(PoseprintError, match="normalisation 'minmax' is not one of zscore, body"):
        normalise(np.ones((2, 12, 2)), "minmax")  # type: ignore[arg-type]


def test_movements_of_a_recording() -> None:
    series = mover(400, recording="r", person="Ada")
    movements = movement_set(series, [(0, 150), (150, 300), (300, 360)], "zscore", label=1)
    assert movements.features.shape == (3, 150, 24)
    assert movements.features.dtype == np.float32
    np.testing.assert_array_equal(movements.features[1], normalise(series.position[150:300], "zscore"))
    np.testing.assert_array_equal(movements.features[2, :60], normalise(series.position[300:360], "zscore"))
    assert (movements.features[2, 60:] == 0).all()
    assert movements.lengths.tolist() == [150, 150, 60]
    assert movements.starts.tolist() == [0, 5, 10]
    assert movements.recordings == ("r", "r", "r")
    assert movements.persons == ("Ada", "Ada", "Ada")
    assert movements.labels.tolist() == [1, 1, 1]


def test_no_movements() -> None:
    movements = movement_set(mover(10), [], "body")
    assert (len(movements), movements.features.shape) == (0, (0, 150, 24))


def parts(count: int = 2, frames: int = 3, **changes: Any) -> MovementSet:
    fields: dict[str, Any] = {
        "features": np.arange(count * frames * 24, dtype=np.float32).reshape(count, frames, 24),
        "lengths": np.full(count, frames),
        "starts": np.arange(count, dtype=float),
        "recordings": tuple(f"r{i}" for i in range(count)),
        "persons": ("Ada",) * count,
        "labels": np.arange(count) % 2,
    }
    return MovementSet(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lengths": np.array([3])}, r"parts differ in length: features \(2, 3, 24\), others \[1, 2, 2, 2, 2\]"),
        ({"starts": np.zeros(3)}, r"others \[2, 3, 2, 2, 2\]"),
        ({"recordings": ("a",)}, r"others \[2, 2, 1, 2, 2\]"),
        ({"persons": ()}, r"others \[2, 2, 2, 0, 2\]"),
        ({"labels": np.zeros(1)}, r"others \[2, 2, 2, 2, 1\]"),
        ({"features": np.zeros((2, 72))}, r"features \(2, 72\)"),
        ({"features": np.full((2, 3, 24), np.nan)}, "features must be finite; missing keypoints become 0"),
        ({"features": np.full((2, 3, 24), np.inf)}, "features must be finite"),
    ],
)
def test_a_movement_set_that_does_not_fit(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(PoseprintError, match=problem):
        parts(**changes)


def test_subset_keeps_everything_together() -> None:
    chosen = parts(4).subset(np.array([2, 0]))
    np.testing.assert_array_equal(chosen.features, parts(4).features[[2, 0]])
    assert chosen.recordings == ("r2", "r0")
    assert (chosen.starts.tolist(), chosen.labels.tolist()) == ([2, 0], [0, 0])
    assert len(parts(4).subset([])) == 0


def test_joined_sets_are_padded_to_the_longest() -> None:
    joined = MovementSet.joined([parts(2, 3), parts(1, 5), parts(0, 2)])
    assert joined.features.shape == (3, 5, 24)
    np.testing.assert_array_equal(joined.features[:2, :3], parts(2, 3).features)
    assert (joined.features[:2, 3:] == 0).all()
    np.testing.assert_array_equal(joined.features[2], parts(1, 5).features[0])
    assert joined.lengths.tolist() == [3, 3, 5]
    assert joined.recordings == ("r0", "r1", "r0")
