"""Recordings in which the mover changes, made of MSRC-12's movers: how often the change is found, how often in error.

What benchmarks/deepfakes.py measures of `poseprint.verification.change_of_mover`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import SHARED

from poseprint.core.series import PoseSeries
from poseprint.io.kinect import read_kinect
from poseprint.movements import forgeries as edits
from poseprint.movements.measure import measure
from poseprint.verification.change_of_mover import LEAST_S, THRESHOLD, Change, likeliest_change
from poseprint.verification.learn_reference import calibration_halves, learn_reference
from poseprint.verification.reference import Reference
from poseprint.verification.summary import Summary
from poseprint.verification.trials import Take, takes_of_table

GROUPS = ("utd_mhad", "isl_kinect")
MOVEMENT_S = 5.0
SPLICES = {"splice": "another mover to the end", "middle": "a middle part from another mover"}
CONTROLS = {
    "own": "untouched, the person's own",
    "impostor": "untouched, another mover's",
    "same": "two recordings of the person, two activities, joined",
}


@dataclass(frozen=True)
class Half:
    """Movers, and a reference that was learned without them."""

    reference: Reference
    takes: list[Take]
    series: dict[str, PoseSeries]

    def enrolment_and_test(self) -> Iterator[tuple[list[Take], list[Take]]]:
        """Recordings to enrol and to test, of different activities."""
        yield from calibration_halves(self.takes, "activity")

    @property
    def people(self) -> list[str]:
        """The movers' names."""
        return sorted({t.person for t in self.takes})


def msrc_halves(axes: int) -> list[Half]:
    recordings = read_kinect(SHARED / "msrc12" / "upper_body.parquet")
    series = {r.series.recording: r.series for r in recordings}
    taken = [Take.of(measure(r.series, axes), group="msrc12", activity=r.activity) for r in recordings]
    takes = [t for t in taken if t is not None]
    others = [t for g in GROUPS for t in takes_of_table(SHARED / g / "upper_body.parquet", axes, group=g)]
    people = sorted({t.person for t in takes})
    out = []
    for half in (people[::2], people[1::2]):
        learned, _ = learn_reference([t for t in takes if t.person not in half] + others, axes)
        out.append(Half(learned, [t for t in takes if t.person in half], series))
    return out


@dataclass(frozen=True)
class Case:
    """A recording in which the mover may change."""

    kind: str
    person: str
    enrolled: Summary
    series: PoseSeries
    at: int | None = None
    until: int | None = None


def splice_cases(half: Half, each: int, seed: int = 0) -> Iterator[Case]:
    """`each` cases of each kind for each person and split."""
    rng = np.random.default_rng(seed)
    for enrol, test in half.enrolment_and_test():
        for person in half.people:
            enrolled = Summary.joined([t.summary() for t in enrol if t.person == person])
            long = [t for t in test if t.seconds > 24]
            own = [t for t in long if t.person == person]
            theirs = [t for t in long if t.person != person]
            for _ in range(each):
                take = own[rng.integers(len(own))]
                series = half.series[take.recording]
                stranger = half.series[theirs[rng.integers(len(theirs))].recording]
                yield Case("own", person, enrolled, series)
                yield Case("impostor", person, enrolled, stranger)
                yield from _joined("splice", person, enrolled, series, stranger, rng)
                again = [t for t in own if t.activity != take.activity]
                if again:
                    more = half.series[again[rng.integers(len(again))].recording]
                    yield from _joined("same", person, enrolled, series, more, rng)
                yield from _middle(person, enrolled, series, stranger, rng)


def _joined(
    kind: str, person: str, enrolled: Summary, series: PoseSeries, other: PoseSeries, rng: np.random.Generator
) -> Iterator[Case]:
    at = float(rng.uniform(LEAST_S, series.duration - LEAST_S))
    length = min(series.duration, at + other.duration - 0.1)
    part = series.part(0, int(length * series.fps))
    room = other.duration - (part.duration - at) - 0.1
    spliced = edits.splice(part, other, at, from_s=float(rng.uniform(0, max(room, 0.01))))
    if part.duration - at >= LEAST_S:
        yield Case(kind, person, enrolled, spliced, round(at * series.fps))


def _middle(
    person: str, enrolled: Summary, series: PoseSeries, other: PoseSeries, rng: np.random.Generator
) -> Iterator[Case]:
    longest = min(series.duration - 2 * LEAST_S, other.duration - 0.1)
    if longest < LEAST_S + 1:
        return
    length = float(rng.uniform(LEAST_S + 1, longest))
    at = float(rng.uniform(LEAST_S, series.duration - length - LEAST_S + 0.01))
    room = other.duration - length - 0.1
    spliced = edits.splice(series, other, at, at + length, from_s=float(rng.uniform(0, max(room, 0.01))))
    yield Case("middle", person, enrolled, spliced, round(at * series.fps), round((at + length) * series.fps))


@dataclass(frozen=True)
class Result:
    """What was made of a case; `truth` are the LLRs of the two movers' own parts."""

    case: Case
    change: Change | None
    truth: tuple[float, float] | None

    @property
    def differ(self) -> bool:
        """Whether the LLRs of the two movers differ in sign."""
        return self.truth is not None and self.truth[0] * self.truth[1] < 0

    @property
    def near(self) -> bool:
        """Whether a place that is named lies within one movement of where the mover first changes, or changes back."""
        if self.change is None:
            return False
        true = [f for f in (self.case.at, self.case.until) if f is not None]
        named = [f for f in (self.change.frame, self.change.until) if f is not None]
        return min(abs(a - b) for a in true for b in named) <= MOVEMENT_S * self.case.series.fps

    @property
    def exact(self) -> bool:
        """Whether all places at which the mover changes are named within one movement, and no others."""
        if self.change is None or self.case.at is None or (self.case.until is None) != (self.change.until is None):
            return False
        reach = MOVEMENT_S * self.case.series.fps
        ends = abs((self.case.until or 0) - (self.change.until or 0))
        return abs(self.case.at - self.change.frame) <= reach and ends <= reach

    def flagged(self, threshold: float = THRESHOLD) -> bool:
        """What `poseprint.verification.change_of_mover.find_change` decides."""
        return self.change is not None and self.change.opposed and self.change.strength >= threshold


def examine(half: Half, case: Case) -> Result:
    """The likeliest change in a case, and the LLRs of the two movers' own parts."""
    measured = measure(case.series, half.reference.axes)
    movements = measured.movements()
    change = likeliest_change(half.reference, case.enrolled, measured)
    truth = None
    if case.at is not None:
        stop = len(case.series) if case.until is None else case.until
        inside = [i for i, (a, b) in enumerate(movements.spans) if a >= case.at - 15 and b <= stop + 15]
        outside = [i for i, (a, b) in enumerate(movements.spans) if b <= case.at + 15 or a >= stop - 15]
        if inside and outside:
            parts = [Summary.of_movements(movements.subset(outside)), Summary.of_movements(movements.subset(inside))]
            outside_llr, inside_llr = (e.llr["both"] for e in half.reference.evidence(case.enrolled, parts))
            truth = None if outside_llr is None or inside_llr is None else (outside_llr, inside_llr)
    return Result(case, change, truth)


def share(values: Sequence[bool], people: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """A share with its 95 % interval over persons."""
    hits, names = np.array(values, dtype=float), np.array(people)
    if not len(hits):
        return {"share": None, "interval": None, "cases": 0}
    persons = np.unique(names)
    sums = np.array([[hits[names == p].sum(), (names == p).sum()] for p in persons])
    draws = np.random.default_rng(seed).integers(len(persons), size=(2000, len(persons)))
    drawn = sums[draws].sum(axis=1)
    interval = [round(float(q), 3) for q in np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))]
    return {
        "share": round(float(hits.mean()), 3),
        "interval": interval if len(persons) >= 5 else None,
        "cases": len(hits),
    }


def splice_table(half: Half, each: int) -> list[dict[str, Any]]:
    results = [examine(half, case) for case in splice_cases(half, each)]
    rows = []
    for kind, words in {**SPLICES, **CONTROLS}.items():
        own = [r for r in results if r.case.kind == kind]
        row: dict[str, Any] = {"what": words, "kind": kind, "persons": len(half.people), "cases": len(own)}
        groups = {"all": own, "differ": [r for r in own if r.differ]} if kind in SPLICES else {"all": own}
        for name, part in groups.items():
            people = [r.case.person for r in part]
            row[name] = {
                "located": share([r.near for r in part], people) if kind in SPLICES else None,
                "flagged": share([r.flagged() for r in part], people),
                "exact": share([r.exact for r in part], people) if kind in SPLICES else None,
                "flagged_and_located": share([r.flagged() and r.near for r in part], people)
                if kind in SPLICES
                else None,
            }
        rows.append(row)
    return rows


def tune(half: Half, each: int) -> None:
    """How often changes are flagged at several thresholds."""
    results = [examine(half, case) for case in splice_cases(half, each)]
    for kind in (*SPLICES, *CONTROLS):
        own = [r for r in results if r.case.kind == kind]
        differing = [r for r in own if r.differ] if kind in SPLICES else own
        line = " ".join(f"{t}: {np.mean([r.flagged(t) for r in differing]):.3f}" for t in range(-120, 31, 10))
        near = (
            f"located {np.mean([r.near for r in own]):.3f} differ {np.mean([r.near for r in differing]):.3f}"
            if kind in SPLICES
            else ""
        )
        double = np.mean([r.change is not None and r.change.until is not None for r in own])
        print(f"{kind:9} {len(own):4} {len(differing):4} {near} middle {double:.2f} | {line}")
