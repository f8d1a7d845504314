"""Whatever stamps say, every picture has a time, and times rise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseprint.io.clock import FASTEST, LONGEST_PAUSES, PAUSE, read_clock


@st.composite
def clocks(draw: st.DrawFn) -> tuple[list[float | None], float]:
    """Stamps of a clock as files have them, and the rate of its pictures."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rate = draw(st.sampled_from([7.5, 15, 24000 / 1001, 24, 25, 30000 / 1001, 30, 33]))
    stamps: list[float] = []
    for _ in range(draw(st.integers(1, 3))):  # sections
        count = draw(st.integers(20, 200))
        own = draw(st.sampled_from([0.0, 1.4, -0.5, 4000.0])) + np.arange(count) / rate
        own += rng.normal(0, draw(st.sampled_from([0, 0.001, 0.004])), count)
        for _ in range(draw(st.integers(0, 3))):
            own[rng.integers(count) :] += draw(st.floats(1.5, 600))
        if draw(st.booleans()):  # B-frames with the stamps of storing
            whole = count // 4 * 4
            own[:whole] = own[:whole].reshape(-1, 4)[:, [0, 3, 1, 2]].ravel()
        stamps += own.tolist()
    tick = draw(st.sampled_from([1e-3, 1 / 600, 1 / 90000, 0.04]))
    known = rng.random(len(stamps)) >= draw(st.sampled_from([0, 0, 0.3]))
    return [round(s / tick) * tick if k else None for s, k in zip(stamps, known, strict=True)], rate


@given(clocks())
def test_every_picture_is_measured_once_at_a_rising_time(told: tuple[list[float | None], float]) -> None:
    stamps, rate = told
    clock = read_clock(stamps, rate)
    assert len(clock.times) == len(stamps)
    assert clock.times[0] == 0
    assert (np.diff(clock.times) > 0).all()
    assert clock.measured.all() or clock.rate > FASTEST
    assert clock.paused <= LONGEST_PAUSES
    assert clock.cuts[1:][np.diff(clock.times) > 2 * PAUSE].all()


@given(st.lists(st.none() | st.floats(-1e12, 1e12) | st.just(float("nan")), min_size=1, max_size=80), st.floats(0, 1e9))
def test_nonsense_has_rising_times_too(stamps: list[float | None], rate: float) -> None:
    clock = read_clock(stamps, rate)
    assert len(clock.times) == len(clock.cuts) == len(clock.measured) == len(stamps)
    assert np.isfinite(clock.times).all()
    assert (np.diff(clock.times) >= 0).all()
    assert 0 < clock.duration < 2 * LONGEST_PAUSES + 100 * len(stamps)


PICTURES = np.arange(300)


@pytest.mark.parametrize(
    ("stamps", "rate", "duration", "cuts", "timed"),
    [
        (PICTURES / 30, 30, 10, [], True),
        (np.round(PICTURES * 1001 / 30) / 1000, 30 / 1.001, 10.01, [], True),
        (PICTURES / 30 + 12 * (PICTURES >= 150), 30, 22, [150], True),
        (np.r_[PICTURES / 25, PICTURES / 25], 25, 24, [300], True),
        (np.r_[PICTURES / 30, 1e7 + PICTURES / 30], 30, 20, [300], True),
        (PICTURES.reshape(-1, 4)[:, [0, 3, 1, 2]].ravel() / 30, 30, 10, [], True),
        (PICTURES // 2 / 15, 30, 10, [], True),
        (np.where(PICTURES % 2, np.nan, PICTURES / 30), 30, 10, [], True),
        ([None] * 300, 25, 12, [], False),
        (PICTURES[::-1] / 30, 30, 10, [], False),
        (np.zeros(300), 30, 10, [], True),
    ],
    ids=[
        "exact",
        "milliseconds",
        "pause",
        "restart",
        "leap",
        "mixed-order",
        "twice-the-same",
        "half-known",
        "none",
        "backwards",
        "constant",
    ],
)
def test_clocks_as_files_have_them(stamps: object, rate: float, duration: float, cuts: list[int], timed: bool) -> None:
    clock = read_clock(stamps, 25 if rate == 25 else 30)  # type: ignore[arg-type]
    assert clock.rate == pytest.approx(rate, rel=5e-3)
    assert clock.duration == pytest.approx(duration, abs=0.05)
    assert np.flatnonzero(clock.cuts).tolist() == cuts
    assert clock.timed == timed


def test_a_header_without_sense_counts_at_thirty() -> None:
    for rate in (0, 1e-3, 1e6, float("nan")):
        assert read_clock([None] * 60, rate).duration == pytest.approx(2)
