"""An hour of 1080p, extracted in one go and killed several times on the way: the memory it takes, and whether the bytes are the same.

    python benchmarks/hour.py [--minutes 60] [--rate 10] [--kills 3]

A drawn film follows the poses of one of the sample's speakers, again and again. Both runs are `poseprint extract`,
each a process of its own, for the body alone.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, finish
from extract import repeated

from poseprint.app.datasets.collect import CHUNKS_DIR
from poseprint.core.series import GRID_FPS
from poseprint.estimation.chunks import spans_of
from poseprint.io.parquet import read_poses
from poseprint.rendering.avatar import write_video

SAMPLE = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings" / "obama_convention_begin.parquet"
SIZE = (1920, 1080)
EVERY = 1.0
"""Seconds between two looks at a process's memory."""


@dataclass
class Run:
    """One process: seconds it took, whether it was killed, and what memory it held, MiB, every EVERY seconds and at most."""

    seconds: float = 0.0
    killed: bool = False
    held: list[float] = field(default_factory=list)
    peak: float = 0.0


def run(command: list[str], parts: Path, kill_at: int | None) -> Run:
    """Run a command, and kill it once so many finished chunks are kept."""
    started, made = time.perf_counter(), Run()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        time.sleep(EVERY)
        status = Path(f"/proc/{process.pid}/status")
        text = status.read_text() if status.exists() else ""
        if held := re.search(r"VmRSS:\s*(\d+)", text):
            made.held.append(int(held[1]) / 1024)
            made.peak = max(made.peak, int(re.search(r"VmHWM:\s*(\d+)", text)[1]) / 1024)  # type: ignore[index]
        if kill_at is not None and len(list(parts.rglob("*.npz"))) >= kill_at:
            process.kill()
            made.killed = True
            process.wait()
    if process.returncode and not made.killed:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    made.seconds = time.perf_counter() - started
    return made


def extracted(film: Path, output: Path, rate: int, kills: int, chunks: int) -> tuple[list[Run], str]:
    """The runs it took, the last one undisturbed, and the sha256 of the poses."""
    command = [sys.executable, "-m", "poseprint", "extract", str(film), "-o", str(output)]
    command += ["--no-head", "--no-cache", "--rate", str(rate)]
    at = [round(chunks * (k + 1) / (kills + 1)) for k in range(kills)]
    runs = [run(command, output / CHUNKS_DIR, kill_at) for kill_at in [*at, None]]
    (poses,) = output.rglob("*.parquet")
    return runs, hashlib.sha256(poses.read_bytes()).hexdigest()


def facts(runs: list[Run]) -> dict[str, Any]:
    """Of the runs of one extraction; the quarters are those of the longest run."""
    held = max((r.held for r in runs), key=len)
    quarter = max(1, len(held) // 4)
    return {
        "seconds": [round(r.seconds, 1) for r in runs],
        "killed": sum(r.killed for r in runs),
        "peak_mib": round(max(r.peak for r in runs)),
        "second_quarter_mib": round(float(np.mean(held[quarter : 2 * quarter]))),
        "last_quarter_mib": round(float(np.mean(held[-quarter:]))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--kills", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        short, film = folder / "short.mp4", folder / "hour.mp4"
        series = read_poses(SAMPLE)
        write_video(series, short, size=SIZE)
        repeated(short, film, max(1, round(options.minutes * 60 / series.duration)))
        whole, sha = extracted(film, folder / "whole", options.rate, 0, 0)
        chunks = len(spans_of(round(options.minutes * 60 * GRID_FPS)))
        broken, again = extracted(film, folder / "broken", options.rate, options.kills, chunks)
        (poses,) = (folder / "whole").rglob("*.parquet")
        measured = read_poses(poses)
        result = {
            "minutes": round(measured.duration / 60, 1),
            "size": list(measured.frame_size),
            "rate": options.rate,
            "pictures": measured.log[0]["pictures"],
            "in_one_go": facts(whole),
            "killed_and_resumed": facts(broken),
            "same_bytes": sha == again,
        }
    finish("hour", result)


if __name__ == "__main__":
    main()
