"""Fit a model to movements: the paper's training (section 3.3), resumable after any kill."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.files import replacing
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.networks.registry import make_model
from poseprint.supervised.settings import Settings

Progress = Callable[[int, int, Mapping[str, float]], None]
"""Called after each epoch with (epochs done, epochs in all, the epoch's figures)."""

BATCH = 64
"""Movements scored at once."""

SAVING = 0.05
"""Share of the time that may go into checkpoints."""


@dataclass(frozen=True)
class Fitted:
    """A model with the weights of its best epoch.

    Attributes:
        model: in evaluation mode.
        best_epoch: counted from 1.
        history: a line an epoch: epoch (from 0), train_ and validation_ loss and accuracy, lr (at its start), seconds so far.
    """

    model: nn.Module
    best_epoch: int
    history: list[dict[str, float]]

    @property
    def seconds(self) -> float:
        """How long all epochs took."""
        return self.history[-1]["seconds"]

    @property
    def parameters(self) -> int:
        """Numbers the model has learnt."""
        return sum(p.numel() for p in self.model.parameters())


def fit(
    train: MovementSet,
    validation: MovementSet,
    settings: Settings,
    work: Path,
    *,
    outputs: int = 1,
    weights: Mapping[str, Tensor] | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fit a model and choose its best epoch: the highest validation accuracy, of equals the lowest loss.

    Killed at any point, the same call goes on from a recent epoch and ends with the same weights.

    Args:
        train, validation: movements with labels: 1 and 0, or with several outputs 0 to outputs - 1.
        settings: how to train.
        work: folder for the checkpoint, which goes when the fit is done.
        outputs: logits of the model; with several, the loss is the cross-entropy over them.
        weights: to start from, by name; those that do not fit the model's shape stay fresh.
        progress: called after each epoch.

    Raises:
        PoseprintError: the folder holds an unfinished fit of other settings or movements.
    """
    _claim(work, train, validation, settings, outputs, weights)
    torch.manual_seed(settings.seed)
    batches = _Batches(train.lengths, settings.batch_size, settings.seed)
    run = _Fit(settings, outputs, float((train.labels == 1).mean()), len(batches))
    if weights:
        own = run.model.state_dict()
        run.model.load_state_dict({k: weights[k] if _alike(weights, own, k) else v for k, v in own.items()})
    checkpoint = work / "checkpoint.ckpt"
    run.resume(checkpoint)
    tensors, held_out = _tensors(train), _tensors(validation)
    with few_threads(settings):
        while not run.is_over():
            run.begin()
            batches.set_epoch(run.current_epoch if settings.reshuffle else 0)
            for indices in batches:
                run.training_step(tuple(t[indices] for t in tensors))
            run.validate(held_out)
            run.end()
            run.save(checkpoint)
            if progress:
                progress(len(run.history), settings.epochs, {**run.history[-1], "best": run.best["accuracy"]})
    run.model.load_state_dict(run.best["weights"])
    checkpoint.unlink(missing_ok=True)
    return Fitted(run.model.eval(), int(run.best["epoch"]) + 1, run.history)


def predict(model: nn.Module, movements: MovementSet) -> Array:
    """The model's logits, float32 [shape=(movements,)], or a column each of several outputs."""
    parts = []
    with torch.inference_mode():
        for i in range(0, len(movements), BATCH):
            features, lengths = movements.features[i : i + BATCH], movements.lengths[i : i + BATCH]
            parts.append(model(torch.from_numpy(features[:, : lengths.max()]), torch.from_numpy(lengths)))
    return torch.cat(parts).numpy() if parts else np.zeros(0, dtype=np.float32)


def _alike(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], name: str) -> bool:
    return name in weights and weights[name].shape == own[name].shape


class _Fit:
    """The network, its loss, its optimizer, and how far it has come.

    A loop of our own: Lightning's costs a quarter of a small LSTM's step (benchmarks/step.py) and what a resumed
    training needs to end the same is no less code with it.
    """

    def __init__(self, settings: Settings, outputs: int, share: float, steps: int) -> None:
        self.settings, self.outputs = settings, outputs
        self.model = make_model(settings, outputs)
        weight = torch.tensor((1 - share) / share) if settings.balance and outputs == 1 else None
        self.loss: nn.Module = nn.BCEWithLogitsLoss(pos_weight=weight) if outputs == 1 else nn.CrossEntropyLoss()
        chosen = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[settings.optimizer]
        self.parameters = list(self.model.parameters())
        self.optimizer = chosen(self.parameters, lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
        self.schedule: torch.optim.lr_scheduler.LRScheduler = (
            torch.optim.lr_scheduler.OneCycleLR(self.optimizer, settings.lr, total_steps=settings.epochs * steps)
            if settings.schedule == "onecycle"
            else torch.optim.lr_scheduler.StepLR(self.optimizer, settings.lr_step, settings.lr_gamma)
        )
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] = {"accuracy": -1.0, "loss": 0.0, "epoch": -1, "weights": {}}
        self.sums: dict[str, list[Tensor]] = {}
        self.lr, self.since, self.saved, self.cost = settings.lr, 0.0, 0.0, 0.0

    @property
    def current_epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    def is_over(self) -> bool:
        """Whether the last epoch is done, or patience is at its end."""
        patience = self.settings.patience
        waited = bool(patience) and self.current_epoch - 1 - int(self.best["epoch"]) >= patience
        return self.current_epoch >= self.settings.epochs or waited

    def begin(self) -> None:
        """Begin an epoch."""
        self.since = time.monotonic()
        # Dropout depends on seed and epoch alone, so a resumed run repeats the one that was not killed.
        torch.manual_seed(self.settings.seed * 1_000_003 + self.current_epoch)
        # A needless draw repeats an old fault, so that old results can be repeated; it goes when they are next measured.
        if self.current_epoch:
            torch.empty((), dtype=torch.int64).random_()
        self.lr = float(self.optimizer.param_groups[0]["lr"])
        self.sums = {"train": [], "validation": []}
        self.model.train()

    def training_step(self, batch: tuple[Tensor, ...]) -> None:
        """One step of the optimizer."""
        self.optimizer.zero_grad()
        self._step(batch, "train").backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        self.optimizer.step()
        if self.settings.schedule == "onecycle":
            self.schedule.step()

    def validate(self, movements: tuple[Tensor, ...]) -> None:
        """Loss and answers on movements that do not train."""
        self.model.eval()
        with torch.no_grad():
            for first in range(0, len(movements[0]), BATCH):
                self._step(tuple(t[first : first + BATCH] for t in movements), "validation")

    def _step(self, batch: tuple[Tensor, ...], name: str) -> Tensor:
        features, lengths, labels = batch
        logits = self.model(features[:, : int(lengths.max())], lengths)
        loss: Tensor = self.loss(logits, labels.float() if self.outputs == 1 else labels)
        with torch.no_grad():
            answer = (logits > 0).long() if self.outputs == 1 else logits.argmax(1)
            right = (answer == labels).sum()
            self.sums[name].append(torch.stack([loss.detach() * len(labels), right.float(), torch.tensor(len(labels))]))
        return loss

    def figures(self) -> dict[str, float]:
        """Loss and accuracy of the epoch so far, a mean over its movements."""
        found: dict[str, float] = {}
        for name, sums in self.sums.items():
            loss, right, count = torch.stack(sums).sum(0).tolist()
            found |= {f"{name}_loss": loss / count, f"{name}_accuracy": right / count}
        return found

    def end(self) -> None:
        """End an epoch: note its figures, and its weights if they are the best."""
        epoch, before = self.current_epoch, self.history[-1]["seconds"] if self.history else 0.0
        row = {"epoch": epoch, **self.figures(), "lr": self.lr}
        if self.settings.schedule == "step":
            self.schedule.step()
        accuracy, loss = row["validation_accuracy"], row["validation_loss"]
        if not self.best["weights"] or (accuracy, -loss) > (self.best["accuracy"], -self.best["loss"]):
            weights = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            self.best = {"accuracy": accuracy, "loss": loss, "epoch": epoch, "weights": weights}
        self.history.append({**row, "seconds": before + time.monotonic() - self.since})

    def save(self, checkpoint: Path) -> None:
        """Write a checkpoint, as often as SAVING allows."""
        now = time.monotonic()
        if now - self.saved <= self.cost / SAVING:
            return
        parts = {name: getattr(self, name).state_dict() for name in ("model", "optimizer", "schedule")}
        with replacing(checkpoint) as partial:
            torch.save({**parts, "history": self.history, "best": self.best}, partial)
        self.saved = time.monotonic()
        self.cost = self.saved - now

    def resume(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, if there is one."""
        if not checkpoint.exists():
            return
        parts = torch.load(checkpoint, weights_only=True)
        for name in ("model", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(parts[name])
        self.history, self.best = list(parts["history"]), parts["best"]


def _tensors(movements: MovementSet) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(a) for a in (movements.features, movements.lengths, movements.labels))


class _Batches:
    """Which movements make a batch: a new order each epoch that depends on seed and epoch alone.

    Movements of like length come into one batch, so that little of it is padding.
    """

    def __init__(self, lengths: Array, size: int, seed: int | None) -> None:
        self.lengths, self.size, self.seed, self.epoch = torch.from_numpy(lengths), size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch that the next order is for."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.arange(len(self.lengths))
        if self.seed is None:
            return iter(torch.split(order, self.size))
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = order[torch.randperm(len(order), generator=generator)]
        if int(self.lengths.min()) == int(self.lengths.max()):
            return iter(torch.split(order, self.size))
        batches = torch.split(order[torch.argsort(self.lengths[order], stable=True)], self.size)
        return iter([batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()])

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.size)


@contextmanager
def few_threads(settings: Settings) -> Iterator[None]:
    """One thread for a small LSTM: threads would wait longer than they compute, a hundred times on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if settings.model == "lstm" and settings.hidden <= 256 else before)
    torch.set_flush_denormal(True)  # a saturated LSTM's gradients are so small that a step takes four times as long
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)


def _claim(
    work: Path,
    train: MovementSet,
    validation: MovementSet,
    settings: Settings,
    outputs: int,
    weights: Mapping[str, Tensor] | None,
) -> None:
    """Note what is trained here, so that only the same training is resumed."""
    content = hashlib.sha256()
    for movements in (train, validation):
        content.update(movements.features.tobytes() + movements.lengths.tobytes() + movements.labels.tobytes())
    for name, tensor in sorted((weights or {}).items()):
        content.update(name.encode() + tensor.numpy().tobytes())
    claim = {"settings": asdict(settings), "outputs": outputs, "start_sha256": content.hexdigest()}
    file = work / "run.json"
    if file.exists():
        if json.loads(file.read_text()) != claim:
            raise PoseprintError(
                f"{work}: holds a training of other settings or data that was not finished; remove it or name another folder"
            )
        return
    with replacing(file) as partial:
        partial.write_text(json.dumps(claim, indent=1))
