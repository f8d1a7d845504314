"""Video or poses + profile -> Verdict: the only place a verdict is made."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from poseprint.app.profiles import Profile, read_profile
from poseprint.app.sources import read_source
from poseprint.core.arrays import covered
from poseprint.core.errors import ProfileError
from poseprint.core.findings import Finding, by_severity, finding
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.verdict import Judgement, MovementScore, Verdict
from poseprint.core.version import __version__
from poseprint.estimation.measuring import Measuring
from poseprint.movements.cleaning import resample
from poseprint.movements.joining import joined
from poseprint.movements.tracks import axes_of
from poseprint.supervised.features import FEATURES
from poseprint.supervised.profile import SupervisedProfile
from poseprint.supervised.votes import judge as judge_by_votes
from poseprint.verification.chosen import choose, ensure_fits
from poseprint.verification.decision import Costs
from poseprint.verification.judge import judge as judge_by_llr
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference

FRAMING = 1.6
"""By what factor a recording's shoulder width may leave the range of the profile's own footage."""


def check(
    source: Path | str | Sequence[Path | str],
    profile: Path | str,
    measuring: Measuring | None = None,
    *,
    reference: Reference | Path | str | None = None,
) -> Verdict:
    """The verdict on a video or a file of poses, or on several of one event that show one mover.

    Args:
        source: a video, or poses in Parquet; or several, which are judged together.
        profile: the folder of a profile.
        measuring: how a video is measured, and whom; the usual way unless given.
        reference: what an enrolled profile is judged with, or its folder; what ships unless given.

    Raises:
        PoseprintError: a source, the profile or the reference cannot be read, a reference that does not fit the profile,
            or sources that cannot be judged together.
    """
    loaded = read_profile(profile)  # before the long work, so that a broken profile is reported at once
    chosen = reference_for(loaded, reference)
    sources = [source] if isinstance(source, str | Path) else source
    return check_poses(joined([read_source(one, measuring) for one in sources]), loaded, reference=chosen)


def reference_for(profile: Profile, reference: Reference | Path | str | None) -> Reference | None:
    """What a profile is to be judged with, read where a folder is given; None for what ships.

    Raises:
        PoseprintError: it cannot be read, does not fit the profile, or the profile is judged without any.
    """
    if reference is None:
        return None
    if not isinstance(profile, EnrolledProfile):
        raise ProfileError("a supervised profile is judged by its network, without a reference; leave it out")
    chosen = choose(reference, profile.input.axes)
    if chosen is not None:
        ensure_fits(chosen, profile.input.axes, profile.input.estimator.name)
    return chosen


def check_poses(
    series: PoseSeries,
    profile: Profile,
    *,
    stride: int | None = None,
    costs: Costs | None = None,
    reference: Reference | Path | str | None = None,
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
        reference: what an enrolled profile is judged with, or its folder, which is then read; what ships unless given.

    Raises:
        PoseprintError: a reference that cannot be read, or does not fit the profile.
    """
    chosen = reference_for(profile, reference)
    spec, misfit = profile.input, misfit_of(series, profile)
    if not misfit or isinstance(profile, SupervisedProfile):  # else it is reported at the recording's own rate
        series = resample(series, spec.fps)
    stride = stride or spec.length
    judgement = _judge(series, profile, stride, costs or Costs(), chosen, misfit)
    movements, inspection = judgement.movements, judgement.inspection
    real = sum(m.vote for m in movements)
    return Verdict(
        decision=judgement.decision,
        reason=judgement.reason,
        person=profile.person,
        recording=series.recording,
        score=judgement.score,
        votes={"real": real, "fake": len(movements) - real},
        movements=movements,
        findings=by_severity([*inspection.findings, *_framing(series, profile), *judgement.findings]),
        seconds={"recording": series.duration, "used": _seconds_used(movements, spec.fps)},
        seen=inspection.seen,
        settings={
            "length": spec.length,
            "stride": stride,
            "fps": spec.fps,
            "normalisation": spec.normalisation,
            "skeleton": spec.skeleton,
            "estimator": spec.estimator.name,
            **judgement.settings,
        },
        method=profile.kind,
        profile=profile.summary(),
        versions=_versions(series),
        hashes={
            "recording": series.source_sha256,
            "profile": profile.sha256,
            "estimator_weights": series.estimator.weights_sha256,
            **judgement.hashes,
        },
        evidence=judgement.evidence,
    )


def _judge(
    series: PoseSeries, profile: Profile, stride: int, costs: Costs, reference: Reference | None, misfit: str
) -> Judgement:
    """The judgement by the profile's method."""
    if isinstance(profile, EnrolledProfile):
        return judge_by_llr(series, profile, stride=stride, costs=costs, reference=reference, misfit=misfit)
    return judge_by_votes(series, profile, stride=stride, misfit=misfit)


def _versions(series: PoseSeries) -> dict[str, str]:
    return {
        "poseprint": __version__,
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "estimator": f"{series.estimator.name} {series.estimator.version}".strip(),
    }


def _seconds_used(movements: Sequence[MovementScore], fps: float) -> float:
    """Seconds that lie in at least one movement."""
    return float(covered((m.first, m.last) for m in movements).sum()) / fps


def misfit_of(series: PoseSeries, profile: Profile) -> str:
    """Why a profile cannot judge some poses, whatever they show; or nothing."""
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
    features = FEATURES.get(spec.features)
    if features and features.lacks(series):
        return (
            f"The profile was trained on {features.what}, of which the recording tells nothing; nothing was judged. "
            f"To have it judged, {features.remedy}."
        )
    return ""


def _identity(estimator: EstimatorInfo) -> tuple[str, str]:
    """What makes two estimators the same: name and weights, or, where weights are unknown, the model."""
    return estimator.name, estimator.weights_sha256 or estimator.version


def _framing(series: PoseSeries, profile: Profile) -> list[Finding]:
    """A finding if the person is shown much larger or smaller than wherever the profile saw its person."""
    known = [float(r["shoulders"]) for r in profile.made_from if r.get("label") == "real" and r.get("shoulders")]
    width = series.shoulder_width() / series.frame_size[1]
    if not known or not width > 0 or min(known) / FRAMING <= width <= max(known) * FRAMING:
        return []
    message = (
        f"shoulders are {width:.0%} of the picture's height apart; in the profile's own footage "
        f"{min(known):.0%} to {max(known):.0%}"
    )
    return [finding("FRAMING_DIFFERS", message)]
