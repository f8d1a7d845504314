"""Scores -> LLRs in their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.evaluation.metrics import cllr, min_cllr
from poseprint.verification.calibration import Calibration, bounds, circumstances, fit_calibration


def gaussian(count: int = 4000, *, apart: float = 2.0, seed: int = 0) -> tuple[Array, Array]:
    """Scores of two Gaussians of deviation 1, and which are genuine."""
    rng = np.random.default_rng(seed)
    genuine = rng.random(count) < 0.3
    return rng.normal(0, 1, count) + np.where(genuine, apart / 2, -apart / 2), genuine


def usual(count: int) -> Array:
    return circumstances(np.full(count, 36.0), np.zeros(count), np.full(count, 10.0))


def fitted(persons: int = 20) -> Calibration:
    scores, genuine = gaussian()
    return fit_calibration(("motion",), scores[:, None], usual(len(scores)), genuine, persons=persons)


def test_two_gaussians_get_the_llrs_that_they_have() -> None:
    scores, genuine = gaussian(seed=1)
    llrs = fitted(100_000).llr(scores[:, None], usual(len(scores)))
    # Of equal deviations 1 and means 1 and -1, the natural-log LLR is twice the score, whatever the shares.
    assert llrs == pytest.approx(2 * scores / np.log(10), rel=0.15, abs=0.05)
    assert cllr(llrs, genuine) == pytest.approx(min_cllr(scores, genuine), abs=0.02)
    assert cllr(llrs, genuine) < 0.6


def test_the_scale_of_the_scores_does_not_matter() -> None:
    scores, genuine = gaussian()
    rescaled = fit_calibration(("motion",), 40 * scores[:, None] - 7, usual(len(scores)), genuine, persons=20)
    expected = fitted().llr(scores[:, None], usual(len(scores)))
    assert rescaled.llr(40 * scores[:, None] - 7, usual(len(scores))) == pytest.approx(expected, abs=0.03)


def test_a_second_score_that_says_nothing_changes_little() -> None:
    scores, genuine = gaussian()
    both = np.stack([scores, np.random.default_rng(5).normal(size=len(scores))], axis=1)
    fit = fit_calibration(("motion", "static"), both, usual(len(scores)), genuine, persons=20)
    assert fit.llr(both, usual(len(scores))) == pytest.approx(
        fitted().llr(scores[:, None], usual(len(scores))), abs=0.3
    )


def test_little_evidence_counts_for_less() -> None:
    rng = np.random.default_rng(2)
    seconds = rng.choice([5.0, 72.0], 6000)
    genuine = rng.random(6000) < 0.5
    noise = np.where(seconds == 5, 3.0, 0.7)
    scores = rng.normal(0, noise) + np.where(genuine, 1, -1)
    around = circumstances(seconds, np.zeros(6000), np.full(6000, 10.0))
    fit = fit_calibration(("motion",), scores[:, None], around, genuine, persons=500)
    short, long = (
        float(fit.llr(np.array([[2.0]]), circumstances(np.array([s]), np.zeros(1), np.array([10.0])))[0])
        for s in (5.0, 72.0)
    )
    assert 0 < short < long


def test_weights_of_trials_count() -> None:
    scores = np.array([[-1.0], [1.0], [-1.0], [1.0]])
    genuine = np.array([True, True, False, False])
    even = fit_calibration(("motion",), scores, usual(4), genuine, persons=20)
    assert even.unbounded(scores, usual(4)) == pytest.approx(0, abs=1e-6)
    tilted = fit_calibration(("motion",), scores, usual(4), genuine, persons=20, weight=np.array([1.0, 9, 9, 1]))
    low, high = tilted.unbounded(scores[:2], usual(2))
    assert low < -0.3 < 0.3 < high


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(2, 10_000))
def test_no_llr_is_beyond_its_bounds_and_none_turns_the_order_around(scores: list[float], persons: int) -> None:
    low, high = bounds(persons)
    fit = Calibration(("motion",), (0.1, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), low, high, persons)
    ordered = np.sort(np.array(scores))[:, None]
    llrs = fit.llr(ordered, usual(len(scores)))
    assert ((low <= llrs) & (llrs <= high)).all()
    assert (np.diff(llrs) >= 0).all()


def test_bounds_by_hand() -> None:
    assert bounds(9) == pytest.approx((-1.0, np.log10(37)))
    lows, highs = zip(*(bounds(n) for n in (2, 10, 100, 1000)), strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    assert (fitted(9).lower, fitted(9).upper) == bounds(9)


def test_it_is_read_as_written() -> None:
    fit = fitted()
    assert Calibration.from_dict(fit.to_dict()) == fit


def test_a_calibration_needs_both_kinds() -> None:
    with pytest.raises(PoseprintError, match="trials of both kinds"):
        fit_calibration(("motion",), np.ones((3, 1)), usual(3), np.ones(3, dtype=bool), persons=3)


def test_circumstances_are_zero_in_the_usual_case_and_bounded() -> None:
    assert usual(1) == pytest.approx(0)
    most = circumstances(np.array([1e9]), np.ones(1), np.array([1e9]))
    assert most == pytest.approx(circumstances(np.array([600.0]), np.ones(1), np.array([10.0])))
