"""What of a movement a network looks at."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from poseprint.core.skeleton import UPPER_BODY

KEYPOINTS = {
    "all": tuple(range(len(UPPER_BODY.keypoints))),
    "face": tuple(UPPER_BODY.index(name) for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear")),
}
"""Name -> keypoints a network is given."""


class Selection(nn.Module):
    """Takes every n-th frame and some of the keypoints, so that a model of them fits any movement.

    Args:
        every: frames from one that is used to the next.
        keypoints: name in KEYPOINTS.
        inputs: numbers a frame of what it is given.
    """

    def __init__(self, every: int = 1, keypoints: str = "all", inputs: int = 24) -> None:
        super().__init__()
        self.every = every
        chosen = KEYPOINTS[keypoints]
        columns = [2 * k + axis for k in chosen for axis in (0, 1)]
        self.whole = keypoints == "all"
        self.features = inputs if self.whole else len(columns)
        self.columns: Tensor
        self.register_buffer("columns", torch.tensor(columns), persistent=False)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The selected features [shape=(movements, frames / every, chosen)] and the lengths that are left."""
        if self.every > 1:
            features, lengths = features[:, :: self.every], (lengths - 1) // self.every + 1
        return (features if self.whole else features[:, :, self.columns]), lengths
