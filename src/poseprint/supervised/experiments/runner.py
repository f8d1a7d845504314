"""Does runs, several at a time, and keeps what is done: a killed experiment goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write
from poseprint.core.progress import Progress
from poseprint.io.dataset import TABLE, read_recordings
from poseprint.supervised.data import Usable, load
from poseprint.supervised.experiments.plan import PlannedRun
from poseprint.supervised.experiments.runs import Run, correct, execute
from poseprint.supervised.settings import Settings

logger = logging.getLogger(__name__)

RESULT = "result.json"

_usable: list[Usable] = []
"""The data set, in a process of its own."""


class Runner:
    """Runs on one data set, with results in folders named after what they depend on.

    Args:
        dataset: folder of the data set.
        folder: for the runs' own.
        usable: the data set.
        length: frames of a movement that a recording must have room for.
        jobs: runs side by side.
    """

    def __init__(self, dataset: Path, folder: Path, usable: Sequence[Usable], length: int, jobs: int) -> None:
        self.dataset, self.folder, self.usable, self.length, self.jobs = dataset, folder, usable, length, jobs
        self.footage = digest(dataset)
        self.pool: ProcessPoolExecutor | None = None

    def key(self, run: Run) -> str:
        """Name of a run's result."""
        return run.key(self.footage)

    def results(self, planned: Sequence[PlannedRun], progress: Progress) -> list[dict[str, Any]]:
        """The result of each run, had now or before; those that others start from come first."""
        by_key: dict[str, PlannedRun] = {}
        for p in planned:
            by_key.setdefault(self.key(p.run), p)
        results: dict[str, dict[str, Any]] = {}
        for starts_from_another in (False, True):
            waiting = []
            for key, p in by_key.items():
                if (p.pretraining is not None) != starts_from_another:
                    continue
                stored = self._stored(p.run)
                if stored is None:
                    waiting.append(p)
                else:
                    results[key] = stored
            if waiting:
                progress(waiting[0].row, len(results), len(by_key))
            for p, result in self._execute(waiting):
                results[self.key(p.run)] = result
                progress(p.row, len(results), len(by_key))
                logger.debug("[%d/%d] %s", len(results), len(by_key), _message(p, result))
        return [results[self.key(p.run)] for p in planned]

    def _folder_of(self, run: Run) -> Path:
        return self.folder / self.key(run)

    def _stored(self, run: Run) -> dict[str, Any] | None:
        """The result of a run that was done before."""
        file = self._folder_of(run) / RESULT
        if not file.exists():
            return None
        try:
            result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["result"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PoseprintError(f"{file}: cannot be read; remove it, and the run is done again") from error
        return result

    def _execute(self, planned: Sequence[PlannedRun]) -> Iterator[tuple[PlannedRun, dict[str, Any]]]:
        """Runs with their results, as they come."""
        calls = [
            (p.run, self._folder_of(p.run), self._folder_of(p.pretraining) if p.pretraining else None) for p in planned
        ]
        if self.jobs == 1:
            with one_thread():
                for p, (run, folder, pretrained) in zip(planned, calls, strict=True):
                    yield p, _execute_and_store(run, self.usable, folder, pretrained)
            return
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.jobs, multiprocessing.get_context("spawn"), _start_process, (self.dataset, self.length)
            )
        futures = {self.pool.submit(_execute_here, *call): p for p, call in zip(planned, calls, strict=True)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise PoseprintError(
                "a run's process ended before its time, perhaps for want of memory (or, called from a script, for want"
                " of `if __name__ == '__main__':`); what is done is kept, and `jobs` 1 needs least"
            ) from error


def _message(planned: PlannedRun, result: dict[str, Any]) -> str:
    run = planned.run
    details = f", {run.details['minutes']:g} minutes" if "minutes" in run.details else ""
    accuracy = f"test accuracy {correct(result['test']).mean():.3f}, " if "test" in result else ""
    return (
        f"{planned.row or 'pre-training'}: {run.person or 'many'}, seed {run.settings.seed}, by {run.settings.split}"
        f"{details}: {accuracy}{result['seconds']:.1f} s"
    )


@contextmanager
def open_runner(dataset: Path, folder: Path, usable: Sequence[Usable], *, length: int, jobs: int) -> Iterator[Runner]:
    """A runner whose processes end with the block, or with this process; the folder is claimed by the caller."""
    runner = Runner(dataset, folder, usable, length, jobs)
    try:
        yield runner
    finally:
        if runner.pool is not None:
            runner.pool.shutdown(cancel_futures=True)


def digest(folder: Path) -> str:
    """sha256 of a data set: its table and its pose files."""
    content = hashlib.sha256((folder / TABLE).read_bytes())
    for line in read_recordings(folder):
        content.update(hashlib.sha256((folder / line.file).read_bytes()).digest())
    return content.hexdigest()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread as long as the block lasts: results must not depend on how many runs go side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _start_process(dataset: Path, length: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once: what is done is on disk
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _usable[:] = load(dataset, Settings(length=length))[0]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _execute_here(run: Run, folder: Path, pretrained: Path | None) -> dict[str, Any]:
    return _execute_and_store(run, _usable, folder, pretrained)


def _execute_and_store(run: Run, usable: Sequence[Usable], folder: Path, pretrained: Path | None) -> dict[str, Any]:
    """Do a run and keep its result."""
    folder.mkdir(parents=True, exist_ok=True)
    result = execute(run, usable, folder, pretrained)
    with atomic_write(folder / RESULT) as partial:
        partial.write_text(json.dumps({"run": asdict(run), "result": result}), encoding="utf-8")
    return result
