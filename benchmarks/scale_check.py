"""The model of benchmarks/scale.py against a real scan on this machine.

    python benchmarks/scale_check.py SOURCE PROFILES [--workers 2] [--rate 10] [--height 360]

Scans SOURCE, then plays a scan of the clips that were found. Compared are seconds of processors, of the driver and of all
workers, and the clock, which tells little where others use the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from common import RESULTS, finish
from scale import times_of
from scale_model import HERE, Archive, Drawn, Scan
from scale_runs import simulate

from poseprint.app.scan.run import scan
from poseprint.app.scan.runners import Local
from poseprint.app.scan.settings import Plan, Selection, watch_list
from poseprint.estimation.measuring import Measuring


def drawn(rows: Sequence[Mapping[str, Any]]) -> Drawn:
    """The clips of a scan's table, as the model has them."""
    sizes = [row["size"] for row in rows]
    contents: set[str] = set()
    same = []
    for row in rows:
        same.append(bool(row["sha256"]) and row["sha256"] in contents)
        contents.add(row["sha256"])
    people = [row["measured"] or [] for row in rows]
    return Drawn(
        seconds=np.array([row["duration_s"] or 0.01 for row in rows]),
        people=np.array([max(1, len(measured)) for measured in people]),
        passed=np.array([not measured for measured in people]),
        same=np.array(same),
        hashed=np.array([sizes.count(size) > 1 for size in sizes]),
        copy=np.array([bool(measured) and all(person["copy_of"] for person in measured) for measured in people]),
    )


def _used(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("profiles", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--height", type=int, default=360)
    options = parser.parse_args()
    profiles = watch_list(options.profiles)
    plan = Plan(Measuring(rate=options.rate), Selection(), profiles)
    with tempfile.TemporaryDirectory(prefix="poseprint-") as name:
        before, began = (_used(resource.RUSAGE_SELF), _used(resource.RUSAGE_CHILDREN)), time.monotonic()
        scan([options.source], plan, Path(name), runner=partial(Local, workers=options.workers))
        wall = time.monotonic() - began
        driver, workers = (
            _used(who) - was for who, was in zip((resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN), before, strict=True)
        )
        rows = [row for part in sorted((Path(name) / "clips").iterdir()) for row in pq.read_table(part).to_pylist()]
        bytes_a_second = sum(row["size"] for row in rows) / max(1.0, sum(row["duration_s"] or 0.0 for row in rows))
    measured = json.loads((RESULTS / "scale_times.json").read_text(encoding="utf-8"))
    times = times_of(measured, f"{options.height}p, rate {options.rate}")
    clips = drawn(rows)
    how = Scan(len(rows), options.workers, len(profiles))
    model = simulate(times, Archive(bytes_a_second=bytes_a_second), HERE, how, drawn=clips)
    finish(
        "scale_check",
        {
            "clips": len(rows),
            "measured": int((~clips.passed).sum()),
            "film_s": float(clips.seconds.sum()),
            "profiles": len(profiles),
            "workers": options.workers,
            "load": os.getloadavg()[0],
            "driver_s": {"real": driver, "model": model.driver.total()},
            "workers_s": {"real": workers, "model": model.worker_s + options.workers * times.load_s},
            "wall_s": {"real": wall, "model": model.wall_s},
        },
    )


if __name__ == "__main__":
    main()
