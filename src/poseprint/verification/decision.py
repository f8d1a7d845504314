"""From an LLR to a decision, and to words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseprint.core.errors import PoseprintError
from poseprint.core.verdict import Decision


@dataclass(frozen=True)
class Costs:
    """What a verdict costs if it is wrong, against what it costs to give none.

    Attributes:
        wrong: cost of a wrong `consistent` or `inconsistent`, where no verdict costs 1.
        prior: probability, before any evidence, that the person of interest moves.
    """

    wrong: float = 10.0
    prior: float = 0.5

    def __post_init__(self) -> None:
        if not (self.wrong > 2 and 0 < self.prior < 1):
            raise PoseprintError(
                f"a wrong verdict costs more than 2 and a prior is between 0 and 1, got {self.wrong} and {self.prior}"
            )

    def decide(self, llr: float) -> Decision:
        """The decision of least expected cost (Chow, IEEE Trans. Inf. Theory 16, 1970)."""
        low, high = self.thresholds
        return "consistent" if llr >= high else "inconsistent" if llr <= low else "inconclusive"

    @property
    def are_usual(self) -> bool:
        """Whether the decisions are those at the usual costs."""
        return bool(np.allclose(self.thresholds, Costs().thresholds, rtol=0, atol=1e-6))

    @property
    def thresholds(self) -> tuple[float, float]:
        """LLR, base 10, up to which it is inconsistent and from which it is consistent."""
        odds = np.log10(self.prior / (1 - self.prior))
        return float(-np.log10(self.wrong - 1) - odds), float(np.log10(self.wrong - 1) - odds)


SCALE = (
    (0.3, "no support either way"),
    (1.0, "weak support"),
    (2.0, "moderate support"),
    (3.0, "moderately strong support"),
    (4.0, "strong support"),
    (float("inf"), "very strong support"),
)
"""Verbal scale after the ENFSI Guideline for Evaluative Reporting (2015): |LLR| below, and its words."""


def in_words(llr: float, person: str) -> str:
    """An LLR as a clause of a sentence."""
    words = next((text for limit, text in SCALE if abs(llr) < limit), SCALE[-1][1])
    if words == SCALE[0][1]:
        return words
    return f"{words} that {'it is' if llr > 0 else 'it is not'} {person} who moves"
