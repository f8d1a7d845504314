"""Curves of loss and accuracy over epochs, as in the paper's Figures 8 to 10; the trials of a search."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from poseprint.core.files import atomic_write, cache_dir

os.environ.setdefault("MPLCONFIGDIR", str(cache_dir() / "matplotlib"))  # or it makes folders of its own at home
import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator


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
        for subset, colour in (("train", "#1f6f8b"), ("validation", "#d1495b")):
            column = f"{subset}_{quantity}"
            points = [(int(row["epoch"]) + 1, float(row[column])) for row in rows if row.get(column)]
            label = "training" if subset == "train" else subset
            if points:
                axes.plot(*zip(*points, strict=True), label=label, color=colour, linewidth=1.5)
        axes.axvline(
            best_epoch + 1, color="black", linewidth=1, label=f"best validation accuracy (epoch {best_epoch + 1})"
        )
        axes.set(xlabel="epoch", ylabel=quantity, title=f"{quantity.capitalize()} over epochs")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
        with atomic_write(folder / f"{quantity}.png") as partial:
            figure.savefig(partial, dpi=120)
        plt.close(figure)


def draw_trials(trials: Path, file: Path) -> None:
    """Draw the balanced validation accuracy of each trial of a search, and of the best one so far.

    Args:
        trials: csv with the columns trial, state (complete or pruned), value, accuracy, balanced.
        file: picture to write.
    """
    with trials.open(newline="") as table:
        rows = list(csv.DictReader(table))
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    whole = [r for r in rows if r["state"] == "complete"]
    stopped = [(int(r["trial"]), float(r["accuracy"])) for r in rows if r["state"] != "complete"]
    number, balanced = [int(r["trial"]) for r in whole], [float(r["balanced"]) for r in whole]
    best = [max(range(k + 1), key=lambda i: float(whole[i]["value"])) for k in range(len(whole))]
    axes.plot(number, balanced, "o", color="#1f6f8b", markersize=5, label="trial")
    if stopped:
        axes.plot(*zip(*stopped, strict=True), "x", color="#999999", label="trial stopped early (accuracy so far)")
    axes.step(
        [*number, max(int(r["trial"]) for r in rows)],
        [balanced[i] for i in [*best, best[-1]]],
        where="post",
        color="#d1495b",
        linewidth=1.5,
        label="best so far",
    )
    axes.axhline(0.5, color="black", linewidth=1, linestyle=":", label="guessing")
    axes.set(xlabel="trial", ylabel="balanced validation accuracy", title="Trials of the search")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    with atomic_write(file) as partial:
        figure.savefig(partial, dpi=120)
    plt.close(figure)
