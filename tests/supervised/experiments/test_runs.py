"""A run: whose recordings it takes, what it trains on, and what it is tested on."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.datasets import frames_of, usable
from helpers.experiments import PEOPLE, SMALL, Fit, results, run

from poseprint.core.errors import DatasetError
from poseprint.supervised.data import Usable
from poseprint.supervised.experiments.catalogue import SCALES
from poseprint.supervised.experiments.run import run_experiment
from poseprint.supervised.experiments.runs import Run, choose_recordings


@pytest.mark.slow
@pytest.mark.usefixtures("light")
def test_no_run_is_tested_on_what_it_was_trained_on(data: Path, tmp_path: Path, fits: list[Fit]) -> None:
    changes = ["length=30", "stride=7", "hidden=4"]
    run_experiment("all", data, tmp_path, persons=("Ann",), seeds=2, changes=changes, jobs=1)
    assert len(fits) == len(results(tmp_path)) > 90
    assert {(f.settings.split, f.settings.seed) for f in fits} == {
        (s, k) for s in ("recording", "movement") for k in (0, 1)
    }
    for one in fits:
        sides = [one.train, one.validation, *one.tests]
        assert all(len(side) for side in sides[:2])
        assert any(len(test) for test in one.tests) or one.outputs > 1
        trained, validated = frames_of(one.train), frames_of(one.validation)
        tested = set[tuple[str, int]]().union(*map(frames_of, one.tests))
        assert not trained & validated
        assert not (trained | validated) & tested
        if one.settings.split == "recording":
            names = [{name for name, _ in frames} for frames in (trained, validated, tested)]
            assert not names[0] & names[1]
            assert not (names[0] | names[1]) & names[2]
        for side in sides:
            if one.outputs == 1:
                assert len({(p, label) for p, label in zip(side.persons, side.labels.tolist(), strict=True)}) == len(
                    set(side.persons)
                )


@pytest.mark.slow
def test_lengths_tests_movements_of_just_the_length_asked_for(data: Path, tmp_path: Path, fits: list[Fit]) -> None:
    found = run("lengths", data, tmp_path, seeds=3)
    seconds = SCALES["reduced"].seconds
    assert len(fits) == 2 * 2 * 3
    for one in fits:
        assert len(one.tests) == len(seconds)
        for asked, test in zip(seconds, one.tests, strict=True):
            assert (test.lengths == round(asked * 30)).all()
            assert len(frames_of(test)) == int(test.lengths.sum())  # side by side
    fixed = [one for one in fits if len(set(one.train.lengths.tolist())) == 1]
    mixed = [one for one in fits if len(set(one.train.lengths.tolist())) > 1]
    assert len(fixed) == len(mixed) == 6
    assert all((one.train.lengths == 30).all() and (one.validation.lengths == 30).all() for one in fixed)
    for one in mixed:
        assert one.train.lengths.min() >= 30
        assert one.train.lengths.max() > 100
        ends = np.arange(one.train.features.shape[1]) >= one.train.lengths[:, None]
        assert (one.train.features[ends] == 0).all()
    for row in found["rows"]:
        tests = row["splits"]["recording"]["tests"]
        assert [float(key) for key in tests] == list(seconds)
        assert [tests[key]["movements"] for key in ("20", "30", "60")] == [0, 0, 0]  # recordings are 10 s
        assert tests["10"]["movements"] >= tests["10"]["recordings"] > 0  # a seed may test what another tested
        assert tests["1"]["movements"] == 10 * tests["10"]["movements"]


@pytest.mark.slow
def test_transfer_keeps_its_persons_apart_and_takes_the_minutes_asked_for(
    data: Path, tmp_path: Path, fits: list[Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = (0.1, 0.2, 0.5, 9.0)  # 6, 12 and 30 movements of a second, and all there are
    monkeypatch.setitem(SCALES, "reduced", replace(SCALES["reduced"], minutes=minutes))
    found = run("transfer", data, tmp_path, changes=["length=30", "stride=10", "hidden=4"])
    of_interest, background, impostors = (
        set(found["data"][key]) for key in ("of_interest", "pre-trained_on", "impostors_of_transfer")
    )
    assert of_interest == {"Ann"}
    assert len(background) >= 2
    assert impostors
    assert not of_interest & background
    assert not (of_interest | background) & impostors
    pretrained = [one for one in fits if one.outputs > 1]
    assert [one.settings.split for one in pretrained] == ["movement", "recording"]
    for one in pretrained:
        assert set(one.train.persons) == background
        assert one.outputs == len(background)
        assert {(p, label) for p, label in zip(one.train.persons, one.train.labels.tolist(), strict=True)} == set(
            zip(sorted(background), range(len(background)), strict=True)
        )
    for by in ("movement", "recording"):
        pairs = []
        for weights in (False, True):
            some = [f for f in fits if f.outputs == 1 and f.settings.split == by and f.given_weights is weights]
            own = [frames_of(f.train.subset(np.flatnonzero(f.train.labels == 1))) for f in some]
            assert len(own[-1]) < 9 * 60 * 30
            assert [len(frames) for frames in own] == [180, 360, 900, len(own[-1])]
            assert all(less <= more for less, more in itertools.pairwise(own))
            if by == "recording":
                assert [len({name for name, _ in frames}) for frames in own[:2]] == [1, 2]
            others = [frames_of(f.train.subset(np.flatnonzero(f.train.labels == 0))) for f in some]
            assert all(frames == others[0] for frames in others)
            for one in some:
                assert {p for p in one.train.persons if p != "Ann"} <= impostors
                assert set(one.tests[0].persons) <= impostors | {"Ann"}
                assert np.array_equal(one.tests[0].features, some[0].tests[0].features)
            pairs.append((own, others, frames_of(some[0].tests[0])))
        assert pairs[0] == pairs[1]  # fresh and pre-trained learn from the same
    for row in found["rows"]:
        for split in row["splits"].values():
            taken = [point["minutes"] for point in split["points"]]
            assert taken[:3] == [0.1, 0.2, 0.5]
            assert taken == sorted(set(taken))


def test_a_key_depends_on_all_that_a_result_does() -> None:
    first = Run("transfer", "Ann", SMALL, 1.0, ("Bob", "Cy"), {"minutes": 1})
    others = [
        replace(first, task="fit"),
        replace(first, person="Bob"),
        replace(first, settings=replace(SMALL, seed=1)),
        replace(first, settings=replace(SMALL, split="movement")),
        replace(first, settings=replace(SMALL, weight_decay=0.0)),
        replace(first, impostors=2.0),
        replace(first, others=("Bob",)),
        replace(first, details={"minutes": 2}),
        replace(first, details={"minutes": 1, "pre-trained on": ["Dee"]}),
    ]
    found = [one.key("footage") for one in (first, *others)] + [first.key("other footage")]
    assert len(set(found)) == len(found)
    assert replace(first).key("footage") == found[0]


def crowd() -> list[Usable]:
    """Ann with four recordings and a fake, Bob with three and a fake, Cy with two, Dee with one."""
    span = [(0, 30)]
    kinds = [("Ann", "real", 4), ("Ann", "fake", 1), ("Bob", "real", 3), ("Bob", "fake", 1), ("Cy", "real", 2),
             ("Dee", "real", 1)]  # fmt: skip
    return [
        usable(f"{who}_{label}_{k}", span, person=who, label=label) for who, label, count in kinds for k in range(count)
    ]


def chosen(run: Run, people: list[Usable]) -> Counter[str]:
    """Of whom and of what kind how many recordings are in a run."""
    return Counter(f"{u.line.person} {u.line.label}" for u in choose_recordings(run, people))


ALL_OWN = {"Ann real": 4, "Ann fake": 1}


@pytest.mark.parametrize("seed", range(8))
def test_as_many_others_as_own_are_cast_one_of_each_person_first(seed: int) -> None:
    run = Run("fit", "Ann", replace(SMALL, seed=seed))
    people = crowd()
    one_each = {"Bob real": 1, "Cy real": 1, "Dee real": 1}
    assert chosen(run, people) == {**ALL_OWN, **one_each}  # with the fake, four against four
    assert chosen(replace(run, impostors=1.5), people) == {**ALL_OWN, **one_each, "Bob real": 2, "Cy real": 2}
    everybody = {**ALL_OWN, "Bob real": 3, "Cy real": 2, "Dee real": 1}
    assert chosen(replace(run, impostors=9.0), people) == everybody  # others' fakes are nobody's motion
    assert chosen(replace(run, impostors=0.1), people) == ALL_OWN
    assert chosen(replace(run, others=("Cy", "Dee")), people) == {**ALL_OWN, "Cy real": 2, "Dee real": 1}
    assert choose_recordings(run, people) == choose_recordings(run, people)
    assert choose_recordings(run, people) == [
        u for u in people if u in choose_recordings(run, people)
    ]  # in the data's order
    of_bob = chosen(replace(run, person="Bob"), people)
    assert of_bob["Bob real"] == 3
    assert of_bob["Bob fake"] == 1
    assert sum(of_bob.values()) == 6
    assert set(of_bob) <= {"Bob real", "Bob fake", "Ann real", "Cy real", "Dee real"}


def test_another_seed_casts_others() -> None:
    people = [usable(f"{who}_{k}", [(0, 30)]) for who in PEOPLE for k in range(4)]
    casts = {
        tuple(u.line.recording for u in choose_recordings(Run("fit", "Ann", replace(SMALL, seed=seed)), people))
        for seed in range(9)
    }
    assert len(casts) > 5


def test_nobody_else_cannot_be_cast() -> None:
    alone = [usable(f"Ann_{k}", [(0, 30)]) for k in range(4)]
    with pytest.raises(DatasetError, match="nobody but Ann is in the data"):
        choose_recordings(Run("fit", "Ann", SMALL), alone)
    with_fakes = [*alone, usable("forged", [(0, 30)], person="Ann", label="fake")]
    assert choose_recordings(Run("fit", "Ann", SMALL), with_fakes) == with_fakes
