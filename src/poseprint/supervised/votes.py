"""A recording against a supervised profile: each movement is voted real or fake (paper, sections 3.3 and 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from poseprint.core.arrays import Span
from poseprint.core.errors import ProfileError
from poseprint.core.findings import Inspection
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Decision, Judgement, MovementScore
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect
from poseprint.movements.same_take import known_take, movement_track
from poseprint.supervised.features import FEATURES
from poseprint.supervised.movement_set import Normalisation, movement_set
from poseprint.supervised.profile import SupervisedProfile

REAL = 0.5
"""A movement whose score is above this is voted real: the paper rounds the probability (section 3.3)."""


def judge(series: PoseSeries, profile: SupervisedProfile, *, stride: int, misfit: str = "") -> Judgement:
    """Vote on each movement; a recording is consistent only if real votes outnumber fake ones (paper, section 5).

    Args:
        series: poses as extracted, neither cleaned nor cut, at the profile's frame rate.
        profile: of the person of interest.
        stride: frames from one movement to the next.
        misfit: why the profile cannot judge these poses; then nothing is judged.

    Raises:
        ProfileError: the network does not run, or the profile's normalisation or features are not known.
    """
    cleaned = clean(series)
    inspection = inspect(series, length=profile.input.length, cleaned=cleaned)
    spans = [] if misfit else cut_movements(inspection.spans, length=profile.input.length, stride=stride)
    movements = _scored(series, cleaned, spans, profile)
    real, total = sum(m.vote for m in movements), len(movements)
    known = None
    if not misfit:
        known = known_take(series, movement_track(series, inspection.spans), profile.made_from, profile.tracks)
    reason = _reason(real, total, inspection, profile)
    if known and total:
        reason += " But this is no verdict: the profile was trained on this take, or on a part of it."
    voted: Decision = "consistent" if real > total - real else "inconsistent"
    return Judgement(
        decision=voted if total and not known else "inconclusive",
        reason=misfit or reason,
        score=real / total if total else None,
        movements=movements,
        findings=(known,) if known else (),
        inspection=inspection,
        settings={"vote_above": REAL},
    )


def _reason(real: int, total: int, inspection: Inspection, profile: SupervisedProfile) -> str:
    if not total:
        why = "; ".join(f.message for f in inspection.excluding)
        return f"There is less than one movement of {profile.input.length / profile.input.fps:.1f} s to judge: {why}."
    what = f"{real} of {total} movement{'s' * (total > 1)} {'were' if total > 1 else 'was'} voted real"
    return f"{what}; a recording is consistent only if real votes outnumber fake ones."


def _scored(
    series: PoseSeries, cleaned: PoseSeries, spans: Sequence[Span], profile: SupervisedProfile
) -> tuple[MovementScore, ...]:
    if not spans:
        return ()
    spec = profile.input
    for name, known in (("normalisation", get_args(Normalisation)), ("features", tuple(FEATURES))):
        if getattr(spec, name) not in known:
            raise ProfileError(
                f"the profile's {name} {getattr(spec, name)!r} is not known to this poseprint: update it"
            )
    movements = movement_set(cleaned, spans, spec.normalisation, features=spec.features)  # type: ignore[arg-type]
    scores = profile.score(movements.features, movements.lengths)
    seen = series.seen()
    return tuple(
        MovementScore(
            first=first,
            last=last,
            start=float(series.time[first]),
            end=float(series.time[last - 1] + 1 / series.fps),
            score=float(score),
            vote=int(score > REAL),
            seen=float(seen[first:last].mean()),
        )
        for (first, last), score in zip(spans, scores, strict=True)
    )
