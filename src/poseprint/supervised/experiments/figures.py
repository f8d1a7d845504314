"""Figures of the experiments, as svg."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poseprint.core.files import atomic_write, cache_dir

os.environ.setdefault("MPLCONFIGDIR", str(cache_dir() / "matplotlib"))  # or it makes folders of its own at home
import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt

from poseprint.supervised.experiments.summary import FEWEST_SHOWN

_COLOURS = {"movement": "#9db4c0", "recording": "#1f6f8b", "paper": "#d1495b"}
_LINES = ("#5c6b73", "#1f6f8b")


def draw(summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw an experiment's figures into a folder; their paths."""
    drawers = {"curves": _curves, "table": _bars, "lengths": _lengths, "transfer": _transfer}
    with plt.rc_context(
        {"font.size": 9, "svg.hashsalt": "poseprint", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3}
    ):
        return drawers[summary["kind"]](summary, folder)


def _save(figure: Any, path: Path) -> Path:
    with atomic_write(path) as partial:
        figure.savefig(partial, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return path


def _curves(summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Loss and accuracy over epochs, a line of figures a row, as the paper's Figures 8 to 10; one file a split."""
    paths = []
    for by in summary["rows"][0]["splits"]:
        rows = summary["rows"]
        figure, axes = plt.subplots(
            len(rows), 2, figsize=(8, 2.6 * len(rows) + 0.3), layout="constrained", squeeze=False
        )
        for line, row in zip(axes, rows, strict=True):
            results = row["splits"][by]
            for axis, quantity in zip(line, ("loss", "accuracy"), strict=True):
                for subset, colour in (("train", "#1f6f8b"), ("validation", "#d1495b")):
                    values = results["curves"][f"{subset}_{quantity}"]
                    label = "training" if subset == "train" else subset
                    axis.plot(range(1, len(values) + 1), values, color=colour, label=label)
                axis.axvline(results["best_epoch"], color="black", linewidth=1, label="best epoch")
                axis.set(xlabel="epoch", ylabel=quantity, title=f"{row['name']}: {quantity}")
            line[1].axhline(results["test"]["majority"], color="grey", linestyle=":", label="majority of the test")
            line[1].set_ylim(0.3, 1.02)
            line[1].legend(fontsize=7)
        runs = rows[0]["splits"][by]["runs"]
        figure.suptitle(f"{summary['title']}, split by {by}: mean of {runs} runs")
        paths.append(_save(figure, folder / f"{summary['experiment']}-{by}.svg"))
    return paths


def _bars(summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Test accuracy of each row under each split with its interval, the paper's as a mark."""
    rows = summary["rows"]
    figure, axis = plt.subplots(figsize=(8, 0.62 * len(rows) + 1.3), layout="constrained")
    splits = list(rows[0]["splits"])
    for k, by in enumerate(splits):
        for y, row in enumerate(rows):
            test = row["splits"][by]["test"]
            place = y + (k - (len(splits) - 1) / 2) * 0.36
            low, high = test["interval"] or (test["accuracy"],) * 2
            error = [[test["accuracy"] - low], [high - test["accuracy"]]]
            axis.barh(
                place, test["accuracy"], 0.32, color=_COLOURS[by], xerr=error, ecolor="black", capsize=2,
                label=f"split by {by}" if y == 0 else None,
            )  # fmt: skip
            axis.plot(
                [test["majority"]] * 2, [place - 0.18, place + 0.18], color="black", linestyle=":",
                label="always the commoner label" if y == k == 0 else None,
            )  # fmt: skip
    paper = [(y, row["paper"]["test"]) for y, row in enumerate(rows) if "test" in row["paper"]]
    if paper:
        axis.plot(
            [accuracy for _, accuracy in paper],
            [y for y, _ in paper],
            "D",
            color=_COLOURS["paper"],
            markersize=5,
            label="the paper, on its own data",
        )
    axis.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axis.invert_yaxis()
    axis.set(xlim=(0.0, 1.0), xlabel="test accuracy, with its 95 % interval over recordings", title=summary["title"])
    axis.legend(
        fontsize=7, loc="upper center", bbox_to_anchor=(0.4, -0.16 - 0.05 * (len(rows) < 4)), ncols=4, frameon=False
    )
    return [_save(figure, folder / f"{summary['experiment']}.svg")]


def _lengths(summary: Mapping[str, Any], folder: Path) -> list[Path]:
    return [_lines(summary, folder, "tests", "length of the movement, s")]


def _transfer(summary: Mapping[str, Any], folder: Path) -> list[Path]:
    return [_lines(summary, folder, "points", "minutes of the person's own footage that train")]


def _lines(summary: Mapping[str, Any], folder: Path, key: str, label: str) -> Path:
    """Accuracy with its interval over a quantity, a panel a split."""
    splits = list(summary["rows"][0]["splits"])
    figure, axes = plt.subplots(
        1, len(splits), figsize=(4.2 * len(splits), 3.2), layout="constrained", squeeze=False, sharey=True
    )
    for axis, by in zip(axes[0], splits, strict=True):
        majority: list[tuple[float, float]] = []
        for row, colour in zip(summary["rows"], _LINES, strict=True):
            tests = row["splits"][by][key]
            pairs = tests.items() if key == "tests" else ((p["minutes"], p["test"]) for p in tests)
            least = FEWEST_SHOWN if key == "tests" else 1
            points = [(float(x), report) for x, report in pairs if report["recordings"] >= least]
            x = [p for p, _ in points]
            axis.plot(x, [r["accuracy"] for _, r in points], "o-", markersize=3, color=colour, label=row["name"])
            bounds = [r["interval"] or (r["accuracy"],) * 2 for _, r in points]
            axis.fill_between(x, [b[0] for b in bounds], [b[1] for b in bounds], color=colour, alpha=0.15)
            majority = [(p, r["majority"]) for p, r in points]
        if majority:
            axis.plot(*zip(*majority, strict=True), color="black", linestyle=":", label="always the commoner label")
        axis.set_xscale("log")
        axis.set_xticks([p for p, _ in majority], [f"{p:g}" for p, _ in majority])
        axis.minorticks_off()
        axis.set(xlabel=label, title=f"split by {by}")
    axes[0][0].set_ylabel("test accuracy")
    axes[0][-1].legend(fontsize=7)
    figure.suptitle(summary["title"])
    return _save(figure, folder / f"{summary['experiment']}.svg")
