"""Disturb scans at random, and compare what comes of them with what comes of a scan that nothing disturbed.

    python benchmarks/scan_campaign.py ARCHIVE [--kills 50] [--seed 0]

ARCHIVE is made by benchmarks/archive.py. Needs Linux; the network is cut, and the disk filled, by root alone; the clock is changed
for the scan alone (benchmarks/clock.c), where there is a C compiler. Results: benchmarks/results/scan_campaign.json.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from common import finish
from scan import BIN, RAY, content, ray

COMPILER = shutil.which("cc")
ENOUGH_S = 900
"""Seconds after which a scan that nothing disturbs any more counts as hung."""
HEAD, NODE, NAMESPACE = "10.213.0.1", "10.213.0.2", "poseprint"


def doubled(folder: Path) -> int:
    """Lines of verdicts that are there more than once."""
    lines: Counter[tuple[Any, ...]] = Counter()
    for file in (folder / "verdicts").glob("*.parquet"):
        lines.update((r["file"], r["who"], r["profile"]) for r in pq.read_table(file).to_pylist())
    return sum(count - 1 for count in lines.values())


def put_aside(folder: Path) -> int:
    """Clips that were put aside."""
    rows = [r for file in (folder / "clips").glob("*.parquet") for r in pq.read_table(file).to_pylist()]
    return sum(r["reason"].startswith("put aside") for r in rows)


def children(pid: int) -> list[int]:
    """The workers of a scan's process."""
    with contextlib.suppress(OSError):
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [
            child for child in found if b"spawn_main" in _command(child) and b"resource_tracker" not in _command(child)
        ]
    return []


def named(*words: bytes) -> list[int]:
    """Processes whose command line begins with one of these words, or whose program is so called."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        command = _command(int(path.name))
        first = command.split(b"\0")[0]
        if any(first.startswith(word) or first.endswith(b"/" + word) for word in words):
            found.append(int(path.name))
    return sorted(found)


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def kill(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


class Campaign:
    """Scans of one archive, disturbed.

    Args:
        archive: with `clips` and `profiles`.
        kills: how many processes are killed.
        seed: of what is done when.
    """

    def __init__(self, archive: Path, kills: int, seed: int) -> None:
        self._archive, self._kills, self._random = archive, kills, random.Random(seed)
        self._folder = Path(tempfile.mkdtemp(prefix="poseprint-campaign-"))
        self.rows: list[dict[str, Any]] = []
        self._whole: dict[str, str] = {}

    def command(self, out: Path, *more: str) -> list[str]:
        """A scan of the archive into a folder."""
        return [str(BIN / "poseprint"), "scan", str(self._archive / "clips"), "--profiles", str(self._archive / "profiles"),
                "-o", str(out), "--rate", "10", *more]  # fmt: skip

    def start(self, out: Path, *more: str, **environment: str) -> subprocess.Popen[bytes]:
        """Begin a scan."""
        with (self._folder / "scan.log").open("ab") as log:
            return subprocess.Popen(
                self.command(out, *more), stdout=log, stderr=log, env={**os.environ, **RAY, **environment}
            )

    def undisturbed(self) -> float:
        """What a scan without disturbance gives, and the seconds it takes."""
        begun = time.monotonic()
        self.start(self._folder / "whole").wait(ENOUGH_S)
        self._whole = content(self._folder / "whole")
        return time.monotonic() - begun

    def run(
        self, name: str, disturb: Callable[[subprocess.Popen[bytes]], str], wanted: int, *more: str, **environment: str
    ) -> None:
        """Scan until so many disturbances have happened; each scan that ends is compared, and the next begins anew."""
        happened: Counter[str] = Counter()
        scans, begun = [], time.monotonic()
        while happened.total() < wanted:
            out = self._folder / f"{name}-{len(scans)}"
            scans.append(self._one(out, disturb, wanted - happened.total(), happened, *more, **environment))
            shutil.rmtree(out, ignore_errors=True)
        row = {
            "what": name,
            "happened": dict(happened),
            "scans": len(scans),
            "begun": sum(s["begun"] for s in scans),
            "same_bytes": sum(s["same"] for s in scans),
            "doubled": sum(s["doubled"] for s in scans),
            "put_aside_then_done": sum(s["again"] for s in scans),
            "seconds": round(time.monotonic() - begun),
        }
        print(row, file=sys.stderr, flush=True)
        self.rows.append(row)

    def _one(
        self, out: Path, disturb: Callable[..., str], left: int, happened: Counter[str], *more: str, **environment: str
    ) -> dict[str, Any]:
        """A scan from its beginning to its end, begun again whenever it ended before."""
        begun, until = 0, time.monotonic() + ENOUGH_S
        while True:
            process = self.start(out, *more, **environment)
            begun += 1
            while process.poll() is None and time.monotonic() < until:
                if left <= 0:
                    process.wait(ENOUGH_S)
                    break
                time.sleep(self._random.uniform(3, 20))
                what = disturb(process) if process.poll() is None else ""
                if what:
                    happened[what] += 1
                    left -= 1
            if process.wait(ENOUGH_S) == 0:
                break
            if time.monotonic() > until:
                print(f"{out}: hung, or failed again and again", file=sys.stderr)
                break
        again = put_aside(out)
        if again:
            self.start(out, "--again").wait(ENOUGH_S)
        return {"begun": begun, "same": self._same(out), "doubled": doubled(out), "again": int(again > 0)}

    def _same(self, out: Path) -> bool:
        """Whether a scan left what the undisturbed one did; what differs is told."""
        own = content(out)
        different = sorted(name for name in own.keys() | self._whole.keys() if own.get(name) != self._whole.get(name))
        for name in different[:5]:
            print(f"{out}: {name} differs", file=sys.stderr)
        if different:
            shutil.copytree(out, Path(tempfile.mkdtemp(prefix="poseprint-differs-")) / out.name)
        return not different

    def kill_local(self, process: subprocess.Popen[bytes]) -> str:
        """Kill a worker or the driver."""
        workers = children(process.pid)
        if workers and self._random.random() < 0.5:
            return "worker" if kill(self._random.choice(workers)) else ""
        return "driver" if kill(process.pid) else ""

    def kill_on_ray(self, process: subprocess.Popen[bytes]) -> str:
        """Kill a worker, the driver or a node but the head."""
        choice = self._random.choice(["worker", "worker", "driver", "raylet"])
        if choice == "driver":
            return "driver" if kill(process.pid) else ""
        if choice == "worker":
            workers = named(b"ray::")
            return "worker" if workers and kill(self._random.choice(workers)) else ""
        raylets = named(b"raylet")
        if len(raylets) < 3:
            node()
            return ""
        killed = kill(raylets[-1])  # the newest, never the head's
        node()
        return "raylet" if killed else ""

    def cut_network(self, _process: subprocess.Popen[bytes]) -> str:
        """Cut the node in the other namespace off for a while; Ray gives it up, and it comes back as another."""
        time.sleep(6)
        link("down")
        time.sleep(self._random.uniform(15, 50))
        link("up")
        node_elsewhere()
        return "network"

    def change_clock(self, _process: subprocess.Popen[bytes]) -> str:
        """Set the clock of a scan that runs forward or back by up to a year."""
        days = self._random.choice([-365, -1, -0.04, 0.04, 1, 365])
        (self._folder / "clock").write_text(f"{round(86400 * days)}\n")
        return "clock"

    @property
    def clock(self) -> dict[str, str]:
        """The environment in which the clock can be changed."""
        clock, library = self._folder / "clock", self._folder / "clock.so"
        clock.write_text("0\n")
        source = Path(__file__).with_name("clock.c")
        subprocess.run([str(COMPILER), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        return {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(clock)}

    def full_disk(self, sizes: tuple[int, ...]) -> None:
        """Scan into a disk that is too small, several times larger each time, until all of it fits."""
        disk, begun = self._folder / "disk", time.monotonic()
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={sizes[0]}k", "tmpfs", str(disk)], check=True)
        codes = []
        try:
            for size in sizes:
                subprocess.run(["mount", "-o", f"remount,size={size}k", str(disk)], check=True)
                codes.append(self.start(disk / "out").wait(ENOUGH_S))
            same, twice = self._same(disk / "out"), doubled(disk / "out")
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        row = {"what": "disk", "happened": {"disk full": sum(c != 0 for c in codes)}, "scans": 1, "begun": len(codes)}
        self.rows.append(
            {
                **row,
                "same_bytes": int(same),
                "doubled": twice,
                "put_aside_then_done": 0,
                "seconds": round(time.monotonic() - begun),
            }
        )
        print(self.rows[-1], file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove what it made."""
        shutil.rmtree(self._folder, ignore_errors=True)


def node() -> None:
    """One more node of one processor."""
    ray("start", f"--address={HEAD}:6399", "--num-cpus=1", f"--node-ip-address={HEAD}")


def node_elsewhere() -> None:
    """The node in the other namespace, anew."""
    for pid in (
        int(p)
        for p in subprocess.run(["ip", "netns", "pids", NAMESPACE], capture_output=True, text=True).stdout.split()
    ):
        kill(pid)
    inside = ("ip", "netns", "exec", NAMESPACE)
    ray("start", f"--address={HEAD}:6399", "--num-cpus=1", f"--node-ip-address={NODE}", inside=inside)


def link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "poseprint0", state], check=True)


@contextlib.contextmanager
def cluster(*, apart: bool) -> Iterator[str]:
    """A Ray cluster of three node processes on this machine, one of them in a network namespace of its own if `apart`."""
    run = lambda *words: subprocess.run(words, check=True)  # noqa: E731
    run("ip", "netns", "add", NAMESPACE)
    try:
        run("ip", "link", "add", "poseprint0", "type", "veth", "peer", "name", "poseprint1", "netns", NAMESPACE)
        run("ip", "addr", "add", f"{HEAD}/24", "dev", "poseprint0")
        link("up")
        for words in (
            ("addr", "add", f"{NODE}/24", "dev", "poseprint1"),
            ("link", "set", "poseprint1", "up"),
            ("link", "set", "lo", "up"),
        ):
            run("ip", "-n", NAMESPACE, *words)
        ray("start", "--head", "--port=6399", f"--node-ip-address={HEAD}", "--num-cpus=1", "--include-dashboard=false")
        node()
        if apart:
            node_elsewhere()
        else:
            node()
        yield f"{HEAD}:6399"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            ray("stop", "--force")
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)
        subprocess.run(["ip", "link", "del", "poseprint0"], check=False, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    campaign = Campaign(options.archive, options.kills, options.seed)
    try:
        alone = campaign.undisturbed()
        campaign.run("local", campaign.kill_local, options.kills // 2)
        if COMPILER:
            campaign.run("clock", campaign.change_clock, 4, **campaign.clock)
        if os.getuid() == 0:
            campaign.full_disk((400, 1200, 3000, 400_000))
            with cluster(apart=False) as address:
                campaign.run("ray", campaign.kill_on_ray, options.kills - options.kills // 2, "--ray", address)
            with cluster(apart=True) as address:
                campaign.run("network", campaign.cut_network, options.cuts, "--ray", address)
    finally:
        campaign.close()
    clips = sum(1 for p in (options.archive / "clips").rglob("*") if p.is_file() or p.is_symlink())
    finish(
        "scan_campaign", {"clips": clips, "seed": options.seed, "undisturbed_s": round(alone), "runs": campaign.rows}
    )


if __name__ == "__main__":
    main()
