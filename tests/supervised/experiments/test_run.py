"""Experiments on made-up movers: figures that can be believed, and bad input refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.experiments import PEOPLE, Fit, data_set, results, run, timeless
from helpers.log import logged
from helpers.movers import mover

from poseprint.app.datasets.convert import import_csv_pair
from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import read_poses, write_poses
from poseprint.supervised import training
from poseprint.supervised.accuracy import METRICS
from poseprint.supervised.experiments.catalogue import EXPERIMENTS
from poseprint.supervised.experiments.runner import digest
from poseprint.supervised.experiments.summary import percent
from poseprint.supervised.settings import PRESETS

NAMES = ("optimizers", "depth", "schedule", "lstm", "architectures", "faces", "features", "lengths", "transfer")


@pytest.mark.slow
@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_from_end_to_end(name: str, data: Path, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    found = run(name, data, tmp_path / "out", progress=lambda _, done, total: said.append((done, total)))
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


@pytest.mark.slow
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


LEARNING = ["length=30", "stride=10", "hidden=24", "lr=0.01", "batch_size=16", "every=3", "epochs=20"]


@pytest.mark.slow
def test_a_difference_in_motion_is_learnt(quick: str, data: Path, tmp_path: Path) -> None:
    found = run(quick, data, tmp_path, seeds=2, changes=LEARNING)
    for split in found["rows"][0]["splits"].values():
        assert split["test"]["accuracy"] > 0.9
        assert split["test"]["auc"] > 0.95
        assert split["test"]["interval"][0] > split["test"]["majority"] == 0.5
        assert split["validation_accuracy"] > 0.9


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_csv_pair_can_be_experimented_on(quick: str, tmp_path: Path) -> None:
    imported, direct = csv_and_direct(tmp_path)
    changes = ["epochs=2", "hidden=8", "stride=150"]
    one, other = (run(quick, folder, tmp_path / f"{folder.name}-out", changes=changes) for folder in (imported, direct))
    assert one["rows"][0]["splits"]["recording"]["test"] == other["rows"][0]["splits"]["recording"]["test"]
    assert one["rows"][0]["drop"] == other["rows"][0]["drop"]


def no_table(folder: Path) -> Path:
    folder.mkdir()
    return folder


def of(persons: Sequence[str], counts: Sequence[int], frames: int = 300) -> Callable[[Path], Path]:
    return lambda folder: data_set(folder, {p: PEOPLE[p] for p in persons}, counts=counts, frames=frames)


FOUR = ("Ann", "Bob", "Cy", "Dee")
SIX = tuple(PEOPLE)


@pytest.mark.slow
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
        ("lstm", None, {"changes": ["seed=3"]}, "`changes` seed: .*`seeds`"),
        ("lstm", None, {"changes": ["split=movement"]}, "`changes` split: .*`splits`"),
        ("faces", None, {"changes": ["keypoints=all"]}, "`changes` keypoints: an experiment decides that itself"),
        ("lstm", None, {"changes": ["features=hands"]}, "`changes` features: an experiment decides that itself"),
        ("lstm", None, {"changes": ["model=vgg16"]}, "`changes` model: an experiment decides that itself"),
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


@pytest.mark.slow
def test_recordings_shorter_than_a_movement_are_left_out_by_name(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "data", PEOPLE)
    write_poses(mover(20, recording="Bob_3", person="Bob"), folder / "Bob_3.parquet")
    with logged() as messages:
        found = run("lstm", folder, tmp_path / "out")
    assert any("Bob_3 is left out" in text for text in messages)
    assert found["data"]["recordings"] == 29
    short = data_set(tmp_path / "short", PEOPLE, frames=25)
    with pytest.raises(DatasetError, match="no recording has a usable movement"):
        run("lstm", short, tmp_path / "none")


def test_recordings_without_head_or_hands_are_named_before_any_training(tmp_path: Path, fits: list[Fit]) -> None:
    folder = data_set(tmp_path / "data", {p: PEOPLE[p] for p in ("Ann", "Bob")}, recordings=4, frames=90)
    for part, problem in (
        ("hand_", "the hands, .*with --hands"),
        ("head_", "the head's rotation, .*without --no-head"),
    ):
        for k in range(3):
            series = read_poses(folder / f"Bob_{k}.parquet")
            channels = {name: values for name, values in series.channels.items() if part not in name}
            write_poses(replace(series, channels=channels), folder / f"Bob_{k}.parquet")
        with pytest.raises(DatasetError, match=problem.replace(".*", ".* by Bob_0, Bob_1, Bob_2: .*")):
            run("features", folder, tmp_path / "out")
    assert not fits


def test_an_output_that_cannot_be_written_is_refused(data: Path, tmp_path: Path, fits: list[Fit]) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(PoseprintError, match="cannot be written"):
            run("lstm", data, output)
    assert not fits


@pytest.mark.slow
def test_a_person_named_twice_counts_once(quick: str, data: Path, tmp_path: Path) -> None:
    once, twice = (run(quick, data, tmp_path / str(k), persons=("Ann",) * k) for k in (1, 2))
    assert timeless(once) == timeless(twice)
