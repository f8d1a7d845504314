"""What can be set of a training, and the presets; loads no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from poseprint.core.errors import PoseprintError
from poseprint.movements.cutting import LENGTH
from poseprint.supervised.features import FEATURES
from poseprint.supervised.movement_set import Normalisation
from poseprint.supervised.split import SplitBy


@dataclass(frozen=True)
class Settings:
    """Everything that can be set; the defaults are the paper's (Table 3).

    Attributes:
        model: name in `poseprint.supervised.networks.registry.MODELS`.
        hidden, layers, dropout: of the LSTM.
        every: frames from one that the model looks at to the next.
        keypoints: all, or face alone (nose, eyes, ears).
        features: numbers of a frame, a name in `poseprint.supervised.features.FEATURES`: keypoints, or with the LSTM
            head_rotation in place of the head's keypoints, or the hands besides.
        optimizer: adam or sgd.
        lr: learning rate at the start; with onecycle the highest.
        schedule: step, or onecycle: up from a small rate and down to almost none within the epochs.
        lr_step, lr_gamma: with step, every lr_step epochs the rate is multiplied by lr_gamma.
        weight_decay: L2 penalty of the optimizer.
        clip: largest norm of the gradient.
        batch_size: movements a step.
        reshuffle: whether each epoch has a new order of movements, or all have the first one's.
        epochs: passes over the training data.
        patience: stop after so many epochs without a better validation accuracy; 0 never.
        length: frames in a movement.
        stride: frames from one movement that trains to the next, at most the length; those that validate and
            test lie side by side.
        normalisation: zscore (the paper's) or body.
        split: recording, or movement as in the paper.
        validation_share, test_share: of the movements, set aside to choose the epoch by and to test on.
        balance: weigh the two labels equally in the loss.
        seed: of the split, the first weights, the order and the dropout.
    """

    model: str = "lstm"
    hidden: int = 512
    layers: int = 2
    dropout: float = 0.5
    every: int = 1
    keypoints: str = "all"
    features: str = "keypoints"
    optimizer: str = "adam"
    lr: float = 1e-2
    schedule: str = "step"
    lr_step: int = 30
    lr_gamma: float = 0.5
    weight_decay: float = 1e-4
    clip: float = 0.25
    batch_size: int = 1
    reshuffle: bool = True
    epochs: int = 200
    patience: int = 0
    length: int = LENGTH
    stride: int = LENGTH
    normalisation: Normalisation = "zscore"
    split: SplitBy = "recording"
    validation_share: float = 0.1
    test_share: float = 0.1
    balance: bool = False
    seed: int = 0

    def changed(self, changes: Sequence[str]) -> Settings:
        """These settings with `key=value` texts applied.

        Raises:
            PoseprintError: an unknown key, or a value of the wrong kind.
        """
        types = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        values: dict[str, Any] = {}
        for text in changes:
            key, equals, value = text.partition("=")
            if not equals or key not in types:
                raise PoseprintError(f"`changes` {text!r}: expected key=value with a key of: {', '.join(types)}")
            try:
                values[key] = {"true": True, "false": False}[value.lower()] if types[key] is bool else types[key](value)
            except (ValueError, KeyError) as error:
                raise PoseprintError(f"`changes` {text!r}: {key} takes a {types[key].__name__}") from error
        return replace(self, **values).checked()

    def differences(self) -> dict[str, Any]:
        """What is not as in the paper's Table 3."""
        paper = Settings()
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != getattr(paper, f.name)}

    def checked(self) -> Settings:
        """The same, if every value can be worked with.

        Raises:
            PoseprintError: a value out of range.
        """
        ranges: dict[str, tuple[float, float]] = {
            "hidden": (1, 8192),
            "layers": (1, 16),
            "dropout": (0, 0.99),
            "every": (1, 1000),
            "lr": (1e-12, 1e3),
            "lr_step": (1, 1e9),
            "lr_gamma": (1e-6, 1),
            "weight_decay": (0, 1e3),
            "clip": (1e-9, 1e9),
            "batch_size": (1, 1e6),
            "epochs": (1, 1e6),
            "patience": (0, 1e6),
            "length": (2, 1e5),
            "stride": (1, 1e5),
            "seed": (0, 2**31),
            "validation_share": (0.01, 0.49),
            "test_share": (0.01, 0.49),
        }
        for key, (low, high) in ranges.items():
            if not low <= getattr(self, key) <= high:
                raise PoseprintError(f"setting {key} is {getattr(self, key)}; it goes from {low:g} to {high:g}")
        choices = {
            "optimizer": ("adam", "sgd"),
            "normalisation": ("zscore", "body"),
            "split": ("recording", "movement"),
            "model": ("lstm", "vgg16", "resnet50", "resnet101", "resnet152", "cnn_lstm"),
            "keypoints": ("all", "face"),
            "features": tuple(FEATURES),
            "schedule": ("step", "onecycle"),
        }
        for key, values in choices.items():
            if getattr(self, key) not in values:
                raise PoseprintError(f"setting {key} is {getattr(self, key)!r}; it is one of {', '.join(values)}")
        if self.features != "keypoints" and (self.model, self.keypoints) != ("lstm", "all"):
            raise PoseprintError(f"setting features is {self.features!r}; that takes model=lstm and keypoints=all")
        return self


PRESETS: Mapping[str, Settings] = {
    "paper": Settings(),
    "quick": Settings(
        hidden=128,
        layers=1,
        dropout=0.0,
        every=10,
        lr=3e-3,
        lr_gamma=0.7,
        weight_decay=1e-3,
        clip=1.0,
        batch_size=8,
        balance=True,
    ),
}
"""`paper` is Table 3 as it stands. `quick` trains in seconds on a laptop: small, three frames a second, in batches."""
