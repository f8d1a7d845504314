"""MediaPipe's pose landmarker (BlazePose, full) as an estimator of the paper's 12 keypoints."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER, UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.estimation.model_files import FILES, require


@contextmanager
def _sound_out_of_reach() -> Iterator[None]:
    """MediaPipe's package would load `sounddevice`, which opens the sound system, its devices and sockets."""
    sys.modules.setdefault("sounddevice", None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if sys.modules["sounddevice"] is None:
            del sys.modules["sounddevice"]


with _sound_out_of_reach():
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

MODEL = "pose_landmarker_full.task"
COUNT_EVERY = 2.0  # seconds between two looks for further persons
COMPARABLE = 0.5  # a person counts from this share of the largest one's shoulder width on

# BlazePose's number for each of our keypoints; the neck is the middle of its shoulders (11, 12).
_SOURCE = np.array([0, 11, 12, 14, 16, 11, 13, 15, 5, 2, 8, 7])


class MediaPipePose:
    """VIDEO mode for the poses, one landmarker a shot; IMAGE mode now and then to count persons."""

    skeleton = UPPER_BODY

    def __init__(self, models: Path | None = None) -> None:
        self._model = str(require(MODEL, models))
        self._counter: Any = None
        self._has_detected = False  # whether anybody was detected yet
        self.info = EstimatorInfo("mediapipe-pose-full", version("mediapipe"), FILES[MODEL])

    def track(self, pictures: Iterable[tuple[float, Array]]) -> Iterator[Pose]:
        """See `poseprint.estimation.estimator.Estimator.track`."""
        landmarker = self._landmarker(vision.RunningMode.VIDEO, 1)
        next_count, last_ms = -np.inf, -1
        try:
            for time, picture in pictures:
                # A picture whose rows are padded would be read as noise.
                image = mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(picture))
                last_ms = max(last_ms + 1, round(time * 1000))
                persons = self._landmarks(landmarker.detect_for_video, image, last_ms)
                position, confidence = _upper_body(persons[0]) if persons else _no_pose()
                people = np.nan
                if time >= next_count:
                    people = self._count(image)
                    next_count = time + COUNT_EVERY
                    _release_memory()
                yield Pose(position, confidence, people)
        finally:
            landmarker.close()
            _release_memory()

    def close(self) -> None:
        """Free the landmarker that counts persons."""
        if self._counter is not None:
            self._counter.close()
            self._counter = None

    def _count(self, image: Any) -> float:
        if self._counter is None:
            self._counter = self._landmarker(vision.RunningMode.IMAGE, 4)
        aspect = image.width / image.height
        widths = [
            float(np.hypot((p[11].x - p[12].x) * aspect, p[11].y - p[12].y))
            for p in self._landmarks(self._counter.detect, image)
        ]
        return float(sum(width >= COMPARABLE * max(widths) for width in widths))

    def _landmarks(self, detect: Callable[..., Any], *arguments: Any) -> Any:
        """Landmarks of every person; the native library prints to standard error once, at the first of them."""
        with nullcontext() if self._has_detected else _native_stderr_silenced():
            persons = detect(*arguments).pose_landmarks
        self._has_detected = self._has_detected or bool(persons)
        return persons

    def _landmarker(self, mode: Any, people: int) -> Any:
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=self._model), running_mode=mode, num_poses=people
        )
        with _native_stderr_silenced():
            return vision.PoseLandmarker.create_from_options(options)


def _release_memory() -> None:
    """Return freed memory to the system; glibc would keep it, some 15 MB of each landmarker closed and of pictures."""
    with suppress(OSError, AttributeError):  # other systems do it by themselves
        ctypes.CDLL(None).malloc_trim(0)


def _no_pose() -> tuple[Array, Array]:
    return np.full((len(_SOURCE), 2), np.nan), np.zeros(len(_SOURCE))


def _upper_body(landmarks: Any) -> tuple[Array, Array]:
    """The 12 keypoints of 33 landmarks; those outside the picture are inventions and become missing."""
    values = np.array([(mark.x, mark.y, mark.visibility) for mark in landmarks])[_SOURCE]
    position, confidence = values[:, :2], np.clip(values[:, 2], 0, 1)
    outside = ((position < 0) | (position > 1)).any(axis=1)
    position[outside], confidence[outside] = np.nan, 0
    shoulders = [RIGHT_SHOULDER, LEFT_SHOULDER]
    position[NECK], confidence[NECK] = position[shoulders].mean(axis=0), confidence[shoulders].min()
    return position, confidence


class _StderrSilencer:
    """Keeps what the native library prints, which no setting turns off, from standard error; threads may overlap."""

    def __init__(self) -> None:
        self._lock, self._inside, self._saved = threading.Lock(), 0, -1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    os.dup2(self._saved, 2)
                    os.close(self._saved)


_native_stderr_silenced = _StderrSilencer()
