"""Whether two recordings show the same take: the same movement, whatever befell the pictures.

Two takes of one gesture differ by more than an estimator errs. One take does not, encoded again, scaled, mirrored,
cropped, cut, or with another face. So stretches of some seconds are compared in units of how far estimates of one
take lie apart, and are the same take where they differ by little more than that. How often this errs is in
docs/threat-model.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from poseprint.core.arrays import Array, Span, covered, mean_of, one_thread, runs
from poseprint.core.findings import Finding, finding
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import (
    LEFT_EAR,
    LEFT_EYE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NECK,
    NOSE,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from poseprint.movements.cleaning import clean

TRACK_HZ = 5
PARTS: tuple[tuple[tuple[int, ...], tuple[int, ...], float], ...] = (
    ((NOSE,), (NECK,), 0.015),
    ((RIGHT_WRIST,), (NECK,), 0.06),
    ((LEFT_WRIST,), (NECK,), 0.06),
    ((NECK,), (), 0.009),
    ((LEFT_SHOULDER,), (RIGHT_SHOULDER,), 0.012),
    ((LEFT_EYE,), (RIGHT_EYE,), 0.006),
    ((RIGHT_EAR, LEFT_EAR), (NOSE,), 0.01),
)
"""What a track holds: the middle of some keypoints, from where it is seen, and by how much it differs, in shoulder widths,
between two estimates of a film that was encoded again."""
COLUMNS = 2 * len(PARTS)
WINDOW_S, LEAST_PARTS = 6, 4
"""Seconds that are compared at a time, and parts that both recordings must tell: twice as many seconds where fewer parts
are told, as by the head and hands of older profiles, and as many as there are, down to half, in shorter recordings."""
LEAST_MOTION = 0.4
"""Mean square of a window, in PARTS' errors, below which it is too still to compare."""
LEAST_CORRELATION = 0.6
LARGEST_DIFFERENCE = 0.4
"""Half the mean square difference of two windows, in PARTS' errors and per root of their mean square, up to which they show
the same take; less in proportion where windows are shorter."""
REPEATED = 0.5
"""Share of the difference from its like in its own recording, by which a window may differ from a place elsewhere: who moves like a clock
is known again only where a copy is better than a repetition."""

_MIRRORED = [0, 1, 4, 5, 2, 3, *range(6, COLUMNS)]
_MIRROR_SIGNS = np.array([-1, 1, -1, 1, -1, 1, -1, 1, 1, -1, 1, -1, -1, 1], dtype=np.float32)
_ERRORS = np.repeat(np.array([error for _, _, error in PARTS], dtype=np.float32), 2)
_HOP_S = 2  # from one window of the recording to the next
_GAP_S = 1.0  # up to which a keypoint that was lost is filled in
_SLACK_S = 0.6  # by which the shift may change from window to window: a film that is played faster
_BLOCK = 2048  # windows that are compared at a time, so that memory stays small
_TOLD = 3  # stretches that a finding names


@dataclass(frozen=True)
class Stretch:
    """A stretch of a recording that shows the movement of another.

    Attributes:
        first, last: in the recording, seconds from its start.
        shift: seconds to add for the place in the other recording.
        mirrored: whether left and right are exchanged.
    """

    first: float
    last: float
    shift: float
    mirrored: bool

    def goes_on_in(self, later: Stretch) -> bool:
        """Whether a later stretch follows closely here, and there as well."""
        near = later.first <= self.last + WINDOW_S and abs(later.shift - self.shift) <= _SLACK_S
        return near and later.mirrored == self.mirrored

    def seen_from_there(self) -> Stretch:
        """The same, of the other recording."""
        return Stretch(self.first + self.shift, self.last + self.shift, -self.shift, self.mirrored)

    def in_words(self, other: str) -> str:
        """Which seconds show which of the other recording."""
        there = self.first + self.shift, self.last + self.shift
        sides = ", left and right exchanged" if self.mirrored else ""
        return f"{self.first:.0f} to {self.last:.0f} s is {other!r} from {there[0]:.0f} to {there[1]:.0f} s{sides}"


@dataclass(frozen=True)
class Likeness:
    """What a recording has in common with another.

    Attributes:
        stretches: that show the other's movement, in time order.
        share: of the shorter's windows that move enough to be compared, those that are found in the longer; 0 if none does.
        own_share: of the recording's own seconds that move enough, those that lie in a stretch; 0 if none does.
    """

    stretches: tuple[Stretch, ...]
    share: float
    own_share: float = 0.0


def movement_track(series: PoseSeries, spans: Sequence[Span]) -> Array:
    """What a recording is known again by: PARTS, five times a second, in shoulder widths.

    Args:
        series: poses as extracted, neither cleaned nor cut.
        spans: frames that may serve as evidence; no window crosses from one to the next.

    Returns:
        float16 [shape=(n, 14)], x and y of each part; NaN where it is unseen or nothing may serve.
    """
    step = max(1, round(series.fps / TRACK_HZ))
    position = clean(series, longest_gap=_GAP_S).position.astype(np.float64)
    parts = [
        position[:, list(points)].mean(axis=1) - (position[:, list(origin)].mean(axis=1) if origin else 0)
        for points, origin, _ in PARTS
    ]
    unit = series.shoulder_width()
    frames = np.concatenate(parts, axis=1) / (unit if unit > 0 else 1.0)
    frames -= np.nan_to_num(mean_of(frames, share=0))
    track = np.full((len(series) // step, COLUMNS), np.nan)
    for first, last in spans:
        for n in range(first // step + (first > 0), last // step):
            track[n] = mean_of(frames[n * step : (n + 1) * step])
    return np.asarray(np.clip(track, -60000, 60000).astype(np.float16))


def known_take(
    series: PoseSeries, track: Array, made_from: Sequence[Mapping[str, Any]], tracks: Sequence[Array]
) -> Finding | None:
    """The finding that a recording shows what a profile was made from, if it does: by its content or its movement.

    Args:
        series: the recording, as extracted.
        track: its `movement_track`.
        made_from: a line a recording that the profile was made from, see there.
        tracks: of each of them; none where the profile keeps none.
    """
    told, frames = list[str](), list[Span]()
    likenesses = same_takes(track, tracks) or [Likeness((), 0.0)] * len(made_from)
    for row, likeness in zip(made_from, likenesses, strict=True):
        name = str(row.get("recording", ""))
        if has_content(series, row):
            told.append(f"all of it is {name!r}")
            frames.append((0, len(series)))
        else:
            told += [stretch.in_words(name) for stretch in likeness.stretches]
            frames += [(round(s.first * series.fps), round(s.last * series.fps)) for s in likeness.stretches]
    if not told:
        return None
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    message = f"the profile was made from this: {'; '.join(told[:_TOLD])}{more}"
    return finding("KNOWN_TAKE", message, tuple(sorted(frames)))


def has_content(series: PoseSeries, row: Mapping[str, Any]) -> bool:
    """Whether a recording has the poses, or as a whole the source, of a row of a profile's `made_from`."""
    if row.get("poses_sha256") == series.sha256:
        return True
    whole = not any(entry.get("step") == "part" for entry in series.log)
    return bool(whole and series.source_sha256 and row.get("sha256") == series.source_sha256)


def same_takes(track: Array, others: Sequence[Array]) -> list[Likeness]:
    """What a recording has in common with each of others.

    Windows of the shorter of two are sought at every step of the longer.

    Args:
        track, others: as `movement_track` makes them [shape=(n, 14)].
    """

    @cache
    def sought(size: int, parts: int) -> _Sought:
        return _sought(track, size, parts)

    @cache
    def places(size: int, parts: int) -> list[Windows]:
        return list(everywhere(track, size, parts))

    likenesses = []
    with one_thread():
        for other in others:
            common = np.isfinite(track).any(axis=0) & np.isfinite(other).any(axis=0)
            few = int(common.sum() < 2 * LEAST_PARTS)
            parts, whole = LEAST_PARTS // (1 + few), WINDOW_S * TRACK_HZ * (1 + few)
            size = min(whole, longest_told(track, parts), longest_told(other, parts))
            if size < whole // 2:
                likenesses.append(Likeness((), 0.0))
                continue
            if len(track) <= len(other):
                likeness = _likeness(sought(size, parts), everywhere(other, size, parts))
            else:
                likeness = _likeness(_sought(other, size, parts), places(size, parts))
                likeness = replace(likeness, stretches=tuple(s.seen_from_there() for s in likeness.stretches))
            share = _own_share(track, size, parts, likeness.stretches) if likeness.stretches else 0.0
            likenesses.append(replace(likeness, own_share=share))
    return likenesses


def _own_share(track: Array, size: int, parts: int, stretches: Iterable[Stretch]) -> float:
    """Of the steps of a track in windows that move enough, those in a stretch."""
    windows = _windows(track, _starts(track, size), size, parts)
    moving = covered(((first, first + size) for first in windows.start.tolist()), len(track))
    found = covered(((round(s.first * TRACK_HZ), round(s.last * TRACK_HZ)) for s in stretches), len(track))
    return float((moving & found).sum()) / max(int(moving.sum()), 1)


def _starts(track: Array, size: int) -> Array:
    """Where the windows start that are looked for."""
    last = len(track) - size
    return np.unique([*range(0, last, _HOP_S * TRACK_HZ), last])


def mirrored_track(track: Array) -> Array:
    """The track of the mirrored recording."""
    return np.asarray(track[:, _MIRRORED] * _MIRROR_SIGNS)


def longest_told(track: Array, parts: int) -> int:
    """The longest run in which a track tells at least so many parts."""
    told: Array = np.isfinite(track[:, ::2]).sum(axis=1) >= parts
    return max((last - first for first, last in runs(told)), default=0)


@dataclass(frozen=True)
class _Sought:
    """Windows of a recording that are looked for.

    Attributes:
        ways: the windows as they are, and mirrored.
        most: how much each may differ from where it is found [shape=(n,)].
        parts: that both must tell.
    """

    ways: tuple[Windows, ...]
    most: Array
    parts: int


def _sought(track: Array, size: int, parts: int) -> _Sought:
    """The windows to look for; of one that comes back in its own recording, only what is far more alike than that."""
    starts = _starts(track, size)
    ways = tuple(_windows(t, starts, size, parts) for t in (track, mirrored_track(track)))
    most = np.full(len(ways[0].start), LARGEST_DIFFERENCE * size * parts / (WINDOW_S * TRACK_HZ * LEAST_PARTS))
    for block in everywhere(track, size, parts):
        for windows in ways:
            rows, columns, difference = _alike(windows, block, parts, most / REPEATED)
            elsewhere = np.abs(windows.start[rows] - block.start[columns]) >= TRACK_HZ
            np.minimum.at(most, rows[elsewhere], difference[elsewhere] * REPEATED)
    return _Sought(ways, most, parts)


def everywhere(track: Array, size: int, parts: int, least_motion: float = LEAST_MOTION) -> Iterator[Windows]:
    """The windows at every step of a track, some at a time, so that memory stays small."""
    count = len(track) - size + 1
    for first in range(0, count, _BLOCK):
        yield _windows(track, np.arange(first, min(first + _BLOCK, count)), size, parts, least_motion)


def _likeness(sought: _Sought, places: Iterable[Windows]) -> Likeness:
    """Which windows are found, and where: of each, the place it differs least from."""
    found = []
    for block in places:
        for turned, windows in enumerate(sought.ways):
            rows, columns, difference = _alike(windows, block, sought.parts, sought.most)
            found.append([windows.start[rows], difference, block.start[columns], np.full(len(rows), turned)])
    start, apart, there, mirrored = (np.concatenate(values) for values in zip(*found, strict=True))
    order = np.lexsort((apart, start))
    order = order[np.unique(start[order], return_index=True)[1]]
    stretches: list[Stretch] = []
    for at, place, side in zip(start[order] / TRACK_HZ, there[order] / TRACK_HZ, mirrored[order], strict=True):
        stretch = Stretch(float(at), float(at) + sought.ways[0].size / TRACK_HZ, float(place - at), bool(side))
        if stretches and stretches[-1].goes_on_in(stretch):
            stretches[-1] = replace(stretches[-1], last=stretch.last)
        else:
            stretches.append(stretch)
    return Likeness(tuple(stretches), len(order) / max(len(sought.most), 1))


@dataclass(frozen=True)
class Windows:
    """Windows of one length that move enough to be compared.

    Attributes:
        start: where each starts in its track.
        values: float32 [shape=(n, parts * 2 * size)] in PARTS' errors, straight lines taken out; 0 where a part is not known
            throughout.
        energy: sum of squares of each part [shape=(n, parts)].
        known: 1 where a part is known throughout [shape=(n, parts)].
    """

    start: Array
    values: Array
    energy: Array
    known: Array

    @property
    def size(self) -> int:
        """Steps in each."""
        return int(self.values.shape[1]) // COLUMNS


def _windows(track: Array, starts: Array, size: int, parts: int, least_motion: float = LEAST_MOTION) -> Windows:
    """The windows that start there, tell at least so many parts, and move."""
    values = np.lib.stride_tricks.sliding_window_view(track, size, axis=0)[starts].astype(np.float32)
    values /= _ERRORS[:, None]
    known = np.asarray(np.isfinite(values).reshape(len(starts), len(PARTS), -1).all(axis=2))
    values[np.repeat(~known, 2, axis=1)] = 0
    slope = np.linspace(-1, 1, size, dtype=np.float32)
    slope /= np.linalg.norm(slope)
    values -= values.mean(axis=2, keepdims=True)
    values -= (values @ slope)[:, :, None] * slope
    energy = np.square(values).sum(axis=2).reshape(len(starts), len(PARTS), 2).sum(axis=2)
    shared = known.sum(axis=1)
    kept = (shared >= parts) & (energy.sum(axis=1) >= least_motion * shared * 2 * size)
    return Windows(starts[kept], values[kept].reshape(-1, COLUMNS * size), energy[kept], known[kept].astype(np.float32))


def _alike(own: Windows, others: Windows, parts: int, most: Array) -> tuple[Array, Array, Array]:
    """Rows and columns of the pairs of windows that differ by no more than each of `own` may, and by how much."""
    scale = np.sqrt((own.energy @ others.known.T) * (own.known @ others.energy.T))
    correlation = own.values @ others.values.T / np.maximum(scale, 1e-9)
    rows, columns = np.nonzero(correlation > LEAST_CORRELATION)
    shared = np.maximum((own.known[rows] * others.known[columns]).sum(axis=1), 1)
    of_parts = np.sqrt(own.energy[rows] * others.energy[columns]) / (2 * own.size)
    motion = of_parts.sum(axis=1) / shared
    apart = (1 - _between_steps(correlation, others.start, rows, columns)) * scale[rows, columns]
    difference = apart / (2 * own.size) / np.maximum(np.sqrt(of_parts).sum(axis=1), 1e-9)
    same = (shared >= parts) & (motion >= LEAST_MOTION) & (difference <= most[rows])
    return rows[same], columns[same], difference[same]


def _between_steps(correlation: Array, start: Array, rows: Array, columns: Array) -> Array:
    """The largest correlation near some windows, if it lies between two steps of a track: the top of the parabola through
    a window and the ones before and after it."""
    before, after = np.maximum(columns - 1, 0), np.minimum(columns + 1, len(start) - 1)
    here, left, right = (correlation[rows, c] for c in (columns, before, after))
    top = (start[after] - start[before] == 2) & (here >= left) & (here >= right)
    bend = np.maximum(8 * (2 * here - left - right), 1e-9)
    return np.asarray(np.where(top, np.minimum(here + (right - left) ** 2 / bend, 1), here))
