"""Which runs an experiment is made of, and which of them are the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from helpers.datasets import frames_of
from helpers.experiments import PEOPLE

from poseprint.supervised.data import SUBSETS, Usable, split_movements
from poseprint.supervised.experiments.catalogue import EXPERIMENTS, SCALES
from poseprint.supervised.experiments.plan import Plan, PlannedRun, make_plan
from poseprint.supervised.experiments.runs import choose_recordings


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_every_planned_run_keeps_recordings_on_one_side(scale: str, loaded: list[Usable]) -> None:
    plan = make_plan("all", loaded, scale=scale, seeds=2, changes=["length=30", "stride=12"])
    checked = set()
    for name in plan.names:
        for planned in plan.runs(name):
            one = planned.run
            place = (one.person, one.others, one.settings.split, one.settings.seed, one.settings.stride)
            if not one.person or place in checked:
                continue
            checked.add(place)
            parts = split_movements(choose_recordings(one, loaded), one.person, one.settings)
            frames = [frames_of(getattr(parts, side)) for side in SUBSETS]
            assert not frames[0] & frames[1]
            assert not (frames[0] | frames[1]) & frames[2]
            recordings = [{r for r, _ in side} for side in frames]
            if one.settings.split == "recording":
                assert sum(map(len, recordings)) == len(set.union(*recordings))
            for side in SUBSETS:
                assert set(getattr(parts, side).labels.tolist()) == {0, 1}
    assert {place[2] for place in checked} == {"movement", "recording"}
    assert {place[0] for place in checked} >= set(plan.persons.of_interest)


def keys(plan: Plan, name: str) -> dict[str, set[str]]:
    """Row -> keys of its runs."""
    found: dict[str, set[str]] = {}
    for planned in plan.runs(name):
        found.setdefault(planned.row, set()).add(planned.run.key("footage"))
    return found


@pytest.mark.slow
def test_experiments_share_what_they_have_in_common(loaded: list[Usable]) -> None:
    plan = make_plan("all", loaded, seeds=1, changes=["length=30"])
    sizes, architectures, faces = (keys(plan, name) for name in ("lstm", "architectures", "faces"))
    assert sizes["A: LSTM 2x512"] == architectures["LSTM 2x512 (Table 3)"] == faces["LSTM 2x512 (Table 3)"]
    for row in ("LSTM, quick preset", "LSTM, body-centred"):
        assert sizes[row] == architectures[row]
    every = [key for name in ("lstm", "architectures", "faces") for row in keys(plan, name).values() for key in row]
    twice = [key for key, count in Counter(every).items() if count > 1]
    assert len(twice) == 3 * len(sizes["A: LSTM 2x512"])
    for row in ("B: LSTM 2x256", "C: LSTM 3x128"):
        assert not sizes[row] & set().union(*architectures.values())


def test_fresh_and_pre_trained_runs_have_keys_of_their_own(loaded: list[Usable]) -> None:
    plan = make_plan("transfer", loaded, persons=("Ann",), seeds=2, changes=["length=30"])
    planned = plan.runs("transfer")
    found = keys(plan, "transfer")
    assert not found["fresh"] & found["pre-trained"]
    assert len(found["fresh"]) == len(found["pre-trained"]) == 5 * 2 * 2
    assert len(found[""]) == 4  # a pre-training a seed and split
    order = {p.run.key(""): i for i, p in enumerate(planned)}
    for one in planned:
        assert (one.pretraining is not None) == (one.row == "pre-trained")
        if one.pretraining:
            assert order[one.pretraining.key("")] < order[one.run.key("")]
            assert (one.pretraining.settings.seed, one.pretraining.settings.split) == (
                one.run.settings.seed,
                one.run.settings.split,
            )
            assert "Ann" not in one.pretraining.others


SIX = tuple(PEOPLE)


@pytest.mark.slow
def test_all_leaves_out_what_the_data_cannot_bear_and_says_so(loaded: list[Usable]) -> None:
    three = [one for one in loaded if one.line.person in ("Ann", "Bob", "Cy")]
    plan = make_plan("all", three, changes=["length=30"])
    assert plan.names == tuple(name for name in EXPERIMENTS if name != "transfer")
    assert [text[:24] for text in plan.left_out] == ["left out: transfer needs"]
    bare = replace(loaded[0], series=replace(loaded[0].series, channels={}))
    without = make_plan("all", [bare, *loaded[1:]], changes=["length=30"])
    assert without.names == tuple(name for name in EXPERIMENTS if name != "features")
    assert [text for text in without.left_out if bare.line.recording in text] == list(without.left_out) != []
    whole = make_plan("all", loaded, changes=["length=30"])
    assert whole.names == tuple(EXPERIMENTS)
    assert not whole.left_out
    apart = [set(part) for part in (whole.persons.transfer, whole.persons.background, whole.persons.impostors)]
    assert all(apart)
    assert sum(map(len, apart)) == len(set.union(*apart)) == 6
    assert apart[0] <= set(whole.persons.of_interest)


@pytest.mark.slow
def test_runs_of_an_experiment_are_one_for_each_row_person_seed_and_split(loaded: list[Usable]) -> None:
    plan = make_plan("lstm", loaded, persons=("Ann", "Bob"), seeds=3, changes=["length=30"])
    runs: list[PlannedRun] = plan.runs("lstm")
    assert len(runs) == 5 * 2 * 3 * 2
    assert len({one.run.key("") for one in runs}) == len(runs)
    wanted = Counter((one.row, one.run.person, one.run.settings.split) for one in runs)
    assert set(wanted.values()) == {3}
    some = make_plan("lstm", loaded, changes=["length=30"])
    assert some.persons.of_interest == ("Ann", "Bob", "Dee", "Eve")  # four, evenly from six
    assert make_plan("lstm", loaded, scale="full", changes=["length=30"]).persons.of_interest == SIX
