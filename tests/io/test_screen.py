"""A part of a screen, on which something moves as is known, under a display of its own."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.io.camera import Running, Screen, Stream

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not here: no display to capture"),
]
SIZE, SPEED = (640, 480), 120


@pytest.fixture
def pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Array]:
    """The pixels of a new display, to be written into [shape=(height, width, 4)]."""
    number, told = os.pipe()
    words = ["Xvfb", "-displayfd", str(told), "-screen", "0", "640x480x24", "-fbdir", str(tmp_path), "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=[told], stderr=subprocess.DEVNULL)
    os.close(told)
    with os.fdopen(number) as answer:
        monkeypatch.setenv("DISPLAY", f":{answer.readline().strip()}")
    with (tmp_path / "Xvfb_screen0").open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    header, *_ = struct.unpack(">I", memory[:4])
    colours = struct.unpack(">I", memory[76:80])[0]
    shape = (SIZE[1], SIZE[0], 4)
    yield np.frombuffer(memory, np.uint8, SIZE[0] * SIZE[1] * 4, header + 12 * colours).reshape(shape)
    server.terminate()
    server.wait()


def test_what_moves_on_the_screen_is_seen_where_it_is_and_when(pixels: Array) -> None:
    stop, begun = Event(), time.monotonic()

    def move() -> None:
        while not stop.wait(0.005):
            left = 100 + int(SPEED * (time.monotonic() - begun))
            pixels[:] = 40
            pixels[:, left : left + 20] = 255

    painter = Thread(target=move)
    painter.start()
    stream, found = Stream(Screen(50, 20, 512, 300)), []
    try:
        while len(found) < 60:
            picture = stream.take(1)
            assert picture is not None
            bright = np.flatnonzero(picture.picture[100, :, 0] > 150)
            if len(bright) > 10:  # painted while it was read, it is in parts
                found.append((picture.time, float(bright.min())))
    finally:
        stop.set()
        painter.join()
        stream.close()
    footage = stream.opened.footage
    assert isinstance(footage, Running)
    assert (footage.size, picture.picture.shape) == ((512, 300), (300, 512, 3))
    times, places = np.array(found).T
    speed, _ = np.polyfit(times, places, 1)
    assert speed == pytest.approx(SPEED, rel=0.1)
    assert np.median(np.diff(times)) == pytest.approx(1 / 30, rel=0.2)


def test_a_part_that_is_not_on_the_screen(pixels: Array) -> None:
    stream = Stream(Screen(500, 0, 320, 200))
    with pytest.raises(VideoError, match="does not lie on the display"):
        stream.take(5)
    stream.close()
