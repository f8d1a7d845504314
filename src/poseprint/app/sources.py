"""One way in: whatever is named, a video or poses in any form, as poses."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from poseprint.app.measured import measured
from poseprint.core.errors import PoseprintError
from poseprint.core.files import file_sha256
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.model_files import FILES
from poseprint.io.poses import is_poses, read_any_poses
from poseprint.io.video import VideoInfo, probe


@dataclass(frozen=True)
class Source:
    """A recording that was named: known by its content before its poses are measured.

    Attributes:
        path: a video, or poses in any form (`poseprint.io.poses`).
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
        self, measuring: Measuring | None = None, *, chunks_dir: Path | None = None, progress: Progress = silent
    ) -> PoseSeries:
        """Its poses, measured if it is a video.

        Args:
            measuring: how; the usual way unless given.
            chunks_dir: as of `poseprint.extract`; None for the cache's own.
            progress: as of `poseprint.extract`.

        Raises:
            PoseprintError: poses that were measured already, of one person, and `who` or `at` that name one.
        """
        measuring = measuring or Measuring()
        if isinstance(self.content, PoseSeries):
            if measuring.who is not None or measuring.at is not None:
                raise PoseprintError(f"{self.path}: these are poses of one person; `who` and `at` are for videos")
            return self.content
        video = self.content

        def measure(parts: Path | None) -> PoseSeries:
            return extract(self.path, measuring, chunks_dir=chunks_dir or parts, progress=progress, info=video)

        cache = measuring.cache and isinstance(measuring.estimator, str)
        settings = {**settings_of(measuring), "who": measuring.who, "at": measuring.at}
        return measured(video, settings, measure, cache=cache)


def settings_of(measuring: Measuring) -> dict[str, Any]:
    """All that changes what is measured but for whom, json-ready."""
    weights = file_sha256(measuring.weights) if measuring.weights and measuring.weights.is_file() else ""
    return {**measuring.settings, "mediapipe": version("mediapipe"), "models": FILES, "weights": weights}


def open_source(
    path: Path | str,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    individual: str | None = None,
) -> Source:
    """Look at a recording; a video is not decoded yet.

    Args:
        path: a video, or poses in any form (`poseprint.io.poses`).
        fps, frame_size, individual: of poses, see `poseprint.io.poses.read_any_poses`.

    Raises:
        PoseprintError: it cannot be read.
    """
    path = Path(path)
    if is_poses(path):
        return Source(path, read_any_poses(path, fps=fps, frame_size=frame_size, individual=individual))
    return Source(path, probe(path))


def read_source(
    path: Path | str,
    measuring: Measuring | None = None,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> PoseSeries:
    """The poses of a recording, measured if it is a video; arguments as of `open_source` and `Source.read`."""
    return open_source(path, fps=fps, frame_size=frame_size).read(measuring, progress=progress)
