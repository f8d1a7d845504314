"""A first look at a video, at some of its pictures alone: how many people are in sight, and whether anything moves.

It costs a few hundredths of what measuring costs, and tells which of many films need not be measured. What that misses is
measured in docs/scan.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from poseprint.estimation.finder import PeopleFinder
from poseprint.io.video import Frame, VideoInfo, frames, glimpses

EVERY_S, FEWEST, MOST = 4.0, 5, 40
"""Seconds between two looks, and how few and how many there are; a film with fewer key frames than FEWEST is read through."""
ENOUGH = 4
"""Pictures that show people, after which, if something moves in them, no more are looked at."""
STILL = 5.0
"""Grey levels by which no part of the picture (a 64th of its width) changes from look to look in a still."""


@dataclass(frozen=True)
class Glance:
    """What some pictures of a video show.

    Attributes:
        people: how many faces, or people seen from elsewhere, each picture shows.
        change: by how much the part of the picture that changes most does, grey levels.
    """

    people: tuple[int, ...]
    change: float

    def passed_over(self, fewest: int, most: int) -> str:
        """Why a video need not be measured, for whom so many people may be in sight; empty if it must be.

        Args:
            fewest, most: people in the usual picture that shows somebody.
        """
        seen = [count for count in self.people if count]
        if not seen:
            return f"nobody is in sight in any of {len(self.people)} pictures looked at"
        if self.change < STILL:
            return f"nothing moves in any of {len(self.people)} pictures looked at: a still"
        usual = int(np.median(seen))
        if not fewest <= usual <= most:
            return f"{usual} people are usually in sight; {fewest} to {most} were asked for"
        return ""


def glance(video: VideoInfo, finder: PeopleFinder) -> Glance:
    """Look at some of a video's pictures.

    Args:
        video: what `probe` read.
        finder: of people.
    """
    people, lowest, highest = list[int](), np.full((36, 64), 255.0), np.zeros((36, 64))
    for frame in _some(video):
        heads, _ = finder.find(frame.picture, everywhere=False)
        if not len(heads):
            heads, _ = finder.find(frame.picture)  # somebody small
        people.append(len(heads))
        lowest, highest = np.minimum(lowest, frame.thumbnail), np.maximum(highest, frame.thumbnail)
        if np.count_nonzero(people) >= ENOUGH and np.max(highest - lowest) >= STILL:
            break
    return Glance(tuple(people), float(np.max(highest - lowest)) if people else 0.0)


def _some(video: VideoInfo) -> Iterator[Frame]:
    """Key frames from all over a video, those far apart first; pictures read in passing where there are too few."""
    count = int(np.clip(video.duration / EVERY_S, FEWEST, MOST))
    times = (np.arange(count) + 0.5) * video.duration / count
    step = count // FEWEST
    keys = list(glimpses(video, times[::step]))
    if len(keys) < FEWEST:
        yield from (f for f in frames(video, rate=count / max(video.duration, 1.0)) if f.picture.size)
        return
    yield from keys
    known = {frame.number for frame in keys}
    yield from (f for f in glimpses(video, np.delete(times, np.s_[::step])) if f.number not in known)
