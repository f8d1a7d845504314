"""Heads linked to people over cuts and absences, and who of them is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.estimation.appearance import LOOKS
from poseprint.estimation.cast import Cast, Person, comparable, missed
from poseprint.estimation.chunks import Chunk

FRAMES, EVERY, WIDTH = 300, 6, 640
Place = Callable[[float], "tuple[float, float, float] | None"]
"""x, y and width of a head at a time in seconds; None = not in sight."""


def pictures(places: Mapping[int, Place], *, cut: float | None = 5.0, aimed: int = 0, frames: int = FRAMES) -> Chunk:
    """What the chunks of a video tell in which heads are at some places; each has a look of its own, by its number."""
    time = np.arange(frames) / 30
    asked = np.arange(0, frames, EVERY)
    rows, heads, looks, whose = [], [], [], []
    for row in asked.tolist():
        for who, place in places.items():
            head = place(time[row])
            if head is not None:
                rows.append(row)
                heads.append(head)
                looks.append(np.eye(LOOKS)[who])
                whose.append(who == aimed)
    return {
        "time": time,
        "cut": (np.abs(time - cut) < 1e-6).astype(float) if cut is not None else np.zeros(frames),
        "asked": asked,
        "head_of": np.array(rows, dtype=np.int64),
        "head": np.array(heads, dtype=np.float64).reshape(-1, 3),
        "look": np.array(looks, dtype=np.float64).reshape(-1, LOOKS),
        "aimed": np.array(whose, dtype=bool),
    }


def swapped(time: float, *, width: float, first: float, second: float) -> tuple[float, float, float]:
    """Somebody who is at one place before the cut and at another after it."""
    return (first if time < 5 else second, 150, width)


def two(small: float = 50, large: float = 60) -> Chunk:
    """Two people who change places at a cut; the second one in the lists is the larger."""
    return pictures(
        {
            0: lambda t: swapped(t, width=small, first=200, second=440),
            1: lambda t: swapped(t, width=large, first=440, second=200),
        }
    )


def test_two_people_over_a_cut_are_known_by_their_looks() -> None:
    cast = Cast.of(two(), WIDTH)
    assert [p.number for p in cast.people] == [1, 2]
    larger, smaller = cast.people
    assert larger.weight > smaller.weight
    for person, places, width in ((larger, (440, 200), 60), (smaller, (200, 440), 50)):
        assert person.seconds == pytest.approx(10, abs=0.5)
        assert len(person.rows) == FRAMES / EVERY
        assert set(person.head[person.time < 5, 0]) == {places[0]}
        assert set(person.head[person.time >= 5, 0]) == {places[1]}
        assert set(person.shot) == {0, 1}
        assert person.facts()["size"] == pytest.approx(2.3 * width)


def test_people_without_looks_are_somebody_else_after_a_cut() -> None:
    whole = two()
    whole["look"][:] = np.nan
    assert len(Cast.of(whole, WIDTH).people) == 4


def test_the_central_one_comes_first_among_equals_and_a_large_one_before() -> None:
    def order(width: float) -> list[float]:
        cast = Cast.of(pictures({0: lambda _: (60, 150, width), 1: lambda _: (320, 150, 50)}), WIDTH)
        return [p.facts()["place"][0] for p in cast.people]

    assert order(50) == [320, 60]
    assert order(150) == [60, 320]


def test_whoever_is_longer_in_sight_comes_first() -> None:
    shown = pictures({0: lambda t: (220, 150, 50) if t < 4 else None, 1: lambda _: (420, 150, 50)}, cut=None)
    cast = Cast.of(shown, WIDTH)
    assert [p.facts()["place"][0] for p in cast.people] == [420, 220]
    assert [p.seconds for p in cast.people] == pytest.approx([10, 4], abs=0.5)


def test_facts_tell_when_and_where_somebody_is_largest() -> None:
    (person,) = Cast.of(pictures({0: lambda t: (300 + 4 * t, 150, 50 if t != 4.0 else 60)}, cut=None), WIDTH).people
    facts = person.facts()
    assert (facts["number"], facts["clearest"], facts["there"]) == (1, 4.0, [316.0, 150.0])
    assert (facts["first"], facts["last"]) == (0.0, 9.8)
    assert facts["place"] == [pytest.approx(319.6, abs=0.5), 150.0]


def test_a_passer_by_is_not_listed_beside_others_and_is_alone() -> None:
    passing: Place = lambda t: (200, 150, 60) if 2 <= t < 2.5 else None  # noqa: E731
    staying: Place = lambda _: (440, 150, 60)  # noqa: E731
    assert len(Cast.of(pictures({0: passing, 1: staying}, cut=None), WIDTH).people) == 1
    (alone,) = Cast.of(pictures({0: passing}, cut=None), WIDTH).people
    assert alone.seconds < 0.9


# Who is chosen


def test_chosen_by_rule_by_number_and_by_place() -> None:
    cast = Cast.of(two(), WIDTH)
    first, second = cast.people
    assert cast.chosen(None, None) is first
    assert cast.chosen(1, None) is first
    assert cast.chosen(2, None) is second
    assert cast.chosen(None, (440, 150, 1)) is first
    assert cast.chosen(None, (440, 150, 7)) is second
    assert cast.chosen(None, (210, 300, 1)) is second  # the chest is theirs too
    assert cast.chosen(None, (370, 150, 7)) is second  # a shoulder


@pytest.mark.parametrize("who", [0, 3, -1, 99])
def test_a_number_that_nobody_has(who: int) -> None:
    with pytest.raises(PoseprintError) as error:
        Cast.of(two(), WIDTH).chosen(who, None)
    assert str(error.value) == f"`who` {who}: nobody has that number; in sight: 1: 10 s, 2: 10 s"


@pytest.mark.parametrize("at", [(10, 10, 1), (200, 350.5, 1), (600, 150, 2), (200, 150, 60)])
def test_a_place_where_nobody_is(at: tuple[float, float, float]) -> None:
    cast = Cast.of(two(small=30, large=40), WIDTH)
    with pytest.raises(PoseprintError) as error:
        cast.chosen(None, at)
    assert str(error.value) == (f"`at` {at[0]:g},{at[1]:g}@{at[2]:g}: nobody is there then; in sight: 1: 10 s, 2: 10 s")


@pytest.mark.parametrize(("small", "large", "rivals"), [(50, 60, [2]), (37, 60, [2]), (35, 60, []), (60, 60, [2])])
def test_rivals_weigh_more_than_a_share_of_the_first(small: float, large: float, rivals: list[int]) -> None:
    cast = Cast.of(two(small, large), WIDTH)
    assert cast.rivals(cast.people[0]) == rivals
    assert cast.rivals(cast.people[1]) == [1]


@pytest.mark.parametrize("frames", [0, 60])
def test_no_heads_at_all(frames: int) -> None:
    cast = Cast.of(pictures({}, frames=frames), WIDTH)
    assert cast.people == ()
    assert cast.chosen(None, None) is None
    for who, at in ((1, None), (None, (1.0, 2.0, 0.0))):
        with pytest.raises(PoseprintError, match="nobody"):
            cast.chosen(who, at)
    people, near = comparable(pictures({}, frames=frames), None, np.zeros(frames, dtype=bool))
    assert np.nansum(people) == near.sum() == 0
    assert np.isfinite(people[::EVERY]).all()


# Where somebody is expected


def walker(cut: float | None = None, gap: tuple[float, float] = (0, 0)) -> Person:
    def place(time: float) -> tuple[float, float, float] | None:
        return None if gap[0] <= time < gap[1] else (100 + 40 * time, 150, 50)

    (person,) = Cast.of(pictures({0: place}, cut=cut), WIDTH).people
    return person


def test_expected_between_two_searches() -> None:
    person = walker()
    for time in (0.0, 0.1, 3.33, 9.8):
        assert person.expected(time) == pytest.approx([100 + 40 * time, 150, 50])
    assert person.expected(11) == pytest.approx(person.head[-1])


def test_expected_within_a_shot_alone() -> None:
    person = Cast.of(two(), WIDTH).people[0]
    for time, x in ((4.79, 440), (4.99, 440), (5.0, 200), (5.1, 200)):
        place = person.expected(time)
        assert place is not None
        assert place[0] == x


def test_not_expected_in_a_shot_without_them_or_long_after() -> None:
    one_shot = pictures({0: lambda t: (200, 150, 60) if t < 5 else None, 1: lambda _: (440, 150, 50)})
    gone = next(p for p in Cast.of(one_shot, WIDTH).people if p.head[0, 0] == 200)
    assert gone.expected(4.99) is not None
    assert gone.expected(5.01) is None
    away = walker(gap=(2, 9))
    assert away.expected(4.2) is not None
    assert away.expected(5.5) is None
    assert away.expected(8.0) is not None


# What was measured of whom


def test_missed_where_somebody_else_was_measured() -> None:
    shown = two()
    first, second = Cast.of(shown, WIDTH).people  # the second is aimed at all the time
    rows = range(len(shown["head"]))
    assert missed(rows, shown, first)
    assert not missed(rows, shown, second)
    assert not missed(range(0), shown, first)
    half = shown["aimed"].copy()
    half[len(half) // 2 :] = ~half[len(half) // 2 :]
    shown = {**shown, "aimed": half}
    assert [missed(part, shown, first) for part in (rows[: len(half) // 2], rows[len(half) // 2 :])] == [True, False]
    nobody = {**shown, "aimed": np.zeros_like(half)}
    assert missed(rows, nobody, first)


def counted(heads: dict[int, Place], *, confident: bool = True) -> tuple[Array, Array]:
    shown = pictures(heads, cut=None)
    person = Cast.of(shown, WIDTH).people[0]
    return comparable(shown, person, np.full(FRAMES, confident))


@pytest.mark.parametrize(
    ("other", "people", "near"),
    [
        ((440, 150, 50), 2, 0),
        ((440, 150, 31), 2, 0),
        ((440, 150, 29), 1, 0),  # small: far behind
        ((290, 150, 50), 2, 1),  # within arm's reach
        ((300, 150, 50), 2, 0),
        ((270, 150, 20), 1, 0),
    ],
)
def test_people_of_comparable_size_are_counted(other: tuple[float, float, float], people: int, near: int) -> None:
    counts, close = counted({0: lambda _: (200, 150, 60), 1: lambda _: other})
    assert set(counts[::EVERY]) == {people}
    assert np.isnan(np.delete(counts, np.arange(0, FRAMES, EVERY))).all()
    assert set(close[::EVERY]) == {near}


def test_everybody_is_counted_while_the_person_is_away() -> None:
    counts, _ = counted({0: lambda t: (200, 150, 90) if t < 5 else None, 1: lambda _: (440, 150, 30)})
    assert set(counts[:150:EVERY]) == {1}
    assert set(counts[240::EVERY]) == {1}


def test_somebody_whose_face_is_not_found_counts_by_the_pose() -> None:
    heads: dict[int, Place] = {
        0: lambda t: (200, 150, 60) if not 4 <= t < 5 else None,
        1: lambda _: (440, 150, 50),
    }
    assert set(counted(heads, confident=True)[0][::EVERY]) == {2}
    assert set(counted(heads, confident=False)[0][120:150:EVERY]) == {1}
