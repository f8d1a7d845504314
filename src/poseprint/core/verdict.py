"""The result of a check: the verdict and the score of each movement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from poseprint.core.findings import Finding, Inspection

Decision = Literal["consistent", "inconsistent", "inconclusive"]
Method = Literal["enrolled", "supervised"]


@dataclass(frozen=True)
class Departure:
    """One statistic beside the person's own range.

    Attributes:
        statistic: its name.
        words: what it is.
        quality: amplitude, speed, acceleration, turning, tempo, coordination, posture or proportions.
        keypoints: what it is measured on.
        value: here, in `unit`.
        low, high: the middle 90 % of the person's own movements, in `unit`.
        unit: of the three; shoulder widths (per second) where it is a length.
        deviations: how far the value is from the person's mean, in deviations of what varies between recordings of one
            person; the sign tells the direction.
    """

    statistic: str
    words: str
    quality: str
    keypoints: tuple[str, ...]
    value: float
    low: float
    high: float
    unit: str
    deviations: float


@dataclass(frozen=True)
class Quality:
    """One quality of one part of the body: how far it is from the person's range on the whole.

    Attributes:
        quality: see Departure.
        part: head, right arm, left arm or body.
        deviations: root mean square over its statistics; about 1 is usual for the person.
    """

    quality: str
    part: str
    deviations: float


@dataclass(frozen=True)
class MovementScore:
    """One movement of the recording and what the profile says of it.

    Attributes:
        first, last: frames first to last - 1 of the recording's PoseSeries.
        start, end: the same in seconds.
        score: higher = more like the person of interest: a supervised profile's probability, 0 to 1, uncalibrated; of an
            enrolled one the LLR of this movement alone, base 10, before its bounds.
        vote: 1 real, 0 fake; of an enrolled profile, whether the LLR is above 0.
        seen: share of keypoints seen in this movement, 0 to 1.
        llr: static, motion and both, base 10, in bounds; None of a supervised profile.
        departures: what in it departs most from the person's own range.
        parts: the LLR of each part alone, see LikelihoodRatio; empty where only bodies are known.
    """

    first: int
    last: int
    start: float
    end: float
    score: float
    vote: int
    seen: float
    llr: Mapping[str, float | None] | None = None
    departures: tuple[Departure, ...] = ()
    parts: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class LikelihoodRatio:
    """How much more probable the recording is if the person of interest moves than if somebody else does.

    Attributes:
        llr: static (posture, proportions, framing), motion, and both together; base 10, in bounds; None where too little
            was measured.
        margin: how far each of them moves, in about nine of ten cases, when the recording is measured anew under small changes:
            another encoding or size, a beginning cut off; of those that are given.
        lower, upper: the bounds of `both` that the calibration set supports.
        thresholds: LLR up to which the verdict is inconsistent, and from which it is consistent.
        usual_costs: whether these are the thresholds of the usual costs, for which error rates are stated; not in the json,
            whose `settings` tell the costs.
        words: `both` on a verbal scale.
        rests_on: `movement and posture`, `movement`, `posture` or `nothing`: what carries the verdict.
        hidden: share of the statistics that could not be measured, 0 to 1.
        error_rates: measured with at most this much evidence and enrolment, or of films, whatever their length: seconds,
            enrolled, eer, eer_interval, persons,
            genuine_inconsistent, impostor_consistent; None where nothing so short was measured.
        departures: what in the recording departs most from the person's own range.
        qualities: each quality of each part of the body.
        typical, untypical: movements (places in Verdict.movements) most and least like the person, the most so first.
        change: where the mover seems to change: start and end of the stretch that differs, seconds, and the LLRs `within` it and
            `elsewhere`; None if nowhere.
        parts: the LLR of each part alone, base 10, in the bounds that its own calibration supports, of films: body, head, eyes and
            mouth (their movement), bearing (body and head), body_posture, head_posture and expression (the face at rest, which
            counts for nothing in the others); None where a part was not measured.
    """

    llr: Mapping[str, float | None]
    margin: Mapping[str, float]
    lower: float
    upper: float
    thresholds: tuple[float, float]
    usual_costs: bool
    words: str
    rests_on: str
    hidden: float
    error_rates: Mapping[str, Any] | None
    departures: tuple[Departure, ...]
    qualities: tuple[Quality, ...]
    typical: tuple[int, ...]
    untypical: tuple[int, ...]
    change: Mapping[str, Any] | None
    parts: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What a method says of a recording; every method's judge returns one.

    Attributes:
        decision: consistent, inconsistent or inconclusive.
        reason: why, one sentence in plain words.
        score: see Verdict.
        movements: every movement that was judged, in time order.
        findings: doubts of the method's own, besides those of the gates.
        inspection: what the quality gates say.
        settings: of the method's own.
        hashes: sha256 by name of what it judged with besides the profile.
        evidence: the LLR and what it rests on; None of a method that gives none.
    """

    decision: Decision
    reason: str
    score: float | None
    movements: tuple[MovementScore, ...]
    findings: tuple[Finding, ...]
    inspection: Inspection
    settings: Mapping[str, Any]
    hashes: Mapping[str, str] = field(default_factory=dict)
    evidence: LikelihoodRatio | None = None


@dataclass(frozen=True)
class ProfileSummary:
    """What a profile says of itself.

    Attributes:
        person: the person of interest.
        made_from: for each recording what the profile keeps of it: recording, label, session, seconds, sha256, ...
        findings: of the audit of an enrolled profile.
        model: name and settings of a supervised profile's network.
        training: settings and figures of a supervised profile's training.
    """

    person: str
    made_from: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...] = ()
    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The result of a check, with all that went into it.

    Attributes:
        decision: consistent, inconsistent or inconclusive.
        reason: why, one sentence in plain words.
        person: the person of interest of the profile.
        recording: name of the recording.
        score: supervised: share of movements voted real, 0 to 1; enrolled: the LLR of both; None where there is none.
        votes: {"real": n, "fake": n}.
        movements: every movement that was judged, in time order.
        findings: doubts about the recording, the worst first.
        seconds: {"recording": length, "used": seconds inside judged movements}.
        seen: share of the time in which each pair of keypoints was seen, by name
            (nose, eyes, ears, shoulders, elbows, wrists), 0 to 1.
        settings: every setting of the check.
        method: which method judged: enrolled or supervised.
        profile: what the profile says of itself.
        versions: versions of poseprint and what it ran on.
        hashes: sha256 of the recording's source, of the profile, of the estimator's weights, of the reference.
        evidence: what an enrolled profile says; None of a supervised one.
    """

    decision: Decision
    reason: str
    person: str
    recording: str
    score: float | None
    votes: Mapping[str, int]
    movements: tuple[MovementScore, ...]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]
    seen: Mapping[str, float]
    settings: Mapping[str, Any]
    method: Method
    profile: ProfileSummary
    versions: Mapping[str, str]
    hashes: Mapping[str, str]
    evidence: LikelihoodRatio | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as json-ready values; the form of `--json`."""
        values = asdict(self)
        own = ("findings",) if self.method == "enrolled" else ("model", "training")
        profile = {"person": self.person, "kind": values.pop("method"), **values["profile"]}
        values["profile"] = {key: profile[key] for key in ("person", "kind", *own, "made_from")}
        if self.evidence is not None:
            del values["evidence"]["usual_costs"]
        return values
