"""Fit a model to movements: the paper's training (section 3.3) on Lightning, resumable after any kill."""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from poseprint.atomic import replacing
from poseprint.errors import PoseprintError
from poseprint.models import make_model
from poseprint.movements import MovementSet
from poseprint.pose import Array
from poseprint.settings import Settings

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
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    _claim(work, train, validation, settings, outputs, weights)
    torch.manual_seed(settings.seed)
    module = _Fit(settings, outputs, float((train.labels == 1).mean()))
    if weights:
        own = module.model.state_dict()
        module.model.load_state_dict({k: weights[k] if _alike(weights, own, k) else v for k, v in own.items()})
    checkpoint = work / "checkpoint.ckpt"
    keeper = _Keeper(settings, checkpoint, progress)
    with warnings.catch_warnings(), few_threads(settings):
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=settings.epochs,
            gradient_clip_val=settings.clip,
            callbacks=[keeper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        loaders = _loader(train, settings.batch_size, settings.seed), _loader(validation, BATCH, None)
        on_interrupt = signal.getsignal(signal.SIGINT)
        resumed = str(checkpoint) if checkpoint.exists() else None
        try:
            trainer.fit(module, *loaders, ckpt_path=resumed, weights_only=True)
        except SystemExit as error:  # lightning's answer to Ctrl-C, which it leaves ignored
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from error
    module.model.load_state_dict(keeper.best["weights"])
    checkpoint.unlink(missing_ok=True)
    return Fitted(module.model.eval(), int(keeper.best["epoch"]) + 1, keeper.history)


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


class _Fit(lightning.LightningModule):
    """The network, its loss and its optimizer."""

    def __init__(self, settings: Settings, outputs: int, share: float) -> None:
        super().__init__()
        self.settings, self.outputs = settings, outputs
        self.model = make_model(settings, outputs)
        weight = torch.tensor((1 - share) / share) if settings.balance and outputs == 1 else None
        self.loss: nn.Module = nn.BCEWithLogitsLoss(pos_weight=weight) if outputs == 1 else nn.CrossEntropyLoss()
        self.sums: dict[str, list[Tensor]] = {}

    def on_train_epoch_start(self) -> None:
        # Dropout depends on seed and epoch alone, so a resumed run repeats the one that was not killed.
        torch.manual_seed(self.settings.seed * 1_000_003 + self.current_epoch)
        if self.current_epoch:  # a draw that loaders once took from here: published figures stay what they were
            torch.empty((), dtype=torch.int64).random_()
        self.sums = {"train": [], "validation": []}

    def _step(self, batch: tuple[Tensor, Tensor, Tensor], name: str) -> Tensor:
        features, lengths, labels = batch
        logits = self.model(features[:, : int(lengths.max())], lengths)
        loss: Tensor = self.loss(logits, labels.float() if self.outputs == 1 else labels)
        with torch.no_grad():
            answer = (logits > 0).long() if self.outputs == 1 else logits.argmax(1)
            right = (answer == labels).sum()
            self.sums[name].append(torch.stack([loss.detach() * len(labels), right.float(), torch.tensor(len(labels))]))
        return loss

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        return self._step(batch, "train")

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> None:
        self._step(batch, "validation")

    def figures(self) -> dict[str, float]:
        """Loss and accuracy of the epoch so far, a mean over its movements."""
        found: dict[str, float] = {}
        for name, sums in self.sums.items():
            loss, right, count = torch.stack(sums).sum(0).tolist()
            found |= {f"{name}_loss": loss / count, f"{name}_accuracy": right / count}
        return found

    def configure_optimizers(self) -> Any:
        chosen = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[self.settings.optimizer]
        settings = self.settings
        optimizer = chosen(self.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
        if settings.schedule == "onecycle":
            steps = int(self.trainer.estimated_stepping_batches)
            cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, settings.lr_step, settings.lr_gamma)
        return {"optimizer": optimizer, "lr_scheduler": schedule}


class _Batches(Sampler[Any]):
    """Which movements make a batch: a new order each epoch that depends on seed and epoch alone.

    Movements of like length come into one batch, so that little of it is padding.
    """

    def __init__(self, lengths: Array, size: int, seed: int | None) -> None:
        self.lengths, self.size, self.seed, self.epoch = torch.from_numpy(lengths), size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
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


class _Whole(TensorDataset):
    """Takes a batch of movements at once; one by one, collecting them would cost more than a small model."""

    def __getitems__(self, indices: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor[indices] for tensor in self.tensors)


def _loader(movements: MovementSet, size: int, seed: int | None) -> DataLoader[Any]:
    data = _Whole(
        torch.from_numpy(movements.features), torch.from_numpy(movements.lengths), torch.from_numpy(movements.labels)
    )
    # A loader draws a number for itself, in a resumed run at another moment: never from where dropout draws.
    own = torch.Generator()
    return DataLoader(data, batch_sampler=_Batches(movements.lengths, size, seed), collate_fn=_as_is, generator=own)


def _as_is(batch: Any) -> Any:
    return batch


class _Keeper(Callback):
    """Keeps the history and the best weights, tells the caller of each epoch, stops when patience is at its
    end, and writes checkpoints as often as SAVING allows."""

    def __init__(self, settings: Settings, checkpoint: Path, progress: Progress | None) -> None:
        self.settings, self.checkpoint, self.progress = settings, checkpoint, progress
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] = {"accuracy": -1.0, "loss": 0.0, "epoch": -1, "weights": {}}
        self.since = time.monotonic()
        self.saved, self.cost, self.lr = 0.0, 0.0, 0.0

    def _is_over(self) -> bool:
        patience = self.settings.patience
        return bool(patience) and len(self.history) - 1 - int(self.best["epoch"]) >= patience

    def on_train_start(self, trainer: Any, _: Any) -> None:
        if self._is_over():  # killed after its last epoch, a fit has no further one
            trainer.should_stop = True

    def on_train_epoch_start(self, trainer: Any, _: Any) -> None:
        self.lr = float(trainer.optimizers[0].param_groups[0]["lr"])  # at the epoch's end it is the next one's

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        now = time.monotonic()
        before = self.history[-1]["seconds"] if self.history else 0.0
        row = {"epoch": module.current_epoch, **module.figures(), "lr": self.lr, "seconds": before + now - self.since}
        self.history.append(row)
        accuracy, loss = row["validation_accuracy"], row["validation_loss"]
        if not self.best["weights"] or (accuracy, -loss) > (self.best["accuracy"], -self.best["loss"]):
            weights = {k: v.detach().clone() for k, v in module.model.state_dict().items()}
            self.best = {"accuracy": accuracy, "loss": loss, "epoch": module.current_epoch, "weights": weights}
        if self._is_over():
            trainer.should_stop = True
        if now - self.saved > self.cost / SAVING:
            with replacing(self.checkpoint) as partial:
                trainer.save_checkpoint(partial)
            self.saved = time.monotonic()
            self.cost = self.saved - now
        self.since = time.monotonic()
        if self.progress:
            self.progress(len(self.history), self.settings.epochs, {**row, "best": self.best["accuracy"]})

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history, "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history, self.best = list(state_dict["history"]), state_dict["best"]
        self.since = time.monotonic()


@contextmanager
def few_threads(settings: Settings) -> Iterator[None]:
    """One thread for a small LSTM: threads would wait longer than they compute, a hundred times on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if settings.model == "lstm" and settings.hidden <= 256 else before)
    try:
        yield
    finally:
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
