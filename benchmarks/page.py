"""How fast and how small the page is: from drop to verdict beside the command line, scrubbing, and under attack.

    python benchmarks/page.py [--pairs N]

1. A drawn film of a minute at 1280 x 720: `poseprint check` as a process of its own, and the same film dropped in a browser
   (Chromium) until the verdict is on the screen, in turn; with nothing kept of what was measured.
2. The verdict's page of a recording of ten minutes: the slider pulled through it and the page scrolled; the longest pause of the
   browser's main thread, and the frames that took over 50 ms.
3. A promise of 5 GB, and 200 uploads of 8 MB at once: answers and the server's memory.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from common import finish
from playwright.sync_api import sync_playwright

from poseprint.app.enroll import enroll_footage
from poseprint.core.series import PoseSeries
from poseprint.estimation.model_files import models_dir
from poseprint.io.parquet import read_poses, write_poses
from poseprint.rendering.avatar import write_video

SAMPLE = Path(__file__).resolve().parents[1] / "src" / "poseprint" / "app" / "sample" / "recordings"
ENROLLED = ("obama_nasa", "obama_rally", "obama_convention_begin")
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"]
SCRUB = """async () => {
    const pauses = [];
    new PerformanceObserver((list) => pauses.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    const slider = document.getElementById("slider"), frames = [];
    let last = performance.now();
    for (let k = 0; k <= 300; k++) {
        slider.value = Number(slider.min) + (k / 300) * (slider.max - slider.min);
        slider.dispatchEvent(new Event("input"));
        scrollTo(0, (k % 60) * 40);
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - last);
        last = now;
    }
    return { pauses, frames };
}"""


def looped(series: PoseSeries, seconds: float, size: tuple[int, int]) -> PoseSeries:
    """A recording forth and back until it is so long, in a picture of another size."""
    count = round(seconds * series.fps)
    turn = np.concatenate([np.arange(len(series)), np.arange(len(series))[::-1]])
    at = np.resize(turn, count)
    scale = np.array(size) / series.frame_size
    channels = {name: values[at] for name, values in series.channels.items()}
    return replace(
        series,
        position=series.position[at] * scale,
        confidence=series.confidence[at],
        time=np.arange(count) / series.fps,
        frame_size=size,
        channels=channels,
        recording="looped",
    )


@contextmanager
def server(library: Path) -> Iterator[tuple[str, str, int]]:
    """A server that keeps no poses: its address, token and process."""
    command = [sys.executable, "-m", "poseprint", "serve", "--no-browser", "--library", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=no_cache()) as process:
        said = re.search(r"(http://\S+)/\?token=(\S+)", process.stdout.readline())
        try:
            time.sleep(3)
            yield said[1], said[2], process.pid
        finally:
            process.terminate()


def no_cache() -> dict[str, str]:
    return {**os.environ, "POSEPRINT_CACHE_BYTES": "0", "POSEPRINT_MODELS": str(models_dir())}


def memory(pid: int, what: str = "VmRSS") -> float:
    """A process's memory, MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1000


def by_command(film: Path, profile: Path) -> float:
    """Seconds of `poseprint check`."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "poseprint", "check", str(film), "--profile", str(profile), "--json"]
    subprocess.run(command, env=no_cache(), capture_output=True, check=False)
    return time.perf_counter() - begun


def by_page(page: Any, base: str, film: Path) -> tuple[float, float]:
    """Seconds from the drop to the verdict on the screen, and from the click to the first progress."""
    page.goto(f"{base}/")
    page.wait_for_load_state("load")
    begun = time.perf_counter()
    page.set_input_files("#file", film)
    page.wait_for_selector("#start:not([disabled])", timeout=60_000)
    clicked = time.perf_counter()
    page.click("#start")
    page.wait_for_selector("#progress progress[value]", state="attached", timeout=60_000)
    first = time.perf_counter() - clicked
    page.wait_for_selector("#result[data-ready]", timeout=600_000)
    return time.perf_counter() - begun, first


def attacked(base: str, token: str, pid: int) -> dict[str, Any]:
    """What a promise of 5 GB and 200 uploads at once get for an answer."""
    headers, before = {"authorization": f"Bearer {token}"}, memory(pid)
    begun, promise = time.perf_counter(), HTTPConnection(base.removeprefix("http://"), timeout=60)
    promise.putrequest("POST", "/api/v1/clips?name=a.mp4")
    for name, value in {**headers, "content-length": "5000000000"}.items():
        promise.putheader(name, value)
    promise.endheaders()
    promised, seconds = promise.getresponse().status, time.perf_counter() - begun
    answers: Counter[int] = Counter()

    def upload() -> None:
        try:
            with httpx2.Client(base_url=base, headers=headers, timeout=60) as client:
                answers[client.post("/api/v1/clips?name=a.mp4", content=os.urandom(8_000_000)).status_code] += 1
        except httpx2.TransportError:
            answers[0] += 1  # sent away before all of it was sent

    threads = [threading.Thread(target=upload) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "promise_of_5_gb": {"status": promised, "seconds": round(seconds, 3)},
        "uploads_at_once": {str(status): count for status, count in sorted(answers.items())},
        "memory_before_mb": round(before),
        "most_memory_mb": round(memory(pid, "VmHWM")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        work = Path(name)
        film, profile = work / "minute.mp4", work / "library" / "profiles" / "barack-obama"
        motion = read_poses(SAMPLE / "obama_convention_begin.parquet")
        write_video(looped(motion, 60, (1280, 720)), film, size=(1280, 720))
        profile.parent.mkdir(parents=True)
        enroll_footage("Barack Obama", [SAMPLE / f"{n}.parquet" for n in ENROLLED], profile)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with server(work / "library") as (base, token, pid):
            context = chromium.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
            page = context.new_page()
            page.goto(f"{base}/?token={token}")
            attack = attacked(base, token, pid)
            timed = [(by_command(film, profile), *by_page(page, base, film)) for _ in range(pairs)]
            long = work / "ten-minutes.parquet"
            write_poses(looped(motion, 600, (1280, 720)), long)
            page.goto(f"{base}/")
            page.set_input_files("#file", long)
            page.wait_for_selector("#start:not([disabled])")
            page.click("#start")
            page.wait_for_selector("#result[data-ready]", timeout=120_000)
            page.wait_for_timeout(1000)
            scrubbed = page.evaluate(SCRUB)
        chromium.close()
    ratios = [dropped / command for command, dropped, _ in timed]
    finish(
        "page",
        {
            "pairs": pairs,
            "command_seconds": [round(c, 2) for c, _, _ in timed],
            "page_seconds": [round(d, 2) for _, d, _ in timed],
            "ratio": round(statistics.median(ratios), 3),
            "first_progress_seconds": round(max(f for _, _, f in timed), 2),
            "scrubbing": {
                "minutes": 10,
                "longest_pause_ms": round(max(scrubbed["pauses"], default=0)),
                "median_frame_ms": round(statistics.median(scrubbed["frames"]), 1),
                "longest_frame_ms": round(max(scrubbed["frames"]), 1),
                "frames_over_50_ms": sum(f > 50 for f in scrubbed["frames"]),
                "frames": len(scrubbed["frames"]),
            },
            "attacked": attack,
        },
    )


if __name__ == "__main__":
    main()
