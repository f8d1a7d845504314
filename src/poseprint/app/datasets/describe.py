"""What is in a data set: the paper's Table 2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseprint.core.progress import Progress, silent
from poseprint.core.series import GRID_FPS
from poseprint.core.tables import plain_cell, text_table
from poseprint.io.dataset import LABELS, Recording, read_recordings
from poseprint.io.parquet import read_poses
from poseprint.movements.cleaning import resample
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.gates import inspect


@dataclass(frozen=True)
class _Summary:
    """A recording, summed up."""

    line: Recording
    seconds: float
    usable: float
    movements: int
    excluded: frozenset[str]


def describe(folder: Path, *, length: int = LENGTH, progress: Progress = silent) -> dict[str, Any]:
    """What is in a data set, as in the paper's Table 2.

    Args:
        folder: the data set.
        length: frames in a movement; they are cut side by side from what passes the gates at 30 fps.
        progress: called after each recording.

    Returns:
        json-like: `persons`, a list of `person`, `recordings` {real, fake}, `hours` {total, usable}, `movements`
        {real, fake}, `sessions` (how many are named) and `majority` (the share of the commoner answer among all
        movements when this person's own real ones are told from the rest; None without movements); `total`, the
        same over recordings, where `majority` is that of real and fake; `unused`, how many `recordings` have no
        usable movement, and `codes`, the findings that exclude them with their counts, the commonest first;
        `length`.

    Raises:
        PoseprintError: no data set, or a file in it that cannot be read.
    """
    lines = read_recordings(folder)
    summaries = []
    for count, line in enumerate(lines, 1):
        summaries.append(_summary(line, folder, length))
        progress(line.recording, count, len(lines))
    movements = sum(r.movements for r in summaries)
    persons = []
    for person in sorted({line.person for line in lines}):
        figures = _figures([r for r in summaries if r.line.person == person])
        persons.append({"person": person, **figures, "majority": _majority(figures["movements"]["real"], movements)})
    total = _figures(summaries)
    unused = [r for r in summaries if not r.movements]
    codes = Counter(code for r in unused for code in r.excluded)
    return {
        "length": length,
        "persons": persons,
        "total": {**total, "majority": _majority(total["movements"]["real"], movements)},
        "unused": {
            "recordings": len(unused),
            "codes": dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        },
    }


def _summary(line: Recording, folder: Path, length: int) -> _Summary:
    series = resample(read_poses(folder / line.file), GRID_FPS)
    inspection = inspect(series, length=length)
    codes = frozenset(f.code for f in inspection.excluding)
    movements = len(cut_movements(inspection.spans, length=length))
    # That too little is left follows from the others, where there are any.
    return _Summary(line, series.duration, inspection.seconds, movements, codes - {"TOO_LITTLE_EVIDENCE"} or codes)


def _figures(summaries: Iterable[_Summary]) -> dict[str, Any]:
    by_label = {label: [r for r in summaries if r.line.label == label] for label in LABELS}
    recordings = [r for group in by_label.values() for r in group]
    return {
        "recordings": {label: len(group) for label, group in by_label.items()},
        "hours": {
            "total": sum(r.seconds for r in recordings) / 3600,
            "usable": sum(r.usable for r in recordings) / 3600,
        },
        "movements": {label: sum(r.movements for r in group) for label, group in by_label.items()},
        "sessions": len({r.line.session for r in recordings} - {""}),
    }


def _majority(own: int, movements: int) -> float | None:
    return max(own, movements - own) / movements if movements else None


def table(description: dict[str, Any]) -> str:
    """A description as a Markdown table that reads well as plain text, and what to know of it."""
    header = ["person", "recordings real", "fake", "hours", "usable", "movements real", "fake", "sessions", "majority"]
    named = [*((row["person"] or "(no name)", row) for row in description["persons"]), ("all", description["total"])]
    lines = text_table(header, [_row(name, figures) for name, figures in named])
    unused, recordings = description["unused"], sum(description["total"]["recordings"].values())
    codes = ", ".join(f"{code} ({count})" for code, count in unused["codes"].items())
    return "\n".join(
        [
            *lines,
            "",
            f"A movement is {description['length']} frames at {GRID_FPS:g} fps. majority: what always giving the commoner answer",
            "scores when a person's own real movements are told from the rest; for all, when real is told from fake.",
            f"Recordings without a usable movement: {unused['recordings']} of {recordings}"
            + (f"; excluded by {codes}" if codes else ""),
        ]
    )


def _row(name: str, figures: dict[str, Any]) -> list[str]:
    counts, movements, hours = figures["recordings"], figures["movements"], figures["hours"]
    cells = [counts["real"], counts["fake"], *(f"{hours[key]:.3f}" for key in ("total", "usable"))]
    share = "" if figures["majority"] is None else f"{figures['majority']:.1%}"
    return [plain_cell(name), *map(str, [*cells, movements["real"], movements["fake"], figures["sessions"], share])]
