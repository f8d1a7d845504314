"""What a scan found as one html page: offline, without scripts, in the colours of the report (report.css)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup

from poseprint.core.files import atomic_write
from poseprint.rendering import report
from poseprint.rendering.report.page import csp_hash, environment

DECISIONS = ("consistent", "inconclusive", "inconsistent")
"""In the order in which they are drawn, and what each is filled with."""
TALL = 110
"""Height of a chart, pixels."""
LEAST = 2.0
"""Height of the lowest bar, pixels: a single recording among thousands must still be seen."""
DRAWN = 60
"""Profiles of which LLRs are drawn: those with most consistent verdicts."""
_DAY = "%-d %B %Y, %H:%M UTC" if os.name != "nt" else "%d %B %Y, %H:%M UTC"


def write_scan_page(found: Mapping[str, Any], path: Path) -> None:
    """Write the page of a scan.

    Args:
        found: what `poseprint.app.scan.report.summary` returned.
        path: the page to write; it is replaced whole or not at all.

    Raises:
        PoseprintError: the page cannot be written.
    """
    css = "".join(resources.files(report).joinpath(f"{n}.css").read_text(encoding="utf-8") for n in ("report", "scan"))
    page = (
        environment()
        .get_template("scan.html")
        .render(
            found=found,
            scale=_scale(found),
            bars={p["profile"]: _bar(p) for p in found["profiles"]},
            charts=_charts(found),
            pace=_pace(found["throughput"]["over_time"]),
            runs=_runs(found["throughput"]),
            written=_moment(datetime.now(UTC).timestamp()),
            css=Markup(css),  # our own files: the one text that is meant to be markup
            css_hash=csp_hash(css),
        )
    )
    with atomic_write(path) as partial:
        partial.write_bytes(page.encode("utf-8", "replace"))


def is_scan_page(path: Path) -> bool:
    """Whether a file is a page that `write_scan_page` wrote."""
    with path.open("rb") as file:
        return b'<meta name="generator" content="poseprint scan">' in file.read(500)


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime(_DAY)


def _runs(throughput: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs, and where there are several all of them together."""
    runs = [{**run, "began": _moment(run["began"])} for run in throughput["runs"]]
    return [*runs, {**throughput["all"], "began": "All runs", "ended": ""}] if len(runs) > 1 else runs


def _bar(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's verdicts side by side, and how far chance explains those that are consistent; percent of the width."""
    total = max(profile["recordings"], 1)
    parts, x = [], 0.0
    for decision in DECISIONS:
        width = 100 * profile["verdicts"][decision] / total
        parts.append({"decision": decision, "x": round(x, 3), "width": round(width, 3)})
        x += width
    explained = profile["by_chance"]["consistent"]
    return {"parts": parts, "chance": explained and round(min(100.0, 100 * explained["most"] / total), 3)}


def _scale(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The scale of LLRs that all charts share: places in percent of the width; None where there are no LLRs."""
    if not found["bounds"]:
        return None
    thresholds: list[float] = found["thresholds"] or []
    ends: list[float] = [end for bounds in found["bounds"] for end in bounds]
    left, right = min([*ends, *thresholds]) - 0.2, max([*ends, *thresholds]) + 0.2

    def x(llr: float) -> float:
        return round(100 * (llr - left) / (right - left), 3)

    return {
        "x": x,
        "tenth": round(10 / (right - left), 3),
        "thresholds": [(x(t), t) for t in thresholds],
        "ends": [(x(end), end) for end in sorted(set(ends))],
        "ticks": [(x(t), t) for t in range(int(left), int(right) + 1)],
    }


def _charts(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many LLRs of each profile lie where: stacked bars, a tenth wide, by decision; as high as the root of the number, so that
    single ones are seen beside hundreds."""
    scale = _scale(found)
    if scale is None:
        return []
    compared = [p for p in found["profiles"] if p["comparisons"]]
    shown = sorted(compared, key=lambda p: (-p["verdicts"]["consistent"], p["profile"]))[:DRAWN]
    charts = []
    for profile in sorted(shown, key=lambda p: str(p["profile"])):
        most = max(sum(row[d] for d in DECISIONS) for row in profile["llrs"])
        bars = []
        for row in profile["llrs"]:
            y, total = float(TALL), sum(row[d] for d in DECISIONS)
            for decision in DECISIONS:
                if row[decision]:
                    height = max(TALL * math.sqrt(total / most) * row[decision] / total, LEAST)
                    y -= height
                    bars.append(
                        {
                            "x": scale["x"](row["from"]),
                            "y": round(y, 1),
                            "height": round(height, 1),
                            "decision": decision,
                        }
                    )
        charts.append({"profile": profile, "bars": bars, "most": most})
    return charts


def _pace(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Footage done over time: a bar a step, percent of the width, pixels of the height."""
    most = max((step["film_s"] for step in steps), default=0.0)
    if not most:
        return []
    width = 100 / len(steps)
    return [
        {"x": round(k * width, 3), "width": round(width * 0.9, 3), "height": round(TALL * step["film_s"] / most, 1)}
        for k, step in enumerate(steps)
    ]
