"""The paper's network: a many-to-one LSTM (section 3.2, Eq. 2, Table 3), for movements of any length."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from poseprint.supervised.networks.inputs import Selection


class ManyToOneLSTM(nn.Module):
    """Stacked LSTM whose output at a movement's last frame goes through one linear layer.

    Dropout acts between layers, so with one layer there is none, as in the paper. Movements of one batch
    may differ in length: they are packed, so that frames past a movement's end neither count nor cost.

    Args:
        hidden: units a layer.
        layers: stacked layers.
        dropout: probability between layers.
        every, keypoints, inputs: see `Selection`.
        outputs: logits a movement; 1 for the person of interest against others.
    """

    def __init__(
        self,
        hidden: int = 512,
        layers: int = 2,
        dropout: float = 0.5,
        *,
        every: int = 1,
        keypoints: str = "all",
        inputs: int = 24,
        outputs: int = 1,
    ) -> None:
        super().__init__()
        self.select = Selection(every, keypoints, inputs)
        self.lstm = nn.LSTM(
            self.select.features, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0
        )
        self.output = nn.Linear(hidden, outputs)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Logits of features [shape=(movements, frames, inputs)]; see `poseprint.supervised.networks.registry`."""
        features, lengths = self.select(features, lengths)
        last = self._last(features, lengths)
        logits: Tensor = self.output(last)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def _last(self, features: Tensor, lengths: Tensor) -> Tensor:
        # An export has no packed sequences; there, and where all are of one length, the state is looked up.
        if torch.onnx.is_in_onnx_export() or bool((lengths == features.shape[1]).all()):
            states, _ = self.lstm(features)
            index = (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, states.shape[2])
            return torch.gather(states, 1, index)[:, 0]
        packed = pack_padded_sequence(features, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        last: Tensor = hidden[-1]
        return last
