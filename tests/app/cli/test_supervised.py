"""`poseprint train` and `experiment`: what they print, and what they refuse."""

from __future__ import annotations

from pathlib import Path

from helpers.command import Command

from poseprint.app.profiles import read_profile


def test_train_makes_a_profile_that_check_runs(tmp_path: Path, command: Command) -> None:
    from helpers.datasets import dataset

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
    assert command("check", data / "Ann_0.parquet", "--profile", profile).out.startswith(("consistent", "inconsistent"))
    assert "already holds a profile" in command(*arguments).error()


def test_train_refuses_what_it_does_not_know(tmp_path: Path, command: Command) -> None:
    arguments = ("train", tmp_path, "--person", "Ann", "-o", tmp_path / "profile")
    assert command(*arguments, "--preset", "slow").error() == "--preset 'slow': there are paper, quick"
    assert "key=value with a key of: model, hidden" in command(*arguments, "--set", "hiden=3").error()
    assert "takes a int" in command(*arguments, "--set", "hidden=many").error()
    assert "no recordings.csv in it; `poseprint extract" in command(*arguments).error()
    assert not (tmp_path / "profile").exists()
