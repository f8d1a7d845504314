"""Doubts about what a profile is made from, and the same take twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from poseprint.core.arrays import Array
from poseprint.core.findings import Finding, finding
from poseprint.core.skeleton import LEFT_WRIST, NECK, NOSE, RIGHT_WRIST
from poseprint.movements.measure import Measured
from poseprint.movements.statistics import catalogue
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference, cohort_people, reference_of, shipped, summaries
from poseprint.verification.summary import MOVEMENT_S, Summary

DISAGREE = {2: -0.5}
DISAGREE_MANY = -1.2
"""LLR of two groups of recordings being one mover, from which the audit doubts it: of one mover's recordings, split as
badly as can be, about one set in twenty falls below (MSRC-12, people the background does not know)."""
TRACK_HZ = 5
ALIKE = 0.985
"""Correlation of ten seconds of head and hands from which two recordings show the same take."""
_WINDOW = 10 * TRACK_HZ
_LIVELY = 0.03  # shoulder widths of deviation below which ten seconds say nothing


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
    if profile.input.axes == 2 and profile.input.estimator.name not in (*reference.gains, reference.native):
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
