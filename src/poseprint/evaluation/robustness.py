"""What becomes of the evidence if the recordings tested are changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.evaluation.protocol import (
    ReferenceFor,
    enrolment_and_test,
    metrics_and_decisions,
    run_trials_by_person,
    share,
    usual_decisions,
)
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import PERTURBATIONS
from poseprint.verification.reference import EVIDENCE
from poseprint.verification.trials import By, Take, Trials, by_person, probes_of

MOST_CHANGED = 10
"""Recordings of each person that are changed to see how steady the evidence is."""


def draw_recordings(takes: Sequence[Take], by: By, seed: int) -> tuple[list[Take], list[Take]]:
    """Enrolment, and at most MOST_CHANGED recordings of each person to test changed and unchanged."""
    enrol, test = enrolment_and_test(takes, by, seed)[0]
    rng = np.random.default_rng(seed)
    drawn: list[Take] = []
    for _, theirs in by_person(test):
        drawn += [theirs[i] for i in sorted(rng.permutation(len(theirs))[:MOST_CHANGED])]
    return enrol, drawn


def robustness(
    reference_for: ReferenceFor,
    enrol: Sequence[Take],
    test: Sequence[tuple[Take, PoseSeries]],
    *,
    seed: int,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """What becomes of whole-recording trials if the recordings tested, not those enrolled, are changed.

    Args:
        reference_for: see `ReferenceFor`.
        enrol: recordings of those enrolled.
        test: recordings to test, with their poses.
        seed: of the intervals.
        progress: called after each entry of PERTURBATIONS.

    Returns:
        a row for the unchanged recordings and for each change: name, words, recordings, unusable (how many of them
        could no longer be measured), figures by kind, and beside what the same recordings had unchanged: shift
        (median change of the LLR of both kinds before its bounds, genuine and impostor) and changed (share of verdicts that changed).
    """
    axes = reference_for(enrol[0].person).axes
    before = _recording_trials(reference_for, enrol, [take for take, _ in test])
    rows = [_row("unchanged", "as they are", before, 0, seed)]
    for number, (name, change) in enumerate(PERTURBATIONS.items(), 1):
        changed = [_remeasured(take, change.apply(series), axes) for take, series in test]
        usable = [k for k, take in enumerate(changed) if take is not None]
        row: dict[str, Any] = {
            "name": name,
            "words": change.words,
            "recordings": 0,
            "unusable": len(test) - len(usable),
        }
        if usable:
            after = _recording_trials(reference_for, enrol, [take for take in changed if take is not None])
            # Trials go through the models, and for each through the tests in their order.
            same = before.at((np.arange(len(before)).reshape(-1, len(test))[:, usable]).ravel())
            row = _row(name, change.words, after, len(test) - len(usable), seed) | _differences(same, after)
        rows.append(row)
        progress("changed recordings", number, len(PERTURBATIONS))
    return rows


def _differences(before: Trials, after: Trials) -> dict[str, Any]:
    """The entries shift and changed of a row, of the same trials before and after a change."""
    difference = after.ranking["both"] - before.ranking["both"]
    known = np.isfinite(difference)
    shift = {}
    for side, members in (("genuine", after.genuine), ("impostor", ~after.genuine)):
        shift[side] = float(np.median(difference[members & known])) if (members & known).any() else None
    changed = share(usual_decisions(after.llr["both"]) != usual_decisions(before.llr["both"]))
    return {"shift": shift, "changed": changed}


def _recording_trials(reference_for: ReferenceFor, enrol: Sequence[Take], test: Sequence[Take]) -> Trials:
    return run_trials_by_person(reference_for, enrol, probes_of(test, levels=("recording",)))


def _remeasured(take: Take, series: PoseSeries, axes: int) -> Take | None:
    return Take.of(measure(series, axes), group=take.group, activity=take.activity, session=take.session)


def _row(name: str, words: str, trials: Trials, unusable: int, seed: int) -> dict[str, Any]:
    return {
        "name": name,
        "words": words,
        "recordings": len(trials) // max(1, len(np.unique(trials.model))),
        "unusable": unusable,
        "figures": {k: metrics_and_decisions(trials, k, seed) for k in EVIDENCE},
        "shift": {"genuine": 0.0, "impostor": 0.0},
        "changed": 0.0,
    }
