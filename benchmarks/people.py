"""Who is in a picture: the candidates side by side, on drawn scenes whose truth is known and on real clips.

    python benchmarks/people.py [--set kept_aside] [--movenet FOLDER] [--openpose FILE]

Each finder is asked four times a second and at each cut, on one thread; ours looks everywhere every two seconds and at cuts, otherwise
where people were. A person counts as in sight where at least 0.6 of the head is; one of whom less is in sight is neither
missed nor falsely found. Whom a finder gives is who was drawn there where the keypoints known of both are half a shoulder width apart
at most, on average. Tracks are those of `poseprint.io.people`; a switch is a track that goes on with somebody else, a break
a person who goes on in another track. --movenet is the folder of its two files (see movenet.py), --openpose a network of OpenPose's kind;
a candidate whose files are not given is left out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from common import SHARED, finish
from scenes import ASKED, SECONDS, SETS, SIZE, Scene, scenes
from scipy.optimize import linear_sum_assignment

from poseprint.core.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER
from poseprint.estimation.appearance import LEVELS, colours
from poseprint.estimation.finder import PeopleFinder
from poseprint.estimation.shots import ShotDetector
from poseprint.io.people import People
from poseprint.io.video import frames, probe

IN_SIGHT = 0.6
"""Share of the head from which on a person should be found."""
NEAR = 0.5  # shoulder widths
FPS = 30.0
SCAN_EVERY = 2.0  # seconds
REAL = (
    "trump-biden_real_2020-debate_cspan2.mp4",
    "trump_real_factory-speech.mp4",
    "trump_real_2015-12-30-rally_1080p.mp4",
    "obama_real_2020-rally-philadelphia.mp4",
)
Find = Callable[[np.ndarray, np.ndarray, bool], np.ndarray]
"""Picture, who was known before and whether to look everywhere -> positions."""


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
        """The figures of the result file."""
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


@dataclass
class Watch:
    """What a finder gives of a video, picture after picture."""

    find: Find
    frame: list[int] = field(default_factory=list)
    persons: list[np.ndarray] = field(default_factory=list)
    looks: list[np.ndarray] = field(default_factory=list)
    found: np.ndarray = field(default_factory=lambda: np.zeros((0, 12, 2)))
    next_scan: float = 0.0

    def see(self, at: float, picture: np.ndarray, cut: bool) -> float:
        """Look at a picture; the milliseconds that takes."""
        everywhere = cut or at >= self.next_scan
        if everywhere:
            self.next_scan = at + SCAN_EVERY
        started = time.perf_counter()
        self.found = self.find(picture, self.found, everywhere)
        taken = 1000 * (time.perf_counter() - started)
        self.frame += [round(at * FPS)] * len(self.found)
        self.persons += list(self.found)
        self.looks += list(colours(picture, self.found))
        return taken

    def tracks(self, cuts: Iterable[float]) -> list[np.ndarray]:
        """The detections of each person, as rows."""
        people = People.of(np.array(self.frame, dtype=int), np.array(self.persons).reshape(-1, 12, 2))
        return people.tracks(
            FPS, [round(at * FPS) for at in cuts], np.array(self.looks).reshape(len(self.looks), 2 * LEVELS**3)
        )


def measure(find: Find, scene: Scene, seed: int, counts: list[Count]) -> None:
    """Let a finder look through a scene."""
    watch, named, new = Watch(find), [], Count(seconds=SECONDS)
    for at, picture, truth, in_sight in drawn(scene, seed):
        new.milliseconds.append(watch.see(at, picture, at in scene.cuts))
        who = matched(watch.found, truth)
        asked = set(np.flatnonzero(in_sight >= IN_SIGHT).tolist())
        new.pictures += 1
        new.in_sight += len(asked)
        new.found += len(asked & set(who.tolist()))
        new.false += int((who < 0).sum())
        named += who.tolist()
    who, in_track = np.array(named, dtype=int), np.full(len(named), -1)
    for number, rows in enumerate(watch.tracks(scene.cuts)):
        in_track[rows] = number
        new.switches += int((np.diff(who[rows][who[rows] >= 0]) != 0).sum())
    for person in range(len(scene.cast)):
        new.breaks += int((np.diff(in_track[(who == person) & (in_track >= 0)]) != 0).sum())
    for count in counts:
        for name, value in vars(new).items():
            setattr(count, name, getattr(count, name) + value)


@lru_cache(1)
def drawn(scene: Scene, seed: int) -> list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
    return list(scene.pictures(seed))


def finders(movenet: Path | None, openpose: Path | None) -> Iterator[tuple[str, Find]]:
    """The candidates whose files are there."""
    faces = PeopleFinder()
    yield "faces", lambda picture, known, everywhere: faces.find(picture, known, everywhere=everywhere)[0]
    if movenet is not None:
        from movenet import MoveNet

        network = MoveNet(movenet)
        yield "movenet", lambda picture, *_: network.find(picture)[0]
    if openpose is not None:
        from poseprint.estimation.openpose import OpenPosePose

        estimator = OpenPosePose(openpose)
        yield "openpose", lambda picture, *_: estimator.find(picture)[0]


def real(find: Find, name: str) -> dict[str, Any]:
    """How many people are found in a clip, and the tracks that last for at least a second."""
    watch, counts, cuts, detector, next_look = Watch(find), [], [], ShotDetector(), 0.0
    for frame in frames(probe(SHARED / "videos" / name)):
        cut = detector(frame.thumbnail, cut=frame.cut).cut
        if cut:
            cuts.append(frame.time)
        if cut or frame.time >= next_look:
            next_look = frame.time + 1 / ASKED
            watch.see(frame.time, frame.picture, cut)
            counts.append(len(watch.found))
    tracks = [rows for rows in watch.tracks(cuts) if len(rows) >= ASKED]
    at = np.array(watch.frame) / FPS
    middle = np.array([np.nanmedian(np.nanmean(np.array(watch.persons)[rows], axis=1), axis=0) for rows in tracks])
    return {
        "clip": name,
        "pictures": len(counts),
        "cuts": [round(float(c), 2) for c in cuts],
        "pictures_by_people_found": {str(n): counts.count(n) for n in sorted(set(counts))},
        "tracks": [
            {
                "pictures": len(rows),
                "from": round(float(at[rows[0]]), 2),
                "to": round(float(at[rows[-1]]), 2),
                "middle": m,
            }
            for rows, m in zip(tracks, middle.round().tolist(), strict=True)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=list(SETS), default="kept_aside")
    parser.add_argument("--movenet", type=Path)
    parser.add_argument("--openpose", type=Path)
    arguments = parser.parse_args()
    total: dict[str, Count] = {}
    kinds: dict[tuple[str, str], Count] = {}
    candidates = list(finders(arguments.movenet, arguments.openpose))
    for scene, seed in scenes(arguments.set):
        for name, find in candidates:
            measure(
                find, scene, seed, [c.setdefault(k, Count()) for c, k in ((total, name), (kinds, (name, scene.name)))]
            )
    result = {
        "set": arguments.set,
        "scenes": sum(1 for _ in scenes(arguments.set)),
        "size": list(SIZE),
        "asked_a_second": ASKED,
        "scan_every_s": SCAN_EVERY,
        "finders": {
            name: {
                **count.figures(),
                "by_scene": {kind: c.figures() for (finder, kind), c in kinds.items() if finder == name},
                "real": [real(find, clip) for clip in REAL],
            }
            for (name, find), count in zip(candidates, total.values(), strict=True)
        },
    }
    finish("people" if arguments.set == "kept_aside" else f"people_{arguments.set}", result)


if __name__ == "__main__":
    main()
