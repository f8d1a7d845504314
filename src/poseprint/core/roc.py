"""The ROC curve of weighted trials."""

from __future__ import annotations

import numpy as np

from poseprint.core.arrays import Array


def roc(real: Array, scores: Array, weights: Array) -> tuple[Array, Array]:
    """Area under the ROC curve and equal error rate, by straight lines between the thresholds.

    Args:
        real: bool [shape=(trials,)].
        scores: higher = more like real [shape=(trials,)].
        weights: a row a draw [shape=(draws, trials)].

    Returns:
        Both [shape=(draws,)].
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    sorted_weights = weights[:, order]
    start = np.zeros((len(weights), 1))
    tpr = np.hstack([start, np.cumsum(sorted_weights * real[order], axis=1)[:, ends]])
    fpr = np.hstack([start, np.cumsum(sorted_weights * ~real[order], axis=1)[:, ends]])
    tpr, fpr = tpr / tpr[:, -1:], fpr / fpr[:, -1:]
    auc = (np.diff(fpr, axis=1) * (tpr[:, 1:] + tpr[:, :-1]) / 2).sum(1)
    gap = fpr - (1 - tpr)  # rises from -1 to 1; the rates are equal where it is 0
    after = np.maximum(np.argmax(gap >= 0, axis=1), 1)
    rows = np.arange(len(weights))
    low, high = gap[rows, after - 1], gap[rows, after]
    share = np.where(high > low, -low / np.where(high > low, high - low, 1), 0.0)
    eer = fpr[rows, after - 1] + share * (fpr[rows, after] - fpr[rows, after - 1])
    return auc, eer
