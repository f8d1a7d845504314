"""Data sets of movers, and pose files that are not as they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from helpers.movers import mover

from poseprint.core.series import PoseSeries
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.io.video import FPS
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import Span
from poseprint.supervised.data import Usable
from poseprint.supervised.movement_set import MovementSet


@lru_cache(maxsize=64)
def moved(frames: int, seed: int) -> PoseSeries:
    return clean(mover(frames, seed=seed))


def dataset(folder: Path, persons: dict[str, float], recordings: int = 4, frames: int = 300) -> Path:
    """A data set of movers who differ in tempo alone."""
    lines = []
    for p, (person, tempo) in enumerate(persons.items()):
        for r in range(recordings):
            name = f"{person}_{r}"
            series = mover(frames, tempo=tempo, seed=100 * p + r, recording=name, person=person)
            write_poses(series, folder / f"{name}.parquet")
            lines.append(Recording(name, person, "real", "", f"{name}.parquet"))
    write_recordings(folder, lines)
    return folder


def rewritten(path: Path, *, meta: Any = None, table: Callable[[pa.Table], pa.Table] = lambda t: t) -> Path:
    """A pose file with its metadata or its table changed."""
    write_poses(mover(5), path)
    old = pq.read_table(path)
    stored = json.loads(old.schema.metadata[b"poseprint"])
    stored = meta(stored) if meta else stored
    pq.write_table(table(old).replace_schema_metadata({"poseprint": json.dumps(stored)}), path)
    return path


def usable(name: str, spans: Sequence[Span], *, person: str = "", label: str = "real", seed: int = 0) -> Usable:
    """A recording of the person its name begins with, whose usable stretches are known."""
    who = person or name.split("_")[0]
    series = replace(moved(max(last for _, last in spans), seed), recording=name, person=who)
    return Usable(Recording(name, who, label, "", f"{name}.parquet"), series, tuple(spans))


def frames_of(movements: MovementSet) -> set[tuple[str, int]]:
    """Every frame of every movement, by recording and number."""
    return {
        (name, round(start * FPS) + k)
        for name, start, length in zip(movements.recordings, movements.starts, movements.lengths, strict=True)
        for k in range(length)
    }
