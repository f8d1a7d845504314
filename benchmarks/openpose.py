"""Our estimate of the signer's clips against OpenPose's own output for them, in shoulder widths.

    python benchmarks/openpose.py

Also checks the json reader against OpenPose's own csv of one clip.
"""

from __future__ import annotations

import csv

import numpy as np
from common import SHARED, finish

from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.extraction import extract
from poseprint.io.openpose_json import read_openpose_json
from poseprint.movements.cleaning import resample

FOLDER = SHARED / "openpose_signer"


def csv_distance() -> dict[str, float]:
    """The largest difference in pixels between the json reader and OpenPose's csv of the same clip."""
    series = read_openpose_json(FOLDER / "json" / "du_wohn_wo", fps=25, frame_size=(1280, 720))
    with (FOLDER / "du_wohn_wo_body25.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    values = np.array([[float(v) for v in row[-75:]] for row in rows[1:]]).reshape(-1, 25, 3)
    order = [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]
    both = np.isfinite(series.position[:, :, 0])
    return {
        "frames": len(series),
        "csv_rows": len(values),
        "largest_px": float(np.abs(series.position - values[:, order, :2])[both].max()),
    }


def main() -> None:
    clips = []
    for clip in sorted(FOLDER.glob("*.mp4")):
        ours = extract(clip)
        theirs = resample(read_openpose_json(FOLDER / "json" / clip.stem, fps=25, frame_size=ours.frame_size), ours.fps)
        frames = min(len(ours), len(theirs))
        both = ours.seen()[:frames] & theirs.seen()[:frames]
        apart = np.linalg.norm(ours.position[:frames] - theirs.position[:frames], axis=2) / theirs.shoulder_width()
        apart = np.where(both, apart, np.nan)
        clips.append(
            {
                "clip": clip.stem,
                "frames": frames,
                "median": {
                    name: round(float(np.nanmedian(apart[:, k])), 3) if both[:, k].any() else None
                    for k, name in enumerate(UPPER_BODY.keypoints)
                },
                "share_seen_by_both": round(float(both.mean()), 3),
            }
        )
    finish("openpose", {"reader_against_csv": csv_distance(), "clips": clips})


if __name__ == "__main__":
    main()
