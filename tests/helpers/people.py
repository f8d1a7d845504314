"""People made of numbers: statistics without a recording."""

from __future__ import annotations

import numpy as np

from poseprint.movements.statistics import catalogue
from poseprint.verification.calibration import Calibration
from poseprint.verification.learn_reference import TrainingRecording
from poseprint.verification.summary import Summary

SIZE = len(catalogue(2))
PLAIN = {
    "static": Calibration(("static",), (0.0, 1.0, *[0.0] * 6), -1.3, 2.3, 20),
    "motion": Calibration(("motion",), (0.0, 1.0, *[0.0] * 6), -1.3, 2.3, 20),
    "both": Calibration(("static", "motion"), (0.0, 0.5, *[0.0] * 3, 0.5, *[0.0] * 6), -1.3, 2.3, 20),
}


def people(count: int, rng: np.random.Generator, recordings: int = 6) -> list[TrainingRecording]:
    """People whose statistics vary as much between as within them, in thirty directions."""
    mix = rng.normal(size=(30, SIZE)) / np.sqrt(30)
    out = []
    for p in range(count):
        own = rng.normal(size=30) @ mix
        for _ in range(recordings):
            mean = own + 0.5 * rng.normal(size=SIZE)
            moves = 0.4 * rng.normal(size=(6, SIZE))
            out.append(TrainingRecording(f"p{p}", "made", Summary(mean, 1.0, 6.0), moves))
    return out


def enrolled(recordings: list[TrainingRecording], person: str, count: int = 3) -> Summary:
    return Summary.joined([r.summary for r in recordings if r.person == person][:count])
