"""Scores -> log-likelihood ratios in bounds that the number of people behind them can support.

An LLR states how much more probable a score is if the person of interest moves than if somebody else does, in powers
of ten. It is fitted by logistic regression at even odds (Brummer and du Preez, Computer Speech and Language 20,
2006). Trials of few people cannot carry extreme odds, however well they separate: the bounds are what is left if one
more comparison of each kind had come out as wrong as can be (after Vergeer et al., Science and Justice 56, 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError

LOG10 = float(np.log(10))
FULL_SECONDS = 36.0
"""Seconds from which durations are counted; about one recording of the calibration set."""
FULL_RECORDINGS = 10
"""Recordings from which enrolments are counted; more than these change little."""

_RIDGE = 1e-2


@dataclass(frozen=True)
class Calibration:
    """From scores, length and visibility to an LLR.

    Attributes:
        kinds: of the scores it takes, in this order.
        weights: of each term: the bias; for each kind the score alone and times each circumstance; and each
            circumstance alone.
        lower, upper: bounds of the LLR, base 10.
        persons: how many people the fit rests on.
        fusion: weight of each score in the one that counts, see `fused`; without any, each score counts by itself, and no LLR
            is given where one of them is missing.
    """

    kinds: tuple[str, ...]
    weights: tuple[float, ...]
    lower: float
    upper: float
    persons: int
    fusion: tuple[float, ...] = ()

    def unbounded(self, scores: Array, conditions: Array) -> Array:
        """LLRs, base 10, before the bounds: for ordering trials, never for a verdict.

        Args:
            scores: NaN where one is missing [shape=(trials, kinds)].
            conditions: the circumstances of each trial, see `circumstances` [shape=(trials, 3)].

        Returns:
            [shape=(trials,)]; NaN where nothing can be said.
        """
        scores = fused(scores, self.fusion)[:, None] if self.fusion else scores
        return np.asarray(_terms(scores, conditions) @ np.array(self.weights) / LOG10)

    def llr(self, scores: Array, conditions: Array) -> Array:
        """LLRs, base 10, within the bounds; arguments as in `unbounded`."""
        return np.clip(self.unbounded(scores, conditions), self.lower, self.upper)

    def to_dict(self) -> dict[str, Any]:
        """Json-ready."""
        return {
            "kinds": list(self.kinds),
            "weights": list(self.weights),
            "lower": self.lower,
            "upper": self.upper,
            "persons": self.persons,
            "fusion": list(self.fusion),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Calibration:
        """The opposite of `to_dict`."""
        numbers = tuple(float(w) for w in values["weights"])
        kinds = tuple(str(k) for k in values["kinds"])
        fusion = tuple(float(w) for w in values.get("fusion", ()))
        return Calibration(
            kinds, numbers, float(values["lower"]), float(values["upper"]), int(values["persons"]), fusion
        )


def fused(scores: Array, weights: Sequence[float]) -> Array:
    """Several scores as one, of those that are known: with stated weights, which few people tell better than fitted ones
    (Dawes, American Psychologist 34, 1979), and such a scale that independent scores vary as one does.

    Args:
        scores: NaN where one is missing [shape=(trials, kinds)].
        weights: of each kind.

    Returns:
        [shape=(trials,)]; NaN where none is known.
    """
    weighted = np.isfinite(scores) * np.asarray(weights)
    scale = np.sqrt((weighted**2).sum(axis=1))
    total = (np.nan_to_num(scores) * weighted).sum(axis=1)
    return np.where(scale > 0, total / np.maximum(scale, 1e-9), np.nan)


def circumstances(seconds: Array, hidden: Array, enrolled: Array) -> Array:
    """What else an LLR depends on [shape=(trials, 3)], each 0 in the usual case.

    Args:
        seconds: of evidence in each trial [shape=(trials,)].
        hidden: share of the statistics that could not be measured, 0 to 1 [shape=(trials,)].
        enrolled: recordings the person was enrolled on [shape=(trials,)].
    """
    length = np.log(np.clip(seconds, 1, 600) / FULL_SECONDS)
    models = np.log(np.clip(enrolled, 1, FULL_RECORDINGS) / FULL_RECORDINGS)
    return np.stack(np.broadcast_arrays(length, np.asarray(hidden, dtype=np.float64), models), axis=1)


def _terms(scores: Array, conditions: Array) -> Array:
    """The regression's inputs [shape=(trials, 4 + 4 * kinds)]."""
    scores = np.asarray(scores, dtype=np.float64).reshape(len(conditions), -1)
    columns = [np.ones((len(conditions), 1))]
    for k in range(scores.shape[1]):
        score = scores[:, [k]]
        columns += [score, score * conditions]
    return np.hstack([*columns, conditions])


def fit_calibration(
    kinds: tuple[str, ...],
    scores: Array,
    conditions: Array,
    genuine: Array,
    *,
    persons: int,
    genuine_persons: int | None = None,
    weight: Array | None = None,
) -> Calibration:
    """Fit by logistic regression; genuine and impostor trials weigh alike, whatever their numbers.

    Args:
        kinds: names of the columns of `scores`.
        scores, conditions: see `Calibration.unbounded`.
        genuine: bool [shape=(trials,)].
        persons: how many people the trials come from.
        genuine_persons: how many of them are compared with themselves; all unless given.
        weight: of each trial, alike unless given [shape=(trials,)].

    Raises:
        PoseprintError: only one kind of trial.
    """
    genuine = np.asarray(genuine, dtype=bool)
    if genuine.all() or not genuine.any():
        raise PoseprintError("a calibration needs trials of both kinds, genuine and impostor")
    weight = np.ones(len(genuine)) if weight is None else weight
    lower, upper = bounds(persons if genuine_persons is None else genuine_persons, persons)
    weights = _logistic(_terms(scores, conditions), genuine, weight)
    return Calibration(kinds, tuple(float(w) for w in weights), lower, upper, persons)


def fit_fused(
    fusion: Mapping[str, float],
    scores: Array,
    genuine: Array,
    *,
    weight: Array,
    limits: tuple[float, float],
    persons: int,
) -> Calibration:
    """Fit shift and gain of one score that several are fused to, from few trials; circumstances do not count.

    Args:
        fusion: weight of each kind of score.
        scores: [shape=(trials, kinds)], NaN where one is missing.
        genuine, weight: see `fit_calibration`; trials without any score do not count.
        limits: lower and upper bound of the LLR, base 10.
        persons: how many people the trials come from.

    Raises:
        PoseprintError: only one kind of trial.
    """
    score = fused(scores, tuple(fusion.values()))
    known = np.isfinite(score)
    if genuine[known].all() or not genuine[known].any():
        raise PoseprintError("a calibration needs trials of both kinds, genuine and impostor")
    weights = (*shift_and_gain(score[known], genuine[known], weight[known]), *[0.0] * 6)
    return Calibration(tuple(fusion), weights, *limits, persons, tuple(fusion.values()))


def shift_and_gain(score: Array, genuine: Array, weight: Array) -> tuple[float, float]:
    """What makes a natural-log LLR of one score, fitted by logistic regression at even odds; all [shape=(trials,)]."""
    shift, gain = _logistic(np.stack([np.ones(len(score)), score], axis=1), genuine, weight)
    return float(shift), float(gain)


def _logistic(x: Array, genuine: Array, weight: Array) -> Array:
    """Weights of a logistic regression whose first input is the bias, at even odds of genuine and impostor."""
    weight = weight * np.where(genuine, 0.5 / weight[genuine].sum(), 0.5 / weight[~genuine].sum())
    scale = np.maximum(np.abs(x).mean(axis=0), 1e-9)
    x = x / scale
    beta = np.zeros(x.shape[1])
    ridge = _RIDGE / len(beta) * np.array([0.0, *np.ones(len(beta) - 1)])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -50, 50)))
        slope = x.T @ (weight * (genuine - p)) - ridge * beta
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(beta / scale)


def bounds(genuine_persons: int, persons: int | None = None) -> tuple[float, float]:
    """The lowest and the highest LLR, base 10, that trials of so many people support.

    n people make n genuine comparisons of one with oneself and n (n - 1) / 2 impostor pairs. Had one more genuine
    comparison come out at the impostors' end, no LLR below -log10(n + 1) would stand; and likewise above.

    Args:
        genuine_persons: people with enough recordings to be compared with themselves.
        persons: people in all; the same unless given.
    """
    pairs = (persons or genuine_persons) * ((persons or genuine_persons) - 1) / 2
    return -float(np.log10(genuine_persons + 1)), float(np.log10(pairs + 1))
