"""What the pictures themselves say: cuts, camera movement, repeated pictures."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array

CHANGED = 16  # grey levels by which a thumbnail's pixel must change to count as changed
HARD_CUT = 0.25  # share of pixels changed since the last picture
DISSOLVE = 0.45  # share of pixels changed over DISSOLVE_SPAN pictures
DISSOLVE_SPAN = 8


@dataclass(frozen=True)
class Change:
    """How one picture differs from the one before it.

    Attributes:
        cut: a new shot begins here.
        change: mean absolute difference, grey levels 0 to 255; 0 on the first picture.
        camera: shift of the picture's upper corners, as a share of its width; 0 at a cut.
    """

    cut: bool
    change: float
    camera: float


class ShotDetector:
    """Feed thumbnails in order; each answer looks at the past alone.

    A hard cut changes many pixels at once. A dissolve or fade changes most of them within a few
    pictures. A caption that appears, or a gesture, changes fewer. Thresholds were set on the 17 clips
    of docs/clips.md: the weakest true cut there changes 0.36 of the pixels, the strongest caption 0.23.
    """

    def __init__(self) -> None:
        self._recent: deque[Array] = deque(maxlen=DISSOLVE_SPAN)

    def __call__(self, thumbnail: Array, *, cut: bool = False) -> Change:
        """The change from the last thumbnail [uint8, shape=(36, 64)], if there was one, to this one; `cut` where it is known to be one."""
        now = thumbnail.astype(np.float32)
        if not self._recent:
            self._recent.append(now)
            return Change(cut=cut, change=0.0, camera=0.0)
        last, oldest = self._recent[-1], self._recent[0]
        changed = float((np.abs(now - last) > CHANGED).mean())
        changed_slowly = float((np.abs(now - oldest) > CHANGED).mean())
        cut = cut or changed > HARD_CUT or changed_slowly > DISSOLVE
        if cut:
            self._recent.clear()
        self._recent.append(now)
        camera = 0.0 if cut else min(_shift(last[:18, :16], now[:18, :16]), _shift(last[:18, -16:], now[:18, -16:]))
        return Change(cut=cut, change=float(np.abs(now - last).mean()), camera=camera / now.shape[1])


def _shift(before: Array, after: Array) -> float:
    """Length in pixels of the shift between two small pictures (Lucas and Kanade, 1981, one least-squares step)."""
    mean = (before + after) / 2
    # Central differences of the inner pixels: np.gradient, which has the edges too, takes four times as long.
    dy, dx = (mean[2:, 1:-1] - mean[:-2, 1:-1]) / 2, (mean[1:-1, 2:] - mean[1:-1, :-2]) / 2
    mean = mean[1:-1, 1:-1]
    xx, xy, yy = float((dx * dx).sum()), float((dx * dy).sum()), float((dy * dy).sum())
    trace, determinant = xx + yy, xx * yy - xy * xy
    # A flat or one-directional corner does not tell where it moved.
    if trace < 4 * mean.size or determinant < 0.02 * trace * trace:
        return 0.0
    dt = (after - before)[1:-1, 1:-1]
    bx, by = float((dx * dt).sum()), float((dy * dt).sum())
    return float(np.hypot((yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant))
