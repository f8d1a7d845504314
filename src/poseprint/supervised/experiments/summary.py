"""Results of runs -> one json an experiment, and its Markdown tables beside the paper's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from poseprint.supervised.accuracy import accuracy_drop, accuracy_report
from poseprint.supervised.experiments.catalogue import EXPERIMENTS
from poseprint.supervised.experiments.plan import Plan, PlannedRun
from poseprint.supervised.experiments.runs import correct
from poseprint.supervised.split import SplitBy

Results = Sequence[tuple[PlannedRun, Mapping[str, Any]]]


def summarise(name: str, plan: Plan, results: Results) -> dict[str, Any]:
    """An experiment's figures, ready for json.

    Each figure is taken run by run (a person of interest and a seed) and is their mean, weighted by test
    movements. Intervals are a bootstrap over recordings; a recording that several runs tested is one of them.
    """
    experiment = EXPERIMENTS[name]
    rows = []
    for row in experiment.rows:
        by_split = {
            by: [(p, r) for p, r in results if p.row == row.name and p.run.settings.split == by] for by in plan.splits
        }
        figures = {by: _KINDS[experiment.kind](some) for by, some in by_split.items()}
        entry: dict[str, Any] = {"name": row.name, "paper": dict(row.paper), "splits": figures}
        if len(plan.splits) == 2:
            _add_drops(entry, by_split, experiment.kind)
        rows.append(entry)
    pretraining = [(p, r) for p, r in results if not p.row]
    return {
        "experiment": name,
        "title": experiment.title,
        "kind": experiment.kind,
        "rows": rows,
        "settings": {row.name: plan.settings(row).differences() for row in experiment.rows},
        **({"pre-training": [_pretraining(p, r) for p, r in pretraining]} if pretraining else {}),
    }


def _add_drops(entry: dict[str, Any], by_split: Mapping[SplitBy, Results], kind: str) -> None:
    """How much less accurate a row is split by recording: as a whole, or at each length or number of minutes."""
    by_movement, by_recording = ([(p.run, r) for p, r in by_split[by]] for by in ("movement", "recording"))
    figures = entry["splits"]["recording"]
    if kind in ("table", "curves"):
        entry["drop"] = _drop(*([r["test"] for _, r in runs] for runs in (by_movement, by_recording)))
    elif kind == "lengths":
        for seconds, test in figures["tests"].items():
            test["drop"] = _drop(*([r["tests"][seconds] for _, r in runs] for runs in (by_movement, by_recording)))
    else:
        for minutes, point in zip(
            sorted({run.details["minutes"] for run, _ in by_movement}), figures["points"], strict=False
        ):
            point["drop"] = _drop(
                *(
                    [r["test"] for run, r in runs if run.details["minutes"] == minutes]
                    for runs in (by_movement, by_recording)
                )
            )


def _drop(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What `accuracy_drop` says of two sets of answers, each of several models; None if one of them is empty."""
    sets = [
        (
            np.concatenate([correct(answers) for answers in runs]),
            [name for answers in runs for name in answers["recordings"]],
        )
        for runs in (first, second)
    ]
    return accuracy_drop(*sets) if all(len(names) for _, names in sets) else None


def _report(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `accuracy_report` says of the answers of several models."""
    labels, logits = (np.array([value for answers in runs for value in answers[key]]) for key in ("labels", "logits"))
    return accuracy_report(
        labels,
        1 / (1 + np.exp(-np.clip(logits, -700, 700))),
        [name for answers in runs for name in answers["recordings"]],
        runs=np.repeat(np.arange(len(runs)), [len(answers["labels"]) for answers in runs]),
    )


def _pretraining(planned: PlannedRun, result: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("movements", "parameters", "seconds", "best_epoch", "validation_accuracy", "persons")
    settings = planned.run.settings
    return {"split": settings.split, "seed": settings.seed, **{key: result[key] for key in keys}}


def _training(results: Results) -> dict[str, Any]:
    """What the runs of a row have in common, and each one's own accuracy."""
    if not results:
        return {}
    best = [r["history"][r["best_epoch"] - 1] for _, r in results]
    return {
        "runs": len(results),
        "parameters": results[0][1]["parameters"],
        "training_movements": round(float(np.mean([r["movements"] for _, r in results])), 1),
        "seconds": round(float(np.median([r["seconds"] for _, r in results])), 3),
        "train_accuracy": float(np.mean([b["train_accuracy"] for b in best])),
        "validation_accuracy": float(np.mean([b["validation_accuracy"] for b in best])),
    }


def _table(results: Results) -> dict[str, Any]:
    each = [
        {
            "person": p.run.person,
            "seed": p.run.settings.seed,
            "accuracy": round(float(correct(r["test"]).mean()), 4),
            "best_epoch": r["best_epoch"],
            "seconds": r["seconds"],
        }
        for p, r in results
    ]
    return {**_training(results), "test": _report([r["test"] for _, r in results]), "each": each}


def _curves(results: Results) -> dict[str, Any]:
    """The table's figures, and each quantity's mean over the runs at each epoch."""
    epochs = max(len(r["history"]) for _, r in results)
    curves = {}
    for key in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy"):
        by_epoch = [[r["history"][e][key] for _, r in results if e < len(r["history"])] for e in range(epochs)]
        curves[key] = [float(f"{np.mean(values):.5g}") for values in by_epoch]
    best = max(range(epochs), key=lambda e: (curves["validation_accuracy"][e], -curves["validation_loss"][e]))
    return {**_table(results), "curves": curves, "best_epoch": best + 1}


def _lengths(results: Results) -> dict[str, Any]:
    tests = {seconds: _report([r["tests"][seconds] for _, r in results]) for seconds in results[0][1]["tests"]}
    return {**_training(results), "tests": tests}


def _transfer(results: Results) -> dict[str, Any]:
    by_minutes: dict[float, list[tuple[PlannedRun, Mapping[str, Any]]]] = {}
    for planned, result in results:
        by_minutes.setdefault(planned.run.details["minutes"], []).append((planned, result))
    points: list[dict[str, Any]] = []
    for _, some in sorted(by_minutes.items()):
        taken = round(float(np.mean([r["minutes"] for _, r in some])), 2)
        if not points or taken > points[-1]["minutes"]:  # there may be no more footage than that
            points.append({"minutes": taken, "test": _report([r["test"] for _, r in some])})
    return {**_training(results), "points": points}


_KINDS = {"table": _table, "curves": _curves, "lengths": _lengths, "transfer": _transfer}


def percent(value: float | None) -> str:
    """A share as the tables print it."""
    return "–" if value is None else f"{100 * value:.1f} %"


def markdown(summary: Mapping[str, Any]) -> str:
    """An experiment's table, the paper's figures in it where it gives any."""
    return {"table": _rows, "curves": _rows, "lengths": _by_length, "transfer": _by_minutes}[summary["kind"]](summary)


FEWEST_SHOWN = 10
"""Recordings from which on a figure at one length is shown; the json has all."""

_MEASURED = ["test accuracy (95 %)", "majority", "balanced", "MCC", "AUC", "EER", "drop (95 %)"]


def _measured(test: Mapping[str, Any], drop: Mapping[str, Any] | None) -> list[str]:
    """The cells under _MEASURED."""
    return [
        _with_interval(test),
        percent(test["majority"]),
        percent(test["balanced"]),
        _plain(test["mcc"]),
        _plain(test["auc"]),
        percent(test["eer"]),
        _fall(drop),
    ]


def _with_interval(report: Mapping[str, Any]) -> str:
    low_high = report["interval"]
    between = f" ({percent(low_high[0])} to {percent(low_high[1])})" if low_high else ""
    return percent(report["accuracy"]) + between


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _fall(drop: Mapping[str, Any] | None) -> str:
    if not drop:
        return ""
    low_high = [f"{100 * share:+.1f}" for share in drop["interval"] or ()]
    return f"{100 * drop['drop']:+.1f}" + (f" ({' to '.join(low_high)})" if low_high else "")


def _rows(summary: Mapping[str, Any]) -> str:
    head = ["model", "split", *_MEASURED, "train / validation", "paper: train / validation / test", "parameters"]
    lines = []
    for row in summary["rows"]:
        paper = " / ".join(percent(row["paper"].get(k)) for k in ("train", "validation", "test"))
        for k, (by, figures) in enumerate(row["splits"].items()):
            lines.append(
                [
                    row["name"] if k == 0 else "",
                    by,
                    *_measured(figures["test"], row.get("drop") if by == "recording" else None),
                    f"{percent(figures['train_accuracy'])} / {percent(figures['validation_accuracy'])}",
                    (paper if row["paper"] else "–") if k == 0 else "",
                    f"{figures['parameters']:,}",
                    _seconds(figures["seconds"]),
                ]
            )
    return _render([*head, "training, s"], lines)


def _seconds(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _by_length(summary: Mapping[str, Any]) -> str:
    lines = []
    for by in summary["rows"][0]["splits"]:
        for seconds, first in summary["rows"][0]["splits"][by]["tests"].items():
            if first["recordings"] < FEWEST_SHOWN:
                counts = [str(first["movements"]), str(first["recordings"])]
                lines.append([by, seconds, *counts, "too few to tell", *[""] * len(_MEASURED)])
                continue
            for row in summary["rows"]:
                test = row["splits"][by]["tests"][seconds]
                counts = [str(test["movements"]), str(test["recordings"])]
                lines.append([by, seconds, *counts, row["name"], *_measured(test, test.get("drop"))])
    head = ["split", "seconds", "movements", "recordings", "model", *_MEASURED]
    return _render(head, lines) + "\n" + _costs(summary)


def _by_minutes(summary: Mapping[str, Any]) -> str:
    lines = []
    for by in summary["rows"][0]["splits"]:
        for k, point in enumerate(summary["rows"][0]["splits"][by]["points"]):
            for row in summary["rows"]:
                its = row["splits"][by]["points"][k]
                cells = [by, f"{point['minutes']:g}", str(its["test"]["recordings"]), row["name"]]
                lines.append([*cells, *_measured(its["test"], its.get("drop"))])
    return _render(["split", "minutes", "recordings", "model", *_MEASURED], lines) + "\n" + _costs(summary)


def _costs(summary: Mapping[str, Any]) -> str:
    """What the models of a table over lengths or minutes have in common."""
    return "".join(
        f"{row['name']}, split by {by}: {figures['parameters']:,} parameters, {_seconds(figures['seconds'])} s of training"
        f" (median of {figures['runs']} runs).  \n"
        for row in summary["rows"]
        for by, figures in row["splits"].items()
    )


def _render(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows) + "\n"
