"""Figures of an evaluation, as svg: DET, Tippett, reliability, error against seconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from poseprint.core.files import atomic_write, cache_dir

os.environ.setdefault("MPLCONFIGDIR", str(cache_dir() / "matplotlib"))  # or it makes folders of its own at home
import matplotlib

matplotlib.use("agg")
import numpy as np
from matplotlib import pyplot as plt
from scipy.special import ndtri

from poseprint.core.arrays import Array
from poseprint.evaluation.metrics import det_curve
from poseprint.verification.reference import EVIDENCE
from poseprint.verification.trials import LEVELS, Trials

LEVEL_NAMES = {"5s": "one movement", "recording": "one recording", "4recordings": "four recordings"}
STYLE: Any = {
    "font.size": 9,
    "svg.hashsalt": "poseprint",
    "svg.fonttype": "none",
    "axes.grid": True,
    "grid.alpha": 0.3,
}
"""How all figures are drawn."""
_COLOURS = {"static": "#b08900", "motion": "#1f6f8b", "both": "#222222"}
_SIDES = {"genuine": "#2a7f4f", "impostor": "#d1495b"}
_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
_EDGE = 0.0005


def plot_protocol(by: str, results: Mapping[str, Any], trials: Trials, folder: Path) -> list[Path]:
    """Plot the figures of one protocol into a folder; their paths.

    Args:
        by: what enrolment and test are parted by.
        results: see `poseprint.evaluation.protocol.protocol_results`.
        trials: what the results are of.
        folder: where they go.
    """
    plotters: dict[str, Callable[[], Any]] = {
        "det": lambda: _det(trials),
        "tippett": lambda: _tippett(trials),
        "reliability": lambda: _reliability(results["reliability"]),
        "seconds": lambda: _seconds(results["seconds"]),
    }
    paths = []
    with plt.rc_context(STYLE):
        for name, plot in plotters.items():
            figure = plot()
            figure.suptitle(f"{figure.get_suptitle()}; enrolment and test parted by {by}")
            path = folder / f"{by}-{name}.svg"
            with atomic_write(path) as partial:
                figure.savefig(partial, metadata={"Date": None, "Creator": None})
            plt.close(figure)
            paths.append(path)
    return paths


def _panels(count: int, *, width: float = 3.4, height: float = 3.5) -> tuple[Any, Array]:
    figure, axes = plt.subplots(
        1, count, figsize=(width * count, height), layout="constrained", squeeze=False, sharey=True
    )
    return figure, axes[0]


def _legend(figure: Any, panel: Any) -> None:
    """One legend under all panels, where it covers nothing."""
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=4, frameon=False, markerscale=0.6)


def _by_level(trials: Trials, levels: Iterable[str]) -> dict[str, Trials]:
    """The trials of each level that has genuine and impostor ones."""
    by_level = {level: trials.at(trials.level == level) for level in levels}
    return {level: t for level, t in by_level.items() if t.genuine.any() and not t.genuine.all()}


def _det(trials: Trials) -> Any:
    """Misses against false alarms on normal-deviate axes (Martin et al., Eurospeech 1997)."""
    by_level = _by_level(trials, LEVELS)
    figure, panels = _panels(max(1, len(by_level)))
    for panel, (level, t) in zip(panels, by_level.items()):
        for kind, colour in _COLOURS.items():
            alarms, misses = det_curve(t, kind)
            panel.plot(_deviate(alarms), _deviate(misses), color=colour, label=kind)
        ends = ndtri(np.array([_EDGE, 1 - _EDGE]))
        panel.plot(ends, ends, color="grey", linestyle=":", linewidth=1, label="equal error rates")
        ticks = ndtri(np.array(_TICKS))
        panel.set_xticks(ticks, [f"{100 * v:g}" for v in _TICKS])
        panel.set_yticks(ticks, [f"{100 * v:g}" for v in _TICKS])
        low, high = ndtri(0.0008), ndtri(0.96)
        panel.set(xlim=(low, high), ylim=(low, high), title=LEVEL_NAMES[level], xlabel="impostors accepted, %")
        panel.set_aspect("equal")
    panels[0].set_ylabel("genuine rejected, %")
    _legend(figure, panels[-1])
    figure.suptitle("Detection error trade-off")
    return figure


def _deviate(shares: Array) -> Array:
    return np.asarray(ndtri(np.clip(shares, _EDGE, 1 - _EDGE)))


def _tippett(trials: Trials) -> Any:
    """Share of trials with an LLR of at least so much."""
    by_level = _by_level(trials, LEVELS[1:])
    figure, panels = _panels(len(EVIDENCE))
    for panel, kind in zip(panels, EVIDENCE):
        for (level, t), line in zip(by_level.items(), ("-", "--")):
            for (side, colour), members in zip(_SIDES.items(), (t.genuine, ~t.genuine)):
                llr = np.sort(t.llr[kind][members & np.isfinite(t.llr[kind])])
                if len(llr):
                    share = 100 * (1 - np.arange(len(llr)) / len(llr))
                    panel.step(
                        llr, share, where="pre", color=colour, linestyle=line, label=f"{side}, {LEVEL_NAMES[level]}"
                    )
        panel.axvline(0, color="grey", linewidth=1, linestyle=":")
        panel.set(title=kind, xlabel="log10 likelihood ratio", ylim=(-2, 102))
    panels[0].set_ylabel("trials with at least this LLR, %")
    _legend(figure, panels[-1])
    figure.suptitle("Tippett plot")
    return figure


def _reliability(rows_of_kind: Mapping[str, Any]) -> Any:
    """Observed against stated probability; a mark's area is the share of the trials it stands for."""
    figure, panels = _panels(len(EVIDENCE))
    for panel, kind in zip(panels, EVIDENCE):
        rows = rows_of_kind[kind]
        panel.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1, label="as stated")
        x, y = [r["stated"] for r in rows], [r["observed"] for r in rows]
        panel.plot(x, y, color=_COLOURS[kind], linewidth=1)
        panel.scatter(x, y, s=[12 + 400 * r["weight"] for r in rows], color=_COLOURS[kind], alpha=0.7, label="observed")
        panel.set(title=kind, xlabel="stated probability of genuine", xlim=(-0.06, 1.06), ylim=(-0.06, 1.06))
        panel.set_aspect("equal")
    panels[0].set_ylabel("observed share of genuine")
    _legend(figure, panels[-1])
    figure.suptitle("Reliability at even odds, one recording")
    return figure


def _seconds(rows: list[Mapping[str, Any]]) -> Any:
    """Equal error rate with its interval over persons, against seconds of evidence."""
    figure, panels = _panels(1, width=6.2)
    panel = panels[0]
    for kind, colour in _COLOURS.items():
        points = [(r["seconds"], r[kind]) for r in rows if r[kind]["eer"] is not None]
        x = [s for s, _ in points]
        panel.plot(x, [100 * m["eer"] for _, m in points], "o-", markersize=4, color=colour, label=kind)
        bounds = [m["intervals"]["eer"] if m["intervals"] else [m["eer"]] * 2 for _, m in points]
        panel.fill_between(x, [100 * b[0] for b in bounds], [100 * b[1] for b in bounds], color=colour, alpha=0.13)
    panel.set_xscale("log")
    panel.set_xticks([r["seconds"] for r in rows], [f"{r['seconds']:g}" for r in rows])
    panel.minorticks_off()
    panel.axhline(50, color="grey", linestyle=":", linewidth=1, label="guessing")
    panel.set(xlabel="seconds of evidence", ylabel="equal error rate, %", ylim=(0, 55))
    _legend(figure, panel)
    figure.suptitle("Error against seconds, 95 % over persons")
    return figure
