"""The comparison's table: rows of scores, and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol import rounded

from comparison.trials import Direction, trials_of
from poseprint.core.arrays import Array
from poseprint.evaluation.metrics import trial_metrics
from poseprint.verification.trials import LEVELS, Trials

DRAWS = 100
"""Of the bootstrap, a row."""


@dataclass(eq=False)
class Table:
    """Rows of scores, each over all folds.

    Attributes:
        parts: by row, the part of the comparison it belongs to.
        trials: by row and kind of evidence.
    """

    parts: dict[str, str] = field(default_factory=dict)
    trials: dict[str, dict[str, list[Trials]]] = field(default_factory=dict)

    @staticmethod
    def joined(folds: Sequence[Table]) -> Table:
        """All folds together."""
        whole = Table(dict(folds[0].parts))
        for name, kinds in folds[0].trials.items():
            whole.trials[name] = {kind: [t for f in folds for t in f.trials[name][kind]] for kind in kinds}
        return whole

    def add(self, part: str, name: str, kind: str, directions: Sequence[Direction], scores: Sequence[Array]) -> None:
        """Add a fold's scores; kind is motion, static or both."""
        self.parts[name] = part
        self.trials.setdefault(name, {}).setdefault(kind, []).append(
            trials_of(list(zip(directions, scores, strict=True)))
        )

    def figures(self) -> list[dict[str, Any]]:
        """Figures of each row at each level."""
        rows = []
        for name, kinds in self.trials.items():
            row: dict[str, Any] = {"part": self.parts[name], "name": name}
            for kind, parts in kinds.items():
                trials = Trials.joined(parts)
                row[kind] = {}
                for level in LEVELS:
                    metrics = trial_metrics(trials.at(trials.level == level), "motion", draws=DRAWS)
                    row[kind][level] = {n: metrics[n] for n in ("auc", "eer", "genuine", "impostor", "persons")} | {
                        f"{n}_interval": (metrics["intervals"] or {}).get(n) for n in ("auc", "eer")
                    }
            rows.append(row)
        return rounded(rows)
