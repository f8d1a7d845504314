"""The protocols of an evaluation: what is enrolled and what tested, which trials are drawn, what is reported of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.progress import Progress, silent
from poseprint.evaluation.metrics import trial_metrics
from poseprint.verification.calibration import LOG10
from poseprint.verification.decision import Costs
from poseprint.verification.reference import EVIDENCE, Reference
from poseprint.verification.trials import (
    DURATIONS,
    LEVELS,
    By,
    Probe,
    Take,
    Trials,
    by_person,
    probes_of,
    probes_of_duration,
    run_trials,
)

SEEDS = 3
"""Partings whose trials are pooled, each with both halves enrolled in turn."""
BINS = 10
"""Of stated probability, in a reliability diagram."""
STRICTEST: tuple[By, ...] = ("session", "activity", "recording")
"""What recordings can be parted by, the hardest first."""
FEWEST_TESTED = 2
"""Persons with genuine trials that a protocol needs."""

ReferenceFor = Callable[[str], Reference]
"""The reference to use for whoever is enrolled, by their name."""
Parting = tuple[list[Take], list[Take]]
"""Recordings to enrol, and recordings to test."""


def enrolment_and_test(takes: Sequence[Take], by: By, seed: int) -> list[Parting]:
    """Enrolment and test, and the same the other way around; no person has a value of `by` in both.

    Values are put in one random order for everybody, and each person is enrolled on the first half of their own.
    Where all persons share all values this parts the values themselves, so that impostors' differ as well.
    Recordings of which `by` is unknown are left out.
    """
    known = [t for t in takes if _value(t, by)]
    values = sorted({_value(t, by) for t in known})
    rank = dict(zip(np.random.default_rng(seed).permutation(values).tolist(), range(len(values))))
    first: set[tuple[str, str]] = set()
    for person in sorted({t.person for t in known}):
        theirs = sorted({_value(t, by) for t in known if t.person == person}, key=rank.__getitem__)
        first |= {(person, value) for value in theirs[: max(1, len(theirs) // 2)]}
    enrol = [t for t in known if (t.person, _value(t, by)) in first]
    test = [t for t in known if (t.person, _value(t, by)) not in first]
    return [(enrol, test), (test, enrol)]


def _value(take: Take, by: By) -> str:
    value: str = getattr(take, by)
    return value


def tested_persons(takes: Sequence[Take], by: By) -> list[str]:
    """Persons with at least two values of `by`: those who can be enrolled on one and tested on another."""
    values: dict[str, set[str]] = {}
    for take in takes:
        if _value(take, by):
            values.setdefault(take.person, set()).add(_value(take, by))
    return sorted(person for person, theirs in values.items() if len(theirs) > 1)


def applicable(takes: Sequence[Take]) -> list[By]:
    """What these recordings can be parted by: whatever FEWEST_TESTED persons have two values of."""
    return [by for by in STRICTEST[::-1] if len(tested_persons(takes, by)) >= FEWEST_TESTED]


def draw_trials(
    reference_for: ReferenceFor, takes: Sequence[Take], by: By, seed: int, progress: Progress = silent
) -> Trials:
    """Trials of all levels and durations, of SEEDS partings."""
    folds, done = [], 0
    for number in range(seed, seed + SEEDS):
        for enrol, test in enrolment_and_test(takes, by, number):
            probes = probes_of(test, seed=number)
            for seconds in DURATIONS:
                probes += probes_of_duration(test, seconds, seed=number)
            if enrol and probes:
                folds.append(run_trials_by_person(reference_for, enrol, probes))
            done += 1
            progress(f"trials by {by}", done, 2 * SEEDS)
    return Trials.joined(folds)


def run_trials_by_person(reference_for: ReferenceFor, enrol: Sequence[Take], probes: Sequence[Probe]) -> Trials:
    """As `poseprint.verification.trials.run_trials`, in its order, with a reference for each person enrolled."""
    return Trials.joined([run_trials(reference_for(p), theirs, probes) for p, theirs in by_person(enrol)])


def protocol_results(trials: Trials, seed: int) -> dict[str, Any]:
    """Everything that is reported of a protocol's trials, json-ready.

    Returns:
        figures: by kind of evidence and level, `poseprint.evaluation.metrics.trial_metrics` with `seconds` (median) and
        `decisions` (shares at the usual costs); `seconds`: the same for each duration that the data holds;
        `reliability`: by kind, at one recording.
    """
    by_level = {level: trials.at(trials.level == level) for level in LEVELS}
    by_duration = {seconds: trials.at(trials.level == f"{seconds:g}") for seconds in DURATIONS}
    return {
        "figures": {
            k: {level: metrics_and_decisions(t, k, seed) for level, t in by_level.items() if len(t)} for k in EVIDENCE
        },
        "seconds": [
            {"seconds": seconds, **{k: metrics_and_decisions(t, k, seed) for k in EVIDENCE}}
            for seconds, t in by_duration.items()
            if len(np.unique(t.test[t.genuine])) >= FEWEST_TESTED
        ],
        "reliability": {k: reliability(by_level["recording"], k) for k in EVIDENCE},
    }


def metrics_and_decisions(trials: Trials, kind: str, seed: int) -> dict[str, Any]:
    """The metrics of trials with their median seconds and the shares of verdicts on them."""
    llr = trials.llr[kind]
    decisions = usual_decisions(llr)
    return {
        **trial_metrics(trials, kind, seed=seed),
        "seconds": float(np.median(trials.seconds)),
        "decisions": {
            side: {d: share(decisions[members & np.isfinite(llr)] == d) for d in ("consistent", "inconsistent")}
            for side, members in (("genuine", trials.genuine), ("impostor", ~trials.genuine))
        },
    }


def usual_decisions(llr: Array) -> Array:
    """The decision on each LLR at the usual costs, inconclusive where there is none [shape=(trials,)]."""
    low, high = Costs().thresholds
    with np.errstate(invalid="ignore"):
        return np.where(llr >= high, "consistent", np.where(llr <= low, "inconsistent", "inconclusive"))


def share(values: Array) -> float | None:
    """How much of `values` is true; None where there are none."""
    return float(values.mean()) if len(values) else None


def reliability(trials: Trials, kind: str) -> list[dict[str, Any]]:
    """Observed against stated probability of genuine trials, at even odds, in bins.

    Genuine and impostor trials weigh alike, and within each every person enrolled weighs alike.

    Returns:
        for each of BINS bins of the stated probability that has trials: `stated` (mean), `observed` (share of
        genuine), `weight` (share of all) and `persons` (enrolled, in it).
    """
    t = trials.at(np.isfinite(trials.llr[kind]))
    if not t.genuine.any() or t.genuine.all():
        return []
    stated = 1 / (1 + np.exp(-t.llr[kind] * LOG10))
    weight = np.zeros(len(t))
    for side in (t.genuine, ~t.genuine):
        _, person, count = np.unique(t.model[side], return_inverse=True, return_counts=True)
        weight[side] = 0.5 / (len(count) * count[person])
    bin_of_trial = np.minimum((stated * BINS).astype(int), BINS - 1)
    rows = []
    for number in np.unique(bin_of_trial):
        inside = bin_of_trial == number
        total = weight[inside].sum()
        rows.append(
            {
                "stated": float((weight * stated)[inside].sum() / total),
                "observed": float(weight[inside & t.genuine].sum() / total),
                "weight": float(total),
                "persons": len(np.unique(t.model[inside])),
            }
        )
    return rows
