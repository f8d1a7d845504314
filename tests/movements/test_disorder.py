"""Poses in disorder are told from a body that moves, however lively, and from an estimator that trembles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import disordered, mover, trembling, without

from poseprint.app.demo import SAMPLE
from poseprint.core.series import PoseSeries
from poseprint.io.parquet import read_poses
from poseprint.movements.disorder import disorder_of
from poseprint.movements.gates import inspect

pytestmark = pytest.mark.filterwarnings("error")
RECORDINGS = sorted((SAMPLE / "recordings").glob("*.parquet"))


def codes(series: PoseSeries) -> set[str]:
    return {found.code for found in inspect(series).findings}


@pytest.mark.parametrize(
    "moving",
    [
        lambda: disordered(mover(tempo=2), slice(150, 165)),  # for a moment
        lambda: mover(tempo=4, amplitude=0.8),
        lambda: trembling(mover(), 0.02),
    ],
)
def test_a_body_that_moves_is_in_order(moving: Callable[[], PoseSeries]) -> None:
    assert codes(moving()) == set()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_film_is_in_order_and_its_poses_in_any_order_are_not(path: Path) -> None:
    series = read_poses(path).part(0, 300)
    assert "UNSTEADY" not in codes(series)
    assert "UNSTEADY" in codes(disordered(series, slice(None)))


def test_it_is_measured_every_second_for_two() -> None:
    series = disordered(mover(150), slice(0, 60))
    found = disorder_of(series, series.seen())
    assert [(first, last) for first, last, _ in found] == [(0, 60), (30, 90), (60, 120), (90, 150)]
    assert found[0][2].disorder > 2 > 0.5 > found[2][2].disorder
    assert found[0][2].together > 0.8


def test_of_nobody_nothing_is_known() -> None:
    series = mover(10)
    for hidden in (series, without(series, "nose", "neck")):
        ((_, _, found),) = disorder_of(hidden, np.zeros_like(hidden.seen()))
        assert np.isnan([found.turn, found.disorder, found.together]).all()
