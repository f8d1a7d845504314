"""Where tasks run: processes of this machine, or a Ray cluster. Whoever runs them, the tasks are the same."""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, wait
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from poseprint.app.scan.settings import Plan
from poseprint.core.errors import PoseprintError
from poseprint.core.progress import processors

WORKER_BYTES = 900_000_000
"""What a worker may need; there are no more of them than fit into the memory that is free."""
LONGEST_S = 3600.0
"""Seconds that a task may take; then its worker ends."""
TASKS_A_WORKER = 500
"""Tasks after which a worker makes room for a fresh one, for what the libraries it uses do not give back."""


class WorkerLostError(Exception):
    """A worker ended before its task was done; the text says how."""


class Runner(Protocol):
    """Runs tasks: functions of the plan and what else they are given.

    Attributes:
        slots: tasks that it wants to have at a time.
    """

    slots: int

    def start(self, function: Callable[..., Any], *given: Any) -> Any:
        """Start a task; returns what it is known by."""
        ...

    def wait(self, tasks: Collection[Any], seconds: float) -> Collection[Any]:
        """Those of some tasks that have ended, after so many seconds at most."""
        ...

    def result(self, task: Any) -> Any:
        """What a task that has ended returned.

        Raises:
            WorkerLostError: its worker ended before.
            UnreachableError: what it needs could not be fetched.
        """
        ...

    def close(self) -> None:
        """End all workers."""
        ...


def in_time(seconds: float, function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a worker, which ends, whatever it is doing, if that takes longer than so many seconds."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            return function(*given)
        finally:
            faulthandler.cancel_dump_traceback_later()


def most_workers(wanted: int | None) -> int:
    """Workers that this machine bears: one a processor unless told, and no more than its memory holds."""
    free = _free_bytes()
    fitting = max(1, free // WORKER_BYTES) if free else processors()
    return max(1, min(wanted or processors(), fitting))


def _free_bytes() -> int:
    """Memory that is free; 0 where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123
            return next(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return 0


class Local:
    """Processes of this machine, each with its own instruments.

    Args:
        plan: of the scan.
        workers: how many; one a processor unless given.
    """

    def __init__(self, plan: Plan, workers: int | None = None) -> None:
        self.slots = most_workers(workers)
        self._scratch = TemporaryDirectory(prefix="poseprint-scan-")
        self._pool: Any = ProcessPool(
            max_workers=self.slots,
            max_tasks=TASKS_A_WORKER,
            initializer=_become_worker,
            initargs=(plan, os.getpid(), self._scratch.name),
            context=get_context("spawn"),
        )

    def start(self, function: Callable[..., Any], *given: Any) -> Any:
        """See Runner."""
        try:
            return self._pool.schedule(_run, args=(function, *given))
        except RuntimeError as error:  # its locks go by the clock on the wall, which may have been set
            raise PoseprintError(
                "the workers do not answer any more; what is done is kept: start the scan again"
            ) from error

    def wait(self, tasks: Collection[Any], seconds: float) -> Collection[Any]:
        """See Runner."""
        return wait(tasks, timeout=seconds, return_when=FIRST_COMPLETED).done

    def result(self, task: Any) -> Any:
        """See Runner."""
        try:
            return task.result()
        except ProcessExpired as error:
            raise WorkerLostError(_how(error.exitcode)) from error

    def close(self) -> None:
        """See Runner."""
        self._pool.stop()
        self._pool.join()
        self._scratch.cleanup()


def _how(exitcode: int) -> str:
    if exitcode >= 0:
        return f"its worker ended with {exitcode}"
    try:
        name = signal.Signals(-exitcode).name
    except ValueError:
        name = str(-exitcode)
    return f"its worker was ended by {name}"


_plan: Plan | None = None


def _become_worker(plan: Plan, parent: int, scratch: str) -> None:
    """Keep the plan, leave Ctrl-C to the parent, end with it, and leave temporary files where they are removed with it."""
    global _plan
    _plan, tempfile.tempdir = plan, scratch
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent, scratch), daemon=True).start()


def _end_with(parent: int, scratch: str) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


def _run(function: Callable[..., Any], *given: Any) -> Any:
    assert _plan is not None
    return in_time(LONGEST_S, function, _plan, *given)
