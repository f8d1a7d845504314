"""Videos of people who are squares of colour: everybody is found, one of them is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.crowd import Crowd, Head, crowd_picture, pose_of
from helpers.estimators import FixedEstimator, bar
from helpers.movers import assert_same
from helpers.videos import write_video

from poseprint.core.choice import Choice
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import RIGHT_WRIST
from poseprint.estimation.chunks import AT_A_TIME, CHUNK, WARM_UP
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import RATES, Measuring
from poseprint.movements.gates import inspect

CUT, LENGTH = 2 * CHUNK, AT_A_TIME * CHUNK
FIRST_PASS = LENGTH + (AT_A_TIME - 1) * WARM_UP
SHORT = 120
"""Pictures of a film that is one chunk."""
FAST = {"preset": "ultrafast", "crf": "20", "g": "30"}


def red(k: int) -> Head:
    return (110 + k / 15, 60, 44)


def blue(k: int) -> Head:
    return (230 if k < CUT else 200, 60, 22)


def scene(k: int) -> np.ndarray:
    """Red and blue beside each other; after a cut blue alone."""
    return crowd_picture(red(k), blue(k)) if k < CUT else crowd_picture(None, blue(k), ground=105)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("two") / "two.mp4", scene, LENGTH, options=FAST)


def farthest(series: PoseSeries, head: object, at: slice) -> float:
    """How far the poses lie from somebody's, at most, pixels; NaN where one is not there."""
    expected = np.array([pose_of(head(k)) for k in range(len(series))[at]])  # type: ignore[operator]
    return float(np.abs(series.position[at] - expected).max())


@pytest.mark.slow
def test_unless_said_the_largest_is_measured_and_everybody_listed(two: Path, crowd: Crowd) -> None:
    series = extract(two, Measuring(jobs=1))
    choice = Choice.of(series.log)
    assert (choice.who, choice.named, choice.rivals) == (1, False, (2,))
    assert [p["number"] for p in choice.people] == [1, 2]
    assert [p["seconds"] for p in choice.people] == pytest.approx([10, 20], abs=0.7)
    assert choice.people[1]["size"] == pytest.approx(2.3 * 22, rel=0.1)
    assert farthest(series, red, slice(0, CUT)) < 7
    assert np.isnan(series.position[CUT:]).all()
    people, near = (series.channels[name] for name in ("people", "near"))
    assert set(people[:CUT][~np.isnan(people[:CUT])]) == {2}
    assert set(people[CUT:][~np.isnan(people[CUT:])]) == {1}
    assert near.sum() == 0
    assert {f.code for f in inspect(series).findings} >= {"WHO_IS_MEANT", "OTHERS_IN_SIGHT", "PERSON_ABSENT"}


@pytest.mark.slow
def test_the_other_one_is_measured_again_where_it_was_somebody_else(two: Path, crowd: Crowd, tmp_path: Path) -> None:
    series = extract(two, Measuring(who=2, jobs=1), chunks_dir=tmp_path)
    assert crowd.tracked == FIRST_PASS + 2 * CHUNK + WARM_UP
    assert farthest(series, blue, slice(0, CUT)) < 7
    assert farthest(series, blue, slice(CUT, None)) < 7
    again = sorted(path.name for path in tmp_path.glob("*-2.npz"))
    assert [name[:17] for name in again] == ["00000000-00000150", "00000150-00000300"]
    assert len(list(tmp_path.iterdir())) == AT_A_TIME + 2
    choice = Choice.of(series.log)
    assert (choice.who, choice.named, choice.rivals) == (2, True, ())
    assert "WHO_IS_MEANT" not in {f.code for f in inspect(series).findings}


@pytest.mark.slow
@pytest.mark.parametrize("at", [(230, 60, 1.0), (200, 90, 12.0)])
def test_a_place_names_the_same_as_a_number(two: Path, crowd: Crowd, at: tuple[float, float, float]) -> None:
    by_number, by_place = extract(two, Measuring(who=2)), extract(two, Measuring(at=at))
    assert_same(by_number, by_place)


@pytest.mark.slow
@pytest.mark.parametrize("who", [None, 2])
def test_workers_do_not_change_who_is_measured(two: Path, crowd: Crowd, who: int | None) -> None:
    assert_same(extract(two, Measuring(who=who, jobs=1)), extract(two, Measuring(who=who, jobs=4)))


@pytest.mark.slow
def test_a_second_pass_that_was_killed_goes_on(two: Path, crowd: Crowd, tmp_path: Path) -> None:
    whole = extract(two, Measuring(who=2))
    crowd.tracked, crowd.stop_after = 0, FIRST_PASS + CHUNK + 20
    with pytest.raises(KeyboardInterrupt):
        extract(two, Measuring(who=2, jobs=1), chunks_dir=tmp_path)
    assert len(list(tmp_path.glob("*-2.npz"))) == 1
    crowd.tracked, crowd.stop_after = 0, None
    assert_same(extract(two, Measuring(who=2, jobs=1), chunks_dir=tmp_path), whole)
    assert crowd.tracked == CHUNK + WARM_UP


@pytest.mark.slow
def test_whoever_is_not_there_is_said(two: Path, crowd: Crowd) -> None:
    with pytest.raises(PoseprintError) as error:
        extract(two, Measuring(who=3))
    assert str(error.value) == "`who` 3: nobody has that number; in sight: 1: 10 s, 2: 20 s"
    with pytest.raises(PoseprintError, match="`at` 5,5@1: nobody is there then; in sight: 1: 10 s"):
        extract(two, Measuring(at=(5, 5, 1)))


@pytest.mark.slow
def test_nobody_at_all(tmp_path: Path, crowd: Crowd) -> None:
    path = write_video(tmp_path / "v.mp4", lambda _: crowd_picture(), 60, options=FAST)
    series = extract(path)
    assert Choice.of(series.log) == Choice()
    assert np.isnan(series.position).all()
    assert {f.code for f in inspect(series).findings} >= {"NO_PERSON"}
    with pytest.raises(PoseprintError, match="`who` 1: nobody has that number"):
        extract(path, Measuring(who=1))


@pytest.mark.slow
def test_nobody_is_in_one_of_the_chunks(tmp_path: Path, crowd: Crowd) -> None:
    path = write_video(
        tmp_path / "v.mp4",
        lambda k: crowd_picture(ground=105) if k >= CUT else crowd_picture(red(k)),
        LENGTH,
        options=FAST,
    )
    series = extract(path)
    assert Choice.of(series.log).who == 1
    assert farthest(series, red, slice(0, CUT)) < 7
    assert np.isnan(series.position[CUT:]).all()


@pytest.mark.slow
def test_joints_that_a_second_look_puts_elsewhere_weigh_half(tmp_path: Path, crowd: Crowd) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: crowd_picture(red(k)), 120, options=FAST)
    agreed = extract(path)
    assert (agreed.confidence == np.float32(0.9)).all()
    assert (agreed.channels["doubted"] == 0).all()
    crowd.elsewhere = {RIGHT_WRIST: 0.5}
    series = extract(path)
    assert (series.confidence[:, RIGHT_WRIST] == np.float32(0.45)).all()
    assert (np.delete(series.confidence, RIGHT_WRIST, axis=1) == np.float32(0.9)).all()
    assert series.channels["doubted"] == pytest.approx(1 / 12)
    assert np.array_equal(series.position, agreed.position)
    assert "JOINTS_DOUBTED" in {f.code for f in inspect(series).findings}


@pytest.mark.slow
def test_doubt_ends_with_the_shot(tmp_path: Path, crowd: Crowd) -> None:
    def picture(k: int) -> np.ndarray:
        return crowd_picture(red(k)) if k < 60 else crowd_picture(red(k), ground=105)

    path = write_video(tmp_path / "v.mp4", picture, 120, options=FAST)
    crowd.elsewhere, crowd.differing = {RIGHT_WRIST: 0.5}, 1
    series = extract(path, Measuring(jobs=1))
    assert np.flatnonzero(series.channels["cut"]).tolist() == [60]
    assert (series.channels["doubted"][:60] > 0).all()
    assert (series.channels["doubted"][60:] == 0).all()


# Fewer poses a second


@pytest.mark.slow
@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("rate", RATES)
def test_fewer_poses_a_second_are_filled_in(tmp_path: Path, rate: int) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), SHORT, options=FAST)
    series = extract(path, Measuring(rate=rate))
    assert FixedEstimator.seen == SHORT * rate // 30
    assert len(series) == SHORT
    inner = slice(0, SHORT - 30 // rate)
    wanted = 119.5 + 60 * series.time
    assert np.abs(series.position[inner, 0, 0] - wanted[inner]).max() < 1
    assert (series.channels["shown"] == 1).all()
    assert (series.channels["change"][1:] > 0).all()
    assert series.log[0]["measuring"]["rate"] == rate


@pytest.mark.slow
@pytest.mark.usefixtures("known")
def test_a_cut_between_two_estimates_is_kept(tmp_path: Path) -> None:
    def picture(k: int) -> np.ndarray:
        return bar(k / 30) if k < 50 else 255 - bar(4 - k / 30)

    path = write_video(tmp_path / "v.mp4", picture, 100, options=FAST)
    full, few = extract(path), extract(path, Measuring(rate=10))
    assert np.flatnonzero(few.channels["cut"]).tolist() == [50]
    for part in (slice(0, 48), slice(51, 97)):
        assert np.abs(full.position[part] - few.position[part]).max() < 1.5
