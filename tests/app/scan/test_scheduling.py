"""Flows and the calls that they wait for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import pytest

from poseprint.app.scan import scheduling
from poseprint.app.scan.runners import WorkerLostError
from poseprint.app.scan.scheduling import AsideError, Flow, Scheduler


class Told:
    """A runner whose calls end in the order in which they were begun, or as it is told; a call's function is what it does."""

    def __init__(self, slots: int = 2) -> None:
        self.slots, self.begun, self.most = slots, list[Any](), 0
        self.at_work: list[Any] = []

    def start(self, function: Callable[..., Any], *given: Any) -> Any:
        task = (function, given, object())
        self.begun.append(given)
        self.at_work.append(task)
        self.most = max(self.most, len(self.at_work))
        return task

    def wait(self, tasks: Collection[Any], seconds: float) -> Collection[Any]:
        del tasks, seconds
        return [self.at_work.pop(0)]

    def result(self, task: Any) -> Any:
        return task[0](*task[1])

    def close(self) -> None:
        pass


def lost(*_: Any) -> None:
    raise WorkerLostError("its worker was ended by SIGKILL")


def faulty(*_: Any) -> None:
    raise ZeroDivisionError("by nought")


def twice(value: int) -> Flow:
    (once,) = yield [(int, value)]
    both = yield [(int, once + 1), (int, once + 2)]
    return sum(both)


def one(function: Callable[..., Any], *given: Any) -> Flow:
    try:
        (result,) = yield [(function, *given)]
    except AsideError as error:
        return str(error)
    return result


def ran(runner: Told, *flows: Callable[[], Flow]) -> dict[int, Any]:
    return dict(Scheduler(runner).run(enumerate(flows)))


def test_flows_get_their_results_in_the_order_of_their_calls() -> None:
    assert ran(Told(), *(partial(twice, k) for k in range(5))) == {k: 2 * k + 3 for k in range(5)}


def test_no_more_is_at_work_than_there_are_slots() -> None:
    runner = Told(3)
    ran(runner, *(partial(twice, k) for k in range(20)))
    assert runner.most == 3


def test_what_has_begun_goes_before_what_has_not() -> None:
    runner = Told(1)
    ran(runner, partial(twice, 10), partial(twice, 20))
    assert runner.begun == [(10,), (11,), (12,), (20,), (21,), (22,)]


def test_what_is_added_goes_before_the_source() -> None:
    runner = Told(1)
    scheduler = Scheduler(runner)
    ended = []
    for key, _ in scheduler.run((k, partial(one, int, k)) for k in range(3)):
        ended.append(key)
        if key == 0:
            scheduler.add("added", partial(one, int, 7))
    assert ended == [0, "added", 1, 2]


def test_a_lost_call_is_begun_twice_then_put_aside() -> None:
    runner = Told()
    found = ran(runner, partial(one, lost), partial(one, int, 5))
    assert found == {0: "its worker was ended by SIGKILL, 2 times", 1: 5}
    assert len(runner.begun) == 3


def test_a_fault_of_our_own_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSEPRINT_DEBUG", raising=False)
    found = ran(Told(), partial(one, faulty), partial(one, int, 5))
    assert "unforeseen ZeroDivisionError" in found[0]
    assert found[1] == 5


def test_a_flow_that_is_put_aside_does_not_wait_for_its_other_calls() -> None:
    def both() -> Flow:
        try:
            yield [(lost,), (int, 1), (int, 2), (int, 3)]
        except AsideError:
            return "aside"

    runner = Told(2)
    assert ran(runner, both, partial(one, int, 9)) == {0: "aside", 1: 9}


def test_results_that_come_too_late_are_not_taken_for_others() -> None:
    def on() -> Flow:
        try:
            yield [(lost,), (int, 1)]
        except AsideError:
            rest = yield [(int, 7), (int, 8)]
            return rest

    assert ran(Told(4), on) == {0: [7, 8]}


def test_what_took_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def later() -> float:
        nonlocal now
        now += 5000
        return now

    monkeypatch.setattr(scheduling.time, "monotonic", later)
    assert ran(Told(), partial(one, lost)) == {0: "it took over 60 minutes, 2 times"}


def test_nothing_to_do_ends_at_once() -> None:
    assert ran(Told()) == {}
