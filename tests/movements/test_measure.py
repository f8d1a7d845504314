"""Measuring a recording: gates, tracks and statistics in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from helpers.movers import wanderer

from poseprint.movements.measure import measure


def test_a_zoom_at_a_cut_changes_no_statistic() -> None:
    series = wanderer(300, seed=1)
    position = series.position.copy()
    position[150:] = (position[150:] - 400) * np.float32(1.8) + 400
    cut = {**series.channels, "cut": np.where(np.arange(300) == 150, 1.0, 0.0)}
    plain, zoomed = replace(series, channels=cut), replace(series, channels=cut, position=position)
    for a, b in zip(measure(plain, 2).statistics, measure(zoomed, 2).statistics, strict=True):
        np.testing.assert_allclose(a, b, atol=0.02)
