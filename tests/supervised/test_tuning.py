"""The search for settings: by validation alone, over one split, and it goes on after a kill."""

from __future__ import annotations

import csv
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.command import Command
from helpers.log import logged
from helpers.movers import mover

pytest.importorskip("torch")
pytest.importorskip("optuna")

from helpers.datasets import dataset

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.core.files import MARK
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.supervised import tuning
from poseprint.supervised.data import load, split_movements
from poseprint.supervised.settings import PRESETS, Settings
from poseprint.supervised.tuning import tune

BASE = Settings(
    hidden=8, layers=1, dropout=0.0, lr=3e-3, batch_size=16, epochs=8, length=30, stride=30, clip=1.0, balance=True
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("tuning") / "data", {"Ann": 0.5, "Bob": 1.5})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "UNGUIDED", 3)
    monkeypatch.setattr(tuning, "RANGES", {**tuning.RANGES, "layers": (1, 2), "hidden": (8, 16)})


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def killed(done: int) -> Callable[..., None]:
    """A stand-in for `Trial.report` that is interrupted at a trial's epoch, trial and epoch as in done * 10."""
    from optuna.trial import Trial

    real = Trial.report

    def report(self: Trial, value: float, step: int) -> None:
        real(self, value, step)
        if (self.number, step) == divmod(done, 10):
            raise KeyboardInterrupt

    return report


@pytest.mark.slow
def test_it_finds_settings_and_says_how_it_went(data: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    out = tmp_path / "search"
    with logged() as messages:
        found = tune(data, "Ann", out, BASE, trials=6, progress=lambda *s: steps.append(s))
    rows = table(out)
    assert steps == [("settings for Ann", k, 6) for k in range(1, 7)]
    assert [line.split(":")[0] for line in messages[:6]] == [f"trial {k}/6" for k in range(1, 7)]
    assert [int(r["trial"]) for r in rows] == [1, 2, 3, 4, 5, 6]
    first = {k: rows[0][k] for k in tuning.SEARCHED}
    assert first == {
        "layers": "1",
        "hidden": "8",
        "dropout": "0.0",
        "lr": "0.003",
        "weight_decay": "0.0001",
        "normalisation": "zscore",
        "length": "30",
    }
    assert {int(r["length"]) for r in rows} <= {12, 18, 24, 30}
    best = max((r for r in rows if r["state"] == "complete"), key=lambda r: float(r["value"]))
    assert found["trial"] == int(best["trial"])
    assert found["validation"]["balanced"] == float(best["balanced"]) > 0.6
    assert found["value"] == pytest.approx(float(best["balanced"]) + 0.01 / (1 + float(best["log_loss"])))
    assert found["test"]["majority"] == 0.5
    assert found["test"]["interval"] is None  # of so few recordings
    assert json.loads((out / "best.json").read_text()) == found
    assert PRESETS["quick"].changed(found["set"]) == Settings(**found["settings"])
    assert {p.name for p in out.iterdir()} == {"study.jsonl", "trials.csv", "trials.png", "best.json", "trials", MARK}
    assert [p.name for p in (out / "trials").iterdir()] == [f"{found['trial']}.safetensors"]


@pytest.mark.slow
def test_same_seed_same_search_and_another_seed_another(data: Path, tmp_path: Path) -> None:
    searches = [tune(data, "Ann", tmp_path / name, BASE, trials=5) for name in ("a", "b")]
    assert searches[0] == searches[1]
    assert table(tmp_path / "a") == table(tmp_path / "b")
    tune(data, "Ann", tmp_path / "c", replace(BASE, seed=1), trials=2)
    assert table(tmp_path / "c")[1]["lr"] != table(tmp_path / "a")[1]["lr"]


@pytest.mark.slow
def test_interrupted_it_goes_on_and_ends_the_same(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tune(data, "Ann", tmp_path / "whole", BASE, trials=6)
    for done in (2, 12, 51):
        with monkeypatch.context() as patch:
            patch.setattr("optuna.trial.Trial.report", killed(done))
            with pytest.raises(KeyboardInterrupt):
                tune(data, "Ann", tmp_path / "resumed", BASE, trials=6)
        assert not (tmp_path / "resumed" / "best.json").exists()
    with logged() as messages:
        resumed = tune(data, "Ann", tmp_path / "resumed", BASE, trials=6)
    assert len(messages) == 1  # five trials were there
    assert resumed["settings"] == whole["settings"]
    rows = zip(table(tmp_path / "resumed"), table(tmp_path / "whole"), strict=True)
    for ours, theirs in rows:  # a network taken up again may differ in the last digit
        assert [ours[k] for k in (*tuning.SEARCHED, "state")] == [theirs[k] for k in (*tuning.SEARCHED, "state")]
        assert float(ours["accuracy"]) == float(theirs["accuracy"])


@pytest.mark.slow
def test_killed_outright_it_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "search"
    code = (
        "from pathlib import Path; from poseprint.supervised.settings import Settings; from poseprint.supervised import tuning\n"
        f"tuning.RANGES = {tuning.RANGES!r}; tuning.UNGUIDED = 3\n"
        f"tuning.tune(Path({str(data)!r}), 'Ann', Path({str(out)!r}), Settings(**{BASE.__dict__!r}), trials=500)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    limit = time.monotonic() + 60
    study = out / "study.jsonl"
    while not study.exists() or study.read_text().count('"values":[') < 2:
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.05)
    with pytest.raises(PoseprintError, match="another process is at work there"):
        tune(data, "Ann", out, BASE, trials=3)
    process.kill()
    process.wait()
    with study.open("a") as file:
        file.write('{"op_code":6,"wor')  # half a line
    before = study.read_text().count('"values":[')
    found = tune(data, "Ann", out, BASE, trials=before + 2)
    assert found["trials"] == before + 2
    assert not list(out.glob("*.lock*"))
    assert tune(data, "Ann", out, BASE, trials=1) == found  # nothing to add


@pytest.mark.slow
def test_another_search_in_the_folder_is_refused(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "search"
    tune(data, "Ann", out, BASE, trials=1)
    before = (out / "study.jsonl").read_bytes()
    other = dataset(tmp_path / "other", {"Ann": 0.6, "Bob": 1.5})
    for arguments in ((other, "Ann", out, BASE), (data, "Bob", out, BASE), (data, "Ann", out, replace(BASE, lr=0.1))):
        with pytest.raises(PoseprintError, match="holds a search of other data, another person or"):
            tune(*arguments, trials=2)
    assert (out / "study.jsonl").read_bytes() == before
    (out / "study.jsonl").write_text("not a study\n")
    with pytest.raises(PoseprintError, match="not a search of this program"):
        tune(data, "Ann", out, BASE, trials=2)


def uneven(folder: Path) -> Path:
    """A data set whose split depends on the length, when drawn anew for each."""
    lines = []
    for p, (person, tempo) in enumerate({"Ann": 0.5, "Bob": 1.5}.items()):
        for r, frames in enumerate((119, 118, 90, 89, 61, 60, 60, 45, 40)):
            name = f"{person}_{r}"
            write_poses(mover(frames, tempo=tempo, seed=100 * p + r, recording=name), folder / f"{name}.parquet")
            lines.append(Recording(name, person, "real", "", f"{name}.parquet"))
    write_recordings(folder, lines)
    return folder


@pytest.mark.slow
def test_every_length_has_the_same_recordings_in_the_same_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = uneven(tmp_path / "data")
    base = replace(BASE, length=60, epochs=1, seed=3)
    short = replace(base, length=24, stride=24)
    long_sides, short_sides = (split_movements(load(folder, s)[0], "Ann", s).recording_subsets() for s in (base, short))
    # Ann_3 chooses at one length and would test at the other; some recordings are too short for 60 frames.
    assert (long_sides["Ann_3"], short_sides["Ann_3"]) == ("validation", "test")
    assert len(long_sides) < len(short_sides)
    cut: list[tuple[int, dict[str, str]]] = []
    real = tuning.split_movements

    def spy(usable: Any, person: str, settings: Settings, **how: Any) -> Any:
        parts = real(usable, person, settings, **how)
        if how:
            cut.append((settings.length, parts.recording_subsets()))
        return parts

    monkeypatch.setattr(tuning, "split_movements", spy)
    monkeypatch.setattr(tuning, "SHARES_OF_LENGTH", (0.4, 1.0))
    # Lengths are worth the same but for the count of movements, so the short one wins.
    monkeypatch.setattr(tuning, "_log_loss", lambda _, labels: 1.0 / len(labels))
    monkeypatch.setattr(tuning, "_report", lambda *_: {"balanced": 0.5, "accuracy": 0.5})
    with logged() as messages:
        found = tune(folder, "Ann", tmp_path / "search", base, trials=4)
    assert {length for length, _ in cut} == {24, 60}
    assert all(sides == long_sides == found["sides"] for _, sides in cut)
    assert (found["settings"]["length"], found["settings"]["stride"]) == (24, 24)
    assert messages[-1].startswith("with movements of 24 frames `train` splits otherwise and tests on Ann_3")


@pytest.mark.slow
def test_a_trial_that_falls_behind_is_stopped(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optuna.trial.Trial.should_prune", lambda self: self.number > 0)
    before = signal.getsignal(signal.SIGINT)
    with logged() as messages:
        found = tune(data, "Ann", tmp_path / "search", BASE, trials=3)
    assert signal.getsignal(signal.SIGINT) is before
    rows = table(tmp_path / "search")
    assert [(r["state"], r["epochs"], bool(r["value"])) for r in rows] == [
        ("complete", "8", True),
        ("pruned", "1", False),
        ("pruned", "1", False),
    ]
    assert "stopped at epoch 1," in messages[1]
    assert found["trial"] == 1
    assert [p.name for p in (tmp_path / "search" / "trials").iterdir()] == ["1.safetensors"]


@pytest.mark.slow
def test_by_movement_the_length_stays(data: Path, tmp_path: Path) -> None:
    base = replace(BASE, split="movement", epochs=1)
    assert tune(data, "Ann", tmp_path / "search", base, trials=3)["sides"] is None
    assert {r["length"] for r in table(tmp_path / "search")} == {"30"}


@pytest.mark.slow
def test_what_is_tested_on_changes_no_choice(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    real = tuning._logits
    monkeypatch.setattr(tuning, "_logits", lambda *a: (counted.append(1), real(*a))[1])
    found = tune(data, "Ann", tmp_path / "a", BASE, trials=4)
    complete = sum(r["state"] == "complete" for r in table(tmp_path / "a"))
    assert len(counted) == complete + 1  # each trial on the validation movements, one on the test movements
    other = tmp_path / "other"
    lines = read_recordings(data)
    tested = {name for name, side in found["sides"].items() if side == "test"}
    assert len(tested) == 2
    for number, line in enumerate(lines):
        series = read_poses(data / line.file)
        if line.recording in tested:  # somebody else altogether
            series = replace(mover(300, tempo=1.0, seed=999 + number, amplitude=1.0, recording=line.recording))
        write_poses(series, other / line.file)
    write_recordings(other, lines)
    again = tune(other, "Ann", tmp_path / "b", BASE, trials=4)
    assert table(tmp_path / "a") == table(tmp_path / "b")
    assert again["settings"] == found["settings"]
    assert again["validation"] == found["validation"]
    assert again["test"] != found["test"]


def test_a_network_that_runs_away_is_worth_a_guess() -> None:
    logits = np.nan_to_num(np.full(4, np.nan), nan=0.0)
    labels = np.array([0, 0, 0, 1])
    assert tuning._log_loss(logits, labels) == pytest.approx(np.log(2))
    assert tuning._log_loss(np.array([-9.0, -9, -9, 9]), labels) < 1e-3
    assert np.isfinite(tuning._log_loss(np.array([1e30, -1e30, 0, 0]), labels))


def test_bad_input_fails_before_any_training(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "fit", lambda *_, **__: pytest.fail("it trained"))
    out = tmp_path / "search"
    with pytest.raises(DatasetError, match="no recording of 'Cleo'"):
        tune(data, "Cleo", out, BASE)
    with pytest.raises(PoseprintError, match="at least 1 trial, got 0"):
        tune(data, "Ann", out, BASE, trials=0)
    with pytest.raises(PoseprintError, match="the LSTM's depth and width; the model is 'resnet50'"):
        tune(data, "Ann", out, replace(BASE, model="resnet50"))
    with pytest.raises(DatasetError, match="no recording has a usable movement"):
        tune(data, "Ann", out, replace(BASE, length=301))
    with pytest.raises(DatasetError, match="one kind only"):
        tune(dataset(tmp_path / "alone", {"Ann": 0.5}), "Ann", out, BASE)
    with pytest.raises(DatasetError, match="nothing is left to validate on"):
        tune(dataset(tmp_path / "few", {"Ann": 0.5, "Bob": 1.5}, recordings=1), "Ann", out, BASE)
    assert not out.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(PoseprintError, match="cannot be written"):
        tune(data, "Ann", tmp_path / "file" / "search", BASE)


@pytest.mark.slow
def test_command(data: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "search"
    changes = [f"--set={s}" for s in ("hidden=8", "epochs=3", "length=30")]
    arguments = ("tune", data, "--person", "Ann", "-o", out, "--trials", 3, *changes)
    ran = command(*arguments)
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines] == ["validation:", "test:", "best", "poseprint"]
    assert "always the commoner label 50.0%" in lines[1]
    assert [line.split(":")[0] for line in ran.err.splitlines()[:3]] == ["trial 1/3", "trial 2/3", "trial 3/3"]
    train = [word if word != "PROFILE_DIR" else str(tmp_path / "profile") for word in shlex.split(lines[-1])]
    assert command(*train[1:]).code == 0
    profile = json.loads((tmp_path / "profile" / "profile.json").read_text())
    assert profile["training"]["settings"] == json.loads((out / "best.json").read_text())["settings"]
    assert "at least 1 trial" in command(*arguments[:6], "--trials", 0).error()
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "poseprint.supervised.tuning")
    assert command(*arguments).error() == "the search needs optuna: install it with pip install 'poseprint[train]'"
