"""A scan on paper: played task by task, or, where it is too large for that, as if each clip were the mean clip."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from math import ceil, exp
from statistics import fmean
from typing import Any

import numpy as np
from scale_model import Archive, Clips, Drawn, Scan, Task, Times, World

from poseprint.core.arrays import Array

DRAWN = 100_000
"""Clips of which `fluid` takes the mean."""
STEPS = 60
"""Sizes of the index at which `fluid` asks what a clip takes."""
TRIES = 2
_SUMMED = ("wall_s", "needed_s", "worker_s", "store_s", "indexed_s", "memory_bytes")
Call = tuple[float, float, float]
Flow = Generator[list[Call], None, None]


@dataclass
class Outcome:
    """What a share of a scan takes.

    Attributes:
        wall_s: from the first file listed to the last table.
        needed_s: of workers, if nothing fails, waits or is done twice.
        worker_s: that workers were at work or fetched films.
        store_s: that the store was busy.
        driver: seconds of the driver, by what it did.
        longest_s: of the longest clip, if nothing else is done.
        indexed_s: film seconds in the index, at the end.
        memory_bytes: of the driver, at the end.
        aside: clips that were tried often enough.
    """

    wall_s: float = 0.0
    needed_s: float = 0.0
    worker_s: float = 0.0
    store_s: float = 0.0
    driver: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    indexed_s: float = 0.0
    memory_bytes: float = 0.0
    aside: int = 0


def simulate(
    times: Times, archive: Archive, world: World, scan: Scan, seed: int = 0, drawn: Drawn | None = None
) -> Outcome:
    """Play the scan of a share, of clips that are drawn unless they are known."""
    drawn = drawn or Drawn.of(archive, scan, ceil(scan.clips / scan.shares), seed)
    return _Played(Clips(times, archive, world, scan, drawn), seed).run()


class _Open:
    """A flow that has begun: of a clip, to measure or to judge."""

    __slots__ = ("flow", "is_judging", "k", "missing")

    def __init__(self, k: int, flow: Flow, is_judging: bool) -> None:
        self.k, self.flow, self.is_judging, self.missing = k, flow, is_judging, 0


class _Played:
    """A driver, workers and a store; `now` is the driver's clock."""

    def __init__(self, clips: Clips, seed: int) -> None:
        self.c, self.out, self.rng = clips, Outcome(), np.random.default_rng([seed, 1])
        tasks = {"identify": clips.identify, "begin": clips.begin, "chunk": clips.chunk, "join": clips.join}
        self.calls = {name: _calls(task) for name, task in tasks.items()}
        self.judge = _calls(clips.judge)
        self.keep = clips.keep().tolist()
        d = clips.drawn
        self.seconds, self.people = d.seconds.tolist(), d.people.tolist()
        self.passed, self.chunked, self.spans = d.passed.tolist(), clips.chunked.tolist(), clips.spans.tolist()
        self.hashed, self.same, self.copy = d.hashed.tolist(), d.same.tolist(), d.copy.tolist()
        self.now = 0.0
        self.free: list[float] = []
        self.ends: list[tuple[float, int, _Open, Call, int, bool]] = []
        self.sent = self.asked = 0.0
        self.ready: deque[tuple[_Open, Call, int]] = deque()
        self.soon: deque[_Open] = deque()
        self.number = 0
        size = clips.scan.part
        self.to_do = [min(size, clips.count - first) for first in range(0, clips.count, size)]
        self.to_judge = [-1] * len(self.to_do)
        self.compared = self.written = 0
        self.files, self.indexed_s = 0, 0.0
        self.luck: list[tuple[float, float]] = []

    def run(self) -> Outcome:
        """Do all that is to do."""
        c = self.c
        self._busy("listing", c.listing())
        self.free = [self.now + c.t.load_s] * c.cores
        coming = iter(self._order())
        while True:
            while len(self.ready) + len(self.ends) < c.slots:
                opened = self.soon.popleft() if self.soon else next(coming, None)
                if opened is None:
                    break
                self._go_on(opened)
            while self.ready and len(self.ends) < c.slots:
                self._start(*self.ready.popleft())
            if self.ends:
                self._collect()
            elif not self.soon and opened is None:
                break
        out = self.out
        out.wall_s, out.needed_s = self.now, float(c.needed().sum())
        out.longest_s, out.indexed_s = float(c.path().max()), self.indexed_s
        out.memory_bytes = c.memory(self.indexed_s)
        return out

    def _busy(self, what: str, seconds: float) -> None:
        self.now += seconds
        self.out.driver[what] += seconds

    def _order(self) -> Generator[_Open, None, None]:
        """Part by part, large files first."""
        size = self.c.scan.part
        for first in range(0, self.c.count, size):
            for k in sorted(range(first, min(first + size, self.c.count)), key=lambda k: -self.seconds[k]):
                yield _Open(k, self._clip(k), False)

    def _clip(self, k: int) -> Flow:
        calls = self.calls
        if self.hashed[k]:
            yield [calls["identify"][k]]
            if self.same[k]:
                return
        yield [calls["begin"][k]]
        if self.chunked[k]:
            for _ in range(self.people[k]):
                for first in range(0, self.spans[k], self.c.scan.ahead):
                    some = min(self.c.scan.ahead, self.spans[k] - first)
                    yield [calls["chunk"][k]] * some
                    self._busy("keeping", some * self.c.t.chunk_s)
            yield [calls["join"][k]]

    def _start(self, opened: _Open, call: Call, tries: int) -> None:
        self._busy("tasks", self.c.t.start_s)
        w, (busy, size, _) = self.c.w, call
        start = max(self.now, heapq.heappop(self.free))
        end = start
        if size:
            self.asked = max(self.asked, start) + 1 / w.requests
            self.sent = max(self.sent, start) + size / w.store_bytes
            self.out.store_s += max(size / w.store_bytes, 1 / w.requests)
            end = max(start + w.latency_s + size / w.worker_bytes, self.sent, self.asked)
        if not self.luck:
            self.luck = self.rng.random((10_000, 2)).tolist()
        slow, death = self.luck.pop()
        end += busy * (w.times_slower if slow < w.slow else 1.0)
        lost = death < 1 - exp(-(end - start) / w.life_s)
        if lost:
            end = start + (end - start) * death / (1 - exp(-(end - start) / w.life_s))
        heapq.heappush(self.free, end + (w.restart_s + self.c.t.load_s if lost else 0.0))
        self.out.worker_s += end - start
        self.number += 1
        heapq.heappush(self.ends, (end, self.number, opened, call, tries + 1, lost))

    def _collect(self) -> None:
        """Take the result of the task that ended first."""
        at_work = len(self.ends)
        end, _, opened, call, tries, lost = heapq.heappop(self.ends)
        self.now = max(self.now, end)
        self._busy("tasks", self.c.task(at_work) - self.c.t.start_s + call[2] / self.c.w.driver_bytes)
        if lost and tries < TRIES:
            self.ready.append((opened, call, tries))
            return
        if lost:
            self.out.aside += opened.missing > 0
            opened.flow.close()
        opened.missing -= 1
        if lost or not opened.missing:
            self._go_on(opened)

    def _go_on(self, opened: _Open) -> None:
        calls = next(opened.flow, None)
        if calls is not None:
            opened.missing = len(calls)
            self.ready.extendleft((opened, call, 0) for call in calls)
        elif opened.missing > -(10**6):
            opened.missing = -(10**9)  # what still comes of one that was put aside counts for nothing
            self._ended(opened)

    def _ended(self, opened: _Open) -> None:
        part = opened.k // self.c.scan.part
        if opened.is_judging:
            self.to_judge[part] -= 1
        else:
            self._busy("keeping", self.keep[opened.k])
            self.files += 1 + (0 if self.passed[opened.k] else self.people[opened.k])
            self.to_do[part] -= 1
        self._compare()
        self._write()

    def _compare(self) -> None:
        c, size = self.c, self.c.scan.part
        while self.compared < len(self.to_do) and not self.to_do[self.compared]:
            part, self.to_judge[self.compared] = self.compared, 0
            self.compared += 1
            for k in range(part * size, min((part + 1) * size, c.count)):
                if self.passed[k] or self.same[k]:
                    continue
                for _ in range(self.people[k]):
                    self._busy("index", c.look_up(self.indexed_s, self.seconds[k]))
                    busy, fetched, moved = self.judge[k]
                    elsewhere = c.look_up_elsewhere(self.indexed_s, self.seconds[k])
                    call = (elsewhere, 0.0, 0.0) if self.copy[k] else (busy + elsewhere, fetched, moved)
                    if not self.copy[k]:
                        self.indexed_s += self.seconds[k]
                        self._busy("tasks", c.send())
                    if elsewhere or not self.copy[k]:
                        self.to_judge[part] += 1
                        self.soon.append(_Open(k, _one(call), True))

    def _write(self) -> None:
        c, size = self.c, self.c.scan.part
        while self.written < self.compared and not self.to_judge[self.written]:
            first = self.written * size
            ks = range(first, min(first + size, c.count))
            self.written += 1
            rows = sum(self.people[k] * c.scan.profiles for k in ks if not self.passed[k])
            self._busy("tables", c.t.table_s + rows * c.t.row_s)
            self._busy("forgetting", len(ks) * c.forget(self.files))
            self.files -= sum(1 + (0 if self.passed[k] else self.people[k]) for k in ks)


def _one(call: Call) -> Flow:
    yield [call]


def _calls(task: Task) -> list[Call]:
    return list(zip(task.busy.tolist(), task.size.tolist(), task.moved.tolist(), strict=True))


def fluid(
    times: Times, archive: Archive, world: World, scan: Scan, seed: int = 0, drawn: Drawn | None = None
) -> Outcome:
    """What the scan of a share takes if each clip is the mean clip: at each size of the index the slowest of driver, workers
    and store tells how fast clips are done; what comes before the first and after the last is added."""
    d = drawn or Drawn.of(archive, scan, min(ceil(scan.clips / scan.shares), DRAWN), seed)
    c = Clips(times, archive, world, scan, d)
    measured, judged = ~d.passed & ~d.same, ~d.passed & ~d.same & ~d.copy
    turns = c.spans * d.people * (c.chunked & ~d.same)
    kinds = [
        (c.identify, d.hashed * 1.0),
        (c.begin, ~d.same * 1.0),
        (c.chunk, turns * 1.0),
        (c.join, (c.chunked & ~d.same) * 1.0),
        (c.judge, judged * d.people),
    ]
    tasks = sum(float(count.mean()) for _, count in kinds)
    moved = sum(float((task.moved * count).mean()) for task, count in kinds) / c.w.driver_bytes
    size = sum(float((task.size * count).mean()) for task, count in kinds)
    asked = sum(float(((task.size > 0) * count).mean()) for task, count in kinds)
    slow = 1 + c.w.slow * (c.w.times_slower - 1)
    busy = sum(float((_with_failures(c, task, slow) * count).mean()) for task, count in kinds)
    store = max(size / c.w.store_bytes, asked / c.w.requests)
    rows = float((d.people * ~d.passed).mean()) * scan.profiles
    files = 1 + float((d.people * ~d.passed).mean())
    steady: Counter[str] = Counter()
    steady["tasks"] = tasks * c.task(min(c.slots, c.count)) + moved + float((judged * d.people).mean()) * c.send()
    steady["keeping"] = float(c.keep().mean()) + float(turns.mean()) * c.t.chunk_s
    steady["tables"] = c.t.table_s / min(scan.part, c.count) + rows * c.t.row_s
    path = c.path()
    longest = float(np.quantile(path, max(0.0, 1 - 1 / scan.part)))
    before = c.listing()
    out = Outcome(needed_s=float(c.needed().mean()) * c.count, longest_s=float(path.max()))
    out.driver["listing"] = before
    indexed_a_clip = float((d.seconds * d.people * judged).mean())
    looked_up = float((d.people * measured).mean())
    looked_up_s = float((d.people * measured * d.seconds).mean()) / max(looked_up, 1e-12)
    edges = np.concatenate([[0.0], np.geomspace(1, c.count, STEPS)])
    queue_s = 2 * busy / tasks  # a worker has one more task to do when the driver turns to something else
    wall = 0.0
    for done, number in zip((edges[1:] + edges[:-1]) / 2, np.diff(edges), strict=True):
        indexed = done * indexed_a_clip
        at = steady.copy()
        at["index"] = looked_up * c.look_up(indexed, looked_up_s)
        work = busy + looked_up * c.look_up_elsewhere(indexed, looked_up_s)
        idle_s = max(0.0, at["index"] - queue_s / scan.part)  # a part is looked up in one go
        clip_s = max(at.total(), work / c.cores + idle_s, store)
        waiting = scan.part + c.slots + longest / max(clip_s, 1e-12)  # clips behind the longest of the first part
        at["forgetting"] = c.forget(files * min(waiting, c.count))
        clip_s = max(at.total(), work / c.cores + idle_s, store)
        wall += float(number * clip_s)
        out.worker_s += float(number * work)
        out.store_s += float(number * store)
        out.driver.update({name: float(number * s) for name, s in at.items()})
    last = (
        float(np.max(np.arange(len(path)) / len(path) * wall + path)) - wall
    )  # what begins late and is long ends last
    out.wall_s = before + c.t.load_s + wall + max(0.0, last)
    out.indexed_s = indexed_a_clip * c.count
    out.memory_bytes = c.memory(out.indexed_s)
    return out


def _with_failures(c: Clips, task: Task, slow: float) -> Array:
    """Seconds of a worker, and those lost with workers that do not live to end it."""
    takes = task.busy * slow + c.fetching(task.size)
    return np.asarray(takes + takes / c.w.life_s * (takes / 2 + c.w.restart_s + c.t.load_s))


def whole(outcomes: Sequence[Outcome], scan: Scan, memory_bytes: float, **more: Any) -> dict[str, Any]:
    """What all shares together take, and what limits them, by what some of them take. The store, which each of these had to
    itself, is not done before it has served all."""
    mean = {name: fmean(getattr(one, name) for one in outcomes) for name in _SUMMED}
    driver = {name: fmean(one.driver[name] for one in outcomes) for name in outcomes[0].driver}
    cores = max(1, scan.cores // scan.at_once)
    loads = {
        "workers": mean["worker_s"] / cores,
        "driver": sum(driver.values()),
        "object store": mean["store_s"] * scan.at_once,
    }
    limit = max(loads, key=lambda name: loads[name])
    if mean["memory_bytes"] > memory_bytes:
        limit = "memory of the driver"
    elif loads[limit] < mean["wall_s"] / 2:
        limit = "long clips"
    elif limit == "driver":
        limit = f"driver: {max(driver, key=lambda name: driver[name])}"
    wall = max(_one_after_the_other([one.wall_s for one in outcomes], scan), mean["store_s"] * scan.shares)
    return {
        "wall_s": wall,
        "core_hours": wall * scan.cores / 3600,
        "efficiency": mean["needed_s"] * scan.shares / (wall * scan.cores),
        "limit": limit,
        "memory_gb": mean["memory_bytes"] / 1e9,
        "driver_s": {name: s * scan.shares for name, s in driver.items() if s},
        "indexed_s": mean["indexed_s"] * scan.shares,
        "worker_s": mean["worker_s"] * scan.shares,
        "shares": scan.shares,
        "at_once": scan.at_once,
        **more,
    }


def _one_after_the_other(wall_s: Sequence[float], scan: Scan) -> float:
    """Seconds until the last share is scanned, if whoever is free begins the next, and they take what some took."""
    free = [0.0] * scan.at_once
    for share in range(scan.shares):
        heapq.heapreplace(free, free[0] + wall_s[share % len(wall_s)])
    return max(free)
