"""Whether poses follow one another as those of a body do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK, PAIRS

WINDOW_S = 2.0
"""Seconds that are looked at together; a second later the next are."""
_HEAD = [k for pair in ("nose", "eyes", "ears") for k in PAIRS[pair]]


@dataclass(frozen=True)
class Disorder:
    """How far from moving like a body some poses are; NaN where too little is known.

    How far a keypoint is from where it would be, midway between its places a frame before and after, tells a flicker from
    a movement. Poses that have nothing to do with one another leave that place by more than twice as much as they stray
    from their middle place; those of a body, by far less. (After von Neumann's ratio, Ann. Math. Stat. 12, 1941.)

    Attributes:
        turn: by how much the median keypoint leaves that place, in the median frame, shoulder widths (doubled).
        disorder: how many times as far as it strays.
        together: share of the head's turns that all of its keypoints have in common, 0 to 1: an estimator that
            trembles moves each by itself, frames in disorder move them together.
    """

    turn: float
    disorder: float
    together: float


def disorder_of(series: PoseSeries, seen: Array) -> list[tuple[int, int, Disorder]]:
    """How disordered poses are as extracted, every second for WINDOW_S: first frame, end, and what was measured.

    Args:
        series: poses as extracted.
        seen: which keypoints were seen: bool [shape=(frames, keypoints)].
    """
    places = np.where(seen[:, :, None], series.position, np.nan).astype(np.float64)
    places = (places - places[:, [NECK]]) / series.shoulder_width()
    window = round(WINDOW_S * series.fps)
    starts = range(0, max(1, len(series) - window // 2), window // 2)
    return [(first, min(first + window, len(series)), _measured(places[first : first + window])) for first in starts]


def _measured(places: Array) -> Disorder:
    """How disordered some frames are, from places relative to the neck [shape=(frames, keypoints, 2)]."""
    turns = places[2:] - 2 * places[1:-1] + places[:-2]
    sizes = np.linalg.norm(turns, axis=2)
    known = np.isfinite(sizes).sum(axis=0) > len(places) / 2
    known[NECK] = False
    if not known.any():
        return Disorder(np.nan, np.nan, np.nan)
    middle = np.nanmedian(places[:, known], axis=0)
    strays = np.nanmedian(np.linalg.norm(places[:, known] - middle, axis=2), axis=0)
    turned = np.nanmedian(sizes[:, known], axis=0)
    head = turns[:, [k for k in _HEAD if known[k]]]
    head = head[np.isfinite(head).all(axis=(1, 2))]
    each = (head**2).sum() / head.shape[1] if head.shape[1] > 1 else 0.0
    together = float((head.mean(axis=1) ** 2).sum() / each) if each else np.nan
    return Disorder(float(np.median(turned)), float(np.median(turned / np.maximum(strays, 1e-9))), together)
