"""Pictures -> an H.264 film whose time stamps are theirs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import MissingDependencyError, PoseprintError
from poseprint.core.series import GRID_FPS

TICK = Fraction(1, 90_000)
"""Seconds that time stamps count in."""


class Recording:
    """A film that is written as pictures come; without any it is not there.

    Args:
        path: the mp4 file; what is there is replaced.
        side: longer side at most, pixels.
        crf: x264's quality, the lower the better.
        preset: x264's, how much time it takes.
    """

    def __init__(self, path: Path, *, side: int = 1920, crf: int = 28, preset: str = "veryfast") -> None:
        self._path, self._side, self._options = (
            path,
            side,
            {"crf": str(crf), "preset": preset, "g": str(round(GRID_FPS))},
        )
        self._container: Any = None
        self._stream: Any = None

    def add(self, time: float, picture: Array) -> None:
        """The next picture, uint8 RGB [shape=(height, width, 3)], at a time in seconds; times rise.

        Raises:
            MissingDependencyError: this build of PyAV cannot write H.264.
            PoseprintError: the file cannot be written.
        """
        try:
            if self._stream is None:
                self._open(*picture.shape[1::-1])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(time / TICK), TICK
            self._container.mux(self._stream.encode(frame))
        except av.FFmpegError as error:
            raise PoseprintError(f"{self._path}: cannot be written ({error.strerror or error})") from error

    def close(self) -> None:
        """Write what is left, and close the file."""
        if self._container is not None:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            self._container = self._stream = None

    def _open(self, width: int, height: int) -> None:
        # A real file, because faststart reads back what it wrote.
        self._container = av.open(str(self._path.absolute()), "w", format="mp4", options={"movflags": "+faststart"})
        shrink = min(1.0, self._side / max(width, height))
        try:
            # A key frame each second keeps jumps on a timeline quick.
            stream = self._container.add_stream("libx264", rate=round(GRID_FPS), options=self._options)
        except ValueError as error:
            raise MissingDependencyError("this build of PyAV cannot write H.264 (libx264 is missing)") from error
        # H.264 wants even sides.
        stream.width, stream.height = (max(2, 2 * round(side * shrink / 2)) for side in (width, height))
        stream.pix_fmt, stream.time_base = "yuv420p", TICK
        self._stream = stream
