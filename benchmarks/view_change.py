"""A change of view: signers enrolled facing front, seen from elsewhere, with a reference that knows no signer.

Called by `verification.py --all`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from protocol import LENGTHS, NAMES, VIEW_ROLES, VIEWS, reference_without, rounded, shared_takes

from poseprint.evaluation.metrics import trial_metrics
from poseprint.verification.learn_reference import calibration_halves
from poseprint.verification.reference import EVIDENCE, Reference
from poseprint.verification.summary import Summary
from poseprint.verification.trials import POOLED, Probe, Take, Trials, run_trials


def view_change(axes: Sequence[int], seeds: int) -> dict[str, Any]:
    """Figures by view, for pictures and with depth."""
    result: dict[str, Any] = {}
    for a in axes:
        reference = reference_without(frozenset(), a, roles=VIEW_ROLES)
        result[NAMES[a]] = view_figures(shared_takes("isl_kinect", a), reference, seeds)
    return result


def view_figures(takes: Sequence[Take], reference: Reference, seeds: int) -> list[dict[str, Any]]:
    """A row for each view, length and choice of signs."""
    rows = []
    for same in (True, False):
        for view in VIEWS:
            trials = Trials.joined(view_trials(takes, reference, view, same, seeds))
            for count, words in LENGTHS.items():
                t = trials.at(trials.level == str(count))
                metrics = {kind: trial_metrics(t, kind) for kind in EVIDENCE}
                rows.append(
                    {
                        "view": view,
                        "signs": "the same" if same else "others",
                        "recordings": count,
                        "length": words,
                        "seconds": float(np.median(t.seconds)),
                        "persons": metrics["both"]["persons"],
                        "majority": metrics["both"]["majority"],
                        **{
                            kind: {n: m[n] for n in ("auc", "eer", "cllr", "min_cllr")}
                            | {"auc_interval": m["intervals"]["auc"], "eer_interval": m["intervals"]["eer"]}
                            for kind, m in metrics.items()
                        },
                    }
                )
    return rounded(rows)


def view_trials(takes: Sequence[Take], reference: Reference, view: str, same: bool, seeds: int) -> list[Trials]:
    """Signers enrolled facing front on half of the signs, tested in a view on the same signs or on the others.

    Of the view they are enrolled in, the same signs can only be repetitions: those are split by recording.
    """
    out: list[Trials] = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for enrol, test in calibration_halves(takes, "activity", seed=seed):
            front = [t for t in enrol if t.session == VIEWS[0]]
            shown = [t for t in (enrol if same else test) if t.session == view]
            if same and view == VIEWS[0]:
                first = {id(front[i]) for i in rng.permutation(len(front))[: len(front) // 2]}
                shown = [t for t in front if id(t) not in first]
                front = [t for t in front if id(t) in first]
            tested: list[Probe] = []
            for person in sorted({t.person for t in shown}):
                own = [t.summary() for t in shown if t.person == person]
                for count in LENGTHS:
                    if len(own) >= count:
                        draws = [rng.choice(len(own), count, replace=False) for _ in range(POOLED)]
                        tested += [(str(count), person, Summary.joined([own[i] for i in d])) for d in draws]
            out.append(run_trials(reference, front, tested))
    return out
