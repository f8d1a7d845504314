"""Our extraction against the plain loop a reader of the paper would write, on the same clip, in one run.

    python benchmarks/extract.py [--clip FILE] [--repeats 3] [--long]

The plain loop decodes each picture, hands it to the same estimator in one process, and does nothing else:
no cuts, no count of persons, no signals. Ours does all that. They alternate; medians of the ratio are
reported. The distance between their keypoints, and between one worker and all, is reported too. --long
adds the peak memory over the clip and over the clip four times in a row.
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

import av
import numpy as np
from common import SHARED, finish

from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import WARM_UP, _chunks, extract
from poseprint.estimation.registry import load_estimator

CLIP = SHARED / "videos" / "obama_real_2020-dnc-philadelphia_cspan.mp4"


def plain(path: Path) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Times, positions in pixels and the picture's size, picture after picture."""
    estimator = load_estimator("mediapipe")
    times: list[float] = []
    size = (0, 0)

    def pictures():
        nonlocal size
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                size = (frame.width, frame.height)
                times.append(frame.time)
                yield frame.time, np.ascontiguousarray(frame.to_ndarray(format="rgb24"))

    # The count of persons is ours; the plain loop has none.
    estimator._count = lambda _: float("nan")  # type: ignore[attr-defined]
    position = np.array([pose.position for pose in estimator.track(pictures())])
    estimator.close()
    return np.array(times) - times[0], position * np.array(size), size


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
        "import re, sys; from poseprint.estimation.extraction import extract; "
        f"extract(sys.argv[1], jobs={jobs}); "
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    jobs = os.cpu_count() or 1
    seconds: dict[str, list[float]] = {"plain": [], "ours_one_worker": [], "ours": []}
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        times, position, size = plain(arguments.clip)
        seconds["plain"].append(time.perf_counter() - started)
        started = time.perf_counter()
        single = extract(arguments.clip, jobs=1)
        seconds["ours_one_worker"].append(time.perf_counter() - started)
        started = time.perf_counter()
        many = extract(arguments.clip, jobs=jobs)
        seconds["ours"].append(time.perf_counter() - started)
    ratios = [p / o for p, o in zip(seconds["plain"], seconds["ours"], strict=True)]
    result = {
        "clip": arguments.clip.name,
        "size": list(size),
        "pictures": len(times),
        "processors": jobs,
        "chunk_frames": _chunks(single.log[0]["pictures"])[0][1],
        "warm_up_frames": WARM_UP,
        "seconds": {name: [round(s, 2) for s in values] for name, values in seconds.items()},
        "pictures_per_second": {n: round(len(times) / statistics.median(v), 1) for n, v in seconds.items()},
        "times_faster": round(statistics.median(ratios), 2),
        "times_faster_all": [round(r, 2) for r in ratios],
        "one_worker_equals_all": bool(np.array_equal(single.position, many.position, equal_nan=True)),
        "distance_to_plain_shoulder_widths": distance(many, times, position),
    }
    if arguments.long and sys.platform == "linux":
        with tempfile.TemporaryDirectory() as folder:
            long = Path(folder) / "long.mp4"
            repeated(arguments.clip, long, 4)
            result["peak_memory_mib"] = {"clip": memory(arguments.clip, jobs), "clip_4_times": memory(long, jobs)}
    finish("extract", json.loads(json.dumps(result)))


if __name__ == "__main__":
    main()
