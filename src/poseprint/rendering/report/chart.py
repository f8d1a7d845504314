"""The chart of the timeline: rows of bars, one bar a movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

TOP = 8
"""Where the first row begins."""

LEAST = 3.0
"""Height of the lowest bar: a movement that says nothing must still be there to be clicked."""


@dataclass(frozen=True)
class Bar:
    """What one movement says; `y` is its upper end, `vote` sets its colour."""

    y: float
    height: float
    vote: Literal["real", "fake"]


@dataclass(frozen=True)
class Row:
    """A row of bars.

    Attributes:
        top, height: where it is.
        bars: one a movement; None where nothing was measured.
        words: what its bars are of; none for the first row, which the text above the chart explains.
        zero: the line from which bars go up and down; None where all go up.
    """

    top: int
    height: int
    bars: Sequence[Bar | None]
    words: str = ""
    zero: float | None = None


@dataclass(frozen=True)
class Chart:
    """What a method draws of the movements; every length and place is in pixels, places from the top of the chart.

    Attributes:
        rows: from the top; the first is the tallest and has the scale.
        ticks: (place, words) of the scale.
        thresholds: places of the dotted lines.
        findings: where the findings begin, below the rows and the clock.
    """

    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    thresholds: Sequence[float]
    findings: int

    @property
    def bottom(self) -> int:
        """Where the rows end and the clock begins."""
        return self.rows[-1].top + self.rows[-1].height
