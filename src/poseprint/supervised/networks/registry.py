"""Networks that judge a movement: one protocol, one table of names. Only training loads torch.

A model maps features, float32 [shape=(movements, frames, inputs)], and lengths, int64 [shape=(movements,)], to
logits [shape=(movements,)], higher = more like the person; made for several outputs, to one logit each
[shape=(movements, outputs)].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from poseprint.core.errors import MissingDependencyError
from poseprint.supervised.features import FEATURES
from poseprint.supervised.settings import Settings

if TYPE_CHECKING:
    from torch import nn


def _lstm(settings: Settings, outputs: int) -> nn.Module:
    from poseprint.supervised.networks.lstm import ManyToOneLSTM

    return ManyToOneLSTM(
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
        every=settings.every,
        keypoints=settings.keypoints,
        inputs=FEATURES[settings.features].count,
        outputs=outputs,
    )


def _image(settings: Settings, outputs: int) -> nn.Module:
    try:
        from poseprint.supervised.networks.images import FrameCNNLSTM, ImageNetwork
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"the model {settings.model} needs {error.name}: install it with pip install 'poseprint[train]'"
        ) from error
    if settings.model == "cnn_lstm":
        return FrameCNNLSTM(settings.hidden, every=settings.every, keypoints=settings.keypoints, outputs=outputs)
    return ImageNetwork(settings.model, every=settings.every, keypoints=settings.keypoints, outputs=outputs)


MODELS: Mapping[str, Callable[[Settings, int], nn.Module]] = {
    "lstm": _lstm,
    "vgg16": _image,
    "resnet50": _image,
    "resnet101": _image,
    "resnet152": _image,
    "cnn_lstm": _image,
}
"""Name -> maker from settings and a number of outputs."""


def make_model(settings: Settings, outputs: int = 1) -> nn.Module:
    """A fresh model by the name in its settings."""
    return MODELS[settings.model](settings, outputs)
