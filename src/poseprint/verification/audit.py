"""Doubts about what a profile is made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from poseprint.core.findings import Finding, finding
from poseprint.movements.statistics import catalogue
from poseprint.verification.chosen import cohort_people, reference_of, summaries
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import EVIDENCE, Reference, shipped
from poseprint.verification.summary import MOVEMENT_S, Summary

DISAGREEMENT_OF = {2: -0.5}
DISAGREEMENT = -1.2
"""LLR of two groups of recordings showing the same mover, from which the audit doubts it; by the number of recordings,
and for any other number. Of one mover's recordings, split as badly as can be, about one set in twenty falls below
(MSRC-12, people the background does not know)."""


def audit(profile: EnrolledProfile, chosen: Reference | None = None) -> list[Finding]:
    """Doubts about what a profile is made from, as a reference sees it: what ships unless one is chosen."""
    reference = reference_of(profile, chosen)
    minutes = sum(float(r["seconds"]) for r in profile.made_from) / 60
    return [
        *_disagreement(profile, replace(reference, calibrations=(chosen or shipped(reference.axes)).calibrations)),
        *_too_few(profile, minutes),
        *_more_would_help(reference, minutes),
        *_untried_estimator(profile, reference),
        *_hands_unknown(profile),
    ]


def _too_few(profile: EnrolledProfile, minutes: float) -> list[Finding]:
    """One recording only, or recordings of one session only."""
    count = len(profile.made_from)
    if count == 1:
        return [
            finding(
                "ONE_RECORDING",
                f"the profile rests on one recording of {minutes:.1f} minutes: it cannot tell the person from that day, "
                "camera and place, nor find out whether the recording shows the person at all",
            )
        ]
    sessions = {str(r["session"]) for r in profile.made_from} - {""}
    if count < 1 or len(sessions) > 1:
        return []
    which = f"session {next(iter(sessions))!r}, as far as is known" if sessions else "no known session"
    return [finding("ONE_SESSION", f"all {count} recordings are of {which}: how the person varies is unknown")]


def _untried_estimator(profile: EnrolledProfile, reference: Reference) -> list[Finding]:
    name = profile.input.estimator.name
    if profile.input.axes != 2 or name in (*reference.gains, reference.native):
        return []
    return [
        finding("UNTRIED_ESTIMATOR", f"the estimator {name!r} was never compared with the background's"),
    ]


def _hands_unknown(profile: EnrolledProfile) -> list[Finding]:
    columns = [i for i, s in enumerate(catalogue(profile.input.axes)) if "wrist" in " ".join(s.keypoints)]
    hidden = float(np.isnan(profile.statistics[:, columns]).mean())
    if hidden <= 0.5:
        return []
    return [finding("HANDS_UNKNOWN", f"the hands are out of sight in {hidden:.0%} of the enrolled movements")]


def _disagreement(profile: EnrolledProfile, reference: Reference) -> list[Finding]:
    """The two groups of recordings that look least like one mover, if they look like two.

    Args:
        profile: to be doubted.
        reference: with the calibrations of bodies, on whose scale the thresholds were set, whatever the films' is.
    """
    recordings = summaries(profile)
    if len(recordings) < 2:
        return []
    without = cohort_people(profile, reference)
    groups = _least_alike(recordings, reference, without)
    if len(groups) < 2:
        return []
    small, large = (Summary.joined([recordings[i] for i in group]) for group in groups)
    both_ways = [reference.evidence(a, [b], without=without)[0] for a, b in ((small, large), (large, small))]
    llr = {k: np.mean([e.ranking[k] for e in both_ways if e.ranking[k] is not None] or [0.0]) for k in EVIDENCE}
    if llr["both"] > DISAGREEMENT_OF.get(len(recordings), DISAGREEMENT):
        return []
    names, rest = (", ".join(str(profile.made_from[i]["recording"]) for i in group) for group in groups)
    if len(groups[0]) == len(groups[1]):
        names += f" on one side, {rest} on the other"
    if llr["motion"] < 0 and llr["static"] < 0:
        difference = "movement and posture both differ"
    elif llr["motion"] >= 0:
        difference = "posture or framing differs, movement does not"
    else:
        difference = "movement differs"
    message = f"{names}: unlike the other recordings (LLR {llr['both']:.1f}); {difference}"
    return [finding("RECORDINGS_DISAGREE", message)]


def _least_alike(recordings: list[Summary], reference: Reference, without: Collection[int]) -> list[list[int]]:
    """The recordings' numbers in the two groups that are least alike, the smaller first; one group if all are alike."""
    likeness = np.zeros((len(recordings), len(recordings)))
    for i, enrolled in enumerate(recordings):
        evidence = reference.evidence(enrolled, recordings, without=without)
        likeness[i] = [e.ranking["both"] if e.ranking["both"] is not None else 0.0 for e in evidence]
    likeness = (likeness + likeness.T) / 2
    distance = likeness.max() - likeness
    np.fill_diagonal(distance, 0)
    group = fcluster(linkage(squareform(distance, checks=False), "average"), 2, "maxclust")
    return sorted(([i for i, g in enumerate(group) if g == k] for k in sorted(set(group))), key=len)


def _more_would_help(reference: Reference, minutes: float) -> list[Finding]:
    """How much more footage would help, by the error rates that were measured with so much."""
    rows = {
        int(r["enrolled"]): r
        for r in reference.facts.get("errors", ())
        if r["evidence"] == "both" and float(r["seconds"]) == 36
    }
    per_recording = reference.background.recording_movements * MOVEMENT_S / 60
    steps = [(n, n * per_recording, float(r["eer"])) for n, r in sorted(rows.items())]
    reached = next(((m, e) for _, m, e in reversed(steps) if minutes >= 0.8 * m), None)
    following = next((step for step in steps if minutes < 0.8 * step[1]), None)
    if following is None:
        return []
    now = f"with {reached[0]:.1f} minutes {reached[1]:.0%}" if reached else "with less nothing was measured"
    count, needed, eer = following
    return [
        finding(
            "MORE_WOULD_HELP",
            f"{minutes:.1f} minutes enrolled; {max(needed - minutes, 0.5):.1f} more minutes from another day would help: "
            f"on {rows[count].get('data', 'gestures before a depth camera')} and clips of 36 s, the equal error rate was: {now}, "
            f"with {needed:.1f} minutes from {count} recordings {eer:.0%}",
        )
    ]
