"""What the page's replay is given: the poses and, if wanted, a small copy of the footage."""

from __future__ import annotations

import base64
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.errors import MissingDependencyError
from poseprint.core.files import atomic_write
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.rendering.report.words import plain

MISSING = -32768
"""Stands for NaN among the embedded positions."""

FOOTAGE_SIDE = 640
"""Longer side of the embedded footage, pixels."""
TICK = Fraction(1, 90_000)
"""Seconds that the embedded footage's time stamps count in."""


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
        film = Path(folder) / "film.mp4"  # a real file, because faststart reads back what it wrote
        write_small_copy(footage, film, progress)
        return "data:video/mp4;base64," + base64.b64encode(film.read_bytes()).decode() if film.is_file() else ""


def write_small_copy(footage: Path, film: Path, progress: Progress = silent) -> None:
    """Write the pictures of a recording as a small H.264 film; nothing where none decodes.

    Raises:
        PoseprintError: it cannot be read or written, or this build of PyAV writes no H.264.
    """
    import av

    from poseprint.core.series import GRID_FPS
    from poseprint.io.video import frames, probe

    with atomic_write(film) as partial, av.open(str(partial), "w", options={"movflags": "+faststart"}) as container:
        stream, video = None, probe(footage)
        total = video.grid_frames()
        for frame in frames(video):
            if stream is None:
                height, width = frame.picture.shape[:2]
                shrink = min(1.0, FOOTAGE_SIDE / max(width, height))
                try:
                    # A key frame each second keeps jumps on the timeline quick.
                    stream = container.add_stream(
                        "libx264", rate=round(GRID_FPS), options={"crf": "28", "preset": "veryfast", "g": "30"}
                    )
                except ValueError as error:
                    raise MissingDependencyError(
                        "this build of PyAV cannot write H.264 (libx264 is missing): leave the footage out"
                    ) from error
                # H.264 wants even sides.
                stream.width, stream.height = (max(2, 2 * round(side * shrink / 2)) for side in (width, height))
                stream.pix_fmt = "yuv420p"
                stream.time_base = TICK
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.picture), format="rgb24")
            picture.pts, picture.time_base = round(frame.time / TICK), TICK
            container.mux(stream.encode(picture))
            progress(f"copying {footage.name}", min(round(frame.time * GRID_FPS), total), total)
        if stream is not None:
            container.mux(stream.encode(None))
