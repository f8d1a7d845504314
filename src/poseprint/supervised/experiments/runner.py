"""Carries out runs, several at a time, and keeps what is done: a killed experiment goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from poseprint.core.errors import PoseprintError
from poseprint.core.files import demand_writable, held, replacing
from poseprint.io.dataset import TABLE, read_recordings
from poseprint.supervised.data import Usable, load
from poseprint.supervised.experiments.plan import Planned
from poseprint.supervised.experiments.runs import Run, perform, right
from poseprint.supervised.settings import Settings

RESULT = "result.json"
Said = Callable[[int, int, str, str], None]
"""Called after each run with (done, in all, name of its row, a line about it)."""

_usable: list[Usable] = []


class Workshop:
    """Runs on one data set, with results in folders named after what they depend on."""

    def __init__(self, folder: Path, runs: Path, usable: Sequence[Usable], length: int, jobs: int) -> None:
        self.folder, self.runs, self.usable, self.length, self.jobs = folder, runs, usable, length, jobs
        self.footage = digest(folder)
        self.pool: ProcessPoolExecutor | None = None

    def place(self, run: Run) -> Path:
        """Folder of a run."""
        return self.runs / run.key(self.footage)

    def perform(self, planned: Sequence[Planned], said: Said) -> dict[str, dict[str, Any]]:
        """The results of runs by their keys, done now or before; those that others start from are done first."""
        by_key: dict[str, Planned] = {}
        for one in planned:
            by_key.setdefault(one.run.key(self.footage), one)
        results: dict[str, dict[str, Any]] = {}
        for stage in (False, True):
            waiting: list[Planned] = []
            for key, one in by_key.items():
                if (one.after is not None) != stage:
                    continue
                before = self._done(one.run)
                if before is None:
                    waiting.append(one)
                else:
                    results[key] = before
            for one, result in self._carried_out(waiting):
                results[one.run.key(self.footage)] = result
                said(len(results), len(by_key), one.row, _line(one, result))
        return results

    def _done(self, run: Run) -> dict[str, Any] | None:
        file = self.place(run) / RESULT
        if not file.exists():
            return None
        try:
            result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["result"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PoseprintError(f"{file}: cannot be read; remove it, and the run is done again") from error
        return result

    def _carried_out(self, waiting: Sequence[Planned]) -> Iterator[tuple[Planned, dict[str, Any]]]:
        calls = [(p.run, self.place(p.run), self.place(p.after) if p.after else None) for p in waiting]
        if self.jobs == 1:
            with one_thread():
                for planned, (run, place, start) in zip(waiting, calls, strict=True):
                    yield planned, _kept(run, self.usable, place, start)
            return
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.jobs, multiprocessing.get_context("spawn"), _open, (self.folder, self.length)
            )
        futures = {self.pool.submit(_work, *call): p for p, call in zip(waiting, calls, strict=True)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise PoseprintError(
                "a run's process ended before its time, perhaps for want of memory (or, called from a script, for want"
                " of `if __name__ == '__main__':`); what is done is kept, and --jobs 1 needs least"
            ) from error


def _line(planned: Planned, result: dict[str, Any]) -> str:
    run = planned.run
    details = f", {run.details['minutes']:g} minutes" if "minutes" in run.details else ""
    found = f"test accuracy {right(result['test']).mean():.3f}, " if "test" in result else ""
    return (
        f"{planned.row or 'pre-training'}: {run.person or 'many'}, seed {run.settings.seed}, by {run.settings.split}"
        f"{details}: {found}{result['seconds']:.1f} s"
    )


@contextmanager
def open_workshop(folder: Path, runs: Path, usable: Sequence[Usable], *, length: int, jobs: int) -> Iterator[Workshop]:
    """A workshop that has its folder to itself, and whose processes end with the block, or with this process."""
    demand_writable(runs)
    shop = Workshop(folder, runs, usable, length, jobs)
    with held(runs / "lock", f"{runs}: another experiment is at work there"):
        try:
            yield shop
        finally:
            if shop.pool is not None:
                shop.pool.shutdown(cancel_futures=True)


def digest(folder: Path) -> str:
    """sha256 of a data set: its table and its pose files."""
    content = hashlib.sha256((folder / TABLE).read_bytes())
    for line in read_recordings(folder):
        content.update(hashlib.sha256((folder / line.file).read_bytes()).digest())
    return content.hexdigest()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread as long as the block lasts: results must not hang on how many runs go side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _open(folder: Path, length: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once: what is done is on disk
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _usable[:] = load(folder, Settings(length=length))[0]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(run: Run, place: Path, start: Path | None) -> dict[str, Any]:
    return _kept(run, _usable, place, start)


def _kept(run: Run, usable: Sequence[Usable], place: Path, start: Path | None) -> dict[str, Any]:
    """Do a run and keep its result."""
    place.mkdir(parents=True, exist_ok=True)
    result = perform(run, usable, place, start)
    with replacing(place / RESULT) as partial:
        partial.write_text(json.dumps({"run": asdict(run), "result": result}), encoding="utf-8")
    return result
