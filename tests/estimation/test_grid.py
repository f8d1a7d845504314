"""What lies between measured pictures."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.estimation.grid import LONGEST_GAP, Between

COUNT = 90
GRID = np.arange(COUNT) / 30


def sway(time: Array) -> Array:
    return np.stack([np.sin(2 * np.pi * time), np.cos(2 * np.pi * 1.5 * time)], axis=1)


def filled(time: Array, values: Array, shot: Array | None = None) -> Array:
    return Between.of(time, np.zeros(len(time)) if shot is None else shot, COUNT)(values)


@pytest.mark.parametrize("rate", [10, 12, 15])
def test_few_pictures_are_joined_by_curves(rate: int) -> None:
    time = np.arange(0, 3 + 1 / rate, 1 / rate)
    line = np.stack([np.interp(GRID, time, v) for v in sway(time).T], axis=1)
    inner = slice(30 // rate + 1, COUNT - 30 // rate - 1)
    curve = filled(time, sway(time))
    off, off_straight = (np.abs(v - sway(GRID))[inner].max() for v in (curve, line))
    assert off < 0.4 * off_straight


@pytest.mark.parametrize("rate", [24, 25, 30])
def test_many_pictures_are_joined_by_lines(rate: int) -> None:
    time = np.arange(0, 3 + 1 / rate, 1 / rate)
    line = np.stack([np.interp(GRID, time, v) for v in sway(time).T], axis=1)
    assert np.allclose(filled(time, sway(time)), line, atol=1e-9)


def test_a_picture_is_where_it_was_measured() -> None:
    time = np.arange(0, 3, 0.1)
    assert np.array_equal(filled(time, sway(time))[::3], sway(time))


def test_steady_movement_stays_on_its_line() -> None:
    time = np.array([0, 0.1, 0.2, 0.27, 0.4, 0.5, *np.arange(0.6, 3, 0.1)])
    values = 5 - 3 * time
    assert np.allclose(filled(time, values)[:-4], (5 - 3 * GRID)[:-4])


def test_a_curve_knows_nothing_of_another_shot_or_of_what_is_not_seen() -> None:
    time = np.arange(0, 3, 0.1)
    values = np.where(time < 1.5, 10 * time, 1000.0)
    shot = (time >= 1.5).astype(float)
    before = filled(time, values, shot)[:43]
    assert np.allclose(before, 10 * GRID[:43])
    unseen = np.where(np.arange(len(time)) == 10, np.nan, 10 * time)
    curve = filled(time, unseen)
    assert np.isnan(curve[28:33]).all()
    assert np.allclose(curve[:28], 10 * GRID[:28])


def test_nothing_is_known_far_from_any_picture() -> None:
    time = np.array([0, 0.1, 0.2, 1.0, 1.1])
    between = Between.of(time, np.zeros(5), COUNT)
    far = np.abs(GRID[:, None] - time).min(axis=1) > LONGEST_GAP + 0.02
    assert not between.known[far].any()
    assert between.known[[0, 3, 6, 30, 33]].all()
