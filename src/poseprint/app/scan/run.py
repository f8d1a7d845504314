"""An archive against a watch list: what is to do, done once, wherever it runs.

Whoever calls `scan` keeps the folder and hands out tasks; workers know nothing of it. A clip is done when its line is written, a part
when its tables are, so what is interrupted goes on with the next clip, and ends with the bytes of a scan that was not.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from poseprint.app.scan import tasks
from poseprint.app.scan.copies import Copies, Place
from poseprint.app.scan.journal import Journal
from poseprint.app.scan.rows import Row, people, verdict_lines
from poseprint.app.scan.runners import Local, Runner
from poseprint.app.scan.scheduling import AsideError, Flow, Scheduler
from poseprint.app.scan.settings import Plan
from poseprint.app.scan.sources import Item, listing
from poseprint.app.scan.store import Store
from poseprint.app.scan.tasks import Clip, Long
from poseprint.core.files import ensure_apart, exists
from poseprint.core.progress import Progress, silent
from poseprint.estimation.chunks import Chunk, read_chunk, write_chunk
from poseprint.estimation.model_files import install, missing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scanned:
    """What a scan holds when it has ended.

    Attributes:
        clips: that were ever listed.
        status: how many are measured, passed over, failed.
        new: of them, those that this run did.
    """

    clips: int
    status: dict[str, int]
    new: int


def scan(
    sources: Sequence[str],
    plan: Plan,
    folder: Path,
    *,
    runner: Callable[[Plan], Runner] = Local,
    again: bool = False,
    progress: Progress = silent,
) -> Scanned:
    """Measure every person in every clip once, and judge each against every profile.

    Interrupted, the same call goes on where it stopped.

    Args:
        sources: see `poseprint.app.scan.sources.listing`.
        plan: how clips are measured, and whom they are judged against.
        folder: where tables and poses go, see docs/scan.md.
        runner: where tasks run: processes of this machine unless given.
        again: do what failed once more.
        progress: called as clips are done.

    Raises:
        PoseprintError: nothing to scan, the folder is in use, of something else or cannot be written.
    """
    ensure_apart(folder, [path for source in sources if exists(path := Path(source))])
    items = listing(sources)
    if any(Path(item.file).suffix.lower() != ".parquet" for item in items) and missing(plan.measuring.models):
        install(plan.measuring.models)  # once, before several workers would
    store = Store(folder)
    with store.opened(plan):
        parts = store.plan_parts(items)
        with Journal(folder) as journal:
            return _Scan(plan, store, parts, journal, progress, again=again).run(runner)


@dataclass(eq=False)
class _Part:
    """A part that is not complete.

    Attributes:
        number: its place.
        items: its clips.
        rows: the lines of those that are done, by file.
        settled: whether its tables are as they will be.
        verdicts: on those who are no copies, by file and who.
        to_judge: how many they are; None until all clips are done.
    """

    number: int
    items: list[Item]
    rows: dict[str, Row]
    settled: bool
    verdicts: dict[Place, list[Row]] = field(default_factory=dict)
    to_judge: int | None = None


class _SameFiles:
    """Files of one content, of which one is measured; those of a size of their own are none."""

    def __init__(self, items: Iterable[Item]) -> None:
        sizes = Counter(item.size for item in items)
        self._shared = {size for size, count in sizes.items() if count > 1}
        self._measured_as: dict[str, str] = {}
        self._waiting: dict[str, list[tuple[int, Item]]] = {}
        self.rows: dict[str, tuple[Row, int]] = {}

    def may_be(self, item: Item) -> bool:
        """Whether another file might be the same."""
        return item.size > 0 and item.size in self._shared

    def is_another(self, sha256: str, item: Item) -> bool:
        """Whether another file of this content is measured."""
        return bool(sha256) and (sha256 in self.rows or self._measured_as.setdefault(sha256, item.file) != item.file)

    def wait_for(self, sha256: str, number: int, item: Item) -> None:
        """Leave a file until the one that is measured is done."""
        self._waiting.setdefault(sha256, []).append((number, item))

    def done(self, row: Row, number: int) -> None:
        """Take note of a clip that is done, and of the number of its part."""
        if row["size"] in self._shared and row["sha256"]:
            self.rows.setdefault(row["sha256"], (row, number))

    def left(self, sha256: str) -> list[tuple[int, Item]]:
        """Those that waited for the file of a content, which is done, or was another by then."""
        self._measured_as.pop(sha256, None)
        return self._waiting.pop(sha256, [])


class _Scan:
    """One run of a scan."""

    def __init__(
        self, plan: Plan, store: Store, parts: list[list[Item]], journal: Journal, progress: Progress, *, again: bool
    ) -> None:
        self._plan, self._store, self._journal, self._progress = plan, store, journal, progress
        self._parts, self._again = parts, again
        self._same = _SameFiles(item for part in parts for item in part)
        self._copies = Copies(takes=plan.takes)
        self._open: dict[int, _Part] = {}
        self._to_compare = self._to_write = 0  # the next parts in order whose clips, and whose verdicts, are complete
        self._status: Counter[str] = Counter()
        self._new = 0

    def run(self, runner: Callable[[Plan], Runner]) -> Scanned:
        """Do all that is to do."""
        workers = runner(self._plan)
        scheduler = Scheduler(workers)
        try:
            for (kind, number, about), result in scheduler.run(self._to_measure()):
                if kind == "clip":
                    for waiting in self._keep(number, about, *result):
                        scheduler.add(("clip", *waiting), partial(self._flow, waiting[1]))
                elif kind == "judge":
                    self._open[number].verdicts[about] = result
                self._compare(scheduler)
                self._write()
        finally:
            workers.close()
        return Scanned(sum(map(len, self._parts)), dict(self._status), self._new)

    def _to_measure(self) -> Iterator[tuple[Any, Callable[[], Flow]]]:
        """The flows of all clips that are to do, part by part, large files first."""
        for number, items in enumerate(self._parts):
            rows, settled = self._store.done(number, items, again=self._again)
            self._open[number] = _Part(number, items, rows, settled)
            for row in rows.values():
                self._same.done(row, number)
                self._status[row["status"]] += 1
            self._tell()
            todo = [item for item in items if item.file not in rows]
            for item in sorted(todo, key=lambda i: (-i.size, i.file)):
                yield ("clip", number, item), partial(self._flow, item)
            if not todo:
                yield ("part", number, None), _nothing  # so that it is closed at once

    def _tell(self) -> None:
        self._progress("clips", self._status.total(), sum(map(len, self._parts)))

    def _flow(self, item: Item) -> Flow:
        """What is done of a clip: looked at and measured; a long one in parts, the copy of a file not at all.

        Returns:
            the sha256 that it was known by beforehand, if any, and what came of it; None of a copy.
        """
        begun, sha256 = time.monotonic(), ""
        try:
            if self._same.may_be(item):
                (sha256,) = yield [(tasks.identify, item)]
                if self._same.is_another(sha256, item):
                    return sha256, None
            (found,) = yield [(tasks.begin, item)]
            if isinstance(found, Long):
                found = yield from self._long(item, found)
        except AsideError as error:
            found = Clip("failed", f"put aside: {error}", sha256)
        facts = {"film_s": found.facts.get("duration_s"), "bytes": item.size, "status": found.status}
        self._journal.note("clip", file=item.file, took_s=round(time.monotonic() - begun, 3), **facts)
        return sha256, found

    def _long(self, item: Item, long: Long) -> Flow:
        """A long film: its parts, then who is in it, then the parts in which somebody was not measured, then all of it."""
        chunks: dict[tuple[int, int], Chunk] = {}
        yield from self._chunks(item, long, [(k, None) for k in range(long.parts)], chunks)
        first = [chunks[k, 0] for k in range(long.parts)]
        (known,) = yield [(tasks.meet, item, long.video, first)]
        if isinstance(known, Clip):
            return known
        wanted = [(k, p) for p, again in zip(known.people, known.again, strict=True) for k in again]
        yield from self._chunks(item, long, wanted, chunks)
        people = [
            (person, {k: chunks[k, person.number] for k in again})
            for person, again in zip(known.people, known.again, strict=True)
        ]
        (clip,) = yield [(tasks.join, long.video, first, people)]
        return clip

    def _chunks(
        self, item: Item, long: Long, wanted: list[tuple[int, Any]], chunks: dict[tuple[int, int], Chunk]
    ) -> Flow:
        """Parts of a film, those that an earlier run left among them."""
        folder = self._store.chunks_dir(item)
        missing = []
        for k, person in wanted:
            who = person.number if person else 0
            kept = read_chunk(folder / f"{long.video.sha256[:16]}-{k}-{who}.npz")
            if kept is None:
                missing.append((k, person, who))
            else:
                chunks[k, who] = kept
        for first in range(0, len(missing), 16):  # kept as they come, so that an interruption costs little
            some = missing[first : first + 16]
            results = yield [(tasks.part, item, long.video, k, person) for k, person, _ in some]
            for (k, _, who), chunk in zip(some, results, strict=True):
                chunks[k, who] = chunk
                write_chunk(chunk, folder / f"{long.video.sha256[:16]}-{k}-{who}.npz")

    def _keep(self, number: int, item: Item, sha256: str, found: Clip | None) -> list[tuple[int, Item]]:
        """Keep what came of a clip, and of the copies of its file that waited for it.

        Returns:
            those that waited in vain, as the file was another when it was measured; with the numbers of their parts.
        """
        if found is None:
            if sha256 in self._same.rows:
                self._note(number, self._store.keep_copy(item, *self._same.rows[sha256]))
            else:
                self._same.wait_for(sha256, number, item)
            return []
        self._note(number, self._store.keep(item, found))
        waited = self._same.left(sha256)
        if found.sha256 != sha256:
            return waited
        for other_number, other in waited:
            self._note(other_number, self._store.keep_copy(other, *self._same.rows[sha256]))
        return []

    def _note(self, number: int, row: Row) -> None:
        self._open[number].rows[row["file"]] = row
        self._same.done(row, number)
        self._status[row["status"]] += 1
        self._new += 1
        self._tell()

    def _compare(self, scheduler: Scheduler) -> None:
        """Find copies in the parts whose clips are all done, in order, and have those who are none judged."""
        while (part := self._open.get(self._to_compare)) and len(part.rows) == len(part.items):
            self._to_compare += 1
            tracks = self._store.tracks(part.number)
            part.rows = {item.file: part.rows[item.file] for item in part.items}
            before = self._copies.seen
            part.settled = part.settled and self._store.compared_with(part.number) == before
            if part.settled:
                self._copies.known(part.number, tracks, part.rows)
            else:
                track_of = partial(self._store.track, number=part.number, known=tracks)
                tracks = self._copies.find(part.number, part.rows, track_of)
                self._store.write_clips(part.number, list(part.rows.values()), tracks, before)
            self._have_judged(part, scheduler)

    def _have_judged(self, part: _Part, scheduler: Scheduler) -> None:
        """Have those of a part judged who are no copies, unless they were."""
        judged = self._store.judged_by(part.number) == self._plan.judged_by
        if part.settled and judged and not self._again:
            part.to_judge = 0
            return
        to_judge = {(row["file"], p["who"]): (row, p) for row, p in people(part.rows.values()) if p["copy_of"] is None}
        kept = self._store.verdicts_of(part.number) if judged else {}
        failed = any(line["decision"] is None for lines in kept.values() for line in lines)
        part.settled = part.settled and judged and not failed
        part.to_judge = len(to_judge)
        for place, (row, person) in to_judge.items():
            lines = kept.get(place, [])
            if lines and all(_stands(line, row, again=self._again) for line in lines):
                part.verdicts[place] = lines
            else:
                scheduler.add(("judge", part.number, place), partial(self._judge, person))

    def _judge(self, person: Row) -> Flow:
        try:
            (verdicts,) = yield [(tasks.judge, self._store.poses(person))]
        except AsideError as error:
            return [{"reason": f"put aside: {error}"}]
        return verdicts

    def _write(self) -> None:
        """Write the verdicts of parts in which everybody is judged, in order: a copy has those of whom it is a copy of."""
        while (part := self._open.get(self._to_write)) and part.to_judge == len(part.verdicts):
            self._to_write += 1
            if not part.settled:
                of_others = self._verdicts_of_others(part)
                found = [line for row in part.rows.values() for line in verdict_lines(row, part.verdicts, of_others)]
                self._store.write_verdicts(part.number, found, self._plan.judged_by)
                self._store.forget_work(part.items)
            del self._open[part.number]

    def _verdicts_of_others(self, part: _Part) -> dict[Place, list[Row]]:
        """The verdicts in earlier parts' tables on those of whom somebody in this part is a copy."""
        wanted = {
            (p["copy_of"], p["copy_who"])
            for _, p in people(part.rows.values())
            if p["copy_of"] and (p["copy_of"], p["copy_who"]) not in part.verdicts
        }
        found: dict[Place, list[Row]] = {}
        for number in sorted({self._copies.part_of[place] for place in wanted if place in self._copies.part_of}):
            there = self._store.verdicts_of(number)
            found |= {place: rows for place, rows in there.items() if place in wanted}
        return found


def _stands(line: Row, row: Row, *, again: bool) -> bool:
    """Whether a line of verdicts is of somebody who is no copy, in a clip as it is now; and, if `again`, was not put aside."""
    return line["sha256"] == row["sha256"] and line["copy_of"] is None and (line["decision"] is not None or not again)


def _nothing() -> Flow:
    """The flow of a part in which nothing is to be measured."""
    return None
    yield []
