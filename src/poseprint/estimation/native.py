"""MediaPipe, loaded and asked so that it neither opens devices nor prints nor keeps memory."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array


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

__all__ = ["BaseOptions", "VideoLandmarker", "image_of", "native_stderr_silenced", "opened", "release_memory", "vision"]


def image_of(picture: Array) -> Any:
    """A uint8 RGB picture as MediaPipe takes it; one whose rows are padded would be read as noise."""
    return mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(picture))


_M_ARENA_MAX = -8


def _keep_memory_flat() -> None:
    """Few arenas: of each thread's own, glibc would keep tens of megabytes of every landmarker that was closed."""
    with suppress(OSError, AttributeError):  # other systems do it by themselves
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


_keep_memory_flat()


def release_memory() -> None:
    """Return freed memory to the system."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


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


native_stderr_silenced = _StderrSilencer()


def opened(kind: Any, model: Path, **options: Any) -> Any:
    """A landmarker of `vision` on a model file, for single pictures unless the options say otherwise."""
    base = BaseOptions(model_asset_path=str(model))
    with native_stderr_silenced():
        return kind.create_from_options(getattr(vision, f"{kind.__name__}Options")(base_options=base, **options))


class VideoLandmarker:
    """A landmarker in VIDEO mode: asked picture by picture, times rising; it prints over the first one it finds.

    Args:
        kind: the landmarker of `vision`, such as `vision.FaceLandmarker`.
        model: its model file.
        options: others of its options.
    """

    def __init__(self, kind: Any, model: Path, **options: Any) -> None:
        self._landmarker = opened(kind, model, running_mode=vision.RunningMode.VIDEO, **options)
        self._last_ms, self._has_detected = -1, False

    def __call__(self, time: float, picture: Array, found: str) -> Any:
        """What it finds in a uint8 RGB picture at a time in seconds; `found` names the list that tells whether it did."""
        self._last_ms = max(self._last_ms + 1, round(time * 1000))
        with nullcontext() if self._has_detected else native_stderr_silenced():
            result = self._landmarker.detect_for_video(image_of(picture), self._last_ms)
        self._has_detected = self._has_detected or bool(getattr(result, found))
        return result

    def close(self) -> None:
        """Free it."""
        self._landmarker.close()
        release_memory()
