"""Data sets, and experiments as small as can be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.movers import mover, with_head_and_hands

from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.supervised.experiments.run import run_experiment
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.settings import Settings

Rhythm = tuple[float, float]
"""Tempo and amplitude of a mover."""
PEOPLE: dict[str, Rhythm] = {
    "Ann": (0.6, 0.5),
    "Bob": (2.0, 0.15),
    "Cy": (2.2, 0.2),
    "Dee": (1.8, 0.2),
    "Eve": (2.3, 0.1),
    "Fay": (2.6, 0.2),
}
TINY = ["length=30", "stride=30", "epochs=2", "hidden=8"]
SMALL = Settings().changed(["length=30"])


def data_set(
    folder: Path, persons: dict[str, Rhythm], recordings: int = 5, frames: int = 300, counts: Sequence[int] = ()
) -> Path:
    """So many recordings of each person, or as many as `counts` says, with head and hands."""
    lines = []
    for p, (person, (tempo, amplitude)) in enumerate(persons.items()):
        for r in range(counts[p] if counts else recordings):
            name = f"{person}_{r}"
            series = mover(frames, tempo=tempo, amplitude=amplitude, seed=100 * p + r, recording=name, person=person)
            write_poses(with_head_and_hands(series), folder / f"{name}.parquet")
            lines.append(Recording(name, person, "real", "", f"{name}.parquet"))
    write_recordings(folder, lines)
    return folder


def run(name: str, data: Path, output: Path, **changed: Any) -> dict[str, Any]:
    """The json of an experiment: for Ann and one seed, in this process, as small as can be, unless said."""
    given: dict[str, Any] = {"persons": ("Ann",), "seeds": 1, "changes": TINY, "jobs": 1, **changed}
    (file,) = run_experiment(name, data, output, **given)
    return strict_json(file)


def strict_json(file: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in {file}")

    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)
    return found


def timeless(value: Any) -> Any:
    """The same without what a clock said."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k != "seconds"}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def results(output: Path) -> list[Path]:
    return sorted(output.glob("runs/*/result.json"))


@dataclass
class Fit:
    """What a run gave to be fitted, and what it tested on."""

    train: MovementSet
    validation: MovementSet
    settings: Settings
    outputs: int
    given_weights: bool
    tests: list[MovementSet] = field(default_factory=list)
