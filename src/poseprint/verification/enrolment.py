"""A person's own recordings -> a profile: enrol, grow, forget, and an audit of what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.findings import Finding, finding
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.io.profile_folder import InputSpec
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import measure, reference_axes
from poseprint.verification.audit import _track, _twin, audit
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import shipped


def enroll(
    person: str,
    recordings: Sequence[PoseSeries],
    *,
    sessions: Sequence[str] | None = None,
    grow: EnrolledProfile | None = None,
) -> EnrolledProfile:
    """Enrol a person from recordings of them alone.

    Args:
        person: the person of interest.
        recordings: poses as extracted, all by one estimator.
        sessions: place and day of each, where known.
        grow: a profile to add to; recordings that it has already are passed over.

    Raises:
        DatasetError: nothing usable among the recordings, or different estimators.
        ProfileError: the profile to grow is of another person or another estimator.
    """
    if grow is not None and grow.person != person:
        raise ProfileError(f"the profile is of {grow.person!r}, not of {person!r}: give another folder, or that name")
    if not person.strip():
        raise DatasetError("a profile needs the name of the person")
    spec = _spec(recordings, grow)
    reference = shipped(spec.axes)
    made_from = [dict(r) for r in grow.made_from] if grow else []
    rows = [grow.of_recording(i) for i in range(len(made_from))] if grow else []
    tracks = list(grow.tracks) if grow else []
    findings: list[Finding] = []
    for number, series in enumerate(recordings):
        measured = measure(series, reference.axes)
        name = series.recording or f"recording {number + 1}"
        movements = measured.movements()
        if not len(movements):
            why = "; ".join(f"{f.message}; {f.advice}" for f in measured.inspection.findings if f.severity == "exclude")
            findings.append(finding("RECORDING_LEFT_OUT", f"{name}: {why or 'nothing in it can serve'}"))
            continue
        track = _track(measured)
        sha256 = series.source_sha256 or series.sha256
        poses = series.sha256
        twin = _twin(poses, track, made_from, tracks)
        if twin is not None:
            if made_from[twin]["poses_sha256"] != poses or made_from[twin]["recording"] != name:
                findings.append(
                    finding("DUPLICATE_RECORDING", f"{name} shows the same take as {made_from[twin]['recording']}")
                )
            continue
        made_from.append(
            {
                "recording": _unused(name, made_from),
                "person": person,
                "label": "real",
                "session": (sessions[number] if sessions else "") or "",
                "seconds": round(movements.seconds, 2),
                "sha256": sha256,
                "poses_sha256": poses,
                "shoulders": series.shoulder_width() / series.frame_size[1],
                "movements": len(movements),
                "findings": sorted({f.code for f in measured.inspection.findings}),
            }
        )
        rows.append(movements.statistics)
        tracks.append(track)
    if not made_from:
        raise DatasetError(
            "nothing to enrol: " + "; ".join(f.message for f in findings if f.code == "RECORDING_LEFT_OUT")
        )
    profile = EnrolledProfile(
        person, spec, tuple(made_from), (), np.concatenate(rows).astype(np.float32), tuple(tracks)
    )
    return replace(profile, findings=tuple(asdict(f) for f in [*findings, *audit(profile)]))


def forget(profile: EnrolledProfile, recording: str) -> EnrolledProfile:
    """The profile without one of its recordings.

    Raises:
        ProfileError: it has no such recording, or no other.
    """
    names = [str(r["recording"]) for r in profile.made_from]
    if recording not in names:
        raise ProfileError(f"the profile has no recording {recording!r}; it has: {', '.join(names)}")
    if len(names) == 1:
        raise ProfileError(f"{recording!r} is the profile's only recording: delete the profile's folder instead")
    keep = [i for i, name in enumerate(names) if name != recording]
    smaller = replace(
        profile,
        made_from=tuple(profile.made_from[i] for i in keep),
        statistics=np.concatenate([profile.of_recording(i) for i in keep]),
        tracks=tuple(profile.tracks[i] for i in keep),
        sha256="",
    )
    return replace(smaller, findings=tuple(asdict(f) for f in audit(smaller)))


def _spec(recordings: Sequence[PoseSeries], grow: EnrolledProfile | None) -> InputSpec:
    if not recordings and grow is None:
        raise DatasetError("nothing to enrol: give recordings of the person")
    kinds = {(s.skeleton.name, s.estimator) for s in recordings}
    if grow is not None:
        kinds.add((grow.input.skeleton, grow.input.estimator))
    if len(kinds) > 1:
        names = ", ".join(sorted(f"{e.name} {e.version}".strip() for _, e in kinds))
        raise DatasetError(
            f"recordings of different estimators cannot make one profile: {names}; measure all of them with one"
        )
    if grow is not None:
        return grow.input
    (skeleton, estimator) = next(iter(kinds))
    return InputSpec(skeleton, GRID_FPS, LENGTH, "body", estimator, reference_axes(recordings))


def _unused(name: str, made_from: Sequence[Mapping[str, Any]]) -> str:
    names = {str(r["recording"]) for r in made_from}
    return next(n for n in (name, *(f"{name}-{k}" for k in range(2, len(names) + 3))) if n not in names)


# ---- the audit ----------------------------------------------------------------------------------


# ---- the same take twice ------------------------------------------------------------------------
