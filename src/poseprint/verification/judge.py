"""A recording against an enrolled profile: its LLR, each movement's, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from poseprint.core.findings import Finding, Inspection, finding
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Decision, Judgement, LikelihoodRatio, MovementScore
from poseprint.movements.cutting import LENGTH
from poseprint.movements.gates import inspect
from poseprint.movements.measure import Measured, Movements, measure
from poseprint.movements.same_take import known_take, movement_track
from poseprint.verification.change_of_mover import Change, find_change
from poseprint.verification.decision import Costs, in_words
from poseprint.verification.explanation import departures, qualities
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import UNLIKE, Evidence, Reference, cohort_people, reference_of, summaries
from poseprint.verification.steadiness import margins
from poseprint.verification.summary import Summary

REPLAYED = 3
"""Movements that are replayed as the most typical, and as the least."""
WITHHELD = {
    "KNOWN_TAKE": "this take, or a part of it, is enrolled, and what a person is enrolled from is no evidence for them",
    "UNLIKE_BACKGROUND": "the footage is of another kind than what these figures were measured on",
    "UNTRIED_ESTIMATOR": "these figures were never measured with this pose estimator",
    "CHANGE_OF_MOVER": "the mover seems to change within the recording; check its parts one by one",
}
"""Findings with which an LLR is given, but no verdict, and why."""
LEAST_SUPPORT = 0.3
"""|LLR|, base 10, from which a kind of evidence supports either side (a factor of two)."""


def judge(
    series: PoseSeries, profile: EnrolledProfile, *, stride: int, costs: Costs | None = None, misfit: str = ""
) -> Judgement:
    """Score a recording and each of its movements, and decide by the LLR of the whole.

    The recording is scored on movements that overlap by half; those shown and voted on lie `stride` frames apart.

    Args:
        series: poses as extracted, neither cleaned nor cut, at 30 fps.
        profile: of the person of interest.
        stride: frames from one movement to the next.
        costs: of being wrong; the usual ones unless given.
        misfit: why the profile cannot judge these poses; then nothing is judged.
    """
    costs, reference = costs or Costs(), reference_of(profile)
    measured = None if misfit else measure(series, reference.axes)
    inspection = measured.inspection if measured else inspect(series, length=LENGTH)
    movements: tuple[MovementScore, ...] = ()
    likelihood: LikelihoodRatio | None = None
    findings: tuple[Finding, ...] = ()
    if measured and inspection.spans:
        movements, likelihood, findings = _evaluate(measured, profile, reference, costs, stride)
    if measured:
        track = movement_track(measured.series, inspection.spans)
        known = known_take(series, track, profile.made_from, profile.tracks)
        findings = (known, *findings) if known else findings
    llr = likelihood.llr["both"] if likelihood else None
    withheld = next((f.code for f in findings if f.code in WITHHELD), "")
    decision: Decision = "inconclusive" if llr is None or withheld else costs.decide(llr)
    return Judgement(
        decision=decision,
        reason=misfit or _reason(decision, likelihood, inspection, withheld),
        score=llr,
        movements=movements,
        findings=findings,
        inspection=inspection,
        settings={"cost_of_a_wrong_verdict": costs.wrong, "prior": costs.prior},
        hashes={"reference": reference.sha256},
        evidence=likelihood,
    )


def _evaluate(
    measured: Measured, profile: EnrolledProfile, reference: Reference, costs: Costs, stride: int
) -> tuple[tuple[MovementScore, ...], LikelihoodRatio | None, tuple[Finding, ...]]:
    """The movements' scores, the recording's LLR, and the doubts about it."""
    pooled, shown = measured.movements(), measured.movements(stride)
    if not len(pooled):
        return (), None, ()
    enrolled = Summary.joined(summaries(profile))
    without = cohort_people(profile, reference) | set(reference.cohort_people(measured.series.sha256))
    single = [Summary.of_movements(shown.subset([row])) for row in range(len(shown))]
    whole, *evidence = reference.evidence(enrolled, [Summary.of_movements(pooled), *single], without=without)
    margin = margins(reference, enrolled, measured, whole, without=without)
    movements = _movement_scores(measured.series, shown, evidence, profile, reference)
    change = find_change(reference, enrolled, measured, without=without)
    likelihood = _likelihood(whole, margin, movements, measured, profile, reference, costs, change)
    findings = _findings(likelihood, profile, change, reference, reference.foreign(enrolled))
    return movements, likelihood, tuple(findings)


def _movement_scores(
    series: PoseSeries,
    shown: Movements,
    evidence: Sequence[Evidence],
    profile: EnrolledProfile,
    reference: Reference,
) -> tuple[MovementScore, ...]:
    seen = series.seen()
    scores = []
    for (first, last), row, of_movement in zip(shown.spans, shown.statistics, evidence, strict=True):
        score = of_movement.ranking["both"]
        if score is None:
            continue
        scores.append(
            MovementScore(
                first=first,
                last=last,
                start=float(series.time[first]),
                end=float(series.time[last - 1] + 1 / series.fps),
                score=score,
                vote=int(score > 0),
                seen=float(seen[first:last].mean()),
                llr=dict(of_movement.llr),
                departures=departures(reference, profile, row.astype(np.float64), (last - first) / LENGTH, most=4),
            )
        )
    return tuple(scores)


def _likelihood(
    whole: Evidence,
    margin: Mapping[str, float],
    movements: Sequence[MovementScore],
    measured: Measured,
    profile: EnrolledProfile,
    reference: Reference,
    costs: Costs,
    change: Change | None,
) -> LikelihoodRatio | None:
    both = whole.llr["both"]
    if both is None:
        return None
    calibration = reference.calibrations["both"]
    order = sorted(range(len(movements)), key=lambda i: -movements[i].score)
    count = min(REPLAYED, max(len(order) // 2, 1))
    pooled = measured.movements()
    total = Summary.of_movements(pooled)
    return LikelihoodRatio(
        llr=dict(whole.llr),
        margin=dict(margin),
        lower=calibration.lower,
        upper=calibration.upper,
        thresholds=costs.thresholds,
        usual_costs=costs.are_usual,
        words=in_words(both, profile.person),
        rests_on=_rests_on(whole),
        hidden=whole.hidden,
        error_rates=_error_rates(reference, pooled.seconds, profile),
        departures=departures(reference, profile, total.mean, total.movements),
        qualities=qualities(reference, profile, total.mean, total.movements),
        typical=tuple(order[:count]),
        untypical=tuple(reversed(order[count:][-count:])),
        change=None if change is None else _change_to_dict(change, measured),
    )


def _change_to_dict(change: Change, measured: Measured) -> dict[str, Any]:
    end = measured.series.duration if change.until_seconds is None else change.until_seconds
    return {"start": change.seconds, "end": end, "elsewhere": change.before["both"], "within": change.after["both"]}


def _rests_on(whole: Evidence) -> str:
    """Which kinds of evidence point where the whole does."""
    both = whole.llr["both"] or 0.0
    if abs(both) < LEAST_SUPPORT:
        return "nothing"
    supporting = [k for k in ("motion", "static") if (whole.llr[k] or 0.0) * np.sign(both) >= LEAST_SUPPORT]
    names = {("motion", "static"): "movement and posture", ("motion",): "movement", ("static",): "posture"}
    return names.get(tuple(supporting), "nothing")


def _error_rates(reference: Reference, seconds: float, profile: EnrolledProfile) -> dict[str, Any] | None:
    if reference.of_films:
        return dict(reference.facts["films"]["errors"])
    if profile.input.estimator.name != reference.native:
        return None
    enrolled = round(reference.worth(Summary.joined(summaries(profile))))
    rows = [
        r
        for r in reference.facts.get("errors", ())
        if r["evidence"] == "both" and r["seconds"] <= seconds * 1.05 + 0.5 and r["enrolled"] <= enrolled
    ]
    return dict(max(rows, key=lambda r: (r["enrolled"], r["seconds"]))) if rows else None


def _findings(
    likelihood: LikelihoodRatio | None,
    profile: EnrolledProfile,
    change: Change | None,
    reference: Reference,
    foreign: float,
) -> list[Finding]:
    findings = []
    if likelihood is not None and likelihood.rests_on == "posture":
        llr = likelihood.llr
        findings.append(
            finding(
                "POSTURE_ALONE",
                f"posture, proportions and framing say {llr['static']:+.1f}, the movement {llr['motion']:+.1f} (LLR)",
            )
        )
    if change is not None:
        findings.append(_change_finding(change, profile.person))
    doubts = [f for f in profile.findings if f.get("code") == "RECORDINGS_DISAGREE"]
    if doubts:
        findings.append(finding("PROFILE_DOUBTED", str(doubts[0].get("message", ""))))
    return findings + _calibration_findings(profile, reference, foreign)


def _change_finding(change: Change, person: str) -> Finding:
    until = change.until_seconds
    where = f"at {change.seconds:.0f} s" if until is None else f"at {change.seconds:.0f} s and back at {until:.0f} s"
    within, elsewhere = change.after["both"] or 0.0, change.before["both"] or 0.0
    after = "the part after it" if until is None else "the part between"
    less_alike = after if within < elsewhere else "the rest"
    return finding(
        "CHANGE_OF_MOVER",
        f"the mover seems to change {where} (LLR {within:+.1f} from there on, {elsewhere:+.1f} elsewhere): {less_alike} is "
        f"less like {person}",
        (change.movement,),
    )


def _calibration_findings(profile: EnrolledProfile, reference: Reference, foreign: float) -> list[Finding]:
    """The doubt about what the calibration was fitted on, if there is one."""
    if reference.of_films:
        films = reference.facts["films"]
        people, genuine = films["both"]["persons"], films["both"]["genuine"]
        return [
            finding(
                "CALIBRATED_ON_FEW",
                f"LLRs on films rest on {people} people, {genuine} genuine clips of theirs, most of ten seconds or less",
            )
        ]
    if profile.input.estimator.name != reference.native:
        return [finding("UNTRIED_ESTIMATOR", f"no error rate was measured with {profile.input.estimator.name!r}")]
    if foreign > UNLIKE:
        message = f"{foreign:.0%} of what sets this profile apart is put down to its kind of footage"
        return [finding("UNLIKE_BACKGROUND", message)]
    return []


def _reason(decision: Decision, likelihood: LikelihoodRatio | None, inspection: Inspection, withheld: str = "") -> str:
    """The verdict in a sentence or two of plain words."""
    if likelihood is None:
        why = "; ".join(f"{f.message}; {f.advice}" for f in inspection.excluding)
        return f"Too little can be measured to say anything: {why or 'hardly any keypoint is seen'}."
    llr = likelihood.llr["both"] or 0.0
    low, high = likelihood.thresholds
    margin = likelihood.margin.get("both", 0.0)
    stays = f"± {margin:.2f} when measured anew" if margin else "the end of the scale, also when measured anew"
    text = f"LLR {llr:+.2f} ({stays}): {likelihood.words}"
    if withheld:
        text += f"; but this is no verdict: {WITHHELD[withheld]}"
    elif decision == "inconclusive":
        text += f"; a verdict needs {high:.2f} or more, or {low:.2f} or less"
        if low < likelihood.lower or high > likelihood.upper:
            text += f", and the scale ends at {likelihood.lower:.2f} and {likelihood.upper:+.2f}"
    elif low < llr - margin < high or low < llr + margin < high:
        text += "; within that margin it could as well be inconclusive"
    text += "."
    if likelihood.rests_on == "posture":
        text += " This rests on posture and framing alone; the movement itself does not support it."
    elif decision != "inconclusive" and likelihood.rests_on == "movement":
        text += " This rests on the movement; posture and framing do not point there."
    return text
