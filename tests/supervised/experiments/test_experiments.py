"""Experiments on made-up movers: honest parts, figures that can be believed, and no training in vain."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.command import Command
from helpers.movers import mover

torch = pytest.importorskip("torch")
pytest.importorskip("torch")

from helpers.datasets import frames_of, usable  # noqa: E402

from poseprint.app.datasets.convert import import_csv_pair  # noqa: E402
from poseprint.core.errors import DatasetError, PoseprintError  # noqa: E402
from poseprint.io.dataset import Recording, read_recordings, write_recordings  # noqa: E402
from poseprint.io.paper_csv import write_csv_pair  # noqa: E402
from poseprint.io.parquet import read_poses, write_poses  # noqa: E402
from poseprint.supervised import fitting, training  # noqa: E402
from poseprint.supervised.accuracy import METRICS  # noqa: E402
from poseprint.supervised.data import SUBSETS, Usable, load, split_movements  # noqa: E402
from poseprint.supervised.experiments import runs as tasks  # noqa: E402
from poseprint.supervised.experiments.catalogue import EXPERIMENTS, SCALES, Experiment  # noqa: E402
from poseprint.supervised.experiments.plan import Plan, PlannedRun, make_plan  # noqa: E402
from poseprint.supervised.experiments.run import run_experiment  # noqa: E402
from poseprint.supervised.experiments.runner import digest  # noqa: E402
from poseprint.supervised.experiments.runs import Run, choose_recordings  # noqa: E402
from poseprint.supervised.experiments.summary import percent  # noqa: E402
from poseprint.supervised.fitting import Fitted  # noqa: E402
from poseprint.supervised.movement_set import MovementSet  # noqa: E402
from poseprint.supervised.networks.registry import make_model  # noqa: E402
from poseprint.supervised.settings import PRESETS, Settings  # noqa: E402

Rhythm = tuple[float, float]
"""Tempo and amplitude of a mover."""

PEOPLE: dict[str, Rhythm] = {
    "Ann": (0.6, 0.5),
    "Bob": (2.0, 0.15),
    "Cy": (2.2, 0.2),
    "Dee": (1.8, 0.2),
    "Eve": (2.3, 0.1),
    "Fay": (2.6, 0.2),
}
TINY = ["length=30", "stride=30", "epochs=2", "hidden=8"]
SMALL = Settings().changed(["length=30"])
NAMES = ("optimizers", "depth", "schedule", "lstm", "architectures", "faces", "lengths", "transfer")


def data_set(
    folder: Path, persons: dict[str, Rhythm], recordings: int = 5, frames: int = 300, counts: Sequence[int] = ()
) -> Path:
    """So many recordings of each person, or as many as `counts` says."""
    lines = []
    for p, (person, (tempo, amplitude)) in enumerate(persons.items()):
        for r in range(counts[p] if counts else recordings):
            name = f"{person}_{r}"
            series = mover(frames, tempo=tempo, amplitude=amplitude, seed=100 * p + r, recording=name, person=person)
            write_poses(series, folder / f"{name}.parquet")
            lines.append(Recording(name, person, "real", "", f"{name}.parquet"))
    write_recordings(folder, lines)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six persons of whom Ann moves slowly and widely."""
    return data_set(tmp_path_factory.mktemp("experiments") / "data", PEOPLE)


@pytest.fixture(scope="module")
def loaded(data: Path) -> list[Usable]:
    return load(data, SMALL)[0]


@pytest.fixture(autouse=True)
def small_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of as few recordings as there are here."""
    monkeypatch.setattr("poseprint.supervised.accuracy.FEWEST", 2)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """LSTMs in place of the networks for pictures."""
    for name, experiment in EXPERIMENTS.items():
        rows = tuple(replace(row, settings=replace(row.settings, model="lstm")) for row in experiment.rows)
        monkeypatch.setitem(EXPERIMENTS, name, replace(experiment, rows=rows))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of an experiment of one row, the body-centred LSTM."""
    row = replace(EXPERIMENTS["lstm"].rows[-1], name="quick", paper={"test": 0.9})
    monkeypatch.setitem(EXPERIMENTS, "one", Experiment("One row", "table", (row,)))
    return "one"


def run(name: str, data: Path, output: Path, **changed: Any) -> dict[str, Any]:
    """The json of an experiment: for Ann and one seed, in this process, as small as can be, unless said."""
    given: dict[str, Any] = {"persons": ("Ann",), "seeds": 1, "changes": TINY, "jobs": 1, **changed}
    (file,) = run_experiment(name, data, output, **given)
    return strict_json(file)


def strict_json(file: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in {file}")

    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)
    return found


def timeless(value: Any) -> Any:
    """The same without what a clock said."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k != "seconds"}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def killed_after(count: int) -> Callable[..., None]:
    said = 0

    def kill(*_: object) -> None:
        nonlocal said
        said += 1
        if said == count:
            raise KeyboardInterrupt

    return kill


def results(output: Path) -> list[Path]:
    return sorted(output.glob("runs/*/result.json"))


# What is written


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_from_end_to_end(name: str, data: Path, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    found = run(name, data, tmp_path / "out", progress=lambda done, total, *_: said.append((done, total)))
    out = tmp_path / "out"
    assert said[-1][0] == said[-1][1] == len(said) == len(results(out))
    assert [done for done, _ in said] == list(range(1, len(said) + 1))
    assert not list(out.rglob("*.ckpt"))
    assert not list(out.rglob(".*.partial*"))
    pictures = list(out.glob("*.svg"))
    assert len(pictures) == (2 if EXPERIMENTS[name].kind == "curves" else 1)
    for picture in pictures:
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    text = (out / f"{name}.md").read_text(encoding="utf-8")
    for picture in pictures:
        assert f"]({picture.name})" in text
    assert (found["experiment"], found["title"]) == (name, EXPERIMENTS[name].title)
    assert found["data"]["of_interest"] == ["Ann"]
    assert (found["data"]["persons"], found["data"]["recordings"]) == (6, 30)
    assert found["data"]["footage_sha256"] == digest(data)
    assert [row["name"] for row in found["rows"]] == [row.name for row in EXPERIMENTS[name].rows]
    for row, entry in zip(EXPERIMENTS[name].rows, found["rows"], strict=True):
        assert row.name in text
        assert entry["paper"] == row.paper
        for share in row.paper.values():
            assert percent(share) in text
        assert list(entry["splits"]) == ["movement", "recording"]
        for split in entry["splits"].values():
            assert split["parameters"] > 0
            assert split["seconds"] > 0
            assert split["runs"] >= 1
            for test in figures_of(split):
                check_test(test)
        if EXPERIMENTS[name].kind in ("table", "curves"):
            accuracy = [entry["splits"][by]["test"]["accuracy"] for by in ("movement", "recording")]
            assert entry["drop"]["drop"] == pytest.approx(accuracy[0] - accuracy[1])
            low, high = entry["drop"]["interval"]
            assert low <= entry["drop"]["drop"] <= high
        else:
            for before, after in zip(*(figures_of(entry["splits"][by]) for by in ("movement", "recording"))):
                if "drop" in after:
                    assert after["drop"]["drop"] == pytest.approx(before["accuracy"] - after["accuracy"])
        if EXPERIMENTS[name].kind == "curves":
            for split in entry["splits"].values():
                assert {len(values) for values in split["curves"].values()} == {2}
                assert 1 <= split["best_epoch"] <= 2


def figures_of(split: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures on test movements: one, or one for each length or number of minutes."""
    if "test" in split:
        return [split["test"]]
    found = split["tests"].values() if "tests" in split else [point["test"] for point in split["points"]]
    return [test for test in found if test["movements"]]


def check_test(test: dict[str, Any]) -> None:
    assert test["movements"] >= test["recordings"] >= 1
    assert 0.5 <= test["majority"] <= 1
    for metric in METRICS:
        value, between = test[metric], test["intervals"][metric]
        assert (-1 if metric == "mcc" else 0) <= value <= 1
        if between:
            assert between[0] <= between[1]
    assert test["interval"] == test["intervals"]["accuracy"]
    if test["recordings"] > 1:
        assert test["interval"][0] <= test["accuracy"] <= test["interval"][1]


def test_networks_for_pictures_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in EXPERIMENTS["architectures"].rows if row.settings.model in ("resnet50", "cnn_lstm")]
    assert len(rows) == 2
    experiment = replace(EXPERIMENTS["architectures"], rows=tuple(rows))
    monkeypatch.setitem(EXPERIMENTS, "architectures", experiment)
    few = ["length=30", "epochs=1", "every=6", "hidden=8"]
    data = data_set(tmp_path / "data", {"Ann": PEOPLE["Ann"], "Bob": PEOPLE["Bob"]}, recordings=3, frames=90)
    found = run("architectures", data, tmp_path / "out", splits=("recording",), changes=few)
    assert all(row["splits"]["recording"]["parameters"] > 4e6 for row in found["rows"])
    assert "drop" not in found["rows"][0]


# Who learns, and who must not

LEARNING = ["length=30", "stride=10", "hidden=24", "lr=0.01", "batch_size=16", "every=3", "epochs=20"]


def test_a_difference_in_motion_is_learnt(quick: str, data: Path, tmp_path: Path) -> None:
    found = run(quick, data, tmp_path, seeds=2, changes=LEARNING)
    for split in found["rows"][0]["splits"].values():
        assert split["test"]["accuracy"] > 0.9
        assert split["test"]["auc"] > 0.95
        assert split["test"]["interval"][0] > split["test"]["majority"] == 0.5
        assert split["validation_accuracy"] > 0.9


def test_persons_who_move_alike_cannot_be_told_apart_but_by_their_recordings(quick: str, tmp_path: Path) -> None:
    """Each recording has phases of its own: split by movement, a network knows them again."""
    alike = data_set(tmp_path / "data", dict.fromkeys(PEOPLE, (1.0, 0.3)))
    changes = [*LEARNING, "normalisation=zscore", "epochs=8"]
    found = run(quick, alike, tmp_path / "out", persons=tuple(PEOPLE), seeds=2, changes=changes)["rows"][0]
    by_movement, by_recording = (found["splits"][by]["test"] for by in ("movement", "recording"))
    assert by_recording["recordings"] >= 12
    assert by_recording["majority"] == 0.5
    assert by_recording["interval"][0] <= 0.5 <= by_recording["interval"][1]
    assert by_recording["accuracy"] < 0.65
    assert by_movement["accuracy"] > 0.8
    assert found["drop"]["interval"][0] > 0.1


def test_shuffled_names_cannot_be_learnt(quick: str, tmp_path: Path) -> None:
    shuffled = data_set(tmp_path / "data", PEOPLE)
    lines = read_recordings(shuffled)
    persons = [line.person for line in lines]
    random.Random(0).shuffle(persons)
    write_recordings(shuffled, [replace(line, person=person) for line, person in zip(lines, persons, strict=True)])
    found = run(quick, shuffled, tmp_path / "out", persons=tuple(PEOPLE), seeds=2, splits=("recording",),
                changes=[*LEARNING, "epochs=10"])  # fmt: skip
    test = found["rows"][0]["splits"]["recording"]["test"]
    assert test["recordings"] >= 12
    assert test["interval"][0] <= 0.5 <= test["interval"][1]
    assert abs(test["accuracy"] - test["majority"]) < 0.15


# What is on which side


@dataclass
class Fit:
    """What a run gave to be fitted, and what it tested on."""

    train: MovementSet
    validation: MovementSet
    settings: Settings
    outputs: int
    given_weights: bool
    tests: list[MovementSet] = field(default_factory=list)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """Every fit of the experiments that follow, none of which is carried out."""
    seen: list[Fit] = []
    figures = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr", "seconds")

    def fit(
        train: MovementSet,
        validation: MovementSet,
        settings: Settings,
        work: Path,
        *,
        outputs: int = 1,
        weights: Any = None,
        progress: Any = None,
    ) -> Fitted:
        seen.append(Fit(train, validation, settings, outputs, weights is not None))
        return Fitted(make_model(settings, outputs).eval(), 1, [{"epoch": 0, **dict.fromkeys(figures, 0.5)}])

    real = tasks._answers

    def judged(model: Any, movements: MovementSet) -> dict[str, Any]:
        seen[-1].tests.append(movements)
        return real(model, movements)

    monkeypatch.setattr(tasks, "fit", fit)
    monkeypatch.setattr(tasks, "_answers", judged)
    return seen


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


# Runs and their keys


def keys(plan: Plan, name: str) -> dict[str, set[str]]:
    """Row -> keys of its runs."""
    found: dict[str, set[str]] = {}
    for planned in plan.runs(name):
        found.setdefault(planned.row, set()).add(planned.run.key("footage"))
    return found


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


@pytest.mark.usefixtures("light")
def test_a_second_experiment_does_only_what_the_first_has_not_done(data: Path, tmp_path: Path) -> None:
    """Table 3's row stands in both; with 8 units all of them, A and B of the sizes are the same too."""
    said: list[str] = []
    told = lambda *given: said.append(given[2])  # noqa: E731
    sizes = run("lstm", data, tmp_path, progress=told)
    assert len(said) == 8
    said.clear()
    faces = run("faces", data, tmp_path, progress=told)
    assert said == ["ResNet152, face (after Li and Lyu)"] * 2
    assert faces["rows"][1]["splits"] == sizes["rows"][0]["splits"]
    said.clear()
    assert run("faces", data, tmp_path, progress=told) == faces
    assert said == []
    run("faces", data, tmp_path, progress=told, changes=[*TINY, "lr=0.02"])
    assert len(said) == 4


def test_footage_that_changed_is_run_anew(tmp_path: Path, quick: str) -> None:
    folder = data_set(tmp_path / "data", PEOPLE)
    run(quick, folder, tmp_path / "out")
    before = results(tmp_path / "out")
    write_poses(mover(300, tempo=3, seed=77, recording="Bob_0", person="Bob"), folder / "Bob_0.parquet")
    run(quick, folder, tmp_path / "out")
    assert len(results(tmp_path / "out")) == 2 * len(before) == 4


# The same again, in any way


def test_the_same_seed_gives_the_same_figures(data: Path, tmp_path: Path) -> None:
    first, again = (run("transfer", data, tmp_path / name) for name in "ab")
    assert timeless(first) == timeless(again)
    assert timeless(first) != first


def test_figures_do_not_depend_on_how_many_runs_go_side_by_side(data: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"persons": ("Ann", "Bob"), "splits": ("recording",), "changes": [*TINY, "layers=2"]}
    alone, beside = (run("lstm", data, tmp_path / str(jobs), jobs=jobs, **given) for jobs in (1, 2))
    assert timeless(alone) == timeless(beside)
    assert [r.parent.name for r in results(tmp_path / "1")] == [r.parent.name for r in results(tmp_path / "2")]


@pytest.mark.parametrize("name", ["lstm", "transfer"])
def test_a_killed_experiment_goes_on_and_ends_the_same(name: str, data: Path, tmp_path: Path) -> None:
    said: list[object] = []
    whole = run(name, data, tmp_path / "whole", progress=lambda *given: said.append(given))
    total = len(said)
    for count in (2, 3):
        with pytest.raises(KeyboardInterrupt):
            run(name, data, tmp_path / "killed", progress=killed_after(count))
        assert not (tmp_path / "killed" / f"{name}.json").exists()
    assert len(results(tmp_path / "killed")) == 5
    said.clear()
    resumed = run(name, data, tmp_path / "killed", progress=lambda *given: said.append(given))
    assert len(said) == total - 5
    assert said[-1][:2] == (total, total)  # type: ignore[index]
    assert timeless(resumed) == timeless(whole)


def test_a_run_killed_within_its_fit_goes_on_from_its_checkpoint(
    quick: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "SAVING", 1e12)  # a checkpoint after each epoch
    changes = [*TINY, "epochs=5", "layers=2", "dropout=0.3"]
    epochs: list[int] = []
    real = fitting._Fit.begin

    def start(self: Any) -> None:
        epochs.append(self.current_epoch)
        real(self)

    monkeypatch.setattr(fitting._Fit, "begin", start)
    whole = run(quick, data, tmp_path / "whole", changes=changes)
    assert epochs == [0, 1, 2, 3, 4] * 2
    step = fitting._Fit.training_step

    def kill(self: Any, batch: Any) -> Any:
        if len(epochs) == 8:  # the third epoch of the second run
            raise KeyboardInterrupt
        return step(self, batch)

    epochs.clear()
    with monkeypatch.context() as patch:
        patch.setattr(fitting._Fit, "training_step", kill)
        with pytest.raises(KeyboardInterrupt):
            run(quick, data, tmp_path / "killed", changes=changes)
    assert len(results(tmp_path / "killed")) == 1
    assert len(list((tmp_path / "killed").rglob("*.ckpt"))) == 1
    epochs.clear()
    resumed = run(quick, data, tmp_path / "killed", changes=changes)
    assert epochs == [2, 3, 4]
    assert timeless(resumed) == timeless(whole)
    assert not list((tmp_path / "killed").rglob("*.ckpt"))


# The paper's csv pair


def csv_and_direct(folder: Path) -> tuple[Path, Path]:
    """The same movements as a data set made of the csv pair and as one made of pose files.

    The csv pair does not tell recordings apart, but by their labels: real and fake ones take turns here. All
    are whole movements long, for the pair has no room for what is left over.
    """
    lines, positions, labels = [], [], []
    for k in range(10):
        label, tempo = ("real", 0.6) if k % 2 == 0 else ("fake", 2.0)
        series = mover(450, tempo=tempo, seed=k, recording=f"r{k}", person="Ann")
        write_poses(series, folder / "direct" / f"r{k}.parquet")
        lines.append(Recording(f"r{k}", "Ann", label, "", f"r{k}.parquet"))
        positions.append(read_poses(folder / "direct" / f"r{k}.parquet").position.reshape(3, 150, 12, 2))
        labels += [int(label == "real")] * 3
    write_recordings(folder / "direct", lines)
    pair = folder / "poses.csv", folder / "labels.csv"
    write_csv_pair(np.concatenate(positions), np.array(labels), *pair)
    import_csv_pair(*pair, folder / "imported", person="Ann", frame_size=(1280, 720))
    return folder / "imported", folder / "direct"


@pytest.mark.parametrize("by", ["movement", "recording"])
def test_the_csv_pair_trains_as_the_movements_in_it(by: str, tmp_path: Path) -> None:
    """Movements side by side: cut more densely, those of a pose file may span what is a cut in the pair."""
    settings = PRESETS["quick"].changed(["stride=150", "epochs=4", "hidden=8", "batch_size=8", f"split={by}"])
    figures, logs = [], []
    for folder in csv_and_direct(tmp_path):
        found = training.train(folder, "Ann", tmp_path / f"{folder.name}-profile", settings)
        figures.append(found)
        log = (tmp_path / f"{folder.name}-profile" / "training" / "metrics.csv").read_text().splitlines()
        columns = log[0].split(",")
        logs.append([[v for c, v in zip(columns, line.split(","), strict=True) if c != "seconds"] for line in log])
    assert len(logs[0]) == 5
    assert logs[0] == logs[1]
    assert figures[0] == figures[1]
    weights = [(tmp_path / f"{name}-profile" / "model.safetensors").read_bytes() for name in ("imported", "direct")]
    assert weights[0] == weights[1]


def test_the_csv_pair_can_be_experimented_on(quick: str, tmp_path: Path) -> None:
    imported, direct = csv_and_direct(tmp_path)
    changes = ["epochs=2", "hidden=8", "stride=150"]
    one, other = (run(quick, folder, tmp_path / f"{folder.name}-out", changes=changes) for folder in (imported, direct))
    assert one["rows"][0]["splits"]["recording"]["test"] == other["rows"][0]["splits"]["recording"]["test"]
    assert one["rows"][0]["drop"] == other["rows"][0]["drop"]


# Bad input


def no_table(folder: Path) -> Path:
    folder.mkdir()
    return folder


def of(persons: Sequence[str], counts: Sequence[int], frames: int = 300) -> Callable[[Path], Path]:
    return lambda folder: data_set(folder, {p: PEOPLE[p] for p in persons}, counts=counts, frames=frames)


FOUR = ("Ann", "Bob", "Cy", "Dee")
SIX = tuple(PEOPLE)


@pytest.mark.parametrize(
    ("name", "make", "changed", "problem"),
    [
        ("lstms", None, {}, "'lstms'; there are: optimizers, .*, all"),
        ("lstm", None, {"scale": "huge"}, "'huge'; there are: reduced, full"),
        ("lstm", None, {"splits": ("person",)}, "by recording.* by movement.*'person'"),
        ("lstm", None, {"persons": ("Zoe",)}, "'Zoe'.*there are: Ann, Bob"),
        ("lstm", None, {"persons": ("Ann", "Zoe")}, "'Zoe'"),
        ("lstm", None, {"seeds": 0}, "seeds go from 1 to 1000, got 0"),
        ("lstm", None, {"changes": ["hiden=3"]}, "key of: model, hidden"),
        ("lstm", None, {"changes": ["epochs=0"]}, "epochs is 0; it goes from 1"),
        ("lstm", None, {"changes": ["seed=3"]}, "--set seed: .*--seeds"),
        ("lstm", None, {"changes": ["split=movement"]}, "--set split: .*--split"),
        ("faces", None, {"changes": ["keypoints=all"]}, "--set keypoints: an experiment decides that itself"),
        ("lstm", None, {"changes": ["model=vgg16"]}, "--set model: an experiment decides that itself"),
        ("lstm", None, {"changes": ["length=9000"]}, "no recording has a usable movement"),
        ("lstm", no_table, {}, r"no recordings\.csv"),
        ("lstm", of(["Ann"], [5]), {}, "nobody but Ann is in the data"),
        ("lstm", of(["Ann", "Bob"], [1, 1]), {}, "Ann has 1 usable recordings of their own.* needs 3"),
        ("lstm", of(["Ann"], [1]), {}, "Ann has 1 usable recordings"),
        ("lstm", of(FOUR, [2, 5, 5, 5]), {}, "Ann has 2 usable recordings"),
        ("lstm", of(["Ann", "Bob"], [5, 1]), {}, "only 1 recording of fake or other people's"),
        ("lstm", of(["Ann", "Bob"], [5, 2]), {}, "none of others' movements is left to test on"),
        ("lstm", of(FOUR, [3] * 4, 31), {"splits": ("movement",), "changes": ["length=60"]}, "no recording has a usable"),
        ("transfer", of(["Ann"], [5]), {}, "at least 3|at least three"),
        ("transfer", of(FOUR[:3], [3] * 3), {}, "besides those of\\s+interest.*there are 2"),
        ("transfer", None, {"persons": SIX[:4]}, "there are 2"),
        ("lengths", of(SIX, [3] * 6, 160), {"changes": ["epochs=1"]}, "too little footage"),
        ("all", of(["Ann", "Bob"], [2, 2]), {"persons": ()}, "Ann has 2 usable recordings"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_any_training(
    name: str,
    make: Callable[[Path], Path] | None,
    changed: dict[str, Any],
    problem: str,
    data: Path,
    tmp_path: Path,
    fits: list[Fit],
) -> None:
    folder = make(tmp_path / "data") if make else data
    with pytest.raises(PoseprintError, match=problem) as caught:
        run(name, folder, tmp_path / "out", **changed)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not fits
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_recordings_shorter_than_a_movement_are_left_out_by_name(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "data", PEOPLE)
    write_poses(mover(20, recording="Bob_3", person="Bob"), folder / "Bob_3.parquet")
    said: list[str] = []
    found = run("lstm", folder, tmp_path / "out", notify=said.append)
    assert any("Bob_3 is left out" in text for text in said)
    assert found["data"]["recordings"] == 29
    short = data_set(tmp_path / "short", PEOPLE, frames=25)
    with pytest.raises(DatasetError, match="no recording has a usable movement"):
        run("lstm", short, tmp_path / "none")


def test_an_output_that_cannot_be_written_is_refused(data: Path, tmp_path: Path, fits: list[Fit]) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(PoseprintError, match="cannot be written"):
            run("lstm", data, output)
    assert not fits


def test_a_folder_is_worked_in_by_one_experiment_at_a_time(quick: str, data: Path, tmp_path: Path) -> None:
    refused: list[str] = []

    def again(*_: object) -> None:
        with pytest.raises(PoseprintError) as caught:
            run(quick, data, tmp_path)
        refused.append(str(caught.value))

    run(quick, data, tmp_path, progress=again)
    assert len(refused) == 2
    assert all("another experiment is at work there" in text for text in refused)
    run(quick, data, tmp_path)


def test_a_person_named_twice_counts_once(quick: str, data: Path, tmp_path: Path) -> None:
    once, twice = (run(quick, data, tmp_path / str(k), persons=("Ann",) * k) for k in (1, 2))
    assert timeless(once) == timeless(twice)


def test_all_leaves_out_what_the_data_cannot_bear_and_says_so(loaded: list[Usable]) -> None:
    three = [one for one in loaded if one.line.person in ("Ann", "Bob", "Cy")]
    plan = make_plan("all", three, changes=["length=30"])
    assert plan.names == tuple(name for name in EXPERIMENTS if name != "transfer")
    assert plan.left_out.startswith("left out: transfer needs")
    whole = make_plan("all", loaded, changes=["length=30"])
    assert whole.names == tuple(EXPERIMENTS)
    assert not whole.left_out
    apart = [set(part) for part in (whole.persons.transfer, whole.persons.background, whole.persons.impostors)]
    assert all(apart)
    assert sum(map(len, apart)) == len(set.union(*apart)) == 6
    assert apart[0] <= set(whole.persons.of_interest)


def test_a_result_that_was_cut_off_is_refused_by_name(quick: str, data: Path, tmp_path: Path) -> None:
    run(quick, data, tmp_path)
    broken = results(tmp_path)[0]
    broken.write_text(broken.read_text()[:40])
    with pytest.raises(PoseprintError, match=r"result\.json: cannot be read; remove it"):
        run(quick, data, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["lstms"], "no experiment is called 'lstms'"),
        (["lstm", "--scale", "huge"], "no scale is called 'huge'"),
        (["lstm", "--split", "person"], "not by 'person'"),
        (["lstm", "--person", "Zoe"], "'Zoe'"),
        (["lstm", "--seeds", "0"], "seeds go from 1"),
        (["lstm", "--set", "hiden=3"], "key of: model, hidden"),
        (["transfer", "--person", "Ann", "--person", "Bob", "--person", "Cy", "--person", "Dee"], "there are 2"),
    ],
)
def test_the_command_tells_bad_input_in_a_line(
    arguments: list[str], problem: str, data: Path, tmp_path: Path, command: Command
) -> None:
    name, *options = arguments
    ran = command("experiment", name, data, "-o", tmp_path / "out", "--set", "length=30", *options)
    assert problem in ran.error()
    assert ran.out == ""
    assert not list(tmp_path.rglob("*.json"))


def test_the_command_tells_bad_folders_in_a_line(data: Path, tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").touch()
    assert "no recordings.csv" in command("experiment", "lstm", tmp_path, "-o", tmp_path / "out").error()
    ran = command("experiment", "lstm", data, "-o", tmp_path / "file", "--set", "length=30")
    assert "cannot be written" in ran.error()


def test_the_command_prints_the_table(data: Path, tmp_path: Path, command: Command) -> None:
    changes = [word for text in TINY for word in ("--set", text)]
    once = "--person", "Ann", "--seeds", 1, "--split", "recording", "--jobs", 1
    ran = command("experiment", "lstm", data, "-o", tmp_path, *once, *changes)
    assert ran.code == 0
    assert ran.out.rstrip("\n") == (tmp_path / "lstm.md").read_text(encoding="utf-8").rstrip("\n")
    assert "| A: LSTM 2x512 | recording |" in ran.out
    assert "[4/4]" in ran.err


# Casting


def crowd() -> list[Usable]:
    """Ann with four recordings and a fake, Bob with three and a fake, Cy with two, Dee with one."""
    span = [(0, 30)]
    kinds = [("Ann", "real", 4), ("Ann", "fake", 1), ("Bob", "real", 3), ("Bob", "fake", 1), ("Cy", "real", 2),
             ("Dee", "real", 1)]  # fmt: skip
    return [
        usable(f"{who}_{label}_{k}", span, person=who, label=label) for who, label, count in kinds for k in range(count)
    ]


def chosen(run: Run, people: list[Usable]) -> Counter[str]:
    """Of whom and of what kind how many recordings a run takes."""
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


def test_a_run_needs_somebody_else() -> None:
    alone = [usable(f"Ann_{k}", [(0, 30)]) for k in range(4)]
    with pytest.raises(DatasetError, match="nobody but Ann is in the data"):
        choose_recordings(Run("fit", "Ann", SMALL), alone)
    with_fakes = [*alone, usable("forged", [(0, 30)], person="Ann", label="fake")]
    assert choose_recordings(Run("fit", "Ann", SMALL), with_fakes) == with_fakes


def test_rows_follow_the_scale_and_the_changes() -> None:
    full, reduced = SCALES["full"], SCALES["reduced"]
    for experiment in EXPERIMENTS.values():
        for row in experiment.rows:
            assert full.settings(row) == row.settings
            assert reduced.settings(row).test_share == 0.2
    paper = EXPERIMENTS["lstm"].rows[0]
    small = reduced.settings(paper)
    assert (small.epochs, small.batch_size, small.every) == (25, 16, 3)
    assert small.lr_step == round(30 * 25 / 200)
    quick = reduced.settings(next(row for row in EXPERIMENTS["lstm"].rows if row.settings == PRESETS["quick"]))
    assert replace(quick, validation_share=0.1, test_share=0.1, reshuffle=True) == PRESETS["quick"]


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
