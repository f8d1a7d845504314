"""Statistics of movements: exact on made-up motion, blind to what is not the person's, NaN where nothing was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.channels import FACE, HEAD
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.movements.cleaning import clean
from poseprint.movements.head import COUNT
from poseprint.movements.statistics import (
    FURTHER,
    MOTION,
    STATIC,
    MovementStatistics,
    catalogue,
    columns_of,
    face_tracks,
    mean_statistics,
)
from poseprint.movements.tracks import axes_of, tracks_of

NAMES = {axes: [s.name for s in catalogue(axes)] for axes in (2, 3)}
OF_BODY = len(catalogue(2)) - COUNT


def taken(series: PoseSeries, spans: list[tuple[int, int]] | None = None) -> np.ndarray:
    """The body's statistics."""
    spans = spans or [(0, len(series))]
    table = MovementStatistics(tracks_of(clean(series), axes=2), [(0, len(series))]).of(spans)
    assert np.isnan(table[:, OF_BODY:]).all()
    return table[:, :OF_BODY].astype(np.float64)


def value(table: np.ndarray, name: str) -> float:
    return float(table[0, NAMES[2].index(name)])


@pytest.mark.parametrize("axes", [2, 3])
def test_every_statistic_has_a_name_of_its_own_and_a_known_quality(axes: int) -> None:
    assert len(set(NAMES[axes])) == len(NAMES[axes])
    assert {s.quality for s in catalogue(axes)} | {"expression"} == {*STATIC, *MOTION, *FURTHER}
    assert [s.part for s in catalogue(axes)].count("body") == (OF_BODY if axes == 2 else len(catalogue(3)))
    assert not set(columns_of(STATIC, axes)) & set(columns_of(MOTION, axes))
    assert all(s.keypoints and s.words for s in catalogue(axes))
    assert sum(s.quality == "correlation" for s in catalogue(axes)) == 190  # Agarwal et al. 2019


def test_known_motion_has_known_statistics() -> None:
    table = taken(mover(600, amplitude=0.3, tempo=1.0, sway=0.0))
    # A sine of amplitude 0.3 shoulder widths: deviation 0.3 / sqrt(2), speed deviation times 2 pi a second.
    assert np.exp(value(table, "spread_right_wrist_x")) == pytest.approx(0.3 / np.sqrt(2), rel=0.03)
    assert np.exp(value(table, "velocity_right_wrist_x")) == pytest.approx(0.3 / np.sqrt(2) * 2 * np.pi, rel=0.06)
    assert value(table, "place_right_shoulder_x") == pytest.approx(-0.5, abs=0.01)
    assert np.exp(value(table, "shoulder_left_shoulder")) == pytest.approx(0.5, abs=0.02)


@pytest.mark.filterwarnings("error")
def test_what_stands_still_goes_with_nothing() -> None:
    series = mover(300)
    position = np.repeat(series.position[:1], 300, axis=0)
    still = taken(replace(series, position=position), [(0, length) for length in (30, 40, 150)])
    assert not np.isinf(still).any()


def test_tempo_and_amplitude_tell_their_own() -> None:
    base, fast, large = (taken(mover(600, **k)) for k in ({}, {"tempo": 1.5}, {"amplitude": 0.45}))
    assert value(fast, "tempo_right_wrist_fast") - value(base, "tempo_right_wrist_fast") == pytest.approx(
        np.log(1.5), abs=0.05
    )
    assert value(large, "tempo_right_wrist_fast") == pytest.approx(value(base, "tempo_right_wrist_fast"), abs=0.03)
    assert value(large, "spread_right_wrist_x") - value(base, "spread_right_wrist_x") == pytest.approx(
        np.log(1.5), abs=0.03
    )


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(0.4, 2.5), x=st.floats(-300, 300), y=st.floats(-200, 200))
def test_place_and_size_in_the_picture_change_nothing(scale: float, x: float, y: float) -> None:
    series = mover(150)
    moved = replace(series, position=series.position * np.float32(scale) + np.array([x, y], dtype=np.float32))
    # 32-bit pixels far from the origin are rounded, so small statistics wander a little.
    np.testing.assert_allclose(taken(moved), taken(series), atol=0.02)


def test_mean_pose_is_no_motion() -> None:
    series = mover(150)
    position = series.position.copy()
    position[:, 4] += (40, -60)  # the right wrist held elsewhere
    motion = columns_of(("amplitude", "speed", "acceleration"), 2)
    at_wrist = [i for i in motion if NAMES[2][i].split("_", 1)[1].startswith("right_wrist")]
    moved, still = taken(replace(series, position=position))[0], taken(series)[0]
    np.testing.assert_allclose(moved[at_wrist], still[at_wrist], atol=1e-3)
    assert not np.isclose(moved[NAMES[2].index("place_right_wrist_x")], still[NAMES[2].index("place_right_wrist_x")])


def test_unseen_keypoints_have_no_statistics() -> None:
    series = mover(150)
    position = series.position.copy()
    position[:, 4] = np.nan
    table = taken(replace(series, position=position))[0]
    gone = np.array(["right_wrist" in s.keypoints for s in catalogue(2)[:OF_BODY]])
    assert np.isnan(table[gone]).all()
    assert np.isfinite(table[~gone]).all()


def test_little_gaps_are_bridged() -> None:
    series = mover(300)
    position = series.position.copy()
    position[40:60, 4] = np.nan
    table, whole = taken(replace(series, position=position)), taken(series)
    assert np.isfinite(table).all()
    assert abs(value(table, "spread_right_wrist_x") - value(whole, "spread_right_wrist_x")) < 0.2


def test_somebody_never_seen_has_none() -> None:
    series = mover(150)
    table = taken(replace(series, position=np.full_like(series.position, np.nan)))
    assert np.isnan(table).all()


def test_a_still_person_has_finite_ones() -> None:
    assert np.isfinite(taken(mover(150, amplitude=0.0, sway=0.0))).all()


def test_no_filter_reaches_across_a_cut() -> None:
    first, second = mover(150, seed=1), mover(150, seed=2, amplitude=0.9)
    joined = replace(
        first,
        position=np.concatenate([first.position, second.position]),
        confidence=np.concatenate([first.confidence, second.confidence]),
        time=np.arange(300) / 30,
        channels={"cut": np.where(np.arange(300) == 150, 1.0, 0.0)},
    )
    spans = [(0, 150), (150, 300)]
    table = MovementStatistics(tracks_of(clean(joined), axes=2), spans).of(spans)
    np.testing.assert_allclose(table[0, :OF_BODY], taken(first)[0], atol=1e-3)


def face_of(frames: int) -> np.ndarray:
    """A head and a face that move [shape=(frames, 54)]."""
    time = np.arange(frames) / 30
    return 0.3 + 0.2 * np.sin(2 * np.pi * (0.4 + 0.05 * np.arange(54)) * time[:, None])


def test_body_and_face_are_measured_where_each_is_seen() -> None:
    series, face = mover(450), face_of(450)
    face[200:] = np.nan
    table = MovementStatistics(tracks_of(clean(series), axes=2), [(150, 450)], face).of(
        [(0, 150), (150, 300), (300, 450)]
    )
    known = [(np.isfinite(row[:OF_BODY]).all(), np.isfinite(row[OF_BODY:]).all()) for row in table]
    assert known == [(False, True), (True, False), (True, False)]
    mean = mean_statistics(table)
    np.testing.assert_allclose(mean[OF_BODY:], table[0, OF_BODY:])
    np.testing.assert_allclose(mean[:OF_BODY], table[1:, :OF_BODY].astype(np.float64).mean(axis=0))


def test_a_face_that_is_lost_for_a_moment_is_bridged() -> None:
    face = face_of(150)
    gap = face.copy()
    gap[40:60] = np.nan
    nothing = tracks_of(clean(mover(150)), axes=2)
    rows = [MovementStatistics(nothing, [], f).of([(0, 150)])[0, OF_BODY:] for f in (face, gap)]
    assert np.median(np.abs(rows[0] - rows[1])) < 0.1
    gap[60:90] = np.nan
    with pytest.raises(PoseprintError, match="in no usable stretch"):
        MovementStatistics(nothing, [], gap).of([(0, 150)])


def test_tracks_of_a_face_need_all_channels_and_are_known_within_their_stretches() -> None:
    series = mover(90)
    channels = {name: np.full(90, 0.1) for name in (*HEAD, *FACE)}
    tracks = face_tracks(replace(series, channels=channels), [(30, 60)])
    assert tracks is not None
    assert tracks.shape == (90, 54)
    np.testing.assert_array_equal(np.isfinite(tracks).all(axis=1), (np.arange(90) >= 30) & (np.arange(90) < 60))
    assert face_tracks(replace(series, channels=channels), []) is None
    assert face_tracks(series, [(0, 90)]) is None


def test_what_cannot_be_measured_is_refused() -> None:
    series = mover(60)
    assert axes_of(series) == 2
    with pytest.raises(PoseprintError, match="tells no depth"):
        tracks_of(series, axes=3)
    with pytest.raises(PoseprintError, match="at 30 fps"):
        tracks_of(mover(60, fps=25.0), axes=2)
    with pytest.raises(PoseprintError, match="at least 30 frames"):
        MovementStatistics(tracks_of(series, axes=2), [(0, 60)]).of([(0, 20)])
    with pytest.raises(PoseprintError, match="2 or 3 axes"):
        catalogue(4)
