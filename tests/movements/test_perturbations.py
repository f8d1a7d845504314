"""What can befall a recording, done to its poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover

from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_WRIST, NECK, RIGHT_WRIST, UPPER_BODY
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import (
    PERTURBATIONS,
    at_frame_rate,
    crop,
    drop_frames,
    half_size,
    hide,
    jitter,
    mirror,
)
from poseprint.movements.statistics import catalogue


def with_depth(series: PoseSeries) -> PoseSeries:
    """The series as if it told depth: each keypoint at a distance of its own, moving."""
    wave = np.sin(np.arange(len(series)) / 9)
    depths = {f"depth_{n}": 10 * k + 20 * wave for k, n in enumerate(UPPER_BODY.keypoints[:8])}
    return replace(series, channels={**series.channels, **depths})


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_every_entry_keeps_who_when_and_how_long_and_says_what_it_did(name: str) -> None:
    series = with_depth(mover(300, person="Ann"))
    before = series.position.copy()
    changed = PERTURBATIONS[name].apply(series)
    assert (changed.person, changed.recording, changed.fps) == (series.person, series.recording, series.fps)
    assert len(changed) == len(series)
    assert changed.time == pytest.approx(series.time)
    assert changed.log[: len(series.log)] == series.log
    assert len(changed.log) > len(series.log)
    assert PERTURBATIONS[name].words
    assert np.array_equal(series.position, before)
    # At 60 frames a second nothing is lost: every second frame is the old one.
    assert np.array_equal(changed.position, series.position, equal_nan=True) == (name == "60_fps")
    assert np.array_equal(PERTURBATIONS[name].apply(series).position, changed.position, equal_nan=True)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_every_entry_can_befall_a_recording_without_anybody(name: str) -> None:
    series = mover(60)
    empty = replace(series, position=np.full_like(series.position, np.nan))
    assert not PERTURBATIONS[name].apply(empty).present().any()


def test_mirrored_twice_is_as_before() -> None:
    series = with_depth(mover(120))
    twice = mirror(mirror(series))
    assert twice.position == pytest.approx(series.position, abs=1e-3)
    assert np.array_equal(twice.confidence, series.confidence)
    assert set(twice.channels) == set(series.channels)
    for name, values in series.channels.items():
        assert np.array_equal(twice.channels[name], values, equal_nan=True)


def test_the_mirrored_right_hand_is_a_left_hand() -> None:
    series = with_depth(hide(mover(90), RIGHT_WRIST))
    mirrored = mirror(series)
    assert mirrored.seen()[:, RIGHT_WRIST].all()
    assert not mirrored.seen()[:, LEFT_WRIST].any()
    assert np.array_equal(mirrored.channels["depth_left_elbow"], series.channels["depth_right_elbow"])
    assert mirrored.shoulder_width() == pytest.approx(series.shoulder_width(), rel=1e-6)


def test_a_symmetric_statistic_does_not_change_in_the_mirror() -> None:
    series = mover(300)
    one, other = (measure(s, 2).movements().statistics for s in (series, mirror(series)))
    names = [s.name for s in catalogue(2)]
    right, left = names.index("speed_right_wrist_50"), names.index("speed_left_wrist_50")
    body = names.index("speed_body_50")
    assert one[:, right] == pytest.approx(other[:, left], abs=1e-3)
    assert one[:, body] == pytest.approx(other[:, body], abs=1e-3)


@pytest.mark.parametrize("fps", [10, 15, 25, 60])
def test_another_frame_rate_keeps_the_length_and_slow_movement(fps: float) -> None:
    series = mover(300, tempo=0.3)
    changed = at_frame_rate(series, fps)
    assert changed.duration == series.duration
    assert np.abs(changed.position[:-6] - series.position[:-6]).max() < 0.05 * series.shoulder_width()


def test_its_own_frame_rate_changes_nothing() -> None:
    series = mover(90)
    assert np.array_equal(at_frame_rate(series, 30).position, series.position)


def test_dropped_frames_are_about_a_fifth_and_depth_does_not_leak_from_them() -> None:
    series = with_depth(mover(1000))
    changed = drop_frames(series)
    gone = ~changed.present()
    assert 0.15 < gone.mean() < 0.25
    known, inside = np.flatnonzero(~gone), np.flatnonzero(gone[1:-1]) + 1
    bridged = np.interp(inside, known, series.channels["depth_nose"][known])
    assert changed.channels["depth_nose"][inside] == pytest.approx(bridged, abs=1e-4)
    with pytest.raises(PoseprintError, match="at least 0 and less than 1"):
        drop_frames(series, 1.0)


def test_a_crop_ends_the_picture_under_the_neck() -> None:
    series = mover(120)
    changed = crop(series, 0.5)
    line = np.median(series.position[:, NECK, 1]) + 0.5 * series.shoulder_width()
    assert changed.frame_size == (1280, round(float(line)))
    assert np.nanmax(changed.position[:, :, 1]) <= line
    assert not changed.seen()[:, [RIGHT_WRIST, LEFT_WRIST]].all()
    assert np.array_equal(crop(series, 100).position, series.position)


def test_half_size_is_in_whole_pixels_and_noise_is_as_large_as_said() -> None:
    series = with_depth(mover(600))
    half = half_size(series)
    assert half.frame_size == (640, 360)
    assert np.array_equal(half.position, np.round(half.position))
    assert half.channels["depth_neck"] == pytest.approx(series.channels["depth_neck"] / 2)
    noise = (jitter(series, 0.05).position - series.position) / series.shoulder_width()
    assert noise.std() == pytest.approx(0.05, rel=0.05)
