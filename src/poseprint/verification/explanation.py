"""Why: which keypoints and qualities of a movement depart from the person's own range, and by how much."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from poseprint.core.arrays import Array, mean_of
from poseprint.core.verdict import Departure, Quality
from poseprint.movements.families import BODY, Statistic
from poseprint.movements.statistics import catalogue
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference

Scale = Callable[[float], float]

UNUSUAL = 2.0
"""Deviations from the person's mean from which a departure is listed."""
MOST = 12
"""Departures that are listed of a recording; of a movement a third of them."""


def deviations(reference: Reference, profile: EnrolledProfile, statistics: Array, movements: float) -> Array:
    """How far mean statistics are from the person's, in deviations expected of the person [shape=(statistics,)].

    Args:
        reference: knows what varies between recordings and movements of one person.
        profile: the person.
        statistics: mean statistics of what is explained.
        movements: how many movements of 5 s it is worth.
    """
    usual, spread = mean_of(profile.statistics, share=0), np.full(len(statistics), np.nan)
    for b in reference.backgrounds:
        own, extra = b.used, max(1 / movements - 1 / b.recording_movements, 0.0)
        varies = np.diag(b.within)[own] * (1 + 1 / len(profile.made_from)) + np.diag(b.moment)[own] * extra
        spread[own] = b.scale[own] * np.sqrt(varies)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((statistics - usual) / spread)


def departures(
    reference: Reference, profile: EnrolledProfile, statistics: Array, movements: float, *, most: int = MOST
) -> tuple[Departure, ...]:
    """The statistics farthest from the person's own, at most two of a keypoint's quality, the farthest first."""
    z = deviations(reference, profile, statistics, movements)
    all_statistics = catalogue(reference.axes)
    enrolled = profile.statistics.astype(np.float64)
    order = sorted((int(i) for i in reference.used if np.isfinite(z[i])), key=lambda i: -abs(z[i]))
    count: dict[tuple[str, tuple[str, ...]], int] = {}
    listed: list[Departure] = []
    for i in order:
        statistic = all_statistics[i]
        key = (statistic.quality, statistic.keypoints)
        known = enrolled[:, i][np.isfinite(enrolled[:, i])]
        if abs(z[i]) < UNUSUAL or len(listed) == most:
            break
        if count.get(key, 0) == 2 or not len(known):
            continue
        count[key] = count.get(key, 0) + 1
        low, high = np.quantile(known, (0.05, 0.95))
        scale, unit = _unit(statistic)
        listed.append(
            Departure(
                statistic.name,
                statistic.words,
                statistic.quality,
                statistic.keypoints,
                scale(float(statistics[i])),
                scale(float(low)),
                scale(float(high)),
                unit,
                float(z[i]),
            )
        )
    return tuple(listed)


def qualities(
    reference: Reference, profile: EnrolledProfile, statistics: Array, movements: float
) -> tuple[Quality, ...]:
    """Every quality of every part of the body; parts that were not measured are left out."""
    z = deviations(reference, profile, statistics, movements)
    groups: dict[tuple[str, str], list[float]] = {}
    for value, statistic in zip(z, catalogue(reference.axes), strict=True):
        if np.isfinite(value):
            groups.setdefault((statistic.quality, part_of(statistic)), []).append(float(value))
    return tuple(Quality(q, p, float(np.sqrt(np.mean(np.square(v))))) for (q, p), v in groups.items())


def part_of(statistic: Statistic) -> str:
    """The part of the person that a statistic speaks of."""
    keypoints = statistic.keypoints
    if statistic.part != BODY:
        return statistic.part
    arms = {k.split("_")[0] for k in keypoints if "_" in k}
    if len(arms) == 1:
        return f"{arms.pop()} arm"
    if arms:
        return "both arms"
    return "head" if "nose" in keypoints else "body"


def _unit(statistic: Statistic) -> tuple[Scale, str]:
    """What turns a statistic into a value that a person can read, and its unit."""
    kind = statistic.name.partition("_")[0]
    if statistic.quality == "coordination":
        return lambda v: float(np.tanh(v)), "correlation"
    if statistic.part != BODY:
        return _unit_of_face(statistic, kind)
    if kind == "place":
        return float, "shoulder widths"
    unit = {
        "length": "shoulder widths",
        "shoulder": "shoulder widths",
        "spread": "shoulder widths",
        "velocity": "shoulder widths/s",
        "speed": "shoulder widths/s",
        "push": "shoulder widths/s²",
        "acceleration": "shoulder widths/s²",
        "turning": "rad/s",
        "bending": "rad/s",
        "tempo": "1/s",
    }[kind]
    return lambda v: float(np.exp(v)), unit


def _unit_of_face(statistic: Statistic, kind: str) -> tuple[Scale, str]:
    """The same for head and face: a head turns by degrees, an expression is a share of the most that a face can do."""
    if kind == "held":
        return lambda v: float(np.degrees(v)), "degrees"
    if kind == "rests":
        return float, "share"
    if kind == "band":
        return lambda v: float(np.exp(v)), "share"
    if kind == "eyes":
        return lambda v: float(np.exp(v)), "a second" if statistic.name.endswith("often") else "share"
    if kind == "tempo":
        return lambda v: float(np.exp(v)), "1/s"
    unit = {"spread": "", "deviation": "", "speed": "/s", "velocity": "/s", "acceleration": "/s²"}[kind]
    if statistic.part == "head":
        return lambda v: float(np.degrees(np.exp(v))), f"degrees{unit}"
    return lambda v: float(np.exp(v)), f"share{unit}"
