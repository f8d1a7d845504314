"""Poses made usable: short gaps filled, rates brought to one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover, with_channel

from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import RIGHT_WRIST
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.gates import inspect


def line(frames: int = 60, *, fps: float = 30.0, cut: int | None = None) -> PoseSeries:
    """Keypoint k moves in a straight line: x = 100 k + 60 t, y = 240 t, t in seconds."""
    series = mover(frames, fps=fps)
    t = np.broadcast_to(series.time[:, None], (frames, 12))
    position = np.stack([100 * np.arange(12) + 60 * t, 240 * t], axis=2)
    series = replace(series, position=position)
    return series if cut is None else with_channel(series, "cut", cut, 1)


def unseen(series: PoseSeries, frames: slice, keypoint: int = RIGHT_WRIST) -> PoseSeries:
    """The series with a keypoint guessed wrongly, with low confidence, at some frames."""
    position, confidence = series.position.copy(), series.confidence.copy()
    position[frames, keypoint] = -999
    confidence[frames, keypoint] = 0.3
    return replace(series, position=position, confidence=confidence)


def test_short_gaps_are_filled_by_straight_lines() -> None:
    series = line(60)
    cleaned = clean(unseen(series, slice(20, 26)))
    np.testing.assert_allclose(cleaned.position, series.position, rtol=1e-6)
    untouched = np.ones((60, 12), dtype=bool)
    untouched[20:26, RIGHT_WRIST] = False
    np.testing.assert_array_equal(cleaned.position[untouched], series.position[untouched])
    assert cleaned.log[-1] == {"step": "clean", "longest_gap_s": 0.2}


def test_three_frames_between_two_are_quarters() -> None:
    series = unseen(mover(10), slice(4, 7))
    a, b = series.position[3, RIGHT_WRIST].astype(np.float64), series.position[7, RIGHT_WRIST].astype(np.float64)
    expected = np.array([0.75 * a + 0.25 * b, 0.5 * a + 0.5 * b, 0.25 * a + 0.75 * b], dtype=np.float32)
    np.testing.assert_array_equal(clean(series).position[4:7, RIGHT_WRIST], expected)


@pytest.mark.parametrize(
    "gap", [slice(20, 27), slice(0, 2), slice(58, 60), slice(0, 60)], ids=["long", "start", "end", "all"]
)
def test_long_gaps_and_ends_stay_missing(gap: slice) -> None:
    cleaned = clean(unseen(line(60), gap))
    missing = ~np.isfinite(cleaned.position[:, :, 0])
    assert missing[gap, RIGHT_WRIST].all()
    assert missing.sum() == gap.stop - gap.start
    assert (cleaned.confidence[missing] == 0).all()


@pytest.mark.parametrize("cut", [20, 22, 24])
def test_no_gap_is_filled_across_a_cut(cut: int) -> None:
    cleaned = clean(unseen(line(60, cut=cut), slice(20, 24)))
    assert np.isnan(cleaned.position[20:24, RIGHT_WRIST]).all()


def test_a_cut_elsewhere_does_not_matter() -> None:
    assert np.isfinite(clean(unseen(line(60, cut=19), slice(20, 24))).position).all()
    assert np.isfinite(clean(unseen(line(60, cut=25), slice(20, 24))).position).all()


def test_the_longest_gap_can_be_set() -> None:
    gap = unseen(line(60), slice(20, 35))
    assert np.isfinite(clean(gap, longest_gap=0.5).position).all()
    assert np.isnan(clean(gap, longest_gap=0.0).position).any()
    assert np.isnan(clean(unseen(line(60), slice(20, 21)), longest_gap=0.0).position).any()


def test_clean_of_a_clean_series_changes_nothing() -> None:
    series = mover()
    np.testing.assert_array_equal(clean(series).position, series.position)
    np.testing.assert_array_equal(clean(series).confidence, series.confidence)


@pytest.mark.parametrize("fps", [10.0, 24.0, 25.0, 50.0, 60.0])
def test_resampled_linear_motion_is_exact(fps: float) -> None:
    series = resample(line(round(2 * fps), fps=fps), 30)
    expected = line(60)
    assert (len(series), series.fps) == (60, 30)
    np.testing.assert_allclose(series.time, expected.time, atol=1e-12)
    inside = series.time <= 2 - 1 / fps
    np.testing.assert_allclose(series.position[inside], expected.position[inside], rtol=1e-5, atol=1e-4)
    # After the source's last picture nothing is made up: the last pose stays.
    np.testing.assert_allclose(
        series.position[~inside, :, 1], np.full(((~inside).sum(), 12), 240 * (2 - 1 / fps)), rtol=1e-5
    )
    assert series.log[-1] == {"step": "resample", "fps": 30, "from_fps": fps}


def test_resample_at_the_same_rate_changes_nothing() -> None:
    series = mover(50)
    assert resample(series, 30) is series
    assert resample(series, 30.0000001) is series


def test_what_is_missing_stays_missing_when_resampled() -> None:
    series = clean(unseen(line(50, fps=25), slice(20, 30)))
    again = resample(series, 30)
    missing = np.isnan(again.position[:, RIGHT_WRIST, 0])
    # Known only between two known frames: up to frame 19 (0.76 s) and from frame 30 (1.2 s) on.
    np.testing.assert_array_equal(missing, (again.time > 0.76 + 1e-9) & (again.time < 1.2 - 1e-9))
    assert (again.confidence[missing, RIGHT_WRIST] == 0).all()
    assert np.isfinite(np.delete(again.position, RIGHT_WRIST, axis=1)).all()


@pytest.mark.parametrize("fps", [24.0, 25.0, 50.0, 60.0, 120.0])
@pytest.mark.parametrize("cut", [20, 21, 22, 23])
def test_no_frame_is_mixed_of_two_shots(fps: float, cut: int) -> None:
    series = line(48, fps=fps, cut=cut)
    position = np.where(np.arange(48)[:, None, None] < cut, 0.0, 1000.0) + np.zeros((48, 12, 2))
    again = resample(replace(series, position=position), 30)
    assert set(np.unique(again.position)) == {0, 1000}
    first = int(np.argmax(again.position[:, 0, 0] == 1000))
    assert again.shots() == [(0, first), (first, len(again))]


def test_people_counted_are_kept_when_resampled() -> None:
    series = with_channel(mover(122, fps=60), "people", 61, 2)
    people = resample(series, 30).channels["people"]
    assert np.flatnonzero(~np.isnan(people)).tolist() == [0, 30, 31, 60]
    assert people[[0, 30, 31, 60]].tolist() == [1, 1, 2, 1]


def test_a_resampled_clean_recording_is_clean() -> None:
    for fps in (60, 50):
        assert {f.code for f in inspect(resample(mover(600, fps=fps), 30)).findings} <= {"FRAME_RATE_CONVERTED"}


def test_no_frames_resampled_are_no_frames() -> None:
    again = resample(mover(0, fps=25), 30)
    assert (len(again), again.fps) == (0, 30)
