"""A recording is measured once, whatever strides its movements are cut at."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.movers import empty, mover, wanderer, with_face

from poseprint.movements import gates, measure, statistics
from poseprint.movements.cleaning import clean
from poseprint.movements.families import BODY
from poseprint.movements.kinds import FACE
from poseprint.movements.measure import Measured, statistics_of
from poseprint.verification.enrolment import enroll
from poseprint.verification.judge import judge
from poseprint.verification.steadiness import COPIES


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each step of measuring is taken."""
    count: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        function = getattr(module, name)

        def call(*arguments: Any, **named: Any) -> Any:
            count[name] += 1
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, call)

    for module, name in (
        (measure, "inspect"),
        (measure, "clean"),
        (gates, "clean"),
        (measure, "tracks_of"),
        (statistics, "BodyMovement"),
    ):
        counted(module, name)
    return count


def test_a_judged_recording_is_measured_once(calls: Counter[str]) -> None:
    profile = enroll("Ann", [mover(900, seed=1, tempo=0.3)])
    calls.clear()
    series = mover(1200, seed=2, tempo=0.3)
    judge(series, profile, stride=150)
    once = dict(calls)
    measured = measure.measure(series, 2)
    spans = {span for stride in (75, 150, 30) for span in measured.movements(stride).spans}
    over = COPIES * len(measured.spans(150))  # what tells the margin
    assert once == {"inspect": 1, "clean": 1, "tracks_of": 1 + COPIES, "BodyMovement": len(spans) + over}


def test_movements_of_any_stride_have_the_statistics_they_have_alone() -> None:
    series = empty(mover(900, seed=3), slice(400, 430))
    measured = measure.measure(series, 2)
    for stride in (75, 150, 30):
        movements = measured.movements(stride)
        alone = measure.measure(series, 2).movements(stride)
        np.testing.assert_array_equal(movements.statistics, alone.statistics)
        assert movements.spans == alone.spans
        assert len(movements) == len(movements.statistics)


def test_seconds_count_each_frame_once() -> None:
    movements = measure.measure(mover(300, seed=4), 2).movements()
    assert movements.spans == ((0, 150), (75, 225), (150, 300))
    assert movements.seconds == 10
    assert movements.subset([0, 1]).seconds == 7.5
    assert movements.subset([]).seconds == 0


def test_a_zoom_at_a_cut_changes_no_statistic() -> None:
    series = wanderer(300, seed=1)
    position = series.position.copy()
    position[150:] = (position[150:] - 400) * np.float32(1.8) + 400
    cut = {**series.channels, "cut": np.where(np.arange(300) == 150, 1.0, 0.0)}
    plain, zoomed = replace(series, channels=cut), replace(series, channels=cut, position=position)
    for a, b in zip(
        measure.measure(plain, 2).movements().statistics, measure.measure(zoomed, 2).movements().statistics, strict=True
    ):
        np.testing.assert_allclose(a, b, atol=0.02)


def test_a_body_that_is_seen_for_less_than_the_face_beside_it_still_tells() -> None:
    series = with_face(mover(300), 0, 0)
    inspection = measure.measure(series, 2).inspection
    kinds = {**inspection.kinds, BODY: ((30, 70),), FACE: ((69, 72), (100, 120))}
    inspection = replace(inspection, spans=kinds[BODY], kinds=kinds)
    measured = Measured(series, inspection, statistics_of(series, clean(series), inspection, 2))
    assert measured.stretches == ((30, 72), (100, 120))
    assert measured.spans() == ((30, 70),)
    assert np.isfinite(measured.movements().statistics).any()
