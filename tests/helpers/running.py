"""Sources that run, and films whose pictures tell an estimator what pose to give."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from helpers.videos import write_video

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.io.camera import Opened, Running
from poseprint.io.video import DecodeStats, Frame

SIZE = (320, 192)
BITS, SIDE = 10, 16
_GROUND = np.random.default_rng(1).integers(60, 80, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


def coded(k: int) -> Array:
    """A picture that carries its number in its lower edge, on a ground that is a little brighter now and then."""
    picture = _GROUND + np.uint8(k % 2)
    for bit in range(BITS):
        picture[-SIDE:, SIDE * bit : SIDE * (bit + 1)] = 255 if k >> bit & 1 else 0
    return picture


def number_of(picture: Array) -> int:
    """The number that `coded` put into a picture."""
    return sum(int(picture[-SIDE // 2, SIDE * bit + SIDE // 2, 0] > 127) << bit for bit in range(BITS))


class Told:
    """Gives the pose of a series that has the picture's number; slowly, if wanted."""

    skeleton = UPPER_BODY

    def __init__(self, series: PoseSeries, takes: float = 0.0) -> None:
        self.info, self._series, self._takes = series.estimator, series, takes

    def tracker(self) -> Told:
        return self

    def __call__(self, _time: float, picture: Array) -> Pose:
        time.sleep(self._takes)
        return self.look(picture)

    def look(self, picture: Array) -> Pose:
        k = number_of(picture)
        return Pose(self._series.position[k] / np.array(self._series.frame_size), self._series.confidence[k])

    def close(self) -> None:
        pass


def coded_film(path: Path, frames: int) -> Path:
    """A film of `coded` pictures."""
    return write_video(path, coded, frames, options={"crf": "10", "g": "30"})


@dataclass
class Scripted:
    """A source of given pictures, and of an error or silence after them."""

    frames: Sequence[Frame]
    error: Exception | None = None
    hangs: float = 0.0
    name: str = "scripted"
    silent_s: float = 0.2
    waits: bool = True

    @contextmanager
    def open(self) -> Iterator[Opened]:
        yield Opened(Running("scripted", SIZE, 30.0, "script"), self._given(), DecodeStats())

    def _given(self) -> Iterator[Frame]:
        yield from self.frames
        time.sleep(self.hangs)
        if self.error:
            raise self.error


def frame(k: int, picture: Array | None = None, *, cut: bool = False) -> Frame:
    """The k-th picture of something at 30 pictures a second."""
    shown = coded(k) if picture is None else picture
    rows, columns = (np.linspace(0, n - 1, m).astype(int) for n, m in zip(shown.shape[:2], (36, 64), strict=True))
    return Frame(k, k / 30, cut, False, shown, shown[rows][:, columns, 1].copy())
