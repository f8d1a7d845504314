"""What one worker measures with; and one person measured through a shot, on a crop of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import (
    LEFT_EYE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from poseprint.estimation.appearance import LOOKS, colours
from poseprint.estimation.estimator import Estimator, Pose
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.registry import load_estimator
from poseprint.io.people import COMPARABLE, centrality, head_of

ALONE_EVERY, SEVERAL_EVERY, EVERYWHERE_EVERY, LOOK_EVERY = 1.0, 0.25, 30.0, 5.0
"""Seconds between two searches for people: while one is in sight, while several are, and for who is small; and between second looks."""
BODY, NEEDED = np.array([-6.0, -3.0, 6.0, 9.0]), np.array([-3.2, -1.8, 3.2, 4.0])
"""Left, top, right and bottom of a person's crop, and of what must lie in it, in head widths from the middle of the head."""
WHOLE = 0.5
"""Share of the picture from which on a crop is the whole picture."""
RESCALED = 1.5
"""Factor by which a head may change before its crop does."""
SHOULDER, LEAST_OWN = 1.1, 2.6
"""Head widths from somebody else's middle to where a crop ends, and from one's own middle to where it may not end."""
BESIDE = 1.5
"""Head widths that somebody's head may be higher or lower than one's own for their bodies to be side by side."""
ASTRAY = 1.5
"""Head widths between a head and the pose's, from which on the pose is somebody else's."""
REACH = 2.0
"""Head widths that a head may move between two searches."""
ELSEWHERE = 0.3
"""Shoulder widths between two looks at a joint, from which on it is doubtful."""
HEAD_CROP = 1.6
"""Head widths from the middle of a head to the edge of its crop."""
STEADY = 0.5
"""Weight of the newest place of the head in that of its crop."""
SHOULDERS_TO_HEAD = 2.2
"""Head widths from shoulder to shoulder."""
ASIDE = 0.5
"""By how much less somebody at the edge of the picture counts than somebody in its middle."""

EYES = [RIGHT_EYE, LEFT_EYE]
Guide = Callable[[float], "Array | None"]
"""Where the head of the person to follow is expected at a time: x, y and width in pixels; None while they are not in sight."""


@dataclass
class Instruments:
    """What one worker measures with; a finder finds heads, a face or hand meter gives its channels."""

    estimator: Estimator
    finder: Any = None
    face: Any = None
    hands: Any = None

    @staticmethod
    def load(measuring: Measuring) -> Instruments:
        """Those that a measuring asks for; an estimator that was handed in comes alone."""
        if not isinstance(measuring.estimator, str):
            return Instruments(measuring.estimator)
        estimator = load_estimator(measuring.estimator, measuring.models, measuring.weights)
        from poseprint.estimation.face import FaceMeter
        from poseprint.estimation.finder import PeopleFinder
        from poseprint.estimation.hands import HandMeter

        return Instruments(
            estimator,
            PeopleFinder(measuring.models),
            FaceMeter(measuring.models) if measuring.head else None,
            HandMeter(measuring.models) if measuring.hands else None,
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of what is measured besides the pose."""
        return tuple(name for meter in (self.face, self.hands) if meter for name in meter.channels)

    def close(self) -> None:
        """Free them."""
        for instrument in (self.estimator, self.finder):
            if instrument:
                instrument.close()


class Seen(NamedTuple):
    """What a picture shows of one person, and who else is there.

    Attributes:
        position: of the keypoints, pixels of the picture [shape=(keypoints, 2)]; NaN = not seen.
        confidence: [shape=(keypoints,)].
        extra: the instruments' channels.
        apart: shoulder widths between this and a second look [shape=(keypoints,)]; NaN where there was none.
        heads: x, y and width of each, pixels [shape=(people, 3)]; None where nobody was looked for.
        looks: of each head [shape=(people, LOOKS)].
        aimed: which of them is measured; -1 for none.
    """

    position: Array
    confidence: Array
    extra: Array
    apart: Array
    heads: Array | None
    looks: Array
    aimed: int


class Follower:
    """Measures one person through the pictures of a shot: the one whom a guide tells of, or the largest and most central.

    Args:
        instruments: what is measured with.
        guide: whom; None for the largest and most central.
        begun: seconds at which the shot was looked at already, if only a later part of it follows; who is small is then
            looked for when it is time again.
    """

    def __init__(self, instruments: Instruments, guide: Guide | None, begun: float | None = None) -> None:
        self._with, self._guide = instruments, guide
        self._pose: Any = None
        self._face = instruments.face.tracker() if instruments.face else None
        self._hands = instruments.hands.tracker() if instruments.hands else None
        self._known: Array | None = None
        self._crop: tuple[int, int, int, int] | None = None
        self._crop_width = 0.0
        self._head: Array | None = None  # x, y and width of the head that is followed
        self._middle: Array | None = None  # of its crop
        self._next = self._next_look = -np.inf
        self._next_everywhere = -np.inf if begun is None else (begun // EVERYWHERE_EVERY + 1) * EVERYWHERE_EVERY

    def close(self) -> None:
        """Free the trackers."""
        for tracker in (self._pose, self._face, self._hands):
            if tracker is not None:
                tracker.close()

    def __call__(self, time: float, picture: Array) -> Seen:
        """The person in the next picture, uint8 RGB, of the shot."""
        heads, looks, aimed = self._search(time, picture)
        if self._guide and self._head is None:
            return self._nothing(heads, looks)
        left, top, right, bottom = self._crop or (0, 0, picture.shape[1], picture.shape[0])
        origin, crop = np.array([left, top]), picture[top:bottom, left:right]
        if self._pose is None:
            self._pose = self._with.estimator.tracker()
        pose = self._placed(self._pose(time, crop), origin, crop)
        own = _head_of(pose, self._with.estimator.info.seen_confidence)
        if heads is not None and own is not None:
            if aimed >= 0 and np.linalg.norm(own[:2] - heads[aimed, :2]) > ASTRAY * heads[aimed, 2]:
                self._restart()
                return self._nothing(heads, looks, aimed)
            if aimed < 0 and self._guide is None:  # a face that is not found, on a body that is
                heads, looks = np.vstack([heads, own]), np.vstack([looks, np.full((1, LOOKS), np.nan)])
                aimed = len(heads) - 1
        if own is None and self._guide is None and heads is not None and aimed < 0:
            self._head = None  # lost: whoever is largest next is followed
        if own is not None:
            width = own[2] if self._head is None else self._head[2]
            self._head = np.array([*own[:2], width])
        extra = self._extra(time, picture, pose, origin, crop)
        return Seen(pose.position, pose.confidence, extra, self._second_look(time, picture, pose), heads, looks, aimed)

    def _nothing(self, heads: Array | None, looks: Array, aimed: int = -1) -> Seen:
        keypoints = len(self._with.estimator.skeleton.keypoints)
        unknown = np.full(keypoints, np.nan)
        extra = _nothing_of(self._with.channels)
        return Seen(np.full((keypoints, 2), np.nan), np.zeros(keypoints), extra, unknown, heads, looks, aimed)

    def _search(self, time: float, picture: Array) -> tuple[Array | None, Array, int]:
        """Heads, their looks, and which of them is followed, if it is time to look; the crop is moved where it must be."""
        nobody = np.zeros((0, LOOKS))
        if self._with.finder is None or time < self._next:
            return None, nobody, -1
        everywhere = time >= self._next_everywhere
        found, _ = self._with.finder.find(picture, self._known, everywhere=everywhere)
        heads = [head_of(person) for person in found]
        found = self._known = found[[head is not None for head in heads]]
        self._next = time + (SEVERAL_EVERY if len(found) > 1 else ALONE_EVERY)
        if everywhere:
            self._next_everywhere = time + EVERYWHERE_EVERY
        places = np.array([head for head in heads if head is not None]).reshape(-1, 3)
        aimed = self._aim(time, places, picture.shape[1])
        if aimed >= 0:
            self._head = places[aimed].copy()
        if self._head is not None:
            self._frame(np.delete(places, aimed, axis=0) if aimed >= 0 else places, picture)
        return places, colours(picture, found) if len(found) else nobody, aimed

    def _aim(self, time: float, heads: Array, width: int) -> int:
        expected = self._guide(time) if self._guide else self._head
        if self._guide and expected is None:
            self._head = None
        if not len(heads) or (self._guide and expected is None):
            return -1
        if expected is None:
            return int(np.argmax(heads[:, 2] * centrality(heads[:, 0], width, ASIDE)))
        away = np.linalg.norm(heads[:, :2] - expected[:2], axis=1) / expected[2]
        nearest = int(np.argmin(away))
        return nearest if away[nearest] <= REACH else -1

    def _frame(self, others: Array, picture: Array) -> None:
        """Move the crop, and start the pose afresh, if the person is no longer well inside, or somebody else is."""
        assert self._head is not None
        size = np.array(picture.shape[1::-1] * 2)
        middle, width = np.tile(self._head[:2], 2), self._head[2]
        needed = np.clip(middle + width * NEEDED, 0, size)
        beside = np.abs(others[:, 1] - middle[1]) < BESIDE * width
        rivals = others[beside & (others[:, 2] >= COMPARABLE * width)]
        crop = self._crop
        if crop is not None:
            inside = (needed[:2] >= crop[:2]).all() and (needed[2:] <= crop[2:]).all()
            scaled = max(width / self._crop_width, self._crop_width / width) > RESCALED
            apart = ((rivals[:, :2] < crop[:2]) | (rivals[:, :2] > crop[2:])).any(axis=1).all()
            if inside and apart and not (scaled and crop[2:] != tuple(size[:2])):
                return
        box = np.clip(middle + width * BODY, 0, size)
        for x, _, other in rivals:
            if x > middle[0]:
                box[2] = min(box[2], max(x - SHOULDER * other, middle[0] + LEAST_OWN * width))
            else:
                box[0] = max(box[0], min(x + SHOULDER * other, middle[0] - LEAST_OWN * width))
        box = np.clip(box, 0, size)
        if not len(rivals) and (box[2] - box[0]) * (box[3] - box[1]) >= WHOLE * size[0] * size[1]:
            box = np.array([0, 0, *size[:2]])
        left, top, right, bottom = (int(edge) for edge in np.round(box / 2) * 2)
        fresh = (left, top, min(right, int(size[0])), min(bottom, int(size[1])))
        if fresh != crop and fresh[2] > left and fresh[3] > top:
            self._crop, self._crop_width = fresh, float(width)
            self._restart()

    def _restart(self) -> None:
        if self._pose is not None:
            self._pose.close()
            self._pose = None

    @staticmethod
    def _placed(pose: Pose, origin: Array, crop: Array) -> Pose:
        return Pose(pose.position * crop.shape[1::-1] + origin, pose.confidence)

    def _extra(self, time: float, picture: Array, pose: Pose, origin: Array, crop: Array) -> Array:
        parts = []
        if self._face is not None:
            crop_of_head = self._head_crop(picture)
            eyes = pose.position[EYES].mean(axis=0)
            parts.append(
                _nothing_of(self._with.face.channels)
                if crop_of_head is None
                else self._face(time, *crop_of_head, eyes=eyes)
            )
        if self._hands is not None:
            parts.append(self._hands(time, crop, origin, pose.position[[RIGHT_WRIST, LEFT_WRIST]]))
        return np.concatenate(parts) if parts else np.zeros(0)

    def _head_crop(self, picture: Array) -> tuple[Array, Array] | None:
        """The head's part of a picture, and its upper left corner; None while it is nowhere."""
        if self._head is None:
            return None
        size, new = np.array(picture.shape[1::-1]), self._head[:2]
        if self._middle is None or np.linalg.norm(new - self._middle) > self._head[2]:
            self._middle = new
        self._middle = self._middle + STEADY * (new - self._middle)
        half = max(HEAD_CROP * self._head[2], 16.0)
        low = np.clip(np.round(self._middle - half), 0, size - 2).astype(int)
        high = np.clip(np.round(self._middle + half), low + 2, size).astype(int)
        return picture[low[1] : high[1], low[0] : high[0]], low

    def _second_look(self, time: float, picture: Array, pose: Pose) -> Array:
        """How far a look that knows nothing of the pictures before, at another crop, puts each keypoint elsewhere."""
        unknown = np.full(len(pose.position), np.nan)
        if self._with.finder is None or time < self._next_look:
            return unknown
        width = float(np.linalg.norm(pose.position[RIGHT_SHOULDER] - pose.position[LEFT_SHOULDER]))
        if not width > 0:
            return unknown
        self._next_look = time + LOOK_EVERY
        left, top, right, bottom = self._crop or (0, 0, picture.shape[1], picture.shape[0])
        inset_x, inset_y = (right - left) // 40, (bottom - top) // 40
        crop = picture[top + inset_y : bottom, left + inset_x : right - inset_x]
        look = self._placed(self._with.estimator.look(crop), np.array([left + inset_x, top + inset_y]), crop)
        return np.asarray(np.linalg.norm(look.position - pose.position, axis=1) / width)


def _nothing_of(channels: tuple[str, ...]) -> Array:
    """The channels of a picture in which nothing was found."""
    return np.array([0.0 if name.endswith("_confidence") else np.nan for name in channels])


def _head_of(pose: Pose, seen_confidence: float) -> Array | None:
    """The head of a pose, by the keypoints that are seen; of somebody turned away, the shoulders tell its size."""
    head = head_of(np.where(pose.confidence[:, None] >= seen_confidence, pose.position, np.nan))
    if head is not None:
        across = float(np.linalg.norm(pose.position[RIGHT_SHOULDER] - pose.position[LEFT_SHOULDER]))
        head[2] = max(head[2], across / SHOULDERS_TO_HEAD)
    return head
