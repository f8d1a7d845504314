"""Who is in a picture: the candidates side by side, on drawn scenes whose truth is known and on real clips.

    python benchmarks/people.py [--set kept_aside] [--finders faces,movenet,openpose] [--movenet FOLDER] [--openpose FILE]

Each finder is asked four times a second, on one thread. A person counts as in sight where at least 0.6 of the head is; one of whom
less is in sight is neither missed nor falsely found. Whom a finder gives is who was drawn there where the keypoints
that both know are half a shoulder width apart at most, on average. Tracks are those of `poseprint.io.people`; a switch is a
track that goes on with somebody else, a break a person who goes on in another track.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scenes import SECONDS, Scene
from scipy.optimize import linear_sum_assignment

from poseprint.core.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER
from poseprint.io.people import People

IN_SIGHT, HIDDEN = 0.6, 0.1
"""Share of the head from which on a person should be found, and up to which nobody can ask for it."""
NEAR = 0.5  # shoulder widths
FPS = 30.0
SCAN_EVERY = 2.0  # seconds
REAL = {
    "debate": "trump-biden_real_2020-debate_cspan2.mp4",
}


class Finder(Protocol):
    def find(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...

    def close(self) -> None: ...


@dataclass
class Count:
    """What one finder came to over some pictures."""

    pictures: int = 0
    in_sight: int = 0
    found: int = 0
    false: int = 0
    switches: int = 0
    breaks: int = 0
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        return {
            "pictures": self.pictures,
            "people_in_sight": self.in_sight,
            "recall": round(self.found / self.in_sight, 4) if self.in_sight else None,
            "false_a_picture": round(self.false / self.pictures, 4),
            "switches": self.switches,
            "switches_a_minute": round(60 * self.switches / self.seconds, 2),
            "breaks_a_minute": round(60 * self.breaks / self.seconds, 2),
            "milliseconds_a_picture": round(statistics.mean(self.milliseconds), 1),
        }


def matched(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whom of the cast each person found is, -1 = nobody [shape=(found,)]."""
    who = np.full(len(found), -1)
    if not len(found) or not len(truth):
        return who
    unit = np.linalg.norm(truth[:, RIGHT_SHOULDER] - truth[:, LEFT_SHOULDER], axis=1)
    # Somebody in profile has narrow shoulders and is as tall as before.
    unit = np.fmax(unit, 1.4 * np.linalg.norm(truth[:, 0] - truth[:, 1], axis=1))
    apart = np.linalg.norm(found[:, None] - truth, axis=3)
    known = np.isfinite(apart)
    distance = np.where(known, apart, 0).sum(axis=2) / np.maximum(known.sum(axis=2), 1) / unit
    distance = np.where(known.any(axis=2), distance, np.inf)
    for k, c in zip(*linear_sum_assignment(np.minimum(distance, 10)), strict=True):
        if distance[k, c] < NEAR:
            who[k] = c
    return who


def measure(
    finder: Finder, scene: Scene, pictures: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]], count: Count
) -> None:
    frame, persons, named, next_scan, found = [], [], [], 0.0, np.zeros((0, 12, 2))
    for at, picture, truth, in_sight in pictures:
        started = time.perf_counter()
        everywhere = at >= next_scan or at in scene.cuts
        if everywhere:
            next_scan = at + SCAN_EVERY
        found = finder.find(picture, found, everywhere)
        count.milliseconds.append(1000 * (time.perf_counter() - started))
        who = matched(found, truth)
        count.pictures += 1
        count.in_sight += int((in_sight >= IN_SIGHT).sum())
        count.found += len(set(who[who >= 0].tolist()) & set(np.flatnonzero(in_sight >= IN_SIGHT).tolist()))
        count.false += int((who < 0).sum())
        frame += [round(at * FPS)] * len(found)
        persons += list(found)
        named += who.tolist()
    count.seconds += SECONDS
    people = People.of(np.array(frame, dtype=int), np.array(persons).reshape(-1, 12, 2))
    tracks = people.tracks(FPS)
    who, in_track = np.array(named, dtype=int), np.full(len(named), -1)
    for number, rows in enumerate(tracks):
        in_track[rows] = number
        known = who[rows][who[rows] >= 0]
        count.switches += int((np.diff(known) != 0).sum())
    for person in range(len(scene.cast)):
        count.breaks += int((np.diff(in_track[(who == person) & (in_track >= 0)]) != 0).sum())
