"""Curves of loss and accuracy over epochs, the best epoch marked, as in the paper's Figures 8 to 10."""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt

from poseprint.atomic import replacing


def draw_curves(metrics: Path, folder: Path, *, best_epoch: int) -> None:
    """Draw loss.png and accuracy.png from a log of epochs.

    Args:
        metrics: csv with the columns epoch, train_loss, validation_loss, train_accuracy, validation_accuracy.
        folder: where the pictures go.
        best_epoch: the epoch to mark, counted from 0 as in the log.
    """
    with metrics.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for quantity in ("loss", "accuracy"):
        figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
        for part, colour in (("train", "#1f6f8b"), ("validation", "#d1495b")):
            points = [
                (int(r["epoch"]) + 1, float(r[f"{part}_{quantity}"])) for r in rows if r.get(f"{part}_{quantity}")
            ]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    label="training" if part == "train" else part,
                    color=colour,
                    linewidth=1.5,
                )
        axes.axvline(
            best_epoch + 1, color="black", linewidth=1, label=f"best validation accuracy (epoch {best_epoch + 1})"
        )
        axes.set(xlabel="epoch", ylabel=quantity, title=f"{quantity.capitalize()} over epochs")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
        with replacing(folder / f"{quantity}.png") as partial:
            figure.savefig(partial, dpi=120)
        plt.close(figure)
