"""A scan of any size on any number of cores, on paper: what is measured, what is assumed, and what each clip then takes.

Of the scan there is a driver, who does one thing after another (`poseprint.app.scan.run`), workers, and the store that
films come from. `scale_runs.py` plays it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from poseprint.core.arrays import Array

LONG_S, SPAN_S, SPANS = 120.0, 30.0, 4
"""As in `poseprint.app.scan.tasks` and `poseprint.estimation.chunks`: from where on a film is long, and its parts."""
PROBED = 0.01
"""Share of an index that is looked through where it is `probed`: assumed."""
LISTED_AT_ONCE = 1_000
"""Files that a store tells in one answer."""


@dataclass(frozen=True)
class Times:
    """Seconds of one processor, and bytes; `scale_times.py` measures them. All 0 unless told."""

    # of the driver
    list_s: float = 0.0  # a file listed and put into a part
    start_s: float = 0.0  # a task started
    send_s: float = 0.0  # more for one that poses are sent with
    fetch_s: float = 0.0  # its result taken
    at_work_s: float = 0.0  # more for each task, for each other that is at work
    keep_s: float = 0.0  # a clip kept that was measured
    keep_nothing_s: float = 0.0  # one that was not
    chunk_s: float = 0.0  # a part of a long film kept
    table_s: float = 0.0  # the tables of a part
    row_s: float = 0.0  # a line of verdicts
    forget_s: float = 0.0  # a clip's file taken out of `work`
    forget_each_s: float = 0.0  # more for each file there
    index_s: float = 0.0  # somebody looked up and added
    index_each_s: float = 0.0  # for each second of theirs and each that is in the index
    # of a worker
    load_s: float = 0.0
    glance_s: float = 0.0
    measure_s: float = 0.0  # a film second
    someone_s: float = 0.0  # a film second: poses of a person, from chunks
    hash_s: float = 0.0  # a byte
    judge_s: float = 0.0  # a film second, whatever the profiles
    judge_each_s: float = 0.0  # a film second and a profile
    same_each_s: float = 0.0  # of this, what is the same for every profile
    # bytes
    item_bytes: float = 0.0
    row_bytes: float = 0.0
    index_bytes: float = 0.0  # a film second
    poses_bytes: float = 0.0  # a film second
    chunk_bytes: float = 0.0  # a film second


@dataclass(frozen=True)
class Archive:
    """What is scanned. All of it is assumed; docs/scale.md says from what, and varies it.

    Attributes:
        clip_s, clip_spread: median length of the clips that are no long films, and the spread of its logarithm.
        films, film_s, film_spread, longest_s: share of long films, and how long they are.
        bytes_a_second: of film.
        passed_over: share that a first look passes over.
        second: share of measured clips with a second person.
        same: share that is the same file as another.
        copies: share of measured people who are copies of other takes.
    """

    clip_s: float = 20.0
    clip_spread: float = 1.2
    films: float = 0.002
    film_s: float = 4_000.0
    film_spread: float = 0.5
    longest_s: float = 6 * 3600.0
    bytes_a_second: float = 125_000.0
    passed_over: float = 0.3
    second: float = 0.2
    same: float = 0.05
    copies: float = 0.1


@dataclass(frozen=True)
class World:
    """Where it runs. All of it is assumed.

    Attributes:
        worker_bytes, store_bytes, driver_bytes: a second, to one worker, out of the store, into the driver.
        requests: a second that the store answers.
        latency_s: until it does.
        life_s: that a worker lives on average, and `restart_s` until there is another.
        slow, times_slower: share of tasks that take so many times as long.
        memory_bytes: of the driver's machine.
    """

    worker_bytes: float = 50e6
    store_bytes: float = 12.5e9
    driver_bytes: float = 1.25e9
    requests: float = 5_500.0
    latency_s: float = 0.05
    life_s: float = 24 * 3600.0
    restart_s: float = 60.0
    slow: float = 0.01
    times_slower: float = 3.0
    memory_bytes: float = 64e9


HERE = World(
    worker_bytes=1e30, store_bytes=1e30, driver_bytes=1e30, requests=1e30, latency_s=0.0, life_s=1e30, slow=0.0
)
"""Films on this machine: none is fetched."""


@dataclass(frozen=True)
class Scan:
    """How it is scanned; unless told, as `poseprint scan` does it.

    Attributes:
        clips, cores, profiles: how many.
        part: clips in a part.
        in_chunks: whether long films are measured in parts, `ahead` of them at a time.
        looks: whether a first look passes over what need not be measured.
        shares: scans, each of a share of the files, with a driver and an index of its own; `at_once` of them at a time.
        by_size: whether files of one size are in one share.
        index: where takes are looked for: driver, workers (its pieces are theirs), probed (a hundredth of it) or none.
        batched: whether the driver takes all that has ended at once, and takes files out of `work` by their names.
        tables: whether what is done of a part is kept in its tables alone.
        at_store: whether workers write poses to the store, and read them there.
        ranges: whether of a long film a worker reads its part alone.
        once: whether what is the same for every profile is computed once.
    """

    clips: int
    cores: int
    profiles: int = 10
    part: int = 200
    in_chunks: bool = True
    ahead: int = 16
    looks: bool = True
    shares: int = 1
    at_once: int = 1
    by_size: bool = False
    index: str = "driver"
    batched: bool = False
    tables: bool = False
    at_store: bool = False
    ranges: bool = False
    once: bool = False


class Task(NamedTuple):
    """Of each clip, what a task of its takes.

    Attributes:
        busy: seconds of a worker.
        size: bytes that the worker fetches.
        moved: bytes that go through the driver.
    """

    busy: Array
    size: Array
    moved: Array


@dataclass(frozen=True)
class Drawn:
    """The clips of one share of a scan.

    Attributes:
        seconds, people: how long each is, and how many are measured in it.
        passed: whether it is passed over.
        same, hashed: whether it is the same file as another; whether its bytes are hashed first.
        copy: whether its people are copies of other takes, and found.
    """

    seconds: Array
    people: Array
    passed: Array
    same: Array
    hashed: Array
    copy: Array

    @staticmethod
    def of(a: Archive, scan: Scan, number: int, seed: int = 0) -> Drawn:
        """So many clips of an archive, to be scanned in a share or some. There are as many of each length as is to be
        expected; chance is which these are."""
        rng, count = np.random.default_rng(seed), ceil(scan.clips / scan.shares)
        films = round(a.films * number)
        clips_s = a.clip_s * np.exp(a.clip_spread * _normal(number - films))
        seconds = np.minimum(np.append(clips_s, a.film_s * np.exp(a.film_spread * _normal(films))), a.longest_s)
        seconds = rng.permutation(seconds)
        passed = (rng.random(number) < a.passed_over) & scan.looks
        people = 1 + (rng.random(number) < a.second)
        same = (rng.random(number) < a.same) & (rng.random(number) < (1.0 if scan.by_size else 1 / scan.shares))
        hashed = same | (rng.random(number) < _share_a_size(a, seconds, scan.clips if scan.by_size else count))
        known = 0.0 if scan.index == "none" else 1 / scan.shares
        copy = (rng.random(number) < a.copies) & (rng.random(number) < known) & ~passed & ~same
        return Drawn(seconds, people, passed, same, hashed, copy)

    def dealt(self, shares: int) -> list[Drawn]:
        """These clips in so many shares."""
        return [Drawn(*(values[share::shares] for values in vars(self).values())) for share in range(shares)]


def _normal(number: int) -> Array:
    """The middles of equally likely parts of a normal distribution."""
    return np.asarray(ndtri((np.arange(number) + 0.5) / max(number, 1)))


def _share_a_size(a: Archive, seconds: Array, count: int) -> Array:
    """How probably clips have as many bytes as another of so many by chance, their lengths being as the lognormal says."""
    if not a.clip_spread:
        return np.zeros(len(seconds))
    z = np.log(seconds / a.clip_s) / a.clip_spread
    a_byte = np.exp(-z * z / 2) / (a.clip_spread * seconds * a.bytes_a_second * np.sqrt(2 * np.pi))
    return np.asarray(1 - np.exp(-count * a_byte))


class Clips:
    """What the clips of one share of a scan take, and its driver.

    Attributes:
        t, w, scan: the times, the world and the scan.
        count, cores, slots: of one share: clips, cores, tasks at a time.
        drawn: the clips.
        chunked, spans: whether each is measured in parts, and in how many.
        begin, chunk, join, judge: its tasks; `chunk` is one of them.
    """

    def __init__(self, times: Times, archive: Archive, world: World, scan: Scan, drawn: Drawn) -> None:
        self.t, self.scan, self.drawn = times, scan, drawn
        self.w, self.cores = world, max(1, scan.cores // scan.at_once)
        self.count, self.slots = ceil(scan.clips / scan.shares), 2 * self.cores
        self.chunked = (drawn.seconds >= LONG_S) & ~drawn.passed & scan.in_chunks
        self._tasks(archive)

    def _tasks(self, a: Archive) -> None:
        t, scan, s, people = self.t, self.scan, self.drawn.seconds, self.drawn.people
        film, none = s * a.bytes_a_second, np.zeros(len(s))
        measured = s * people
        poses = none if scan.at_store else measured * t.poses_bytes
        whole = ~self.drawn.passed & ~self.chunked
        looked = t.hash_s * film + (t.glance_s if scan.looks else 0.0)
        self.identify = Task(t.hash_s * film, film, none)
        self.begin = Task(looked + whole * measured * (t.measure_s + t.someone_s), film, whole * poses)
        self.spans = (SPANS * np.ceil(s / (SPANS * SPAN_S))).astype(int)
        part = s / self.spans
        self.chunk = Task(part * t.measure_s, film / self.spans if scan.ranges else film, part * t.chunk_bytes)
        self.join = Task(measured * t.someone_s, none, measured * t.chunk_bytes + poses)
        each = t.judge_s + t.judge_each_s * scan.profiles - (t.same_each_s * (scan.profiles - 1) if scan.once else 0.0)
        read = s * t.poses_bytes
        self.judge = Task(s * each, read if scan.at_store else none, none if scan.at_store else read)

    def fetching(self, size: Array) -> Array:
        """Seconds until so many bytes are at a worker, if nobody else asks the store."""
        return np.where(size > 0, self.w.latency_s + size / self.w.worker_bytes, 0.0)

    def path(self) -> Array:
        """Seconds of each clip if nothing else is done."""
        begin, chunk, join = (task.busy + self.fetching(task.size) for task in (self.begin, self.chunk, self.join))
        turns = np.ceil(self.spans / min(self.scan.ahead, self.cores)) * self.drawn.people
        judged = (~self.drawn.passed) * (self.judge.busy + self.fetching(self.judge.size))
        return np.asarray(begin + self.chunked * (turns * chunk + join) + judged)

    def needed(self) -> Array:
        """Seconds of a worker for each clip if nothing fails, waits or is done twice."""
        measured = self.begin.busy + self.chunked * (self.spans * self.drawn.people * self.chunk.busy + self.join.busy)
        return np.asarray(
            ~self.drawn.same * (measured + ~self.drawn.passed * ~self.drawn.copy * self.drawn.people * self.judge.busy)
        )

    # what the driver takes

    def listing(self) -> float:
        """Seconds to list all files."""
        return self.count * self.t.list_s + ceil(self.count / LISTED_AT_ONCE) * self.w.latency_s

    def task(self, at_work: float) -> float:
        """Seconds for a task, by how many are at work."""
        return self.t.start_s + self.t.fetch_s + (0.0 if self.scan.batched else self.t.at_work_s * at_work)

    def send(self) -> float:
        """Seconds more for a task that judges."""
        return 0.0 if self.scan.at_store else self.t.send_s

    def keep(self) -> Array:
        """Seconds to keep what came of each clip."""
        if self.scan.tables:
            return np.zeros(len(self.drawn.seconds))
        return np.where(self.drawn.passed | self.scan.at_store, self.t.keep_nothing_s, self.t.keep_s)

    def look_up(self, indexed_s: float, seconds: float) -> float:
        """Seconds to look somebody of so many up, by the seconds that are in the index."""
        share = {"driver": 1.0, "probed": PROBED}.get(self.scan.index)
        return 0.0 if share is None else self.t.index_s + self.t.index_each_s * indexed_s * share * seconds

    def look_up_elsewhere(self, indexed_s: float, seconds: float) -> float:
        """The same of workers, where they have the index."""
        return self.t.index_each_s * indexed_s * seconds if self.scan.index == "workers" else 0.0

    def forget(self, files: float) -> float:
        """Seconds to take a clip's files out of `work`, by how many are there."""
        if self.scan.tables:
            return 0.0
        return self.t.forget_s + (0.0 if self.scan.batched else self.t.forget_each_s * files)

    def memory(self, indexed_s: float) -> float:
        """Bytes of the driver, at the end."""
        index = indexed_s * self.t.index_bytes if self.scan.index in ("driver", "probed") else 0.0
        return self.count * (self.t.item_bytes + float(self.drawn.hashed.mean()) * self.t.row_bytes) + index
