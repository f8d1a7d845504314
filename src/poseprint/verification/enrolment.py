"""A person's own recordings -> a profile: enrol, grow, forget, and an audit of what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.findings import Finding, finding
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.io.profile_folder import InputSpec
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import Measured, measure, reference_axes
from poseprint.movements.same_take import movement_track, same_takes
from poseprint.verification.audit import audit
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference


def enroll(
    person: str,
    recordings: Sequence[PoseSeries],
    *,
    sessions: Sequence[str] | None = None,
    grow: EnrolledProfile | None = None,
    reference: Reference | None = None,
) -> EnrolledProfile:
    """Enrol a person from recordings of them alone.

    Args:
        person: the person of interest.
        recordings: poses as extracted, all by one estimator.
        sessions: place and day of each, where known.
        grow: a profile to add to; recordings that it has already are passed over.
        reference: what the audit asks for doubts; what ships unless given.

    Raises:
        DatasetError: nothing usable among the recordings, different estimators, or a reference that does not fit them.
        ProfileError: the profile to grow is of another person or another estimator.
    """
    if grow is not None and grow.person != person:
        raise ProfileError(f"the profile is of {grow.person!r}, not of {person!r}: give another folder, or that name")
    if not person.strip():
        raise DatasetError("a profile needs the name of the person")
    spec = _spec(recordings, grow)
    contents = _Contents.of(grow)
    for number, series in enumerate(recordings):
        name = series.recording or f"recording {number + 1}"
        session = (sessions[number] if sessions else "") or ""
        contents.add(series, measure(series, spec.axes), recording=name, person=person, session=session)
    findings = contents.findings
    if not contents.made_from:
        raise DatasetError(
            "nothing to enrol: " + "; ".join(f.message for f in findings if f.code == "RECORDING_LEFT_OUT")
        )
    statistics = np.concatenate(contents.statistics).astype(np.float32)
    profile = EnrolledProfile(person, spec, tuple(contents.made_from), (), statistics, tuple(contents.tracks))
    return replace(profile, findings=tuple(asdict(f) for f in [*findings, *audit(profile, reference)]))


@dataclass
class _Contents:
    """What a profile that is being made has so far.

    Attributes:
        made_from, tracks: see `EnrolledProfile`.
        statistics: of each recording's movements [shape=(movements, statistics)].
        findings: recordings that are not enrolled, and why.
    """

    made_from: list[Mapping[str, Any]] = field(default_factory=list)
    statistics: list[Array] = field(default_factory=list)
    tracks: list[Array] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @staticmethod
    def of(profile: EnrolledProfile | None) -> _Contents:
        """Those of a profile to grow; empty without one."""
        if profile is None:
            return _Contents()
        statistics = [profile.of_recording(i) for i in range(len(profile.made_from))]
        return _Contents([dict(r) for r in profile.made_from], statistics, list(profile.tracks))

    def add(self, series: PoseSeries, measured: Measured, *, recording: str, person: str, session: str) -> None:
        """Enrol a recording, unless nothing of it is usable or it is enrolled already."""
        inspection, movements = measured.inspection, measured.movements()
        if not len(movements):
            why = "; ".join(f"{f.message}; {f.advice}" for f in inspection.excluding)
            self.findings.append(finding("RECORDING_LEFT_OUT", f"{recording}: {why or 'nothing in it can serve'}"))
            return
        track = movement_track(measured.series, measured.stretches)
        duplicate = self._number_of(series.sha256, track)
        if duplicate is not None:
            enrolled = self.made_from[duplicate]
            if enrolled["poses_sha256"] != series.sha256 or enrolled["recording"] != recording:
                message = f"{recording} shows the same take as {enrolled['recording']}"
                self.findings.append(finding("DUPLICATE_RECORDING", message))
            return
        self.made_from.append(
            {
                "recording": _unused(recording, self.made_from),
                "person": person,
                "label": "real",
                "session": session,
                "seconds": round(movements.seconds, 2),
                "sha256": series.source_sha256 or series.sha256,
                "poses_sha256": series.sha256,
                "shoulders": float(np.nan_to_num(series.shoulder_width())) / series.frame_size[1],
                "movements": len(movements),
                "findings": sorted({f.code for f in inspection.findings}),
            }
        )
        self.statistics.append(movements.statistics)
        self.tracks.append(track)

    def _number_of(self, poses_sha256: str, track: Array) -> int | None:
        """The number of a recording that has the same poses, or shows most of the shorter's movement."""
        for number, likeness in enumerate(same_takes(track, self.tracks)):
            if self.made_from[number]["poses_sha256"] == poses_sha256 or likeness.share > 0.5:
                return number
        return None


def forget(profile: EnrolledProfile, recording: str, *, reference: Reference | None = None) -> EnrolledProfile:
    """The profile without one of its recordings.

    Args:
        profile: to take it from.
        recording: its name.
        reference: see `enroll`.

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
    return replace(smaller, findings=tuple(asdict(f) for f in audit(smaller, reference)))


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
