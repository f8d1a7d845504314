"""Kinds of evidence, and what each needs in sight: a body needs shoulders and arms, a head does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from poseprint.core.arrays import Array, Span, runs
from poseprint.core.findings import Finding
from poseprint.movements.families import BODY
from poseprint.movements.gated import Gated

HEAD, FACE = "head", "face"
NEEDS: Mapping[str, tuple[str, ...]] = {
    HEAD: ("head_confidence",),
    FACE: ("face_confidence",),
    "hands": ("right_hand_confidence", "left_hand_confidence"),
}
"""Kinds measured besides the body, and the channels of which one must be sure."""
OF_THE_BODY = frozenset({"SHOULDERS_HIDDEN", "ARMS_NOT_IN_SIGHT"})
"""Findings that exclude frames as evidence of the body alone."""
SURE = 0.5


def usable_spans(recording: Gated, findings: Sequence[Finding]) -> dict[str, tuple[Span, ...]]:
    """Stretches of frames that may serve as evidence, none across a cut, by kind; of what was measured."""
    return {
        kind: _spans(recording, usable, [f for f in findings if kind == BODY or f.code not in OF_THE_BODY])
        for kind, usable in in_sight(recording).items()
    }


def in_sight(recording: Gated) -> dict[str, Array]:
    """At which frames each kind is in sight, of those that were measured [shape=(frames,), bool]."""
    channels = recording.series.channels
    there = {BODY: recording.tracked}
    for kind, names in NEEDS.items():
        known = [channels[name] >= SURE for name in names if name in channels]
        if known:
            there[kind] = np.any(known, axis=0)
    return there


def _spans(recording: Gated, there: Array, findings: Sequence[Finding]) -> tuple[Span, ...]:
    usable = there.copy()
    for excluding in (f for f in findings if f.severity == "exclude"):
        for first, last in excluding.frames or ((0, len(usable)),):
            usable[first:last] = False
    return tuple(
        (first + a, first + b) for first, last in recording.shots for a, b in runs(usable[first:last]) if b - a >= 2
    )
