"""What a forger does to a recording: faster, larger, and spliced from two movers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover, with_channel, without

from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK
from poseprint.movements import forgeries as edits
from poseprint.movements.gates import inspect
from poseprint.movements.statistics import MovementStatistics, catalogue
from poseprint.movements.tracks import tracks_of


def with_depth(series: PoseSeries) -> PoseSeries:
    depth = {
        f"depth_{name}": 20 * np.sin(np.arange(len(series)) / (5 + k)) if name != "neck" else np.zeros(len(series))
        for k, name in enumerate(series.skeleton.keypoints)
    }
    return replace(series, channels={**series.channels, **depth})


def steps(series: PoseSeries) -> np.ndarray:
    """How far each keypoint goes from frame to frame, shoulder widths."""
    return np.linalg.norm(np.diff(series.position, axis=0), axis=2) / series.shoulder_width()


@pytest.mark.parametrize("edit", [edits.speed, edits.amplitude])
def test_a_factor_of_one_changes_nothing_but_the_log(edit) -> None:
    series = with_depth(mover(200))
    same = edit(series, 1.0)
    np.testing.assert_array_equal(same.position, series.position)
    np.testing.assert_array_equal(same.time, series.time)
    assert same.log[-1] == {"step": edit.__name__, "factor": 1.0}
    assert same.log[:-1] == series.log


@pytest.mark.parametrize(("factor", "frames"), [(0.8, 375), (1.25, 240), (2.0, 150)])
def test_speed_changes_how_long_a_movement_lasts(factor: float, frames: int) -> None:
    series = mover(300)
    played = edits.speed(series, factor)
    assert len(played) == frames
    assert played.fps == series.fps
    at = np.arange(frames - 2) * factor
    for axis in (0, 1):
        expected = np.interp(at, np.arange(300), series.position[:, 4, axis])
        np.testing.assert_allclose(played.position[: frames - 2, 4, axis], expected, atol=0.01)
    assert played.log[-1] == {"step": "speed", "factor": factor}


def test_speed_raises_the_statistics_of_speed() -> None:
    series = mover(300, tempo=0.6)
    fast = edits.speed(series, 1.25)
    tracks = [tracks_of(s, axes=2) for s in (series, fast)]
    slow_row, fast_row = (MovementStatistics(t, [(0, len(t.seen))]).of([(20, 220)])[0] for t in tracks)
    names = [s.name for s in catalogue(2)]
    column = names.index("speed_right_wrist_50")
    assert fast_row[column] - slow_row[column] == pytest.approx(np.log(1.25), abs=0.03)


def test_speed_keeps_cuts() -> None:
    played = edits.speed(with_channel(mover(300), "cut", 150, 1.0), 1.5)
    assert played.shots() == [(0, 100), (100, 200)]


def test_amplitude_scales_departures_from_the_mean_pose_seen_from_the_neck() -> None:
    series = with_depth(mover(300))
    large = edits.amplitude(series, 1.3)
    np.testing.assert_array_equal(large.position[:, NECK], series.position[:, NECK])
    before, after = (s.position - s.position[:, [NECK]] for s in (series, large))
    np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(after.std(axis=0), 1.3 * before.std(axis=0), atol=0.02)
    depth = "depth_right_wrist"
    assert np.std(large.channels[depth]) == pytest.approx(1.3 * np.std(series.channels[depth]), rel=1e-3)
    np.testing.assert_array_equal(large.channels["shown"], series.channels["shown"])


def test_amplitude_and_its_inverse_give_the_movement_back() -> None:
    series = without(mover(200), "wrist", at=slice(50, 80))
    back = edits.amplitude(edits.amplitude(series, 0.7), 1 / 0.7)
    np.testing.assert_allclose(back.position, series.position, atol=0.01)
    np.testing.assert_array_equal(back.seen(), series.seen())


@pytest.mark.parametrize("factor", [0.0, -1.0, 11.0, float("nan")])
@pytest.mark.parametrize("edit", [edits.speed, edits.amplitude])
def test_a_factor_out_of_range_is_refused(edit, factor: float) -> None:
    with pytest.raises(PoseprintError, match=r"a factor is between 0\.1 and 10"):
        edit(mover(60), factor)


@pytest.mark.parametrize("until", [None, 12.0])
def test_a_splice_keeps_length_and_shows_no_leap(until: float | None) -> None:
    first = mover(600, seed=1, centre=(0.4, 0.4), shoulder=200, person="A")
    second = mover(600, seed=2, centre=(0.7, 0.5), shoulder=120, amplitude=0.15, tempo=0.5, person="B")
    spliced = edits.splice(first, second, 5.0, until)
    assert len(spliced) == len(first)
    assert spliced.person == "A"
    np.testing.assert_array_equal(spliced.position[:150], first.position[:150])
    if until:
        np.testing.assert_array_equal(spliced.position[360:], first.position[360:])
    assert spliced.shots() == [(0, 600)]
    assert steps(spliced).max() < steps(first).max() + 0.12
    assert not inspect(spliced).findings
    entry = spliced.log[-1]
    assert (entry["step"], entry["recording"], entry["first"]) == ("splice", "mover_2", 150)


def test_a_splice_brings_the_second_mover_to_the_place_and_size_of_the_first() -> None:
    first = mover(600, seed=1, centre=(0.4, 0.4), shoulder=200)
    second = mover(600, seed=2, centre=(0.7, 0.5), shoulder=120)
    spliced = edits.splice(first, second, 5.0, from_s=1.0)
    part = spliced.part(170, 600)
    assert part.shoulder_width() == pytest.approx(200, rel=0.01)
    difference = np.median(part.position[:, NECK], axis=0) - np.median(first.position[170:, NECK], axis=0)
    np.testing.assert_allclose(difference, 0, atol=4)
    theirs = second.position[50:480] - second.position[50:480, [NECK]]
    ours = part.position - part.position[:, [NECK]]
    np.testing.assert_allclose(ours, theirs * 200 / 120, atol=0.05)


def test_a_splice_takes_depths_at_the_firsts_scale_and_drops_what_one_lacks() -> None:
    first, second = with_depth(mover(300, shoulder=200)), with_depth(mover(300, seed=3, shoulder=100))
    spliced = edits.splice(first, second, 5.0)
    depth = "depth_left_wrist"
    np.testing.assert_allclose(spliced.channels[depth][170:], 2 * second.channels[depth][20:150], rtol=1e-5, atol=1e-3)
    bare = replace(second, channels={"shown": second.channels["shown"]})
    assert set(edits.splice(first, bare, 5.0).channels) == {"shown"}


def test_a_splice_with_oneself_changes_nothing() -> None:
    series = mover(300)
    same = edits.splice(series, series, 4.0, 7.0, from_s=4.0)
    np.testing.assert_allclose(same.position, series.position, atol=1e-3)


def test_a_splice_where_the_second_mover_is_unseen_shows_nobody() -> None:
    second = mover(300, seed=2)
    position = second.position.copy()
    position[60:90] = np.nan
    spliced = edits.splice(mover(300), replace(second, position=position), 3.0)
    assert not spliced.present()[150:180].any()


@pytest.mark.parametrize(
    ("at", "until", "start", "message"),
    [
        (-1.0, None, 0.0, "lies within the 10.0 s"),
        (5.0, 5.0, 0.0, "lies within the 10.0 s"),
        (5.0, 11.0, 0.0, "lies within the 10.0 s"),
        (2.0, None, 4.0, "8.0 s are asked of the second recording from 4 s on; it has 10.0 s"),
    ],
)
def test_a_splice_out_of_range_is_refused(at: float, until: float | None, start: float, message: str) -> None:
    with pytest.raises(PoseprintError, match=message):
        edits.splice(mover(300), mover(300, seed=1), at, until, from_s=start)


def test_a_splice_of_series_that_do_not_fit_is_refused() -> None:
    with pytest.raises(PoseprintError, match="one frame rate, skeleton and estimator"):
        edits.splice(mover(300), mover(300, fps=25.0), 5.0)
    unseen = mover(300)
    unseen = replace(unseen, position=np.full_like(unseen.position, np.nan))
    with pytest.raises(PoseprintError, match="shoulders of both"):
        edits.splice(mover(300), unseen, 5.0)
