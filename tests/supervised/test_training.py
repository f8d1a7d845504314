"""The paper's network: it learns what can be learnt, its onnx agrees, a killed training goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.datasets import dataset
from helpers.log import logged
from helpers.movers import mover

torch = pytest.importorskip("torch")

import onnxruntime  # noqa: E402

from poseprint.app.profiles import read_profile  # noqa: E402
from poseprint.core.errors import DatasetError, PoseprintError  # noqa: E402
from poseprint.core.files import MARK  # noqa: E402
from poseprint.core.series import EstimatorInfo  # noqa: E402
from poseprint.io.parquet import write_poses  # noqa: E402
from poseprint.supervised.data import input_spec, load, movements_of  # noqa: E402
from poseprint.supervised.networks.lstm import ManyToOneLSTM  # noqa: E402
from poseprint.supervised.settings import PRESETS, Settings  # noqa: E402
from poseprint.supervised.training import export_onnx, train  # noqa: E402

SMALL = Settings(hidden=32, layers=1, dropout=0.0, lr=5e-3, batch_size=8, epochs=6, length=30, stride=30, clip=1.0)


def test_paper_preset_is_table_3() -> None:
    paper = PRESETS["paper"]
    assert (paper.hidden, paper.layers, paper.dropout, paper.length) == (512, 2, 0.5, 150)
    assert (paper.optimizer, paper.lr, paper.lr_step, paper.lr_gamma) == ("adam", 1e-2, 30, 0.5)
    assert (paper.weight_decay, paper.clip, paper.batch_size, paper.epochs) == (1e-4, 0.25, 1, 200)
    assert (paper.normalisation, paper.patience, paper.balance) == ("zscore", 0, False)
    model = ManyToOneLSTM(paper.hidden, paper.layers, paper.dropout)
    # Four gates; PyTorch keeps two biases a gate.
    layer = lambda inputs: 4 * 512 * (inputs + 512 + 2)  # noqa: E731
    assert sum(p.numel() for p in model.parameters()) == layer(24) + layer(512) + 512 + 1


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "layers"), [(16, 1), (32, 2), (24, 3)])
def test_onnx_agrees_with_torch(hidden: int, layers: int) -> None:
    torch.manual_seed(0)
    model = ManyToOneLSTM(hidden, layers, 0.5).eval()
    session = onnxruntime.InferenceSession(export_onnx(model, 150))
    for movements, frames in ((1, 150), (5, 150), (3, 40)):
        features = torch.randn(movements, frames, 24)
        lengths = torch.randint(1, frames + 1, (movements,))
        ours = session.run(None, {"features": features.numpy(), "lengths": lengths.numpy()})[0]
        assert np.abs(ours - model(features, lengths).detach().numpy()).max() < 1e-4


@pytest.mark.slow
def test_frames_past_the_length_do_not_count() -> None:
    torch.manual_seed(0)
    model = ManyToOneLSTM(8, 1, 0.0).eval()
    features = torch.randn(2, 50, 24)
    padded = torch.cat([features, torch.randn(2, 30, 24)], dim=1)
    lengths = torch.tensor([50, 50])
    assert torch.allclose(model(features, lengths), model(padded, lengths), atol=1e-6)


@pytest.mark.slow
def test_it_learns_who_moves_at_which_tempo(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}, recordings=6)
    figures = train(folder, "Ann", tmp_path / "profile", replace(SMALL, epochs=20))
    assert figures["train"]["accuracy"] > 0.95
    assert figures["test"]["accuracy"] > 0.9
    assert figures["test"]["majority"] == 0.5
    assert figures["test"]["recordings"] == 2
    profile = read_profile(tmp_path / "profile")
    usable, _ = load(folder, SMALL)
    movements = movements_of(usable, "Ann", SMALL)
    scores = profile.score(movements.features, movements.lengths)
    assert ((scores > 0.5) == (movements.labels == 1)).mean() > 0.9
    assert profile.input == input_spec(usable, SMALL)
    assert [m["recording"] for m in profile.made_from] == [u.line.recording for u in usable]
    training = tmp_path / "profile" / "training"
    assert {p.name for p in training.iterdir()} == {"metrics.csv", "run.json", "loss.png", "accuracy.png"}
    assert len((training / "metrics.csv").read_text().splitlines()) >= 20
    assert not list((tmp_path / "profile").rglob("*.ckpt"))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_profile(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    for name in ("a", "b"):
        train(folder, "Ann", tmp_path / name, SMALL)
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (tmp_path / "b" / "model.safetensors").read_bytes()
    train(folder, "Ann", tmp_path / "c", replace(SMALL, seed=1))
    assert (tmp_path / "a" / "model.safetensors").read_bytes() != (tmp_path / "c" / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_killed_training_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    settings = replace(SMALL, dropout=0.3, layers=2)
    train(folder, "Ann", tmp_path / "whole", settings)

    def kill(step: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train(folder, "Ann", tmp_path / "resumed", settings, progress=kill)
    assert not (tmp_path / "resumed" / "profile.json").exists()
    epochs: list[int] = []
    train(folder, "Ann", tmp_path / "resumed", settings, progress=lambda _, done, __: epochs.append(done))
    assert epochs[0] > 1
    assert epochs[-1] == settings.epochs
    logs = [(tmp_path / n / "training" / "metrics.csv").read_text().splitlines() for n in ("whole", "resumed")]
    assert len(logs[0]) == len(logs[1]) == settings.epochs + 1
    assert [line.split(",")[0] for line in logs[1][1:]] == [str(k) for k in range(settings.epochs)]
    whole, resumed = (read_profile(tmp_path / n) for n in ("whole", "resumed"))
    assert whole.training["best_epoch"] == resumed.training["best_epoch"]
    movements = movements_of(load(folder, settings)[0], "Ann", settings)
    ours = [p.score(movements.features, movements.lengths) for p in (whole, resumed)]
    assert np.abs(ours[0] - ours[1]).max() < 1e-5


@pytest.mark.slow
def test_another_training_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    (tmp_path / "p" / "training").mkdir(parents=True)
    (tmp_path / "p" / "training" / "run.json").write_text(json.dumps({"settings": {}}))
    (tmp_path / "p" / MARK).write_text("train\n")
    with pytest.raises(PoseprintError, match="other settings or data"):
        train(folder, "Ann", tmp_path / "p", SMALL)
    train(folder, "Ann", tmp_path / "q", replace(SMALL, epochs=1))
    with pytest.raises(PoseprintError, match="already holds a profile"):
        train(folder, "Ann", tmp_path / "q", SMALL)


@pytest.mark.slow
def test_patience_stops_early(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    epochs: list[int] = []
    train(
        folder,
        "Ann",
        tmp_path / "p",
        replace(SMALL, epochs=60, patience=3),
        progress=lambda _, done, __: epochs.append(done),
    )
    assert epochs[-1] < 60


def test_every_setting_can_be_set() -> None:
    settings = Settings().changed(
        ["hidden=8", "lr=0.5", "normalisation=body", "split=movement", "balance=true", "optimizer=sgd"]
    )
    assert (settings.hidden, settings.lr, settings.normalisation, settings.balance) == (8, 0.5, "body", True)
    for text, message in (
        ("hiden=8", "key of: model, hidden"),
        ("hidden", "key=value"),
        ("hidden=many", "takes a int"),
        ("hidden=0", "from 1 to"),
        ("lr=nan", "from 1e-12"),
        ("optimizer=adamw", "one of adam, sgd"),
        ("model=../../evil", "one of lstm"),
    ):
        with pytest.raises(PoseprintError, match=message):
            Settings().changed([text])


@pytest.mark.slow
def test_bad_data_is_refused_before_training(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}, recordings=2)
    with pytest.raises(DatasetError, match="no recording of 'Cleo'; the data set has: Ann, Bob"):
        train(folder, "Cleo", tmp_path / "p", SMALL)
    alone = dataset(tmp_path / "alone", {"Ann": 0.5})
    with pytest.raises(DatasetError, match="one kind only"):
        train(alone, "Ann", tmp_path / "p", SMALL)
    single = dataset(tmp_path / "single", {"Ann": 0.5, "Bob": 1.5}, recordings=1)
    with pytest.raises(DatasetError, match="nothing is left to validate on"):
        train(single, "Ann", tmp_path / "p", SMALL)
    short = dataset(tmp_path / "short", {"Ann": 0.5, "Bob": 1.5}, frames=25)
    with pytest.raises(DatasetError, match="no recording has a usable movement"):
        train(short, "Ann", tmp_path / "p", SMALL)
    odd = replace(mover(300, seed=9, recording="Bob_0"), estimator=EstimatorInfo("openpose", "BODY_25"))
    write_poses(odd, folder / "Bob_0.parquet")
    with pytest.raises(DatasetError, match="different estimators"):
        train(folder, "Ann", tmp_path / "p", SMALL)
    with pytest.raises(DatasetError, match=r"no recordings\.csv"):
        train(tmp_path, "Ann", tmp_path / "p", SMALL)
    assert not (tmp_path / "p").exists()


@pytest.mark.slow
def test_unusable_recordings_are_left_out_by_name(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    write_poses(mover(20, recording="Ann_0"), folder / "Ann_0.parquet")
    with logged() as messages:
        train(folder, "Ann", tmp_path / "p", replace(SMALL, epochs=1))
    assert any("Ann_0 is left out" in text for text in messages)
    assert "Ann_0" not in {m["recording"] for m in read_profile(tmp_path / "p").made_from}
