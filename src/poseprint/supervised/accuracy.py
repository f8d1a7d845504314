"""Figures that can be believed: each with its interval over recordings, beside what guessing gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.roc import roc

METRICS = ("accuracy", "balanced", "mcc", "auc", "eer")
DRAWS = 2000
FEWEST = 5
"""Recordings from which on an interval is given: drawn from two or three, it would be far too narrow."""
_AT_ONCE = 4_000_000
"""Numbers a bootstrap holds in memory for each array it needs."""


def accuracy_report(
    labels: Array,
    scores: Array,
    recordings: Sequence[str],
    *,
    runs: Sequence[int] | Array | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """How well scores tell real movements (score > 0.5) from fake ones.

    The 95 % intervals are a bootstrap over recordings, because movements of one recording resemble each
    other; with fewer than FEWEST recordings there are none.

    Args:
        labels: 1 real, 0 fake [shape=(movements,)].
        scores: probabilities [shape=(movements,)].
        recordings: of each movement.
        runs: which model judged each movement; None for one. Scores of different models are not on one scale
            and each may know its own majority, so each figure is taken run by run, and is their mean weighted
            by movements.
        seed, draws: of the bootstrap.

    Returns:
        movements, recordings; accuracy, balanced (mean accuracy over the labels that occur), mcc (Matthews
        correlation coefficient), auc (area under the ROC curve), eer (equal error rate: where as large a share
        of the fakes is taken for real as of the real ones for fake); interval (of the accuracy, [low, high] or
        None) and intervals (of all five, by name); majority (accuracy of always giving the commoner label).
        With one label only, mcc, auc and eer are None.
    """
    labels, scores = np.asarray(labels, dtype=np.int64), np.asarray(scores, dtype=np.float64)
    names, group = np.unique(np.asarray(recordings, dtype=np.str_), return_inverse=True)
    report: dict[str, Any] = {"movements": len(labels), "recordings": len(names)}
    if not len(labels):
        return {**report, **dict.fromkeys((*METRICS, "interval", "majority")), "intervals": {}}
    ones = np.ones((1, len(labels)))
    run_of = np.zeros(len(labels), dtype=np.int64) if runs is None else np.asarray(runs)
    by_run = [np.flatnonzero(run_of == run) for run in np.unique(run_of)]
    report |= {name: _number(values[0]) for name, values in _mean_over_runs(labels, scores, ones, by_run).items()}
    intervals: dict[str, list[float] | None] = dict.fromkeys(METRICS)
    if len(names) >= FEWEST:
        drawn = [
            _mean_over_runs(labels, scores, weights[:, group], by_run)
            for weights in _drawn(len(names), seed, draws, len(labels))
        ]
        for name in METRICS:
            if report[name] is not None:
                intervals[name] = _interval(np.concatenate([values[name] for values in drawn]))
    majority = sum(max((labels[run] == label).sum() for label in (0, 1)) for run in by_run) / len(labels)
    return {**report, "interval": intervals["accuracy"], "intervals": intervals, "majority": float(majority)}


def accuracy_drop(
    first: tuple[Array, Sequence[str]], second: tuple[Array, Sequence[str]], *, seed: int = 0, draws: int = DRAWS
) -> dict[str, Any]:
    """How much less accurate the second set of answers is than the first.

    Args:
        first, second: for each movement whether it was judged rightly, and its recording. Recordings in
            both are drawn together.
        seed, draws: of the bootstrap.

    Returns:
        drop (accuracy of the first minus that of the second) and interval (95 %, over recordings, or None).
    """
    names = sorted({*first[1], *second[1]})
    index = {name: i for i, name in enumerate(names)}
    hits, sizes = np.zeros((2, len(names))), np.zeros((2, len(names)))
    for k, (right, recordings) in enumerate((first, second)):
        group = [index[name] for name in recordings]
        np.add.at(hits[k], group, np.asarray(right, dtype=np.float64))
        np.add.at(sizes[k], group, 1.0)
    accuracy = hits.sum(1) / sizes.sum(1)
    interval = None
    if len(names) >= FEWEST:
        weights = np.concatenate(list(_drawn(len(names), seed, draws, len(names))))
        with np.errstate(invalid="ignore"):
            values = weights @ hits.T / (weights @ sizes.T)
        interval = _interval(values[:, 0] - values[:, 1])
    return {"drop": float(accuracy[0] - accuracy[1]), "interval": interval}


def _drawn(recordings: int, seed: int, draws: int, width: int) -> Iterator[Array]:
    """How often each recording was drawn, in portions of draws [shape=(portion, recordings)]."""
    rng = np.random.default_rng(seed)
    most = max(1, _AT_ONCE // width)
    for first in range(0, draws, most):
        count = min(most, draws - first)
        picks = rng.integers(recordings, size=(count, recordings))
        weights = np.zeros((count, recordings))
        np.add.at(weights, (np.arange(count)[:, None], picks), 1.0)
        yield weights


def _mean_over_runs(labels: Array, scores: Array, weights: Array, by_run: Sequence[Array]) -> dict[str, Array]:
    """Each metric as the mean over runs, given as indices of movements, weighted by movements, of those that have it."""
    metrics = [_weighted(labels[run], scores[run], weights[:, run]) for run in by_run]
    sizes = np.stack([weights[:, run].sum(1) for run in by_run])
    means = {}
    for name in METRICS:
        values = np.stack([of_run[name] for of_run in metrics])
        share = np.where(np.isnan(values), 0.0, sizes)
        with np.errstate(invalid="ignore"):
            means[name] = (np.nan_to_num(values) * share).sum(0) / share.sum(0)
    return means


def _weighted(labels: Array, scores: Array, weights: Array) -> dict[str, Array]:
    """Each metric for each row of weights [shape=(draws, movements)]; NaN where a row has no such value."""
    real, voted = labels == 1, scores > 0.5
    tp, fn = weights @ (real & voted), weights @ (real & ~voted)
    tn, fp = weights @ (~real & ~voted), weights @ (~real & voted)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.stack([tp / (tp + fn), tn / (tn + fp)])
        product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        mcc = np.where(product > 0, (tp * tn - fp * fn) / np.sqrt(product), 0.0)
        both = (tp + fn > 0) & (tn + fp > 0)
        auc, eer = roc(real, scores, weights)
        return {
            "accuracy": (tp + tn) / weights.sum(1),
            "balanced": np.where(both, rates.mean(0), np.where(np.isnan(rates[0]), rates[1], rates[0])),
            "mcc": np.where(both, mcc, np.nan),
            "auc": np.where(both, auc, np.nan),
            "eer": np.where(both, eer, np.nan),
        }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _interval(values: Array) -> list[float] | None:
    """The middle 95 % of drawn values; None where nearly all are undefined."""
    values = values[~np.isnan(values)]
    return [float(q) for q in np.quantile(values, (0.025, 0.975))] if len(values) > 1 else None
