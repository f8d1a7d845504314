"""Data sets of movers, and pose files that are not as they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from helpers.movers import mover
from helpers.openpose import openpose, standing

from poseprint.core.arrays import Span
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import write_poses
from poseprint.movements.cleaning import clean
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
        (name, round(start * GRID_FPS) + k)
        for name, start, length in zip(movements.recordings, movements.starts, movements.lengths, strict=True)
        for k in range(length)
    }


def footage(folder: Path) -> Path:
    """A folder of what a manifest can name: a.parquet, b.parquet, poses.csv, clip/ (json), film.mp4 (none)."""
    for seed, name in enumerate("ab"):
        write_poses(mover(300, seed=seed, recording=name), folder / f"{name}.parquet")
    write_csv_pair(mover(150).position[None], np.array([1]), folder / "poses.csv", folder / "labels.csv")
    openpose(folder / "clip", {k: [standing((300 + 5 * k, 200), 120)] for k in range(4)})
    (folder / "film.mp4").write_text("no film")
    return folder


def manifest(folder: Path, text: str | bytes) -> Path:
    path = folder / "manifest.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_pair(folder: Path, labels: list[int]) -> tuple[Path, Path, np.ndarray]:
    positions = np.stack([mover(150, seed=k).position for k in range(len(labels))])
    paths = folder / "poses.csv", folder / "labels.csv"
    write_csv_pair(positions, np.array(labels), *paths)
    return *paths, positions
