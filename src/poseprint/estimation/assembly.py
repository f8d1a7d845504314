"""What was measured of pictures as a PoseSeries on the grid, whether they come from a file or from what runs now."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.version import __version__
from poseprint.estimation.cast import Cast, Person, comparable
from poseprint.estimation.chunks import Chunk
from poseprint.estimation.grid import Between, signals
from poseprint.estimation.instruments import ELSEWHERE, LOOK_EVERY, Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.io.clock import TOLERANCE

_APART_S = 1e6
"""Seconds between two shots, as far as looks in them are concerned."""


class Footage(Protocol):
    """What pictures come from: as `poseprint.io.video.VideoInfo` tells it of a file."""

    @property
    def recording(self) -> str:
        """What it is called."""
        ...

    @property
    def sha256(self) -> str:
        """Of the file, hexadecimal; empty where there is none."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) as displayed, pixels."""
        ...

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the pictures that were measured, pixels."""
        ...

    @property
    def fps(self) -> float:
        """Pictures a second."""
        ...

    def facts(self) -> dict[str, Any]:
        """What is worth keeping beside the poses, json-ready."""
        ...


def series_of(
    footage: Footage,
    measuring: Measuring,
    instruments: Instruments,
    pictures: Chunk,
    cast: Cast,
    person: Person | None,
    *,
    lost: float = 0.0,
) -> PoseSeries:
    """What was measured as a series on the grid.

    Args:
        footage: what the pictures come from.
        measuring: how they were measured.
        instruments: what they were measured with.
        pictures: what was measured of them, in one piece.
        cast: everybody in them.
        person: whom the poses are of.
        lost: seconds that are missing because pictures did not decode.
    """
    time, of = pictures["time"], pictures["of"]
    count = max(1, int(np.ceil((time[-1] + 1 / footage.fps - TOLERANCE) * GRID_FPS)))
    scale = np.array(footage.size) / np.array(footage.picture_size)
    shot = np.cumsum(pictures["cut"])
    confidence, doubted = _after_second_looks(pictures, time[of], shot[of])
    position, extra = pictures["position"] * scale, pictures["extra"]
    channels = {name: np.full(count, np.nan) for name in instruments.channels}
    where = np.full((count, *position.shape[1:]), np.nan), np.zeros((count, position.shape[1]))
    if len(of):
        between = Between.of(time[of], shot[of], count)
        where = between(position), between(confidence)
        where[0][~between.known] = np.nan
        tracks = between(extra)
        tracks[~between.known] = np.nan
        channels = {name: _scaled(name, tracks[:, k], scale) for k, name in enumerate(instruments.channels)}
    for name in channels:
        if name.endswith("_confidence"):
            channels[name] = np.clip(np.nan_to_num(channels[name]), 0, 1)
        elif name.startswith("face_"):
            channels[name] = np.clip(channels[name], 0, 1)
    found = np.zeros(len(time), dtype=bool)
    found[of] = np.isfinite(pictures["position"][:, :, 0]).any(axis=1)
    shown = {name: pictures[name] for name in ("cut", "change", "camera")}
    if instruments.finder:
        shown["people"], shown["near"] = comparable(pictures, person, found)
        shown["doubted"] = np.zeros(len(time))
        shown["doubted"][of] = doubted
    log = {
        "step": "extract",
        "poseprint": __version__,
        "video": footage.facts(),
        "pictures": len(time),
        "reshaped": int(pictures["reshaped"].sum()),
        "decode_errors": int(pictures["errors"]),
        "lost_seconds": round(lost, 3),
        "measuring": measuring.settings,
        **_choice(measuring, cast, person, scale),
    }
    return PoseSeries(
        position=where[0],
        confidence=np.clip(where[1], 0, 1),
        time=np.arange(count) / GRID_FPS,
        fps=GRID_FPS,
        frame_size=footage.size,
        skeleton=instruments.estimator.skeleton,
        recording=footage.recording,
        source_sha256=footage.sha256,
        estimator=instruments.estimator.info,
        channels={**signals(time, shown, count), **channels},
        log=(log,),
    )


def _scaled(name: str, values: Array, scale: Array) -> Array:
    """A channel of a place in pixels of the video, where it was measured in a smaller picture."""
    return values * scale["xy".index(name[-1])] if name.endswith(("_x", "_y")) else values


def _choice(measuring: Measuring, cast: Cast, person: Person | None, scale: Array) -> dict[str, Any]:
    """Everybody in the picture, whom of them the poses are of, and how that was decided; json-ready."""
    people = [p.facts() for p in cast.people]
    for facts in people:
        facts["size"] = round(facts["size"] * float(scale[0]), 1)
        for place in ("place", "there"):
            facts[place] = [round(float(v), 1) for v in np.array(facts[place]) * scale]
    named = measuring.who is not None or measuring.at is not None
    who = person.number if person else None
    return {"people": people, "who": who, "named": named, "rivals": [] if named or not person else cast.rivals(person)}


def _after_second_looks(pictures: Chunk, time: Array, shot: Array) -> tuple[Array, Array]:
    """Confidences, halved where the nearest second look of the shot puts a joint elsewhere; and the share of such joints."""
    apart, confidence = pictures["apart"], pictures["confidence"]
    looked = np.flatnonzero(np.isfinite(apart).any(axis=1))
    if not len(looked):
        return confidence, np.zeros(len(time))
    when = time + _APART_S * shot
    right = np.clip(np.searchsorted(when[looked], when), 0, len(looked) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(when[looked[left]] - when) <= np.abs(when[looked[right]] - when)
    nearest = looked[np.where(nearer, left, right)]
    holds = np.abs(when[nearest] - when) <= LOOK_EVERY
    doubtful = holds[:, None] & (np.nan_to_num(apart[nearest]) > ELSEWHERE)
    seen = confidence > 0
    return np.where(doubtful, confidence / 2, confidence), (doubtful & seen).sum(axis=1) / np.maximum(
        seen.sum(axis=1), 1
    )
