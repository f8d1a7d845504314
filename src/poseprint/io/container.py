"""Containers of films: opened safely, the stream that is the film, its packets' stamps, what is cut off.

Only regular files are opened, through a Python file object, and only by demuxers of plain media
containers: nothing a file says can make the decoder reach for the network or for another file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.core.files import absence, kind_of

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,h264,hevc,m4v,ivf,obu,nut,mxf,"
    "wav,mp3,aac,flac"  # sound alone is opened too, to say what it is
)
COMPARABLE = 0.5
"""A stream marked as the default one is the film if it has this share of the largest one's pixels, over all pictures."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A container, open as long as the block lasts.

    Raises:
        VideoError: not a local regular file, or no container that is known.
    """
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
    with file:
        options = {"protocol_whitelist": "none", "format_whitelist": _CONTAINERS}
        try:
            container = av.open(file, options=options, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            kind = kind_of(path)
            reason = f"but {kind}" if kind else "or damaged beyond reading (no known container was recognised)"
            raise VideoError(f"{path}: not a video file, {reason}") from error
        with container:
            yield container


def demux(container: Any, streams: Sequence[Any]) -> Iterator[Any]:
    """The packets of some streams; those of a stream that begins within the file, which PyAV does not know, are passed over.

    Raises:
        av.FFmpegError: what comes after cannot be read.
    """
    while True:
        try:
            yield from container.demux(list(streams))
        except IndexError:  # the packet is read: what follows it can be
            continue
        except OSError as error:  # a place before the file's beginning, where Python cannot go
            raise av.FFmpegError(error.errno or 0, str(error)) from error
        return


@dataclass
class Packets:
    """The packets of one stream, in the file's order.

    Attributes:
        count: how many, with those that an edit list leaves out.
        shown: how many of them are to be shown.
        stamps: presentation stamps of these, in the stream's units; None where there is none.
    """

    count: int = 0
    shown: int = 0
    stamps: list[int | None] = field(default_factory=list)

    def seconds(self, unit: Fraction) -> Array:
        """The stamps in seconds of `unit` each, NaN where there is none [shape=(shown,)]."""
        return np.array([np.nan if s is None else s for s in self.stamps], dtype=np.float64) * float(unit)


@dataclass(frozen=True)
class Film:
    """The stream of a file that is measured.

    Attributes:
        index: its place among the container's video streams.
        streams: how many video streams there are, covers left out.
        packets: its own.
    """

    index: int
    streams: int
    packets: Packets


def find_film(path: Path) -> Film:
    """The video stream with most pixels over all its pictures; the default one if it is comparable. Nothing is decoded.

    Raises:
        VideoError: no video stream, or see `opened`.
    """
    with opened(path) as container:
        cover = av.stream.Disposition.attached_pic
        streams = {s.index: s for s in container.streams.video if not s.disposition & cover}
        if not streams:
            raise VideoError(f"{path}: holds no video stream (sound alone?)")
        streams = {index: s for index, s in streams.items() if s.codec_context is not None}
        if not streams:
            raise VideoError(f"{path}: the codec of its video is not known; the file is damaged or cannot be read here")
        packets = {index: Packets() for index in streams}
        try:
            for packet in demux(container, list(streams.values())):
                if packet.size:
                    own = packets[packet.stream.index]
                    own.count += 1
                    if not packet.is_discard:
                        own.shown += 1
                        own.stamps.append(packet.pts)
        except av.FFmpegError:
            pass  # what comes after cannot be read: `missing_bytes` and the decoder tell
        films = {i: s for i, s in streams.items() if packets[i].shown > 1} or streams  # one picture is a cover
        pixels = {i: packets[i].shown * s.codec_context.width * s.codec_context.height for i, s in films.items()}
        enough = [i for i in films if pixels[i] >= COMPARABLE * max(pixels.values())]
        default = [i for i in enough if films[i].disposition & av.stream.Disposition.default]
        chosen = max(default or enough, key=lambda i: pixels[i])
        place = [s.index for s in container.streams.video].index(chosen)
    return Film(place, len(streams), packets[chosen])


def missing_bytes(path: Path) -> int:
    """How many bytes a file lacks of what its own outermost headers state; 0 where they state nothing.

    Told by the boxes of mp4, the chunks of avi and the segment of Matroska; a stream such as MPEG-TS has no such header.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF":
            # More than 2 GB are written in several such chunks.
            return max(0, 8 + int.from_bytes(head[4:8], "little") - size)
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return max(0, _matroska_end(file) - size)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"):
            return max(0, _boxes_end(file, size) - size)
    return 0


def _boxes_end(file: IO[bytes], size: int) -> int:
    """Where the last box of an mp4 file ends; the file's size where that cannot be told."""
    at = 0
    for _ in range(100_000):  # fragments are boxes too
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return at
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or not head[4:8].isalnum() or length > 1 << 50:
            return size  # up to the end, or no box
        at += length
    return size


def _matroska_end(file: IO[bytes]) -> int:
    """Where the segment of a Matroska file ends; 0 where its length is left open."""
    file.seek(4)
    header = _vint(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != b"\x18\x53\x80\x67":
        return 0
    length = _vint(file)
    return 0 if length is None else file.tell() + length


def _vint(file: IO[bytes]) -> int | None:
    """A number of variable length as Matroska writes lengths; None where it is left open or no number."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    value = int.from_bytes(bytes([first[0] & (1 << 8 - length) - 1]) + rest, "big")
    return None if value == (1 << 7 * length) - 1 else value
