"""Pictures of what runs now: a camera, a part of the screen, or a film that is played at its own pace.

A thread of its own reads them. Who measures is given the newest: where measuring is slower than the source, pictures are let go.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import av

from poseprint.core.errors import MissingDependencyError, VideoError
from poseprint.core.series import GRID_FPS
from poseprint.io.clock import PAUSE
from poseprint.io.display import Bars, Converter, Shape, Shapes, limited
from poseprint.io.video import DecodeStats, Frame, VideoInfo, decode, frames, probe

SILENT_S = 5.0
"""Seconds after which a camera or screen that gives no picture is given up."""
WAITING = 8
"""Pictures that wait to be measured at most, a quarter of a second: a search for people takes as long as a few pictures last."""
CLOSEST_S = 0.5 / GRID_FPS
"""Seconds after a picture within which another adds nothing: a screen that was not read for a moment catches up with a burst."""
_BUSY = "is in use by another program; close that, or let it show the call and give its part of the screen"


@dataclass(frozen=True)
class Running:
    """What is known of a camera or a screen.

    Attributes:
        recording: what it is called.
        size: (width, height) of its pictures, pixels.
        fps: pictures a second.
        kind: how it is read.
        sha256: none, as there is no file.
    """

    recording: str
    size: tuple[int, int]
    fps: float
    kind: str
    sha256: str = ""

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the pictures that are measured, pixels."""
        return limited(self.size)

    def facts(self) -> dict[str, Any]:
        """What is worth keeping beside the poses, json-ready."""
        return {"source": self.kind, "size": list(self.size), "fps": round(self.fps, 3), "timed": True}


@dataclass(frozen=True)
class Opened:
    """A source that gives pictures.

    Attributes:
        footage: what is known of it.
        frames: its pictures, each at its time.
        stats: counters that those of a file fill in passing.
    """

    footage: VideoInfo | Running
    frames: Iterator[Frame]
    stats: DecodeStats


class Source(Protocol):
    """Where pictures come from."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def silent_s(self) -> float:
        """Seconds without a picture after which it is given up."""
        ...

    @property
    def waits(self) -> bool:
        """Whether it goes on only as fast as its pictures are taken, so that none is let go."""
        ...

    def open(self) -> AbstractContextManager[Opened]:
        """It, open. Raises VideoError where it cannot be read."""
        ...


class _Device(ABC):
    """A camera or a screen, read through a device of FFmpeg."""

    silent_s, waits, kind = SILENT_S, False, ""

    @property
    @abstractmethod
    def name(self) -> str:
        """See `Source`."""

    @abstractmethod
    def _address(self) -> tuple[str, Sequence[dict[str, str]]]:
        """Its address, and the options to try, the best first."""

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """See `Source`."""
        if not sys.platform.startswith("linux"):
            raise VideoError(
                f"{self.name}: cameras and screens are read on Linux only; record the call, and check the file"
            )
        with closing(self._container()) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            footage = Running(
                self.name.replace(" ", "-"),
                (context.width, context.height),
                float(stream.average_rate or GRID_FPS),
                self.kind,
            )
            yield Opened(footage, self._frames(container, footage), DecodeStats())

    def _container(self) -> Any:
        address, attempts = self._address()
        for options in attempts:
            try:
                return av.open(address, format=self.kind, options=options, timeout=SILENT_S)
            except av.FFmpegError as error:  # some of its kinds are ValueErrors too
                if error.errno in (errno.EBUSY, errno.EACCES, errno.ENOENT) or options is attempts[-1]:
                    raise VideoError(f"{self.name}: {self._refusal(error)}") from error
            except ValueError as error:
                raise MissingDependencyError(
                    f"{self.name}: this build of PyAV cannot read {self.kind} ({error})"
                ) from error
        raise AssertionError

    def _refusal(self, error: av.FFmpegError) -> str:
        """Why it does not open, in words."""
        return f"cannot be opened ({error.strerror or error})"

    def _frames(self, container: Any, footage: Running) -> Iterator[Frame]:
        """Pictures, each at the time of its arrival since the first; what does not decode, as a camera's first often, is passed over."""
        converter, shapes = Converter(footage.size, Bars()), Shapes()
        begun = last = None
        shape: Shape | None = None
        number = 0
        for decoded in decode(container, container.streams.video[0], DecodeStats()):
            now = time.monotonic()
            if last is not None and now - last < CLOSEST_S:
                continue
            begun = now if begun is None else begun
            before, shape = shape, shapes(decoded, 1.0)
            reshaped = before is not None and shape != before
            cut = reshaped or (last is not None and now - last > PAUSE)
            yield Frame(number, now - begun, cut, reshaped, *converter(decoded, shape))
            last, number = now, number + 1
        raise VideoError(f"{self.name}: gives no more pictures; was it unplugged?")


@dataclass(frozen=True)
class Camera(_Device):
    """A camera of this machine, by number: the first is 0."""

    number: int
    kind = "v4l2"

    @property
    def name(self) -> str:
        """See `Source`."""
        return f"camera {self.number}"

    def _address(self) -> tuple[str, Sequence[dict[str, str]]]:
        path = Path(f"/dev/video{self.number}")
        if not path.exists():
            there = sorted(int(p.name[5:]) for p in path.parent.glob("video*") if p.name[5:].isdecimal())
            listed = f"there is {', '.join(map(str, there))}" if there else "there is none on this machine"
            raise VideoError(f"{self.name}: no such camera ({path}); {listed}")
        usual = {"framerate": "30", "video_size": "1280x720"}
        # Few cameras have the bandwidth for 30 large pictures a second unless each is compressed.
        return str(path), ({**usual, "input_format": "mjpeg"}, usual, {})

    def _refusal(self, error: av.FFmpegError) -> str:
        if error.errno == errno.EBUSY:
            return _BUSY
        if error.errno == errno.EACCES:
            return "may not be read by you; who is in the group `video` may"
        return super()._refusal(error)


@dataclass(frozen=True)
class Screen(_Device):
    """A part of the screen: its left upper corner and its size, pixels."""

    left: int
    top: int
    width: int
    height: int
    kind = "x11grab"

    @property
    def name(self) -> str:
        """See `Source`."""
        return f"screen {self.left},{self.top},{self.width},{self.height}"

    def _address(self) -> tuple[str, Sequence[dict[str, str]]]:
        if min(self.left, self.top) < 0 or min(self.width, self.height) < 16:
            raise VideoError(
                f"{self.name}: a part of the screen begins at 0 or more and is 16 pixels wide and high at least"
            )
        display = os.environ.get("DISPLAY", "")
        if not display:
            raise VideoError(f"{self.name}: no X display is there ($DISPLAY); a screen without X11 cannot be read")
        options = {"video_size": f"{self.width}x{self.height}", "framerate": f"{GRID_FPS:g}", "draw_mouse": "0"}
        return f"{display}+{self.left},{self.top}", (options,)

    def _refusal(self, error: av.FFmpegError) -> str:
        return f"does not lie on the display {os.environ.get('DISPLAY', '')} as a whole, or that cannot be read ({error.strerror or error})"


@dataclass(frozen=True)
class Film:
    """A film file that is played.

    Attributes:
        path: the file.
        pace: times its own; 0 for as fast as its pictures are taken.
    """

    path: Path
    pace: float = 1.0
    silent_s = float("inf")

    @property
    def name(self) -> str:
        """See `Source`."""
        return str(self.path)

    @property
    def waits(self) -> bool:
        """See `Source`."""
        return self.pace == 0

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """See `Source`."""
        video, stats = probe(self.path), DecodeStats()
        yield Opened(video, self._played(video, stats), stats)

    def _played(self, video: VideoInfo, stats: DecodeStats) -> Iterator[Frame]:
        begun = time.monotonic()
        for frame in frames(video, stats=stats):
            if self.pace:
                time.sleep(max(0.0, begun + frame.time / self.pace - time.monotonic()))
            yield frame


class Stream:
    """A source that is read, by a thread of its own, from now until it is closed.

    Attributes:
        dropped: pictures that were let go because newer ones came before they were taken.
    """

    def __init__(self, source: Source) -> None:
        self.dropped = 0
        self._source = source
        self._waiting: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._opened: Opened | None = None
        self._error: BaseException | None = None
        self._ended = self._closed = False
        self._heard = time.monotonic()
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)
        self._thread.start()

    @property
    def opened(self) -> Opened:
        """What is read; known once a picture was taken."""
        assert self._opened is not None
        return self._opened

    def take(self, patience: float) -> Frame | None:
        """The next picture; None where none comes within so many seconds.

        Raises:
            EOFError: the source has ended.
            PoseprintError: it cannot be read, or it gives nothing for long.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout=patience)
            if self._waiting:
                frame = self._waiting.popleft()
                self._changed.notify_all()
                return frame
            if self._error is not None:
                raise self._error
            if self._ended:
                raise EOFError
            if time.monotonic() - self._heard > self._source.silent_s:
                raise VideoError(f"{self._source.name}: no picture came for {self._source.silent_s:.0f} s")
        return None

    def close(self) -> None:
        """Stop reading. A camera that hangs is left to the end of the process."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join(timeout=1)

    def _read(self) -> None:
        try:
            with self._source.open() as opened:
                self._opened = opened
                for frame in opened.frames:
                    if not self._give(frame):
                        break
        except BaseException as error:  # raised where pictures are taken
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _give(self, frame: Frame) -> bool:
        """Put a picture where it is taken from; False if nobody takes any more."""
        with self._changed:
            self._heard = time.monotonic()
            if self._source.waits:
                self._changed.wait_for(lambda: len(self._waiting) < WAITING or self._closed)
            elif len(self._waiting) == WAITING:
                gone = self._waiting.popleft()
                self.dropped += 1
                if gone.cut:  # the next one is not the moment after the last that was taken
                    after = self._waiting[0]
                    self._waiting[0] = replace(after, cut=True, reshaped=after.reshaped or gone.reshaped)
            self._waiting.append(frame)
            self._changed.notify_all()
            return not self._closed
