"""What a scan's driver and its workers take on this machine: the measured half of benchmarks/scale.py, which calls `measured`.

Seconds are those of one processor (user and system), not of the clock, so that others who use the machine count little;
of three runs each the median.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from common import ROOT, SHARED

from poseprint.app.scan import tasks
from poseprint.app.scan.cluster import Cluster
from poseprint.app.scan.rows import KINDS, verdict_lines
from poseprint.app.scan.scheduling import Flow, Scheduler
from poseprint.app.scan.settings import Plan, Selection, Watched, watch_list
from poseprint.app.scan.sources import Item, listing
from poseprint.app.scan.store import PART, Store
from poseprint.app.scan.tasks import Clip, Someone
from poseprint.core.arrays import Array
from poseprint.core.files import file_sha256
from poseprint.core.series import PoseSeries
from poseprint.estimation.chunks import Chunk, measure_chunk, write_chunk
from poseprint.estimation.glance import glance
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.passes import FirstPass, spans_in
from poseprint.io.parquet import read_poses
from poseprint.io.recording import Recording
from poseprint.io.video import VideoInfo, frames, probe
from poseprint.movements.measure import measure
from poseprint.movements.same_take import COLUMNS, TRACK_HZ
from poseprint.movements.take_index import TakeIndex
from poseprint.verification.enrolment import enroll

SAMPLE = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings"
FILM = SHARED / "videos" / "obama_real_2020-dnc-philadelphia_cspan.mp4"
FILM_S = 8.0
HEIGHTS, RATES = (360, 720), (10, 30)
LISTED = 10_000
SLOTS = (20, 200, 2_000, 20_000)
WAITING = (20, 1_000, 4_000)
WORK = (1_000, 10_000)
PROFILES = (1, 5, 10)
INDEXED = (250, 1_000, 2_000)


def seconds(what: Callable[[], Any], times: int = 1, clock: Callable[[], float] = time.process_time) -> float:
    """Median over three runs of the time of one call."""
    taken = []
    for _ in range(3):
        began = clock()
        for _ in range(times):
            what()
        taken.append((clock() - began) / times)
    return median(taken)


def line(x: Sequence[float], y: Sequence[float]) -> dict[str, Any]:
    """What was measured at some sizes, and a line through it: `at` a size of 0, and what each one more costs."""
    slope = max(0.0, float(np.polyfit(x, y, 1, w=1 / np.maximum(y, 1e-9))[0]))
    return {
        "at": max(0.0, float(min(y) - slope * x[int(np.argmin(y))])),
        "each": slope,
        "measured": dict(zip(map(str, x), y)),
    }


def measured() -> dict[str, Any]:
    """All times, by name."""
    with tempfile.TemporaryDirectory(prefix="poseprint-") as name:
        folder = Path(name)
        recordings = [read_poses(path) for path in sorted(SAMPLE.glob("*.parquet"))]
        recordings.sort(key=lambda recording: -recording.duration)
        people = _profiles(recordings, folder / "profiles")
        plan = Plan(Measuring(rate=10), Selection(), people)
        someone = tasks._someone(recordings[0], 1, recordings[0].duration)
        return {
            "load": os.getloadavg()[0],
            **_films(folder),
            **_judging(plan, recordings),
            **_listing(folder),
            **_keeping(plan, someone, recordings[0].duration, folder),
            **_index(),
            **_scheduling(),
            **_cluster(plan, someone),
        }


def _profiles(recordings: Sequence[PoseSeries], folder: Path) -> tuple[Watched, ...]:
    for number in range(2):
        enroll(f"Person {number}", recordings[number::2]).write(folder / str(number))
    return watch_list(folder)


def _films(folder: Path) -> dict[str, Any]:
    """A film second measured, looked at, made into poses; and what a chunk of a long one weighs."""
    instruments = {rate: Instruments.load(Measuring(rate=rate)) for rate in RATES}
    began = time.process_time()
    Instruments.load(Measuring())
    loaded = time.process_time() - began
    found: dict[str, Any] = {"load_s": loaded + _imported(), "film": FILM.name, "measure": {}}
    for height in HEIGHTS:
        film = folder / f"{height}.mp4"
        _scaled(film, height)
        video = probe(film)
        for rate in RATES:
            chunked = partial(_all_chunks, video, instruments[rate], rate)
            found["measure"][f"{height}p, rate {rate}"] = seconds(chunked) / video.duration
        found["fps"] = video.fps
        found[f"glance_s_{height}p"] = seconds(lambda video=video: glance(video, instruments[10].finder))
        found[f"bytes_a_film_second_{height}p"] = film.stat().st_size / video.duration
    chunks = _all_chunks(video, instruments[10], 10)
    first = FirstPass.of(video, chunks)
    person = first.cast.people[0]
    series = first.series(person, {}, Measuring(rate=10), instruments[10])
    chunk_file = folder / "chunk.npz"
    found["chunk_write_s"] = seconds(lambda: write_chunk(chunks[0], chunk_file), 20)
    found["chunk_bytes_a_second"] = chunk_file.stat().st_size / video.duration * len(chunks)
    found["meet_s_a_film_second"] = seconds(lambda: FirstPass.of(video, chunks)) / video.duration
    found["someone_s_a_film_second"] = seconds(lambda: tasks._someone(series, 1, 1.0)) / video.duration
    found["sha256_s_a_byte"] = seconds(lambda: file_sha256(film), 20) / film.stat().st_size
    return found


def _imported() -> float:
    """Seconds until a new process has what a worker needs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import mediapipe, poseprint.app.scan.tasks"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _all_chunks(video: VideoInfo, instruments: Instruments, rate: int) -> list[Chunk]:
    return [
        measure_chunk(video, span, instruments, rate=rate, guide=None, passed=lambda _: None)
        for span in spans_in(video)
    ]


def _scaled(film: Path, height: int) -> None:
    recording = Recording(film, side=height * 16 // 9, crf=24)
    for frame in frames(probe(FILM), 0.0, FILM_S):
        recording.add(frame.time, frame.picture)
    recording.close()


def _judging(plan: Plan, recordings: Sequence[PoseSeries]) -> dict[str, Any]:
    """A recording against one profile and against ten; a profile opened."""
    some = plan.profiles[:1]
    opened = seconds(lambda: (tasks._profiles.cache_clear(), tasks._profiles(plan.profiles))) / len(plan.profiles)
    found: dict[str, Any] = {"open_profile_s": opened}
    found["measure_poses_s_a_film_second"] = seconds(lambda: measure(recordings[0], 2)) / recordings[0].duration
    for series in (recordings[0], recordings[-1]):
        poses, taken = tasks._someone(series, 1, 1.0).poses, []
        for count in PROFILES:
            many = replace(plan, profiles=some * count)
            tasks.judge(many, poses)
            taken.append(seconds(partial(tasks.judge, many, poses)))
        found[f"judge_s_of_{series.duration:.0f}_s"] = line(PROFILES, taken)
    return found


def _listing(folder: Path) -> dict[str, Any]:
    """A folder of many files listed and planned, and the memory that a file takes."""
    there = folder / "listing"
    for number in range(LISTED):
        file = there / f"{number // 1000:03d}" / f"a-name-of-usual-length-{number:09d}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    listed = seconds(lambda: listing([str(there)])) / LISTED
    tracemalloc.start()
    items = listing([str(there)])
    memory = tracemalloc.get_traced_memory()[0] / LISTED
    tracemalloc.stop()
    planned = seconds(lambda: Store(Path(tempfile.mkdtemp(dir=folder))).plan_parts(items)) / LISTED
    return {"list_s": listed, "plan_s": planned, "item_bytes": memory}


def _keeping(plan: Plan, someone: Someone, film_s: float, folder: Path) -> dict[str, Any]:
    """A clip kept and forgotten, and the tables of a part."""
    there = folder / "out"
    store, items = Store(there), [Item(f"clips/{n:06d}.mp4", 1_000_000 + n, "mark") for n in range(WORK[-1])]
    facts = {"duration_s": film_s, "width": 640, "height": 360, "fps": 25.0, "codec": "h264", "people": 1}
    clips = [Clip("measured", "", f"{n:064x}"[::-1], facts, (someone,)) for n in range(PART)]
    numbers = iter(range(10**6))

    def keep(clip: Callable[[int], Clip]) -> None:
        number = next(numbers) % PART
        store.keep(items[number], clip(number))

    found: dict[str, Any] = {
        "poses_bytes_a_second": len(someone.poses) / film_s,
        "track_bytes_a_second": someone.track.nbytes / film_s,
        "keep_s": seconds(partial(keep, clips.__getitem__), PART),
        "keep_nothing_s": seconds(partial(keep, lambda _: Clip("passed over", "why", "0" * 64)), PART),
    }
    poses = (there / store.keep(items[0], clips[0])["measured"][0]["poses"]).relative_to(there).as_posix()
    found["read_poses_s"] = seconds(lambda: store.poses({"poses": poses}), 50)
    rows = [store.keep(items[n], clips[n]) for n in range(PART)]
    for row in rows:
        row["measured"][0] |= {"copy_of": None, "copy_who": None}
    tracemalloc.start()
    kept = [store.keep(items[n], clips[n]) for n in range(PART)]
    found["row_bytes"] = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    tracks = {(row["file"], 1): someone.track for row in rows}
    found["write_clips_s"] = seconds(lambda: store.write_clips(0, rows, tracks))
    counts, taken = (1, 10, 50), []
    for count in counts:
        verdicts = {(row["file"], 1): [_verdict(plan.profiles[0]) for _ in range(count)] for row in rows}
        taken.append(seconds(partial(_write_verdicts, store, rows, verdicts)))
    found["write_verdicts_s"] = line([PART * count for count in counts], taken)
    found["verdict_bytes"] = (there / "verdicts" / "part-000000.parquet").stat().st_size / (PART * counts[-1])
    taken = []
    for count in WORK:
        shutil.rmtree(there / "work")
        for item in items[:count]:
            (store._record(item).parent).mkdir(exist_ok=True)
            store._record(item).touch()
            store._track(item.file, 1).touch()
        taken.append(seconds(lambda: store.forget_work(items[:10])) / 10)
    found["forget_s"] = line([2 * count for count in WORK], taken)
    return found


def _write_verdicts(store: Store, rows: Any, verdicts: Any) -> None:
    store.write_verdicts(0, [line for row in rows for line in verdict_lines(row, verdicts, {})], "0" * 64)


def _verdict(watched: Watched) -> dict[str, Any]:
    rng = np.random.default_rng()
    numbers = {f"llr_{kind}": round(float(rng.normal()), 6) for kind in KINDS}
    numbers |= {name: round(float(rng.normal()), 6) for name in ("llr", "margin", "score", "seconds")}
    about = {
        "profile": watched.name,
        "person": watched.person,
        "decision": "inconclusive",
        "reason": "a reason of some words",
    }
    return {**about, **numbers, "findings": ["short"], "method": "enrolled", "profile_sha256": watched.sha256}


def _index() -> dict[str, Any]:
    """Half a minute looked for in indexes of several sizes, and added to them."""
    rng, index, taken, film_s = np.random.default_rng(0), TakeIndex(), [], 30.0

    def track() -> Array:
        steps = rng.normal(size=(round(film_s * TRACK_HZ), COLUMNS))
        return np.asarray(np.cumsum(steps * 0.02, axis=0).astype(np.float16))

    for size in INDEXED:
        began = time.process_time()
        added = size - len(index)
        while len(index) < size:
            index.add(track())
        adding = (time.process_time() - began) / added
        taken.append(seconds(lambda: index.alike(track()), 3))
    return {
        "index_film_s": film_s,
        "index_add_s": adding,
        "index_bytes_a_second": index.nbytes / len(index) / film_s,
        "index_s": line(INDEXED, taken),
    }


class _Idle:
    """A runner whose tasks are done at once."""

    def __init__(self, slots: int) -> None:
        self.slots = slots

    def start(self, *_: Any) -> object:
        return object()

    def wait(self, waiting: Sequence[Any], _seconds: float) -> Collection[Any]:
        return waiting[:1]

    def result(self, _task: Any) -> None:
        return None


def _scheduling() -> dict[str, Any]:
    """The scheduler's part in a task, by how many it keeps going."""
    taken = []
    for slots in SLOTS:
        number = max(20, min(20_000, 20_000_000 // slots**2 * 20))
        taken.append(seconds(partial(_schedule, slots, number)) / number if slots < 2000 else _steady(slots))
    return {"scheduler_s": line(SLOTS, taken)}


def _flow() -> Flow:
    yield [(None,)]


def _schedule(slots: int, number: int) -> None:
    runner: Any = _Idle(slots)
    for _ in Scheduler(runner).run((n, _flow) for n in range(number)):
        pass


def _steady(slots: int) -> float:
    """Seconds a task while all slots are taken."""
    runner: Any = _Idle(slots)
    ended = Scheduler(runner).run((n, _flow) for n in range(slots + 10**6))
    next(ended)
    return seconds(lambda: next(ended), 30)


def _cluster(plan: Plan, someone: Someone) -> dict[str, Any]:
    """A task of Ray's on this machine: started, and its result fetched; waited for among many."""

    # inside, so that they travel by value: workers do not find this module
    def result(_plan: Plan, size: int) -> Clip:
        return Clip("measured", "", "0" * 64, {}, (Someone(1, 1.0, os.urandom(size), np.zeros(0)),))

    def nothing(_plan: Plan, _poses: bytes) -> None:
        pass

    def sleep(_plan: Plan) -> None:
        time.sleep(3600)

    cluster, number = Cluster(plan, "local"), 100
    for task in [cluster.start(result, 1) for _ in range(4)]:
        cluster.result(task)  # workers are there, and have the plan

    def started(function: Any, given: Any) -> tuple[float, list[Any]]:
        began = time.process_time()
        refs = [cluster.start(function, given) for _ in range(number)]
        taken = (time.process_time() - began) / number
        while len(cluster._ray.wait(refs, num_returns=number, timeout=60)[0]) < number:
            pass
        return taken, refs

    starts, sends, fetches = list[float](), list[float](), list[float]()
    for _ in range(3):
        taken, ended = started(result, len(someone.poses))
        starts.append(taken)
        sends.append(started(nothing, someone.poses)[0])
        began = time.process_time()
        for task in ended:
            cluster.result(task)
        fetches.append((time.process_time() - began) / number)
    held = [cluster.start(sleep) for _ in range(max(WAITING))]
    waits = []
    for count in WAITING:
        among = [*held[-count:], ended[0]]
        waits.append(seconds(lambda among=among: cluster.wait(among, 60), 5))
    cluster.close()
    return {
        "ray_start_s": median(starts),
        "ray_send_s": max(0.0, median(sends) - median(starts)),
        "ray_get_s": median(fetches),
        "ray_poses_bytes": len(someone.poses),
        "ray_wait_s": line(WAITING, waits),
    }
