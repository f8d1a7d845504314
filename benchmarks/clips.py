"""Extract and inspect every real clip: what decodes, what is seen, what the gates say.

    python benchmarks/clips.py [--output DIR]

The data set it leaves in DIR is what benchmarks/speakers.py trains on.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from common import clips, finish

from poseprint.app.datasets.collect import collect
from poseprint.io.parquet import read_poses
from poseprint.movements.gates import inspect

FOLDER = Path(tempfile.gettempdir()) / "poseprint-speakers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FOLDER)
    folder = parser.parse_args().output
    rows = []
    for clip in clips():
        started = time.perf_counter()
        done = collect(clip.path, folder, person=clip.person, label=clip.label, cache=False)
        spent = time.perf_counter() - started
        series = read_poses(done.file)
        inspection = inspect(series)
        people = series.channels["people"]
        rows.append(
            {
                "recording": series.recording,
                "person": clip.person,
                "label": clip.label,
                "pictures": series.log[0]["pictures"],
                "frames": len(series),
                "seconds": round(series.duration, 2),
                "extraction_seconds": round(spent, 2) if done.new else None,
                "person_share": round(float(series.present().mean()), 3),
                "seen": {name: round(share, 3) for name, share in inspection.seen.items()},
                "people": int(np.nanmax(people, initial=0)),
                "usable_seconds": round(inspection.seconds, 2),
                "findings": [
                    {"code": f.code, "severity": f.severity, "message": f.message} for f in inspection.findings
                ],
            }
        )
    finish("clips", {"recordings": rows})


if __name__ == "__main__":
    main()
