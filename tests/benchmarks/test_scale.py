"""A scan on paper: what is known without it, that chance is by its seed, and that playing and computing agree."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import scale
from common import RESULTS
from scale_model import Archive, Clips, Drawn, Scan, Times, World
from scale_runs import Outcome, fluid, simulate, whole

MEASURED = Times(measure_s=1.0)
CALM = World(
    **dict.fromkeys(("worker_bytes", "store_bytes", "driver_bytes", "requests", "life_s", "memory_bytes"), 1e30),
    latency_s=0.0,
    restart_s=0.0,
    slow=0.0,
)
"""Where nothing fails and nothing is waited for."""
FULL = Times(
    **{"start_s": 2e-4, "fetch_s": 6e-4, "at_work_s": 1e-7, "keep_s": 7e-4, "table_s": 7e-3, "row_s": 1e-5},
    **{"forget_s": 1e-4, "forget_each_s": 6e-7, "index_s": 3e-3, "index_each_s": 3e-9, "load_s": 5.0, "glance_s": 0.3},
    **{
        "measure_s": 0.35,
        "judge_s": 5e-4,
        "judge_each_s": 0.0125,
        "hash_s": 1e-9,
        "poses_bytes": 7e3,
        "item_bytes": 300.0,
    },
)


def drawn(seconds: Any, **changed: Any) -> Drawn:
    """Clips of known lengths, each of another person, none twice."""
    none = np.zeros(len(seconds), dtype=bool)
    plain = {"people": none + 1, "passed": none, "same": none, "hashed": none, "copy": none}
    return Drawn(**{"seconds": np.array(seconds, dtype=float), **plain, **changed})


def played(seconds: Any, times: Times = MEASURED, world: World = CALM, cores: int = 1, **how: Any) -> Outcome:
    clips = drawn(seconds)
    return simulate(times, Archive(), world, Scan(len(seconds), cores, **{"profiles": 0, **how}), drawn=clips)


def test_one_worker_takes_the_sum() -> None:
    seconds = [3.0, 5.0, 7.0, 200.0]
    assert played(seconds).wall_s == pytest.approx(215)
    assert played(seconds, replace(MEASURED, load_s=4.0, judge_each_s=0.5), profiles=2).wall_s == pytest.approx(
        2 * 215 + 4
    )


def test_workers_without_end_take_what_the_longest_clip_takes() -> None:
    seconds = [3.0, 5.0, 7.0, 110.0]
    assert played(seconds, cores=10_000).wall_s == pytest.approx(110)
    film = [3.0, 7_200.0]
    assert played(film, cores=10_000, in_chunks=False).wall_s == pytest.approx(7_200)
    assert played(film, cores=10_000, ahead=1_000).wall_s == pytest.approx(30)
    assert played(film, cores=10_000).wall_s == pytest.approx(30 * 7_200 / 30 / 16)


def test_a_driver_who_is_the_limit_takes_the_sum_of_all_that_it_does() -> None:
    times = Times(start_s=0.1, fetch_s=0.2, keep_s=0.3, table_s=1.0, measure_s=1e-9, list_s=0.5)
    assert played([1.0] * 400, times, cores=10_000, profiles=1).wall_s == pytest.approx(
        400 * (0.5 + 2 * 0.3 + 0.3) + 2 * 1.0, rel=1e-3
    )


def test_a_store_that_is_the_limit_takes_all_bytes_or_all_requests() -> None:
    seconds, archive = [10.0] * 300, Archive(bytes_a_second=1e6)
    for world, expected in (
        (replace(CALM, store_bytes=1e7), 300.0),
        (replace(CALM, requests=2.0), 150.0),
        (replace(CALM, worker_bytes=1e6), 10 * 3.0),
    ):
        outcome = simulate(Times(), archive, world, Scan(300, 100, profiles=0), drawn=drawn(seconds))
        assert outcome.wall_s == pytest.approx(expected, rel=0.02)


def test_an_index_costs_the_square_of_what_is_in_it() -> None:
    times = Times(index_each_s=1e-4)
    small, large = (played([10.0] * n, times, cores=100).driver["index"] for n in (1_000, 2_000))
    assert small == pytest.approx(1e-4 * 10 * 10 * 1_000**2 / 2, rel=0.01)
    assert large == pytest.approx(4 * small, rel=0.01)
    assert played([10.0] * 1_000, times, cores=100, index="probed").driver["index"] == pytest.approx(
        small / 100, rel=0.01
    )
    on_workers = played([10.0] * 1_000, times, cores=100, index="workers")
    assert on_workers.driver["index"] == 0
    assert on_workers.worker_s == pytest.approx(small, rel=0.01)


def test_what_is_passed_over_the_same_or_a_copy_is_not_done() -> None:
    seconds, one = [10.0] * 3, np.array([True, False, False])
    times = Times(measure_s=1.0, judge_each_s=10.0)
    scan = Scan(3, 1, profiles=1)

    def needed(**changed: Any) -> float:
        clips = drawn(seconds, **changed)
        outcome = simulate(times, Archive(), CALM, scan, drawn=clips)
        assert outcome.worker_s == pytest.approx(outcome.needed_s)
        return outcome.needed_s

    assert needed() == pytest.approx(330)
    assert needed(passed=one) == needed(same=one, hashed=one) == pytest.approx(220)
    assert needed(copy=one) == pytest.approx(230)
    assert needed(people=1 + one) == pytest.approx(440)


def test_the_same_seed_gives_the_same_scan() -> None:
    scan = Scan(2_000, 50)
    first, again, other = (simulate(FULL, Archive(), World(), scan, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.wall_s != other.wall_s


def test_lost_workers_cost_time_and_a_task_is_begun_twice_at_most() -> None:
    seconds = [100.0] * 200
    calm, hard = (played(seconds, world=replace(CALM, life_s=life), cores=10) for life in (1e30, 300.0))
    assert calm.aside == 0
    assert hard.wall_s > calm.wall_s
    assert 0 < hard.aside < 40
    assert played(seconds, world=replace(CALM, life_s=1.0), cores=10).aside == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "cores"), [({}, 10), ({}, 100), ({"batched": True, "index": "probed", "ranges": True, "ahead": 1_000}, 100)]
)
def test_playing_and_computing_agree(how: dict[str, Any], cores: int) -> None:
    archive, scan = Archive(films=0.0005), Scan(20_000, cores, **how)
    one, other = (run(FULL, archive, World(), scan) for run in (simulate, fluid))
    assert other.wall_s == pytest.approx(one.wall_s, rel=0.2)
    assert other.worker_s == pytest.approx(one.worker_s, rel=0.05)
    assert other.memory_bytes == pytest.approx(one.memory_bytes, rel=0.05)


def test_shares_run_side_by_side_or_one_after_the_other() -> None:
    for at_once, turns in ((4, 1), (2, 2), (1, 4)):
        scan = Scan(480, 40, profiles=0, shares=4, at_once=at_once)
        outcome = simulate(MEASURED, Archive(), CALM, scan, drawn=drawn([5.0] * 120))
        told = whole([outcome], scan, 1e30)
        assert told["wall_s"] == pytest.approx(turns * 120 * 5 / (40 / at_once))
        assert told["core_hours"] == pytest.approx(told["wall_s"] * 40 / 3600)
        assert told["limit"] == "workers"
        assert told["efficiency"] == pytest.approx(1)
    assert whole([outcome], scan, -1.0)["limit"] == "memory of the driver"


def test_the_store_serves_all_shares() -> None:
    outcome = Outcome(wall_s=4.0, worker_s=8.0, store_s=1.0)
    few, many = (whole([outcome], Scan(n, 2 * n, shares=n, at_once=n), 1e30) for n in (2, 10))
    assert (few["wall_s"], few["limit"]) == (4, "workers")
    assert (many["wall_s"], many["limit"]) == (10, "object store")


def test_of_unequal_shares_whoever_is_free_begins_the_next() -> None:
    long, short = (Outcome(wall_s=s, needed_s=s, worker_s=s) for s in (3.0, 1.0))
    told = whole([long, short, short], Scan(3, 2, shares=3, at_once=2), 1e30)
    assert told["wall_s"] == 3
    assert told["efficiency"] == pytest.approx(5 / 6)
    assert told["worker_s"] == pytest.approx(5)
    assert whole([long, short, short], Scan(6, 1, shares=6), 1e30)["wall_s"] == 10


@pytest.mark.slow
def test_shares_together_need_what_one_scan_does() -> None:
    times = replace(MEASURED, judge_each_s=0.01)
    one, many = (
        scale.found(times, Archive(copies=0.0), CALM, Scan(50_000, 100, **how))
        for how in ({}, {"shares": 50, "at_once": 10, "by_size": True})
    )
    assert many["core_hours"] * many["efficiency"] == pytest.approx(one["core_hours"] * one["efficiency"], rel=0.02)


def test_files_of_one_size_are_hashed_and_stay_together() -> None:
    archive = Archive(same=0.5)
    few, many = (Drawn.of(archive, Scan(n, 1), 5_000).hashed.mean() for n in (10**4, 10**8))
    assert few < 0.6 < 0.95 < many
    by_name, by_size = (
        Drawn.of(archive, Scan(10**5, 1, shares=10, by_size=size), 10**4).same.mean() for size in (False, True)
    )
    assert by_name == pytest.approx(0.05, abs=0.01)
    assert by_size == pytest.approx(0.5, abs=0.02)


def test_long_films_are_fetched_for_each_part_unless_ranges_are() -> None:
    film = drawn([7_200.0])
    sizes = [
        float((clips.spans * clips.chunk.size)[0])
        for clips in (Clips(MEASURED, Archive(), CALM, Scan(1, 1, ranges=ranges), film) for ranges in (False, True))
    ]
    assert sizes == pytest.approx([240 * 7_200 * 125_000, 7_200 * 125_000])


def test_lengths_drawn_are_those_of_the_archive() -> None:
    archive = Archive()
    clips = Drawn.of(archive, Scan(10**4, 1), 10**4)
    films = np.sort(clips.seconds)[-20:]
    assert np.median(clips.seconds) == pytest.approx(20, rel=0.01)
    assert np.median(films) == pytest.approx(4_000, rel=0.05)
    dealt = clips.dealt(3)
    assert sorted(s for share in dealt for s in share.seconds) == sorted(clips.seconds)
    assert {len(share.seconds) for share in dealt} == {3_333, 3_334}


def test_every_remedy_is_one_that_the_model_knows() -> None:
    for changes in scale.REMEDIES.values():
        Scan(1, 1, **changes)
    ways = list(islice(scale._shares(Scan(10**5, 100)), 100))
    assert {way.shares for way in ways} == {1, 10, 100}
    assert all(1 <= way.at_once <= min(way.shares, way.cores) for way in ways)


def test_a_scan_that_was_run_is_played_with_its_clips() -> None:
    by_kind = {"real measured": 6, "copy measured": 2, "nobody passed over": 2}
    local = {"clips": 10, "film_s": 50.0, "people": 9, "copies": 2, "by_kind": by_kind, "seconds": 30.0}
    measured = json.loads((RESULTS / "scale_times.json").read_text(encoding="utf-8"))
    real = {"processors": 1, "rate": 10, "profiles": 3, "local": local}
    told = scale.scanned(measured, real)
    times = scale.times_of(measured, "360p, rate 10")
    film = 9 * 5 * (times.measure_s + times.someone_s) + 7 * 5 * 3 * times.judge_each_s
    assert told["model_s"] == pytest.approx(film + 10 * times.glance_s + times.load_s, rel=0.05)
    assert (told["clips"], told["real_s"]) == (10, 30.0)
