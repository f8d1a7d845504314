"""Time of a training step: ours against the plain PyTorch loop that a reader of the paper would write.

    python benchmarks/step.py [--repeats 5] [--movements 48]

Both train the same network on the same made-up movements with the same threads, in turns; each turn is a
few epochs. Ours includes what the plain loop does not do: validation after each epoch, and the history.
Ratios are plain over ours: above 1, ours is faster.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from common import finish
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from poseprint.supervised.fitting import few_threads, fit
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.networks.registry import make_model
from poseprint.supervised.settings import PRESETS, Settings

CASES: dict[str, Settings] = {
    "Table 3: 2x512, batch 1": replace(PRESETS["paper"], epochs=1),
    "Figure 8: 1x128, batch 1": replace(PRESETS["paper"], hidden=128, layers=1, epochs=3),
    "Table 3 in batches of 32": replace(PRESETS["paper"], batch_size=32, epochs=3),
    "quick": replace(PRESETS["quick"], epochs=20),
}


def movements(count: int) -> MovementSet:
    rng = np.random.default_rng(0)
    return MovementSet(
        features=rng.standard_normal((count, 150, 24), dtype=np.float32),
        lengths=np.full(count, 150),
        starts=np.zeros(count),
        recordings=tuple(str(i) for i in range(count)),
        persons=("a",) * count,
        labels=np.arange(count) % 2,
    )


def plain(data: MovementSet, settings: Settings) -> float:
    """Seconds a step of a loop without any help."""
    model = make_model(settings)
    loader = DataLoader(
        TensorDataset(torch.from_numpy(data.features), torch.from_numpy(data.labels.astype(np.float32))),
        batch_size=settings.batch_size,
        shuffle=True,
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    loss_of = nn.BCEWithLogitsLoss()
    start = time.perf_counter()
    for _ in range(settings.epochs):
        total = 0.0
        for features, labels in loader:
            optimizer.zero_grad()
            loss = loss_of(model(features, torch.full((len(features),), features.shape[1])), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            total += loss.item()
    return (time.perf_counter() - start) / (settings.epochs * len(loader))


def ours(data: MovementSet, settings: Settings) -> float:
    """Seconds a step of ours."""
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(data, data.subset(range(2)), settings, Path(folder))
    return fitted.seconds / (settings.epochs * -(-len(data) // settings.batch_size))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--movements", type=int, default=48)
    options = parser.parse_args()
    data = movements(options.movements)
    cases = {}
    for name, settings in CASES.items():
        with few_threads(settings):
            times = [(plain(data, settings), ours(data, settings)) for _ in range(options.repeats + 1)][1:]
        cases[name] = {
            "plain_ms": round(1000 * statistics.median(p for p, _ in times), 3),
            "ours_ms": round(1000 * statistics.median(o for _, o in times), 3),
            "ratio": round(statistics.median(p / o for p, o in times), 3),
            "ratios": [round(p / o, 3) for p, o in times],
        }
    finish("step", {"threads": torch.get_num_threads(), "movements": options.movements, "cases": cases})


if __name__ == "__main__":
    main()
