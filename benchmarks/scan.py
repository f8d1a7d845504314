"""Scan an archive with processes of this machine, on a Ray cluster of three node processes, and by a loop over `poseprint check`.

    python benchmarks/scan.py ARCHIVE [--subset 40] [--loop 20]

ARCHIVE is made by benchmarks/archive.py; the machine should have nothing else to do. Results: benchmarks/results/scan.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from common import finish

from poseprint.core.files import file_sha256
from poseprint.core.progress import processors

BIN = Path(sys.executable).parent
RATE = "10"
RAY = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
"""The environment of nodes and of scans on them: nothing is sent anywhere, and nobody else takes part."""


def content(folder: Path) -> dict[str, str]:
    """sha256 of every file of a scan by name, but for the journal."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.parent.name != "log")
    return {str(p.relative_to(folder)): file_sha256(p) for p in files}


class Memory:
    """What processes hold that have a word in their command line, MiB, once a second; the largest, and all of them together."""

    def __init__(self, *words: str) -> None:
        self._words, self._stop = words, threading.Event()
        self.largest: list[float] = []
        self.together: list[float] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            held = [mib for mib in map(self._held, Path("/proc").glob("[0-9]*")) if mib]
            self.largest.append(max(held, default=0.0))
            self.together.append(sum(held))

    def _held(self, process: Path) -> float:
        with contextlib.suppress(OSError):
            command = process.joinpath("cmdline").read_bytes().decode(errors="replace")
            if any(word in command for word in self._words):
                rollup = process.joinpath("smaps_rollup").read_text()
                return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
        return 0.0

    def told(self) -> dict[str, Any]:
        """Of the second and of the last quarter, and the most."""
        quarters = np.array_split(np.array(self.together), 4)
        return {
            "second_quarter_mib": round(float(np.mean(quarters[1]))),
            "last_quarter_mib": round(float(np.mean(quarters[3]))),
            "most_mib": round(max(self.together)),
            "largest_process_mib": round(max(self.largest)),
        }


def ray(*arguments: str, inside: tuple[str, ...] = ()) -> None:
    """Run a command of Ray's, in a network namespace if need be."""
    command = [*inside, str(BIN / "ray"), *arguments]
    subprocess.run(command, check=True, env={**os.environ, **RAY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def cluster(port: int = 6398) -> Iterator[str]:
    """A head without processors, and two nodes with one each."""
    address = f"127.0.0.1:{port}"
    ray("start", "--head", f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=0", "--include-dashboard=false")
    try:
        for _ in range(2):
            ray("start", f"--address={address}", "--num-cpus=1", "--node-ip-address=127.0.0.1")
        yield address
    finally:
        ray("stop", "--force")


def scan(sources: list[str], archive: Path, out: Path, *more: str) -> float:
    """Seconds that a scan takes."""
    begun = time.perf_counter()
    command = [
        BIN / "poseprint",
        "scan",
        *sources,
        "--profiles",
        archive / "profiles",
        "-o",
        out,
        "--rate",
        RATE,
        *more,
    ]
    ran = subprocess.run(list(map(str, command)), env={**os.environ, **RAY}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    return time.perf_counter() - begun


def loop(files: list[str], archive: Path, cache: Path) -> float:
    """Seconds that a loop over files and profiles takes; what is measured for the first profile is kept for the others."""
    begun = time.perf_counter()
    for file in files:
        for profile in sorted((archive / "profiles").iterdir()):
            command = [BIN / "poseprint", "check", file, "--profile", profile, "--rate", RATE, "--json"]
            environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
            subprocess.run(
                list(map(str, command)),
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
    return time.perf_counter() - begun


def told(out: Path, archive: Path) -> dict[str, Any]:
    """What a scan found, and the seconds that its tasks took."""
    clips = [row for file in sorted((out / "clips").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    verdicts = [row for file in sorted((out / "verdicts").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    lines = [json.loads(line) for file in (out / "log").glob("*.jsonl") for line in file.read_text().splitlines()]
    kinds = Counter(f"{Path(c['file']).relative_to(archive / 'clips').parts[0]} {c['status']}" for c in clips)
    people = [p for c in clips for p in c["measured"] or ()]
    return {
        "clips": len(clips),
        "by_kind": dict(sorted(kinds.items())),
        "people": len(people),
        "copies": sum(p["copy_of"] is not None for p in people),
        "alike": sum(p["like"] is not None for p in people),
        "verdicts": sum(v["decision"] is not None for v in verdicts),
        "film_s": round(sum(c["duration_s"] or 0 for c in clips)),
        "tasks_s": round(sum(line["took_s"] for line in lines if line["what"] == "clip")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--subset", type=int, default=40)
    parser.add_argument("--loop", type=int, default=20)
    options = parser.parse_args()
    archive, folder = options.archive, Path(tempfile.mkdtemp(prefix="poseprint-scan-"))
    result: dict[str, Any] = {
        "processors": processors(),
        "rate": int(RATE),
        "profiles": len(list((archive / "profiles").iterdir())),
    }

    def kept(name: str, value: Any) -> None:
        result[name] = value
        print(name, value, file=sys.stderr, flush=True)

    whole = [str(archive / "clips")]
    try:
        with Memory("poseprint scan", "spawn_main") as memory:
            seconds = scan(whole, archive, folder / "local")
        kept("local", {"seconds": round(seconds), **told(folder / "local", archive), **memory.told()})
        with cluster() as address, Memory("poseprint scan", "ray::") as memory:
            seconds = scan(whole, archive, folder / "ray", "--ray", address)
        same = content(folder / "local") == content(folder / "ray")
        kept("ray", {"seconds": round(seconds), "same_bytes": same, **memory.told()})
        files = [str(p) for kind in ("drawn", "real") for p in sorted((archive / "clips" / kind).glob("*.mp4"))]
        some = files[:: max(1, len(files) // options.subset)]
        one = scan(some, archive, folder / "one", "--workers", "1")
        all_of_them = scan(some, archive, folder / "two")
        count = processors()
        efficiency = {"clips": len(some), "workers": count, "one_s": round(one, 1), "all_s": round(all_of_them, 1)}
        kept("efficiency", {**efficiency, "efficiency": round(one / (count * all_of_them), 3)})
        few = some[:: max(1, len(some) // options.loop)]
        alone = scan(few, archive, folder / "few")
        shell = loop(few, archive, folder / "cache")
        kept(
            "loop",
            {"clips": len(few), "loop_s": round(shell, 1), "scan_s": round(alone, 1), "times": round(shell / alone, 2)},
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish("scan", result)


if __name__ == "__main__":
    main()
