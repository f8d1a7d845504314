"""The tables of verdicts, counted: part by part, so that a million lines fit."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from poseprint.app.scan.rows import Row, read_rows
from poseprint.core.arrays import Array
from poseprint.verification.decision import Costs
from poseprint.verification.judge import WITHHELD
from poseprint.verification.multiplicity import e_values

Side = Literal["consistent", "inconsistent"]
Footage = Literal["films", "native", "untried"]
Bounds = tuple[float, float]
FIRST = 20
"""Clips that are named to be looked at first."""
SIGNS: dict[Side, int] = {"consistent": 1, "inconsistent": -1}
"""Verdicts that say something, and towards which side of 0 their LLRs lie."""
_COLUMNS = (
    "file",
    "who",
    "profile",
    "person",
    "decision",
    "reason",
    "llr",
    "margin",
    "lower",
    "upper",
    "seconds",
    "findings",
    "copy_of",
    "method",
    "profile_sha256",
    "program",
    "reference",
)
_LOW, _HIGH = Costs().thresholds
_USUALLY = {
    "consistent": (_HIGH, math.inf),
    "inconsistent": (-math.inf, _LOW),
    "inconclusive": (_LOW, _HIGH),
}
"""Between which LLRs a verdict lies at the usual costs."""
_OFF = 1e-5
"""By how much an LLR may lie beside a threshold because it was rounded."""


class Origin(NamedTuple):
    """What LLRs were calibrated on.

    Attributes:
        reference: its sha256.
        footage: films of people who talk; recordings of the reference's own estimator; of one that was never tried.
    """

    reference: str
    footage: Footage


@dataclass(eq=False)
class ProfileTally:
    """The verdicts of one profile, copies left out.

    Attributes:
        profile: its folder's name.
        person: of interest.
        method: enrolled or supervised.
        verdicts: how many of each.
        copies: verdicts that repeat that of another copy of the same take.
        comparisons: LLRs given, by what they were calibrated on.
        llrs: how many in each tenth, counted from 0, by decision.
        decided: LLRs of verdicts, by side and bounds.
        sha256: of the profile; several where it changed between parts.
    """

    profile: str
    person: str
    method: str
    verdicts: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    comparisons: Counter[Origin] = field(default_factory=Counter)
    llrs: Counter[tuple[int, str]] = field(default_factory=Counter)
    decided: dict[tuple[Side, Bounds], array[float]] = field(default_factory=dict)
    sha256: set[str] = field(default_factory=set)

    def log_e(self, side: Side) -> Array:
        """Logarithms, base 10, of the e-values of verdicts [shape=(n,)]."""
        known = [log_e(side, np.array(llrs), bounds) for (of, bounds), llrs in self.decided.items() if of == side]
        return np.concatenate([np.zeros(0), *known])


class Tally:
    """What the tables of verdicts hold, in numbers.

    Attributes:
        profiles: by name.
        recordings: people in clips who were compared, copies left out, by what their LLRs were calibrated on.
        ends: the bounds of LLRs, (lower, upper).
        usual_costs: whether no verdict contradicts those of the usual costs.
        findings: people in clips of whom something was found, by code.
        failures: (file, reason) of people who could not be judged.
        programs: versions that judged.
    """

    def __init__(self) -> None:
        self.profiles: dict[str, ProfileTally] = {}
        self.recordings: Counter[Origin] = Counter()
        self.ends: set[Bounds] = set()
        self.usual_costs = True
        self.findings: Counter[str] = Counter()
        self.failures: list[tuple[str, str]] = []
        self.programs: set[str] = set()
        self._first: dict[Side, list[Row]] = {side: [] for side in SIGNS}

    def add(self, file: Path) -> None:
        """Count a table.

        Raises:
            PoseprintError: it cannot be read.
        """
        for (_, who), lines in groupby(read_rows(file, _COLUMNS), key=lambda row: (row["file"], row["who"])):
            if who is not None:
                self._add_person(list(lines))
        for side, found in self._first.items():
            self._first[side] = heapq.nsmallest(FIRST, found, key=_order)

    def first(self) -> list[Row]:
        """The strongest verdicts, `consistent` ones, then `inconsistent` ones: of a person in a clip one, `consistent` if any is."""
        for_, against = self._first["consistent"], self._first["inconsistent"]
        return [*for_[: max(FIRST // 2, FIRST - len(against))], *against][:FIRST]

    def _add_person(self, lines: list[Row]) -> None:
        """Count the verdicts on a person in a clip."""
        judged = [row for row in lines if row["decision"] is not None]
        self.failures += [(row["file"], row["reason"]) for row in lines if row["decision"] is None]
        copied = any(row["copy_of"] for row in judged)
        for row in judged:
            tally = self.profiles.get(row["profile"])
            if tally is None:
                tally = self.profiles[row["profile"]] = ProfileTally(row["profile"], row["person"], row["method"])
            tally.sha256.add(row["profile_sha256"])
            self.programs.add(row["program"])
            if copied:
                tally.copies += 1
            else:
                self._add_verdict(tally, row)
        if copied:
            return
        self.findings.update({code for row in judged for code in row["findings"] or ()})
        self.recordings.update({_origin(row) for row in judged if row["llr"] is not None})
        told = [row for row in judged if row["decision"] in SIGNS and row["llr"] is not None]
        if told:
            best, *_ = sorted(told, key=lambda row: (row["decision"] != "consistent", *_order(row)))
            also = sum(row["decision"] == best["decision"] for row in told) - 1
            self._first[best["decision"]].append({**best, "also": also})

    def _add_verdict(self, tally: ProfileTally, row: Row) -> None:
        llr, decision = row["llr"], row["decision"]
        tally.verdicts[decision] += 1
        if llr is None:
            return
        tally.comparisons[_origin(row)] += 1
        tally.llrs[math.floor(10 * llr + _OFF), decision] += 1
        bounds = (row["lower"], row["upper"])
        self.ends.add(bounds)
        if decision in SIGNS:
            tally.decided.setdefault((decision, bounds), array("d")).append(llr)
        if WITHHELD.keys().isdisjoint(row["findings"]):
            low, high = _USUALLY[decision]
            self.usual_costs &= low - _OFF <= llr <= high + _OFF


def log_e(side: Side, llr: Array | float, bounds: Bounds) -> Array:
    """Logarithms, base 10, of the e-values of verdicts, see `poseprint.verification.multiplicity.e_values`."""
    lower, upper = bounds
    return e_values(SIGNS[side] * np.asarray(llr), lower if side == "consistent" else -upper)


def _origin(row: Row) -> Origin:
    """What an LLR was calibrated on: the judge says by a finding where it is not gestures before a depth camera."""
    films, untried = "CALIBRATED_ON_FEW" in row["findings"], "UNTRIED_ESTIMATOR" in row["findings"]
    return Origin(row["reference"] or "", "films" if films else "untried" if untried else "native")


def _order(row: Row) -> tuple[Any, ...]:
    """Strongest first: what is left of the LLR without its margin, then footage, then names."""
    sure = SIGNS[row["decision"]] * row["llr"] - (row["margin"] or 0.0)
    return -sure, -row["seconds"], row["file"], row["who"], row["profile"]
