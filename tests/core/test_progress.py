"""How long a step still takes."""

from __future__ import annotations

import pytest

from poseprint.core.progress import TimeLeft, numbered


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_is_by_the_mean_speed_and_counts_down() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    assert left.seconds() is None
    left.report(0, 100)
    assert left.seconds() is None
    clock.now += 300
    left.report(10, 100)
    assert left.seconds() == pytest.approx(2700)
    clock.now += 200
    assert left.seconds() == pytest.approx(2500)
    clock.now += 100
    left.report(20, 100)
    assert left.seconds() == pytest.approx(2400)
    clock.now += 9000
    assert left.seconds() == 0
    left.report(100, 100)
    assert left.seconds() == 0


def test_what_was_only_looked_up_does_not_count() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    for done in (0, 300, 600):
        left.report(done, 1000)
        clock.now += 0.01
    clock.now += 9.98
    left.report(700, 1000)
    assert left.seconds() == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("step", [(5, 100), (50, 200)])
def test_a_new_step_begins_anew(step: tuple[int, int]) -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.report(0, 100)
    clock.now += 10
    left.report(50, 100)
    assert left.seconds() == pytest.approx(10)
    left.report(*step)
    assert left.seconds() is None


def test_pieces_are_numbered_where_there_are_several() -> None:
    seen: list[tuple[str, int, int]] = []

    def progress(step: str, done: int, total: int) -> None:
        seen.append((step, done, total))

    numbered(progress, 1, 1)("a.mp4", 3, 9)
    numbered(progress, 2, 5)("b.mp4", 4, 8)
    assert seen == [("a.mp4", 3, 9), ("b.mp4 (2 of 5)", 4, 8)]
