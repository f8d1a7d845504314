"""Work that takes long, one piece at a time, in the order in which it was asked for.

Each piece is a file in a folder: whoever starts the program again finds what was waiting and goes on with it. What a piece
has measured by then is in the cache (`poseprint.app.measured`), so that nothing is done twice.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from poseprint.app.shelf import UnknownError, new_id, now
from poseprint.core.errors import PoseprintError, explain
from poseprint.core.files import atomic_write, parse_json
from poseprint.core.progress import Progress, TimeLeft

logger = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
MOST_WAITING = 100
MOST_KEPT = 500
"""Ended jobs that are remembered."""


class CancelledError(Exception):
    """The user wants no more of it; on purpose no PoseprintError, which work may live with."""


@dataclass(frozen=True)
class Job:
    """One piece of work as it stands.

    Attributes:
        id: sorts by when it was asked for.
        kind: what is to be done.
        request: all that it takes, json-ready.
        state: waiting, running, done, failed or cancelled.
        created, ended: when, UTC; empty while it goes on.
        step, done, total, seconds_left: see `poseprint.core.progress`.
        result: of a job that is done.
        error: of one that failed, in words.
    """

    id: str
    kind: str
    request: Mapping[str, Any]
    state: State = "waiting"
    created: str = ""
    ended: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    result: Mapping[str, Any] | None = None
    error: str = ""


Work = Callable[[Job, Progress], Mapping[str, Any]]


class Jobs:
    """A queue with one worker.

    Args:
        folder: where they are kept.
        work: does one; it is told by an exception out of its Progress that it is cancelled.
    """

    def __init__(self, folder: Path, work: Work) -> None:
        self._folder, self._work = folder, work
        self._changed = threading.Condition()
        self._cancelled: set[str] = set()
        self._closing = False
        self._jobs = {job.id: job for job in map(_read, sorted(folder.glob("*.json"))) if job is not None}
        for job in self._jobs.values():
            if job.state == "running":
                self._set(replace(job, state="waiting"))
        self._worker = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._worker.start()

    def submit(self, kind: str, request: Mapping[str, Any]) -> Job:
        """Queue a piece of work.

        Raises:
            TooManyError: so many are waiting that nobody would live to see it.
        """
        with self._changed:
            if sum(job.state == "waiting" for job in self._jobs.values()) >= MOST_WAITING:
                raise TooManyError(f"{MOST_WAITING} jobs are waiting already; cancel some, or come back later")
            return self._set(Job(new_id(), kind, request, created=now()))

    def all(self) -> list[Job]:
        """All that are known, the newest first."""
        with self._changed:
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def get(self, name: str) -> Job:
        """The job of an id. Raises UnknownError if there is none."""
        if name not in self._jobs:
            raise UnknownError(f"{name[:80]}: no such job")
        return self._jobs[name]

    def cancel(self, name: str) -> Job:
        """End a job soon, or before it begins; one that has ended stays as it is."""
        with self._changed:
            job = self.get(name)
            if job.state == "waiting":
                job = self._set(replace(job, state="cancelled", ended=now()))
            elif job.state == "running":
                self._cancelled.add(name)
            return job

    def resume(self, name: str) -> Job:
        """Queue a job again that was cancelled or failed; what it had measured is not measured again."""
        with self._changed:
            job = self.get(name)
            if job.state not in ("cancelled", "failed"):
                raise PoseprintError(f"{name}: is {job.state}; only what was cancelled or failed is taken up again")
            self._cancelled.discard(name)
            return self._set(replace(job, state="waiting", ended="", error="", step="", done=0, total=0))

    def close(self) -> None:
        """Stop working; what is under way is taken up by the next one who opens the folder."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._worker.join(timeout=10)

    def _set(self, job: Job) -> Job:
        """Take note of a job, on disk too unless only its progress changed."""
        with self._changed:
            before = self._jobs.get(job.id)
            self._jobs[job.id] = job
            if before is None or before.state != job.state:
                with suppress(PoseprintError), atomic_write(self._folder / f"{job.id}.json") as partial:
                    partial.write_text(json.dumps(asdict(job)), encoding="utf-8")
            self._changed.notify_all()
        return job

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._forget_old()
            ended = self._worked(job)
            self._cancelled.discard(job.id)
            if ended is not None:
                self._set(replace(ended, ended=now(), seconds_left=None))

    def _next(self) -> Job | None:
        with self._changed:
            while not self._closing:
                waiting = [name for name, job in self._jobs.items() if job.state == "waiting"]
                if waiting:
                    return self._set(replace(self._jobs[min(waiting)], state="running"))
                self._changed.wait()
        return None

    def _worked(self, job: Job) -> Job | None:
        """How a job ended; None if the program ends before it does."""
        left = TimeLeft()

        def progress(step: str, done: int, total: int) -> None:
            if self._closing or job.id in self._cancelled:
                raise CancelledError
            left.report(done, total)
            told = self._jobs[job.id]
            self._set(replace(told, step=step, done=done, total=total, seconds_left=left.seconds()))

        try:
            return replace(job, state="done", result=self._work(job, progress))
        except CancelledError:
            return None if self._closing else replace(self._jobs[job.id], state="cancelled")
        except Exception as error:
            try:
                words = explain(error)
            except Exception:  # POSEPRINT_DEBUG: the log tells where, and the worker lives on
                logger.exception("a job failed")
                words = f"unforeseen {type(error).__name__}: {error}"
            return replace(self._jobs[job.id], state="failed", error=words)

    def _forget_old(self) -> None:
        with self._changed:
            ended = sorted(name for name, job in self._jobs.items() if job.state in ENDED)
            for name in ended[: max(0, len(ended) - MOST_KEPT)]:
                del self._jobs[name]
                with suppress(OSError):
                    (self._folder / f"{name}.json").unlink()


class TooManyError(PoseprintError):
    """More is asked for at once than anybody needs."""


def _read(file: Path) -> Job | None:
    with suppress(OSError, ValueError, TypeError):
        job = Job(**parse_json(file.read_bytes()))
        if job.id == file.stem:
            return job
    return None
