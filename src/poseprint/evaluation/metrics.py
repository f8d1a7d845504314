"""How good trials are: AUC, EER, minDCF, Cllr and its minimum, each with an interval over persons.

Trials of one person resemble each other, whichever recordings they are of, so the bootstrap draws persons. A genuine
trial counts as often as its person is drawn, an impostor trial as often as its two persons together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from poseprint.core.arrays import Array
from poseprint.core.roc import roc
from poseprint.verification.calibration import LOG10
from poseprint.verification.trials import Trials

DRAWS = 300
FEWEST = 5
"""Persons from which on an interval is given."""
TARGET = 0.05
"""Prior of the person of interest in minDCF, with equal costs."""
METRICS = ("auc", "eer", "min_dcf", "cllr")


def trial_metrics(trials: Trials, kind: str, *, seed: int = 0, draws: int = DRAWS) -> dict[str, Any]:
    """The figures of one kind of evidence.

    AUC, EER and minDCF are of the LLRs before bounds, which make ties, and trust; Cllr and its minimum are of the LLRs as
    given.

    Args:
        trials: of one level.
        kind: static, motion or both.
        seed, draws: of the bootstrap over persons.

    Returns:
        auc, eer, min_dcf, cllr, min_cllr, each a number or None; `intervals` of the first four, 95 %, or None; persons,
        genuine and impostor: how many there are; majority: the share of the commoner kind of trial; without_score:
        trials in which this kind could not be measured, left out here.
    """
    known = np.isfinite(trials.ranking[kind])
    t = trials.at(known)
    people, number = np.unique(np.concatenate([t.model, t.test]), return_inverse=True)
    result: dict[str, Any] = {
        "persons": len(people),
        "genuine": int(t.genuine.sum()),
        "impostor": int((~t.genuine).sum()),
        "without_score": int((~known).sum()),
        "majority": None,
        "intervals": None,
        **dict.fromkeys((*METRICS, "min_cllr")),
    }
    if not t.genuine.any() or t.genuine.all():
        return result
    scores, llr = t.ranking[kind], t.llr[kind]
    whole = {k: float(v[0]) for k, v in _weighted(t.genuine, scores, llr, np.ones((1, len(t)))).items()}
    share = float(t.genuine.mean())
    result |= {**whole, "min_cllr": min_cllr(llr, t.genuine), "majority": max(share, 1 - share)}
    if len(people) >= FEWEST:
        result["intervals"] = _intervals(t, scores, llr, number, len(people), seed, draws)
    return result


def _intervals(
    t: Trials, scores: Array, llr: Array, number: Array, people: int, seed: int, draws: int
) -> Mapping[str, list[float]]:
    rng = np.random.default_rng(seed)
    model, test = number[: len(t)], number[len(t) :]
    samples: dict[str, list[Array]] = {name: [] for name in METRICS}
    batch = max(1, 2_000_000 // len(t))
    for first in range(0, draws, batch):
        drawn = rng.integers(people, size=(min(batch, draws - first), people))
        times = np.stack([np.bincount(row, minlength=people) for row in drawn]).astype(np.float64)
        weights = np.where(t.genuine, times[:, model], times[:, model] * times[:, test])
        both = (weights[:, t.genuine].sum(1) > 0) & (weights[:, ~t.genuine].sum(1) > 0)
        for name, values in _weighted(t.genuine, scores, llr, weights[both]).items():
            samples[name].append(values)
    return {name: [float(q) for q in np.quantile(np.concatenate(v), (0.025, 0.975))] for name, v in samples.items()}


def _weighted(genuine: Array, scores: Array, llr: Array, weights: Array) -> dict[str, Array]:
    auc, eer = roc(genuine, scores, weights)
    cost = np.where(genuine, np.logaddexp(0, -llr * LOG10), np.logaddexp(0, llr * LOG10)) / np.log(2)
    miss = weights * genuine / weights[:, genuine].sum(axis=1, keepdims=True)
    alarm = weights * ~genuine / weights[:, ~genuine].sum(axis=1, keepdims=True)
    order = np.argsort(scores, kind="stable")
    # At each threshold: misses below it, false alarms above it.
    misses = np.hstack([np.zeros((len(weights), 1)), np.cumsum(miss[:, order], axis=1)])
    alarms = 1 - np.hstack([np.zeros((len(weights), 1)), np.cumsum(alarm[:, order], axis=1)])
    ends = np.append(np.flatnonzero(np.append(True, np.diff(scores[order]) != 0)), len(scores))
    dcf = (TARGET * misses[:, ends] + (1 - TARGET) * alarms[:, ends]).min(axis=1) / min(TARGET, 1 - TARGET)
    return {"auc": auc, "eer": eer, "min_dcf": dcf, "cllr": ((miss + alarm) @ cost) / 2}


def det_curve(trials: Trials, kind: str) -> tuple[Array, Array]:
    """Shares of false alarms and of misses at every threshold, from the lowest to the highest."""
    known = np.isfinite(trials.ranking[kind])
    scores, genuine = trials.ranking[kind][known], trials.genuine[known]
    order = np.argsort(scores, kind="stable")
    misses = np.append(0, np.cumsum(genuine[order])) / max(genuine.sum(), 1)
    alarms = 1 - np.append(0, np.cumsum(~genuine[order])) / max((~genuine).sum(), 1)
    return alarms, misses


def cllr(llr: Array, genuine: Array) -> float:
    """Cost of log-likelihood ratios in bits (Brummer and du Preez 2006, Eq. 8): 0 perfect, 1 as good as no evidence.

    Args:
        llr: base 10 [shape=(trials,)].
        genuine: bool [shape=(trials,)].
    """
    llr, genuine = np.asarray(llr, dtype=np.float64) * LOG10, np.asarray(genuine, dtype=bool)
    miss, alarm = np.logaddexp(0, -llr[genuine]), np.logaddexp(0, llr[~genuine])
    return float((miss.mean() + alarm.mean()) / 2 / np.log(2))


def min_cllr(scores: Array, genuine: Array) -> float:
    """The least Cllr that any monotone calibration of these very trials reaches (pool adjacent violators)."""
    scores, genuine = np.asarray(scores), np.asarray(genuine, dtype=bool)
    order = np.lexsort((~genuine, scores))  # equal scores are pooled: impostors cannot come out below genuine ones
    _, group = np.unique(scores[order], return_inverse=True)
    weight = np.where(genuine[order], 0.5 / genuine.sum(), 0.5 / (~genuine).sum())
    total = np.bincount(group, weight)
    share = np.bincount(group, weight * genuine[order]) / total
    p = isotonic_regression(share, weights=total).x[group]
    with np.errstate(divide="ignore"):
        llr = np.log10(p) - np.log10(1 - p)
    return cllr(np.clip(llr, -30, 30), genuine[order])
