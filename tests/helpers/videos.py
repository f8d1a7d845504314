"""Small videos, made in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

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


def audio_only(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.rate = 44100
        for packet in stream.encode(frame):
            container.mux(packet)
        container.mux(stream.encode(None))
    return path


def film(path: Path, size: tuple[int, int] = (1280, 720), frames: int = 60) -> Path:
    """A film whose grey level counts its frames."""
    return write_video(path, lambda k: np.full((size[1], size[0], 3), 4 * (k % 60), np.uint8), frames)
