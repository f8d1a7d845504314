"""Extract and inspect every real clip: what decodes, what is seen, what the gates say.

    python benchmarks/clips.py [--output DIR] [--folders videos clips] [--rate 10]

The data set it leaves in DIR is what benchmarks/speakers.py trains on.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from common import clips, finish

from poseprint.app.datasets.collect import collect
from poseprint.core.choice import Choice
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import read_poses
from poseprint.movements.gates import inspect
from poseprint.movements.kinds import NEEDS, SURE

PRIVATE = "rlt03"
"""A private person, of whom nothing is shown."""
FOLDER = Path(tempfile.gettempdir()) / "poseprint-speakers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--folders", nargs="+", default=["videos", "clips"], help="Of ../shared/data.")
    parser.add_argument("--rate", type=int, default=30, help="Poses a second that are estimated.")
    options = parser.parse_args()
    folder = options.output
    rows = []
    for clip in (clip for name in options.folders for clip in clips(folder=name)):
        done = collect(
            clip.path,
            folder,
            person=clip.person,
            label=clip.label,
            measuring=Measuring(hands=True, rate=options.rate, cache=False),
        )
        series = read_poses(done.file)
        inspection = inspect(series)
        choice, channels = Choice.of(series.log), series.channels
        rows.append(
            {
                "recording": series.recording,
                "person": clip.person,
                "label": clip.label,
                "pictures": series.log[0]["pictures"],
                "frames": len(series),
                "seconds": round(series.duration, 2),
                "person_share": round(float(series.present().mean()), 3),
                "seen": {name: round(share, 3) for name, share in inspection.seen.items()},
                "people": [{k: p[k] for k in ("number", "seconds", "size")} for p in choice.people],
                "rivals": list(choice.rivals),
                "channels": {
                    kind: round(float(np.any([channels[n] >= SURE for n in names], axis=0).mean()), 3)
                    for kind, names in NEEDS.items()
                    if names[0] in channels
                },
                "seconds_by_kind": {k: round(s, 2) for k, s in inspection.seconds_by_kind(series.fps).items()},
                "usable_seconds": round(inspection.seconds, 2),
                "findings": [
                    {"code": f.code, "severity": f.severity, "message": f.message} for f in inspection.findings
                ],
            }
        )
    listed = [row for row in rows if row["person"] != PRIVATE]
    finish("clips", {"rate": options.rate, "recordings": listed, "unlisted": len(rows) - len(listed)})


if __name__ == "__main__":
    main()
