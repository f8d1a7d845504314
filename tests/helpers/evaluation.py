"""A data set of movers to evaluate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.movers import mover

from poseprint.core.series import PoseSeries
from poseprint.evaluation import protocol
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses

PEOPLE = {"Ann": (0.15, 0.4, 180), "Bob": (0.3, 0.8, 220), "Cyd": (0.5, 0.55, 200)}
"""Amplitude, tempo and shoulder width of each."""


def recording_of(person: str, number: int, frames: int = 330) -> PoseSeries:
    amplitude, tempo, width = PEOPLE[person]
    wobble = 1 + 0.1 * np.sin(number * 2.1)
    name, seed = f"{person}-{number}", 31 * number + len(person) + ord(person[0])
    return mover(
        frames,
        amplitude=amplitude * wobble,
        tempo=tempo * wobble,
        shoulder=width,
        seed=seed,
        recording=name,
        person=person,
    )


def data_set(folder: Path, people: Any = tuple(PEOPLE), *, recordings: int = 8, grouped: bool = True) -> Path:
    """Everybody's recordings, in two sessions of their own and four activities of all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for person in people:
        for k in range(recordings):
            series = recording_of(person, k)
            write_poses(series, folder / f"{series.recording}.parquet")
            session, activity = (f"{person}'s day {k % 2}", f"topic {k % 4}") if grouped else ("", "")
            lines.append(Recording(series.recording, person, "real", session, f"{series.recording}.parquet", activity))
    write_recordings(folder, lines)
    return folder


@contextmanager
def fewer_draws() -> Iterator[None]:
    """Intervals and partings that cost less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "SEEDS", 1)
        patch.setattr("poseprint.evaluation.evaluate.SEEDS", 1)
        patch.setattr(protocol, "DURATIONS", (5, 10, 20, 30))
        yield
