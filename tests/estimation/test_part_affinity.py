"""Heat maps and fields, drawn as networks are taught, into people."""

from __future__ import annotations

import time

import numpy as np
import pytest
from helpers.networks import drawn_maps, standing

from poseprint.core.arrays import Array
from poseprint.estimation.part_affinity import JOINTS, decode

SHAPE = (32, 57)
ARMS = [2, 3, 4, 5, 6, 7]
LEGS = [8, 9, 10, 11, 12, 13]


def found(people: list[Array], shape: tuple[int, int] = SHAPE) -> tuple[Array, Array]:
    """People from left to right, in values of the map."""
    position, confidence = decode(*drawn_maps(people, shape))
    order = np.argsort(position[:, 1, 0])
    return position[order] - 0.5, confidence[order]


def assert_are(position: Array, people: list[Array], within: float = 0.1) -> None:
    assert len(position) == len(people)
    for one, person in zip(position, people, strict=True):
        assert np.array_equal(np.isnan(one), np.isnan(person))
        assert np.nanmax(np.linalg.norm(one - person, axis=1)) < within


def test_peaks_lie_between_the_values_of_the_map() -> None:
    for shift in np.random.default_rng(0).uniform(-0.5, 0.5, (50, 2)):
        person = standing((28, 8), 6) + shift
        position, confidence = found([person])
        assert_are(position, [person], within=0.02)
        assert (confidence > 0.95).all()


def test_three_people_in_less_than_5_ms() -> None:
    people = [standing((x, y), width) for x, y, width in ((9.3, 7.1, 6), (27.8, 9.6, 5), (46.1, 6.5, 6.5))]
    maps = drawn_maps(people, SHAPE)
    assert_are(found(people)[0], people)
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        decode(*maps)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.005


def test_the_cell_scales_from_the_corner() -> None:
    person = standing((20.25, 8.5), 6)
    position, _ = decode(*drawn_maps([person], SHAPE), 8.0)
    assert position[0] == pytest.approx((person + 0.5) * 8, abs=0.2)


def test_two_who_overlap_keep_their_limbs() -> None:
    people = [standing((20, 8), 6), standing((24.4, 8.6), 6)]
    position, _ = found(people)
    # Joints of the one disturb those of the other; nobody gets the other's.
    assert_are(position, people, within=0.5)
    crossed = [standing((20, 8), 6), standing((29, 8), 6)]
    crossed[0][7], crossed[1][4] = (27.5, 14), (22.5, 16)  # their inner wrists, each before the other
    assert_are(found(crossed)[0], crossed, within=0.3)


def test_ten_people() -> None:
    people = [standing((6 + 11 * k, 6 + k % 2), 4.5) for k in range(10)]
    assert_are(found(people, (40, 120))[0], people)


def test_missing_joints_stay_missing() -> None:
    legless, headless, one_armed = (standing((9 + 18 * k, 8), 6) for k in range(3))
    legless[LEGS] = np.nan
    headless[[0, 14, 15, 16, 17]] = np.nan
    one_armed[[3, 4]] = np.nan
    people = [legless, headless, one_armed]
    position, confidence = found(people)
    assert_are(position, people)
    assert np.array_equal(confidence == 0, np.isnan(position[..., 0]))


def test_a_wrist_without_its_elbow_belongs_to_nobody() -> None:
    person = standing((28, 8), 6)
    person[3] = np.nan
    [position], _ = found([person])
    assert np.isnan(position[[3, 4]]).all()
    assert np.isfinite(position[[2, 5, 6, 7]]).all()


def test_fewer_than_three_joints_are_nobody() -> None:
    person = np.full((JOINTS, 2), np.nan)
    person[[2, 3]] = (20, 8), (20, 14)
    assert len(found([person])[0]) == 0
    person[4] = (22, 20)
    assert_are(decode(*drawn_maps([person], SHAPE))[0] - 0.5, [person])


def test_nobody() -> None:
    position, confidence = decode(np.zeros((19, *SHAPE)), np.zeros((38, *SHAPE)))
    assert position.shape == (0, JOINTS, 2)
    assert confidence.shape == (0, JOINTS)


def test_joints_at_one_place_make_no_limb() -> None:
    person = standing((28, 8), 6)
    person[3] = person[2]
    [position], _ = found([person])
    assert np.isnan(position[[3, 4]]).all()
    assert np.isfinite(position[[2, 5, 6, 7]]).all()


def test_a_flat_top_is_one_peak() -> None:
    heat, fields = drawn_maps([standing((28, 8), 6)], SHAPE)
    heat[:18] = np.minimum(heat[:18], 0.6)
    position, confidence = decode(heat, fields)
    assert len(position) == 1
    assert ((confidence > 0.55) & (confidence <= 1)).all()


def test_joints_at_the_edge() -> None:
    person = standing((28, 8), 6) - [28 - 3.0, 0]  # the right shoulder on the first column
    person[[3, 4]] = np.nan
    [position], _ = found([person])
    assert position[2] == pytest.approx(person[2], abs=0.3)
    assert position[5] == pytest.approx(person[5], abs=0.1)


def test_a_shift_of_the_maps_shifts_the_people() -> None:
    people = [standing((12.3, 8.2), 5), standing((34.7, 9.1), 6)]
    heat, fields = drawn_maps(people, SHAPE)
    moved = decode(np.roll(heat, 3, axis=2), np.roll(fields, 3, axis=2))[0]
    assert moved == pytest.approx(decode(heat, fields)[0] + [3, 0])
