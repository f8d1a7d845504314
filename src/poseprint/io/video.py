"""The pictures of a local video file, each at the time at which the file's clock shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.core.files import file_sha256
from poseprint.core.series import GRID_FPS
from poseprint.io.clock import TOLERANCE, Clock, find_restarts, read_clock
from poseprint.io.container import Film, Packets, demux, find_film, missing_bytes, opened
from poseprint.io.display import Bars, Converter, Shape, Shapes, find_bars, is_interlaced, limited, transfer

LOOKED_AT = 8
"""Pictures at the start that tell whether a film is interlaced."""
BARS_LOOKED_FOR = 5
"""Pictures, from all over a film, that tell whether it has black bars."""
BARS_SEEN = 40
"""Mean grey level from which on a first picture without bars shows that there are none."""
MOST_ERRORS = 10_000
"""Errors after which a decoder is not asked any more."""


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds, by its pictures' stamps; its header is only quoted.

    Attributes:
        path: the file.
        sha256: of the whole file, hexadecimal.
        size: (width, height) in pixels of the first picture as displayed: upright, with square pixels, without bars.
        bars: black bars around it: left, top, right, bottom, pixels.
        codec: name of the video codec.
        fps: frames per second by the time stamps, pauses left out (by the header where there are none).
        frames: pictures to be shown in the file.
        stored_frames: the same, with those that an edit list leaves out.
        declared_frames: what the header claims to be stored; 0 where it claims nothing.
        start: presentation time of the first decoded frame, seconds.
        duration: from the first frame to the end of the last, pauses included, seconds.
        declared_duration: what the header claims; 0 where it claims nothing.
        timed: whether there are usable time stamps; if not, frames are counted at `fps`.
        restarts: how often the clock starts again, each time with a cut.
        paused: seconds of the pauses between pictures.
        cut_off: bytes that are missing at the end, of what the file's headers state.
        interlaced: whether pictures are woven of two moments.
        transfer: PQ or HLG of footage of high dynamic range, otherwise nothing.
        stream, streams: which of how many video streams is measured, from 1 on.
        clock: when each picture is shown.
        stamps: in the stream's units, of each picture, where decoding may begin anywhere by them; else None.
    """

    path: Path
    sha256: str
    size: tuple[int, int]
    bars: Bars
    codec: str
    fps: float
    frames: int
    stored_frames: int
    declared_frames: int
    start: float
    duration: float
    declared_duration: float
    timed: bool
    restarts: int
    paused: float
    cut_off: int
    interlaced: bool
    transfer: str
    stream: int
    streams: int
    clock: Clock = field(compare=False, repr=False)
    stamps: Array | None = field(compare=False, repr=False)

    @property
    def recording(self) -> str:
        """What the recording is called."""
        return self.path.stem

    @property
    def displayed(self) -> tuple[int, int]:
        """(width, height) with the bars, pixels."""
        return (self.size[0] + self.bars.left + self.bars.right, self.size[1] + self.bars.top + self.bars.bottom)

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the pictures that `frames` gives, pixels."""
        return limited(self.size)

    def grid_frames(self, fps: float = GRID_FPS) -> int:
        """How many frames of the grid the video lasts."""
        return max(1, int(np.ceil((self.duration - TOLERANCE) * fps)))

    def facts(self) -> dict[str, Any]:
        """What is worth keeping beside the poses, json-ready."""
        left_out = ("path", "sha256", "clock", "stamps")
        facts = {k: v for k, v in vars(self).items() if k not in left_out}
        return {**facts, "size": list(self.size), "bars": list(vars(self.bars).values())}


@dataclass
class DecodeStats:
    """Counters that `frames` fills in passing.

    Attributes:
        decoded: frames that the decoder gave.
        errors: packets that it could not decode, and frames that it calls corrupt.
    """

    decoded: int = 0
    errors: int = 0


@dataclass(frozen=True)
class Frame:
    """One picture of a video.

    Attributes:
        number: its place among the video's pictures.
        time: seconds from the video's first picture to the moment at which it is shown.
        cut: whether the picture before it is not the moment before: the clock paused or started again, or the shape changed.
        reshaped: whether the picture before it has another size, shape or orientation.
        picture: uint8 RGB [shape=(height, width, 3)], C-contiguous, all alike, longer side at most 1920; empty where the
            picture is one of those that were not asked for.
        thumbnail: uint8 grey [shape=(36, 64)].
    """

    number: int
    time: float
    cut: bool
    reshaped: bool
    picture: Array
    thumbnail: Array


def probe(path: Path | str) -> VideoInfo:
    """Read a video's clock: from its packets where their stamps are orderly, otherwise by decoding it once.

    Raises:
        VideoError: not a local regular file, no video in it, or nothing that decodes.
    """
    path = Path(path)
    film = find_film(path)
    with opened(path) as container:
        stream = _stream(container, film.index)
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        declared_frames = int(stream.frames or 0)
        declared_duration, aspect = _declared_duration(container, stream), _Aspect(stream)()
        first_frames = list(islice(decode(container, stream, DecodeStats()), LOOKED_AT))
        if not first_frames:
            raise VideoError(
                f"{path}: nothing in it can be decoded (codec {stream.codec_context.name}); the file is damaged or cut off"
            )
        first, unit = first_frames[0], stream.time_base
        reordered = bool(stream.codec_context.has_b_frames)
        size, codec = Shape.of(first, aspect).size, str(stream.codec_context.name)
    stamps = None if first.pts is None else _orderly_stamps(film.packets, first.pts, unit, reordered)
    clock = read_clock(_decoded_stamps(path, film) if stamps is None else stamps * float(unit), rate)
    video = VideoInfo(
        path=path,
        sha256=file_sha256(path),
        size=size,
        bars=Bars(),
        codec=codec,
        fps=clock.rate,
        frames=len(clock.times),
        stored_frames=film.packets.count,
        declared_frames=declared_frames,
        start=float(first.time or 0),
        duration=clock.duration,
        declared_duration=declared_duration,
        timed=clock.timed,
        restarts=clock.restarts,
        paused=clock.paused,
        cut_off=missing_bytes(path),
        interlaced=sum(map(is_interlaced, first_frames)) > len(first_frames) / 2,
        transfer=transfer(first),
        stream=film.index + 1,
        streams=film.streams,
        clock=clock,
        stamps=stamps,
    )
    bars = _bars(video)
    return replace(video, bars=bars, size=bars.within(size))


def _bars(video: VideoInfo) -> Bars:
    """The film's black bars, by its first picture, and if that has some by a few from all over."""
    bars = Bars()
    for count in (1, BARS_LOOKED_FOR):
        starts = (video.duration * k / count for k in range(count))
        pictures = [next((f.picture for f in frames(video, start)), None) for start in starts]
        bars = find_bars([p for p in pictures if p is not None], video.size)
        if count == 1 and not bars and pictures[0] is not None and pictures[0].mean() > BARS_SEEN:
            break
    return bars


def _orderly_stamps(packets: Packets, first: int, unit: Fraction, reordered: bool) -> Array | None:
    """The packets' stamps from the first picture's on, rising; None where they do not tell the pictures' clock.

    Args:
        packets: of the film.
        first: stamp of the first picture.
        unit: seconds of a stamp's unit.
        reordered: whether pictures may be stored in another order than they are shown in.
    """
    seconds = packets.seconds(unit)
    if np.isnan(seconds).any() or find_restarts(seconds):
        return None
    if reordered and (np.diff(seconds) > 0).all():
        return None  # these may be stamps of storing, not of showing
    stamps = np.unique(np.array(packets.stamps, dtype=np.int64))
    if len(stamps) < packets.shown:
        return None
    stamps = stamps[stamps >= first]
    return stamps if read_clock(stamps * float(unit), 0).even else None


def _declared_duration(container: Any, stream: Any) -> float:
    """Seconds of video that the header claims; 0 where it claims nothing."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska has one length for all streams, and tells each one's in a tag.
    hours, _, rest = str(stream.metadata.get("DURATION", "")).partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return (container.duration or 0) / 1e6 if len(container.streams) == 1 else 0.0  # else it may be the sound's


def _decoded_stamps(path: Path, film: Film) -> list[float | None]:
    """The stamps, in seconds, of all frames that decode, in the order in which they come."""
    with opened(path) as container:
        stream = _stream(container, film.index)
        return [frame.time for frame in decode(container, stream, DecodeStats())]


class _Aspect:
    """Width of a stream's pixels over their height: what the container tells, until the coded film tells another."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._at_start = stream, stream.codec_context.sample_aspect_ratio

    def __call__(self) -> float:
        """That of the frame decoded last; 0 where nothing tells it."""
        coded = self._stream.codec_context.sample_aspect_ratio
        changed = coded and coded != self._at_start
        return float((coded if changed else self._stream.sample_aspect_ratio or coded) or 0)


def _stream(container: Any, index: int) -> Any:
    """A container's video stream, with a decoder of two threads."""
    stream = container.streams.video[index]
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = 2
    return stream


def decode(container: Any, stream: Any, stats: DecodeStats) -> Iterator[Any]:
    """Frames in the order in which they are shown; what does not decode is counted and passed over."""
    packets = demux(container, [stream])
    while stats.errors < MOST_ERRORS:
        try:
            packet = next(packets)
            frames = packet.decode()
        except (StopIteration, EOFError):
            return
        except av.FFmpegError:
            stats.errors += 1
            continue
        for frame in frames:
            stats.decoded += 1
            stats.errors += bool(frame.is_corrupt)
            yield frame


def frames(
    video: VideoInfo,
    start: float = 0.0,
    end: float = np.inf,
    *,
    rate: float = GRID_FPS,
    stats: DecodeStats | None = None,
) -> Iterator[Frame]:
    """The pictures to measure that are shown from `start` until before `end`; one is held in memory at a time.

    Every picture that decodes is given, but of a source much faster than the grid as many as the grid has. Below the
    grid's rate only so many a second are converted; the others come as thumbnails.

    Args:
        video: what `probe` read.
        start, end: seconds since the video's first picture; the file is read from a key frame before `start`.
        rate: pictures a second that are converted; GRID_FPS for all.
        stats: counters of decoded frames and decoding errors.
    """
    stats = stats if stats is not None else DecodeStats()
    clock, converter, shapes = video.clock, Converter(video.displayed, video.bars), Shapes()
    wanted = _ticks(clock, rate)
    shape: Shape | None = None
    lead = 0
    for number, decoded, aspect in _numbered(video, start, stats):
        time = float(clock.times[number])
        if time < start - TOLERANCE:
            lead = stats.errors  # errors before the first picture wanted are another part's
            continue
        if time >= end - TOLERANCE:
            break
        if clock.measured[number]:
            before, shape = shape, shapes(decoded, aspect)
            reshaped = before is not None and shape != before
            cut = reshaped or bool(clock.cuts[number])
            try:
                picture, thumbnail = converter(decoded, shape, whole=bool(wanted[number] or cut))
            except av.FFmpegError:  # of a kind that cannot be converted, which only a damaged file changes to
                stats.errors += 1
                continue
            yield Frame(number, time, cut, reshaped, picture, thumbnail)
    stats.errors -= lead


def glimpses(video: VideoInfo, times: Iterable[float]) -> Iterator[Frame]:
    """The key frame at or before each of some rising times, none twice; little is decoded for it.

    Where reading cannot begin anywhere, that is the first picture alone.
    """
    converter, shapes, stats = Converter(video.displayed, video.bars), Shapes(), DecodeStats()
    newest = -1
    for time in times:
        number, decoded, aspect = next(_numbered(video, time, stats), (-1, None, 0.0))
        if number > newest:
            newest = number
            with suppress(av.FFmpegError):  # cannot be converted: as if it were not there
                picture, thumbnail = converter(decoded, shapes(decoded, aspect), whole=True)
                yield Frame(number, float(video.clock.times[number]), False, False, picture, thumbnail)


def _ticks(clock: Clock, rate: float) -> Array:
    """Which pictures are the first at or after a tick of the rate; all at the grid's."""
    if rate >= GRID_FPS:
        return np.ones(len(clock.times), dtype=bool)
    tick = np.floor((clock.times + TOLERANCE) * rate)
    return np.asarray(np.diff(tick, prepend=-1) > 0)


def _numbered(video: VideoInfo, start: float, stats: DecodeStats) -> Iterator[tuple[int, Any, float]]:
    """(number, decoded frame, aspect of its pixels), numbers rising; from a key frame at or before `start` seconds on if
    stamps tell where that is, otherwise from the first picture on."""
    newest = -1
    for frame, aspect in _decoded_from(video, start, stats):
        if video.stamps is None or frame.pts is None:
            number = newest + 1
        else:
            number = int(np.searchsorted(video.stamps, frame.pts, side="right")) - 1
        if newest < number < len(video.clock.times):
            newest = number
            yield number, frame, aspect


def _decoded_from(video: VideoInfo, start: float, stats: DecodeStats) -> Iterator[tuple[Any, float]]:
    """Decoded frames, and the aspect of their pixels, from a key frame at or before `start` on, or from the first.

    Where the container has no index (MPEG-TS), seeking lands somewhere near: too late, and it is tried earlier.
    """
    margins = (0.0, 2.0, 12.0) if start > 0 and video.stamps is not None else ()
    with opened(video.path) as container:
        stream = _stream(container, video.stream - 1)
        aspect = _Aspect(stream)
        for margin in margins:
            try:
                target = max(0.0, start - margin) + video.start - TOLERANCE
                container.seek(int(target / stream.time_base), stream=stream)
                frames = decode(container, stream, stats)
                first = next(frames, None)
            except av.FFmpegError:
                break
            if first is not None and first.time is not None and first.time - video.start <= start + TOLERANCE:
                yield first, aspect()
                yield from ((frame, aspect()) for frame in frames)
                return
    with opened(video.path) as container:
        stream = _stream(container, video.stream - 1)
        aspect = _Aspect(stream)
        yield from ((frame, aspect()) for frame in decode(container, stream, stats))
