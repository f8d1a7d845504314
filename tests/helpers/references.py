"""Data sets to learn a reference from, and less work in learning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import mover, with_face

from poseprint.core.series import KINECT, EstimatorInfo, PoseSeries
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses


def own_mover(number: int, take: int, *, faces: bool = False, frames: int = 320) -> PoseSeries:
    """Somebody who has a way of moving of their own."""
    own, now = np.random.default_rng(number), np.random.default_rng([number, take])
    wobble = now.uniform(0.93, 1.07)
    series = mover(
        frames,
        amplitude=own.uniform(0.1, 0.5) * wobble,
        tempo=own.uniform(0.3, 1.0) * wobble,
        sway=own.uniform(0.02, 0.08),
        shoulder=own.uniform(170, 230),
        seed=1000 * number + take,
        recording=f"p{number}-{take}",
        person=f"p{number}",
    )
    return with_face(series, number, 1000 * number + take) if faces else series


def many(
    folder: Path,
    people: int = 8,
    recordings: int = 2,
    *,
    sessions: bool = True,
    faces: bool = False,
    once: int = 0,
    depth: bool = False,
) -> Path:
    """A data set of people with some recordings each, the last `once` of them with one."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(people):
        for take in range(recordings if number < people - once else 1):
            series = own_mover(number, take, faces=faces)
            if depth:
                far = {
                    f"depth_{name}": series.position[:, k, 0] / 4 for k, name in enumerate(series.skeleton.keypoints)
                }
                series = replace(series, channels={**series.channels, **far}, estimator=EstimatorInfo(KINECT, "1"))
            write_poses(series, folder / f"{series.recording}.parquet")
            session = f"day {take}" if sessions else ""
            lines.append(Recording(series.recording, series.person, "real", session, f"{series.recording}.parquet"))
    write_recordings(folder, lines)
    return folder


@contextmanager
def fewer_trials() -> Iterator[None]:
    """Calibrations that cost less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("poseprint.verification.learn_reference.MANY", 8)
        patch.setattr("poseprint.verification.learn_reference.SECONDS", (5,))
        patch.setattr("poseprint.verification.learn_reference.HIDDEN", ((),))
        patch.setattr("poseprint.verification.learn_reference.ENROLMENTS", (0,))
        patch.setattr("poseprint.evaluation.metrics.DRAWS", 20)
        yield
