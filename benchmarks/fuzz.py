"""A fuzz campaign: ten thousand damaged files, and what poseprint makes of each.

    python benchmarks/fuzz.py [--inputs 10000] [--seed 0] [--jobs 2]
    python benchmarks/fuzz.py --only video:1234 --keep DIR

Films of seventeen kinds, poses in Parquet, csv and OpenPose's json, tables of Kinect joints, profiles, data sets and
manifests; their bytes, boxes, packets, time stamps, columns, metadata and values are damaged. Every input is drawn from
(seed, kind, number) alone, so with the same versions of the libraries any one can be made again: --only KIND:NUMBER does,
keeps it in DIR, and shows where it fails. What counts as a fault is stated in `fuzzing/targets.py`; an input may take
10 s of a processor and 1 GB. About ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import collections
import functools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from common import finish  # noqa: E402
from fuzzing.targets import KINDS, Bench  # noqa: E402
from fuzzing.workers import Job, Limits, campaign, measured  # noqa: E402


def jobs_of(inputs: int, only: Sequence[str]) -> list[Job]:
    """Kinds and numbers of the inputs: the kinds by their shares, in turn."""
    if only:
        return [(kind, int(number)) for kind, _, number in (text.partition(":") for text in only)]
    return [(kind, n) for kind, share in KINDS.items() for n in range(round(inputs * share))]


def summary(outcomes: Sequence[dict[str, Any]], seed: int, limits: Limits, seconds: float) -> dict[str, Any]:
    """The figures that are committed."""
    rows = []
    for kind in KINDS:
        own = [o for o in outcomes if o["kind"] == kind]
        if not own:
            continue
        took = np.array([o["seconds"] for o in own if o["seconds"] is not None])
        memory = np.array([o["megabytes"] for o in own if o["megabytes"] is not None])
        destroyed = [o for o in own if "destroyed" in o["befell"]]
        rows.append(
            {
                "kind": kind,
                "inputs": len(own),
                "read": sum(o["result"] == "read" for o in own),
                "refused": sum(o["result"] == "refused" for o in own),
                "faults": dict(collections.Counter(f[0] for o in own for f in o["faults"])),
                "decisions": dict(collections.Counter(d for o in own for d in o["decisions"])),
                "destroyed": dict(collections.Counter(d for o in destroyed for d in o["decisions"])),
                "seconds_median": round(float(np.median(took)), 3),
                "seconds_most": round(float(took.max()), 2),
                "megabytes_most": round(float(memory.max()), 1),
            }
        )
    faults = [
        {"input": f"{o['kind']}:{o['number']}", "befell": o["befell"], "fault": kind, "what": what}
        for o in sorted(outcomes, key=lambda o: (o["kind"], o["number"]))
        for kind, what in o["faults"]
    ]
    return {
        "seed": seed,
        "inputs": len(outcomes),
        "limits": {"seconds": limits.seconds, "megabytes": limits.megabytes},
        "seconds": round(seconds),
        "versions": {
            name: version(name) for name in ("poseprint", "av", "pyarrow", "onnxruntime", "numpy", "safetensors")
        },
        "kinds": rows,
        "befell": dict(sorted(collections.Counter(_way(o) for o in outcomes).items())),
        "faults": faults,
    }


def _way(outcome: dict[str, Any]) -> str:
    """What befell an input, without the name of the sound one."""
    return f"{outcome['kind']}, {outcome['befell'].partition(': ')[2]}"


def once(job: Job, bench: Bench, keep: Path | None) -> None:
    """Make one input again, here, and say what comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        path, befell = bench.make(*job, keep or Path(folder))
        print(f"{job[0]}:{job[1]} {befell} {path}")
        (Path(folder) / "run").mkdir()
        outcome = measured(bench, *job, path, befell, Limits(seconds=600))
    for name in ("result", "message", "decisions", "seconds", "megabytes", "faults"):
        print(f"  {name}: {outcome[name]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kind", choices=list(KINDS), help="inputs of this kind alone")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="KIND:NUMBER", help="these inputs alone, in this process"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="with --only: leave the input there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = functools.partial(Bench, Path(folder), asked.seed)
        first = bench()  # makes the sound inputs, once
        if asked.only:
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
            for job in jobs_of(0, asked.only):
                once(job, first, asked.keep)
            return
        jobs = [job for job in jobs_of(asked.inputs, ()) if asked.kind in (None, job[0])]
        start, outcomes = time.monotonic(), []
        for outcome in campaign(jobs, bench, asked.jobs, Limits()):
            outcomes.append(outcome)
            for kind, what in outcome["faults"]:
                print(f"{outcome['kind']}:{outcome['number']} {outcome['befell']}: {kind}: {what}", file=sys.stderr)
        figures = summary(outcomes, asked.seed, Limits(), time.monotonic() - start)
    if asked.kind or asked.inputs < 10_000:
        print({**figures, "faults": len(figures["faults"]), "befell": None})
    else:
        finish("fuzz", figures)


if __name__ == "__main__":
    main()
