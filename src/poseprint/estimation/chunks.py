"""A part of a video measured: its pictures' signals, the poses of one person, and everybody's head."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.files import atomic_write
from poseprint.core.series import GRID_FPS
from poseprint.estimation.appearance import LOOKS
from poseprint.estimation.instruments import Follower, Guide, Instruments, Seen
from poseprint.estimation.shots import Change, ShotDetector
from poseprint.io.clock import TOLERANCE
from poseprint.io.video import DecodeStats, Frame, VideoInfo, frames

CHUNK = 150
"""Grid frames from which on a video is worth two chunks."""
AT_A_TIME = 4
"""Chunks of a longer video are so many or a multiple of it, so that one, two or four workers end together."""
LONGEST_CHUNK = 900
"""Grid frames in the longest chunk; each starts with a warm-up, so longer ones cost less."""
WARM_UP = 8
"""Grid frames an estimator sees before a chunk begins; its poses on them are thrown away. With 2 it is 0.014 shoulder widths (median
over five clips) from one that ran all along, with 8 as near as with 15: 0.008."""

PICTURES = ("number", "time", "cut", "reshaped", "change", "camera")
"""Columns with a row a picture."""
_TIME = PICTURES.index("time")
MEASURED = ("of", "position", "confidence", "extra", "apart")
"""Columns with a row a picture that was measured; `of` is the picture's row."""
HEADS = ("asked", "head_of", "head", "look", "aimed")
"""`asked`: rows of the pictures in which people were looked for; then, with a row a head, the picture's row, x, y and width in
pixels, its look, and whether it is the one measured."""
_COLUMNS = (*PICTURES, *MEASURED, *HEADS, "errors")
Chunk = dict[str, Array]
Span = tuple[int, "int | None"]


def spans_of(total: int, *, anywhere: bool = True) -> list[Span]:
    """The chunks of a video of `total` grid frames, all as long; they depend on nothing else. The last one is open.

    Args:
        total: grid frames.
        anywhere: whether reading can begin anywhere; if not, each chunk reads all that is before it.
    """
    if total < AT_A_TIME * CHUNK:
        count = 1 if total < CHUNK else 2
    else:
        count = AT_A_TIME * (-(-total // (AT_A_TIME * LONGEST_CHUNK)) if anywhere else 1)
    starts = [total * k // count for k in range(count)]
    return list(zip(starts, [*starts[1:], None], strict=True))


def measure_chunk(
    video: VideoInfo,
    span: Span,
    instruments: Instruments,
    *,
    rate: float,
    guide: Guide | None,
    passed: Callable[[float], None],
) -> Chunk:
    """What the source pictures show that are on display from a grid point until before another.

    Args:
        video: what `probe` read.
        span: the grid points.
        instruments: what is measured with.
        rate: poses a second.
        guide: of whom; None for the largest and most central.
        passed: called with the time of each picture that is done; whatever it raises ends the work.
    """
    first, last = span
    stats = DecodeStats()
    start, end = max(0, first - WARM_UP) / GRID_FPS, np.inf if last is None else last / GRID_FPS
    with closing(Pictures(instruments, guide, first / GRID_FPS)) as pictures:
        for frame in frames(video, start, end, rate=rate, stats=stats):
            pictures.measure(frame)
            passed(frame.time)
        return pictures.columns(stats.errors)


class Pictures:
    """Pictures that come one after the other: their signals, the poses of one person, and everybody's head.

    Args:
        instruments: what is measured with.
        guide: of whom; None for the largest and most central.
        first: seconds from which on what is measured counts; what comes before warms the trackers up.
    """

    def __init__(self, instruments: Instruments, guide: Guide | None = None, first: float = 0.0) -> None:
        self._instruments, self._guide, self._first = instruments, guide, first
        self._detector = ShotDetector()
        self._follower: Follower | None = None
        self._rows: list[tuple[float, ...]] = []
        self._seen: list[tuple[int, Seen]] = []

    def close(self) -> None:
        """Free the trackers."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None

    def measure(self, frame: Frame) -> tuple[Change, Seen | None]:
        """The next picture's change from the one before, and what it shows; None where it is only a thumbnail."""
        change = self._detector(frame.thumbnail, cut=frame.cut)
        if change.cut:
            self.close()
        if self._follower is None:
            begun = frame.time if self._first and not change.cut else None
            self._follower = Follower(self._instruments, self._guide, begun)
        result = self._follower(frame.time, frame.picture) if frame.picture.size else None
        if frame.time >= self._first - TOLERANCE:
            if result is not None:
                self._seen.append((len(self._rows), result))
            signals = (change.cut, frame.reshaped, change.change, change.camera)
            self._rows.append((frame.number, frame.time, *map(float, signals)))
        return change, result

    def forget(self, before: float) -> None:
        """Let go of the pictures before a time, seconds."""
        gone = bisect_left(self._rows, before, key=lambda row: row[_TIME])
        self._rows = self._rows[gone:]
        self._seen = [(row - gone, seen) for row, seen in self._seen if row >= gone]

    def copy(self) -> Pictures:
        """What was measured so far, for another thread to read while measuring goes on."""
        other = Pictures(self._instruments)
        other._rows, other._seen = self._rows.copy(), self._seen.copy()
        return other

    def columns(self, errors: int) -> Chunk:
        """What was measured, and how often decoding failed, as a chunk."""
        return _columns(self._rows, self._seen, errors, self._instruments)


def _columns(
    pictures: list[tuple[float, ...]], seen: list[tuple[int, Seen]], errors: int, instruments: Instruments
) -> Chunk:
    keypoints = len(instruments.estimator.skeleton.keypoints)
    of_pictures = np.array(pictures, dtype=np.float64).reshape(-1, len(PICTURES))
    asked = [(row, s) for row, s in seen if s.heads is not None]
    heads = [s.heads for _, s in asked]
    counts = [len(h) for h in heads if h is not None]
    aimed = [np.arange(n) == s.aimed for n, (_, s) in zip(counts, asked, strict=True)]
    return {
        **{name: of_pictures[:, k] for k, name in enumerate(PICTURES)},
        "of": np.array([row for row, _ in seen], dtype=np.int64),
        "position": np.array([s.position for _, s in seen], dtype=np.float64).reshape(-1, keypoints, 2),
        "confidence": np.array([s.confidence for _, s in seen], dtype=np.float64).reshape(-1, keypoints),
        "extra": np.array([s.extra for _, s in seen], dtype=np.float64).reshape(len(seen), len(instruments.channels)),
        "apart": np.array([s.apart for _, s in seen], dtype=np.float64).reshape(-1, keypoints),
        "asked": np.array([row for row, _ in asked], dtype=np.int64),
        "head_of": np.repeat(np.array([row for row, _ in asked], dtype=np.int64), counts),
        "head": np.concatenate([np.zeros((0, 3)), *(h for h in heads if h is not None)]),
        "look": np.concatenate([np.zeros((0, LOOKS)), *(s.looks for _, s in asked)]),
        "aimed": np.concatenate([np.zeros(0, dtype=bool), *aimed]),
        "errors": np.array(errors),
    }


def joined(chunks: list[Chunk]) -> Chunk:
    """The columns of chunks one after the other; rows of pictures are numbered through."""
    shift = np.cumsum([0, *(len(chunk["time"]) for chunk in chunks)])
    moved = [
        {name: chunk[name] + by if name in ("of", "asked", "head_of") else chunk[name] for name in _COLUMNS[:-1]}
        for chunk, by in zip(chunks, shift[:-1], strict=True)
    ]
    whole = {name: np.concatenate([chunk[name] for chunk in moved]) for name in _COLUMNS[:-1]}
    return {**whole, "number": whole["number"].astype(np.int64), "errors": np.sum([c["errors"] for c in chunks])}


def write_chunk(chunk: Chunk, path: Path) -> None:
    """Keep a finished chunk."""
    with atomic_write(path) as partial:
        np.savez(partial, **chunk)  # type: ignore[arg-type]


def read_chunk(path: Path) -> Chunk | None:
    """A finished chunk, or None if it is not there or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in _COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
