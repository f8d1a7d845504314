"""What a first look at films passes over that measuring would have used, and what it costs.

    python benchmarks/selection.py [ARCHIVE]

Looks at every film of ../shared/data, whose evidence benchmarks/clips.py measured; and at the pieces of films and the films of nobody of an
ARCHIVE that benchmarks/archive.py made: those pieces that are passed over are measured all the same. Times are of one processor.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from clips import PRIVATE
from common import RESULTS, clips, finish

from poseprint.app.scan import tasks
from poseprint.app.scan.settings import Plan, Selection
from poseprint.app.scan.sources import Item
from poseprint.estimation.finder import PeopleFinder
from poseprint.estimation.glance import glance
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import read_poses
from poseprint.io.video import probe
from poseprint.movements.gates import inspect

LEAST_S = 5.0
"""Seconds of evidence of some kind that a film needs to be of use."""
RATE, TIMED = 10, 8


def look(path: Path, finder: PeopleFinder) -> tuple[str, int, float]:
    """Why a film is passed over, pictures looked at, and the seconds it took."""
    begun = time.perf_counter()
    found = glance(probe(path), finder)
    return found.passed_over(1, 8), len(found.people), time.perf_counter() - begun


def evidence(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds of evidence of the kind that has most, of whoever has most; and seconds that measuring took."""
    begun = time.perf_counter()
    plan = Plan(Measuring(rate=RATE), Selection(everything=True), ())
    clip = tasks.begin(plan, Item(str(path), path.stat().st_size, ""))
    took, most = time.perf_counter() - begun, 0.0
    for someone in getattr(clip, "people", ()):
        (folder / "poses.parquet").write_bytes(someone.poses)
        series = read_poses(folder / "poses.parquet")
        most = max([most, *inspect(series).seconds_by_kind(series.fps).values()])
    return most, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, nargs="?")
    options = parser.parse_args()
    known = {c["recording"]: c for c in json.loads((RESULTS / "clips.json").read_text(encoding="utf-8"))["recordings"]}
    finder = PeopleFinder()
    films: list[dict[str, Any]] = []
    for clip in (clip for folder in ("videos", "clips") for clip in clips(folder=folder)):
        own = known.get(clip.path.stem)
        if own is None or PRIVATE in clip.path.stem + clip.person:
            continue
        why, pictures, took = look(clip.path, finder)
        seconds = max(own["seconds_by_kind"].values(), default=0.0)
        films.append(
            {
                "film": clip.path.stem,
                "passed_over": why,
                "evidence_s": seconds,
                "pictures": pictures,
                "look_s": took,
                "film_s": own["seconds"],
            }
        )
    result: dict[str, Any] = {"films": told(films)}
    timed = [c for folder in ("videos",) for c in clips(folder=folder)][:TIMED]
    measured = [(evidence(c.path, Path("/tmp"))[1], look(c.path, finder)[2]) for c in timed]
    result["cost"] = {
        "films": len(measured),
        "look_share": round(float(np.median([b / a for a, b in measured])), 4),
        "rate": RATE,
    }
    if options.archive:
        for kind in ("real", "copy", "drawn", "nobody", "still"):
            rows = []
            for path in sorted((options.archive / "clips" / kind).glob("*.mp4")):
                why, pictures, took = look(path, finder)
                seconds = evidence(path, Path("/tmp"))[0] if why and kind in ("real", "drawn") else 0.0
                rows.append(
                    {
                        "film": path.stem,
                        "passed_over": why,
                        "evidence_s": seconds,
                        "pictures": pictures,
                        "look_s": took,
                        "film_s": probe(path).duration,
                    }
                )
            result[kind] = told(rows)
    finder.close()
    finish("selection", result)


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What became of films."""
    over = [r for r in rows if r["passed_over"]]
    missed = [r for r in over if r["evidence_s"] >= LEAST_S]
    return {
        "films": len(rows),
        "passed_over": len(over),
        "missed": [{k: r[k] for k in ("film", "passed_over", "evidence_s")} for r in missed],
        "of_use": sum(r["evidence_s"] >= LEAST_S for r in rows),
        "pictures": round(float(np.mean([r["pictures"] for r in rows])), 1),
        "look_s_a_film_minute": round(60 * sum(r["look_s"] for r in rows) / sum(r["film_s"] for r in rows), 2),
    }


if __name__ == "__main__":
    main()
