"""The central type: who is where in each frame.

Coordinates are picture coordinates: origin at the top left, x to the right, y down, in pixels of the
video as displayed. A keypoint that was not seen is NaN in both coordinates.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from poseprint.core.arrays import Array, median_of
from poseprint.core.errors import PoseFileError
from poseprint.core.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER, UPPER_BODY, Skeleton

GRID_FPS = 30.0
"""Frames per second of the grid on which recordings are measured and compared: the paper's frame rate."""
KINECT, MOTION_CAPTURE, OPENPOSE, UNKNOWN = "kinect", "motion_capture", "openpose", "unknown"
"""Names of estimators whose poses come ready made; one that poseprint runs itself has its name where it is run."""
SEEN_CONFIDENCE = {OPENPOSE: 0.1}
"""From which confidence on a keypoint counts as seen, by estimator: OpenPose's is the height of a heat
map and is low for joints it places well."""
FARTHEST = 1e7
"""Pixels beyond which nothing lies, in a picture or beside it."""
DEFAULT_SEEN_CONFIDENCE = 0.5
"""The same for every other estimator: its confidence is a probability of being visible."""

_SMALLEST_PX = 1.5
"""Nobody is as small as that: coordinates that all lie below are shares of the picture."""
_FAR_OUTSIDE = 0.01
"""Share of the picture's longer side from which on a point is far outside."""


@dataclass(frozen=True)
class EstimatorInfo:
    """Which pose estimator made a PoseSeries: two estimators differ by about 0.1 shoulder widths."""

    name: str
    version: str = ""
    weights_sha256: str = ""

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.name, self.version, self.weights_sha256)):
            raise TypeError("an estimator's name, version and sha256 are texts")

    @property
    def seen_confidence(self) -> float:
        """Confidence from which on a keypoint of this estimator counts as seen, 0 to 1."""
        return SEEN_CONFIDENCE.get(self.name, DEFAULT_SEEN_CONFIDENCE)


@dataclass(frozen=True, eq=False)
class PoseSeries:
    """The poses of one recording, one per frame, at a constant frame rate.

    Attributes:
        position: float32 [shape=(frames, keypoints, 2)], pixels; NaN where not seen.
        confidence: float32 [shape=(frames, keypoints)], 0 to 1; 0 where not seen.
        time: float64 [shape=(frames,)], seconds from the start of the recording, rising.
        fps: frames per second.
        frame_size: (width, height) in pixels of the picture as displayed.
        skeleton: names of the keypoints.
        recording: identifier of the recording.
        person: whose recording it is, if known.
        source_sha256: sha256 of the file the poses came from, if known.
        estimator: what estimated the poses.
        channels: further signals per frame by name, each float32 [shape=(frames,)]. Extraction
            writes `cut` (1 on the first frame of a new shot), `change` (mean absolute change of the
            picture, grey levels 0 to 255), `camera` (shift of the upper corners since the last
            frame, as a share of its width), `people` (persons counted, NaN where nobody counted),
            `near` (1 where one of them is within reach of the person measured), `doubted` (share of joints that
            a second look puts elsewhere) and `shown` (1 where a new picture of the source comes on display);
            and of the person measured head, face and hands: see `poseprint.core.channels`.
        log: what was done to get here, oldest first: json-like mappings with a key `step`.

    Raises:
        PoseFileError: a shape, value or unit is not as stated.
    """

    position: Array
    confidence: Array
    time: Array
    fps: float
    frame_size: tuple[int, int]
    skeleton: Skeleton = UPPER_BODY
    recording: str = ""
    person: str = ""
    source_sha256: str = ""
    estimator: EstimatorInfo = field(default_factory=lambda: EstimatorInfo(UNKNOWN))
    channels: Mapping[str, Array] = field(default_factory=dict)
    log: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        frames, keypoints = len(self.time), len(self.skeleton.keypoints)
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is refused below
            position = np.array(self.position, dtype=np.float32)
            confidence = np.array(self.confidence, dtype=np.float32)
            channels = {name: np.array(values, dtype=np.float32) for name, values in self.channels.items()}
        time = np.array(self.time, dtype=np.float64)
        self._require(
            position.shape == (frames, keypoints, 2),
            f"position has shape {position.shape}, expected {(frames, keypoints, 2)}",
        )
        self._require(
            confidence.shape == (frames, keypoints),
            f"confidence has shape {confidence.shape}, expected {(frames, keypoints)}",
        )
        self._require(not (np.abs(position) > FARTHEST).any(), f"a position is farther than {FARTHEST:g} pixels")
        self._require(
            bool(np.isfinite(confidence).all() and (confidence >= 0).all() and (confidence <= 1).all()),
            "confidence must be between 0 and 1",
        )
        self._require(bool(np.isfinite(time).all() and (np.diff(time) > 0).all()), "time must rise from frame to frame")
        self._require(1 <= self.fps <= 1000, f"fps must be from 1 to 1000, got {self.fps}")
        steps = time - time[:1] - np.arange(frames) / self.fps
        self._require(
            bool((np.abs(steps) < 0.5 / self.fps).all()),
            f"time does not rise by 1 / {self.fps:g} s from frame to frame",
        )
        self._require(all(isinstance(entry, Mapping) for entry in self.log), "the log holds something that is no entry")
        self._require(
            len(self.frame_size) == 2 and min(self.frame_size) > 0,
            f"frame_size must be (width, height), got {self.frame_size}",
        )
        missing = np.isnan(position).any(axis=2)
        position[missing] = np.nan
        confidence[missing] = 0
        for name in channels:
            self._require(not np.isinf(channels[name]).any(), f"channel {name!r} holds infinity")
            self._require(
                channels[name].shape == (frames,),
                f"channel {name!r} has shape {channels[name].shape}, expected {(frames,)}",
            )
        arrays: list[Array] = [position, confidence, time, *channels.values()]
        for array in arrays:
            array.setflags(write=False)
        size = (int(self.frame_size[0]), int(self.frame_size[1]))
        for name, value in {
            "position": position,
            "confidence": confidence,
            "time": time,
            "fps": float(self.fps),
            "frame_size": size,
            "channels": MappingProxyType(channels),
            "log": tuple(self.log),
        }.items():
            object.__setattr__(self, name, value)

    def _require(self, holds: bool, problem: str) -> None:
        if not holds:
            raise PoseFileError(f"recording {self.recording or '(unnamed)'}: {problem}")

    def __len__(self) -> int:
        return len(self.time)

    @property
    def duration(self) -> float:
        """Length in seconds: each frame stands for 1 / fps."""
        return len(self) / self.fps

    def seen(self) -> Array:
        """Which keypoints were seen: bool [shape=(frames, keypoints)]."""
        return np.asarray((self.confidence >= self.estimator.seen_confidence) & ~np.isnan(self.position[:, :, 0]))

    def present(self) -> Array:
        """In which frames a person was found: bool [shape=(frames,)]."""
        return np.asarray(~np.isnan(self.position[:, :, 0]).all(axis=1))

    def within_picture(self) -> PoseSeries:
        """The series with keypoints outside the picture missing, where no estimator sees anything; the log tells of them.

        Raises:
            PoseFileError: the coordinates are shares of the picture, not pixels.
        """
        seen, place = self.seen(), self.position
        lowest, highest = np.min(place[seen], initial=0), np.max(place[seen], initial=0)
        self._require(
            not seen.any() or max(-lowest, highest) >= _SMALLEST_PX,
            f"coordinates from {'-1' if lowest < 0 else '0'} to 1, shares of the picture; multiply them by its size in pixels"
            " (OpenPose writes pixels with --keypoint_scale 0)",
        )
        outside = np.any((place < 0) | (place > self.frame_size), axis=2)
        if not outside.any():
            return self
        # Wrists are often guessed below the picture; and a pixel or two may be rounding.
        body = seen & [not name.endswith("wrist") for name in self.skeleton.keypoints]
        margin = _FAR_OUTSIDE * max(self.frame_size)
        far = body & np.any((place < -margin) | (place > np.add(self.frame_size, margin)), axis=2)
        (left, top), (right, bottom) = np.min(place[seen], axis=0, initial=0), np.max(place[seen], axis=0, initial=0)
        details = {
            "outside": float(np.sum(outside & seen) / max(np.sum(seen), 1)),
            "far_outside": float(np.sum(far) / max(np.sum(body), 1)),
            **{"left": float(left), "top": float(top), "right": float(right), "bottom": float(bottom)},
        }
        return self.logged("within_picture", position=np.where(outside[:, :, None], np.nan, place), details=details)

    def shoulder_width(self) -> float:
        """Median distance of the shoulders in pixels; NaN if they were never seen apart."""
        distance = np.linalg.norm(self.position[:, RIGHT_SHOULDER] - self.position[:, LEFT_SHOULDER], axis=1)
        return median_of(distance[distance > 0])

    def shots(self) -> list[tuple[int, int]]:
        """Runs of frames between cuts, as (first, last + 1)."""
        cuts = np.flatnonzero(self.channels.get("cut", np.zeros(len(self))) > 0)
        edges = [0, *(int(c) for c in cuts if c > 0), len(self)]
        return [(a, b) for a, b in itertools.pairwise(edges) if b > a]

    @property
    def sha256(self) -> str:
        """sha256 of the positions: tells poses apart that came without a video."""
        return hashlib.sha256(self.position.tobytes()).hexdigest()

    @property
    def film(self) -> str:
        """sha256 of the video that was measured from end to end; empty for a part of one, and where no video is known."""
        return whole_film(self.source_sha256, self.log)

    def part(self, first: int, last: int) -> PoseSeries:
        """The frames first to last - 1 as a series of their own; times stay as they are."""
        return replace(
            self,
            position=self.position[first:last],
            confidence=self.confidence[first:last],
            time=self.time[first:last],
            channels={name: values[first:last] for name, values in self.channels.items()},
            log=(*self.log, {"step": "part", "first": first, "last": last}),
        )

    def logged(self, step: str, **changes: Any) -> PoseSeries:
        """A copy with changes to its fields; `step` is added to the log."""
        entry = {"step": step, **changes.pop("details", {})}
        return replace(self, log=(*self.log, entry), **changes)


def whole_film(source_sha256: str, log: Sequence[Mapping[str, Any]]) -> str:
    """See `PoseSeries.film`."""
    steps = {entry.get("step") for entry in log}
    return source_sha256 if "extract" in steps and "part" not in steps else ""
