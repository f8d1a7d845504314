"""Processes that take damaged inputs one by one, watched from outside: what hangs, grows or dies is told and replaced."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import multiprocessing.connection
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SECONDS = 10.0
"""Longest time an input may take, of a processor's."""
PATIENCE = 60.0
"""Longest time an input may take by the clock, on a machine that has others to serve."""
MEGABYTES = 1024.0
"""Most memory an input may take above what the process had before."""

Job = tuple[str, int]
"""Kind and number of an input."""
Make = Callable[[], Any]


@dataclass(frozen=True)
class Limits:
    """What an input may take."""

    seconds: float = SECONDS
    patience: float = PATIENCE
    megabytes: float = MEGABYTES


def campaign(jobs: Sequence[Job], bench: Make, workers: int, limits: Limits) -> Iterator[dict[str, Any]]:
    """The outcome of each input, in the order in which they end.

    Args:
        jobs: the inputs.
        bench: makes, in each process, what has `make`, `run` and `use` (`fuzzing.targets.Bench`); it must be pickled.
        workers: processes at a time.
        limits: beyond which an input is a fault.
    """
    waiting = list(reversed(jobs))
    busy = [_Worker(bench, limits) for _ in range(min(workers, len(jobs)))]
    try:
        for worker in busy:
            worker.give(waiting.pop())
        while any(worker.job for worker in busy):
            multiprocessing.connection.wait([w.pipe for w in busy if w.job], timeout=0.5)
            for place, worker in enumerate(busy):
                outcome = worker.outcome()
                if outcome is None:
                    continue
                yield outcome
                if not worker.process.is_alive():
                    busy[place] = worker = _Worker(bench, limits)
                if waiting:
                    worker.give(waiting.pop())
    finally:
        for worker in busy:
            worker.end()


class _Worker:
    """One process and the input it is at."""

    def __init__(self, bench: Make, limits: Limits) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, bench, limits), daemon=True)
        self.process.start()
        theirs.close()
        self.limits, self.job, self.since, self.befell = limits, None, 0.0, ""  # type: tuple[Limits, Job | None, float, str]

    def give(self, job: Job) -> None:
        self.job, self.since, self.befell = job, 0.0, ""
        self.pipe.send(job)

    def outcome(self) -> dict[str, Any] | None:
        """What came of the input, if it ended, died or was stopped; None while it goes on."""
        if self.job is None:
            return None
        try:
            while self.pipe.poll():
                said = self.pipe.recv()
                if isinstance(said, str):  # the input is made: the clock runs
                    self.befell, self.since = said, time.monotonic()
                else:
                    self.job = None
                    return dict(said)
        except (EOFError, OSError):
            self.process.join(10)
            return self._fault("crash", "the process died")
        if self.since and time.monotonic() - self.since > self.limits.patience:
            return self._fault("hang", f"no end after {self.limits.patience:g} s by the clock")
        return None

    def _fault(self, kind: str, what: str) -> dict[str, Any]:
        self.end()
        code = self.process.exitcode or 0
        if kind == "crash" and code == -signal.SIGXCPU:
            kind, what = "hang", f"no end after {self.limits.seconds:g} s of a processor"
        elif kind == "crash" and code < 0:
            what = f"the process died of {signal.Signals(-code).name}"
        assert self.job
        outcome = {
            "kind": self.job[0],
            "number": self.job[1],
            "befell": self.befell,
            "result": kind,
            "faults": [(kind, what)],
        }
        self.job = None
        return {**outcome, "decisions": [], "message": "", "seconds": None, "megabytes": None}

    def end(self) -> None:
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


def _serve(pipe: Any, make_bench: Make, limits: Limits) -> None:
    """Take inputs until the pipe is closed."""
    bench = make_bench()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            kind, number = pipe.recv()
            with tempfile.TemporaryDirectory() as folder:
                path, befell = bench.make(kind, number, Path(folder))
                pipe.send(befell)
                pipe.send({"kind": kind, "number": number, **measured(bench, kind, number, path, befell, limits)})


def measured(bench: Any, kind: str, number: int, path: Path, befell: str, limits: Limits) -> dict[str, Any]:
    """The outcome of an input, with the time and the memory it took; beyond the limits it is a fault."""
    scratch = path.parent / "scratch"
    scratch.mkdir()
    bench.use(scratch)
    before, start = _reset_peak(), time.process_time()
    # Beyond the time that an input may take the system ends the process, wherever it is.
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + limits.seconds + 2), resource.RLIM_INFINITY))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = asdict(bench.run(kind, number, path, befell))
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    seconds, megabytes = time.process_time() - start, max(0.0, _peak() - before)
    if seconds > limits.seconds:
        outcome["faults"].append(("hang", f"{seconds:.1f} s of a processor"))
    if megabytes > limits.megabytes:
        outcome["faults"].append(("memory", f"{megabytes:.0f} MB"))
    shutil.rmtree(scratch, ignore_errors=True)
    return {**outcome, "seconds": round(seconds, 3), "megabytes": round(megabytes, 1)}


def _reset_peak() -> float:
    """Let the peak of this process's memory begin anew; what it has now, MB."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{os.getpid()}/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    """Most memory this process had since the last reset, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0
