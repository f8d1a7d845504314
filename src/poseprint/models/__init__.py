"""Networks that judge a movement: one protocol, one table of names. Only training loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from poseprint.errors import PoseprintError

if TYPE_CHECKING:
    from torch import nn


def _lstm(settings: Mapping[str, Any]) -> nn.Module:
    from poseprint.models.lstm import ManyToOneLSTM

    return ManyToOneLSTM(
        inputs=settings["inputs"], hidden=settings["hidden"], layers=settings["layers"], dropout=settings["dropout"]
    )


MODELS: dict[str, Callable[[Mapping[str, Any]], nn.Module]] = {"lstm": _lstm}
"""Name -> maker from settings. A model maps features, float32 [shape=(movements, frames, inputs)], and
lengths, int64 [shape=(movements,)], to logits [shape=(movements,)]; higher = more like the person."""


def make_model(name: str, settings: Mapping[str, Any]) -> nn.Module:
    """A fresh model by its name in MODELS."""
    if name not in MODELS:
        raise PoseprintError(f"no model is called {name!r}; there are: {', '.join(sorted(MODELS))}")
    return MODELS[name](settings)
