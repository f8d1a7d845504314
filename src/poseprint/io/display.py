"""Decoded frames as they are to be shown: upright, mirrored if the file says so, with square pixels, all of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from poseprint.core.arrays import Array

LONGEST_SIDE = 1920
"""Pictures are scaled down to this many pixels on their longer side before anything looks at them."""
THUMBNAIL = (64, 36)
"""Width and height of the grey thumbnail that comes with each frame."""
WIDEST_PIXEL = 4.0
"""A pixel that is said to be more than so many times as wide as high, or as high as wide, is taken for a square one."""
BLACK, DARK = 24, 32
"""Grey levels: the mean of a black line is at most the first, that of a picture that can tell its bars above the second."""
THINNEST_BAR, LEAST_LEFT = 0.01, 0.25
"""Share of a side from which on a black edge is a bar, and that must be left between bars."""
_TRANSFERS = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class Shape:
    """How a decoded frame is shown.

    Attributes:
        width, height: of the stored picture, pixels.
        aspect: width of a stored pixel over its height.
        transpose, flip_x, flip_y: what brings the stored picture upright, in this order.
    """

    width: int
    height: int
    aspect: float = 1.0
    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @staticmethod
    def of(frame: Any, aspect: float) -> Shape:
        """That of a decoded frame.

        Args:
            frame: by PyAV.
            aspect: of the stream's pixels; 0 where it is not told.
        """
        if not 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL:
            aspect = 1.0
        return Shape(frame.width, frame.height, aspect, *_turned(frame))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels as displayed."""
        width = max(1, round(self.width * self.aspect))
        return (self.height, width) if self.transpose else (width, self.height)


class Shapes:
    """The shapes of frames, each sort read once: asking a frame for its matrix keeps it in memory for a while."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int, float], Shape] = {}

    def __call__(self, frame: Any, aspect: float) -> Shape:
        """As `Shape.of`."""
        sort = frame.width, frame.height, frame.rotation, aspect
        if sort not in self._known:
            self._known[sort] = Shape.of(frame, aspect)
        return self._known[sort]


def _turned(frame: Any) -> tuple[bool, bool, bool]:
    """Transposition and flips nearest to a frame's display matrix.

    The matrix (ISO/IEC 14496-12, 6.2.2: a b u c d v x y w) brings what is stored at (x, y) to (ax + cy, bx + dy).
    """
    stored = frame.side_data.get(Type.DISPLAYMATRIX)
    if stored is None or len(bytes(stored)) < 36:
        return False, False, False
    a, b, _, c, d, *_ = (int(value) for value in np.frombuffer(bytes(stored), dtype=np.int32)[:9])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, a < 0, d < 0
    return True, c < 0, b < 0


def is_interlaced(frame: Any) -> bool:
    """Whether a frame is woven of two moments."""
    return bool(frame.interlaced_frame)


def transfer(frame: Any) -> str:
    """PQ or HLG where a frame is of high dynamic range, otherwise nothing."""
    return _TRANSFERS.get(int(frame.color_trc), "")


@dataclass(frozen=True)
class Bars:
    """Black bars around the film's picture, in pixels as displayed."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return any((self.left, self.top, self.right, self.bottom))

    def within(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of what they leave of a picture of this size."""
        return size[0] - self.left - self.right, size[1] - self.top - self.bottom


def find_bars(pictures: Sequence[Array], size: tuple[int, int]) -> Bars:
    """The bars, on both of two opposite sides, that are black in all of some pictures; none where these are too dark to tell.

    Args:
        pictures: uint8 RGB [shape=(height, width, 3)], from all over a film.
        size: (width, height) of the film as displayed, pixels.
    """
    grey = [picture.max(axis=2) for picture in pictures]
    lit = [g for g in grey if g.mean() > DARK]
    if len(lit) < max(1, len(grey) / 2):
        return Bars()
    edges = []
    for axis, side in ((0, size[0]), (1, size[1])):  # columns, then rows
        black = np.all([(g.max(axis=axis) <= 2 * BLACK) & (g.mean(axis=axis) <= BLACK) for g in lit], axis=0)
        inside = np.flatnonzero(~black)
        scale = side / len(black)
        first, last = (round(float(scale * edge)) for edge in (inside[0], len(black) - 1 - inside[-1]))
        least = THINNEST_BAR * side
        edges.append((first, last) if min(first, last) >= least else (0, 0))
    (left, right), (top, bottom) = edges
    bars = Bars(left, top, right, bottom)
    return bars if min(ours / all_ for ours, all_ in zip(bars.within(size), size)) >= LEAST_LEFT else Bars()


def limited(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of pictures of a film of this size without bars: its own, or smaller, so that no side is above LONGEST_SIDE."""
    scale = min(1.0, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


_NO_PICTURE = np.zeros((0, 0, 3), dtype=np.uint8)


class Converter:
    """Decoded frames to pictures and thumbnails of one size; keeps the scaler's tables between frames.

    A frame of another shape than the film's is fitted into its picture, with black beside it or above.

    Args:
        size: (width, height) of the film as displayed, with its bars, pixels.
        bars: what is left out of it.
    """

    def __init__(self, size: tuple[int, int], bars: Bars) -> None:
        left = bars.within(size)
        scale = min(1.0, LONGEST_SIDE / max(left))
        self._size = tuple(max(1, round(side * scale)) for side in size)
        first = [round(scale * edge) for edge in (bars.left, bars.top)]
        width, height = limited(left)
        self._inside = (slice(first[1], first[1] + height), slice(first[0], first[0] + width)) if bars else None
        self._picture, self._thumbnail = VideoReformatter(), VideoReformatter()

    def __call__(self, frame: Any, shape: Shape, *, whole: bool = True) -> tuple[Array, Array]:
        """The picture, uint8 RGB [shape=(height, width, 3)], C-contiguous, and its thumbnail, uint8 grey [shape=(36, 64)].

        Unless the `whole` is wanted, the picture is empty.
        """
        if not (whole or self._inside):
            return _NO_PICTURE, self._thumbnail.reformat(frame, *THUMBNAIL, "gray").to_ndarray()
        fit = min(ours / theirs for ours, theirs in zip(self._size, shape.size))
        inner = tuple(min(ours, max(1, round(theirs * fit))) for ours, theirs in zip(self._size, shape.size))
        width, height = inner[::-1] if shape.transpose else inner
        picture: Array = self._picture.reformat(frame, width, height, "rgb24").to_ndarray()
        if shape.transpose:
            picture = picture.swapaxes(0, 1)
        picture = picture[:: -1 if shape.flip_y else 1, :: -1 if shape.flip_x else 1]
        if inner != self._size:
            left, top = ((ours - theirs) // 2 for ours, theirs in zip(self._size, inner))
            canvas = np.zeros((self._size[1], self._size[0], 3), dtype=np.uint8)
            canvas[top : top + inner[1], left : left + inner[0]] = picture
            picture = canvas
        if self._inside:
            picture = picture[self._inside]
        # Rows may be padded; MediaPipe reads a picture with padded rows as noise.
        picture = np.ascontiguousarray(picture)
        shown = VideoFrame.from_ndarray(picture, format="rgb24") if self._inside else frame
        return picture if whole else _NO_PICTURE, self._thumbnail.reformat(shown, *THUMBNAIL, "gray").to_ndarray()
