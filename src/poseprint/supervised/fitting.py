"""Fit a model to movements: the paper's training (section 3.3), resumable after any kill."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.networks.registry import make_model
from poseprint.supervised.settings import Settings

EpochCallback = Callable[[int, int, Mapping[str, float]], None]
"""Called after each epoch with (epochs done, epochs in all, the epoch's figures)."""

BATCH = 64
"""Movements a model is given at once, but for training."""

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
    on_epoch: EpochCallback | None = None,
) -> Fitted:
    """Fit a model and choose its best epoch: the highest validation accuracy, of equals the lowest loss.

    Killed at any point, the same call goes on from a recent epoch and ends with the same weights.

    Args:
        train, validation: movements with labels: 1 and 0, or with several outputs 0 to outputs - 1.
        settings: how to train.
        work: folder for the checkpoint, which goes when the fit is done.
        outputs: logits of the model; with several, the loss is the cross-entropy over them.
        weights: to start from, by name; those that do not fit the model's shape stay fresh.
        on_epoch: called after each epoch.

    Raises:
        PoseprintError: the folder holds an unfinished fit of other settings or movements.
    """
    _claim(work, train, validation, settings, outputs, weights)
    torch.manual_seed(settings.seed)
    steps = -(-len(train) // settings.batch_size)
    training = _Fit(settings, outputs, real_share=float((train.labels == 1).mean()), steps=steps)
    if weights:
        _start_from(training.model, weights)
    checkpoint = work / "checkpoint.ckpt"
    training.resume(checkpoint)
    tensors, held_out = _tensors(train), _tensors(validation)
    with few_threads(settings):
        while not training.is_over():
            training.begin()
            epoch = training.current_epoch if settings.reshuffle else 0
            for indices in batches(train.lengths, settings.batch_size, epoch_seed(settings, epoch)):
                training.training_step(tuple(t[indices] for t in tensors))
            training.validate(held_out)
            training.end()
            training.save(checkpoint)
            if on_epoch:
                figures = {**training.history[-1], "best": training.best["accuracy"]}
                on_epoch(training.current_epoch, settings.epochs, figures)
    training.model.load_state_dict(training.best["weights"])
    checkpoint.unlink(missing_ok=True)
    return Fitted(training.model.eval(), int(training.best["epoch"]) + 1, training.history)


def predict(model: nn.Module, movements: MovementSet) -> Array:
    """The model's logits, float32 [shape=(movements,)], or a column each of several outputs."""
    logits = []
    with torch.inference_mode():
        for i in range(0, len(movements), BATCH):
            features, lengths = movements.features[i : i + BATCH], movements.lengths[i : i + BATCH]
            logits.append(model(torch.from_numpy(features[:, : lengths.max()]), torch.from_numpy(lengths)))
    return torch.cat(logits).numpy() if logits else np.zeros(0, dtype=np.float32)


def _start_from(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give a model those weights that fit its shape."""
    fresh = model.state_dict()
    fitting = {k: v for k, v in weights.items() if k in fresh and v.shape == fresh[k].shape}
    model.load_state_dict({**fresh, **fitting})


def epoch_seed(settings: Settings, epoch: int) -> int:
    """Seed of an epoch's dropout and order; no state goes from one epoch to the next, so that a fit can be resumed."""
    return settings.seed * 1_000_003 + epoch


class _Fit:
    """The network, its loss, its optimizer, and how far it has come.

    A loop of our own: Lightning's costs a quarter of a small LSTM's step (benchmarks/step.py) and what a resumed
    training needs to end the same is no less code with it.

    Args:
        settings: how to train.
        outputs: logits of the model.
        real_share: share of the training movements with label 1.
        steps: batches in an epoch.
    """

    def __init__(self, settings: Settings, outputs: int, *, real_share: float, steps: int) -> None:
        self.settings, self.outputs = settings, outputs
        self.model = make_model(settings, outputs)
        weight = torch.tensor((1 - real_share) / real_share) if settings.balance and outputs == 1 else None
        self.loss_function = nn.BCEWithLogitsLoss(pos_weight=weight) if outputs == 1 else nn.CrossEntropyLoss()
        optimizer_class = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[settings.optimizer]
        self.parameters = list(self.model.parameters())
        self.optimizer = optimizer_class(
            self.parameters, lr=settings.lr, weight_decay=settings.weight_decay, fused=True
        )
        self.schedule: torch.optim.lr_scheduler.LRScheduler = (
            torch.optim.lr_scheduler.OneCycleLR(self.optimizer, settings.lr, total_steps=settings.epochs * steps)
            if settings.schedule == "onecycle"
            else torch.optim.lr_scheduler.StepLR(self.optimizer, settings.lr_step, settings.lr_gamma)
        )
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] = {"accuracy": -1.0, "loss": 0.0, "epoch": -1, "weights": {}}
        self.batch_sums: dict[str, list[Tensor]] = {}
        """Of the epoch, for training and validation: loss, right answers and movements of each batch."""
        self.epoch_lr, self.epoch_began = settings.lr, 0.0
        self.last_saved, self.saving_took = 0.0, 0.0

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
        self.epoch_began = time.monotonic()
        torch.manual_seed(epoch_seed(self.settings, self.current_epoch))
        # A needless draw repeats an old fault, so that old results can be repeated; it goes when they are next measured.
        if self.current_epoch:
            torch.empty((), dtype=torch.int64).random_()
        self.epoch_lr = float(self.optimizer.param_groups[0]["lr"])
        self.batch_sums = {"train": [], "validation": []}
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

    def _step(self, batch: tuple[Tensor, ...], subset: str) -> Tensor:
        """The loss of a batch, which is noted with its right answers."""
        features, lengths, labels = batch
        logits = self.model(features[:, : int(lengths.max())], lengths)
        loss: Tensor = self.loss_function(logits, labels.float() if self.outputs == 1 else labels)
        with torch.no_grad():
            answers = (logits > 0).long() if self.outputs == 1 else logits.argmax(1)
            sums = [loss.detach() * len(labels), (answers == labels).sum().float(), torch.tensor(len(labels))]
            self.batch_sums[subset].append(torch.stack(sums))
        return loss

    def figures(self) -> dict[str, float]:
        """Loss and accuracy of the epoch so far, a mean over its movements."""
        figures: dict[str, float] = {}
        for subset, sums in self.batch_sums.items():
            loss, right, count = torch.stack(sums).sum(0).tolist()
            figures |= {f"{subset}_loss": loss / count, f"{subset}_accuracy": right / count}
        return figures

    def end(self) -> None:
        """End an epoch: note its figures, and its weights if they are the best."""
        epoch, before = self.current_epoch, self.history[-1]["seconds"] if self.history else 0.0
        row = {"epoch": epoch, **self.figures(), "lr": self.epoch_lr}
        if self.settings.schedule == "step":
            self.schedule.step()
        accuracy, loss = row["validation_accuracy"], row["validation_loss"]
        if not self.best["weights"] or (accuracy, -loss) > (self.best["accuracy"], -self.best["loss"]):
            weights = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            self.best = {"accuracy": accuracy, "loss": loss, "epoch": epoch, "weights": weights}
        self.history.append({**row, "seconds": before + time.monotonic() - self.epoch_began})

    def save(self, checkpoint: Path) -> None:
        """Write a checkpoint, as often as SAVING allows."""
        now = time.monotonic()
        if now - self.last_saved <= self.saving_took / SAVING:
            return
        states = {name: getattr(self, name).state_dict() for name in ("model", "optimizer", "schedule")}
        with atomic_write(checkpoint) as partial:
            torch.save({**states, "history": self.history, "best": self.best}, partial)
        self.last_saved = time.monotonic()
        self.saving_took = self.last_saved - now

    def resume(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, if there is one."""
        if not checkpoint.exists():
            return
        saved = torch.load(checkpoint, weights_only=True)
        for name in ("model", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(saved[name])
        self.history, self.best = list(saved["history"]), saved["best"]


def _tensors(movements: MovementSet) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(a) for a in (movements.features, movements.lengths, movements.labels))


def batches(lengths: Array, size: int, seed: int) -> Sequence[Tensor]:
    """Which movements make a batch, in an order that depends on the seed alone.

    Movements of like length come into one batch, so that little of it is padding.

    Args:
        lengths: frames of each movement, int64 [shape=(movements,)].
        size: movements in a batch; the last one takes what is left.
        seed: of the order.

    Returns:
        indices of the movements of each batch.
    """
    frames = torch.from_numpy(lengths)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(frames), generator=generator)
    if int(frames.min()) == int(frames.max()):
        return torch.split(order, size)
    by_length = torch.split(order[torch.argsort(frames[order], stable=True)], size)
    return [by_length[i] for i in torch.randperm(len(by_length), generator=generator).tolist()]


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
    with atomic_write(file) as partial:
        partial.write_text(json.dumps(claim, indent=1))
