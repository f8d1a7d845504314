"""Which of the people in a recording is the one to measure, and where they are in each frame.

Detections are linked to tracks frame by frame: a person goes on near where they were heading, at about the size they had.
The whole recording then decides whose track is measured. A frame in which that person was missed stays without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import HEAD_KEYPOINTS, LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER

REACH, FARTHEST = 0.5, 1.5
"""Shoulder widths from where a person is expected at which they may be found: at once, and after a second or more."""
RESIZED, HEAD_RESIZED = 1.35, 1.6
"""Factor by which their size may differ from what it was, and where a head alone tells it."""
MISSED_S = 5.0
"""Seconds a person may be missed and be known again."""
HEADING_S = 0.5
"""Seconds for which somebody who is missed is expected to go on as they moved."""
ALIKE, CLEARLY = 0.06, 0.03
"""How unlike the colours of the same person may be after a cut or an absence, and by how much less than anybody else's."""
ASIDE = 0.1
"""By how much less somebody at the edge of the picture counts than somebody in its middle."""
COMPARABLE = 0.5
"""Share of the measured person's size from which on somebody else is of comparable size."""
HEADS = 2.3
"""Widths of a head that shoulders are wide."""
_FRESH = 0.3  # weight of the newest frame in a track's size and velocity; of a later one, that of as many frames
_NOSE_TO_NECK = 1.4  # shoulder widths, times this distance: about 1, and steady while the shoulders turn away


@dataclass(frozen=True)
class People:
    """Everybody who was detected in a recording.

    Attributes:
        frame: in which frame each was, rising [shape=(detections,)].
        place: the neck; without one the middle of what was detected, pixels [shape=(detections, 2)].
        size: about a shoulder width, pixels; 0 where nothing tells it [shape=(detections,)].
        shouldered: whether both shoulders were detected: bool [shape=(detections,)].
    """

    frame: Array
    place: Array
    size: Array
    shouldered: Array

    @staticmethod
    def of(frame: Array, persons: Array) -> People:
        """People as detected.

        Args:
            frame: in which frame each is, rising [shape=(detections,)].
            persons: x and y, NaN = not detected [shape=(detections, 12, 2)].
        """
        known = np.isfinite(persons[:, :, :1])
        bounded = np.where(known, persons, 0), np.where(known, persons, np.inf), np.where(known, persons, -np.inf)
        middle = bounded[0].sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        neck, right, left = (persons[:, k] for k in (NECK, RIGHT_SHOULDER, LEFT_SHOULDER))
        place = middle
        for better in ((right + left) / 2, neck):
            place = np.where(np.isfinite(better), better, place)
        across = np.linalg.norm(right - left, axis=1)
        half = np.fmax(np.linalg.norm(right - neck, axis=1), np.linalg.norm(left - neck, axis=1))
        upright = _NOSE_TO_NECK * np.linalg.norm(persons[:, NOSE] - neck, axis=1)
        size = np.fmax(np.where(np.isfinite(across), across, 2 * half), upright)
        head = persons[:, HEAD_KEYPOINTS]
        heads = np.linalg.norm(head[:, :, None] - head[:, None], axis=3)
        extent = np.maximum(bounded[2].max(axis=1) - bounded[1].min(axis=1), 0).max(axis=1, initial=0)
        for less in (HEADS * np.where(np.isfinite(heads), heads, 0).max(axis=(1, 2), initial=0), extent):
            size = np.where(np.isfinite(size) & (size > 0), size, less)
        return People(frame, place, size, np.isfinite(across))

    def followed(self, fps: float, width: float) -> Array:
        """The detections of the one person who is largest over the whole recording: the sum of their sizes counts.

        Among people nearly as large it is the one nearer to the middle of the picture.

        Args:
            fps: frames per second.
            width: of the picture, pixels.

        Returns:
            rows of the detections, one a frame at most, rising; empty if there are none.
        """
        weight = self.size * centrality(self.place[:, 0], width, ASIDE)
        return max(self.tracks(fps), key=lambda rows: float(weight[rows].sum()), default=np.array([], dtype=int))

    def comparable(self, rows: Array, frames: int) -> Array:
        """How many people are of comparable size to the one who is followed, themself included [shape=(frames,)]."""
        if not len(rows):
            return np.zeros(frames)
        size = np.interp(self.frame, self.frame[rows], self.size[rows])
        counts = self.shouldered & (self.size >= COMPARABLE * size)
        counts[rows] = True
        return np.bincount(self.frame[counts], minlength=frames)

    def tracks(self, fps: float, cuts: Sequence[int] = (), colours: Array | None = None) -> list[Array]:
        """The detections of each person, as rows.

        Args:
            fps: frames per second.
            cuts: frames that begin a shot, where nobody goes on from where they were.
            colours: what each looks like, as `poseprint.estimation.appearance.colours` gives it [shape=(detections, features)]: who
                is seen again after a cut, or after having been away, is then known by it. None: they are somebody new.
        """
        ended: list[_Track] = []
        tracks: list[_Track] = []
        shot = np.searchsorted(np.sort(cuts), self.frame, side="right")
        rows = np.flatnonzero(self.size > 0)
        for found in np.split(rows, np.flatnonzero(np.diff(self.frame[rows])) + 1) if len(rows) else []:
            frame = int(self.frame[found[0]])
            gone = [frame - t.frame > MISSED_S * fps or shot[t.rows[-1]] != shot[found[0]] for t in tracks]
            ended += [t for t, is_gone in zip(tracks, gone, strict=True) if is_gone]
            tracks = [t for t, is_gone in zip(tracks, gone, strict=True) if not is_gone]
            resized = np.where(self.shouldered[found], RESIZED, HEAD_RESIZED)
            linked = _linked(tracks, frame, self.place[found], self.size[found], resized, fps)
            for row, track in zip(found.tolist(), linked, strict=True):
                if track is None:
                    tracks.append(_Track([row], frame, self.place[row], np.zeros(2), float(self.size[row])))
                else:
                    track.extend(row, frame, self.place[row], float(self.size[row]))
        found_rows = [np.array(t.rows) for t in ended + tracks]
        return found_rows if colours is None else _joined(found_rows, self.frame, colours)


def centrality(x: Array, width: float, aside: float) -> Array:
    """How much people count by their place: 1 in the middle of a picture so many pixels wide, less by `aside` at its edges."""
    return np.asarray(1 - aside * np.clip(np.abs(x / width - 0.5) * 2, 0, 1))


def head_of(position: Array) -> Array | None:
    """Middle and width of a person's head: x, y and the widest distance between two of its keypoints, pixels.

    Args:
        position: of UPPER_BODY, NaN = not known [shape=(12, 2)].

    Returns:
        None where no two points of the head are known.
    """
    points = position[HEAD_KEYPOINTS, :]
    points = points[np.isfinite(points[:, 0])]
    # Turned away, the ears are one before the other, and the nose is as far from the rear one as before.
    width = np.linalg.norm(points[:, None] - points, axis=2).max(initial=0)
    return np.array([*points.mean(axis=0), width]) if width > 0 else None


def departure(expected: Array, before: Array, gap: Array, place: Array, size: Array, resized: Array | float) -> Array:
    """How far detections are from people as they were expected; 1 is what is allowed [shape=(people, detections)].

    Args:
        expected: places, pixels [shape=(people, 2)].
        before: sizes that they had, pixels [shape=(people,)].
        gap: seconds since they were detected [shape=(people,)].
        place, size: of the detections.
        resized: factor by which a size may differ, of all or of each.
    """
    reach = before * np.minimum(REACH + gap, FARTHEST)
    away = np.linalg.norm(expected[:, None] - place, axis=2) / reach[:, None]
    return np.asarray(np.hypot(away, np.log(size / before[:, None]) / np.log(resized)))


def _joined(tracks: list[Array], frame: Array, colours: Array) -> list[Array]:
    """Tracks of one person as one: each goes on that of whom it is like, and of nobody else, if that person is not elsewhere meanwhile."""
    looks = np.array([np.nan_to_num(colours[rows]).sum(axis=0) for rows in tracks]).reshape(
        len(tracks), colours.shape[1]
    )
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    unlike = 1 - looks @ looks.T
    first, last = (np.array([frame[rows[end]] for rows in tracks]) for end in (0, -1))
    meanwhile = (first[:, None] <= last) & (first <= last[:, None])
    who = np.arange(len(tracks))
    for track in np.argsort(first, kind="stable").tolist():
        before = np.flatnonzero(last < first[track])
        free = [other for other in before.tolist() if not meanwhile[track, who == who[other]].any()]
        if not free:
            continue
        best = min(free, key=lambda other: float(unlike[track, other]))
        rivals = [other for other in free if who[other] != who[best]]
        doubles = np.flatnonzero(meanwhile[track] & (np.arange(len(tracks)) != track))
        nearest = min([*unlike[track, rivals], *unlike[best, doubles]], default=np.inf)
        if unlike[track, best] < ALIKE and nearest - unlike[track, best] > CLEARLY:
            who[track] = who[best]
    return [np.sort(np.concatenate([tracks[t] for t in np.flatnonzero(who == p)])) for p in np.unique(who)]


@dataclass
class _Track:
    """One person, from detection to detection."""

    rows: list[int]
    frame: int  # in which they were last detected
    place: Array
    velocity: Array  # pixels a frame
    size: float

    def extend(self, row: int, frame: int, place: Array, size: float) -> None:
        gap = frame - self.frame
        fresh = 1 - (1 - _FRESH) ** gap
        self.velocity = self.velocity + fresh * ((place - self.place) / gap - self.velocity)
        self.size *= (size / self.size) ** fresh
        self.rows.append(row)
        self.frame, self.place = frame, place


def _linked(
    tracks: list[_Track], frame: int, place: Array, size: Array, resized: Array, fps: float
) -> list[_Track | None]:
    """The track that each detection in a frame goes on, None where it begins one.

    All together are linked at the least sum of it, where what is not linked counts 1.
    """
    from scipy.optimize import linear_sum_assignment  # loaded only where there are people to follow

    linked: list[_Track | None] = [None] * len(place)
    if not tracks:
        return linked
    gap = frame - np.array([t.frame for t in tracks])
    heading = np.minimum(gap, max(1, HEADING_S * fps))[:, None] * np.array([t.velocity for t in tracks])
    expected = np.array([t.place for t in tracks]) + heading
    distance = departure(expected, np.array([t.size for t in tracks]), gap / fps, place, size, resized)
    for k, d in zip(*linear_sum_assignment(np.minimum(distance, 1)), strict=True):
        if distance[k, d] < 1:
            linked[d] = tracks[k]
    return linked
