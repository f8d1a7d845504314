"""A recording against an enrolled profile: its LLR, each movement's, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.findings import Finding, Inspection, finding
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Decision, Judgement, LikelihoodRatio, MovementScore
from poseprint.movements.cutting import LENGTH
from poseprint.movements.families import FACE_PARTS
from poseprint.movements.gates import inspect
from poseprint.movements.measure import Measured, Movements, measure
from poseprint.movements.same_take import known_take, movement_track
from poseprint.movements.statistics import catalogue
from poseprint.verification.change_of_mover import Change, find_change
from poseprint.verification.chosen import cohort_people, reference_of, summaries
from poseprint.verification.decision import Costs, in_words
from poseprint.verification.explanation import departures, qualities
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import EVIDENCE, UNLIKE, Evidence, Reference
from poseprint.verification.steadiness import margins
from poseprint.verification.summary import Summary

REPLAYED = 3
"""Movements that are replayed as the most typical, and as the least."""
WITHHELD = {
    "KNOWN_TAKE": "this take, or a part of it, is enrolled, and what a person is enrolled from is no evidence for them",
    "UNLIKE_BACKGROUND": "the footage is of another kind than what these figures were measured on",
    "UNTRIED_ESTIMATOR": "these figures were never measured with this pose estimator",
    "CHANGE_OF_MOVER": "the mover seems to change within the recording; check its parts one by one",
    "FACE_ALONE": "eyes and mouth move like the person's and nothing else does, as under a face swap",
}
"""Findings with which an LLR is given, but no verdict, and why."""
FEW = 20
"""People behind a calibration below which a verdict says that they are few."""
LEAST_SUPPORT = 0.3
"""|LLR|, base 10, from which a kind of evidence supports either side (a factor of two)."""
MOVING_PARTS = ("body", "head", "mouth", "eyes")
"""The parts whose movement is judged apart in films."""
LEAST_BEARING = 0.15
"""LLR of body and head together, base 10, that `consistent` needs in films: a face swap leaves them somebody else's."""


def judge(
    series: PoseSeries,
    profile: EnrolledProfile,
    *,
    stride: int,
    costs: Costs | None = None,
    reference: Reference | None = None,
    misfit: str = "",
) -> Judgement:
    """Score a recording and each of its movements, and decide by the LLR of the whole.

    The recording is scored on movements that overlap by half; those shown and voted on lie `stride` frames apart.

    Args:
        series: poses as extracted, neither cleaned nor cut, at 30 fps.
        profile: of the person of interest.
        stride: frames from one movement to the next.
        costs: of being wrong; the usual ones unless given.
        reference: background, cohort and calibrations; what ships unless given.
        misfit: why the profile cannot judge these poses; then nothing is judged.

    Raises:
        DatasetError: the reference does not fit the profile.
    """
    costs, reference = costs or Costs(), reference_of(profile, reference)
    measured = None if misfit else measure(series, reference.axes)
    inspection = measured.inspection if measured else inspect(series, length=LENGTH)
    movements: tuple[MovementScore, ...] = ()
    likelihood: LikelihoodRatio | None = None
    findings: tuple[Finding, ...] = ()
    if measured and measured.stretches:
        movements, likelihood, findings = _evaluate(measured, profile, reference, costs, stride)
    if measured:
        track = movement_track(measured.series, measured.stretches)
        known = known_take(series, track, profile.made_from, profile.tracks)
        findings = (known, *findings) if known else findings
    llr = likelihood.llr["both"] if likelihood else None
    decision: Decision = "inconclusive" if llr is None else costs.decide(llr)
    if likelihood and decision == "consistent" and rests_on_face(likelihood.parts):
        findings = (*findings, _face_alone_finding(likelihood, profile.person))
    withheld = next((f.code for f in findings if f.code in WITHHELD), "")
    decision = "inconclusive" if withheld else decision
    return Judgement(
        decision=decision,
        reason=misfit or _reason(decision, likelihood, inspection, withheld, findings),
        score=llr,
        movements=movements,
        findings=findings,
        inspection=inspection,
        settings={"cost_of_a_wrong_verdict": costs.wrong, "prior": costs.prior, "reference": reference.name},
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
    if all(llr is None for llr in whole.llr.values()):
        return (), None, _nothing_in_common(enrolled, pooled, reference)
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
                llr=_the_three(of_movement.llr),
                parts=_parts(of_movement.llr),
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
        llr=_the_three(whole.llr),
        parts=_parts(whole.llr),
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


def _the_three(llr: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: llr[name] for name in EVIDENCE}


def _parts(llr: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: value for name, value in llr.items() if name not in EVIDENCE}


def rests_on_face(llr: Mapping[str, float | None]) -> bool:
    """Whether, of films, body and head speak too little for the person to call a recording consistent."""
    bearing = llr.get("bearing")
    return bearing is not None and bearing < LEAST_BEARING


def _face_alone_finding(likelihood: LikelihoodRatio, person: str) -> Finding:
    told = ", ".join(
        f"{name} {value:+.1f}" for name in reversed(MOVING_PARTS) if (value := likelihood.parts.get(name)) is not None
    )
    return finding("FACE_ALONE", f"the face moves like that of {person}, body and head do not (LLR of {told})")


def _nothing_in_common(enrolled: Summary, pooled: Movements, reference: Reference) -> tuple[Finding, ...]:
    """The finding that profile and recording show different parts of a person, if they do."""

    def shown(mean: Array) -> list[str]:
        parts = {s.part for s, known in zip(catalogue(reference.axes), np.isfinite(mean), strict=True) if known}
        return ["the body"] * ("body" in parts) + ["head and face"] * bool(parts & set(FACE_PARTS))

    known, seen = shown(enrolled.mean), shown(Summary.of_movements(pooled).mean)
    if set(known) & set(seen):
        return ()
    message = (
        f"the profile knows {' and '.join(known) or 'nothing'}, the recording shows {' and '.join(seen) or 'nothing'}"
    )
    return (finding("NOTHING_IN_COMMON", message),)


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
    if likelihood is not None:
        findings += _parts_disagree(likelihood, profile.person)
    if change is not None:
        findings.append(_change_finding(change, profile.person))
    doubts = [f for f in profile.findings if f.get("code") == "RECORDINGS_DISAGREE"]
    if doubts:
        findings.append(finding("PROFILE_DOUBTED", str(doubts[0].get("message", ""))))
    return findings + _calibration_findings(profile, reference, foreign)


def _parts_disagree(likelihood: LikelihoodRatio, person: str) -> list[Finding]:
    """The finding that one part of the mover supports the person and another somebody else, if so."""
    known = {part: llr for part in MOVING_PARTS if (llr := likelihood.parts.get(part)) is not None}
    sides = [{p: llr for p, llr in known.items() if sign * llr >= LEAST_SUPPORT} for sign in (1, -1)]
    if not all(sides):
        return []
    their, other = (", ".join(f"{part} {llr:+.1f}" for part, llr in side.items()) for side in sides)
    return [finding("PARTS_DISAGREE", f"for {person} speaks {their}, against: {other} (LLR)")]


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
        message = f"LLRs on films rest on {films['persons']} people who talk, {films['genuine_persons']} of them on several occasions"
        if films["gestures"]:
            message += (
                f"; how low they may fall, also on {films['gestures']} people who act gestures before a depth camera"
            )
        return [finding("CALIBRATED_ON_FEW", message)]
    if profile.input.estimator.name != reference.native:
        return [finding("UNTRIED_ESTIMATOR", f"no error rate was measured with {profile.input.estimator.name!r}")]
    if foreign > UNLIKE:
        message = f"{foreign:.0%} of what sets this profile apart is put down to its kind of footage"
        return [finding("UNLIKE_BACKGROUND", message)]
    people = reference.calibrations["both"].persons
    return [finding("CALIBRATED_ON_FEW", f"LLRs rest on {people} people")] if people < FEW else []


def _reason(
    decision: Decision,
    likelihood: LikelihoodRatio | None,
    inspection: Inspection,
    withheld: str = "",
    findings: Sequence[Finding] = (),
) -> str:
    """The verdict in a sentence or two of plain words."""
    apart = next((f for f in findings if f.code == "NOTHING_IN_COMMON"), None)
    if apart is not None:
        return f"Nothing can be compared: {apart.message}; {apart.advice}."
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
