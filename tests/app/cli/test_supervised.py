"""`poseprint train` and `experiment`: what they print, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.command import Command
from helpers.datasets import dataset
from helpers.experiments import PEOPLE, TINY, data_set

from poseprint.app.profiles import read_profile


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_set(tmp_path_factory.mktemp("experiments"), PEOPLE)


@pytest.mark.slow
def test_train_makes_a_profile_that_check_runs(tmp_path: Path, command: Command) -> None:
    data, profile = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}), tmp_path / "profile"
    small = [f"--set={s}" for s in ("hidden=16", "lr=0.01", "batch_size=8", "epochs=3", "length=60", "stride=60")]
    arguments = ("train", data, "--person", "Ann", "-o", profile, "--preset", "quick", *small)
    ran = command(*arguments)
    assert ran.code == 0, ran.err
    assert [line.split()[0] for line in ran.out.splitlines()] == ["train:", "validation:", "test:", "profile"]
    assert "always the commoner label 50.0%" in ran.out
    said = ran.err.splitlines()
    assert said[0].startswith("movements of 2.0 s from 8 recordings, split by recording: 20 to train (10 of Ann), ")
    assert [line.partition(":")[0] for line in said[1:]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert read_profile(profile).training["settings"]["hidden"] == 16
    unseen = dataset(tmp_path / "unseen", {"Ann": 0.5}, recordings=5) / "Ann_4.parquet"
    assert command("check", unseen, "--profile", profile).out.startswith(("consistent", "inconsistent"))
    trained_on = command("check", data / "Ann_0.parquet", "--profile", profile)
    assert (trained_on.code, "KNOWN_TAKE" in trained_on.out) == (2, True)
    assert "already holds a profile" in command(*arguments).error()


def test_train_refuses_what_it_does_not_know(tmp_path: Path, command: Command) -> None:
    arguments = ("train", tmp_path, "--person", "Ann", "-o", tmp_path / "profile")
    assert command(*arguments, "--preset", "slow").error() == "--preset 'slow': there are paper, quick"
    assert "key=value with a key of: model, hidden" in command(*arguments, "--set", "hiden=3").error()
    assert "takes a int" in command(*arguments, "--set", "hidden=many").error()
    assert "no recordings.csv in it; `poseprint extract" in command(*arguments).error()
    assert not (tmp_path / "profile").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["lstms"], "no experiment is called 'lstms'"),
        (["lstm", "--scale", "huge"], "no scale is called 'huge'"),
        (["lstm", "--split", "person"], "not by 'person'"),
        (["lstm", "--person", "Zoe"], "'Zoe'"),
        (["lstm", "--seeds", "0"], "seeds go from 1"),
        (["lstm", "--set", "hiden=3"], "key of: model, hidden"),
        (["lstm", "--set", "seed=3"], "--set seed: an experiment decides that itself; see --seeds"),
        (["lstm", "--set", "split=movement"], "--set split: an experiment decides that itself; see --split"),
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


@pytest.mark.slow
def test_the_command_prints_the_table(data: Path, tmp_path: Path, command: Command) -> None:
    changes = [word for text in TINY for word in ("--set", text)]
    once = "--person", "Ann", "--seeds", 1, "--split", "recording", "--jobs", 1
    ran = command("experiment", "lstm", data, "-o", tmp_path, *once, *changes)
    assert ran.code == 0
    assert ran.out.rstrip("\n") == (tmp_path / "lstm.md").read_text(encoding="utf-8").rstrip("\n")
    assert "| A: LSTM 2x512 | recording |" in ran.out
    assert "[4/4]" in ran.err
