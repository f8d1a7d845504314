"""The index of takes finds what comparing every pair finds, and tells duplicates from takes that only share something."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers.movers import no_arms, wanderer

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.movements import take_index
from poseprint.movements.perturbations import at_frame_rate, half_size, jitter, mirror
from poseprint.movements.same_take import COLUMNS, Likeness, Stretch, movement_track, same_takes
from poseprint.movements.take_index import NEARLY_ALL, TakeIndex, duplicate_of


def track(series: PoseSeries) -> Array:
    return movement_track(series, [(0, len(series))])


def wandering(seed: int, seconds: int = 60, pace: float = 0.02) -> Array:
    """The track of somebody who wanders about."""
    steps = np.random.default_rng(seed).normal(0, pace, (seconds * 5, COLUMNS))
    return np.asarray(np.cumsum(steps, axis=0).astype(np.float16))


def index_of(*tracks: Array) -> TakeIndex:
    index = TakeIndex()
    assert [index.add(t) for t in tracks] == list(range(len(tracks)))
    return index


def numbers(index: TakeIndex, of: Array) -> list[int]:
    return [number for number, _ in index.alike(of)]


TAKES = [wanderer(600, seed=seed) for seed in range(4)]

BEFALLEN: dict[str, Callable[[PoseSeries], PoseSeries]] = {
    "nothing": lambda s: s,
    "encoded again": lambda s: jitter(s, 0.012),
    "half the size": half_size,
    "mirrored": mirror,
    "24 pictures a second": lambda s: at_frame_rate(s, 24),
    "10 s of it": lambda s: jitter(s.part(101, 401), 0.01),
    "6 s of it": lambda s: jitter(s.part(203, 385), 0.01),
    "4 s of it": lambda s: jitter(s.part(301, 421), 0.01),
    "head and shoulders": no_arms,
    "all at once": lambda s: jitter(mirror(at_frame_rate(s, 25).part(50, 350)), 0.012),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BEFALLEN)
def test_a_copy_is_found_whichever_came_first(what: str) -> None:
    copy = track(BEFALLEN[what](TAKES[2]))
    tracks = [track(take) for take in TAKES]
    found = dict(index_of(*tracks).alike(copy))
    assert found == {n: likeness for n, likeness in enumerate(same_takes(copy, tracks)) if likeness.stretches}
    assert duplicate_of([(2, found[2])]) == 2
    backwards = dict(index_of(*tracks[:2], copy, tracks[3]).alike(tracks[2]))
    assert list(backwards) == [2]
    assert (duplicate_of([(2, backwards[2])]) is None) == (" of it" in what or what == "all at once")


@pytest.mark.slow
@pytest.mark.parametrize("steps", [15, 16, 17, 18, 22, 29, 30, 31])
def test_a_short_clip_is_found_wherever_it_begins(steps: int) -> None:
    whole = wandering(0)
    index = index_of(wandering(1), whole)
    for first in range(100, 104):
        clip = whole[first : first + steps]
        assert numbers(index, clip) == [1]
        assert numbers(index_of(clip), whole) == [0]


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0, 2, 5, 8, 11, 13])
def test_six_seconds_in_common_are_found_wherever_they_are(shift: int) -> None:
    one, other = wandering(0, seconds=30), wandering(1, seconds=30)
    one[100:130] = other[shift : shift + 30]
    assert numbers(index_of(other), one) == [0]


def test_of_few_parts_twelve_seconds_are_compared() -> None:
    head_and_hands = wandering(0)
    head_and_hands[:, 6:] = np.nan
    index = index_of(wandering(1), wandering(0), head_and_hands)
    assert numbers(index, head_and_hands) == [1, 2]
    assert numbers(index_of(head_and_hands[:29]), head_and_hands[:29]) == []


def test_parts_that_come_and_go_do_not_matter() -> None:
    there, here = wandering(0), wandering(0)
    there[::40, 2:4] = np.nan
    here[50:80, 4:6] = np.nan
    here[10:14] = np.nan
    assert numbers(index_of(wandering(1), there), here) == [1]


def test_what_moves_slowly_and_little_is_found() -> None:
    time = np.arange(300) / 5
    phases = np.random.default_rng(0).uniform(0, 6, (2, 3, COLUMNS))
    slow, another = (
        sum(0.02 * np.sin(2 * np.pi * hertz * time[:, None] + p) for hertz, p in zip((0.07, 0.09, 0.13), phase))
        for phase in phases
    )
    assert same_takes(slow, [slow])[0].stretches
    assert numbers(index_of(another, slow), slow) == [1]


def test_nothing_is_like_nothing() -> None:
    index = TakeIndex()
    assert index.alike(wandering(0)) == []
    nobody, too_short, still = np.full((300, COLUMNS), np.nan), wandering(0)[:14], np.zeros((300, COLUMNS))
    for number, empty in enumerate((nobody, too_short, still, wandering(0)[:0])):
        assert index.add(empty) == number
        assert index.alike(empty) == []
    assert len(index) == 4
    assert index.alike(wandering(0)) == []


def test_only_the_likeliest_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_index, "MOST_COMPARED", 2)
    noise = np.random.default_rng(0).normal(0, 0.01, (300, COLUMNS))
    index = index_of(*(wandering(0) + k * noise for k in (1, 0, 0.5)))
    assert index.worth_comparing(wandering(0)) == [1, 2]


def test_the_most_shared_comes_first() -> None:
    whole = wandering(0)
    part = np.concatenate([whole[:150], wandering(1)[:150]])
    assert numbers(index_of(part, whole, whole), whole) == [1, 2, 0]


def test_blocks_that_are_full_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [wandering(seed, seconds=15) for seed in range(5)]
    whole = [index_of(*tracks).alike(t) for t in tracks]
    monkeypatch.setattr(take_index, "_BLOCK", 40)
    assert [index_of(*tracks).alike(t) for t in tracks] == whole


def test_memory_is_bounded_by_the_minute() -> None:
    index = index_of(*(wandering(seed) for seed in range(5)))
    assert index.nbytes / 5 < 30_000


def test_a_duplicate_is_found_as_a_whole_in_what_came_before() -> None:
    whole, other = wandering(0), wandering(1)
    longer = np.concatenate([whole, other[:200]])
    assert duplicate_of(index_of(whole).alike(whole[50:200])) == 0
    assert duplicate_of(index_of(whole).alike(longer)) is None
    assert duplicate_of(index_of(longer).alike(whole)) == 0
    mostly = np.concatenate([whole, other[:40]])
    assert duplicate_of(index_of(whole).alike(mostly)) == 0


def test_a_duplicate_is_of_the_first_that_shows_most_of_it() -> None:
    stretches = (Stretch(0, 6, 0, False),)
    alike = [
        (n, Likeness(stretches, 1.0, share)) for n, share in ((0, NEARLY_ALL - 0.01), (3, 0.9), (2, 0.9), (1, 0.85))
    ]
    assert duplicate_of(alike) == 2
    assert duplicate_of(alike[:1]) is None
    assert duplicate_of([]) is None
