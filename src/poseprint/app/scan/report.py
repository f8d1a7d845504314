"""What a scan found: its tables in numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseprint.app.scan.chance import chance, standing
from poseprint.app.scan.rows import Row
from poseprint.app.scan.store import Store
from poseprint.app.scan.tally import SIGNS, ProfileTally, Tally, log_e
from poseprint.app.scan.throughput import throughput
from poseprint.core.errors import PoseprintError
from poseprint.core.files import absence
from poseprint.core.findings import ADVICE, CODES
from poseprint.verification.decision import Costs

DECISIONS = ("consistent", "inconsistent", "inconclusive")
MOST_REASONS = 40
"""Reasons that are told apart; the commonest."""
NAMED = 3
"""Copies of a clip that are named."""
_NUMBER = re.compile(r"\bN\b|\d+(?:\.\d+)?")


@dataclass(eq=False)
class _Clips:
    """The lines of all clips, counted.

    Attributes:
        status: how many came to what.
        to_do, bytes_to_do: those that are not done.
        open_parts: clips of parts whose verdicts are not complete.
        film_s: seconds of those measured.
        people: measured, and how many of them are a copy.
        copies: copies of those who were asked for.
        failed, passed_over: (file, reason).
    """

    status: Counter[str] = field(default_factory=Counter)
    to_do: int = 0
    bytes_to_do: int = 0
    open_parts: int = 0
    film_s: float = 0.0
    people: int = 0
    copied: int = 0
    copies: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: _Reasons = field(default_factory=lambda: _Reasons())
    passed_over: _Reasons = field(default_factory=lambda: _Reasons())


class _Reasons:
    """Reasons by their kind: the same but for names of files and for numbers, of which those that differ become N."""

    def __init__(self) -> None:
        self._kinds: dict[str, Row] = {}

    def add(self, file: str, reason: str) -> None:
        """Take in why something was not done."""
        words = reason.removeprefix(f"{file}: ").replace(file, "the file")
        row = self._kinds.setdefault(_NUMBER.sub("N", words), {"reason": words, "clips": 0, "example": file})
        row["clips"] += 1
        if row["reason"] != words:
            numbers = iter(_NUMBER.findall(words))
            row["reason"] = _NUMBER.sub(lambda known: known[0] if known[0] == next(numbers) else "N", row["reason"])

    def rows(self) -> list[Row]:
        """The commonest, json-ready."""
        return sorted(self._kinds.values(), key=lambda row: (-row["clips"], row["reason"]))[:MOST_REASONS]


def summary(folder: Path, *, fdr: float | None = None) -> dict[str, Any]:
    """What a scan found, json-ready; of one that is not complete, what it has found so far.

    Args:
        folder: of the scan.
        fdr: limit of the false discovery rate, 0 to 1; given, it is told which verdicts stand.

    Raises:
        PoseprintError: no scan, tables that cannot be read, or a limit that is none.
    """
    if not folder.is_dir():
        raise PoseprintError(absence(folder))
    about = Store(folder).about()
    if about is None:
        raise PoseprintError(f"{folder}: nothing was scanned into it; name the folder that `poseprint scan -o` wrote")
    tally = Tally()
    for part in sorted((folder / "verdicts").glob("part-*.parquet")):
        tally.add(part)
    stands = None if fdr is None else standing(tally, fdr)
    first = tally.first()
    clips = _count_clips(folder, {(row["file"], row["who"]) for row in first})
    for name, reason in tally.failures:
        clips.failed.add(name, reason)
    explained = chance(tally)
    by_profile = explained.pop("profiles")
    return {
        "folder": str(folder),
        "complete": not clips.to_do and not clips.open_parts,
        "clips": {
            "listed": clips.status.total() + clips.to_do,
            "status": dict(sorted(clips.status.items())),
            "to_do": clips.to_do,
            "to_judge": clips.open_parts,
        },
        "film_s": round(clips.film_s, 3),
        "people": clips.people,
        "copies": clips.copied,
        "thresholds": list(Costs().thresholds) if explained["usual_costs"] else None,
        "bounds": [list(ends) for ends in sorted(tally.ends)],
        "profiles": [_of_profile(p, by_profile[name], stands) for name, p in sorted(tally.profiles.items())],
        "first": [_of_clip(row, clips.copies[row["file"], row["who"]], stands) for row in first],
        "chance": explained,
        "fdr": stands,
        "findings": [
            {"code": code, "severity": CODES[code][0], "people": n, "meaning": CODES[code][1], "advice": ADVICE[code]}
            for code, n in tally.findings.most_common()
            if code in CODES
        ],
        "failed": clips.failed.rows(),
        "passed_over": clips.passed_over.rows(),
        "throughput": throughput(folder, clips.bytes_to_do),
        "made_with": {
            "measured_by": about["measured_by"],
            "programs": sorted(tally.programs),
            "references": sorted({origin.reference for origin in tally.recordings}),
            "profiles": {name: sorted(p.sha256) for name, p in sorted(tally.profiles.items())},
        },
    }


def _count_clips(folder: Path, wanted: set[tuple[str, int]]) -> _Clips:
    """Count the clips of all parts, and name the copies of those who are wanted."""
    found, store = _Clips(), Store(folder)
    for number, items in enumerate(store.listed()):
        rows, settled = store.done(number, items, again=False)
        for item in items:
            if item.file in rows:
                _count_clip(found, rows[item.file], wanted)
            else:
                found.to_do += 1
                found.bytes_to_do += item.size
        if not settled or not store.judged_by(number):
            found.open_parts += len(rows)
    return found


def _count_clip(found: _Clips, row: Row, wanted: set[tuple[str, int]]) -> None:
    found.status[row["status"]] += 1
    if row["status"] == "measured":
        found.film_s += row.get("duration_s") or 0.0
    else:
        (found.failed if row["status"] == "failed" else found.passed_over).add(row["file"], row["reason"] or "")
    for person in row.get("measured") or ():
        found.people += 1
        of = (person.get("copy_of"), person.get("copy_who"))
        found.copied += of[0] is not None
        if of in wanted:
            found.copies[of].append(row["file"])


def _of_profile(profile: ProfileTally, by_chance: Row, stands: Mapping[str, Any] | None) -> Row:
    tenths = sorted({tenth for tenth, _ in profile.llrs})
    return {
        "profile": profile.profile,
        "person": profile.person,
        "method": profile.method,
        "verdicts": {decision: profile.verdicts[decision] for decision in DECISIONS},
        "recordings": profile.verdicts.total(),
        "copies": profile.copies,
        "comparisons": profile.comparisons.total(),
        "by_chance": by_chance,
        "stand": {side: stands[side]["of_profiles"][profile.profile] for side in SIGNS} if stands else None,
        "llrs": [
            {"from": tenth / 10, **{decision: profile.llrs[tenth, decision] for decision in DECISIONS}}
            for tenth in tenths
        ],
    }


def _of_clip(row: Row, copies: Sequence[str], stands: Mapping[str, Any] | None) -> Row:
    columns = ("file", "who", "profile", "person", "decision", "llr", "margin", "seconds", "findings", "also")
    least = stands[row["decision"]]["least_log_e"] if stands else None
    own = float(log_e(row["decision"], row["llr"], (row["lower"], row["upper"])))
    return {
        **{name: row[name] for name in columns},
        "copies": len(copies),
        "copied_as": list(copies[:NAMED]),
        "stands": None if stands is None else least is not None and own >= least,
    }
