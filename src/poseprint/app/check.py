"""Video or poses + profile -> Verdict: the only place a verdict is made."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.app.profiles import read_profile
from poseprint.app.sources import read_recording
from poseprint.core.errors import ProfileError
from poseprint.core.findings import Finding, finding, worst_first
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.verdict import Decision, MovementScore, Verdict
from poseprint.core.version import __version__
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.gates import Inspection, inspect
from poseprint.movements.tracks import axes_of
from poseprint.supervised.movement_set import movement_set
from poseprint.supervised.profile import SupervisedProfile
from poseprint.verification.decision import Costs
from poseprint.verification.judge import WITHHELD, judge, reason
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import reference_of

REAL = 0.5
"""A movement whose score is above this is voted real: the paper rounds the probability (section 3.3)."""

FRAMING = 1.6
"""By what factor a recording's shoulder width may leave the range of the profile's own footage."""


def check(source: Path | str, profile: Path | str, *, models: Path | None = None, jobs: int | None = None) -> Verdict:
    """The verdict on a video or a file of poses.

    Args:
        source: a video, or poses in Parquet.
        profile: the folder of a profile.
        models: folder of the estimator's model files; None for the user's cache.
        jobs: processors to use; None for all.

    Raises:
        PoseprintError: the source or the profile cannot be read.
    """
    loaded = read_profile(Path(profile))  # before the long work, so that a broken profile is told at once
    return check_poses(read_recording(Path(source), models=models, jobs=jobs), loaded)


def check_poses(
    series: PoseSeries,
    profile: SupervisedProfile | EnrolledProfile,
    *,
    stride: int | None = None,
    costs: Costs | None = None,
) -> Verdict:
    """The verdict on measured poses.

    By an enrolled profile: from the calibrated LLR of the whole recording and the costs of being wrong. By a supervised
    one: real only if real votes outnumber fake ones (paper, section 5). Inconclusive where the poses do not fit the
    profile's input or where what passes the quality gates is too little.

    Args:
        series: poses as extracted, neither cleaned nor cut.
        profile: of the person of interest.
        stride: frames from one movement to the next; None for side by side.
        costs: of an enrolled profile's verdict; the usual ones unless given.
    """
    misfit = _misfit(series, profile)
    if isinstance(profile, EnrolledProfile):
        return _by_llr(series, profile, misfit, stride or LENGTH, costs or Costs())
    return _by_votes(series, profile, misfit, stride)


def _by_votes(series: PoseSeries, profile: SupervisedProfile, misfit: str, stride: int | None) -> Verdict:
    spec = profile.input
    if not np.isclose(series.fps, spec.fps):
        series = resample(series, spec.fps)
    inspection = inspect(series, length=spec.length)
    spans = [] if misfit else cut_movements(inspection.spans, length=spec.length, stride=stride)
    movements = _scored(series, spans, profile)
    real = sum(m.vote for m in movements)
    votes = {"real": real, "fake": len(movements) - real}
    decision: Decision = "consistent" if real > votes["fake"] else "inconsistent"
    return Verdict(
        decision=decision if movements else "inconclusive",
        reason=misfit or _reason(votes, inspection, profile),
        score=real / len(movements) if movements else None,
        votes=votes,
        movements=movements,
        findings=worst_first([*inspection.findings, *_framing(series, profile)]),
        settings={**_settings(profile, stride or spec.length), "vote_above": REAL},
        **_common(series, profile, inspection, movements),
    )


def _by_llr(series: PoseSeries, profile: EnrolledProfile, misfit: str, stride: int, costs: Costs) -> Verdict:
    reference = reference_of(profile)
    judged = judge(series, profile, reference, costs, stride) if not misfit else None
    inspection = judged.measured.inspection if judged else inspect(series, length=LENGTH)
    series = judged.measured.series if judged else series
    movements = judged.movements if judged else ()
    likelihood = judged.likelihood if judged else None
    both = likelihood.llr["both"] if likelihood else None
    withheld = next((f.code for f in judged.findings if f.code in WITHHELD), "") if judged else ""
    decision: Decision = "inconclusive" if both is None or withheld else costs.decide(both)
    real = sum(m.vote for m in movements)
    findings = [*inspection.findings, *_framing(series, profile), *(judged.findings if judged else ())]
    return Verdict(
        decision=decision,
        reason=misfit or reason(decision, likelihood, inspection, withheld),
        score=both,
        votes={"real": real, "fake": len(movements) - real},
        movements=movements,
        findings=worst_first(findings),
        settings={**_settings(profile, stride), "cost_of_a_wrong_verdict": costs.wrong, "prior": costs.prior},
        evidence=likelihood,
        **_common(series, profile, inspection, movements, reference.sha256),
    )


def _settings(profile: SupervisedProfile | EnrolledProfile, stride: int) -> dict[str, Any]:
    spec = profile.input
    return {
        "length": spec.length,
        "stride": stride,
        "fps": spec.fps,
        "normalisation": spec.normalisation,
        "skeleton": spec.skeleton,
        "estimator": spec.estimator.name,
    }


def _common(
    series: PoseSeries,
    profile: SupervisedProfile | EnrolledProfile,
    inspection: Inspection,
    movements: tuple[MovementScore, ...],
    reference_sha256: str = "",
) -> dict[str, Any]:
    """What every verdict says, however it was reached."""
    used = np.zeros(len(series), dtype=bool)
    for m in movements:
        used[m.first : m.last] = True
    about: dict[str, Any] = {"person": profile.person, "kind": profile.kind}
    if isinstance(profile, SupervisedProfile):
        about |= {"model": dict(profile.model), "training": dict(profile.training)}
    else:
        about |= {"findings": [dict(f) for f in profile.findings]}
    return {
        "person": profile.person,
        "recording": series.recording,
        "seconds": {"recording": series.duration, "used": float(used.sum()) / series.fps},
        "seen": inspection.seen,
        "profile": {**about, "made_from": [dict(r) for r in profile.made_from]},
        "versions": {
            "poseprint": __version__,
            "python": platform.python_version(),
            "onnxruntime": version("onnxruntime"),
            "estimator": f"{series.estimator.name} {series.estimator.version}".strip(),
        },
        "hashes": {
            "recording": series.source_sha256,
            "profile": profile.sha256,
            "estimator_weights": series.estimator.weights_sha256,
            **({"reference": reference_sha256} if reference_sha256 else {}),
        },
    }


def _misfit(series: PoseSeries, profile: SupervisedProfile | EnrolledProfile) -> str:
    """Why the profile cannot judge these poses, or nothing."""
    spec = profile.input
    if series.skeleton.name != spec.skeleton:
        return f"The profile was made for skeleton {spec.skeleton!r}, the recording has {series.skeleton.name!r}; nothing was judged."
    if _identity(series.estimator) != _identity(spec.estimator):
        return (
            f"The profile was made with the estimator {spec.estimator.name!r}, the recording was measured with "
            f"{series.estimator.name!r} or other weights; two estimators differ too much to compare. "
            "Measure the recording with the profile's estimator; nothing was judged."
        )
    if spec.axes > axes_of(series):
        return (
            "The profile was enrolled from recordings that tell depth, this one tells none; nothing was judged. "
            "Enrol the person from recordings of the same kind."
        )
    return ""


def _identity(estimator: EstimatorInfo) -> tuple[str, str]:
    """What makes two estimators the same: name and weights, or, where weights are unknown, the model."""
    return estimator.name, estimator.weights_sha256 or estimator.version


def _reason(votes: Mapping[str, int], inspection: Inspection, profile: SupervisedProfile) -> str:
    total = votes["real"] + votes["fake"]
    if not total:
        why = "; ".join(f.message for f in inspection.findings if f.severity == "exclude")
        return f"There is less than one movement of {profile.input.length / profile.input.fps:.1f} s to judge: {why}."
    what = f"{votes['real']} of {total} movement{'s' * (total > 1)} {'were' if total > 1 else 'was'} voted real"
    return f"{what}; a recording is consistent only if real votes outnumber fake ones."


def _framing(series: PoseSeries, profile: SupervisedProfile | EnrolledProfile) -> list[Finding]:
    """A finding if the person is shown much larger or smaller than wherever the profile saw its person."""
    own = [float(r["shoulders"]) for r in profile.made_from if r.get("label") == "real" and r.get("shoulders")]
    here = series.shoulder_width() / series.frame_size[1]
    if not own or not here > 0 or min(own) / FRAMING <= here <= max(own) * FRAMING:
        return []
    message = (
        f"shoulders are {here:.0%} of the picture's height apart; in the profile's own footage "
        f"{min(own):.0%} to {max(own):.0%}"
    )
    return [finding("FRAMING_DIFFERS", message)]


def _scored(series: PoseSeries, spans: list[tuple[int, int]], profile: SupervisedProfile) -> tuple[MovementScore, ...]:
    if not spans:
        return ()
    if profile.input.normalisation not in ("zscore", "body"):
        raise ProfileError(
            f"the profile's normalisation {profile.input.normalisation!r} is not known to this poseprint: update it"
        )
    movements = movement_set(clean(series), spans, profile.input.normalisation)  # type: ignore[arg-type]
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
