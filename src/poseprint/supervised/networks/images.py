"""Networks for pictures, given a movement as a picture (paper, Tables 5 and 6).

The paper does not say how VGG16 and ResNet were given its data. Here a movement is a picture whose rows are
the keypoints, whose columns are the frames, and whose two channels are x and y. The networks are pytorchcv's,
with their first layer for two channels and their last pooling over whatever is left of the picture.
"""

from __future__ import annotations

import torch
from pytorchcv.models.resnet import resnet50, resnet101, resnet152
from pytorchcv.models.vgg import VGGOutputBlock, vgg16
from torch import Tensor, nn
from torch.nn import functional as F

from poseprint.supervised.networks.inputs import Selection

ROWS = 16
"""Rows of the picture: the least that VGG16 can halve four times."""
COLUMNS = 48
"""Fewest columns, shorter movements being stretched: so much that two columns are left at ResNet's end, without
which batch normalisation cannot learn from a batch of one."""

_RESNETS = {"resnet50": resnet50, "resnet101": resnet101, "resnet152": resnet152}


class ImageNetwork(nn.Module):
    """A network for pictures on a movement as a picture, its rows stretched to ROWS.

    Args:
        name: vgg16, resnet50, resnet101 or resnet152.
        every, keypoints: see `Selection`.
        outputs: logits a movement.
    """

    def __init__(self, name: str, *, every: int = 1, keypoints: str = "all", outputs: int = 1) -> None:
        super().__init__()
        self.select = Selection(every, keypoints)
        if name == "vgg16":
            self.network = vgg16(in_channels=2)
            self.network.features.stage5.pool5 = nn.AdaptiveAvgPool2d(1)
            self.network.output = VGGOutputBlock(512, outputs)
        else:
            self.network = _RESNETS[name](in_channels=2, num_classes=outputs)
            self.network.features.final_pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Logits of features [shape=(movements, frames, 24)]; frames past a movement's length are black."""
        features, lengths = self.select(features, lengths)
        features = features * (torch.arange(features.shape[1]) < lengths[:, None])[:, :, None]
        picture = F.interpolate(_picture(features), size=(ROWS, max(COLUMNS, features.shape[1])), mode="bilinear")
        logits: Tensor = self.network(picture)
        return logits[:, 0] if logits.shape[1] == 1 else logits


class FrameCNNLSTM(nn.Module):
    """VGG16's convolutions on each frame alone, and an LSTM over the features of the frames.

    A frame is a picture one column wide, of which the outer columns of a 3x3 kernel see only the margin:
    what is left of VGG16 are kernels of 3x1 and poolings of 2x1. So all frames can lie side by side in one
    picture without touching each other.

    Args:
        hidden: units of the LSTM.
        every, keypoints: see `Selection`.
        outputs: logits a movement.
    """

    def __init__(self, hidden: int, *, every: int = 1, keypoints: str = "all", outputs: int = 1) -> None:
        super().__init__()
        self.select = Selection(every, keypoints)
        layers: list[nn.Module] = []
        for module in vgg16(in_channels=2).features.modules():
            if isinstance(module, nn.Conv2d):
                column = nn.Conv2d(module.in_channels, module.out_channels, (3, 1), padding=(1, 0))
                nn.init.kaiming_uniform_(column.weight, nonlinearity="relu")
                nn.init.zeros_(column.bias)  # type: ignore[arg-type]
                layers += [column, nn.ReLU(inplace=True)]
            elif isinstance(module, nn.MaxPool2d):
                layers.append(nn.MaxPool2d((2, 1), ceil_mode=True))
        self.convolutions = nn.Sequential(*layers)
        self.lstm = nn.LSTM(512, hidden, batch_first=True)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Logits of features [shape=(movements, frames, 24)]."""
        features, lengths = self.select(features, lengths)
        frames = self.convolutions(_picture(features)).mean(dim=2).transpose(1, 2)
        states, _ = self.lstm(frames)
        last = states.gather(1, (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, states.shape[2]))[:, 0]
        logits: Tensor = self.output(last)
        return logits[:, 0] if logits.shape[1] == 1 else logits


def _picture(features: Tensor) -> Tensor:
    """Features [shape=(movements, frames, 2 * keypoints)] as pictures [shape=(movements, 2, keypoints, frames)]."""
    movements, frames, numbers = features.shape
    return features.reshape(movements, frames, numbers // 2, 2).permute(0, 3, 2, 1)
