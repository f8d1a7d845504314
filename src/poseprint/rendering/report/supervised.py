"""What supervised.html shows: votes, the footage behind the profile, and errors on recordings it did not see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np

from poseprint.core.verdict import MovementScore, ProfileSummary, Verdict
from poseprint.rendering.report.chart import LEAST, TOP, Bar, Chart, Row
from poseprint.rendering.report.words import number

HEIGHT = 140
"""Height of a bar whose score is 1, pixels."""


def view(verdict: Verdict) -> dict[str, Any]:
    """Everything that supervised.html shows and the frame does not."""
    return {
        "movement_seconds": float(np.median([m.end - m.start for m in verdict.movements] or [5.0])),
        "enrolment": _enrolment(verdict.profile),
        "measured": _measured(verdict.profile.training),
        "chart": _chart(verdict),
    }


def _chart(verdict: Verdict) -> Chart:
    """Each movement's score as a bar from 0 to 1."""
    foot = TOP + HEIGHT

    def bar(movement: MovementScore) -> Bar:
        height = max(HEIGHT * movement.score, LEAST)
        return Bar(round(foot - height, 1), round(height, 1), "real" if movement.vote else "fake")

    half = TOP + HEIGHT // 2
    return Chart(
        rows=[Row(TOP, HEIGHT, [bar(m) for m in verdict.movements])],
        ticks=[(TOP, "1"), (half, "0.5"), (foot, "0")],
        thresholds=[half],
        findings=foot + 28,
    )


def _enrolment(profile: ProfileSummary) -> list[tuple[str, int, float]]:
    """Recordings and seconds the profile was made from, by label; the paper's 1 and 0 become words."""
    groups: dict[str, tuple[int, float]] = {}
    for row in profile.made_from:
        label = {"1": "real", "0": "fake"}.get(str(row.get("label")), str(row.get("label", "")))
        count, seconds = groups.get(label, (0, 0.0))
        groups[label] = (count + 1, seconds + number(row.get("seconds")))
    return [(label, count, seconds) for label, (count, seconds) in groups.items()]


def _measured(training: Mapping[str, Any]) -> dict[str, Any] | None:
    """The figures on recordings the training did not see, if there are any."""
    test = training.get("test")
    if not isinstance(test, Mapping) or not _is_share(test.get("accuracy")):
        return None
    low_high, majority = test.get("interval"), test.get("majority")
    interval = None
    if isinstance(low_high, list | tuple) and len(low_high) == 2 and all(map(_is_share, low_high)):
        interval = 1 - low_high[1], 1 - low_high[0]
    return {
        "by_recording": training.get("split") == "recording",
        "recordings": test.get("recordings"),
        "movements": test.get("movements"),
        "wrong": 1 - test["accuracy"],
        "interval": interval,
        "guessing": 1 - majority if _is_share(majority) else None,
    }


def _is_share(value: object) -> TypeGuard[float]:
    """Whether it is a number from 0 to 1, as a figure in a profile should be."""
    return isinstance(value, float | int) and 0 <= value <= 1
