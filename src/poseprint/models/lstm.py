"""The paper's network: a many-to-one LSTM (section 3.2, Eq. 2, Table 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ManyToOneLSTM(nn.Module):
    """Stacked LSTM whose output at a movement's last frame goes through one linear unit.

    Dropout acts between layers, so with one layer there is none, as in the paper.

    Args:
        inputs: features a frame.
        hidden: units a layer.
        layers: stacked layers.
        dropout: probability between layers.
    """

    def __init__(self, inputs: int = 24, hidden: int = 512, layers: int = 2, dropout: float = 0.5) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.output = nn.Linear(hidden, 1)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Logits [shape=(movements,)] of features [shape=(movements, frames, inputs)].

        Frames past a movement's length do not count: an LSTM only looks back.
        """
        states, _ = self.lstm(features)
        last = (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, states.shape[2])
        logits: Tensor = self.output(torch.gather(states, 1, last)[:, 0])
        return logits[:, 0]
