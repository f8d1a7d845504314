"""One person among several: never somebody else, whoever is missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers.movers import mover
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.arrays import Array
from poseprint.core.skeleton import NECK
from poseprint.io.people import People

WIDTH, HEIGHT = 1280, 720
FPS = 30


def someone(frames: int, *, size: float, at: tuple[float, float] = (0.5, 0.4), seed: int = 0, pace: float = 0) -> Array:
    """Somebody who gestures, and walks by so many pixels a frame [shape=(frames, 12, 2)]."""
    position = mover(frames, shoulder=size, centre=at, seed=seed, size=(WIDTH, HEIGHT)).position.copy()
    position[:, :, 0] += pace * (np.arange(frames) - frames / 2)[:, None]
    return position


def missed(frames: int, *at: int | slice) -> Array:
    """In which frames somebody is detected who is missed in some [shape=(frames,)]."""
    seen = np.ones(frames, dtype=bool)
    for where in at:
        seen[where] = False
    return seen


def follow(*persons: tuple[Array, Array], seed: int = 0) -> tuple[list[float], Array]:
    """For each person, given with the frames in which they are detected, the share of those in which they are the one followed;
    and the counts of people of comparable size. They stand in another order in each frame."""
    rng, frames = np.random.default_rng(seed), len(persons[0][1])
    found = [(t, who) for t in range(frames) for who in rng.permutation(len(persons)) if persons[who][1][t]]
    frame, who = np.array(found, dtype=int).reshape(-1, 2).T
    people = People.of(frame, np.array([persons[w][0][t] for t, w in found]).reshape(-1, 12, 2))
    rows = people.followed(FPS, WIDTH)
    assert (np.diff(frame[rows]) > 0).all()
    shares = [float((who[rows] == w).sum() / max(1, persons[w][1].sum())) for w in range(len(persons))]
    return shares, people.comparable(rows, frames)


@pytest.mark.parametrize("size", [0.3, 0.45, 0.8])
@pytest.mark.parametrize("gone", [0, 100, slice(0, 30), slice(50, 80), slice(170, None)])
def test_whoever_is_left_is_not_followed(size: float, gone: int | slice) -> None:
    main, other = someone(200, size=200), someone(200, size=200 * size, at=(0.35, 0.45), seed=1)
    shares, people = follow((main, missed(200, gone)), (other, missed(200)))
    assert shares == [1, 0]
    comparable = size >= 0.5
    assert people[120] == (2 if comparable else 1)
    assert (people[gone] == comparable).all()


def test_a_bystander_who_is_seen_only_while_the_person_is_missed() -> None:
    gone = slice(90, 130)
    main, other = someone(200, size=200), someone(200, size=190, at=(0.3, 0.4), seed=1)
    assert follow((main, missed(200, gone)), (other, ~missed(200, gone)))[0] == [1, 0]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 119), max_size=40),
    st.lists(st.integers(0, 119), max_size=40),
    st.floats(0.2, 0.8),
    st.sampled_from([0.15, 0.3, 0.7]),
    st.integers(0, 5),
)
def test_no_frame_ever_holds_the_bystander(
    gone: list[int], bystander_gone: list[int], size: float, x: float, seed: int
) -> None:
    main, other = someone(120, size=200, seed=seed), someone(120, size=200 * size, at=(x, 0.45), seed=seed + 1)
    persons = (main, missed(120, *gone)), (other, missed(120, *bystander_gone))
    assert follow(*persons, seed=seed)[0] == [1, 0]


@pytest.mark.parametrize("pace", [1.5, 4, 12])
@pytest.mark.parametrize("hidden", [False, True])
def test_people_who_cross_do_not_swap(pace: float, hidden: bool) -> None:
    frames = 300
    right, left = someone(frames, size=150, pace=pace), someone(frames, size=140, pace=-pace, seed=1)
    inside = [(p[:, NECK, 0] > 0) & (p[:, NECK, 0] < WIDTH) for p in (right, left)]
    if hidden:  # the one behind is missed while they overlap
        inside[1] &= np.abs(right[:, NECK, 0] - left[:, NECK, 0]) > 50
    assert follow((right, inside[0]), (left, inside[1]))[0] == [1, 0]


@pytest.mark.parametrize(("size", "followed"), [(250, [1, 0]), (450, [0, 1])])
def test_the_largest_over_time_is_followed(size: float, followed: Sequence[int]) -> None:
    late = missed(200, slice(0, 100))  # comes in half-way, nearer to the camera
    shares, people = follow((someone(200, size=200), missed(200)), (someone(200, size=size, at=(0.2, 0.6)), late))
    assert shares == followed
    assert people[50] == (1 if followed[0] else 0)
    assert people[150] == (2 if followed[0] else 1)


def test_of_two_as_large_the_one_in_the_middle_is_followed() -> None:
    aside, middle = someone(60, size=205, at=(0.15, 0.4)), someone(60, size=200)
    assert follow((aside, missed(60)), (middle, missed(60)))[0] == [0, 1]


@pytest.mark.parametrize("changed", [{"at": (0.65, 0.4)}, {"size": 290}])
def test_a_leap_or_another_size_is_somebody_else(changed: dict[str, Any]) -> None:
    before, after = missed(100, slice(60, None)), missed(100, slice(0, 60))
    shares, _ = follow((someone(100, size=200), before), (someone(100, **{"size": 200, **changed}), after))
    assert sorted(shares) == [0, 1]


def test_who_is_back_in_place_is_known_again_for_five_seconds() -> None:
    main = someone(500, size=200)
    assert follow((main, missed(500, slice(150, 299))))[0] == [1]
    (share,), _ = follow((main, missed(500, slice(150, 301))))
    assert 0.5 < share < 0.6  # the longer part alone


def test_who_comes_nearer_and_who_turns_away_is_the_same() -> None:
    main = someone(150, size=200)
    neck = main[:, NECK : NECK + 1]
    for scale in (
        np.linspace(0.5, 1.5, 150)[:, None],
        np.stack([np.cos(np.linspace(0, np.pi / 2, 150)), np.ones(150)], 1),
    ):
        assert follow((neck + (main - neck) * scale.reshape(150, 1, -1), missed(150)))[0] == [1]


def test_parts_of_people_do_no_harm() -> None:
    main, part = someone(50, size=200), someone(50, size=100, at=(0.2, 0.4))
    for keypoints in ([0, 8, 9], [4], [3, 4], [1], [2], []):
        only = np.full_like(part, np.nan)
        only[:, keypoints] = part[:, keypoints]
        shares, people = follow((main, missed(50)), (only, missed(50)))
        assert shares == [1, 0]
        assert (people == 1).all()
        assert follow((only, missed(50)))[1].max() <= 1


def test_nobody_at_all() -> None:
    people = People.of(np.array([], dtype=int), np.zeros((0, 12, 2)))
    assert len(people.followed(FPS, WIDTH)) == 0
    assert people.comparable(people.followed(FPS, WIDTH), 3).tolist() == [0, 0, 0]
    assert people.tracks(FPS, [1], np.zeros((0, 8))) == []


def tracked(
    *persons: tuple[Array, Array], cuts: Sequence[int] = (), looks: Sequence[int] | None = None
) -> list[list[int]]:
    """Who the detections of each track are, one after the other; `looks` tells each person's colour, None = nobody looked."""
    found = [(t, who) for t in range(len(persons[0][1])) for who in range(len(persons)) if persons[who][1][t]]
    frame, who = np.array(found, dtype=int).T
    people = People.of(frame, np.array([persons[w][0][t] for t, w in found]))
    colours = None if looks is None else np.eye(8)[[looks[w] for w in who]]
    tracks = people.tracks(FPS, cuts, colours)
    assert sorted(np.concatenate(tracks).tolist()) == list(range(len(frame)))
    assert all((np.diff(frame[rows]) > 0).all() for rows in tracks)
    return sorted(who[rows][np.flatnonzero(np.diff(who[rows], prepend=-1))].tolist() for rows in tracks)


def test_nobody_goes_on_where_they_were_after_a_cut() -> None:
    before, after = missed(100, slice(50, None)), missed(100, slice(0, 50))
    persons = (someone(100, size=200), before), (someone(100, size=200), after)
    assert tracked(*persons) == [[0, 1]]
    assert tracked(*persons, cuts=[50]) == [[0], [1]]
    assert tracked(*persons, cuts=[50], looks=[0, 1]) == [[0], [1]]
    assert tracked(*persons, cuts=[50], looks=[0, 0]) == [[0, 1]]


def test_who_changes_place_at_a_cut_is_known_by_the_colours() -> None:
    left, right = (0.3, 0.4), (0.7, 0.4)
    persons = [
        (np.concatenate([someone(50, size=200, at=one), someone(50, size=200, at=other)]), missed(100))
        for one, other in ((left, right), (right, left))
    ]
    assert tracked(*persons) == [[0, 1], [1, 0]]
    assert tracked(*persons, cuts=[50], looks=[0, 1]) == [[0], [1]]


def test_who_is_away_for_long_is_known_by_the_colours() -> None:
    main = someone(500, size=200), missed(500, slice(150, 350))
    assert tracked(main) == [[0], [0]]
    assert tracked(main, looks=[0]) == [[0]]


def test_people_who_look_alike_are_not_taken_for_each_other() -> None:
    left, right = ((someone(100, size=200, at=(x, 0.4)), missed(100)) for x in (0.3, 0.7))
    assert tracked(left, right, cuts=[50], looks=[0, 0]) == [[0], [0], [1], [1]]
    assert tracked(left, right, cuts=[50], looks=[0, 1]) == [[0], [1]]


def test_a_head_alone_tells_about_how_large_somebody_is() -> None:
    whole = someone(1, size=200)
    head = np.full_like(whole, np.nan)
    head[:, [0, 8, 9, 10, 11]] = whole[:, [0, 8, 9, 10, 11]]
    sizes = [People.of(np.array([0]), person).size[0] for person in (whole, head)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.15)
