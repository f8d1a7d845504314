"""Whom the verification benchmarks test, on what, and with which reference: one that knows nobody tested."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import SHARED

from poseprint.io.kinect import KinectRecording, read_kinect
from poseprint.verification.learn_reference import Roles, learn_reference
from poseprint.verification.reference import NAMES, Reference, shipped
from poseprint.verification.trials import Take, takes_of_table

SETS = ("msrc12", "utd_mhad", "isl_kinect")
"""What the reference that ships was learned from."""
FOLD = 5
"""People of the calibrating set that are left out of a reference at a time."""
VIEWS = ("facing_front", "facing_45deg", "facing_65deg")
"""Sessions of the signers' set; enrolment is from the first."""
LENGTHS = {2: "about 5 s", 13: "about 30 s"}
"""Recordings of a sign last 2.3 s: so many are tested together."""
VIEW_ROLES = Roles(whole=("msrc12",), between=("utd_mhad",))
"""Who teaches the reference for a change of view, in which signers are tested: no signer."""

Known = dict[str, tuple[str, str]]
"""sha256 of a recording's poses -> set and person."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def rounded(value: Any) -> Any:
    """With numbers to four places."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def table(name: str) -> Path:
    return SHARED / name / "upper_body.parquet"


@cache
def shared_takes(name: str, axes: int) -> tuple[Take, ...]:
    """A set's recordings, measured once."""
    say(f"measuring {name}, {NAMES[axes]}")
    return tuple(takes_of_table(table(name), axes, group=name))


@cache
def known_people() -> Known:
    """Who is in the sets that the shipped reference was learned from; nobody where they are not at hand."""
    return {
        r.series.sha256: (name, r.series.person)
        for name in SETS
        if table(name).is_file()
        for r in read_kinect(table(name))
    }


@dataclass(frozen=True, eq=False)
class Fold:
    """People of a table who are tested together, and the people (set and name) whom their reference must not know."""

    people: frozenset[str]
    unknown: frozenset[tuple[str, str]]


def folds_of(recordings: Sequence[KinectRecording], known: Known, *, seed: int = 0) -> list[Fold]:
    """All people together, unless their reference would lose more than FOLD of those it is calibrated on."""
    known_as: dict[str, set[tuple[str, str]]] = {}
    for r in recordings:
        names = known_as.setdefault(r.series.person, set())
        if r.series.sha256 in known:
            names.add(known[r.series.sha256])
    rng = np.random.default_rng(seed)
    calibrating = [p for p in sorted(known_as) if any(group == Roles().calibrate for group, _ in known_as[p])]
    count = max(1, -(-len(calibrating) // FOLD))
    order = [*rng.permutation(calibrating), *rng.permutation(sorted(set(known_as) - set(calibrating)))]
    parts = [order[k::count] for k in range(count)]
    return [Fold(frozenset(map(str, part)), frozenset(k for p in part for k in known_as[str(p)])) for part in parts]


def reference_without(people: frozenset[tuple[str, str]], axes: int, *, roles: Roles | None = None) -> Reference:
    """The reference that ships, or, if there is anybody it must not know, one learned without them."""
    if not people and roles is None:
        return shipped(axes)
    roles = roles or Roles()
    groups = (*roles.whole, *roles.between)
    takes = [t for name in groups for t in shared_takes(name, axes) if (t.group, t.person) not in people]
    return learn_reference(takes, axes, roles=roles, progress=_say_progress)[0]


def _say_progress(step: str, done: int, total: int) -> None:
    say(f"  {step}: {done}/{total}")
