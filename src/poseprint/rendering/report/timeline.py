"""What is drawn along the recording: movements, findings, which keypoints are seen when."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict

STRIP_COLUMNS = 240
"""Columns of the strip that shows which keypoints are seen when."""


def ranges(frames: Iterable[tuple[int, int]], verdict: Verdict, series: PoseSeries) -> list[tuple[float, float]]:
    """Ranges of frames as ranges of seconds, inside the recording."""
    # A check counts frames at its own rate, where the recording's was another.
    fps = float(verdict.settings.get("fps") or series.fps)
    start = float(series.time[0]) if len(series) else 0.0
    clipped = ((max(first / fps, 0.0), min(last / fps, series.duration)) for first, last in frames)
    return [(start + a, start + b) for a, b in clipped if b > a]


def timeline(verdict: Verdict, series: PoseSeries) -> dict[str, Any]:
    """Everything drawn along the recording, in percent of its length."""
    start = float(series.time[0]) if len(series) else 0.0
    length = series.duration or 1.0

    def span(a: float, b: float) -> dict[str, float]:
        left, right = (min(max(100 * (t - start) / length, 0), 100) for t in (a, b))
        return {"x": round(left, 3), "width": round(right - left, 3)}

    def merged(pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        # Keypoints that flicker make thousands of ranges; gaps too narrow to be seen are closed.
        joined: list[list[float]] = []
        for a, b in sorted(pieces):
            if joined and a - joined[-1][1] < length / 1000:
                joined[-1][1] = max(joined[-1][1], b)
            else:
                joined.append([a, b])
        return [span(a, b) for a, b in joined]

    movements, unused, reached = [], [], start
    ends = [m.start for m in verdict.movements[1:]] + [start + length]
    for movement, following in zip(verdict.movements, ends, strict=False):
        if movement.start > reached + 0.5 / series.fps:
            unused.append(span(reached, movement.start))
        reached = max(reached, movement.end)
        # Movements may overlap; each is then drawn up to where the next one starts.
        movements.append(span(movement.start, min(movement.end, following)))
    if start + length > reached + 0.5 / series.fps:
        unused.append(span(reached, start + length))
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800) if length / s <= 7), 3600)
    ticks = [t for t in range(0, math.ceil(start + length), step) if start <= t < start + 0.97 * length]
    return {
        "start": start,
        "end": start + length,
        "movements": movements,
        "unused": unused,
        "ticks": [(span(t, t)["x"], t) for t in ticks],
        "change": _change(verdict, span),
        "findings": [
            {"finding": finding, "spans": merged(stretches)}
            for finding in verdict.findings
            if (stretches := ranges(finding.frames, verdict, series))
        ],
    }


def _change(verdict: Verdict, span: Callable[[float, float], dict[str, float]]) -> dict[str, Any] | None:
    """Where the mover seems to change, if anywhere, with the LLRs there and elsewhere."""
    change = verdict.evidence.change if verdict.evidence else None
    if not change:
        return None
    return {**change, **span(float(change["start"]), float(change["end"]))}


def strips(verdict: Verdict, series: PoseSeries) -> list[dict[str, Any]]:
    """For each pair of keypoints, how much of it was seen in each column of time, as runs of equal share."""
    seen = series.seen()
    edges = np.linspace(0, len(series), min(STRIP_COLUMNS, len(series)) + 1).astype(int)
    strips = []
    for name, share in verdict.seen.items():
        single = name.removesuffix("s")
        columns = [i for i, k in enumerate(series.skeleton.keypoints) if k == name or k.endswith(f"_{single}")]
        # Quarters are as fine as the eye can tell apart, and keep the number of runs small.
        levels = [round(4 * float(seen[a:b, columns].mean())) if columns else 0 for a, b in pairwise(edges)]
        changes = [i for i in range(len(levels)) if i == 0 or levels[i] != levels[i - 1]]
        runs = [
            {
                "x": round(100 * a / len(levels), 3),
                "width": round(100 * (b - a) / len(levels), 3),
                "level": levels[a],
            }
            for a, b in pairwise([*changes, len(levels)])
            if levels[a]
        ]
        strips.append({"name": name, "share": share, "runs": runs})
    return strips
