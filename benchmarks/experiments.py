"""The paper's experiments on MSRC-12, split by movement and by recording; about an hour on two processors.

    python benchmarks/experiments.py [--scale reduced] [--jobs N]

Imports the data, runs `poseprint experiment all` and keeps json and figures in results/experiments, from
which scripts/write_docs.py writes docs/results.md. Killed, the same command goes on; the time is summed up.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import time
from pathlib import Path

from common import RESULTS, ROOT, SHARED

from poseprint.app.datasets.convert import import_kinect
from poseprint.supervised.experiments.run import run_experiment

WORK = ROOT / "benchmarks" / ".work" / "experiments"


class Clock:
    """Wall time over all calls that had something to do, kept in a file."""

    def __init__(self, file: Path) -> None:
        self.file, self.last = file, time.monotonic()
        self.seconds = json.loads(file.read_text())["seconds"] if file.exists() else 0.0

    def run_done(self, *_: object) -> None:
        """Called after each run."""
        now = time.monotonic()
        self.seconds, self.last = self.seconds + now - self.last, now
        self.file.write_text(json.dumps({"seconds": self.seconds}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", default="reduced")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG, format="%(message)s")
    import_kinect(SHARED / "msrc12" / "upper_body.parquet", WORK / "msrc12")
    output = WORK / options.scale
    output.mkdir(exist_ok=True)
    clock = Clock(output / "clock.json")
    run_experiment(
        "all",
        WORK / "msrc12",
        output,
        scale=options.scale,
        jobs=options.jobs,
        progress=clock.run_done,
    )
    kept = RESULTS / "experiments"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for file in sorted([*output.glob("*.json"), *output.glob("*.svg")]):
        if file.name != "clock.json":
            shutil.copy(file, kept)
    timing = {"scale": options.scale, "minutes": round(clock.seconds / 60, 1), "processors": os.cpu_count()}
    (kept / "timing.json").write_text(json.dumps(timing, indent=1) + "\n")


if __name__ == "__main__":
    main()
