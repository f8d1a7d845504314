"""Video or poses + profile -> Verdict: the only place a verdict is made."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from poseprint import __version__
from poseprint.errors import ProfileError
from poseprint.extraction import Progress, extract
from poseprint.findings import Finding, finding, worst_first
from poseprint.io import is_poses, read_any_poses
from poseprint.movements import clean, cut_movements, movement_set, resample
from poseprint.pose import EstimatorInfo, PoseSeries
from poseprint.profile import Profile, read_profile
from poseprint.quality import Inspection, inspect

Decision = Literal["consistent", "inconsistent", "inconclusive"]


@dataclass(frozen=True)
class MovementScore:
    """One movement of the recording and the profile's vote on it.

    Attributes:
        first, last: frames first to last - 1 of the recording's PoseSeries.
        start, end: the same in seconds.
        score: probability the model gives to "the person of interest moves here", 0 to 1, uncalibrated.
        vote: 1 real, 0 fake.
        seen: share of keypoints seen in this movement, 0 to 1.
    """

    first: int
    last: int
    start: float
    end: float
    score: float
    vote: int
    seen: float


@dataclass(frozen=True)
class Verdict:
    """What a check found, with all that went into it.

    Attributes:
        decision: consistent, inconsistent or inconclusive.
        reason: why, one sentence in plain words.
        person: the person of interest of the profile.
        recording: name of the recording.
        score: share of movements voted real, 0 to 1; None when inconclusive without votes.
        votes: {"real": n, "fake": n}.
        movements: every movement that was judged, in time order.
        findings: doubts about the recording, the worst first.
        seconds: {"recording": length, "used": seconds inside judged movements}.
        seen: share of the time in which each pair of keypoints was seen, by name
            (nose, eyes, ears, shoulders, elbows, wrists), 0 to 1.
        settings: every setting of the check.
        profile: what the profile says of itself: person, kind, made_from, training figures.
        versions: versions of poseprint and what it ran on.
        hashes: sha256 of the recording's source, of the profile, of the estimator's weights.
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
    profile: Mapping[str, Any]
    versions: Mapping[str, str]
    hashes: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The verdict as json-ready values; the form of `--json`."""
        return asdict(self)


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


def read_recording(
    source: Path,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> PoseSeries:
    """Poses from a file of poses, or measured in a video.

    Args:
        source: a video, Parquet or csv file, or a folder of OpenPose json.
        fps, frame_size: see `poseprint.io.read_any_poses`.
        models, jobs, progress: see `poseprint.extraction.extract`.
    """
    if is_poses(source):
        return read_any_poses(source, fps=fps, frame_size=frame_size)
    return extract(source, models=models, jobs=jobs, progress=progress)


def check_poses(series: PoseSeries, profile: Profile, *, stride: int | None = None) -> Verdict:
    """The verdict on measured poses: real only if real votes outnumber fake ones (paper, section 5).

    Inconclusive, without a single vote, where the poses do not fit the profile's input or where less
    than one movement passes the quality gates.

    Args:
        series: poses as extracted, neither cleaned nor cut.
        profile: of the person of interest.
        stride: frames from one movement to the next; None for side by side.
    """
    spec = profile.input
    misfit = _misfit(series, profile)
    if not np.isclose(series.fps, spec.fps):
        series = resample(series, spec.fps)
    inspection = inspect(series, length=spec.length)
    findings = worst_first([*inspection.findings, *_framing(series, profile)])
    spans = [] if misfit else cut_movements(inspection.spans, length=spec.length, stride=stride)
    movements = _scored(series, spans, profile)
    real = sum(m.vote for m in movements)
    votes = {"real": real, "fake": len(movements) - real}
    decision: Decision = "consistent" if real > votes["fake"] else "inconsistent"
    if not movements:
        decision = "inconclusive"
    used = np.zeros(len(series), dtype=bool)
    for m in movements:
        used[m.first : m.last] = True
    return Verdict(
        decision=decision,
        reason=misfit or _reason(votes, inspection, profile),
        person=profile.person,
        recording=series.recording,
        score=real / len(movements) if movements else None,
        votes=votes,
        movements=movements,
        findings=findings,
        seconds={"recording": series.duration, "used": float(used.sum()) / series.fps},
        seen=inspection.seen,
        settings={
            "length": spec.length,
            "stride": stride or spec.length,
            "fps": spec.fps,
            "normalisation": spec.normalisation,
            "skeleton": spec.skeleton,
            "estimator": spec.estimator.name,
            "vote_above": REAL,
        },
        profile={
            "person": profile.person,
            "kind": profile.kind,
            "model": dict(profile.model),
            "made_from": [dict(r) for r in profile.made_from],
            "training": dict(profile.training),
        },
        versions={
            "poseprint": __version__,
            "python": platform.python_version(),
            "onnxruntime": version("onnxruntime"),
            "estimator": f"{series.estimator.name} {series.estimator.version}".strip(),
        },
        hashes={
            "recording": series.source_sha256,
            "profile": profile.sha256,
            "estimator_weights": series.estimator.weights_sha256,
        },
    )


def _misfit(series: PoseSeries, profile: Profile) -> str:
    """Why the profile cannot judge these poses, or nothing."""
    spec = profile.input
    if series.skeleton.name != spec.skeleton:
        return f"The profile was made for skeleton {spec.skeleton!r}, the recording has {series.skeleton.name!r}; no vote was taken."
    if _identity(series.estimator) != _identity(spec.estimator):
        return (
            f"The profile was made with the estimator {spec.estimator.name!r}, the recording was measured with "
            f"{series.estimator.name!r} or other weights; two estimators differ too much to compare. "
            "Measure the recording with the profile's estimator; no vote was taken."
        )
    return ""


def _identity(estimator: EstimatorInfo) -> tuple[str, str]:
    """What makes two estimators the same: name and weights, or, where weights are unknown, the model."""
    return estimator.name, estimator.weights_sha256 or estimator.version


def _reason(votes: Mapping[str, int], inspection: Inspection, profile: Profile) -> str:
    total = votes["real"] + votes["fake"]
    if not total:
        why = "; ".join(f.message for f in inspection.findings if f.severity == "exclude")
        return f"There is less than one movement of {profile.input.length / profile.input.fps:.1f} s to judge: {why}."
    what = f"{votes['real']} of {total} movement{'s' * (total > 1)} {'were' if total > 1 else 'was'} voted real"
    return f"{what}; a recording is consistent only if real votes outnumber fake ones."


def _framing(series: PoseSeries, profile: Profile) -> list[Finding]:
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


def _scored(series: PoseSeries, spans: list[tuple[int, int]], profile: Profile) -> tuple[MovementScore, ...]:
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
