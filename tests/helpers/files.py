"""Pose files of movers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.movers import mover

from poseprint.core.series import PoseSeries
from poseprint.io.paper_csv import write_csv_pair
from poseprint.io.parquet import write_poses

SLOW, FAST = 0.3, 1.5  # swings a second; make_profile's votes are real up to about 0.8


def poses(path: Path, **settings: Any) -> Path:
    write_poses(mover(**{"frames": 300, "tempo": SLOW, "recording": path.stem, **settings}), path)
    return path


def csv_of(series: PoseSeries, path: Path) -> Path:
    positions = series.position.reshape(-1, 150, 12, 2)
    write_csv_pair(positions, [1] * len(positions), path, path.with_name("labels.csv"))  # type: ignore[arg-type]
    return path
