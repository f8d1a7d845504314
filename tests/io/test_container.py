"""Which stream is the film, and what is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import audio_only, write_video

from poseprint.io.container import demux, missing_bytes
from poseprint.io.video import frames, probe

PREVIEW, FILM, STILL = (32, 18, 30), (320, 192, 30), (1280, 720, 1)


def several(path: Path, streams: Sequence[tuple[int, int, int]], default: int | None = None) -> Path:
    """A file of several video streams, each of (width, height, pictures), grey by its number."""
    with av.open(str(path), "w") as container:
        made = []
        for number, (width, height, _) in enumerate(streams):
            stream = container.add_stream("mpeg4", rate=30)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = av.stream.Disposition.default if number == default else av.stream.Disposition(0)
            made.append(stream)
        for number, (width, height, count) in enumerate(streams):
            for _ in range(count):
                picture = np.full((height, width, 3), 60 + 60 * number, np.uint8)
                container.mux(made[number].encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(made[number].encode(None))
    return path


class Growing:
    """A container in which a stream begins that PyAV does not know: its packets are an IndexError each."""

    def __init__(self) -> None:
        self.left = ["a", IndexError, IndexError, "b", "c", IndexError]

    def demux(self, streams: list[str]) -> Iterator[str]:
        assert streams == ["film"]
        while self.left:
            packet = self.left.pop(0)
            if not isinstance(packet, str):
                raise packet
            yield packet


class Ending:
    """A container that sends the reader to a place before its file's beginning, which Python refuses."""

    def demux(self, _: list[str]) -> Iterator[str]:
        yield "a"
        raise OSError(22, "Invalid argument")


def test_a_place_before_the_beginning_ends_the_packets() -> None:
    packets = demux(Ending(), ["film"])
    assert next(packets) == "a"
    with pytest.raises(av.FFmpegError, match="Invalid argument"):
        next(packets)


def test_a_stream_that_begins_within_the_file_is_passed_over() -> None:
    assert list(demux(Growing(), ["film"])) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["v.mov", "v.mkv"])
@pytest.mark.parametrize(
    ("streams", "default", "film"),
    [
        ([PREVIEW, FILM], None, 1),
        ([PREVIEW, FILM], 0, 1),
        ([STILL, FILM], 0, 1),
        ([FILM, PREVIEW], 1, 0),
        ([FILM, FILM], 1, 1),
        ([FILM, FILM], None, 0),
    ],
)
def test_the_film_is_the_stream_with_most_to_see(
    tmp_path: Path, name: str, streams: list[tuple[int, int, int]], default: int | None, film: int
) -> None:
    video = probe(several(tmp_path / name, streams, default))
    assert (video.stream, video.streams) == (film + 1, 2)
    assert video.size == FILM[:2]
    assert abs(float(next(iter(frames(video))).picture.mean()) - (60 + 60 * film)) < 6
    assert len(list(frames(video))) == 30


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.avi", "v.mov"])
def test_what_is_cut_off_is_counted(tmp_path: Path, name: str) -> None:
    options = {"movflags": "faststart"} if name in ("v.mp4", "v.mov") else {}
    noise = np.random.default_rng(0).integers(0, 255, (30, 96, 160, 3), dtype=np.uint8)
    path = write_video(tmp_path / name, lambda k: noise[k], 30, codec="mpeg4", container_options=options)
    assert missing_bytes(path) == 0
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert missing_bytes(path) == pytest.approx(len(whole) / 3, rel=0.02)
    assert probe(path).cut_off == missing_bytes(path)


@pytest.mark.parametrize(
    "change", [lambda b: b + bytes(50), lambda b: b + b"\0\0\0\1mdat", lambda b: b[:40], lambda b: b[:3]]
)
def test_any_end_has_a_length(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = audio_only(tmp_path / "v.mp4")
    path.write_bytes(change(path.read_bytes()))
    assert missing_bytes(path) >= 0
