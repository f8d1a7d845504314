"""What the gates look at: a recording, what several of them need of it, and the numbers they decide by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from poseprint.core.arrays import Array, Span, runs
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK, PAIRS
from poseprint.movements.cleaning import FILLED_GAP_S


@dataclass(frozen=True)
class Thresholds:
    """Every number the gates decide by."""

    absent_s: float = 0.5  # a stretch without a person from this length on is reported
    pause_s: float = 1.0  # a stretch without a picture from this length on is a pause
    leaning: float = 55.0  # degrees from upright, nose over neck in the median, from which a person is not upright
    rarely_seen: float = 0.5  # share of time below which a pair of keypoints is rarely seen
    never_seen: float = 0.2  # elbows and wrists both below: no arms in sight
    tracking_jump: float = 0.5  # shoulder widths the neck may move between two frames
    flicker_turn: float = 0.1  # shoulder widths a keypoint turns by at each frame, above which the body may flicker
    flicker_disorder: float = 2.0  # times as far as it strays, above which it does
    together: float = 0.8  # share of the head's turns that is common, from which frames may be in disorder
    together_turn: float = 0.03  # the limits from there on
    together_disorder: float = 1.5
    joints_doubted: float = 0.05  # share of joints that a second look puts elsewhere, from which on it is told
    tiny_px: float = 32.0  # shoulder width in pixels
    small_picture_px: int = 240  # lower side of the picture
    centre: float = 0.3  # the neck's middle place may be this far from the picture's middle, in widths
    points_outside: float = 0.01  # share of the points outside the picture from which on it is noted
    picture_doubted: float = 0.1  # share far outside, wrists aside, from which on the picture is another one
    camera_drift: float = 0.002  # picture widths a frame, mean over half a second
    camera_pan: float = 0.01  # the same, from where frames are not used
    same_picture: float = 0.005  # mean grey-level change below which a picture repeats the last
    frozen_s: float = 0.5  # a stretch of repeated pictures from this length on is frozen
    repeated_share: float = 0.05  # share of repeated pictures from which the real frame rate is lower
    still: float = 0.004  # shoulder widths by which the liveliest keypoint must vary
    low_rate: float = 20.0  # frames per second of the source
    lost_share: float = 0.01  # share of the recording that could not be decoded
    header_share: float = 0.02  # share by which the header's frame count may be off


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Gated:
    """A series, and what several gates need of it."""

    series: PoseSeries
    limits: Thresholds
    seen: Array  # bool [frames, keypoints]
    tracked: Array  # bool [frames]: somebody is there, or was a moment ago and will be again
    jumps: tuple[int, ...]  # frames at which the tracked body leaps
    shots: tuple[Span, ...]  # between cuts and leaps
    pauses: tuple[Span, ...]  # where no picture comes

    @staticmethod
    def of(series: PoseSeries, limits: Thresholds, cleaned: PoseSeries) -> Gated:
        """A series as extracted, and the same cleaned."""
        tracked = cleaned.present()
        known = np.flatnonzero(~np.isnan(series.position[:, NECK, 0]))
        leap = np.linalg.norm(np.diff(series.position[known, NECK], axis=0), axis=1) / series.shoulder_width()
        # Somebody who was unseen for a moment and is back elsewhere is as doubtful as a leap.
        moment = np.diff(known) <= FILLED_GAP_S * series.fps + 1
        cuts = {first for first, _ in series.shots()}
        leaps = [(int(known[i]), int(known[i + 1])) for i in np.flatnonzero((leap > limits.tracking_jump) & moment)]
        leaps = [(a, b) for a, b in leaps if not cuts & set(range(a + 1, b + 1))]
        jumps = tuple(b for _, b in leaps)
        edges = sorted({*cuts, *jumps, *(a + 1 for a, _ in leaps), len(series)})
        shots = tuple((a, b) for a, b in pairwise(edges))
        shown = series.channels.get("shown", np.ones(len(series))) > 0
        pauses = tuple((a, b) for a, b in runs(~shown) if b - a >= limits.pause_s * series.fps)
        return Gated(series, limits, series.seen(), tracked, jumps, shots, pauses)

    def pair_share(self, pair: str, span: Span) -> float:
        """Share of the frames with a person in which a pair is seen."""
        tracked = self.tracked[span[0] : span[1]]
        seen = self.seen[span[0] : span[1]][tracked]
        return float(seen[:, list(PAIRS[pair])].mean()) if tracked.any() else 0.0

    def seconds(self, frames: float) -> str:
        """A number of frames as seconds, in words."""
        return f"{frames / self.series.fps:.1f} s"


def counted(count: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{count} {noun}{'s' if count != 1 else ''}"


def total_frames(spans: Sequence[Span]) -> int:
    """Length of some spans together."""
    return sum(b - a for a, b in spans)
