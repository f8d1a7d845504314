"""The figures of docs/scale.md, from benchmarks/results/scale.json; called by write_docs.py."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from pages import ROOT, result

Row = Mapping[str, Any]
IMAGES = "docs/images/"
COLOURS = ("#1f6f8b", "#d1495b", "#b08900", "#2a7f4f", "#6b4c9a", "#7f7f7f")
SHOWN = {
    "as it is": "as it is",
    "shares by size": "shares, which anybody can make today",
    "all, shares": "shares, and all remedies built",
}


def rows_with(r: Row, **wanted: Any) -> list[Row]:
    """The rows of the grid that are of some remedy, clips or cores."""
    return [row for row in r["grid"] if all(row[name] == value for name, value in wanted.items())]


def figure_file(name: str) -> str:
    """A figure of the page as svg; the one that is there if it shows this result, as no two versions of matplotlib draw alike."""
    r = result("scale")
    stamp = hashlib.sha256(json.dumps(r["grid" if name != "profiles" else "profiles"]).encode()).hexdigest()
    there = ROOT / IMAGES / f"scale-{name}.svg"
    if there.exists() and stamp in (text := there.read_text(encoding="utf-8")):
        return text
    from poseprint.evaluation.figures import STYLE, plt  # takes a while, and mostly the figure is there

    plots: dict[str, Callable[[Any, Row], Any]] = {"hours": _hours, "driver": _driver, "profiles": _by_profiles}
    with plt.rc_context(STYLE):
        drawn, output = plots[name](plt, r), io.StringIO()
        drawn.savefig(output, format="svg", metadata={"Date": None, "Creator": None, "Identifier": stamp})
        plt.close(drawn)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines()) + "\n"


FIGURES = {f"{IMAGES}scale-{name}.svg": lambda name=name: figure_file(name) for name in ("hours", "driver", "profiles")}


def _hours(plt: Any, r: Row) -> Any:
    drawn, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained", sharey=True)
    for axis, (name, words) in zip(axes, SHOWN.items(), strict=True):
        for colour, clips in zip(COLOURS, sorted({row["clips"] for row in r["grid"]}), strict=False):
            rows = rows_with(r, remedy=name, clips=clips)
            cores = [row["cores"] for row in rows]
            axis.loglog(
                cores, [row["wall_s"] / 3600 for row in rows], "o-", ms=3, color=colour, label=f"{clips:,} clips"
            )
            axis.loglog(
                cores, [row["core_hours"] * row["efficiency"] / row["cores"] for row in rows], ":", lw=1, color=colour
            )
        axis.set_title(words, fontsize=9)
        axis.set_xlabel("cores")
    axes[0].set_ylabel("hours (dotted: if nobody waited)")
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return drawn


def _driver(plt: Any, r: Row) -> Any:
    names = ("index", "forgetting", "tasks", "keeping", "tables", "listing")
    drawn, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained", sharey=True)
    for axis, (name, words) in zip(axes, SHOWN.items(), strict=True):
        rows = rows_with(r, remedy=name, cores=1_000)
        for colour, what in zip(COLOURS, names, strict=True):
            axis.loglog(
                [row["clips"] for row in rows],
                [1e3 * row["driver_s"].get(what, 0.0) / row["at_once"] / row["clips"] for row in rows],
                "o-",
                ms=3,
                color=colour,
                label=what,
            )
        axis.loglog(
            [row["clips"] for row in rows],
            [1e3 * row["worker_s"] / row["clips"] / 1_000 for row in rows],
            "k--",
            lw=1,
            label="workers",
        )
        axis.set_title(words, fontsize=9)
        axis.set_xlabel("clips, on 1,000 cores")
    axes[0].set_ylabel("milliseconds for each clip")
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7, frameon=False, fontsize=8)
    return drawn


def _by_profiles(plt: Any, r: Row) -> Any:
    drawn, axis = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    for colour, (name, words) in zip(COLOURS, SHOWN.items(), strict=False):
        rows = [row for row in r["profiles"] if row["remedy"] == name]
        axis.loglog(
            [row["profiles"] for row in rows],
            [row["core_hours"] for row in rows],
            "o-",
            ms=3,
            color=colour,
            label=words,
        )
    axis.set_xlabel("profiles")
    axis.set_ylabel("core hours")
    axis.legend(frameon=False, fontsize=8)
    return drawn
