"""What is known of a mover: the mean of their movements' statistics, and how much it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.movements.measure import Movements
from poseprint.movements.statistics import mean_statistics

MOVEMENT_S = 5.0
"""Seconds of a movement that movements are counted in."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Movements of one mover, summed up.

    Attributes:
        mean: of their statistics, float64 [shape=(statistics,)]; NaN where hardly any movement has the statistic.
        recordings: how many they come from.
        movements: how many movements of 5 s they are worth: overlapping ones do not count twice.
    """

    mean: Array
    recordings: float
    movements: float

    @staticmethod
    def of(statistics: Array, seconds: float) -> Summary:
        """One recording's: `statistics` [shape=(movements, statistics)], `seconds` covered by them."""
        return Summary(mean_statistics(statistics), 1.0, seconds / MOVEMENT_S)

    @staticmethod
    def of_movements(movements: Movements) -> Summary:
        """That of movements of one recording."""
        return Summary.of(movements.statistics, movements.seconds)

    @staticmethod
    def joined(summaries: Sequence[Summary]) -> Summary:
        """Several recordings' together, each counting alike."""
        if not summaries:
            raise PoseprintError("no recordings to sum up")
        mean = mean_statistics(np.stack([s.mean for s in summaries]))
        return Summary(mean, sum(s.recordings for s in summaries), sum(s.movements for s in summaries))
