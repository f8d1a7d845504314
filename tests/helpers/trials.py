"""Trials with scores as wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from poseprint.verification.trials import Trials


def trials(
    scores: Any, genuine: Any, *, model: Any = None, test: Any = None, llr: Any = None, level: str = "recording"
) -> Trials:
    """Trials with these scores as every kind's ranking, and as LLRs unless those are given."""
    values = np.asarray(scores, dtype=np.float64)
    sides = np.asarray(genuine, dtype=bool)
    count = len(values)
    who = np.array(model if model is not None else [f"p{k % 3}" for k in range(count)])
    whom = np.array(test) if test is not None else np.where(sides, who, "other")
    stated = values if llr is None else np.asarray(llr, dtype=np.float64)
    kinds = ("static", "motion", "both")
    return Trials(
        level=np.array([level] * count),
        model=who,
        test=whom,
        genuine=sides,
        scores=dict.fromkeys(kinds[:2], values),
        llr=dict.fromkeys(kinds, stated),
        ranking=dict.fromkeys(kinds, values),
        seconds=np.full(count, 5.0),
        hidden=np.zeros(count),
        enrolled=np.ones(count),
    )
