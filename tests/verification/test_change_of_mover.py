"""Where in a recording somebody else begins to move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import empty, mover

from poseprint.core.arrays import Array, Span
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.forgeries import splice
from poseprint.movements.measure import Measured, Movements, measure
from poseprint.verification.background import KINDS
from poseprint.verification.change_of_mover import (
    LEAST_MOMENT,
    LEAST_S,
    MIDDLE_PENALTY,
    OUTER_S,
    SHARES,
    STEP,
    Change,
    find_change,
    likeliest_change,
)
from poseprint.verification.reference import Reference, shipped
from poseprint.verification.summary import Summary

MOVEMENT = 150
WIDE = {"amplitude": 0.3, "tempo": 0.9, "sway": 0.05}
SMALL = {"amplitude": 0.12, "tempo": 0.45, "sway": 0.02}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return shipped(2)


def human(frames: int, seed: int, *, amplitude: float, tempo: float, sway: float) -> PoseSeries:
    """A mover who never makes the same gesture twice: pieces of three seconds that pass into each other."""
    pieces = [
        mover(frames, amplitude=amplitude * a, tempo=tempo * b, sway=sway, seed=100 * seed + k).position
        for k, (a, b) in enumerate(np.random.default_rng(seed).uniform(0.85, 1.15, (5, 2)))
    ]
    turn = np.arange(frames) / 90 % len(pieces)
    weight = np.stack([np.clip(1 - np.abs((turn - k + 2.5) % 5 - 2.5), 0, 1) for k in range(len(pieces))])
    position = sum(w[:, None, None] * p for w, p in zip(weight, pieces, strict=True)) / weight.sum(0)[:, None, None]
    return replace(mover(frames, seed=seed), position=position, person=f"{amplitude}")


def enrolled(reference: Reference, **style: float) -> Summary:
    return Summary.joined(
        [Summary.of_movements(measure(human(1200, seed, **style), reference.axes).movements()) for seed in (11, 12, 13)]
    )


def likeliest(reference: Reference, series: PoseSeries) -> Change | None:
    return likeliest_change(reference, enrolled(reference, **WIDE), measure(series, reference.axes))


@pytest.mark.slow
@pytest.mark.parametrize("at", [10.0, 16.0, 25.0])
def test_the_movement_in_which_the_mover_changes_is_found(reference: Reference, at: float) -> None:
    spliced = splice(human(1200, 1, **WIDE), human(1200, 2, **SMALL), at)
    change = likeliest(reference, spliced)
    assert change is not None
    assert abs(change.frame - at * 30) <= MOVEMENT
    assert change.until is None
    assert change.seconds == pytest.approx(change.frame / 30)
    assert change.movement[0] <= change.frame < change.movement[1]
    assert change.strength > 0
    measured = measure(spliced, reference.axes)
    assert change.rows == tuple(r for r, (a, b) in enumerate(measured.movements().spans) if (a + b) / 2 >= change.frame)
    assert set(change.before) == set(change.after) == {"static", "motion", "both"}


@pytest.mark.slow
def test_a_middle_part_is_found_at_both_ends(reference: Reference) -> None:
    change = likeliest(reference, splice(human(1500, 1, **WIDE), human(1500, 2, **SMALL), 15.0, 33.0))
    assert change is not None
    assert change.until is not None
    assert abs(change.frame - 450) <= MOVEMENT
    assert abs(change.until - 990) <= MOVEMENT
    assert change.until_seconds == pytest.approx(change.until / 30)


@pytest.mark.slow
def test_a_change_counts_where_it_is_strong_and_the_two_parts_are_opposed(reference: Reference) -> None:
    spliced = splice(human(1200, 1, **WIDE), human(1200, 2, **SMALL), 18.0)
    measured, person = measure(spliced, reference.axes), enrolled(reference, **WIDE)
    change = likeliest_change(reference, person, measured)
    assert change is not None
    assert find_change(reference, person, measured, threshold=change.strength + 1) is None
    found = find_change(reference, person, measured)
    assert (found is not None) == change.opposed
    turned = replace(change, before={"both": 0.4}, after={"both": -0.2})
    assert turned.opposed
    assert not replace(turned, after={"both": None}).opposed
    assert not replace(turned, after={"both": 0.1}).opposed


@pytest.mark.slow
def test_one_mover_does_not_change(reference: Reference) -> None:
    for seed in (1, 2, 3):
        measured = measure(human(1200, seed, **WIDE), reference.axes)
        assert find_change(reference, enrolled(reference, **WIDE), measured) is None


@pytest.mark.slow
def test_one_mover_is_weaker_than_two(reference: Reference) -> None:
    alone = likeliest(reference, human(1200, 1, **WIDE))
    two = likeliest(reference, splice(human(1200, 1, **WIDE), human(1200, 2, **SMALL), 20.0))
    assert alone is not None
    assert two is not None
    assert two.strength > alone.strength + 20


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 5.0, 15.0])
def test_too_little_on_either_side_is_nothing(reference: Reference, seconds: float) -> None:
    series = mover(round(30 * seconds))
    person = enrolled(reference, **WIDE)
    assert likeliest_change(reference, person, measure(series, reference.axes)) is None
    assert find_change(reference, person, measure(series, reference.axes)) is None


def test_time_without_a_person_is_no_evidence(reference: Reference) -> None:
    series = empty(mover(900), slice(180, 720))
    assert likeliest_change(reference, enrolled(reference, **WIDE), measure(series, reference.axes)) is None


@pytest.mark.slow
def test_a_second_splice_at_the_same_place_says_the_same_at_another_size(reference: Reference) -> None:
    spliced = splice(human(1200, 1, **WIDE), human(1200, 2, **SMALL), 18.0)
    doubled = replace(spliced, position=spliced.position * 2, frame_size=(2560, 1440))
    one, other = likeliest(reference, spliced), likeliest(reference, doubled)
    assert one is not None
    assert other is not None
    assert (other.frame, other.until) == (one.frame, one.until)
    assert other.strength == pytest.approx(one.strength, rel=0.01)


def made_up(reference: Reference, frames: int, seed: int) -> Movements:
    """Random statistics, some of them missing, of movements of several lengths in several stretches."""
    rng = np.random.default_rng(seed)
    spans: list[Span] = []
    first = int(rng.integers(40))
    while first < frames - 60:
        last = min(frames, first + int(rng.integers(60, 500)))
        spans += cut_movements([(first, last)], length=LENGTH, stride=STEP) or [(first, last)]
        first = last + int(rng.integers(40))
    background = reference.background
    other = (
        rng.normal(size=background.mean.shape)
        * np.array([a > frames * rng.uniform(0.3, 0.6) for a, _ in spans])[:, None]
    )
    values = background.mean + background.scale * (0.7 * rng.normal(size=other.shape) + 0.4 * other)
    missing = rng.uniform(size=values.shape) < rng.choice([0, 0.2, 0.6], values.shape[1], p=[0.6, 0.3, 0.1])
    return Movements(tuple(spans), np.where(missing, np.nan, values))


class Plain:
    """The likelihood ratio straight from its definition, one change and one model at a time."""

    def __init__(self, reference: Reference, enrolled: Summary, fine: Movements, frames: int) -> None:
        known = np.isfinite(fine.statistics)
        scaled = reference.background.scaled(np.where(known, fine.statistics, np.nanmean(fine.statistics, axis=0)))
        metrics = reference.body_metrics(enrolled, known.mean(axis=0) >= 0.5)
        members = [(m, SHARES[kind] / len(metrics[kind].members)) for kind in KINDS for m in metrics[kind].members]
        self.models = [(m, share, scaled[:, m.columns] @ m.project) for m, share in members]
        self.spans, self.frames = fine.spans, frames
        self.covered = np.array([any(a <= t < b for a, b in fine.spans) for t in range(self.frames)])
        self.places = range(fine.spans[0][0] + STEP, fine.spans[-1][1], STEP)

    def seconds(self, frame: int, until: int | None) -> list[float]:
        return [
            part.sum() / GRID_FPS for part in np.split(self.covered, [frame, self.frames if until is None else until])
        ]

    def sides(self, frame: int, until: int | None) -> list[list[int]]:
        half, stop = STEP // 2, self.frames if until is None else until
        one = [i for i, (a, b) in enumerate(self.spans) if b <= frame + half or (until and a >= until - half)]
        return [one, [i for i, (a, b) in enumerate(self.spans) if a >= frame - half and b <= stop + half]]

    def enough(self, frame: int, until: int | None) -> bool:
        before, within, after = self.seconds(frame, until)
        outer = until is None or min(before, after) >= OUTER_S
        return outer and min(before + after, within) >= LEAST_S and all(self.sides(frame, until))

    def strength(self, frame: int, until: int | None) -> float:
        before, within, after = self.seconds(frame, until)
        movements = LENGTH / GRID_FPS * (1 / (before + after) + 1 / within)
        length = np.array([b - a for a, b in self.spans])
        total = 0.0
        for model, share, points in self.models:
            one, other = (np.average(points[r], axis=0, weights=length[r]) for r in self.sides(frame, until))
            one_mover = np.maximum(model.moment, LEAST_MOMENT) * movements
            two_movers = one_mover + 2 * (model.between + 1)
            total += share * float((log_density(other - one, two_movers) - log_density(other - one, one_mover)).sum())
        return total

    def likeliest(self, changes: Iterable[tuple[int, int | None]]) -> tuple[float, int, int | None]:
        return max(((self.strength(*c), *c) for c in changes if self.enough(*c)), key=lambda change: change[0])


def log_density(x: Array, variance: Array) -> Array:
    return -0.5 * (x**2 / variance + np.log(2 * np.pi * variance))


@pytest.mark.slow
@pytest.mark.parametrize(("frames", "seed"), [(900, 1), (1100, 2), (1200, 3), (2500, 4), (2500, 5)])
def test_the_search_finds_what_the_definition_says(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, frames: int, seed: int
) -> None:
    fine = made_up(reference, frames, seed)
    person = enrolled(reference, **WIDE)
    person = replace(person, mean=np.where(np.arange(len(person.mean)) % 17 == seed, np.nan, person.mean))
    monkeypatch.setattr(Measured, "movements", lambda *_, **__: fine)
    change = likeliest_change(reference, person, measure(mover(frames), 2))
    assert change is not None
    plain = Plain(reference, person, fine, frames)
    assert change.strength == pytest.approx(plain.strength(change.frame, change.until), rel=1e-9)
    single = plain.likeliest((t, None) for t in plain.places)
    apart = -(-len(plain.places) // 40)  # places from one to the next that pairs are made of, at first
    middle = plain.likeliest(combinations(plain.places[::apart], 2))
    if apart > 1 and change.until is not None:  # then the best pair is sought among its neighbours
        near = [(change.frame + a * STEP, change.until + b * STEP) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        middle = max(middle, plain.likeliest(near))
    expected = middle if middle[0] - MIDDLE_PENALTY > single[0] else single
    assert (change.frame, change.until) == expected[1:]
    assert change.strength == pytest.approx(expected[0], rel=1e-9)


@pytest.mark.slow
@pytest.mark.shared_data
def test_splices_of_real_movers_are_found(shared: Path, reference: Reference) -> None:
    from poseprint.io.kinect import read_kinect

    recordings: dict[str, list[PoseSeries]] = {}
    for recording in read_kinect(shared / "msrc12" / "upper_body.parquet"):
        if recording.series.duration > 30:
            recordings.setdefault(recording.series.person, []).append(recording.series)
    people = sorted(recordings)[:8]
    near = []
    for one, other in pairwise(people):
        own = recordings[one]
        person = Summary.joined([Summary.of_movements(measure(s, reference.axes).movements()) for s in own[1:6]])
        spliced = splice(own[0].part(0, 840), recordings[other][0], 14.0)
        change = likeliest_change(reference, person, measure(spliced, reference.axes))
        assert change is not None
        near.append(min(abs(f - 420) for f in (change.frame, change.until) if f is not None) <= MOVEMENT)
    assert np.mean(near) >= 0.8
