"""One way in: whatever is named, a video or poses in any form, as poses."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from poseprint.app.measured import measured
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.estimation.estimator import Estimator
from poseprint.estimation.extraction import extract
from poseprint.estimation.model_files import FILES
from poseprint.io.poses import is_poses, read_any_poses
from poseprint.io.video import VideoInfo, probe


@dataclass(frozen=True)
class Source:
    """A recording that was named: known by its content before its poses are measured.

    Attributes:
        path: a video, a Parquet or csv file, or a folder of OpenPose json.
        content: what was probed of a video, or the poses that were read.
    """

    path: Path
    content: VideoInfo | PoseSeries

    @property
    def name(self) -> str:
        """What the recording is called unless it is given a name."""
        own = self.path.resolve().name if self.path.is_dir() else self.path.stem
        return own.strip(" .") or "recording"

    def read(
        self,
        *,
        estimator: str | Estimator = "mediapipe",
        models: Path | None = None,
        jobs: int | None = None,
        chunks_dir: Path | None = None,
        cache: bool = True,
        progress: Progress = silent,
    ) -> PoseSeries:
        """Its poses, measured if it is a video.

        Args:
            estimator, models, jobs, progress: as of `poseprint.extract`.
            chunks_dir: as of `poseprint.extract`; None for the cache's own.
            cache: whether what was measured before is used, and what is measured now kept (`poseprint.app.measured`);
                nothing is of an estimator that is handed in.
        """
        if isinstance(self.content, PoseSeries):
            return self.content
        video = self.content
        settings = {"estimator": estimator, "mediapipe": version("mediapipe"), "models": FILES}

        def measure(parts: Path | None) -> PoseSeries:
            return extract(
                self.path,
                estimator=estimator,
                models=models,
                jobs=jobs,
                chunks_dir=chunks_dir or parts,
                progress=progress,
                info=video,
            )

        return measured(video, settings, measure, cache=cache and isinstance(estimator, str))


def open_source(path: Path | str, *, fps: float | None = None, frame_size: tuple[int, int] | None = None) -> Source:
    """Look at a recording; a video is not decoded yet.

    Args:
        path: a video, a Parquet or csv file, or a folder of OpenPose json.
        fps, frame_size: of poses that do not tell them, see `poseprint.io.poses.read_any_poses`.

    Raises:
        PoseprintError: it cannot be read.
    """
    path = Path(path)
    if is_poses(path):
        return Source(path, read_any_poses(path, fps=fps, frame_size=frame_size))
    return Source(path, probe(path))


def read_source(
    path: Path | str,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    models: Path | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress = silent,
) -> PoseSeries:
    """The poses of a recording, measured if it is a video; arguments as of `open_source` and `Source.read`."""
    opened = open_source(path, fps=fps, frame_size=frame_size)
    return opened.read(models=models, jobs=jobs, cache=cache, progress=progress)
