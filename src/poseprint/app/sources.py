"""Whatever is named, a video, poses or a data set, as poses."""

from __future__ import annotations

from pathlib import Path

from poseprint.core.progress import Progress
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.io.poses import is_poses, read_any_poses


def read_recording(
    source: Path,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> PoseSeries:
    """Poses from a file of poses, or measured in a video.

    Args:
        source: a video, Parquet or csv file, or a folder of OpenPose json.
        fps, frame_size: see `poseprint.io.poses.read_any_poses`.
        models, jobs, progress: see `poseprint.estimation.extraction.extract`.
    """
    if is_poses(source):
        return read_any_poses(source, fps=fps, frame_size=frame_size)
    return extract(source, models=models, jobs=jobs, progress=progress)
