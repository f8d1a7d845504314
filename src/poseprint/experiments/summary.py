"""Results of runs -> one json an experiment, and its Markdown tables beside the paper's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from poseprint.evaluation import accuracy_drop, accuracy_report
from poseprint.experiments.plan import Plan, Planned
from poseprint.experiments.table import EXPERIMENTS
from poseprint.experiments.tasks import right

Results = Sequence[tuple[Planned, Mapping[str, Any]]]


def summarise(name: str, plan: Plan, results: Results) -> dict[str, Any]:
    """An experiment's figures, ready for json.

    Movements of all persons of interest and seeds are judged by the model of their own run and then pooled;
    intervals are a bootstrap over recordings, and a recording that several runs tested is one of them.
    """
    experiment = EXPERIMENTS[name]
    rows = []
    for row in experiment.rows:
        own = [(p.run.settings.split, p, r) for p, r in results if p.row == row.name]
        figures = {by: _KINDS[experiment.kind]([(p, r) for s, p, r in own if s == by]) for by in plan.splits}
        entry: dict[str, Any] = {"name": row.name, "paper": dict(row.paper), "splits": figures}
        if len(plan.splits) == 2 and experiment.kind in ("table", "curves"):
            parts = [_pooled([r["test"] for s, _, r in own if s == by]) for by in ("movement", "recording")]
            entry["drop"] = accuracy_drop(*((right(part), part["recordings"]) for part in parts))
        rows.append(entry)
    return {
        "experiment": name,
        "title": experiment.title,
        "kind": experiment.kind,
        "rows": rows,
        "settings": {row.name: plan.settings(row).differences() for row in experiment.rows},
    }


def _pooled(judged: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {key: [value for one in judged for value in one[key]] for key in ("labels", "scores", "recordings")}


def _report(judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    pooled = _pooled(judged)
    return accuracy_report(np.array(pooled["labels"]), np.array(pooled["scores"]), pooled["recordings"])


def _training(results: Results) -> dict[str, Any]:
    """What the runs of a row have in common, and each one's own accuracy."""
    if not results:
        return {}
    best = [r["history"][r["best_epoch"] - 1] for _, r in results]
    return {
        "runs": len(results),
        "parameters": results[0][1]["parameters"],
        "training_movements": round(float(np.mean([r["movements"] for _, r in results])), 1),
        "seconds": round(float(np.median([r["seconds"] for _, r in results])), 2),
        "train_accuracy": float(np.mean([b["train_accuracy"] for b in best])),
        "validation_accuracy": float(np.mean([b["validation_accuracy"] for b in best])),
    }


def _table(results: Results) -> dict[str, Any]:
    each = [
        {
            "person": p.run.person,
            "seed": p.run.settings.seed,
            "accuracy": round(float(right(r["test"]).mean()), 4),
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
        at = [[r["history"][e][key] for _, r in results if e < len(r["history"])] for e in range(epochs)]
        curves[key] = [float(f"{np.mean(values):.5g}") for values in at]
    best = max(range(epochs), key=lambda e: (curves["validation_accuracy"][e], -curves["validation_loss"][e]))
    return {**_table(results), "curves": curves, "best_epoch": best + 1}


def _lengths(results: Results) -> dict[str, Any]:
    tests = {}
    for seconds in results[0][1]["tests"]:
        report = _report([r["tests"][seconds] for _, r in results])
        tests[seconds] = report
    return {**_training(results), "tests": tests}


def _transfer(results: Results) -> dict[str, Any]:
    by_minutes: dict[float, list[tuple[Planned, Mapping[str, Any]]]] = {}
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


def _with_interval(report: Mapping[str, Any], metric: str = "accuracy", form: Any = percent) -> str:
    interval = (report.get("intervals") or {}).get(metric)
    value = form(report[metric])
    return f"{value} ({form(interval[0])} to {form(interval[1])})" if interval else str(value)


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def markdown(summary: Mapping[str, Any]) -> str:
    """An experiment's table, the paper's figures in it where it gives any."""
    return {"table": _rows, "curves": _rows, "lengths": _by_length, "transfer": _by_minutes}[summary["kind"]](summary)


def _rows(summary: Mapping[str, Any]) -> str:
    head = ["model", "split", "test accuracy (95 %)", "majority", "balanced", "MCC", "AUC", "EER"]
    head += ["train / validation", "paper: train / validation / test", "parameters", "training, s", "drop (95 %)"]
    lines = []
    for row in summary["rows"]:
        paper = " / ".join(percent(row["paper"].get(k)) for k in ("train", "validation", "test"))
        for k, (by, found) in enumerate(row["splits"].items()):
            test = found["test"]
            drop = ""
            if "drop" in row and k == len(row["splits"]) - 1:
                between = row["drop"]["interval"]
                drop = _points(row["drop"]["drop"])
                drop += f" ({_points(between[0])} to {_points(between[1])})" if between else ""
            lines.append(
                [
                    row["name"] if k == 0 else "",
                    by,
                    _with_interval(test),
                    percent(test["majority"]),
                    percent(test["balanced"]),
                    _plain(test["mcc"]),
                    _plain(test["auc"]),
                    percent(test["eer"]),
                    f"{percent(found['train_accuracy'])} / {percent(found['validation_accuracy'])}",
                    (paper if row["paper"] else "–") if k == 0 else "",
                    f"{found['parameters']:,}",
                    f"{found['seconds']:.0f}" if found["seconds"] >= 10 else f"{found['seconds']:.1f}",
                    drop,
                ]
            )
    return _render(head, lines)


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _by_length(summary: Mapping[str, Any]) -> str:
    first = summary["rows"][0]["splits"]
    head = ["split", "seconds", "movements", "recordings", "majority", *(r["name"] for r in summary["rows"])]
    lines = []
    for by, found in first.items():
        for seconds, report in found["tests"].items():
            cells = [row["splits"][by]["tests"][seconds] for row in summary["rows"]]
            shown = [_with_interval(c) if c["movements"] else "none so long" for c in cells]
            lines.append(
                [by, seconds, str(report["movements"]), str(report["recordings"]), percent(report["majority"]), *shown]
            )
    return _render(head, lines)


def _by_minutes(summary: Mapping[str, Any]) -> str:
    first = summary["rows"][0]["splits"]
    head = ["split", "minutes", "recordings tested", "majority", *(f"{r['name']}" for r in summary["rows"])]
    lines = []
    for by, found in first.items():
        for k, point in enumerate(found["points"]):
            cells = [row["splits"][by]["points"][k]["test"] for row in summary["rows"]]
            test = point["test"]
            lines.append(
                [
                    by,
                    f"{point['minutes']:g}",
                    str(test["recordings"]),
                    percent(test["majority"]),
                    *(_with_interval(c) for c in cells),
                ]
            )
    return _render(head, lines)


def _render(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows) + "\n"
