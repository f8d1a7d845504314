"""How fast a scan goes, by its journal."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseprint.core.errors import PoseprintError

STEPS = 40
"""Of a run, as it is drawn over time."""


@dataclass(eq=False)
class _Run:
    """A run of a scan.

    Attributes:
        began: seconds since 1970; None where the journal does not tell.
        ended: `ended`, `interrupted`, or `broken off` where the journal just stops.
        seconds: from its beginning to the last line.
        film_s: seconds of film of all clips; of pose files too.
        size: bytes of all clips.
        status: what came of its clips.
        times, films: of each clip, when it was done and how much film it holds, seconds.
    """

    began: float | None = None
    ended: str = "broken off"
    seconds: float = 0.0
    film_s: float = 0.0
    size: int = 0
    status: Counter[str] = field(default_factory=Counter)
    times: array[float] = field(default_factory=lambda: array("d"))
    films: array[float] = field(default_factory=lambda: array("d"))

    def add(self, line: dict[str, Any]) -> None:
        """Take in a line of the journal."""
        self.seconds = max(self.seconds, float(line["s"]))
        if line["what"] == "begun":
            self.began = float(line["at"])
        elif line["what"] == "clip":
            film_s = float(line.get("film_s") or 0.0)
            self.film_s += film_s
            self.size += int(line.get("bytes") or 0)
            self.status[str(line.get("status"))] += 1
            self.times.append(float(line["s"]))
            self.films.append(film_s)
        elif line["what"] in ("ended", "interrupted"):
            self.ended = line["what"]

    def over_time(self) -> list[dict[str, Any]]:
        """Clips and hours of film in equal steps of the run."""
        step = self.seconds / STEPS
        steps = [{"from_s": round(k * step, 3), "clips": 0, "film_s": 0.0} for k in range(STEPS)] if step else []
        for time, film in zip(self.times, self.films, strict=True) if step else ():
            one = steps[min(int(time / step), STEPS - 1)]
            one["clips"] += 1
            one["film_s"] = round(one["film_s"] + film, 3)
        return steps


def throughput(folder: Path, bytes_left: int) -> dict[str, Any]:
    """How fast each run went, json-ready.

    Args:
        folder: of the scan.
        bytes_left: of the clips that are to do.

    Returns:
        `runs`, oldest first, and `all` of them together: clips, seconds, and clips and seconds of film an hour; `over_time`, the
        last run that did a clip; `left_s`, how long what is left takes at its pace; None where that is not known.

    Raises:
        PoseprintError: the journal cannot be read.
    """
    runs = [_read(file) for file in sorted((folder / "log").glob("*.jsonl"))]
    total = _Run()
    for run in runs:
        total.seconds += run.seconds
        total.film_s += run.film_s
        total.status += run.status
    last = next((run for run in reversed(runs) if run.times), None)
    pace = last.size / last.seconds if last and last.seconds else 0.0
    return {
        "runs": [{"began": run.began, "ended": run.ended, **_pace(run)} for run in runs],
        "all": _pace(total),
        "over_time": last.over_time() if last else [],
        "left_s": round(bytes_left / pace) if pace else None,
    }


def _pace(run: _Run) -> dict[str, Any]:
    clips, hours = run.status.total(), run.seconds / 3600
    return {
        "clips": clips,
        "status": dict(sorted(run.status.items())),
        "seconds": round(run.seconds, 3),
        "film_s": round(run.film_s, 3),
        "clips_an_hour": round(clips / hours, 1) if hours else None,
        "film_s_an_hour": round(run.film_s / hours, 1) if hours else None,
    }


def _read(file: Path) -> _Run:
    run = _Run()
    for line in _lines(file):
        with suppress(ValueError, KeyError, TypeError):  # the last line of a run that was killed
            run.add(json.loads(line))
    return run


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise PoseprintError(f"{file}: cannot be read ({error.strerror})") from error
