"""Frames of a local video file at a constant rate, by presentation time.

Only regular files are opened, through a Python file object, and only by demuxers of plain media
containers: nothing a file says can make the decoder reach for the network or for another file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.core.files import absence, file_sha256, kind_of
from poseprint.core.series import GRID_FPS

LONGEST_SIDE = 1920
"""Pictures are scaled down to this many pixels on their longer side before anything looks at them."""

THUMBNAIL = (64, 36)
"""Width and height of the grey thumbnail that comes with each frame."""

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,h264,hevc,m4v,ivf,obu,nut,mxf,"
    "wav,mp3,aac,flac"  # sound alone is opened too, to say what it is
)
LONGEST_LEAP = 10.0
"""Seconds between two pictures beyond which time stamps are not believed: a clock that was reset, or a trap."""

TOLERANCE = 6e-4
"""Seconds by which a picture may come late and still be on time: Matroska rounds to whole milliseconds."""


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds, by its packets; its header is only quoted.

    Attributes:
        path: the file.
        sha256: of the whole file, hexadecimal.
        size: (width, height) in pixels as displayed: rotated, with square pixels.
        codec: name of the video codec.
        fps: frames per second by the packets' time stamps (by the header where they have none).
        frames: video packets in the file.
        declared_frames: what the header claims; 0 where it claims nothing.
        start: presentation time of the first decoded frame, seconds.
        duration: from the first frame to the end of the last packet, seconds.
        declared_duration: what the header claims; 0 where it claims nothing.
        timed: whether packets carry usable time stamps; if not, frames are counted at `fps`.
    """

    path: Path
    sha256: str
    size: tuple[int, int]
    codec: str
    fps: float
    frames: int
    declared_frames: int
    start: float
    duration: float
    declared_duration: float
    timed: bool

    def grid_frames(self, fps: float = GRID_FPS) -> int:
        """How many frames `frames` gives if every packet decodes."""
        return max(1, int(np.ceil((self.duration - TOLERANCE) * fps)))


@dataclass
class DecodeStats:
    """Counters that `frames` fills in passing."""

    decoded: int = 0
    errors: int = 0


@dataclass(frozen=True)
class Frame:
    """The picture on display at one point of the time grid.

    Attributes:
        index: position on the grid; `time` is index / fps.
        time: seconds since the first frame of the video.
        source_time: when this picture came on display, seconds since the first frame; <= time.
        repeat: True when the picture is the one of the grid point before (a source slower than the grid).
        picture: uint8 RGB [shape=(height, width, 3)], C-contiguous, longer side at most LONGEST_SIDE.
        thumbnail: uint8 grey [shape=(36, 64)].
    """

    index: int
    time: float
    source_time: float
    repeat: bool
    picture: Array
    thumbnail: Array


def _open(path: Path) -> tuple[Any, Any, IO[bytes]]:
    """Container, first real video stream, and the file object beneath them."""
    if not path.exists():
        raise VideoError(absence(path))
    if not path.is_file():
        raise VideoError(f"{path}: not a regular file; videos are read from local files only")
    if path.stat().st_size == 0:
        raise VideoError(f"{path}: the file is empty")
    try:
        file = path.open("rb")
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror})") from error
    options = {"protocol_whitelist": "none", "format_whitelist": _CONTAINERS}
    try:
        container = av.open(file, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        file.close()
        kind = kind_of(path)
        reason = f"but {kind}" if kind else "or damaged beyond reading (no known container was recognised)"
        raise VideoError(f"{path}: not a video file, {reason}") from error
    streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not streams:
        container.close()
        file.close()
        raise VideoError(f"{path}: holds no video stream (sound alone?)")
    return container, streams[0], file


def _decode(container: Any, stream: Any, stats: DecodeStats) -> Iterator[Any]:
    """Frames in display order; what does not decode is counted and passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except (StopIteration, EOFError):
            return
        except av.FFmpegError:
            stats.errors += 1
            if stats.errors > 10_000:
                return
            continue
        for frame in frames:
            stats.decoded += 1
            stats.errors += bool(frame.is_corrupt)
            yield frame


def _display_size(frame: Any, stream: Any) -> tuple[int, int]:
    """Width and height of a decoded frame with square pixels, after rotation."""
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = max(1, round(frame.width * aspect)), frame.height
    return (height, width) if _quarter_turns(frame) % 2 else (width, height)


def _quarter_turns(frame: Any) -> int:
    """Quarter turns, counterclockwise, that bring a decoded frame upright."""
    return int(round(frame.rotation / 90) % 4)


def probe(path: Path | str) -> VideoInfo:
    """Read a video's packets and first frame, without decoding the rest.

    Raises:
        VideoError: not a local regular file, no video in it, or nothing that decodes.
    """
    path = Path(path)
    container, stream, file = _open(path)
    with file, container:
        declared_rate = float(stream.average_rate or stream.guessed_rate or 0) or GRID_FPS
        declared_frames = int(stream.frames or 0)
        declared_duration = float(stream.duration * stream.time_base) if stream.duration else 0.0
        if not declared_duration and len(container.streams) == 1:  # else it may be the sound's
            declared_duration = (container.duration or 0) / 1e6
        first = next(_decode(container, stream, DecodeStats()), None)
        if first is None:
            raise VideoError(
                f"{path}: nothing in it can be decoded (codec {stream.codec_context.name}); the file is damaged or cut off"
            )
        size = _display_size(first, stream)
        codec = str(stream.codec_context.name)
    packets = _read_packets(path)
    start, duration, rate = _timing(packets, first.time, declared_rate)
    return VideoInfo(
        path=path,
        sha256=file_sha256(path),
        size=size,
        codec=codec,
        fps=rate,
        frames=packets.count,
        declared_frames=declared_frames,
        start=start or 0.0,
        duration=duration,
        declared_duration=declared_duration,
        timed=start is not None,
    )


@dataclass
class _Packets:
    """How many packets a video stream has; times and durations, in seconds, of those with a time stamp."""

    count: int = 0
    times: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)


def _read_packets(path: Path) -> _Packets:
    """The packets of a video stream, up to the first that cannot be read; none is decoded."""
    container, stream, file = _open(path)
    packets = _Packets()
    with file, container, suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.size:
                packets.count += 1
                if packet.pts is not None:
                    packets.times.append(float(packet.pts * packet.time_base))
                    packets.durations.append(float((packet.duration or 0) * packet.time_base))
    return packets


def _timing(packets: _Packets, start: float | None, declared_rate: float) -> tuple[float | None, float, float]:
    """Start (None without usable time stamps), duration and frame rate of a video, from its packets.

    A few stamps may be missing or double; many, or a leap in time, and they are not to be relied on.
    """
    times = np.unique(packets.times)
    leap = np.diff(times).max(initial=0)
    if start is None or len(times) < 0.9 * packets.count or leap > LONGEST_LEAP:
        return None, packets.count / declared_rate, declared_rate
    times = times[times >= start - TOLERANCE]
    if len(times) < 2:
        return float(start), max(packets.durations[0], 1 / declared_rate), declared_rate
    rate = float((len(times) - 1) / (times[-1] - times[0]))
    return float(start), float(times[-1] - start + 1 / rate), rate


def frames(
    video: VideoInfo,
    first: int = 0,
    last: int | None = None,
    *,
    fps: float = GRID_FPS,
    stats: DecodeStats | None = None,
) -> Iterator[Frame]:
    """The pictures on display at first / fps, (first + 1) / fps, ... seconds after the video's first frame.

    A source faster than `fps` is thinned, a slower one repeated. One frame is held in memory at a time.

    Args:
        video: what `probe` read.
        first: first grid point wanted; the file is read from the key frame before it.
        last: one past the last grid point wanted; None for all.
        fps: grid points per second.
        stats: counters of decoded frames and decoding errors.
    """
    stats = stats if stats is not None else DecodeStats()
    last = last if last is not None else np.iinfo(np.int64).max
    converter = _Converter(video.size)
    current, index = None, first
    for time, frame in _timed_frames(video, first / fps if first > 0 and video.timed else None, stats):
        if current is not None:
            end = min(last, int(np.ceil((time - TOLERANCE) * fps)))
            yield from _repeat_on_grid(converter, current, index, end, fps)
            index = max(index, end)
            if index >= last:
                return
        current = (time, frame)
    if current is not None:
        end = min(last, int(np.ceil((current[0] + 1 / video.fps - TOLERANCE) * fps)))
        yield from _repeat_on_grid(converter, current, index, max(end, index + (index == 0)), fps)


def _timed_frames(video: VideoInfo, start: float | None, stats: DecodeStats) -> Iterator[tuple[float, Any]]:
    """(seconds since the first frame, decoded frame) with rising times, from a key frame at or before `start`."""
    container, stream, file = _open(video.path)
    with file, container:
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        frames = (
            _decode(container, stream, stats) if start is None else _decode_from(container, stream, video, start, stats)
        )
        newest = -np.inf
        for count, frame in enumerate(frames):
            if video.timed and frame.time is None:
                continue
            time = frame.time - video.start if video.timed else count / video.fps
            if time > newest + TOLERANCE / 2 and time >= -TOLERANCE:
                newest = time
                yield time, frame


def _decode_from(container: Any, stream: Any, video: VideoInfo, start: float, stats: DecodeStats) -> Iterator[Any]:
    """Decoded frames from a key frame at or before `start` seconds; from the first one if there is none.

    Where the container has no index (MPEG-TS), seeking lands somewhere near: too late, and it is tried earlier.
    """
    for margin in (0.0, 2.0, 12.0):
        try:
            target = max(0.0, start - margin) + video.start - TOLERANCE
            container.seek(int(target / stream.time_base), stream=stream)
            frames = _decode(container, stream, stats)
            first_frame = next(frames, None)
        except av.FFmpegError:
            break
        if (
            first_frame is not None
            and first_frame.time is not None
            and first_frame.time - video.start <= start + TOLERANCE
        ):
            yield first_frame
            yield from frames
            return
    container, stream, file = _open(video.path)
    with file, container:
        yield from _decode(container, stream, stats)


class _Converter:
    """Decoded frames to upright pictures and thumbnails; keeps the scaler's tables between frames."""

    def __init__(self, size: tuple[int, int]) -> None:
        scale = min(1.0, LONGEST_SIDE / max(size))
        self._size = tuple(max(1, round(side * scale)) for side in size)
        self._picture, self._thumbnail = VideoReformatter(), VideoReformatter()

    def __call__(self, frame: Any) -> tuple[Array, Array]:
        turns = _quarter_turns(frame)
        width, height = self._size[::-1] if turns % 2 else self._size
        picture = self._picture.reformat(frame, width, height, "rgb24").to_ndarray()
        thumbnail = self._thumbnail.reformat(frame, *THUMBNAIL, "gray").to_ndarray()
        # Rows may be padded; MediaPipe reads a picture with padded rows as noise.
        return np.ascontiguousarray(np.rot90(picture, turns)), thumbnail


def _repeat_on_grid(
    converter: _Converter, current: tuple[float, Any], index: int, end: int, fps: float
) -> Iterator[Frame]:
    """One decoded frame at the grid points from `index` to `until` - 1."""
    if end <= index:
        return
    time, frame = current
    picture, thumbnail = converter(frame)
    # Where the grid began inside this picture's display time, the grid point before showed it too.
    before = int(np.ceil((time - TOLERANCE) * fps))
    for k in range(index, end):
        yield Frame(k, k / fps, time, k > before, picture, thumbnail)
