"""Who is in a picture, on drawn figures whose joints are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from helpers.movers import mover

from poseprint.core.skeleton import LEFT_EYE, NOSE, RIGHT_EYE
from poseprint.estimation.finder import PeopleFinder
from poseprint.rendering.avatar import draw_frames


@pytest.fixture(scope="module")
def finder(models: None) -> Iterator[PeopleFinder]:
    loaded = PeopleFinder()
    yield loaded
    loaded.close()


@pytest.mark.slow
@pytest.mark.models
def test_one_person_is_where_they_were_drawn(finder: PeopleFinder) -> None:
    series = mover(1, shoulder=200)
    position, confidence = finder.find(next(draw_frames(series)))
    assert position.shape == (1, 12, 2)
    assert (confidence[0] > 0).tolist() == np.isfinite(position[0, :, 0]).tolist()
    for k in (NOSE, RIGHT_EYE, LEFT_EYE):
        assert np.linalg.norm(position[0, k] - series.position[0, k]) < 0.15 * 200


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (37, 100), (640, 360)])
def test_nobody(finder: PeopleFinder, size: tuple[int, int]) -> None:
    position, confidence = finder.find(np.full((size[1], size[0], 3), 120, dtype=np.uint8))
    assert position.shape == (0, 12, 2)
    assert confidence.shape == (0, 12)
