"""How long it takes to enrol ten recordings of poses, and to score a minute of poses.

    python benchmarks/enrolment_speed.py [--repeats 5]

The ten recordings are those of public speakers in the package, taken as one person's, head and face among what is measured; the
minute is made of them.
Median, least and most of the repeats, each in a process of its own, its start and imports not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import median

from common import ROOT, finish

ONCE = """
import json, time
from dataclasses import replace
from pathlib import Path
import numpy as np
from poseprint.verification.enrolment import enroll
from poseprint.io.parquet import read_poses
from poseprint.app.check import check_poses
files = sorted(Path("src/poseprint/app/sample/recordings").glob("*.parquet"))
recordings = [read_poses(f) for f in files]
longest = max(recordings, key=len)
laps = -(-1800 // len(longest))
minute = replace(
    longest,
    position=np.concatenate([longest.position] * laps)[:1800],
    confidence=np.concatenate([longest.confidence] * laps)[:1800],
    time=np.arange(1800) / 30,
    channels={name: np.concatenate([values] * laps)[:1800] for name, values in longest.channels.items()},
)
started = time.perf_counter()
profile = enroll("Everybody", recordings)
enrolled = time.perf_counter() - started
started = time.perf_counter()
check_poses(minute, profile)
first = time.perf_counter() - started
started = time.perf_counter()
check_poses(minute, profile)
print(json.dumps({"enrol_ten_s": enrolled, "first_minute_s": first, "minute_s": time.perf_counter() - started}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    runs = []
    for _ in range(repeats):
        ran = subprocess.run([sys.executable, "-c", ONCE], cwd=ROOT, capture_output=True, text=True, check=True)
        runs.append(json.loads(ran.stdout))
    result = {
        name: {"median": round(median(r[name] for r in runs), 3), "least": round(min(r[name] for r in runs), 3),
               "most": round(max(r[name] for r in runs), 3)}
        for name in runs[0]
    }  # fmt: skip
    finish("enrolment_speed", {"repeats": repeats, "processors": os.cpu_count(), **result})


if __name__ == "__main__":
    main()
