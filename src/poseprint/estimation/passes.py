"""What the first pass over a video's chunks shows: everybody in it, where somebody must be measured again, and their poses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.estimation.assembly import series_of
from poseprint.estimation.cast import Cast, Person, missed
from poseprint.estimation.chunks import HEADS, Chunk, Span, joined, spans_of
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.io.video import VideoInfo


def spans_in(video: VideoInfo) -> list[Span]:
    """The chunks in which a video is measured, see `poseprint.estimation.chunks.spans_of`."""
    return spans_of(video.grid_frames(), anywhere=video.stamps is not None)


@dataclass(frozen=True, eq=False)
class FirstPass:
    """A video whose chunks were measured once, in each the largest and most central person.

    Attributes:
        video: what `probe` read.
        chunks: all of them, in order.
        pictures: the same in one piece.
        cast: everybody in them.
    """

    video: VideoInfo
    chunks: Sequence[Chunk]
    pictures: Chunk
    cast: Cast

    @staticmethod
    def of(video: VideoInfo, chunks: Sequence[Chunk]) -> FirstPass:
        """Link the heads of all chunks to people.

        Raises:
            VideoError: nothing was decoded.
        """
        pictures = joined(list(chunks))
        if not len(pictures["time"]):
            raise VideoError(f"{video.path}: nothing in it can be decoded; the file is damaged or cut off")
        return FirstPass(video, chunks, pictures, Cast.of(pictures, video.picture_size[0]))

    def of_others(self, person: Person) -> list[int]:
        """Numbers of the chunks in which somebody else than the person was measured."""
        edges = np.cumsum([0, *(len(chunk["head"]) for chunk in self.chunks)])
        return [k for k in range(len(self.chunks)) if missed(range(edges[k], edges[k + 1]), self.pictures, person)]

    def series(
        self, person: Person | None, again: Mapping[int, Chunk], measuring: Measuring, instruments: Instruments
    ) -> PoseSeries:
        """A person's poses.

        Args:
            person: of the cast; None where it is empty.
            again: by number, the chunks that were measured again for this person: all of `of_others`.
            measuring, instruments: how, and with what.
        """
        pictures = self.pictures
        if again:
            chunks = [again.get(k, chunk) for k, chunk in enumerate(self.chunks)]
            pictures = {**joined(chunks), **{name: self.pictures[name] for name in HEADS}}
        lost = _lost_seconds(self.video, pictures["number"])
        return series_of(self.video, measuring, instruments, pictures, self.cast, person, lost=lost)


def _lost_seconds(video: VideoInfo, numbers: Array) -> float:
    """How long pictures are missing that the file has but that did not decode, or that are cut off at its end."""
    clock = video.clock
    wanted = np.flatnonzero(clock.measured)
    place = np.searchsorted(wanted, numbers)
    step = max(1 / video.fps, 1 / GRID_FPS)
    gaps = np.diff(clock.times[numbers])
    lost = gaps[(np.diff(place) > 1) & (gaps > 1.5 * step)] - step
    tail = clock.times[wanted[-1]] - clock.times[numbers[-1]]
    if video.cut_off:
        tail = max(tail, video.declared_duration - step - clock.times[numbers[-1]])
    return float(lost.sum() + max(tail, 0))
