"""Everybody in a video: heads linked to people, numbered, and the one to measure.

Within a shot heads are linked by place and size; from shot to shot, and after an absence, by their looks. The person measured
unless one is named is the one who is largest and most central over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from poseprint.core.arrays import Array, median_of
from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.estimation.chunks import Chunk
from poseprint.estimation.instruments import ASIDE
from poseprint.io.people import COMPARABLE, HEADS, People, centrality

RIVAL = 0.6
"""Share of the first person's weight from which on somebody else could as well be meant."""
HOLDS_S = 1.0
"""Seconds that a head stands for after it was seen, at most."""
EXPECTED_S = 2.5
"""Seconds before and after a head was seen for which it is expected where it was."""
LISTED_S = 0.9
"""Nobody is listed who is in sight for less."""
BODY = np.array([1.6, 6.0])
"""Head widths to the side, and up or down, within which a place is on somebody."""
SAME, WITHIN_REACH = 0.75, 1.6
"""Head widths apart up to which two heads are one, and to the side up to which somebody is within reach."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody in a video.

    Attributes:
        number: from 1 on; 1 is the largest and most central over time.
        time: seconds at which the head was found, rising [shape=(times,)].
        head: x, y and width, pixels [shape=(times, 3)].
        rows: of the chunks' heads [shape=(times,)].
        shot: number of the shot each lies in [shape=(times,)].
        cuts: of the video, seconds.
        seconds: how long they are in sight.
        weight: sum over time of size and place.
    """

    number: int
    time: Array
    head: Array
    rows: Array
    shot: Array
    cuts: Array
    seconds: float
    weight: float

    def expected(self, time: float) -> Array | None:
        """Where the head is at a time: x, y and width; None while they are not in sight."""
        after = int(np.searchsorted(self.time, time))
        shot = int(np.searchsorted(self.cuts, time, side="right"))
        near = [i for i in (after - 1, after) if 0 <= i < len(self.time) and self.shot[i] == shot]
        near = [i for i in near if abs(self.time[i] - time) <= EXPECTED_S]
        if not near:
            return None
        if len(near) == 2:
            between = self.time[near]
            w = (time - between[0]) / max(between[1] - between[0], 1e-9)
            return np.asarray((1 - w) * self.head[near[0]] + w * self.head[near[1]])
        return np.asarray(self.head[near[0]])

    def facts(self) -> dict[str, Any]:
        """Json-ready: number, seconds, size (width of the shoulders as the head tells it) and place of the head in the median, and
        when and where they are largest; pixels."""
        x, y, width = (median_of(column) for column in self.head.T)
        clearest = int(np.argmax(self.head[:, 2]))
        return {
            "number": self.number,
            "seconds": round(self.seconds, 2),
            "size": round(HEADS * width, 1),
            "place": [round(x, 1), round(y, 1)],
            "first": round(float(self.time[0]), 3),
            "last": round(float(self.time[-1]), 3),
            "clearest": round(float(self.time[clearest]), 3),
            "there": [round(float(v), 1) for v in self.head[clearest, :2]],
        }


@dataclass(frozen=True)
class Cast:
    """Everybody in a video, by number."""

    people: tuple[Person, ...]

    @staticmethod
    def of(pictures: Chunk, width: int) -> Cast:
        """Link the heads of a video's joined chunks to people; `width` of the picture in pixels."""
        time, shot = pictures["time"][pictures["head_of"]], np.cumsum(pictures["cut"])[pictures["head_of"]]
        frame = np.round(time * GRID_FPS).astype(np.int64)
        cuts = pictures["time"][pictures["cut"] > 0]
        begin = np.round(cuts * GRID_FPS).astype(np.int64)
        size, alone = HEADS * pictures["head"][:, 2], np.zeros(len(time), dtype=bool)
        tracks = People(frame, pictures["head"][:, :2], size, alone).tracks(GRID_FPS, begin.tolist(), pictures["look"])
        people = []
        for rows in tracks:
            held = np.minimum(np.diff(time[rows], append=time[rows[-1]] + HOLDS_S / 2), HOLDS_S)
            head = pictures["head"][rows]
            weight = float((head[:, 2] * centrality(head[:, 0], width, ASIDE) * held).sum())
            people.append(Person(0, time[rows], head, rows, shot[rows], cuts, float(held.sum()), weight))
        lasting = [p for p in people if p.seconds >= LISTED_S] or people
        ranked = sorted(lasting, key=lambda p: (-p.weight, p.time[0]))
        return Cast(tuple(replace(p, number=k) for k, p in enumerate(ranked, 1)))

    def chosen(self, who: int | None, at: tuple[float, float, float] | None) -> Person | None:
        """The person named, or the first; None if nobody is there and nobody is named.

        Raises:
            PoseprintError: nobody has that number or is at that place then.
        """
        if who is None and at is None:
            return self.people[0] if self.people else None
        listed = ", ".join(f"{p.number}: {p.seconds:.0f} s" for p in self.people) or "nobody"
        if who is not None:
            if not 1 <= who <= len(self.people):
                raise PoseprintError(f"`who` {who}: nobody has that number; in sight: {listed}")
            return self.people[who - 1]
        assert at is not None
        x, y, seconds = at
        reached = [
            (float(np.abs((np.array([x, y]) - head[:2]) / head[2] / BODY).max()), p)
            for p in self.people
            if (head := p.expected(seconds)) is not None
        ]
        away, person = min(reached, key=lambda pair: pair[0], default=(np.inf, None))
        if person is None or away > 1:
            raise PoseprintError(f"`at` {x:g},{y:g}@{seconds:g}: nobody is there then; in sight: {listed}")
        return person

    def rivals(self, person: Person) -> list[int]:
        """Numbers of others who could as well be meant."""
        return [p.number for p in self.people if p is not person and p.weight >= RIVAL * person.weight]


def missed(chunk_heads: Sequence[int], pictures: Chunk, person: Person) -> bool:
    """Whether somebody else than the person was measured, among these rows of heads, at any time."""
    rows = np.asarray(chunk_heads, dtype=np.int64)  # there may be none
    aimed = pictures["aimed"][rows]
    own = np.isin(rows, person.rows)
    return bool((aimed & ~own).any() or (own & ~aimed).any())


def comparable(pictures: Chunk, person: Person | None, confident: Array) -> tuple[Array, Array]:
    """At each picture: how many people of comparable size are there, NaN where nobody counted; and whether one is too near.

    Args:
        pictures: the video's joined chunks.
        person: who is measured.
        confident: whether a pose was measured at each picture.
    """
    people = np.full(len(pictures["time"]), np.nan)
    near = np.zeros(len(people))
    for row in pictures["asked"]:
        heads = pictures["head"][pictures["head_of"] == row]
        own = person.expected(float(pictures["time"][row])) if person else None
        if own is None:
            people[row] = len(heads)
            continue
        others = heads[np.linalg.norm(heads[:, :2] - own[:2], axis=1) > SAME * own[2]]
        others = others[others[:, 2] >= COMPARABLE * own[2]]
        people[row] = len(others) + (len(others) < len(heads) or bool(confident[row]))
        near[row] = bool((np.abs(others[:, 0] - own[0]) < WITHIN_REACH * own[2]).any())
    return people, near
