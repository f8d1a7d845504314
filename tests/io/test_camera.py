"""Pictures of what runs now: only the newest wait, and whatever goes wrong is said."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from helpers.running import SIZE, Scripted, coded_film, frame, number_of

from poseprint.core.errors import VideoError
from poseprint.io import camera
from poseprint.io.camera import WAITING, Camera, Film, Screen, Source, Stream
from poseprint.io.video import Frame

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="devices are read on Linux only")


def taken(source: Source, *, pause: float = 0.0) -> tuple[list[Frame], Stream]:
    """All that is taken from a source by somebody who takes so long for each."""
    stream, found = Stream(source), []
    try:
        while True:
            picture = stream.take(5)
            assert picture is not None
            found.append(picture)
            time.sleep(pause)
    except EOFError:
        return found, stream
    finally:
        stream.close()


def refusal(source: Source) -> str:
    with pytest.raises(VideoError) as error:
        taken(source)
    return str(error.value)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return coded_film(tmp_path_factory.mktemp("film") / "film.mp4", 90)


def test_a_film_without_a_pace_waits_for_whoever_takes_its_pictures(film: Path) -> None:
    found, stream = taken(Film(film, pace=0), pause=0.002)
    assert [number_of(f.picture) for f in found] == list(range(90))
    assert [f.time for f in found] == pytest.approx(np.arange(90) / 30, abs=1e-3)
    assert stream.dropped == 0


@pytest.mark.slow
def test_a_film_is_played_at_its_pace_and_pictures_nobody_has_time_for_are_let_go(film: Path) -> None:
    begun = time.monotonic()
    found, stream = taken(Film(film, pace=4))
    assert 0.7 < time.monotonic() - begun < 5
    assert (len(found), stream.dropped) == (90 - stream.dropped, stream.dropped)
    found, stream = taken(Film(film, pace=8), pause=0.05)
    numbers = [f.number for f in found]
    assert len(found) + stream.dropped == 90
    assert stream.dropped > 30
    assert numbers == sorted(numbers)
    assert numbers[-WAITING:] == list(range(90 - WAITING, 90))


def test_a_cut_is_not_let_go_with_its_picture() -> None:
    frames = [frame(k, cut=k == 3) for k in range(40)]
    stream = Stream(Scripted(frames, waits=False, silent_s=5))
    stream._thread.join()
    first = stream.take(1)
    assert first is not None
    assert (first.number, first.cut, stream.dropped) == (40 - WAITING, True, 40 - WAITING)


def test_what_came_before_it_broke_is_given_first() -> None:
    stream = Stream(Scripted([frame(k) for k in range(3)], VideoError("gone")))
    assert [f.number for _ in range(3) if (f := stream.take(1))] == [0, 1, 2]
    with pytest.raises(VideoError, match="gone"):
        stream.take(1)


def test_a_source_that_falls_silent_is_given_up_and_can_be_left() -> None:
    stream = Stream(Scripted([frame(0)], hangs=1.5))
    assert stream.take(1)
    assert stream.take(0.01) is None
    with pytest.raises(VideoError, match=r"^scripted: no picture came for 0 s$"):
        [stream.take(0.1) for _ in range(10)]
    begun = time.monotonic()
    stream.close()
    assert time.monotonic() - begun < 1.2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("absent.mp4", "no such file or folder"),
        ("rtsp://camera/stream", "is an address, not a file; poseprint reads local files only: download it first"),
        (".", "not a regular file"),
    ],
)
def test_what_is_no_film_is_refused_in_words(path: str, words: str) -> None:
    assert words in refusal(Film(Path(path)))


class Packet:
    """A grey picture, or what cannot be decoded, as a camera's first pictures often."""

    def __init__(self, grey: int | None) -> None:
        self.grey = grey

    def decode(self) -> list[av.VideoFrame]:
        if self.grey is None:
            raise av.InvalidDataError(errno.EINVAL, "half a picture")
        return [av.VideoFrame.from_ndarray(np.full((SIZE[1], SIZE[0], 3), self.grey, np.uint8), format="rgb24")]


class Device:
    """A container that gives grey pictures and then fails, or ends."""

    def __init__(self, error: av.FFmpegError | None = None, pictures: int = 3) -> None:
        context = SimpleNamespace(width=SIZE[0], height=SIZE[1])
        stream = SimpleNamespace(codec_context=context, average_rate=30)
        self.streams, self.error, self.pictures, self.closed = SimpleNamespace(video=[stream]), error, pictures, False

    def demux(self, _streams: object) -> Iterator[Any]:
        for k in range(self.pictures):
            time.sleep(0.03)
            yield Packet(k)
            yield Packet(None)
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Cameras that are there; the options with which one was tried."""
    monkeypatch.setattr(camera.Path, "exists", lambda _: True)
    return []


@linux_only
@pytest.mark.parametrize(
    ("code", "words", "attempts"),
    [
        (errno.EBUSY, "camera 1: is in use by another program", 1),
        (errno.EACCES, "camera 1: may not be read by you", 1),
        (errno.EIO, "camera 1: cannot be opened", 3),
    ],
)
def test_a_camera_that_does_not_open(
    monkeypatch: pytest.MonkeyPatch, opening: list[dict[str, str]], code: int, words: str, attempts: int
) -> None:
    def refuse(_address: str, *, options: dict[str, str], **_: object) -> None:
        opening.append(options)
        raise av.FFmpegError(code, "refused")

    monkeypatch.setattr(camera.av, "open", refuse)
    assert words in refusal(Camera(1))
    assert len(opening) == attempts


@linux_only
@pytest.mark.parametrize("error", [av.FFmpegError(errno.ENODEV, "no such device"), None])
def test_a_camera_is_tried_with_less_until_it_opens_and_may_be_unplugged(
    monkeypatch: pytest.MonkeyPatch, opening: list[dict[str, str]], error: av.FFmpegError | None
) -> None:
    device = Device(error)

    def accept(_address: str, *, options: dict[str, str], **_: object) -> Device:
        opening.append(options)
        if "input_format" in options:
            raise av.ArgumentError(errno.EINVAL, "no such format")
        return device

    monkeypatch.setattr(camera.av, "open", accept)
    stream = Stream(Camera(1))
    found = [stream.take(5) for _ in range(3)]
    assert [int(f.picture[0, 0, 0]) for f in found if f] == [0, 1, 2]
    assert next(f.time for f in found if f) == 0
    with pytest.raises(VideoError, match=r"^camera 1: gives no more pictures.*was it unplugged\?$"):
        stream.take(5)
    assert ["input_format" in options for options in opening] == [True, False]
    assert (stream.opened.footage.size, stream.opened.footage.recording) == (SIZE, "camera-1")
    stream.close()
    assert device.closed


@linux_only
def test_a_camera_that_is_not_there() -> None:
    assert refusal(Camera(77)).startswith("camera 77: no such camera (/dev/video77); there is ")


def test_a_part_of_the_screen_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "16 pixels wide and high at least" in refusal(Screen(0, 0, 3, 300))
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "no X display is there" in refusal(Screen(0, 0, 320, 200))


def test_other_systems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.sys, "platform", "darwin")
    assert "on Linux only; record the call, and check the file" in refusal(Camera(0))
