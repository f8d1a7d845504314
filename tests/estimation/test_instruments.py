"""One person followed through a shot, among people who are squares of colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from helpers.crowd import SIZE, Crowd, Head, crowd_picture, pose_of

from poseprint.core.arrays import Array
from poseprint.core.skeleton import RIGHT_WRIST, UPPER_BODY
from poseprint.estimation.instruments import LOOK_EVERY, Follower, Guide, Instruments, Seen
from poseprint.estimation.measuring import Measuring

WHOLE = SIZE[::-1]
RED: Head = (80, 60, 24)
BLUE: Head = (250, 60, 22)


def followed(
    crowd: Crowd,
    pictures: Iterable[tuple[float, Array]],
    guide: Guide | None = None,
    instruments: Instruments | None = None,
) -> list[Seen]:
    follower = Follower(instruments or crowd.instruments(), guide)
    try:
        return [follower(time, picture) for time, picture in pictures]
    finally:
        follower.close()


def film(seconds: float, *heads: Head | None) -> list[tuple[float, Array]]:
    picture = crowd_picture(*heads)
    return [(k / 30, picture) for k in range(round(30 * seconds))]


def guide_to(head: Head) -> Guide:
    return lambda _: np.array(head)


def assert_is(seen: Seen, head: Head) -> None:
    assert seen.position == pytest.approx(pose_of(head), abs=0.1 * head[2])
    assert (seen.confidence == 0.9).all()


def test_alone_the_whole_picture_is_looked_at() -> None:
    crowd = Crowd()
    seen = followed(crowd, film(2.5, (160, 60, 24)))
    assert set(crowd.crops) == {WHOLE}
    assert crowd.opened == crowd.closed == 1
    for one in seen:
        assert_is(one, (160, 60, 24))
    asked = [k / 30 for k, one in enumerate(seen) if one.heads is not None]
    assert asked == pytest.approx([0, 1, 2], abs=0.04)
    assert {one.aimed for one in seen} == {0, -1}


def test_alone_and_small_in_a_large_picture_on_a_crop_of_ones_own() -> None:
    head, crowd = (500.0, 200.0, 20.0), Crowd()
    picture = crowd_picture(head, size=(960, 540))
    (seen,) = followed(crowd, [(0, picture)])
    assert crowd.crops[0][0] < 540
    assert crowd.crops[0][1] < 960
    assert_is(seen, head)


@pytest.mark.parametrize(("aim", "other"), [(RED, BLUE), (BLUE, RED)])
def test_beside_somebody_else_on_a_crop_of_ones_own(aim: Head, other: Head) -> None:
    crowd = Crowd()
    seen = followed(crowd, film(1, RED, BLUE), guide_to(aim))
    ((height, width),) = set(crowd.crops)
    assert width < SIZE[0]
    assert height == SIZE[1]  # nobody above or below
    for one in seen:
        assert_is(one, aim)
    asked = [one for one in seen if one.heads is not None]
    assert len(asked) == 4
    for one in asked:
        assert one.heads is not None
        assert one.heads[one.aimed] == pytest.approx(np.array(aim), abs=1.5)
        assert np.delete(one.heads, one.aimed, axis=0)[0] == pytest.approx(np.array(other), abs=1.5)
        assert one.looks[0] @ one.looks[0] == pytest.approx(1)
        assert one.looks[0] @ one.looks[1] < 0.9


def test_unguided_the_largest_and_most_central_is_followed() -> None:
    for heads, expected in (((RED, BLUE), RED), (((20, 60, 24), (150, 60, 22)), (150, 60, 22))):
        for one in followed(Crowd(), film(0.5, *heads)):
            assert_is(one, expected)


def test_whoever_is_guided_to_stays_so_when_somebody_larger_comes() -> None:
    crowd = Crowd()
    pictures = [*film(1.5, RED), *((1.5 + t, p) for t, p in film(1.5, RED, (250, 60, 40)))]
    seen = followed(crowd, pictures, guide_to(RED))
    for one in (*seen[:45], *seen[62:]):  # looked for after 1 and 2 s
        assert_is(one, RED)
    assert crowd.crops[0] == WHOLE
    assert crowd.crops[-1][1] < SIZE[0]


def test_the_crop_goes_with_whoever_walks() -> None:
    crowd = Crowd()
    heads: list[Head] = [(40 + 2 * k, 60, 24) for k in range(90)]
    pictures = [(k / 30, crowd_picture(head, (600, 60, 22), size=(640, 192))) for k, head in enumerate(heads)]
    for one, head in zip(followed(crowd, pictures), heads, strict=True):
        assert_is(one, head)
    assert crowd.opened > 1  # afresh on each new crop
    assert crowd.closed == crowd.opened


def test_a_pose_that_strays_to_somebody_else_is_thrown_away_and_begun_afresh() -> None:
    crowd = Crowd()
    follower = Follower(crowd.instruments(), guide_to(RED))
    picture = crowd_picture(RED, BLUE)
    assert_is(follower(0, picture), RED)
    crowd.stray = 60
    opened = crowd.opened
    unasked = follower(0.1, picture)  # nobody looks for heads so soon
    assert unasked.heads is None
    thrown = follower(0.3, picture)
    assert thrown.heads is not None
    assert np.isnan(thrown.position).all()
    assert (thrown.confidence == 0).all()
    assert thrown.heads[thrown.aimed] == pytest.approx(np.array(RED), abs=1.5)
    assert crowd.closed == opened
    crowd.stray = 0
    assert_is(follower(0.33, picture), RED)
    assert crowd.opened == opened + 1
    follower.close()


def test_while_the_guide_tells_nothing_nothing_is_measured() -> None:
    crowd = Crowd()
    seen = followed(crowd, film(1, RED, BLUE), lambda _: None)
    assert crowd.opened == crowd.tracked == crowd.looked == 0
    for one in seen:
        assert np.isnan(one.position).all()
        assert (one.confidence == 0).all()
        assert np.isnan(one.apart).all()
        assert one.aimed == -1
    assert [len(one.heads) for one in seen if one.heads is not None] == [2] * 4


def test_the_guide_ends_and_begins_again() -> None:
    crowd = Crowd()
    there: Guide = lambda t: np.array(BLUE) if not 1 <= t < 2 else None  # noqa: E731
    seen = followed(crowd, film(3, RED, BLUE), there)
    measured = np.array([np.isfinite(one.position).all() for one in seen])
    assert measured[:29].all()
    assert not measured[38:59].any()
    assert measured[68:].all()
    for one in (seen[0], seen[-1]):
        assert_is(one, BLUE)


def test_a_guide_to_where_nobody_is_measures_nobody_else() -> None:
    crowd = Crowd()
    seen = followed(crowd, film(1, RED), guide_to((280, 60, 24)))
    assert {one.aimed for one in seen} == {-1}
    assert np.isnan([one.position for one in seen]).all()


def test_nobody_at_all() -> None:
    crowd = Crowd()
    seen = followed(crowd, film(0.5))
    assert np.isnan([one.position for one in seen]).all()
    assert seen[0].heads is not None
    assert seen[0].heads.shape == (0, 3)
    assert seen[0].looks.shape[0] == 0


def test_a_body_whose_face_is_not_found_is_somebody() -> None:
    crowd = Crowd()
    instruments = crowd.instruments()
    instruments.finder.find = lambda *_, **__: (np.zeros((0, 12, 2)), np.zeros((0, 12)))
    seen = followed(crowd, film(0.5, RED), instruments=instruments)
    assert seen[0].heads == pytest.approx(np.array([RED]), abs=1.5)
    assert seen[0].aimed == 0
    assert np.isnan(seen[0].looks).all()
    assert_is(seen[0], RED)


def test_a_second_look_says_how_far_each_joint_is_elsewhere() -> None:
    crowd = Crowd()
    crowd.elsewhere = {RIGHT_WRIST: 0.5}
    seen = followed(crowd, film(2 * LOOK_EVERY + 1, RED, BLUE), guide_to(RED))
    looked = [k / 30 for k, one in enumerate(seen) if np.isfinite(one.apart).any()]
    assert looked == pytest.approx([0, LOOK_EVERY, 2 * LOOK_EVERY], abs=0.04)
    assert crowd.looked == 3
    apart = seen[0].apart
    assert apart[RIGHT_WRIST] == pytest.approx(0.5, abs=0.05)
    assert (np.delete(apart, RIGHT_WRIST) < 0.1).all()


def test_an_estimator_alone_takes_whole_pictures_and_looks_once() -> None:
    crowd = Crowd()
    alone = Instruments(crowd.instruments().estimator)
    assert alone.channels == ()
    for one in followed(crowd, film(1, RED, BLUE), instruments=alone):
        assert one.heads is None
        assert np.isnan(one.apart).all()
        assert_is(one, RED)
    assert set(crowd.crops) == {WHOLE}
    assert crowd.looked == 0


class Meter:
    """A face or hand meter that keeps what it is shown."""

    channels = ("head_x", "head_confidence")

    def __init__(self) -> None:
        self.shown: list[tuple[Array, Array, dict[str, Array]]] = []
        self.closed = 0

    def tracker(self) -> Callable[..., Array]:
        meter = self

        class Tracker:
            def __call__(self, _time: float, crop: Array, origin: Array, *rest: Array, **named: Array) -> Array:
                meter.shown.append((crop, np.array(origin), {**named, **dict(zip(["wrists"], rest, strict=False))}))
                return np.array([float(origin[0]), 1.0])

            def close(self) -> None:
                meter.closed += 1

        return Tracker()


def test_the_face_is_measured_on_the_head_and_hands_on_the_crop() -> None:
    crowd, face, hands = Crowd(), Meter(), Meter()
    with_meters = crowd.instruments()
    with_meters.face, with_meters.hands = face, hands
    assert with_meters.channels == Meter.channels * 2
    seen = followed(crowd, film(0.5, RED, BLUE), guide_to(BLUE), with_meters)
    assert face.closed == hands.closed == 1
    for (crop, origin, named), one in zip(face.shown, seen, strict=True):
        low, high = origin, origin + np.array(crop.shape[1::-1])
        assert (low < np.array(BLUE[:2]) - BLUE[2]).all()
        assert (high > np.array(BLUE[:2]) + BLUE[2]).all()
        assert (high - low < 4 * BLUE[2]).all()
        assert named["eyes"] == pytest.approx(np.array(BLUE[:2]), abs=1.5)
        assert one.extra.tolist() == [origin[0], 1.0, hands.shown[0][1][0], 1.0]
    assert [crop.shape[:2] for crop, _, _ in hands.shown] == crowd.crops
    for _, _, named in hands.shown:
        assert named["wrists"] == pytest.approx(pose_of(BLUE)[[4, 7]], abs=2)
    nothing = followed(Crowd(), film(0.1), lambda _: None, with_meters)
    assert np.array_equal(nothing[0].extra, [np.nan, 0, np.nan, 0], equal_nan=True)


@pytest.mark.parametrize("size", [(3, 200), (200, 3), (37, 100), (321, 191)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 100, dtype=np.uint8)
    for head in (None, (size[0] / 2, size[1] / 2, 8.0)):
        crowd = Crowd()
        instruments = crowd.instruments()
        found = np.zeros((0, 12, 2)) if head is None else pose_of(head)[None]
        instruments.finder.find = lambda *_, found=found, **__: (found, np.ones(found.shape[:2]))
        (seen,) = followed(crowd, [(0.0, picture)], instruments=instruments)
        assert seen.position.shape == (12, 2)
        assert len(crowd.crops) == 1
        assert min(crowd.crops[0]) >= 1


def test_what_a_measuring_tells_of_itself() -> None:
    estimator = Crowd().instruments().estimator
    assert Measuring(hands=True, rate=15).settings == {
        "estimator": "mediapipe",
        "head": True,
        "hands": True,
        "rate": 15,
    }
    assert Measuring(estimator=estimator).settings["estimator"] == "known"
    assert Instruments.load(Measuring(estimator=estimator)) == Instruments(estimator)
    assert estimator.skeleton is UPPER_BODY
