"""Our extraction against the plain loop a reader of the paper would write, over the same networks, in one run.

    python benchmarks/extract.py [--clip FILE] [--seconds 60] [--heights 360 720 1080] [--repeats 3] [--long]

The plain loop decodes each picture, hands it to the same networks in one process, and does nothing else: no cuts, no
people told apart, no second look, no signals. Ours does all that, on all processors. They alternate, at three sizes, for
the body alone and for body with head and face; medians of the ratio are reported. The distance between their keypoints,
and between one worker and all, is reported too. --long adds the peak memory over the clip and over the clip four times
in a row.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
from common import SHARED, finish
from steadiness import H264, encoded

from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.estimation.face import MODEL, face_landmarker
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.model_files import require
from poseprint.estimation.registry import load_estimator

CLIP = SHARED / "videos" / "obama_real_2020-dnc-philadelphia_cspan.mp4"
HEIGHTS = (360, 720, 1080)
RATE, FAST_HEIGHT = 10, 720
"""Poses a second of the fast way, and the height of the film it is timed on."""


def plain(path: Path, *, head: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Times and positions in pixels, picture after picture, and the share of pictures in which a face is found."""
    estimator = load_estimator("mediapipe")
    tracker, face = estimator.tracker(), face_landmarker(require(MODEL)) if head else None
    times, positions, faces = [], [], 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
            times.append(frame.time)
            positions.append(tracker(frame.time, picture).position * (frame.width, frame.height))
            if face:
                faces += bool(face(frame.time, picture, "face_landmarks").face_landmarks)
    for opened in (tracker, face):
        if opened:
            opened.close()
    return np.array(times) - times[0], np.array(positions), faces / len(times)


def distance(ours: PoseSeries, times: np.ndarray, position: np.ndarray) -> dict[str, float]:
    """How far ours is from the plain loop's, brought to our grid, in shoulder widths over all keypoints seen."""
    on_grid = np.stack(
        [np.interp(ours.time, times, position[:, k, axis]) for k in range(position.shape[1]) for axis in (0, 1)], axis=1
    ).reshape(len(ours), -1, 2)
    apart = np.linalg.norm(ours.position - on_grid, axis=2)[ours.seen()] / ours.shoulder_width()
    apart = apart[np.isfinite(apart)]
    return {"median": float(np.median(apart)), "p99": float(np.quantile(apart, 0.99)), "largest": float(apart.max())}


def memory(path: Path, jobs: int) -> float:
    """Peak memory in MiB of a process that extracts the clip."""
    # getrusage would begin with the parent's peak, which holds the plain loop's arrays.
    code = (
        "import re, sys; from poseprint import Measuring, extract; "
        f"extract(sys.argv[1], Measuring(jobs={jobs})); "
        "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return round(int(run.stdout.split()[-1]) / 1024, 1)


def repeated(path: Path, target: Path, times: int) -> None:
    """The clip several times in a row, without encoding it again."""
    with av.open(str(target), "w") as output:
        stream, offset = None, 0
        for _ in range(times):
            with av.open(str(path)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(video)
                end = 0
                for packet in source.demux(video):
                    if packet.dts is None or packet.pts < 0:
                        continue
                    end = max(end, packet.pts + packet.duration)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    output.mux(packet)
                offset += end


def compared(path: Path, repeats: int, jobs: int, *, head: bool) -> dict[str, Any]:
    """Ours and the plain loop over one film, alternating."""
    spent: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(repeats):
        started = time.perf_counter()
        times, position, faces = plain(path, head=head)
        spent["plain"].append(time.perf_counter() - started)
        started = time.perf_counter()
        many = extract(path, Measuring(head=head, jobs=jobs))
        spent["ours"].append(time.perf_counter() - started)
    ratios = [p / o for p, o in zip(spent["plain"], spent["ours"], strict=True)]
    shares = {"plain": faces, "ours": float((many.channels["head_confidence"] > 0).mean())} if head else None
    return {
        "size": list(many.frame_size),
        "networks": "body, head and face" if head else "body",
        "pictures": len(times),
        "seconds": {name: [round(s, 2) for s in values] for name, values in spent.items()},
        "pictures_per_second": {n: round(len(times) / statistics.median(v), 1) for n, v in spent.items()},
        "times_faster": round(statistics.median(ratios), 2),
        "times_faster_all": [round(r, 2) for r in ratios],
        "share_of_pictures_with_a_face": shares,
        "distance_to_plain_shoulder_widths": distance(many, times, position),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--heights", type=int, nargs="+", default=HEIGHTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as temporary:
        folder, rows = Path(temporary), []
        films = {height: folder / f"{height}.mp4" for height in arguments.heights}
        for height, film in films.items():
            encoded(arguments.clip, film, f"trim=end={arguments.seconds},scale=-2:{height}", *H264)
            rows += [compared(film, arguments.repeats, jobs, head=head) for head in (False, True)]
        fast = []
        for _ in range(arguments.repeats):
            started = time.perf_counter()
            series = extract(films.get(FAST_HEIGHT, film), Measuring(head=False, rate=RATE, jobs=jobs))
            fast.append(series.duration / (time.perf_counter() - started))
        single, many = (extract(films[arguments.heights[0]], Measuring(head=False, jobs=count)) for count in (1, jobs))
        result: dict[str, Any] = {
            "clip": arguments.clip.name,
            "processors": jobs,
            "films": rows,
            "times_faster": min(row["times_faster"] for row in rows),
            "rate": {
                "poses_a_second": RATE,
                "size": list(series.frame_size),
                "times_real_time": round(statistics.median(fast), 1),
            },
            "one_worker_equals_all": bool(np.array_equal(single.position, many.position, equal_nan=True)),
        }
        if arguments.long and sys.platform == "linux":
            long = folder / "long.mp4"
            repeated(arguments.clip, long, 4)
            result["peak_memory_mib"] = {"clip": memory(arguments.clip, jobs), "clip_4_times": memory(long, jobs)}
    finish("extract", json.loads(json.dumps(result)))


if __name__ == "__main__":
    main()
