"""Metrics: equal to scikit-learn's, and intervals that grow with what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from poseprint.supervised.accuracy import FEWEST, METRICS, accuracy_drop, accuracy_report


@pytest.mark.slow
@given(st.integers(0, 10_000), st.integers(4, 60), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_metrics_are_scikit_learns(seed: int, count: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=count)
    labels[:2] = (0, 1)
    scores = rng.integers(levels + 1, size=count) / levels
    report = accuracy_report(labels, scores, ["a"] * count)
    answers = (scores > 0.5).astype(int)
    assert report["accuracy"] == pytest.approx(metrics.accuracy_score(labels, answers))
    assert report["balanced"] == pytest.approx(metrics.balanced_accuracy_score(labels, answers))
    assert report["mcc"] == pytest.approx(metrics.matthews_corrcoef(labels, answers))
    assert report["auc"] == pytest.approx(metrics.roc_auc_score(labels, scores))
    fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    at = np.linspace(0, 1, 20001)
    grid = np.interp(at, fpr, tpr)
    # The curve may stand upright where the rates cross: the grid then shows the nearest point.
    nearest = at[np.argmin(np.abs(at - (1 - grid)))]
    assert min(abs(report["eer"] - nearest), np.abs(at + grid - 1).min()) < 0.01 or _on_a_step(fpr, tpr, report["eer"])
    assert report["interval"] is None


def _on_a_step(fpr: np.ndarray, tpr: np.ndarray, eer: float) -> bool:
    """Whether the curve is upright at this false positive rate and passes 1 - eer."""
    at = np.isclose(fpr, eer)
    return bool(at.any() and tpr[at].min() - 1e-9 <= 1 - eer <= tpr[at].max() + 1e-9)


def test_known_values() -> None:
    perfect = accuracy_report(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.2, 0.8]), list("aabb"))
    assert [perfect[m] for m in METRICS] == [1, 1, 1, 1, 0]
    wrong = accuracy_report(np.array([0, 1]), np.array([0.9, 0.1]), ["a", "b"])
    assert [wrong[m] for m in METRICS] == [0, 0, -1, 0, 1]
    guess = accuracy_report(np.array([0, 1, 1, 1]), np.array([0.7] * 4), list("abcd"))
    assert [guess[m] for m in METRICS] == [0.75, 0.5, 0, 0.5, 0.5]
    assert guess["majority"] == 0.75


def test_one_label_has_no_curve() -> None:
    report = accuracy_report(np.ones(3), np.array([0.9, 0.2, 0.8]), list("abc"))
    assert report["accuracy"] == report["balanced"] == pytest.approx(2 / 3)
    assert report["mcc"] is report["auc"] is report["eer"] is None
    assert report["intervals"]["auc"] is None


@pytest.mark.slow
def test_the_interval_covers_what_is_true() -> None:
    """Recordings as the unit: scores are right 70 % of the time, a whole recording at once."""
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        right = rng.random(40) < 0.7
        labels = np.arange(40) % 2
        scores = np.where(right, labels, 1 - labels).astype(float)
        low, high = accuracy_report(
            np.repeat(labels, 6), np.repeat(scores, 6), [f"r{i // 6}" for i in range(240)], draws=400
        )["interval"]
        inside += low <= 0.7 <= high
    assert inside >= 86


def test_a_drop_with_its_interval() -> None:
    names = [f"r{i // 5}" for i in range(100)]
    first, second = np.ones(100, dtype=bool), np.arange(100) % 2 == 0
    drop = accuracy_drop((first, names), (second, names))
    assert drop["drop"] == 0.5
    assert drop["interval"][0] < 0.5 < drop["interval"][1]
    same = accuracy_drop((second, names), (second, names))
    assert same == {"drop": 0.0, "interval": [0.0, 0.0]}  # drawn together, so nothing is left to chance
    assert accuracy_drop((first[:5], names[:5]), (second[:5], names[:5]))["interval"] is None


@pytest.mark.slow
def test_many_movements_stay_within_memory() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=20_000)
    report = accuracy_report(labels, rng.random(20_000), [f"r{i // 10}" for i in range(20_000)], draws=300)
    assert report["intervals"]["auc"] == pytest.approx([0.5, 0.5], abs=0.02)


def test_accuracy_by_hand() -> None:
    labels = np.array([1, 1, 1, 0, 0, 1])
    scores = np.array([0.9, 0.4, 0.6, 0.2, 0.7, 0.5])  # right: yes no yes, yes no, no (0.5 is no vote for real)
    report = accuracy_report(labels, scores, ["a", "a", "b", "c", "c", "b"])
    assert report["accuracy"] == pytest.approx(3 / 6)
    assert report["majority"] == pytest.approx(4 / 6)
    assert report["balanced"] == pytest.approx((2 / 4 + 1 / 2) / 2)
    assert (report["movements"], report["recordings"]) == (6, 3)


def test_all_right_and_all_wrong() -> None:
    labels, recordings = np.array([1, 0, 1, 0, 1, 0]), list("abcdef")
    right = accuracy_report(labels, labels.astype(float), recordings)
    assert (right["accuracy"], right["interval"], right["balanced"]) == (1, [1, 1], 1)
    wrong = accuracy_report(labels, 1.0 - labels, recordings)
    assert (wrong["accuracy"], wrong["interval"], wrong["balanced"]) == (0, [0, 0], 0)


def test_nothing_to_report_on() -> None:
    report = accuracy_report(np.array([]), np.array([]), [])
    assert report.pop("intervals") == {}
    assert (report.pop("movements"), report.pop("recordings")) == (0, 0)
    assert set(report.values()) == {None}


@pytest.mark.parametrize("names", ["aaaaa", "abcda", "abcde"])
def test_a_few_recordings_have_no_interval(names: str) -> None:
    report = accuracy_report(np.array([1, 0, 1, 0, 1]), np.ones(5), list(names))
    assert report["accuracy"] == 0.6
    assert (report["interval"] is None) == (len(set(names)) < FEWEST)


def test_one_label_alone() -> None:
    report = accuracy_report(np.array([1, 1]), np.array([0.9, 0.1]), ["a", "b"])
    assert (report["majority"], report["balanced"]) == (1, 0.5)


def test_the_interval_is_over_recordings() -> None:
    """Ten times the movements of each recording, all alike, tell nothing new."""
    labels, scores = np.array([1, 1, 0, 0, 1]), np.array([0.9, 0.1, 0.2, 0.1, 0.8])
    once = accuracy_report(labels, scores, list("abcde"))
    often = accuracy_report(np.tile(labels, 10), np.tile(scores, 10), list("abcde") * 10)
    assert once["interval"] == often["interval"]
    assert once["interval"] == [0.4, 1.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1), st.integers(0, 6)), min_size=1, max_size=40))
def test_the_interval_holds_the_accuracy(rows: list[tuple[int, float, int]]) -> None:
    labels, scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    names = [f"r{g}" for g in groups]
    report = accuracy_report(labels, scores, names, draws=500)
    assert report == accuracy_report(labels, scores, names, draws=500)
    assert 0 <= report["balanced"] <= 1
    assert 0.5 <= report["majority"] <= 1
    if report["interval"] is None:
        assert len(set(names)) < FEWEST
    else:
        low, high = report["interval"]
        assert 0 <= low <= report["accuracy"] + 1e-9
        assert report["accuracy"] - 1e-9 <= high <= 1
