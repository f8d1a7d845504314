"""The pose estimators side by side: against drawn truth, against each other on real clips, against OpenPose's own output.

    python benchmarks/estimators.py [--weights ONNX]

Drawn: the sample's recordings as avatars of different looks, 60 pictures each; the truth is where each joint was drawn.
Real: one person in each of a few clips, 60 pictures each; the estimators on the same pictures. The signer's four clips:
each estimator against the BODY_25 output that OpenPose itself gave for every picture. All errors are in shoulder widths,
over the pictures in which the joint was seen by both. Pictures are whole, nobody was cropped out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, SHARED, finish

from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.estimator import Estimator, tracked
from poseprint.estimation.openpose import SHORTER, OpenPosePose
from poseprint.estimation.part_affinity import decode
from poseprint.estimation.registry import load_estimator
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.parquet import read_poses
from poseprint.io.video import frames, probe
from poseprint.rendering.avatar import draw_frames
from poseprint.rendering.figure import LOOKS

SAMPLE = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings"
DRAWN = ("obama_rally", "biden_lectern", "merkel_interview", "oliver_desk", "trump_fundraiser", "obama_nasa")
REAL = (
    ("obama_real_2020-dnc-philadelphia_cspan", 4.0),
    ("obama_real_weekly-address-2009_720p", 10.0),
    ("merkel_real_labelled-overlay", 4.0),
    ("oliver_lastweektonight", 4.0),
    ("trump_real_factory-speech", 4.0),
    ("speaker_standing", 2.0),
)
"""Clips, and from which second on."""
SIGNER = SHARED / "openpose_signer"
COUNT = 60
SIDES = (128, 184, 256, 368)
"""Shorter sides of the network's input that are compared."""
ABOUT = {
    "mediapipe": {"keypoints": "33 (BlazePose), the neck from the shoulders", "licence": "Apache-2.0"},
    "openpose": {
        "keypoints": "18 (COCO), the neck among them",
        "licence": "the network's own; the one measured: Apache-2.0",
    },
}

Pictures = Sequence[tuple[float, np.ndarray]]


def poses(estimator: Estimator, pictures: Pictures) -> np.ndarray:
    """Positions in pixels [shape=(pictures, 12, 2)]; NaN where not seen."""
    found = tracked(estimator, pictures)
    position = np.stack([pose.position for pose in found]) * np.array(pictures[0][1].shape[1::-1])
    seen = np.stack([pose.confidence for pose in found]) >= estimator.info.seen_confidence
    return np.where(seen[..., None], position, np.nan)


def seen_positions(series: PoseSeries) -> np.ndarray:
    """The series' positions, NaN where not seen."""
    return np.where(series.seen()[..., None], series.position.astype(np.float64), np.nan)


def widths(position: np.ndarray) -> float:
    """Median distance of the shoulders."""
    return float(np.nanmedian(np.linalg.norm(position[:, 2] - position[:, 5], axis=1)))


def by_keypoint(apart: np.ndarray, wanted: np.ndarray) -> dict[str, dict[str, float | None]]:
    """Median distance and shift of each keypoint, and the share seen of what was to be seen.

    Args:
        apart: [shape=(pictures, 12, 2)], shoulder widths.
        wanted: bool [shape=(pictures, 12)], where the truth is known.
    """

    def median(values: np.ndarray) -> float | None:
        known = values[np.isfinite(values)]
        return round(float(np.median(known)), 4) if len(known) >= 30 else None

    rows = {}
    for k, name in enumerate(UPPER_BODY.keypoints):
        one, due = apart[:, k], wanted[:, k]
        rows[name] = {
            "median": median(np.linalg.norm(one, axis=1)),
            "right": median(one[:, 0]),
            "down": median(one[:, 1]),
            "seen": round(float(np.isfinite(one[due, 0]).mean()), 3) if due.any() else None,
            "pictures": int(due.sum()),
        }
    return rows


def unsteadiness(errors: Sequence[np.ndarray]) -> float:
    """Median length of the error's second difference from picture to picture, shoulder widths."""
    second = [np.linalg.norm(np.diff(error, n=2, axis=0), axis=2) for error in errors]
    return round(float(np.nanmedian(np.concatenate(second))), 4)


def drawn() -> list[tuple[Pictures, np.ndarray]]:
    """Pictures of avatars and where their joints are."""
    scenes = []
    for name, look in zip(DRAWN, [*LOOKS.values(), *LOOKS.values()], strict=False):
        series = read_poses(SAMPLE / f"{name}.parquet").part(30, 30 + COUNT)
        pictures = [(k / series.fps, picture) for k, picture in enumerate(draw_frames(series, look=look))]
        scenes.append((pictures, seen_positions(series)))
    return scenes


def real() -> list[Pictures]:
    """Pictures of the clips."""
    clips = []
    for name, start in REAL:
        shown = frames(probe(SHARED / "videos" / f"{name}.mp4"), start, start + 10)
        clips.append([(frame.time, frame.picture) for frame in islice(shown, COUNT)])
    return clips


def signer() -> list[tuple[Pictures, np.ndarray]]:
    """The signer's pictures and what OpenPose itself made of them."""
    clips = []
    for path in sorted(SIGNER.glob("*.mp4")):
        video = probe(path)
        theirs = read_openpose_json(SIGNER / "json" / path.stem, fps=25, frame_size=video.size)
        pictures = [(frame.time, frame.picture) for frame in frames(video)][: len(theirs)]
        clips.append((pictures, seen_positions(theirs)[: len(pictures)]))
    return clips


def against(estimator: Estimator, scenes: list[tuple[Pictures, np.ndarray]], step: int = 1) -> dict[str, Any]:
    """Errors of an estimator where the truth, or another's word, is known."""
    errors = []
    for pictures, truth in scenes:
        errors.append((poses(estimator, pictures[::step]) - truth[::step]) / widths(truth))
    wanted = np.concatenate([np.isfinite(truth[::step, :, 0]) for _, truth in scenes])
    result: dict[str, Any] = {"keypoints": by_keypoint(np.concatenate(errors), wanted)}
    if step == 1:
        result["unsteadiness"] = unsteadiness(errors)
    return result


def agreement(one: Estimator, other: Estimator, clips: list[Pictures]) -> dict[str, Any]:
    """From the one to the other on real clips."""
    apart, wanted, seen = [], [], {"one": [], "other": []}
    for pictures in clips:
        a, b = poses(one, pictures), poses(other, pictures)
        apart.append((b - a) / widths(a))
        wanted.append(np.isfinite(a[..., 0]) | np.isfinite(b[..., 0]))
        for name, position in (("one", a), ("other", b)):
            seen[name].append(np.isfinite(position[..., 0]))
    return {
        "keypoints": by_keypoint(np.concatenate(apart), np.concatenate(wanted)),
        "seen": {
            name: {
                k: round(float(share), 3)
                for k, share in zip(UPPER_BODY.keypoints, np.concatenate(all_).mean(axis=0), strict=True)
            }
            for name, all_ in seen.items()
        },
    }


def speeds(estimators: dict[str, Estimator], pictures: Pictures, repeats: int = 5) -> dict[str, float]:
    """Pictures a second of each, alternating; medians."""
    spent: dict[str, list[float]] = {name: [] for name in estimators}
    for _ in range(repeats):
        for name, estimator in estimators.items():
            start = time.perf_counter()
            tracked(estimator, pictures)
            spent[name].append(len(pictures) / (time.perf_counter() - start))
    return {name: round(statistics.median(values), 1) for name, values in spent.items()}


def milliseconds(work: Callable[[], object], repeats: int = 200) -> float:
    """Median time of a call."""
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return round(1000 * statistics.median(spent), 2)


def decoder(estimator: OpenPosePose, scenes: list[tuple[Pictures, np.ndarray]]) -> dict[str, Any]:
    """Time of the decoder alone, on the network's maps of a drawn picture with three people in an input of 456 x 256."""
    from PIL import Image

    people = [Image.fromarray(pictures[0][1]) for pictures, _ in scenes[:3]]
    row = [
        p.crop((p.width // 2 - p.height * 19 // 64, 0, p.width // 2 + p.height * 19 // 64, p.height)) for p in people
    ]
    picture = np.concatenate([np.asarray(p.resize((152, 256), Image.Resampling.BICUBIC)) for p in row], axis=1)
    heat_maps, fields = estimator._network._maps(picture)
    found, _ = decode(heat_maps, fields, 8.0)
    return {
        "input": [picture.shape[1], picture.shape[0]],
        "people": len(found),
        "milliseconds": milliseconds(lambda: decode(heat_maps, fields, 8.0)),
    }


def info(estimator: Estimator) -> dict[str, str]:
    made: EstimatorInfo = estimator.info
    return {"name": made.name, "version": made.version, "weights_sha256": made.weights_sha256}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights", type=Path, default=SHARED.parent / "models" / "human-pose-estimation-0001.onnx", metavar="ONNX"
    )
    weights = parser.parse_args().weights
    estimators = {"mediapipe": load_estimator("mediapipe"), "openpose": load_estimator("openpose", weights=weights)}
    openpose = estimators["openpose"]
    assert isinstance(openpose, OpenPosePose)
    scenes, signing, clips = drawn(), signer(), real()
    per_second = speeds(estimators, clips[0][:20])
    rows = []
    for name, estimator in estimators.items():
        about = {**ABOUT[name], **info(estimator), "pictures_per_second": per_second[name]}
        rows.append(about | {"drawn": against(estimator, scenes), "signer": against(estimator, signing)})
    sides = []
    for side in SIDES:
        sized = OpenPosePose(weights, shorter=side)
        sides.append(
            {
                "shorter": side,
                "pictures_per_second": speeds({"": sized}, clips[0][:10], 3)[""],
                "drawn": against(sized, scenes, 4)["keypoints"],
                "signer": against(sized, signing, 8)["keypoints"],
            }
        )
    finish(
        "estimators",
        {
            "processors": os.cpu_count(),
            "estimators": rows,
            "drawn": {"recordings": list(DRAWN), "looks": list(LOOKS), "pictures": sum(len(p) for p, _ in scenes)},
            "real": {
                "clips": [name for name, _ in REAL],
                "pictures": sum(map(len, clips)),
                "mediapipe_to_openpose": agreement(estimators["mediapipe"], openpose, clips),
            },
            "signer": {"clips": len(signing), "pictures": sum(len(p) for p, _ in signing)},
            "shorter_sides": {"used": SHORTER, "measured": sides},
            "decoder": decoder(openpose, scenes),
        },
    )
    for estimator in estimators.values():
        estimator.close()


if __name__ == "__main__":
    main()
