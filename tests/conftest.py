"""Fixtures that many tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from poseprint.estimators.weights import missing

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The measuring data; a test that uses it is marked `shared_data`."""
    if not SHARED.is_dir():
        pytest.skip("the measuring data in ../shared/data is not here")
    return SHARED


@pytest.fixture(scope="session")
def models() -> None:
    """The estimator's model files; a test that uses them is marked `models`."""
    if missing():
        pytest.fail("the estimator's model files are missing: run `poseprint models install`")


Picture = Callable[[int], np.ndarray]


def write_video(
    path: Path,
    picture: Picture,
    count: int,
    *,
    fps: float = 30,
    codec: str = "libx264",
    times: list[float] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """A video of `count` pictures (uint8 RGB), at a constant rate or at given times in seconds."""
    from fractions import Fraction

    height, width = picture(0).shape[:2]
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = options or {"crf": "18", "g": "30"}
        stream.codec_context.time_base = Fraction(1, 60000)
        for k in range(count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(k)), format="rgb24")
            frame.pts = round((times[k] if times else k / fps) * 60000)
            frame.time_base = Fraction(1, 60000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered(k: int, size: tuple[int, int] = (320, 192)) -> np.ndarray:
    """A picture that carries its number as ten black or white squares in two rows."""
    picture = np.full((size[1], size[0], 3), 128, dtype=np.uint8)
    for bit in range(10):
        row, column = divmod(bit, 5)
        value = 255 if k >> bit & 1 else 0
        picture[row * 96 : row * 96 + 96, column * 64 : column * 64 + 64] = value
    return picture


def number_of(picture: np.ndarray) -> int:
    """The number that `numbered` put into a picture."""
    return sum(int(picture[r * 96 + 48, c * 64 + 32, 0] > 127) << (r * 5 + c) for r in range(2) for c in range(5))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to open a socket fails."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)


class Ran(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str

    def error(self) -> str:
        """The error, which is one line on standard error and all there is there."""
        lines = self.err.splitlines()
        assert self.code == 3, self
        assert len(lines) == 1, self.err
        assert lines[0].startswith("poseprint: error: ")
        return lines[0].removeprefix("poseprint: error: ")


Command = Callable[..., Ran]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line in this process: `command("check", path, "--json")`."""
    from poseprint.cli import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["poseprint", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        assert isinstance(code, int)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def clip(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn video of 3 s in which somebody gestures; for tests marked `models`."""
    from movers import mover

    from poseprint import avatar

    path = tmp_path_factory.mktemp("clip") / "gestures.mp4"
    avatar.write_video(mover(90, size=(640, 360), shoulder=100), path)
    return path


os.environ.setdefault("COLUMNS", "200")
