"""An index of many recordings' movement tracks: which of them may show the same take as one more.

`same_takes` compares two recordings in some milliseconds, too slow for every pair of an archive. So the slow part of
windows of three seconds is kept of each, and only recordings are compared that have two windows whose slow parts differ
little: one matrix product with all that was added. What is found so and what it costs is in docs/threat-model.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import dct

from poseprint.core.arrays import Array, one_thread
from poseprint.movements.same_take import (
    COLUMNS,
    LEAST_CORRELATION,
    LEAST_PARTS,
    PARTS,
    TRACK_HZ,
    WINDOW_S,
    Likeness,
    Windows,
    everywhere,
    longest_told,
    mirrored_track,
    same_takes,
)

SIZE = WINDOW_S * TRACK_HZ // 2
"""Steps of a track in a window of the index: the shortest that `same_takes` compares."""
COEFFICIENTS = 6
"""Of a discrete cosine transform of each column of a window, the first that are kept: up to 1 Hz."""
SLOW_DIFFERENCE = 0.2
"""Difference of the slow parts of two windows, as in LARGEST_DIFFERENCE, up to which their recordings are compared; less than
that of whole windows, as most errors of an estimate are fast."""
SLOW_MOTION = 0.1
"""LEAST_MOTION of a window of the index: of what moves slowly, half a window has much less than half the motion."""
MOST_COMPARED = 200
"""Recordings, the likeliest first, that are compared at most."""
NEARLY_ALL = 0.8
"""Share of what moves in a recording that is found in an earlier one, from which it is a duplicate."""
_HOP = 3  # steps from one window that is kept to the next
_TURN = 14  # windows are sought at the first _HOP of so many steps: in any six seconds there is one of those kept
_LEAST_OFF_STEP = (
    0.5  # product of windows a step apart: of what is hardly longer than they are, none may begin where one kept does
)
_BLOCK, _ROWS = 2048, 256  # windows that are kept, and sought, at a time, so that memory stays small
_ALLOWED = SLOW_DIFFERENCE * (2 * SIZE) ** 0.5
_BITS = 1 << np.arange(len(PARTS))
_WIDTH = 2 * COEFFICIENTS + 1  # columns of a part
_WAVES = np.tile(np.arange(_WIDTH) < 2 * COEFFICIENTS, len(PARTS)).astype(np.float32)


class TakeIndex:
    """Recordings, numbered in the order in which they are added, and which of them show what one more shows."""

    def __init__(self) -> None:
        self._tracks: list[Array] = []
        self._told: list[int] = []
        self._kept: dict[tuple[int, bool], list[_Kept]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._tracks)

    @property
    def nbytes(self) -> int:
        """Bytes that are kept of all recordings."""
        blocks = [block for blocks in self._kept.values() for block in blocks]
        return sum(t.nbytes for t in self._tracks) + sum(b.rows.nbytes + b.recording.nbytes for b in blocks)

    def add(self, track: Array) -> int:
        """Keep a recording, and return its number, from 0 on.

        Args:
            track: as `movement_track` makes it [shape=(n, 14)].
        """
        number, short = len(self), _longest(track) < WINDOW_S * TRACK_HZ
        self._tracks.append(track)
        self._told.append(_parts_told(track))
        slow = _slow_windows([track])
        kept = slow.start % (1 if short else _HOP) == 0
        for parts in np.unique(slow.parts[kept]):
            rows = slow.rows[kept & (slow.parts == parts)].astype(np.float16)
            new = _Kept(rows, np.full(len(rows), number, dtype=np.int32))
            blocks = self._kept[int(parts), short]
            if blocks and len(blocks[-1].rows) < _BLOCK:
                new = blocks.pop().and_more(new)
            blocks.append(new)
        return number

    def alike(self, track: Array) -> list[tuple[int, Likeness]]:
        """The recordings added so far that have something in common with another, the most shared first.

        Args:
            track: as `movement_track` makes it [shape=(n, 14)].

        Returns:
            Number and likeness of each, as `same_takes` of `track` finds it.
        """
        numbers = self.worth_comparing(track)
        likenesses = zip(numbers, same_takes(track, [self._tracks[n] for n in numbers]), strict=True)
        alike = [(number, likeness) for number, likeness in likenesses if likeness.stretches]
        return sorted(alike, key=lambda pair: (-pair[1].share, pair[0]))

    def worth_comparing(self, track: Array) -> list[int]:
        """The recordings that `alike` compares: some window's slow part is that of a window of a track, the likeliest first."""
        told, longest = _parts_told(track), _longest(track)
        short = longest < WINDOW_S * TRACK_HZ
        least = 1 if longest >= SIZE + _HOP else _LEAST_OFF_STEP
        few = np.array([(told & other).bit_count() < LEAST_PARTS for other in self._told], dtype=bool)
        best = np.zeros(len(self), dtype=np.float32)
        between = (track[1:].astype(np.float32) + track[:-1]) / 2
        slow = _slow_windows([track, mirrored_track(track), between, mirrored_track(between)])
        with one_thread():
            for (parts, dense), blocks in self._kept.items():
                sought = _sought(slow, parts, at_every_step=short or dense)
                for block in blocks:
                    kept = block.rows.astype(np.float32)
                    for common, rows in sought.items():
                        score = _scores(rows, kept)
                        if common != parts:
                            score /= _norm(kept * _columns(common))
                        if common.bit_count() < LEAST_PARTS:
                            score[~few[block.recording]] = 0
                        np.maximum.at(best, block.recording, score)
        order = np.argsort(-best, kind="stable")[:MOST_COMPARED]
        return [int(number) for number in order if best[number] >= least]


def duplicate_of(alike: Sequence[tuple[int, Likeness]]) -> int | None:
    """The recording of which another is a duplicate, if it is one: nearly all that moves in it is found there.

    A part of an earlier recording is its duplicate; a longer one that contains an earlier one is not. In the few seconds
    of a short clip somebody may well do as they did elsewhere: docs/threat-model.md tells how often.

    Args:
        alike: what `TakeIndex.alike` says of the other.

    Returns:
        Its number; of several, that in which most is found, and the earliest of those.
    """
    found = [(-likeness.own_share, number) for number, likeness in alike if likeness.own_share >= NEARLY_ALL]
    return min(found)[1] if found else None


@dataclass(frozen=True)
class _Kept:
    """Windows of some recordings that tell the same parts.

    Attributes:
        rows: float16 [shape=(n, 91)], see `_SlowWindows`.
        recording: the number of the recording of each.
    """

    rows: Array
    recording: Array

    def and_more(self, more: _Kept) -> _Kept:
        """These and some more."""
        return _Kept(np.concatenate([self.rows, more.rows]), np.concatenate([self.recording, more.recording]))


@dataclass(frozen=True)
class _SlowWindows:
    """The slow part of windows that move.

    `same_takes` asks that (1 - correlation) * scale is at most what is allowed, which is a product of roots of the parts'
    energies. By the scale, that is a product of two rows of at least 1: the correlation, and what is allowed. Whatever fast
    parts do, they only add to a difference. What is allowed is at most 1 - LEAST_CORRELATION.

    Attributes:
        start: where each starts in its track.
        rows: float32 [shape=(n, 91)], for each part the coefficients of x and y and one that allows for difference, all
            by the root of the sum of squares of the coefficients; 0 where a part is not known throughout.
        parts: those known, a bit for each.
    """

    start: Array
    rows: Array
    parts: Array


def _slow_windows(tracks: Iterable[Array]) -> _SlowWindows:
    """The slow part of the windows at every step of some tracks."""
    none = np.zeros(0, dtype=int)
    found = [(none, np.zeros((0, _WIDTH * len(PARTS)), dtype=np.float32), none)]
    found += [_slow(block) for track in tracks for block in everywhere(track, SIZE, LEAST_PARTS // 2, SLOW_MOTION)]
    return _SlowWindows(*(np.concatenate(values) for values in zip(*found, strict=True)))


def _slow(windows: Windows) -> tuple[Array, Array, Array]:
    """Start, row and parts of some windows."""
    waves = dct(windows.values.reshape(len(windows.start), COLUMNS, SIZE), norm="ortho")[:, :, 1 : COEFFICIENTS + 1]
    waves = waves.reshape(len(windows.start), len(PARTS), 2 * COEFFICIENTS)
    norm = np.sqrt(np.square(waves).sum(axis=(1, 2)))[:, None]
    allowed = np.sqrt(_ALLOWED) * windows.energy**0.25
    most = np.sqrt(1 - LEAST_CORRELATION) * norm
    allowed *= np.minimum(1, most / np.maximum(np.linalg.norm(allowed, axis=1, keepdims=True), 1e-9))
    rows = np.concatenate([waves, allowed[:, :, None]], axis=2) / np.maximum(norm, 1e-9)[:, :, None]
    return windows.start, rows.reshape(-1, len(PARTS) * _WIDTH).astype(np.float32), windows.known.astype(int) @ _BITS


def _sought(slow: _SlowWindows, parts: int, at_every_step: bool) -> dict[int, Array]:
    """The rows to look for among windows that know some parts, by the parts known to both, of which alone they are."""
    common = slow.parts & parts
    kept = np.ones(len(common), dtype=bool) if at_every_step else slow.start % _TURN < _HOP
    found = {}
    for both in np.unique(common[kept]).tolist():
        if both.bit_count() >= LEAST_PARTS // 2:
            rows = slow.rows[kept & (common == both)] * _columns(both)
            found[both] = rows / _norm(rows)[:, None]
    return found


def _scores(rows: Array, kept: Array) -> Array:
    """Of each window that is kept, the largest product with a row."""
    blocks = (rows[n : n + _ROWS] for n in range(0, len(rows), _ROWS))
    return np.asarray(np.max([(kept @ block.T).max(axis=1) for block in blocks], axis=0))


def _norm(rows: Array) -> Array:
    """Root of the sum of squares of the coefficients of each row."""
    return np.maximum(np.sqrt(np.square(rows) @ _WAVES), 1e-9)


def _columns(parts: int) -> Array:
    """1 in the columns of a row that are of some parts."""
    return np.repeat((parts & _BITS) > 0, _WIDTH).astype(np.float32)


def _parts_told(track: Array) -> int:
    """The parts that a track tells anywhere, a bit for each."""
    return int(np.isfinite(track[:, ::2]).any(axis=0) @ _BITS)


def _longest(track: Array) -> int:
    """The longest run that `same_takes` can compare of a track."""
    return longest_told(track, LEAST_PARTS) or longest_told(track, LEAST_PARTS // 2)
