"""Work that takes several tasks, as generators, and who gives their tasks to a runner: tries, back-pressure.

A flow yields lists of calls, at least one each time, is sent the list of their results, and returns what came of it. As
many calls are at work as the runner has slots; those of flows that have begun go before new flows, so that few are open.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from poseprint.app.scan.runners import LONGEST_S, Runner, WorkerLostError
from poseprint.core.errors import explain

TRIES = 2
"""Times that a task is begun that ends badly: its worker dies, its file cannot be fetched, or it fails as nobody foresaw."""
_TICK_S = 0.5

Call = tuple[Any, ...]
"""A function and what it is given besides the plan."""
Flow = Generator[list[Call], Any, Any]


class AsideError(Exception):
    """A task that was tried often enough; the text says what became of it."""


@dataclass(eq=False)
class _Open:
    """A flow that has begun, and the results of the calls that it waits for."""

    key: Any
    flow: Flow
    results: list[Any] = field(default_factory=list)
    missing: int = 0


@dataclass(eq=False)
class _Call:
    """A call of a flow: where its result goes, how often it was begun, and when last."""

    of: _Open
    results: list[Any]
    place: int
    call: Call
    tries: int = 0
    begun: float = 0.0

    @property
    def is_waited_for(self) -> bool:
        """Whether its flow has not gone on without it."""
        return self.results is self.of.results


class Scheduler:
    """Runs flows.

    Args:
        runner: runs their tasks.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._ready: deque[_Call] = deque()
        self._at_work: dict[Any, _Call] = {}
        self._soon: deque[tuple[Any, Callable[[], Flow]]] = deque()
        self._ended: deque[tuple[Any, Any]] = deque()

    def add(self, key: Any, flow: Callable[[], Flow]) -> None:
        """Begin a flow before those of the source, as soon as there is room; `key` tells it apart."""
        self._soon.append((key, flow))

    def run(self, source: Iterable[tuple[Any, Callable[[], Flow]]]) -> Iterator[tuple[Any, Any]]:
        """Begin the flows of a source as there is room, and give the key and result of each that ends, and of those added meanwhile."""
        coming = iter(source)
        while True:
            following: tuple[Any, Callable[[], Flow]] | None = None
            while len(self._ready) + len(self._at_work) < self._runner.slots and not self._ended:
                following = self._soon.popleft() if self._soon else next(coming, None)
                if following is None:
                    break
                self._go_on(_Open(following[0], following[1]()))
            while self._ready and len(self._at_work) < self._runner.slots:
                self._start(self._ready.popleft())
            if self._ended:
                yield self._ended.popleft()
            elif self._at_work:
                self._collect()
            elif following is None and not self._soon:
                return

    def _start(self, call: _Call) -> None:
        call.tries += 1
        call.begun = time.monotonic()
        self._at_work[self._runner.start(*call.call)] = call

    def _collect(self) -> None:
        """Wait for a task, and hand on what ended."""
        for task in self._runner.wait(list(self._at_work), _TICK_S):
            call = self._at_work.pop(task)
            try:
                call.results[call.place] = self._runner.result(task)
            except Exception as error:  # whatever befell it: the others go on
                if call.is_waited_for and call.tries < TRIES:
                    self._ready.append(call)
                elif call.is_waited_for:
                    why = str(error) if isinstance(error, WorkerLostError) else explain(error)
                    if time.monotonic() - call.begun >= LONGEST_S:
                        why = f"it took over {LONGEST_S / 60:.0f} minutes"
                    self._go_on(call.of, AsideError(f"{why}, {TRIES} times"))
                continue
            if call.is_waited_for:
                call.of.missing -= 1
                if not call.of.missing:
                    self._go_on(call.of)

    def _go_on(self, opened: _Open, error: AsideError | None = None) -> None:
        """Let a flow go on with its results, or with what became of one of its calls."""
        try:
            if error is not None:
                self._ready = deque(c for c in self._ready if c.of is not opened)
                calls = opened.flow.throw(error)
            else:
                calls = opened.flow.send(opened.results or None)
        except StopIteration as end:
            opened.results = []
            self._ended.append((opened.key, end.value))
            return
        opened.results, opened.missing = [None] * len(calls), len(calls)
        self._ready.extendleft(_Call(opened, opened.results, k, calls[k]) for k in reversed(range(len(calls))))
