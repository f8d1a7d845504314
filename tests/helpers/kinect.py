"""Tables of Kinect joints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from poseprint.io.kinect import JOINTS


def kinect_table(path: Path, columns: dict[str, Any] | None = None, *, rows: int = 2, step: int = 33) -> Path:
    """Somebody who stands still 2 m away on the axis, the right shoulder at (400, 100) mm; columns can be changed."""
    content: dict[str, Any] = {
        "person": ["p1"] * rows,
        "recording": ["take"] * rows,
        "time_ms": [1000 + step * k for k in range(rows)],
    }
    for joint in JOINTS.values():
        for axis, value in zip("xyz", (0, 0, 2000), strict=True):
            content[f"{joint}_{axis}_mm"] = [value] * rows
    content["ShoulderR_x_mm"], content["ShoulderR_y_mm"] = [400] * rows, [100] * rows
    content["ShoulderL_x_mm"] = [-200] * rows
    content.update(columns or {})
    pq.write_table(pa.table({k: v for k, v in content.items() if v is not None}), path)
    return path
