"""Other calibrations and other bounds of the fused score of films, each fitted without the two people of a trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from film_trials import Tried, told
from scipy.optimize import brentq
from scipy.stats import norm

from poseprint.core.arrays import Array
from poseprint.evaluation.metrics import cllr, min_cllr
from poseprint.verification.calibration import LOG10, bounds, shift_and_gain
from poseprint.verification.trials import Trials

Fit = Callable[[Array, Array], Callable[[Array], Array]]
"""Scores of trials, and whether each is genuine -> from scores to LLRs, base 10."""


def logistic(scores: Array, genuine: Array) -> Callable[[Array], Array]:
    """Logistic regression, genuine and impostor trials alike."""
    shift, gain = shift_and_gain(scores, genuine, np.ones(len(scores)))
    return lambda values: (shift + gain * values) / LOG10


def bi_gaussian(scores: Array, genuine: Array) -> Callable[[Array], Array]:
    """The LLR of two Gaussians a variance apart that cost as much (Cllr) as the scores do when calibrated by logistic regression, at
    the same quantile of genuine and impostor scores together (Morrison, Law, Probability and Risk 23, 2024)."""
    cost = cllr(logistic(scores, genuine)(scores), genuine)
    grid = np.linspace(-9, 9, 2001)
    density = norm.pdf(grid) * (grid[1] - grid[0])

    def of(deviation: float) -> float:
        llr = deviation**2 / 2 + deviation * grid
        return float((np.logaddexp(0, -llr) * density).sum() / np.log(2))

    deviation = brentq(lambda s: of(s) - cost, 1e-3, 20) if of(20) < cost < of(1e-3) else 1e-3
    llrs = np.linspace(-60, 60, 24001)
    share = 0.5 * norm.cdf((llrs - deviation**2 / 2) / deviation) + 0.5 * norm.cdf(
        (llrs + deviation**2 / 2) / deviation
    )
    own, others = np.sort(scores[genuine]), np.sort(scores[~genuine])

    def below(values: Array, of_kind: Array) -> Array:
        return np.asarray((np.interp(values, of_kind, np.arange(len(of_kind))) + 0.5) / len(of_kind))

    return lambda values: np.interp(0.5 * below(values, own) + 0.5 * below(values, others), share, llrs) / LOG10


def elub(llr: Array, genuine: Array, people: tuple[int, int]) -> tuple[float, float]:
    """Bounds beyond which one more misleading trial of each kind would make a decision worse than none (Vergeer et al., Science
    and Justice 56, 2016); people with genuine trials and people in all stand for the numbers of independent trials."""
    own, pairs = people[0], people[1] * (people[1] - 1) / 2
    steps = np.arange(0, 4, 0.01)
    miss = np.array([(llr[genuine] < t).mean() for t in steps])
    alarm = np.array([(llr[~genuine] >= t).mean() for t in steps])
    upper = steps[miss + 10**steps * (alarm * pairs + 1) / (pairs + 1) < 1]
    miss_low = np.array([(llr[genuine] < -t).mean() for t in steps])
    alarm_low = np.array([(llr[~genuine] >= -t).mean() for t in steps])
    lower = steps[alarm_low + 10**steps * (miss_low * own + 1) / (own + 1) < 1]
    return (-float(lower.max()) if len(lower) else 0.0, float(upper.max()) if len(upper) else 0.0)


def calibrations(tried: Tried, *, genuine_persons: int) -> list[dict[str, Any]]:
    """Each way of calibrating, with our bounds and with those after Vergeer et al.; `film_trials.calibrated` ordered the trials."""
    every, swap, clip = tried.trials, tried.kind == "swap", tried.kind == "clip"
    score = every.ranking["both"]
    rows = []
    for name, fit in (("logistic", logistic), ("bi-Gaussian", bi_gaussian)):
        for bound in ("persons", "ELUB"):
            llr, limits = np.full(len(every), np.nan), {}
            for two in {tuple(sorted({a, b})) for a, b in zip(every.model[clip], every.test[clip], strict=True)}:
                of_two = np.isin(every.model, two) | np.isin(every.test, two)
                known = (clip | swap) & ~of_two & np.isfinite(score)
                scale = fit(score[known], every.genuine[known])
                own = len(set(every.model[known & every.genuine])) + genuine_persons
                people = len(set(every.model[known & clip]) | set(every.test[known & clip]))
                lower, upper = bounds(own, people)
                if bound == "ELUB":
                    lower, upper = elub(scale(score[known]), every.genuine[known], (own, people))
                pair = clip & np.isin(every.model, two) & np.isin(every.test, two)
                pair &= (every.model == every.test) if len(two) == 1 else (every.model != every.test)
                llr[pair] = np.clip(scale(score[pair]), lower, upper)
                limits[two] = (lower, upper)
            rows.append(
                {"calibration": name, "bounds": bound, **_figures(every, llr, clip), **_middle(list(limits.values()))}
            )
    return rows


def _figures(trials: Trials, llr: Array, clip: Array) -> dict[str, Any]:
    t = replace(trials, llr={**trials.llr, "both": llr}).at(clip & np.isfinite(llr))
    found = told(t)
    return {
        "cllr": round(cllr(t.llr["both"], t.genuine), 3),
        "min_cllr": round(min_cllr(t.llr["both"], t.genuine), 3),
        **{name: found[name] for name in ("decided", "wrong")},
    }


def _middle(limits: list[tuple[float, float]]) -> dict[str, float]:
    low, high = np.median(np.array(limits), axis=0)
    return {"lower": round(float(low), 2), "upper": round(float(high), 2)}
