"""Data set + settings -> a trained profile: the paper's experiment (section 3.3, Table 3)."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import safetensors.torch
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from poseprint.atomic import replacing
from poseprint.curves import draw_curves
from poseprint.dataset import Recording, Split, read_recordings, split
from poseprint.errors import DatasetError, PoseprintError
from poseprint.evaluation import accuracy_report
from poseprint.io.parquet import read_poses
from poseprint.models import make_model
from poseprint.movements import MovementSet, clean, cut_movements, movement_set, resample
from poseprint.pose import PoseSeries
from poseprint.profile import MANIFEST, InputSpec, write_profile
from poseprint.quality import inspect
from poseprint.settings import Settings
from poseprint.video import FPS

Progress = Callable[[int, int, Mapping[str, float]], None]
"""Called after each epoch with (epochs done, epochs in all, the epoch's figures)."""


def load_movements(
    folder: Path, person: str, settings: Settings
) -> tuple[MovementSet, list[dict[str, Any]], InputSpec, list[str]]:
    """A data set's usable movements, labelled for a person: real is their own, fake is everything else.

    Returns:
        the movements; what they were made from, a line a recording; what a model of them takes;
        one sentence for each recording that was left out, with the reason.

    Raises:
        DatasetError: an unknown person, estimators mixed, or nothing usable.
    """
    recordings = read_recordings(folder)
    if person not in {r.person for r in recordings}:
        known = ", ".join(sorted({r.person for r in recordings}))
        raise DatasetError(f"{folder}: no recording of {person!r}; the data set has: {known}")
    sets, made_from, left_out, specs = [], [], [], {}
    for line in recordings:
        series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
        inspection = inspect(series, length=settings.length)
        movements = _movements_of(series, inspection.spans, line, person, settings)
        if not len(movements):
            reason = "; ".join(f.message for f in inspection.findings if f.severity == "exclude")
            left_out.append(f"{line.recording} is left out: {reason or 'no whole movement in it'}")
            continue
        sets.append(movements)
        specs[(series.skeleton.name, series.estimator)] = line.recording
        made_from.append(
            {
                "recording": line.recording,
                "person": line.person,
                "label": "real" if movements.labels[0] else "fake",
                "session": line.session,
                "seconds": round(inspection.seconds, 2),
                "movements": len(movements),
                "sha256": series.source_sha256,
                "shoulders": round(series.shoulder_width() / series.frame_size[1], 4),
            }
        )
    if not sets:
        raise DatasetError(f"{folder}: no recording has a usable movement; {left_out[0]}")
    if len(specs) > 1:
        raise DatasetError(
            f"{folder}: recordings of different estimators or skeletons cannot train one profile: {', '.join(specs.values())}"
        )
    skeleton, estimator = next(iter(specs))
    spec = InputSpec(skeleton, FPS, settings.length, settings.normalisation, estimator)
    return MovementSet.joined(sets), made_from, spec, left_out


def _movements_of(
    series: PoseSeries, spans: Sequence[tuple[int, int]], line: Recording, person: str, settings: Settings
) -> MovementSet:
    if series.fps != FPS:
        series = resample(series, FPS)
        spans = inspect(series, length=settings.length).spans
    cuts = cut_movements(spans, length=settings.length, stride=settings.stride)
    own = line.person == person and line.label == "real"
    return movement_set(clean(series), cuts, settings.normalisation, label=int(own))


class _Fit(lightning.LightningModule):
    """The network, its loss and its optimizer."""

    def __init__(self, settings: Settings, positive_weight: float) -> None:
        super().__init__()
        self.settings = settings
        self.model = make_model(settings.model, {"inputs": 24, **asdict(settings)})
        self.loss = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(positive_weight) if settings.balance else None)
        self.sums: dict[str, list[float]] = {}

    def on_train_epoch_start(self) -> None:
        # Dropout depends on seed and epoch alone, so a resumed run repeats the one that was not killed.
        torch.manual_seed(self.settings.seed * 1_000_003 + self.current_epoch)

    def _step(self, batch: tuple[Tensor, Tensor, Tensor], name: str) -> Tensor:
        features, lengths, labels = batch
        logits = self.model(features, lengths)
        loss: Tensor = self.loss(logits, labels)
        right = ((logits > 0) == (labels > 0.5)).float().mean()
        for key, value in (("loss", loss), ("accuracy", right)):
            self.log(f"{name}_{key}", value, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        return self._step(batch, "train")

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> None:
        self._step(batch, "validation")

    def configure_optimizers(self) -> Any:
        chosen = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[self.settings.optimizer]
        optimizer = chosen(self.parameters(), lr=self.settings.lr, weight_decay=self.settings.weight_decay)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, self.settings.lr_step, self.settings.lr_gamma)
        return {"optimizer": optimizer, "lr_scheduler": schedule}


class _Order(Sampler[int]):
    """A new order each epoch that depends on seed and epoch alone."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed, self.epoch = size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Any:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        return iter(torch.randperm(self.size, generator=generator).tolist())

    def __len__(self) -> int:
        return self.size


class _Report(Callback):
    """Keeps the log of epochs, tells the caller of each, and stops when patience is at its end."""

    def __init__(self, settings: Settings, metrics: Path, progress: Progress | None) -> None:
        self.settings, self.metrics, self.progress = settings, metrics, progress
        self.history: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Any, _: Any) -> None:
        row = {"epoch": trainer.current_epoch, **{k: float(v) for k, v in trainer.callback_metrics.items()}}
        self.history.append({**row, "lr": float(trainer.optimizers[0].param_groups[0]["lr"])})
        with replacing(self.metrics) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.history[0]))
            writer.writeheader()
            writer.writerows(self.history)
        accuracies = [r["validation_accuracy"] for r in self.history]
        best = max(accuracies)
        if self.progress:
            self.progress(len(self.history), self.settings.epochs, {**row, "best": best})
        if self.settings.patience and len(accuracies) - 1 - accuracies.index(best) >= self.settings.patience:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = list(state_dict["history"])


def train(
    dataset: Path | str,
    person: str,
    output: Path | str,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Train the many-to-one LSTM on a data set and write a profile.

    The weights with the best validation accuracy are kept (the earliest of equals). Killed at any
    point, the same call goes on after the last finished epoch. `output`/training keeps the log of
    epochs (metrics.csv) and the curves of loss and accuracy.

    Args:
        dataset: a folder with recordings.csv and pose files.
        person: the person of interest, as named there.
        output: the profile's folder.
        settings: None for the paper's.
        progress: called after each epoch.
        say: called with sentences for the user.

    Returns:
        the profile's `training` entry: settings, best epoch, figures on each part of the split.

    Raises:
        DatasetError: the data set cannot be used or parted.
        PoseprintError: the folder holds a profile, or another training that is not finished.
    """
    dataset, output = Path(dataset), Path(output)
    settings = (settings or Settings()).checked()
    if (output / MANIFEST).exists():
        raise PoseprintError(f"{output}: already holds a profile; name another folder or remove it")
    movements, made_from, spec, left_out = load_movements(dataset, person, settings)
    for sentence in left_out:
        say(sentence)
    parts = split(movements, settings.split, seed=settings.seed)
    say(
        f"{len(movements)} movements of {settings.length / FPS:.1f} s from {len(made_from)} recordings "
        f"({int((movements.labels == 1).sum())} of {person}); split by {settings.split}: "
        f"{len(parts.train)} to train, {len(parts.validation)} to validate, {len(parts.test)} to test"
    )
    work = output / "training"
    _claim(work, settings, movements)
    with _threads(settings):
        module, best_epoch = _fit(movements, parts, settings, work, progress)
    figures = {}
    for name, part in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        chosen = movements.subset(part)
        with torch.no_grad():
            logits = [
                module.model(
                    torch.from_numpy(chosen.features[i : i + 64]), torch.from_numpy(chosen.lengths[i : i + 64])
                )
                for i in range(0, len(chosen), 64)
            ]
        scores = torch.sigmoid(torch.cat(logits)).numpy() if logits else np.zeros(0)
        figures[name] = accuracy_report(chosen.labels, scores, chosen.recordings)
    training = {"settings": asdict(settings), "split": settings.split, "best_epoch": best_epoch, **figures}
    write_profile(
        output,
        person=person,
        kind="supervised",
        input_spec=spec,
        model={
            "name": settings.model,
            "inputs": 24,
            "hidden": settings.hidden,
            "layers": settings.layers,
            "dropout": settings.dropout,
        },
        made_from=made_from,
        training=training,
        onnx=export_onnx(module.model, settings.length),
        weights=safetensors.torch.save(module.model.state_dict()),
    )
    shutil.rmtree(work / "checkpoints", ignore_errors=True)
    return training


@contextmanager
def _threads(settings: Settings) -> Iterator[None]:
    """One thread for a small network: its threads would wait longer than they compute, forty times on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if settings.hidden <= 128 else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _claim(work: Path, settings: Settings, movements: MovementSet) -> None:
    """Note what is trained here, so that only the same training is resumed."""
    content = hashlib.sha256(movements.features.tobytes() + movements.labels.tobytes()).hexdigest()
    claim = {"settings": asdict(settings), "movements_sha256": content}
    file = work / "run.json"
    if file.exists():
        if json.loads(file.read_text()) != claim:
            raise PoseprintError(
                f"{work}: holds a training of other settings or data that was not finished; remove it or name another folder"
            )
        return
    with replacing(file) as partial:
        partial.write_text(json.dumps(claim, indent=1))


def _loader(movements: MovementSet, settings: Settings, order: _Order | None) -> DataLoader[Any]:
    data = TensorDataset(
        torch.from_numpy(movements.features),
        torch.from_numpy(movements.lengths),
        torch.from_numpy(movements.labels.astype(np.float32)),
    )
    return DataLoader(data, batch_size=settings.batch_size if order else 64, sampler=order)


def _fit(
    movements: MovementSet, parts: Split, settings: Settings, work: Path, progress: Progress | None
) -> tuple[_Fit, int]:
    """Run (or go on with) the fit; the module with its best weights, and their epoch."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    train_set = movements.subset(parts.train)
    share = float((train_set.labels == 1).mean())
    torch.manual_seed(settings.seed)
    module = _Fit(settings, (1 - share) / share)
    keep = ModelCheckpoint(
        work / "checkpoints",
        filename="best",
        monitor="validation_accuracy",
        mode="max",
        save_last=True,
        enable_version_counter=False,
    )
    report = _Report(settings, work / "metrics.csv", progress)
    last = work / "checkpoints" / "last.ckpt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=settings.epochs,
            gradient_clip_val=settings.clip,
            callbacks=[keep, report],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            log_every_n_steps=1_000_000,
        )
        order = _Order(len(train_set), settings.seed)
        loaders = _loader(train_set, settings, order), _loader(movements.subset(parts.validation), settings, None)
        on_interrupt = signal.getsignal(signal.SIGINT)
        try:
            trainer.fit(module, *loaders, ckpt_path=str(last) if last.exists() else None, weights_only=True)
        except SystemExit as error:  # lightning's answer to Ctrl-C, which it leaves ignored
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from error
        best = torch.load(keep.best_model_path, weights_only=True)
    module.load_state_dict(best["state_dict"])
    module.eval()
    draw_curves(work / "metrics.csv", work, best_epoch=int(best["epoch"]))
    return module, int(best["epoch"]) + 1


def export_onnx(model: nn.Module, length: int) -> bytes:
    """A model as onnx with inputs `features` and `lengths` and output `logits`, any number of movements and frames."""
    example = (torch.zeros(1, length, 24), torch.tensor([length]))
    axes = {"features": {0: "movements", 1: "frames"}, "lengths": {0: "movements"}, "logits": {0: "movements"}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.onnx"
        # torch's newer exporter takes many times as long for this network and gains nothing.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            example,
            str(path),
            dynamo=False,
            input_names=["features", "lengths"],
            output_names=["logits"],
            dynamic_axes=axes,
        )
        return path.read_bytes()
