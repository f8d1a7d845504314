"""The paper's own task on films: genuine clips against manipulated ones, by its LSTM and by the better of ours.

    python benchmarks/film_task.py --poses DIR [--seeds 3]

DIR is the data set that benchmarks/clips.py left (hands measured too). All people together, a movement is real if its clip is
genuine; fakes whose
body is not the face's owner's stand apart from those whose body is. Split by movement, as in the paper, and by recording.
`paper` is Table 3 made small enough for two processors (64 units, one layer, five frames a second, 60 epochs, batches of 8).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from common import finish
from film_clips import MANIFESTS, Clip, read_clips

from poseprint.core.errors import PoseprintError
from poseprint.io.dataset import Recording, write_recordings
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect
from poseprint.supervised.settings import PRESETS, Settings
from poseprint.supervised.training import train

ANYBODY = "anybody"
PAPER = Settings(
    hidden=64, layers=1, every=6, lr=3e-3, batch_size=8, epochs=60, patience=20, test_share=0.25, validation_share=0.15
)
SETTINGS = {
    "paper": PAPER,
    "ours": replace(
        PRESETS["quick"], normalisation="body", epochs=60, patience=20, test_share=0.25, validation_share=0.15
    ),
}
FEATURES = ("keypoints", "head_rotation", "hands")
TASKS = ("another's body", "own body")


def of_task(clips: Sequence[Clip], task: str) -> list[Clip]:
    """Genuine clips of one person, and the fakes of a task."""
    fakes = (
        [c for c in clips if c.is_swap]
        if task == TASKS[0]
        else [c for c in clips if not c.is_real and c.face_of == c.body_of]
    )
    return [c for c in clips if c.is_real and "+" not in c.face_of] + fakes


def counted(clips: Sequence[Clip]) -> dict[str, Any]:
    """The paper's Table 2 for these clips: recordings, seconds and movements, real and fake."""
    out: dict[str, Any] = {}
    for label, own in (("real", [c for c in clips if c.is_real]), ("fake", [c for c in clips if not c.is_real])):
        movements = [len(cut_movements(inspect(c.series).spans)) for c in own]
        out[label] = {
            "recordings": len(own),
            "with_movements": int(np.count_nonzero(movements)),
            "seconds": round(sum(c.series.duration for c in own), 1),
            "movements": int(sum(movements)),
        }
    return out


def row(folder: Path, clips: Sequence[Clip], poses: Path, settings: Settings) -> dict[str, Any] | None:
    """Test accuracy of one training; None where the split cannot be made."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    lines = [
        Recording(
            c.series.recording,
            ANYBODY,
            "real" if c.is_real else "fake",
            "",
            str(poses / f"{Path(c.file).stem}.parquet"),
        )
        for c in clips
    ]
    write_recordings(data, lines)
    try:
        found = train(
            data,
            ANYBODY,
            folder / f"profile-{settings.seed}-{settings.split}-{settings.features}-{settings.hidden}",
            settings,
        )
    except PoseprintError:
        return None
    test: dict[str, Any] = found["test"]
    return test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    clips = read_clips(MANIFESTS, options.poses)
    rows = []
    for task in TASKS:
        chosen = of_task(clips, task)
        for name, base in SETTINGS.items():
            for features in FEATURES:
                for by in ("movement", "recording"):
                    tests = []
                    for seed in range(options.seeds):
                        with tempfile.TemporaryDirectory() as folder:
                            settings = replace(base, features=features, split=by, seed=seed)
                            tests.append(row(Path(folder), chosen, options.poses.resolve(), settings))
                    known = [t for t in tests if t]
                    rows.append(
                        {
                            "task": task,
                            "model": name,
                            "features": features,
                            "split": by,
                            "seeds": len(known),
                            "movements": sum(t["movements"] for t in known),
                            "accuracy": round(float(np.mean([t["accuracy"] for t in known])), 3) if known else None,
                            "least": round(min(t["accuracy"] for t in known), 3) if known else None,
                            "most": round(max(t["accuracy"] for t in known), 3) if known else None,
                            "majority": round(float(np.mean([t["majority"] for t in known])), 3) if known else None,
                        }
                    )
    finish(
        "film_task",
        {
            "seeds": options.seeds,
            "settings": {name: asdict(s) for name, s in SETTINGS.items()},
            "table_2": {task: counted(of_task(clips, task)) for task in TASKS},
            "rows": rows,
        },
    )


if __name__ == "__main__":
    main()
