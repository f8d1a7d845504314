"""Poses to movements: clean, resample, cut, normalise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.movers import mover, with_channel
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, RIGHT_WRIST
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect
from poseprint.supervised.movement_set import MovementSet, movement_set, normalise


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


# clean


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


# resample


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
    assert series.log[-1] == {"step": "resample", "fps": 30}


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


# cut


@pytest.mark.parametrize(
    ("spans", "options", "expected"),
    [
        ([(0, 150)], {}, [(0, 150)]),
        ([(0, 149)], {}, []),
        ([(7, 400)], {}, [(7, 157), (157, 307)]),
        ([(0, 300), (310, 460)], {}, [(0, 150), (150, 300), (310, 460)]),
        ([(0, 300)], {"stride": 75}, [(0, 150), (75, 225), (150, 300)]),
        ([(0, 400)], {"stride": 200}, [(0, 150), (200, 350)]),
        ([(0, 400)], {"shortest": 100}, [(0, 150), (150, 300), (300, 400)]),
        ([(0, 400)], {"shortest": 101}, [(0, 150), (150, 300)]),
        ([(0, 300)], {"shortest": 1}, [(0, 150), (150, 300)]),
        ([(0, 300)], {"shortest": 0}, [(0, 150), (150, 300)]),
        ([(0, 230)], {"stride": 75, "shortest": 5}, [(0, 150), (75, 225), (225, 230)]),
        ([(500, 520), (0, 30)], {"shortest": 20}, [(500, 520), (0, 30)]),
        ([(500, 650), (0, 30)], {"shortest": 20}, [(500, 650), (0, 30)]),
        ([(0, 10)], {"length": 3}, [(0, 3), (3, 6), (6, 9)]),
        ([], {}, []),
    ],
)
def test_where_movements_lie(
    spans: list[tuple[int, int]], options: dict[str, int], expected: list[tuple[int, int]]
) -> None:
    assert cut_movements(spans, **options) == expected


@pytest.mark.parametrize("options", [{"length": 1}, {"length": 0}, {"stride": 0}, {"stride": -3}])
def test_movements_that_cannot_be_cut(options: dict[str, int]) -> None:
    with pytest.raises(PoseprintError, match="length of at least 2 and a stride of at least 1, got"):
        cut_movements([(0, 300)], **options)


lengths = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 90)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(lengths, st.integers(2, 40), st.none() | st.integers(1, 50), st.none() | st.integers(1, 30))
def test_no_movement_crosses_the_end_of_a_stretch(
    gaps_and_sizes: list[tuple[int, int]], length: int, stride: int | None, shortest: int | None
) -> None:
    spans, at = [], 0
    for gap, size in gaps_and_sizes:
        spans.append((at + gap, at + gap + size))
        at += gap + size
    movements = cut_movements(spans, length=length, stride=stride, shortest=shortest)
    assert len(set(movements)) == len(movements)
    for first, last in movements:
        assert any(a <= first < last <= b for a, b in spans)
        assert last - first == length or (shortest is not None and last - first >= shortest)
    for a, b in spans:
        inside = [m for m in movements if a <= m[0] and m[1] <= b]
        full = sum(last - first == length for first, last in inside)
        assert full >= max(0, (b - a - length) // (stride or length) + 1)


# normalise


def by_hand(values: list[float]) -> list[float]:
    """Eq. 1, with the population's deviation."""
    mean = sum(values) / len(values)
    sigma = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
    return [(v - mean) / sigma if sigma else 0.0 for v in values]


def test_zscore_is_equation_1_by_hand() -> None:
    position = np.ones((4, 12, 2))
    position[:, NOSE, 0] = [1, 2, 3, 6]  # mean 3, deviations -2 -1 0 3, variance 14 / 4
    position[:, NECK, 1] = [5, np.nan, 5, 5]  # missing is 0: mean 3.75
    position[1, NECK, 0] = np.nan
    features = normalise(position, "zscore")
    assert features.shape == (4, 24)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:, 0], np.array([-2, -1, 0, 3]) / 3.5**0.5, rtol=1e-6)
    np.testing.assert_allclose(features[:, 3], by_hand([5, 0, 5, 5]), rtol=1e-6)
    np.testing.assert_allclose(features[:, 2], by_hand([1, 0, 1, 1]), rtol=1e-6)
    assert (np.delete(features, [0, 2, 3], axis=1) == 0).all()


@pytest.mark.parametrize("constant", [0.0, 0.1, 333.3, 1e7 + 0.1, -1e30, np.nan])
def test_zscore_of_what_does_not_move_is_zero(constant: float) -> None:
    position = np.full((150, 12, 2), constant, dtype=np.float32)
    assert (normalise(position, "zscore") == 0).all()


coordinates = arrays(np.float32, (20, 12, 2), elements=st.floats(-4096, 4096, width=32))


@settings(max_examples=30, deadline=None)
@given(coordinates)
def test_zscore_has_mean_0_and_deviation_1(position: Array) -> None:
    features = normalise(position, "zscore").astype(np.float64)
    spread = np.ptp(position.reshape(20, -1).astype(np.float64), axis=0)
    assume(((spread == 0) | (spread > 1e-3)).all())
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0), (spread > 0).astype(float), atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 10), st.floats(-1000, 1000), st.floats(-1000, 1000), st.sampled_from(["zscore", "body"]))
def test_place_and_size_in_the_picture_do_not_matter(scale: float, x: float, y: float, how: Any) -> None:
    position = mover(150, seed=3).position.astype(np.float64)
    np.testing.assert_allclose(
        normalise(position * scale + [x, y], how), normalise(position, how), rtol=1e-4, atol=1e-5
    )


def test_body_puts_the_neck_at_the_origin_and_the_shoulders_one_apart() -> None:
    features = normalise(mover(150, shoulder=180).position, "body").reshape(150, 12, 2)
    assert (features[:, NECK] == 0).all()
    widths = np.linalg.norm(features[:, RIGHT_SHOULDER] - features[:, LEFT_SHOULDER], axis=1)
    assert np.median(widths) == pytest.approx(1)
    np.testing.assert_allclose(features[:, LEFT_SHOULDER], np.tile([0.5, 0], (150, 1)), atol=1e-5)


def test_body_keeps_the_distance_to_the_camera_within_a_movement() -> None:
    position = mover(3).position.astype(np.float64)
    position[2] *= 2  # leans forward: one frame larger, the median stays
    features = normalise(position, "body")
    np.testing.assert_allclose(features[2], 2 * normalise(mover(3).position, "body")[2], rtol=1e-5, atol=1e-5)


def test_body_of_what_is_missing_is_zero() -> None:
    position = mover(10).position.copy()
    position[4, NOSE] = np.nan
    position[6, NECK] = np.nan
    features = normalise(position, "body").reshape(10, 12, 2)
    assert (features[4, NOSE] == 0).all()
    assert (features[6] == 0).all()
    assert (features[5, NOSE] != 0).any()
    position[:, LEFT_SHOULDER] = np.nan
    assert (normalise(position, "body") == 0).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("how", ["zscore", "body"])
def test_nothing_seen_is_zero(how: Any) -> None:
    assert (normalise(np.full((150, 12, 2), np.nan), how) == 0).all()
    assert (normalise(np.full((150, 12, 2), 7.0), how) == 0).all()


def test_other_normalisations_are_refused() -> None:
    with pytest.raises(PoseprintError, match="normalisation 'minmax' is not one of zscore, body"):
        normalise(np.ones((2, 12, 2)), "minmax")  # type: ignore[arg-type]


# MovementSet


def test_movements_of_a_recording() -> None:
    series = mover(400, recording="r", person="Ada")
    movements = movement_set(series, [(0, 150), (150, 300), (300, 360)], "zscore", label=1)
    assert movements.features.shape == (3, 150, 24)
    assert movements.features.dtype == np.float32
    np.testing.assert_array_equal(movements.features[1], normalise(series.position[150:300], "zscore"))
    np.testing.assert_array_equal(movements.features[2, :60], normalise(series.position[300:360], "zscore"))
    assert (movements.features[2, 60:] == 0).all()
    assert movements.lengths.tolist() == [150, 150, 60]
    assert movements.starts.tolist() == [0, 5, 10]
    assert movements.recordings == ("r", "r", "r")
    assert movements.persons == ("Ada", "Ada", "Ada")
    assert movements.labels.tolist() == [1, 1, 1]


def test_no_movements() -> None:
    movements = movement_set(mover(10), [], "body")
    assert (len(movements), movements.features.shape) == (0, (0, 150, 24))


def parts(count: int = 2, frames: int = 3, **changes: Any) -> MovementSet:
    fields: dict[str, Any] = {
        "features": np.arange(count * frames * 24, dtype=np.float32).reshape(count, frames, 24),
        "lengths": np.full(count, frames),
        "starts": np.arange(count, dtype=float),
        "recordings": tuple(f"r{i}" for i in range(count)),
        "persons": ("Ada",) * count,
        "labels": np.arange(count) % 2,
    }
    return MovementSet(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lengths": np.array([3])}, r"parts differ in length: features \(2, 3, 24\), others \[1, 2, 2, 2, 2\]"),
        ({"starts": np.zeros(3)}, r"others \[2, 3, 2, 2, 2\]"),
        ({"recordings": ("a",)}, r"others \[2, 2, 1, 2, 2\]"),
        ({"persons": ()}, r"others \[2, 2, 2, 0, 2\]"),
        ({"labels": np.zeros(1)}, r"others \[2, 2, 2, 2, 1\]"),
        ({"features": np.zeros((2, 72))}, r"features \(2, 72\)"),
        ({"features": np.full((2, 3, 24), np.nan)}, "features must be finite; missing keypoints become 0"),
        ({"features": np.full((2, 3, 24), np.inf)}, "features must be finite"),
    ],
)
def test_a_movement_set_that_does_not_fit(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(PoseprintError, match=problem):
        parts(**changes)


def test_subset_keeps_everything_together() -> None:
    chosen = parts(4).subset(np.array([2, 0]))
    np.testing.assert_array_equal(chosen.features, parts(4).features[[2, 0]])
    assert chosen.recordings == ("r2", "r0")
    assert (chosen.starts.tolist(), chosen.labels.tolist()) == ([2, 0], [0, 0])
    assert len(parts(4).subset([])) == 0


def test_joined_sets_are_padded_to_the_longest() -> None:
    joined = MovementSet.joined([parts(2, 3), parts(1, 5), parts(0, 2)])
    assert joined.features.shape == (3, 5, 24)
    np.testing.assert_array_equal(joined.features[:2, :3], parts(2, 3).features)
    assert (joined.features[:2, 3:] == 0).all()
    np.testing.assert_array_equal(joined.features[2], parts(1, 5).features[0])
    assert joined.lengths.tolist() == [3, 3, 5]
    assert joined.recordings == ("r0", "r1", "r0")
