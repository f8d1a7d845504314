"""PoseSeries: what it demands, and what it tells."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from helpers.movers import mover, with_channel

from poseprint.core.errors import PoseFileError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import (
    LEFT_SHOULDER,
    NOSE,
    RIGHT_SHOULDER,
)


def plain(**changes: Any) -> PoseSeries:
    """Three frames of keypoints at 1, 1."""
    fields: dict[str, Any] = {
        "position": np.ones((3, 12, 2)),
        "confidence": np.ones((3, 12)),
        "time": np.arange(3) / 30,
        "fps": 30,
        "frame_size": (640, 360),
        "recording": "clip",
    }
    return PoseSeries(**{**fields, **changes})


def filled(shape: tuple[int, ...], value: float) -> np.ndarray[Any, Any]:
    array = np.ones(shape)
    array.flat[-1] = value
    return array


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"position": np.ones((3, 11, 2))}, r"clip: position has shape \(3, 11, 2\), expected \(3, 12, 2\)"),
        ({"position": np.ones((2, 12, 2))}, r"position has shape \(2, 12, 2\), expected \(3, 12, 2\)"),
        ({"confidence": np.ones((3, 24))}, r"confidence has shape \(3, 24\), expected \(3, 12\)"),
        ({"position": filled((3, 12, 2), np.inf)}, "a position is farther than 1e.07 pixels"),
        ({"position": filled((3, 12, 2), -np.inf)}, "a position is farther than 1e.07 pixels"),
        ({"confidence": filled((3, 12), 1.01)}, "confidence must be between 0 and 1"),
        ({"confidence": filled((3, 12), -0.01)}, "confidence must be between 0 and 1"),
        ({"confidence": filled((3, 12), np.nan)}, "confidence must be between 0 and 1"),
        ({"time": np.array([0, 1, 1])}, "time must rise from frame to frame"),
        ({"time": np.array([0, 2, 1])}, "time must rise from frame to frame"),
        ({"time": np.array([0, 1, np.nan])}, "time must rise from frame to frame"),
        ({"fps": 0}, "fps must be from 1 to 1000, got 0"),
        ({"fps": -25.0}, "fps must be from 1 to 1000, got -25.0"),
        ({"fps": float("nan")}, "fps must be from 1 to 1000, got nan"),
        ({"fps": float("inf")}, "fps must be from 1 to 1000, got inf"),
        ({"frame_size": (640, 0)}, r"frame_size must be \(width, height\), got \(640, 0\)"),
        ({"frame_size": (640,)}, r"frame_size must be \(width, height\), got \(640,\)"),
        ({"channels": {"cut": np.zeros(4)}}, r"channel 'cut' has shape \(4,\), expected \(3,\)"),
        ({"recording": "", "fps": 0}, r"recording \(unnamed\): fps"),
    ],
)
def test_what_is_not_as_stated_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(PoseFileError, match=problem):
        plain(**changes)


@pytest.mark.parametrize("axis", [0, 1])
def test_nan_in_one_coordinate_makes_the_keypoint_missing(axis: int) -> None:
    position = np.ones((3, 12, 2))
    position[1, 4, axis] = np.nan
    series = plain(position=position)
    assert np.isnan(series.position[1, 4]).all()
    assert series.confidence[1, 4] == 0
    assert not series.seen()[1, 4]
    assert np.isnan(series.position).sum() == 2
    assert (series.confidence == 0).sum() == 1


def test_arrays_cannot_be_written_and_are_not_the_callers() -> None:
    given = np.ones((3, 12, 2), dtype=np.float32)
    series = plain(position=given, channels={"cut": np.zeros(3, dtype=np.float32)})
    for array in (series.position, series.confidence, series.time, series.channels["cut"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    with pytest.raises(TypeError):
        series.channels["new"] = np.zeros(3)  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        series.fps = 25  # type: ignore[misc]
    given[:] = 9
    assert (series.position == 1).all()


def test_types_are_as_stated() -> None:
    series = plain(channels={"cut": [False, True, False]}, frame_size=[640.0, 360.0], log=[{"step": "x"}])
    assert series.position.dtype == series.confidence.dtype == series.channels["cut"].dtype == np.float32
    assert series.time.dtype == np.float64
    assert series.frame_size == (640, 360)
    assert series.log == ({"step": "x"},)


def test_a_series_may_have_no_frames() -> None:
    series = plain(position=np.ones((0, 12, 2)), confidence=np.ones((0, 12)), time=[])
    assert (len(series), series.duration, series.shots()) == (0, 0, [])
    assert np.isnan(series.shoulder_width())
    assert series.present().shape == (0,)


def test_each_frame_stands_for_its_share_of_a_second() -> None:
    assert plain().duration == pytest.approx(0.1)
    assert mover(150).duration == 5


@pytest.mark.parametrize(
    ("cuts", "shots"),
    [
        ([], [(0, 10)]),
        ([4], [(0, 4), (4, 10)]),
        ([0], [(0, 10)]),
        ([0, 1, 9], [(0, 1), (1, 9), (9, 10)]),
    ],
)
def test_shots_lie_between_cuts(cuts: list[int], shots: list[tuple[int, int]]) -> None:
    series = mover(10)
    for cut in cuts:
        series = with_channel(series, "cut", cut, 1)
    assert series.shots() == shots


def test_without_a_cut_channel_there_is_one_shot() -> None:
    assert plain().shots() == [(0, 3)]


def test_a_part_keeps_times_channels_and_says_so() -> None:
    whole = with_channel(mover(100), "cut", 50, 1)
    part = whole.part(40, 60)
    np.testing.assert_array_equal(part.position, whole.position[40:60])
    np.testing.assert_array_equal(part.confidence, whole.confidence[40:60])
    np.testing.assert_array_equal(part.time, whole.time[40:60])
    assert part.channels.keys() == whole.channels.keys()
    assert part.shots() == [(0, 10), (10, 20)]
    assert part.log == (*whole.log, {"step": "part", "first": 40, "last": 60})


def test_logged_changes_a_copy() -> None:
    before = plain()
    after = before.logged("crop", frame_size=(320, 180), details={"x": 1})
    assert after.frame_size == (320, 180)
    assert after.log == ({"step": "crop", "x": 1},)
    assert (before.frame_size, before.log) == ((640, 360), ())


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        ("mediapipe-pose-full", [False, False, False, True]),
        ("unknown", [False, False, False, True]),
        ("openpose", [False, True, True, True]),
    ],
)
def test_from_which_confidence_a_keypoint_is_seen(estimator: str, expected: list[bool]) -> None:
    confidence = np.tile(np.array([[0.09], [0.1], [0.49], [0.5]], dtype=np.float32), (1, 12))
    series = plain(
        position=np.ones((4, 12, 2)), confidence=confidence, time=np.arange(4) / 30, estimator=EstimatorInfo(estimator)
    )
    assert series.seen().all(axis=1).tolist() == expected
    assert series.seen().any(axis=1).tolist() == expected
    assert series.present().all()


def test_a_person_is_present_with_one_keypoint() -> None:
    position = np.full((3, 12, 2), np.nan)
    position[1, NOSE] = 5
    assert plain(position=position).present().tolist() == [False, True, False]


def test_shoulder_width_is_the_median_distance() -> None:
    position = np.ones((3, 12, 2))
    position[:, LEFT_SHOULDER] = [[4, 5], [31, 41], [7, 9]]  # 5, 50 and 10 from 1, 1
    assert plain(position=position).shoulder_width() == 10
    position[1, RIGHT_SHOULDER] = np.nan
    assert plain(position=position).shoulder_width() == 7.5
    position[:, LEFT_SHOULDER] = np.nan
    assert np.isnan(plain(position=position).shoulder_width())
    assert mover(shoulder=150).shoulder_width() == pytest.approx(150)


def test_replace_checks_again() -> None:
    with pytest.raises(PoseFileError, match="fps"):
        replace(plain(), fps=0)


def test_time_that_does_not_fit_the_rate_is_refused() -> None:
    with pytest.raises(PoseFileError, match="does not rise by 1 / 30 s"):
        plain(time=np.arange(3.0))


def test_an_infinite_channel_is_refused() -> None:
    with pytest.raises(PoseFileError, match="channel 'people' holds infinity"):
        plain(channels={"people": np.array([1, np.inf, 1])})
