"""What a supervised profile says of itself: footage, and errors on recordings it did not see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poseprint.rendering.report.words import number


def made_from(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the profile says of each recording it was made from."""
    rows = profile.get("made_from") or []
    return [row for row in rows if isinstance(row, Mapping)]


def enrolment(profile: Mapping[str, Any]) -> list[tuple[str, int, float]]:
    """Recordings and seconds the profile was made from, by label; paper's 1 and 0 become words."""
    groups: dict[str, tuple[int, float]] = {}
    for row in made_from(profile):
        label = {"1": "real", "0": "fake"}.get(str(row.get("label")), str(row.get("label", "")))
        count, seconds = groups.get(label, (0, 0.0))
        groups[label] = (count + 1, seconds + number(row.get("seconds")))
    return [(label, count, seconds) for label, (count, seconds) in groups.items()]


def measured(training: object) -> dict[str, Any] | None:
    """The figures on recordings the training did not see, if there are any."""
    test = training.get("test") if isinstance(training, Mapping) else None
    if not isinstance(test, Mapping) or not isinstance(test.get("accuracy"), float | int):
        return None
    assert isinstance(training, Mapping)
    wrong, majority = 1 - test["accuracy"], test.get("majority")
    low_high = test.get("interval")
    return {
        "by_recording": training.get("split") == "recording",
        "recordings": test.get("recordings"),
        "movements": test.get("movements"),
        "wrong": wrong,
        "interval": (1 - low_high[1], 1 - low_high[0]) if low_high else None,
        "guessing": None if majority is None else 1 - majority,
    }
