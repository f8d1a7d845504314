"""How a scan of an archive would scale: 10 to 10,000 cores, 10^4 to 10^8 clips, as it is and with each remedy.

    python benchmarks/scale.py [--measure]

--measure takes the times of this machine first (scale_times.json). What cannot be measured here is assumed in
scale_model.py, and varied. Scans of up to PLAYED clips are played task by task, larger ones are computed from mean clips.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from math import ceil
from typing import Any

import numpy as np
from common import RESULTS, finish
from scale_model import HERE, Archive, Drawn, Scan, Times, World
from scale_runs import DRAWN, fluid, simulate, whole

CORES = (10, 100, 1_000, 10_000)
CLIPS = (10**4, 10**5, 10**6, 10**7, 10**8)
PROFILES = (1, 10, 100, 1_000)
PLAYED = 10_000
SAMPLED, TRIED = 50_000, 10_000
"""Clips in those of many shares that are played or computed; and to find how many shares are best."""
MOST_SHARES = 10_000
EXAMPLE: Mapping[str, Any] = {"cores": 1_000, "clips": 10**6}
"""The scan whose assumptions are varied."""
QUICK: Mapping[str, Any] = {"batched": True, "once": True, "ranges": True, "ahead": 1_000}
ALL: Mapping[str, Any] = {**QUICK, "tables": True, "at_store": True, "index": "probed"}
SHARED: Mapping[str, Any] = {"shares": 0, "by_size": True}
NO_INDEX: Mapping[str, Any] = {"index": "none"}
REMEDIES: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "shares by name": {"shares": 0},
    "shares by size": SHARED,
    "shares, no first look": {**SHARED, "looks": False},
    "index on workers": {"index": "workers"},
    "index probed": {"index": "probed"},
    "no index": NO_INDEX,
    "no index, results at once": {**NO_INDEX, "batched": True},
    "no index, parts of 2,000": {**NO_INDEX, "part": 2_000},
    "no index, tables alone": {**NO_INDEX, "tables": True},
    "no index, poses in the store": {**NO_INDEX, "at_store": True},
    "no index, ranges read": {**NO_INDEX, "ranges": True},
    "no index, chunks all at once": {**NO_INDEX, "ahead": 1_000},
    "no index, no chunks": {**NO_INDEX, "in_chunks": False},
    "no index, cleaned once": {**NO_INDEX, "once": True},
    "small ones, shares": {**QUICK, **SHARED},
    "all, one driver": ALL,
    "all, one driver, no index": {**ALL, **NO_INDEX},
    "all, shares": {**ALL, **SHARED},
}
"""By name, what is changed; 0 shares stand for as many as take the least time."""


def times_of(measured: Mapping[str, Any], film: str = "720p, rate 10") -> Times:
    """The times of a machine, as scale_times.py measures them."""
    m = measured
    judged, seconds = m["judge_s_of_40_s"], 40.0
    height = film.split(",")[0]
    return Times(
        list_s=m["list_s"] + m["plan_s"],
        start_s=m["ray_start_s"],
        send_s=m["ray_send_s"],
        fetch_s=m["ray_get_s"] + m["ray_wait_s"]["at"] + m["scheduler_s"]["at"],
        at_work_s=m["ray_wait_s"]["each"] + m["scheduler_s"]["each"],
        keep_s=m["keep_s"],
        keep_nothing_s=m["keep_nothing_s"],
        chunk_s=m["chunk_write_s"],
        table_s=m["write_clips_s"] + m["write_verdicts_s"]["at"],
        row_s=m["write_verdicts_s"]["each"],
        forget_s=m["forget_s"]["at"],
        forget_each_s=m["forget_s"]["each"],
        index_s=m["index_s"]["at"] + m["index_add_s"],
        index_each_s=m["index_s"]["each"] / m["index_film_s"] ** 2,
        load_s=m["load_s"],
        glance_s=m[f"glance_s_{height}"],
        measure_s=m["measure"][film],
        someone_s=m["someone_s_a_film_second"] + m["meet_s_a_film_second"],
        hash_s=m["sha256_s_a_byte"],
        judge_s=judged["at"] / seconds,
        judge_each_s=judged["each"] / seconds,
        same_each_s=m["measure_poses_s_a_film_second"],
        item_bytes=m["item_bytes"],
        row_bytes=m["row_bytes"],
        index_bytes=m["index_bytes_a_second"],
        poses_bytes=m["poses_bytes_a_second"],
        chunk_bytes=m["chunk_bytes_a_second"],
    )


def found(times: Times, archive: Archive, world: World, scan: Scan) -> dict[str, Any]:
    """What a scan takes; played where a share of it is small enough."""

    def told(scan: Scan, clips: int, *, is_played: bool = False) -> dict[str, Any]:
        """By some of the shares, with so many clips together or little more."""
        count = scan.clips // scan.shares
        some = min(scan.shares, ceil(clips / count))
        run = simulate if is_played else fluid
        dealt = Drawn.of(archive, scan, some * min(count, DRAWN)).dealt(some)
        outcomes = [run(times, archive, world, scan, seed, drawn) for seed, drawn in enumerate(dealt)]
        return whole(outcomes, scan, world.memory_bytes, played=is_played)

    if not scan.shares:
        scan = min(_shares(scan), key=lambda s: told(s, TRIED, is_played=s.clips <= PLAYED)["wall_s"])
    return told(scan, SAMPLED, is_played=scan.clips // scan.shares <= PLAYED)


def _shares(scan: Scan) -> Iterator[Scan]:
    """Ways to share a scan out: by ten or a multiple, ten cores or more to each that runs."""
    shares = 1
    while scan.clips // shares >= 1_000 and shares <= MOST_SHARES:
        for at_once in {min(shares, max(1, scan.cores // each)) for each in (10, 100, 1_000)}:
            yield replace(scan, shares=shares, at_once=at_once)
        shares *= 10


def grid(times: Times) -> list[dict[str, Any]]:
    """Every number of cores and clips, with each remedy."""
    return [
        {"remedy": name, "cores": cores, "clips": clips}
        | found(times, Archive(), World(), Scan(clips=clips, cores=cores, **changes))
        for name, changes in REMEDIES.items()
        for clips in CLIPS
        for cores in CORES
    ]


def by_profiles(times: Times) -> list[dict[str, Any]]:
    """The example with watch lists of several lengths."""
    return [
        {"remedy": name, "profiles": profiles}
        | found(times, Archive(), World(), Scan(**EXAMPLE, profiles=profiles, **REMEDIES[name]))
        for name in ("as it is", "shares by size", "all, shares")
        for profiles in PROFILES
    ]


def varied(measured: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The example, with one assumption changed at a time."""
    times, archive, world = times_of(measured), Archive(), World()
    others: list[tuple[str, Any]] = [
        ("as assumed", {}),
        ("clips half as long", {"archive": {"clip_s": archive.clip_s / 2}}),
        ("clips twice as long", {"archive": {"clip_s": archive.clip_s * 2}}),
        ("no long films", {"archive": {"films": 0.0}}),
        ("five times as many long films", {"archive": {"films": 5 * archive.films}}),
        ("films of four times the bytes", {"archive": {"bytes_a_second": 4 * archive.bytes_a_second}}),
        ("nothing passed over", {"archive": {"passed_over": 0.0}}),
        ("six in ten passed over", {"archive": {"passed_over": 0.6}}),
        ("a third of files the same as another", {"archive": {"same": 0.33}}),
        ("half of people copies", {"archive": {"copies": 0.5}}),
        ("a store of a tenth the bandwidth", {"world": {"store_bytes": world.store_bytes / 10}}),
        ("a fifth of the bandwidth to a worker", {"world": {"worker_bytes": world.worker_bytes / 5}}),
        ("a latency of 0.2 s", {"world": {"latency_s": 0.2}}),
        ("workers that live an hour", {"world": {"life_s": 3600.0}}),
        ("one task in twenty slow", {"world": {"slow": 0.05}}),
        ("films at 360p", {"film": "360p, rate 10"}),
        ("30 poses a second", {"film": "720p, rate 30"}),
    ]
    return [
        {"what": what, "remedy": name}
        | found(
            times_of(measured, change["film"]) if "film" in change else times,
            replace(archive, **change.get("archive", {})),
            replace(world, **change.get("world", {})),
            Scan(**EXAMPLE, **REMEDIES[name]),
        )
        for what, change in others
        for name in ("as it is", "all, shares")
    ]


def compared(times: Times) -> list[dict[str, Any]]:
    """Scans that are played and computed."""
    rows = []
    for name, clips, cores in (
        *(("as it is", 10**4, cores) for cores in CORES),
        *(("all, one driver", 10**4, cores) for cores in CORES),
        *(("as it is", 10**5, cores) for cores in CORES[:3]),
        *(("all, one driver", 10**5, cores) for cores in CORES[1:]),
    ):
        scan = Scan(clips=clips, cores=cores, **REMEDIES[name])
        began = time.process_time()
        played = simulate(times, Archive(), World(), scan)
        rows.append(
            {"remedy": name, "clips": clips, "cores": cores, "played_s": played.wall_s}
            | {"computed_s": fluid(times, Archive(), World(), scan).wall_s, "seconds": time.process_time() - began}
        )
    return rows


def scanned(measured: Mapping[str, Any], real: Mapping[str, Any]) -> dict[str, Any]:
    """The scan of benchmarks/scan.py on this machine, played with clips that are all as long as its mean clip."""
    local, count = real["local"], real["local"]["clips"]
    number = np.arange(count)
    some = sum(n for kind, n in local["by_kind"].items() if kind.endswith(" measured"))
    none = np.zeros(count, dtype=bool)
    clips = Drawn(
        seconds=np.full(count, local["film_s"] / count),
        people=1 + (number < local["people"] - some),
        passed=number >= some,
        same=none,
        hashed=none,
        copy=(some - local["copies"] <= number) & (number < some),
    )
    scan = Scan(count, real["processors"], real["profiles"])
    played = simulate(times_of(measured, f"360p, rate {real['rate']}"), Archive(), HERE, scan, drawn=clips)
    return {"clips": count, "real_s": local["seconds"], "model_s": played.wall_s}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        from scale_times import measured as measure

        finish("scale_times", measure())
    measured = json.loads((RESULTS / "scale_times.json").read_text(encoding="utf-8"))
    times, real = times_of(measured), RESULTS / "scan.json"
    finish(
        "scale",
        {
            "times": asdict(times),
            "assumed": {"archive": asdict(Archive()), "world": asdict(World())},
            "example": EXAMPLE,
            "most": {"played": PLAYED, "sampled": SAMPLED, "drawn": DRAWN},
            "scanned": scanned(measured, json.loads(real.read_text(encoding="utf-8"))) if real.exists() else None,
            "compared": compared(times),
            "profiles": by_profiles(times),
            "varied": varied(measured),
            "grid": grid(times),
        },
    )


if __name__ == "__main__":
    main()
