"""A person's own recordings -> a profile: enrol, grow, forget, and an audit of what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from poseprint.background import MOVEMENT_S, Summary
from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.findings import Finding, finding
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_WRIST, NECK, NOSE, RIGHT_WRIST
from poseprint.io.profile_folder import InputSpec
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import Measured, measure, reference_axes
from poseprint.movements.statistics import catalogue
from poseprint.movements.tracks import FPS
from poseprint.profile import EnrolledProfile
from poseprint.reference import Reference, shipped

DISAGREE = {2: -0.5}
DISAGREE_MANY = -1.2
"""LLR of two groups of recordings being one mover, from which the audit doubts it: of one mover's recordings, split as
badly as can be, about one set in twenty falls below (MSRC-12, people the background does not know)."""

TRACK_HZ = 5
ALIKE = 0.985
"""Correlation of ten seconds of head and hands from which two recordings show the same take."""
_WINDOW = 10 * TRACK_HZ
_LIVELY = 0.03  # shoulder widths of deviation below which ten seconds say nothing


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
        if not measured.spans:
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
                "seconds": round(measured.seconds, 2),
                "sha256": sha256,
                "poses_sha256": poses,
                "shoulders": series.shoulder_width() / series.frame_size[1],
                "movements": len(measured.spans),
                "findings": sorted({f.code for f in measured.inspection.findings}),
            }
        )
        rows.append(measured.statistics)
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


def summaries(profile: EnrolledProfile) -> list[Summary]:
    """Each recording of a profile, summed up."""
    return [Summary.of(profile.of_recording(i), float(r["seconds"])) for i, r in enumerate(profile.made_from)]


def reference_of(profile: EnrolledProfile) -> Reference:
    """The shipped reference as the profile's estimator sees it; the person does not help to tell the middle."""
    return shipped(profile.input.axes).seen_by(profile.input.estimator.name, profile.person)


def cohort_people(profile: EnrolledProfile, reference: Reference) -> set[int]:
    """Which people of the cohort are enrolled here, by content; mostly nobody."""
    recordings = [str(r.get("poses_sha256", "")) for r in profile.made_from]
    return {c for sha256 in recordings for c in reference.cohort_people(sha256)}


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
    return InputSpec(skeleton, FPS, LENGTH, "body", estimator, reference_axes(recordings))


def _unused(name: str, made_from: Sequence[Mapping[str, Any]]) -> str:
    names = {str(r["recording"]) for r in made_from}
    return next(n for n in (name, *(f"{name}-{k}" for k in range(2, len(names) + 3))) if n not in names)


# ---- the audit ----------------------------------------------------------------------------------


def audit(profile: EnrolledProfile) -> list[Finding]:
    """Doubts about what a profile is made from."""
    reference = reference_of(profile)
    count = len(profile.made_from)
    minutes = sum(float(r["seconds"]) for r in profile.made_from) / 60
    findings = list(_disagreement(profile, reference))
    if count == 1:
        findings.append(
            finding(
                "ONE_RECORDING",
                f"the profile rests on one recording of {minutes:.1f} minutes: it cannot tell the person from that day, "
                "camera and place, nor find out whether the recording shows the person at all",
            )
        )
    sessions = {str(r["session"]) for r in profile.made_from} - {""}
    if count > 1 and len(sessions) < 2:
        which = f"session {next(iter(sessions))!r}, as far as is known" if sessions else "no known session"
        findings.append(
            finding("ONE_SESSION", f"all {count} recordings are of {which}: how the person varies is unknown")
        )
    findings += _more_would_help(reference, minutes)
    if profile.input.axes == 2 and profile.input.estimator.name not in (*reference.gains, "kinect"):
        findings.append(
            finding(
                "UNTRIED_ESTIMATOR",
                f"the estimator {profile.input.estimator.name!r} was never compared with the background's",
            )
        )
    columns = [i for i, s in enumerate(catalogue(profile.input.axes)) if "wrist" in " ".join(s.keypoints)]
    hidden = float(np.isnan(profile.statistics[:, columns]).mean())
    if hidden > 0.5:
        findings.append(
            finding("HANDS_UNKNOWN", f"the hands are out of sight in {hidden:.0%} of the enrolled movements")
        )
    return findings


def _disagreement(profile: EnrolledProfile, reference: Reference) -> list[Finding]:
    """The two groups of recordings that look least like one mover, if they look like two."""
    parts = summaries(profile)
    if len(parts) < 2:
        return []
    # The thresholds were set on the scale of gestures, whatever the films' is.
    reference = replace(reference, calibrations=shipped(profile.input.axes).calibrations)
    without = cohort_people(profile, reference)
    table = np.zeros((len(parts), len(parts)))
    for i, part in enumerate(parts):
        found = reference.evidence(part, parts, without=without)
        table[i] = [e.ranking["both"] if e.ranking["both"] is not None else 0.0 for e in found]
    likeness = (table + table.T) / 2
    distance = likeness.max() - likeness
    np.fill_diagonal(distance, 0)
    group = fcluster(linkage(squareform(distance, checks=False), "average"), 2, "maxclust")
    if len(set(group)) < 2:
        return []
    small, large = sorted(([i for i, g in enumerate(group) if g == k] for k in (1, 2)), key=len)
    one, other = (Summary.joined([parts[i] for i in side]) for side in (small, large))
    both = [reference.evidence(a, [b], without=without)[0] for a, b in ((one, other), (other, one))]
    llr = {k: np.mean([e.ranking[k] for e in both if e.ranking[k] is not None] or [0.0]) for k in both[0].ranking}
    if llr["both"] > DISAGREE.get(len(parts), DISAGREE_MANY):
        return []
    names = ", ".join(str(profile.made_from[i]["recording"]) for i in small)
    if len(small) == len(large):
        names += " on one side, " + ", ".join(str(profile.made_from[i]["recording"]) for i in large) + " on the other"
    told = "movement and posture both differ" if llr["motion"] < 0 and llr["static"] < 0 else ""
    told = told or ("posture or framing differs, movement does not" if llr["motion"] >= 0 else "movement differs")
    return [finding("RECORDINGS_DISAGREE", f"{names}: unlike the other recordings (LLR {llr['both']:.1f}); {told}")]


def _more_would_help(reference: Reference, minutes: float) -> list[Finding]:
    """How much more footage would help, by the error rates that were measured with so much."""
    rows = {
        int(r["enrolled"]): r
        for r in reference.facts.get("errors", ())
        if r["evidence"] == "both" and float(r["seconds"]) == 36
    }
    per_recording = reference.background.recording_movements * MOVEMENT_S / 60
    steps = [(n, n * per_recording, float(r["eer"])) for n, r in sorted(rows.items())]
    here = next(((n, m, e) for n, m, e in reversed(steps) if minutes >= 0.8 * m), None)
    more = next(((n, m, e) for n, m, e in steps if minutes < 0.8 * m), None)
    if more is None:
        return []
    now = f"with {here[1]:.1f} minutes {here[2]:.0%}" if here else "with less nothing was measured"
    return [
        finding(
            "MORE_WOULD_HELP",
            f"{minutes:.1f} minutes enrolled; {max(more[1] - minutes, 0.5):.1f} more minutes from another day would help: "
            f"on gestures before a depth camera and clips of 36 s, the equal error rate was: {now}, "
            f"with {more[1]:.1f} minutes from {more[0]} recordings {more[2]:.0%}",
        )
    ]


# ---- the same take twice ------------------------------------------------------------------------


def _track(measured: Measured) -> Array:
    """Head and hands seen from the neck, five times a second, in shoulder widths [shape=(n, 6)]; 0 where unseen."""
    series = measured.series
    step = round(series.fps / TRACK_HZ)
    place = series.position[:, [NOSE, RIGHT_WRIST, LEFT_WRIST]] - series.position[:, [NECK]]
    whole = len(place) // step * step
    unit = series.shoulder_width()
    flat = np.nan_to_num(place[:whole].reshape(-1, step, 6) / (unit if unit > 0 else 1.0)).mean(axis=1)
    return np.asarray(np.clip(flat, -60000, 60000).astype(np.float16))


def _twin(poses: str, track: Array, made_from: Sequence[Mapping[str, Any]], tracks: Sequence[Array]) -> int | None:
    """The number of a recording that shows the same take: the same poses, or most of the same movement."""
    for number, other in enumerate(tracks):
        if made_from[number]["poses_sha256"] == poses or _same_take(track, other):
            return number
    return None


def _same_take(one: Array, other: Array) -> bool:
    """Whether most stretches of ten seconds of the shorter track are found in the longer."""
    short, long = sorted((np.asarray(t, dtype=np.float64) for t in (one, other)), key=len)
    size = min(_WINDOW, len(short))
    if size < _WINDOW // 2:
        return False
    windows = np.lib.stride_tricks.sliding_window_view(long, size, axis=0).reshape(len(long) - size + 1, -1)
    windows = _unit(windows, size)
    found, lively = 0, 0
    for first in range(0, len(short) - size + 1, size):
        piece = short[first : first + size].T.reshape(1, -1)
        if piece.reshape(6, size).std(axis=1).max() < _LIVELY:
            continue
        lively += 1
        found += bool((windows @ _unit(piece, size)[0]).max() > ALIKE)
    return lively > 0 and found > lively / 2


def _unit(windows: Array, size: int) -> Array:
    """Each window [shape=(n, 6 * size)] with the mean of each of its six tracks taken out, at length 1."""
    parts = windows.reshape(len(windows), 6, size)
    parts = (parts - parts.mean(axis=2, keepdims=True)).reshape(len(windows), -1)
    return np.asarray(parts / np.maximum(np.linalg.norm(parts, axis=1, keepdims=True), 1e-9))
