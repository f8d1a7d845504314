"""What the page's replay is given: the poses and, if wanted, a small copy of the footage."""

from __future__ import annotations

import base64
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.rendering.report.words import plain

MISSING = -32768
"""Stands for NaN among the embedded positions."""

FOOTAGE_SIDE = 640
"""Longer side of the embedded footage, pixels."""


def replay_data(verdict: Verdict, series: PoseSeries) -> dict[str, Any]:
    """What the script needs: poses in five bytes a keypoint, so ten minutes take 1.5 MB."""
    per_pixel = min(10.0, 32000 / max(series.frame_size))  # tenths of a pixel, coarser above 3200 pixels
    scaled = np.clip(np.nan_to_num(series.position, nan=0.0) * per_pixel, -32767, 32767)
    packed = np.where(np.isnan(series.position), MISSING, np.rint(scaled)).astype("<i2")
    confidence = np.rint(series.confidence * 255).astype(np.uint8)
    shoulders = series.shoulder_width() if {"right_shoulder", "left_shoulder"} <= set(series.skeleton.keypoints) else 0
    data = {
        "position": base64.b64encode(packed.tobytes()).decode(),
        "confidence": base64.b64encode(confidence.tobytes()).decode(),
        "perPixel": per_pixel,
        "missing": MISSING,
        "frames": len(series),
        "fps": series.fps,
        "start": float(series.time[0]) if len(series) else 0.0,
        "size": series.frame_size,
        "shoulders": shoulders,
        "keypoints": series.skeleton.keypoints,
        "edges": series.skeleton.edges,
        "cuts": [first for first, _ in series.shots()[1:]],
        "movements": [[m.start, m.end] for m in verdict.movements],
    }
    ready: dict[str, Any] = plain(data)
    return ready


def small_copy(footage: Path, progress: Progress = silent) -> str:
    """The pictures of a recording as a small H.264 film in a data URI; time stamps are those of the poses."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        write_small_copy(footage, film, progress)
        return "data:video/mp4;base64," + base64.b64encode(film.read_bytes()).decode() if film.exists() else ""


def write_small_copy(footage: Path, film: Path, progress: Progress = silent) -> None:
    """Write the pictures of a recording as a small H.264 film; nothing where none decodes.

    Raises:
        PoseprintError: it cannot be read or written, or this build of PyAV writes no H.264.
    """
    from poseprint.core.series import GRID_FPS
    from poseprint.io.recording import Recording
    from poseprint.io.video import frames, probe

    video = probe(footage)
    total = video.grid_frames()
    with closing(Recording(film, side=FOOTAGE_SIDE)) as copy:
        for frame in frames(video):
            copy.add(frame.time, frame.picture)
            progress(f"copying {footage.name}", min(round(frame.time * GRID_FPS), total), total)
