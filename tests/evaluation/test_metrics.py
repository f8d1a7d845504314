"""Figures of trials, against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.trials import trials
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.arrays import Array
from poseprint.evaluation.metrics import DRAWS, FEWEST, cllr, det_curve, min_cllr, trial_metrics
from poseprint.verification.trials import Trials


def many(people: int = 6, apart: float = 1.0, seed: int = 0) -> Trials:
    """Everybody against everybody, five recordings each."""
    rng = np.random.default_rng(seed)
    model, test = (a.ravel() for a in np.meshgrid(np.arange(people), np.repeat(np.arange(people), 5), indexing="ij"))
    genuine = model == test
    return trials(
        rng.normal(0, 1, len(model)) + apart * genuine, genuine, model=model.astype(str), test=test.astype(str)
    )


def test_by_hand() -> None:
    # Of the six pairs of a genuine and an impostor trial, five are in order.
    metrics = trial_metrics(trials([3, 1, 2, 0, -1], [True, True, False, False, False]), "both")
    assert metrics["auc"] == pytest.approx(5 / 6)
    # No threshold has equal errors; at either side of the genuine 1 they are (1/2, 0) and (0, 1/3).
    assert 0 < metrics["eer"] < 0.5
    assert (metrics["genuine"], metrics["impostor"], metrics["majority"]) == (2, 3, pytest.approx(0.6))
    # At a prior of 0.05, all alarms away and one of two missed is cheapest: 0.05 * 1/2 over 0.05.
    assert metrics["min_dcf"] == pytest.approx(0.5)
    bits = [np.log2(1 + 10.0**-llr) for llr in (3, 1)], [np.log2(1 + 10.0**llr) for llr in (2, 0, -1)]
    assert metrics["cllr"] == pytest.approx((np.mean(bits[0]) + np.mean(bits[1])) / 2)
    # Pooling 1 and 2, which are the wrong way around: (1/2) / (1/2 + 1/3) of the weight there is genuine.
    pooled = 0.5 / (0.5 + 1 / 3)
    least = (np.log2(1 / pooled) / 2 + np.log2(1 / (1 - pooled)) / 3) / 2
    assert metrics["min_cllr"] == pytest.approx(least)


def test_perfect_and_uninformative() -> None:
    perfect = trial_metrics(trials([9, 8, -8, -9], [True, True, False, False]), "both")
    assert (perfect["auc"], perfect["eer"], perfect["min_dcf"]) == (1, 0, 0)
    assert perfect["cllr"] < 1e-6
    assert perfect["min_cllr"] < 1e-6
    nothing = trial_metrics(trials([0, 0, 0, 0], [True, True, False, False]), "motion")
    assert (nothing["auc"], nothing["eer"], nothing["min_dcf"]) == (0.5, 0.5, 1)
    assert nothing["cllr"] == nothing["min_cllr"] == pytest.approx(1)
    reverse = trial_metrics(trials([-9, -8, 8, 9], [True, True, False, False]), "motion")
    assert (reverse["auc"], reverse["eer"]) == (0, 1)
    assert reverse["min_cllr"] == pytest.approx(1)
    assert reverse["cllr"] > 20


scores = st.lists(st.tuples(st.integers(-6, 6), st.booleans()), min_size=4, max_size=40).filter(
    lambda rows: len({g for _, g in rows}) == 2
)


@settings(max_examples=50, deadline=None)
@given(scores)
def test_what_hangs_on_order_alone_does_not_change_with_the_scale(rows: list[tuple[int, bool]]) -> None:
    values, genuine = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows])
    metrics = trial_metrics(trials(values / 3, genuine), "both")
    compared = trial_metrics(trials(np.exp(values) - 5, genuine, llr=values / 3), "both")
    for name in ("auc", "eer", "min_dcf", "cllr", "min_cllr"):
        assert metrics[name] == pytest.approx(compared[name]), name
    assert metrics["min_cllr"] <= metrics["cllr"] + 1e-9
    assert metrics["min_cllr"] <= 1 + 1e-9
    assert -1e-9 <= metrics["min_dcf"] <= 1 + 1e-9


@settings(max_examples=30, deadline=None)
@given(scores)
def test_who_is_who_turned_around(rows: list[tuple[int, bool]]) -> None:
    values, genuine = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows])
    metrics, compared = trial_metrics(trials(values, genuine), "both"), trial_metrics(trials(-values, ~genuine), "both")
    assert metrics["auc"] == pytest.approx(compared["auc"])
    assert metrics["cllr"] == pytest.approx(compared["cllr"])
    assert metrics["min_cllr"] == pytest.approx(compared["min_cllr"])


def test_intervals_are_over_persons_repeat_and_hold_the_figure() -> None:
    t = many()
    metrics = trial_metrics(t, "both", seed=3)
    assert metrics == trial_metrics(t, "both", seed=3)
    assert metrics["intervals"] != trial_metrics(t, "both", seed=4)["intervals"]
    for name in ("auc", "eer", "min_dcf", "cllr"):
        low, high = metrics["intervals"][name]
        assert low <= metrics[name] <= high, name
    assert metrics["persons"] == 6


def test_an_interval_does_not_shrink_where_each_trial_stands_many_times() -> None:
    t = many()
    again = Trials.joined([t] * 5)
    metrics, compared = trial_metrics(t, "both"), trial_metrics(again, "both")
    for name in ("auc", "cllr"):
        assert compared[name] == pytest.approx(metrics[name])
        assert compared["intervals"][name] == pytest.approx(metrics["intervals"][name])


def test_few_persons_have_no_intervals_and_one_kind_of_trial_no_figures() -> None:
    assert trial_metrics(many(FEWEST - 1), "both")["intervals"] is None
    assert trial_metrics(many(FEWEST), "both", draws=20)["intervals"] is not None
    alone = trial_metrics(trials([1, 2], [True, True]), "both")
    assert alone["auc"] is alone["cllr"] is alone["majority"] is alone["intervals"] is None
    assert alone["genuine"] == 2
    assert DRAWS >= 200


def test_trials_that_could_not_be_measured_are_counted_and_left_out() -> None:
    whole = trials([3, 1, 2, 0, -1, np.nan, np.nan], [True, True, False, False, False, True, False])
    metrics = trial_metrics(whole, "static")
    assert metrics["without_score"] == 2
    assert metrics["auc"] == pytest.approx(5 / 6)


def test_a_det_curve_goes_from_all_alarms_to_all_misses() -> None:
    alarms, misses = det_curve(many(), "both")
    assert (alarms[0], misses[0], misses[-1]) == (1, 0, 1)
    assert alarms[-1] == pytest.approx(0)
    assert (np.diff(alarms) <= 1e-12).all()
    assert (np.diff(misses) >= -1e-12).all()
    worst = np.maximum(alarms, misses).min()
    assert worst == pytest.approx(trial_metrics(many(), "both")["eer"], abs=0.05)


@settings(max_examples=30, deadline=None)
@given(scores)
def test_min_cllr_is_the_least_of_any_rescaling(rows: list[tuple[int, bool]]) -> None:
    values, genuine = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows])
    least = min_cllr(values, genuine)
    for scale in (0.05, 0.2, 1.0):
        for shift in (-1.0, 0.0, 1.0):
            assert least <= cllr(scale * values + shift, genuine) + 1e-9


def test_cllr_by_hand() -> None:
    llr: Array = np.array([1.0, -1.0])
    assert cllr(llr, np.array([True, False])) == pytest.approx(np.log2(1.1))
    assert cllr(-llr, np.array([True, False])) == pytest.approx(np.log2(11))
    assert cllr(np.zeros(4), np.array([True, False, False, True])) == pytest.approx(1)
