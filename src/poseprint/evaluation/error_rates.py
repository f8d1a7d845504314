"""How often verdicts with a reference are which: what its facts tell, and a report of every check repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.evaluation.metrics import FEWEST, trial_metrics
from poseprint.verification.decision import Costs
from poseprint.verification.judge import rests_on_face
from poseprint.verification.trials import Trials

TOLD = ("auc", "eer", "cllr", "min_cllr", "persons", "genuine", "impostor", "majority", "intervals")


def figures(trials: Trials, kind: str) -> dict[str, Any]:
    """The figures of one kind of evidence that a reference's facts tell, see `poseprint.evaluation.metrics.trial_metrics`."""
    told = trial_metrics(trials, kind)
    return {name: told[name] for name in TOLD}


def decisions(trials: Trials) -> Array:
    """What a check decides at the usual costs of each trial: consistent, inconsistent or inconclusive."""
    found = []
    for row, llr in enumerate(trials.llr["both"]):
        bearing = float(trials.llr["bearing"][row]) if "bearing" in trials.llr else np.nan
        decision = "inconclusive" if np.isnan(llr) else Costs().decide(float(llr))
        if decision == "consistent" and rests_on_face({"bearing": None if np.isnan(bearing) else bearing}):
            decision = "inconclusive"
        found.append(decision)
    return np.array(found)


def error_rates(trials: Trials, kind: str, decided: Array) -> dict[str, Any]:
    """EER and Cllr, and how often verdicts, one a trial, are which."""
    told = trial_metrics(trials, kind)
    shares = {
        f"{name}_{decision}": round(float((decided[of] == decision).mean()), 4)
        for name, of in (("genuine", trials.genuine), ("impostor", ~trials.genuine))
        for decision in ("consistent", "inconsistent")
    }
    return {
        "persons": told["persons"],
        "eer": round(told["eer"], 4),
        "eer_interval": told["intervals"] and [round(v, 4) for v in told["intervals"]["eer"]],
        "cllr": round(told["cllr"], 4),
        **shares,
    }


def errors(trials: Trials, **about: Any) -> list[dict[str, Any]]:
    """How often verdicts by LLR err, by seconds of evidence and recordings enrolled, where enough people are compared with
    themselves; nothing hidden.

    Args:
        trials: of a reference's calibration, with LLRs.
        about: what else each row says.
    """
    rows = []
    whole = trials.hidden < 0.05
    for enrolled in (1.0, 3.0, 10.0):
        same = trials.enrolled > 3 if enrolled == 10 else trials.enrolled == enrolled
        for level in sorted({float(v) for v in trials.level if v.replace(".", "").isdigit()}):
            t = trials.at(whole & same & (trials.level == f"{level:g}"))
            if len(set(t.model[t.genuine])) < FEWEST or t.genuine.all():
                continue
            for kind in ("both", "motion"):
                decided = np.array([Costs().decide(llr) for llr in t.llr[kind]])
                row = {"evidence": kind, "seconds": level, "enrolled": int(enrolled)}
                rows.append({**row, **about, **error_rates(t, kind, decided)})
    return rows
