"""What films teach: which statistics survive a swap, what varies within a person, and calibrations of few people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from film_trials import Tried, bodies, joined, tried_among

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.movements.head import COUNT
from poseprint.movements.statistics import catalogue
from poseprint.verification.calibration import Calibration, fit_fused, fused
from poseprint.verification.learn_films import (
    FUSIONS,
    Film,
    calibrate_films,
    difference,
    fit_faces,
    survival,
    survivors,
    with_faces,
)
from poseprint.verification.learn_reference import with_llr
from poseprint.verification.reference import Reference, read_reference, write_reference
from poseprint.verification.trials import Take, Trials

SIZE = len(catalogue(2))


def pairs(count: int = 40, kept: float = 1.0) -> np.ndarray:
    """Original and swapped clips; statistics with even numbers survive."""
    rng = np.random.default_rng(0)
    original = rng.normal(size=(count, COUNT))
    other = rng.normal(size=(count, COUNT))
    even = np.arange(COUNT) % 2 == 0
    return np.stack([original, np.where(even, kept * original + 0.1 * other, other)], axis=1)


def take(person: str, session: str, number: int, own: np.ndarray) -> Take:
    rng = np.random.default_rng([number, len(person)])
    rows = np.full((4, SIZE), np.nan)
    rows[:, -COUNT:] = own + 0.3 * rng.normal(size=COUNT) + 0.3 * rng.normal(size=(4, COUNT))
    return Take(person, f"{person}-{session}-{number}", "", session, "films", rows, np.full(4, 5.0), 20.0, (0, 1, 2, 3))


def films(people: int = 10, sessions: int = 2) -> list[Film]:
    rng = np.random.default_rng(3)
    found = []
    for p in range(people):
        own = rng.normal(size=COUNT)
        found += [Film(take(f"p{p}", f"s{p}-{n}", 10 * p + n, own), f"p{p}") for n in range(sessions)]
    return found


def tried(reference: Reference, some: list[Film]) -> list[Tried]:
    return tried_among(some, lambda _: reference)


def test_what_survives_a_swap_is_chosen() -> None:
    found = survival(pairs())
    assert (found[::2] > 0.95).all()
    assert (np.abs(found[1::2]) < 0.6).all()
    chosen = survivors(pairs())
    assert not chosen[:-COUNT].any()
    assert chosen[-COUNT:].nonzero()[0].tolist() == list(range(0, COUNT, 2))
    still = pairs()
    still[:, :, 0] = 1.0
    assert np.isnan(survival(still)[0])


def test_faces_of_people_make_a_background_that_tells_them_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    everybody = films()
    reference = with_faces(bodies(), [f for f in everybody if f.face_of != "p0"], pairs())
    assert reference.speakers == tuple(f"p{p}" for p in range(1, 10))
    trials = joined(tried(reference, everybody)).trials
    own, others = trials.scores["mouth"][trials.genuine], trials.scores["mouth"][~trials.genuine]
    assert own.min() > others.max()
    assert np.isnan(trials.scores["motion"]).all()
    folder = tmp_path_factory.mktemp("reference")
    write_reference(reference, folder)
    again = joined(tried(read_reference(2, folder), everybody)).trials
    np.testing.assert_allclose(again.scores["mouth"], trials.scores["mouth"], rtol=0.05, atol=0.2)


def test_no_clip_is_tested_on_its_own_occasion() -> None:
    everybody = films()
    twice = [replace(f, take=replace(f.take, session="the same")) for f in everybody]
    with pytest.raises(DatasetError, match="no trials"):
        joined(tried(with_faces(bodies(), everybody, pairs()), twice))


def test_a_swap_is_tested_against_the_owner_of_the_face() -> None:
    everybody = films()
    swap = Film(replace(everybody[0].take, recording="swap"), "p5")
    assert swap.is_swap
    reference = with_faces(bodies(), everybody, pairs())
    trials = joined(tried(reference, [*everybody, swap])).of("swap").trials
    assert trials.model.tolist() == ["p5"]
    assert not trials.genuine.any()


def test_too_few_people_are_no_background() -> None:
    with pytest.raises(DatasetError, match="at least four people, got 3"):
        fit_faces([f.take for f in films(3)], pairs(), survivors(pairs()))
    with pytest.raises(DatasetError, match="somebody on two occasions"):
        fit_faces([f.take for f in films(6, 1)], pairs(), survivors(pairs()))


def trials_of(gain: float, shift: float = 0.0, seed: int = 0, people: int = 12) -> Trials:
    rng = np.random.default_rng(seed)
    names = [f"p{n}" for n in range(people)]
    rows = [
        (a, b, gain * (rng.normal() + (2 if a == b else -2)) + shift) for a in names for b in names for _ in range(2)
    ]
    model, test, score = (np.array(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(rows))
    scores = dict.fromkeys(("motion", "static", "head", "eyes", "mouth", "head_posture", "expression"), score)
    return Trials(np.full(len(rows), "x"), model, test, model == test, scores, {}, {}, zero + 20, zero, zero + 1)


def test_calibrations_are_as_bold_as_people_are_many() -> None:
    trials = trials_of(1.0)
    found = calibrate_films(trials, np.zeros(len(trials), dtype=bool))
    assert set(found) == set(FUSIONS)
    assert found["both"].lower == pytest.approx(-np.log10(13))
    assert found["both"].persons == 12
    more = calibrate_films(trials, np.zeros(len(trials), dtype=bool), genuine_persons=20)
    assert more["both"].lower == pytest.approx(-np.log10(33))
    assert more["both"].weights == found["both"].weights
    told = with_llr(trials, found)
    assert told.llr["both"][trials.genuine].mean() > 1 > -1 > told.llr["both"][~trials.genuine].mean()


def test_swaps_among_the_impostors_make_the_scale_more_careful() -> None:
    trials = trials_of(1.0)
    swap = ~trials.genuine & (np.arange(len(trials)) % 4 == 0)
    scores = {kind: np.where(swap, 1.5, values) for kind, values in trials.scores.items()}
    plain = calibrate_films(trials, np.zeros(len(trials), dtype=bool))["both"]
    careful = calibrate_films(replace(trials, scores=scores), swap)["both"]
    at = np.array([[1.5] * len(plain.kinds)])
    assert careful.unbounded(at, np.zeros((1, 3)))[0] < plain.unbounded(at, np.zeros((1, 3)))[0]
    assert careful.persons == plain.persons


def test_trials_that_weigh_nothing_teach_nothing() -> None:
    trials = trials_of(1.0)
    odd = np.arange(len(trials)) % 2 == 1
    none = np.zeros(len(trials), dtype=bool)
    scores = {kind: np.where(odd, -values, values) for kind, values in trials.scores.items()}
    weighed = calibrate_films(replace(trials, scores=scores), none, weight=1.0 - odd)["both"]
    even = calibrate_films(trials.at(~odd), none[~odd])["both"]
    np.testing.assert_allclose(weighed.weights, even.weights, atol=0.05)


def test_whether_one_calibration_serves_two_kinds_of_footage() -> None:
    fusion = {"motion": 1.0}
    alike = difference(trials_of(1.0), trials_of(1.0), fusion, draws=60)
    assert alike["shift"][0] < 0 < alike["shift"][1]
    assert alike["gain"][0] < 0 < alike["gain"][1]
    flatter = difference(trials_of(1.0), trials_of(4.0, seed=1), fusion, draws=60)
    assert flatter["gain"][1] < 0


def test_scores_are_fused_from_what_is_known() -> None:
    table = np.array([[1.0, 1.0], [2.0, np.nan], [np.nan, np.nan]])
    found = fused(table, (1.0, 1.0))
    assert found[:2].tolist() == pytest.approx([np.sqrt(2), 2.0])
    assert np.isnan(found[2])
    calibration = Calibration(("a", "b"), (0.0, 1.0, *[0.0] * 6), -1.0, 1.0, 5, (1.0, 1.0))
    llr = calibration.llr(table, np.zeros((3, 3)))
    assert llr[0] < llr[1]
    assert np.isnan(llr[2])
    assert Calibration.from_dict(calibration.to_dict()) == calibration


def test_a_calibration_of_one_kind_of_trial_is_refused() -> None:
    with pytest.raises(PoseprintError, match="trials of both kinds"):
        fit_fused({"a": 1.0}, np.ones((3, 1)), np.ones(3, dtype=bool), weight=np.ones(3), limits=(-1, 1), persons=3)
