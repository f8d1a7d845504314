"""How alike people look, by the colours of head and chest."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.movers import mover
from hypothesis import given
from hypothesis import strategies as st

from poseprint.core.arrays import Array
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.appearance import LEVELS, colours
from poseprint.rendering.avatar import draw_frames
from poseprint.rendering.figure import LOOKS


def look_of(name: str, seed: int = 0) -> Array:
    series = mover(1, shoulder=150, seed=seed, centre=(0.4 + 0.1 * seed, 0.4))
    return colours(next(draw_frames(series, look=LOOKS[name])), series.position)[0]


@pytest.mark.slow
def test_the_same_clothes_are_alike_and_others_are_not() -> None:
    before, after = ({name: look_of(name, seed) for name in LOOKS} for seed in (0, 1))
    for name, look in before.items():
        likeness = {other: float(look @ after[other]) for other in LOOKS}
        assert max(likeness, key=likeness.__getitem__) == name
        assert likeness[name] > 0.9 > max(value for other, value in likeness.items() if other != name)


def test_where_no_head_is_known_nothing_is_known() -> None:
    position = np.full((2, len(UPPER_BODY.keypoints), 2), np.nan)
    position[1, 0] = 10
    looks = colours(np.zeros((40, 60, 3), dtype=np.uint8), position)
    assert looks.shape == (2, 2 * LEVELS**3)
    assert np.isnan(looks).all()
    assert colours(np.zeros((40, 60, 3), dtype=np.uint8), position[:0]).shape == (0, 2 * LEVELS**3)


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 400))
def test_a_share_of_colours_wherever_somebody_is(x: float, y: float, unit: float) -> None:
    position = mover(1, shoulder=unit, centre=(0, 0)).position + np.array([x, y])
    looks = colours(np.full((40, 60, 3), 200, dtype=np.uint8), position)
    assert 0 <= (looks**2).sum() <= 1 + 1e-9
