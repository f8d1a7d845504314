"""Figures that can be believed: accuracy with its interval over recordings, beside what guessing gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poseprint.pose import Array


def accuracy_report(
    labels: Array, scores: Array, recordings: Sequence[str], *, seed: int = 0, draws: int = 2000
) -> dict[str, Any]:
    """Accuracy of votes (score > 0.5 = real) on movements.

    The 95 % interval is a bootstrap over recordings, because movements of one recording resemble each
    other; with fewer than two recordings there is none.

    Args:
        labels: 1 real, 0 fake [shape=(movements,)].
        scores: probabilities [shape=(movements,)].
        recordings: of each movement.
        seed, draws: of the bootstrap.

    Returns:
        movements, recordings, accuracy, interval ([low, high] or None), majority (accuracy of always
        giving the commoner label), balanced (mean accuracy over labels).
    """
    labels, right = np.asarray(labels), (np.asarray(scores) > 0.5) == (np.asarray(labels) == 1)
    names = sorted(set(recordings))
    if not len(labels):
        return {"movements": 0, "recordings": 0, "accuracy": None, "interval": None, "majority": None, "balanced": None}
    groups = [np.array([r == name for r in recordings]) for name in names]
    interval = None
    if len(names) > 1:
        hits, sizes = np.array([right[g].sum() for g in groups]), np.array([g.sum() for g in groups])
        drawn = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
        interval = [float(q) for q in np.quantile(hits[drawn].sum(1) / sizes[drawn].sum(1), (0.025, 0.975))]
    kinds = [k for k in (0, 1) if (labels == k).any()]
    return {
        "movements": len(labels),
        "recordings": len(names),
        "accuracy": float(right.mean()),
        "interval": interval,
        "majority": float(max((labels == k).mean() for k in (0, 1))),
        "balanced": float(np.mean([right[labels == k].mean() for k in kinds])),
    }
