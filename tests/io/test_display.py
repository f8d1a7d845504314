"""Pictures as they are to be shown."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import write_video

from poseprint.io.video import frames, probe

CORNERS = {"mirrored": (-1, 0, 0, 1), "upside down, mirrored": (1, 0, 0, -1), "half a turn": (-1, 0, 0, -1)}
TURNS = {
    "a quarter": (0, 1, -1, 0),
    "three quarters": (0, -1, 1, 0),
    "transposed": (0, 1, 1, 0),
    "both": (0, -1, -1, 0),
}


def corner(_: int) -> np.ndarray:
    """Bright at the top left, less so at the top right, as stored."""
    picture = np.zeros((96, 160, 3), dtype=np.uint8)
    picture[:40, :40] = 255
    picture[:40, -40:] = 120
    return picture


def with_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """The video with another display matrix in its track's header (version 0)."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    content[at : at + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("matrix", [*CORNERS.values(), *TURNS.values()], ids=[*CORNERS, *TURNS])
def test_the_whole_display_matrix_is_applied(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    video = probe(with_matrix(write_video(tmp_path / "v.mp4", corner, 3), *matrix))
    picture = next(iter(frames(video))).picture
    a, b, c, d = matrix
    assert video.size == ((160, 96) if a else (96, 160))
    assert picture.shape[:2] == video.size[::-1]
    assert picture.flags["C_CONTIGUOUS"]
    for (x, y), wanted in {(0, 0): 255, (1, 0): 120, (0, 1): 0, (1, 1): 0}.items():
        # What is stored at a corner is shown at this one.
        right = a * x + c * y - min(0, a) - min(0, c)
        down = b * x + d * y - min(0, b) - min(0, d)
        shown = picture[(slice(0, 30), slice(-30, None))[down], (slice(0, 30), slice(-30, None))[right]]
        assert abs(float(shown.mean()) - wanted) < 15


def test_a_matrix_without_sense_is_passed_over(tmp_path: Path) -> None:
    video = probe(with_matrix(write_video(tmp_path / "v.mp4", corner, 3), 0, 0, 0, 0))
    assert video.size == (160, 96)
    assert next(iter(frames(video))).picture[:30, :30].mean() > 240


def joined(path: Path, *sizes: tuple[int, int]) -> Path:
    """A stream of one picture size after the other."""
    parts = []
    for number, (width, height) in enumerate(sizes):
        part = path.with_name(f"{number}-{path.name}")
        picture = np.full((height, width, 3), 200, np.uint8)
        parts.append(write_video(part, lambda _, p=picture: p, 15, options={"g": "15", "bf": "0"}))
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_a_size_that_changes_is_a_cut_and_keeps_proportions(tmp_path: Path) -> None:
    video = probe(joined(tmp_path / "v.ts", (320, 192), (160, 96), (96, 96)))
    shown = list(frames(video))
    assert {f.picture.shape for f in shown} == {(192, 320, 3)}
    assert [f.number for f in shown if f.reshaped] == [15, 30]
    assert all(f.cut for f in shown if f.reshaped)
    half, square = shown[20].picture, shown[35].picture
    assert half.min() > 180  # of the same proportions: nothing is added
    assert square[:, 70:250].min() > 180
    assert square[:, :60].max() < 20
    assert square[:, -60:].max() < 20


def test_pixels_that_change_their_aspect_are_a_cut(tmp_path: Path) -> None:
    parts = []
    for number, aspect in enumerate((Fraction(1), Fraction(3, 2))):
        part = tmp_path / f"{number}.ts"
        with av.open(str(part), "w") as container:
            stream = container.add_stream("libx264", rate=30, options={"g": "15", "bf": "0"})
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            stream.codec_context.sample_aspect_ratio = aspect
            for _ in range(15):
                grey = np.full((96, 160, 3), 200, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
            container.mux(stream.encode(None))
        parts.append(part.read_bytes())
    path = tmp_path / "v.ts"
    path.write_bytes(b"".join(parts))
    shown = list(frames(probe(path)))
    assert [f.number for f in shown if f.reshaped] == [15]
    assert shown[20].picture.shape == (96, 160, 3)
    assert shown[20].picture[:14].max() < 20  # wider: black above and below


@pytest.mark.parametrize(("aspect", "width"), [("4/3", 213), ("1/2", 80), ("100/1", 160)])
def test_pixels_are_square(tmp_path: Path, aspect: str, width: int) -> None:
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        for k in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(corner(k), format="rgb24")))
        container.mux(stream.encode(None))
    assert probe(path).size == (width, 96)


def scene(k: int, bars: tuple[int, int, int, int] = (0, 0, 0, 0), level: float = 1.0) -> np.ndarray:
    """A textured picture of 160 x 96 with something bright that moves, between black bars."""
    left, top, right, bottom = bars
    picture = np.random.default_rng(0).integers(60, 120, (96, 160, 3), dtype=np.uint8)
    picture[30:60, 20 + 2 * k : 50 + 2 * k] = 230
    whole = np.zeros((96 + top + bottom, 160 + left + right, 3), np.uint8)
    whole[top : top + 96, left : left + 160] = level * picture
    return whole


@pytest.mark.parametrize("bars", [(0, 24, 0, 24), (80, 0, 80, 0), (20, 10, 60, 22)])
def test_black_bars_are_left_out(tmp_path: Path, bars: tuple[int, int, int, int]) -> None:
    # The first pictures are dark, as where a film fades in.
    path = write_video(tmp_path / "v.mp4", lambda k: scene(k, bars, min(1.0, k / 20)), 40)
    video = probe(path)
    assert tuple(vars(video.bars).values()) == pytest.approx(bars, abs=1)
    assert video.size == (160, 96)
    last = list(frames(video))[-1].picture
    assert last.shape == (96, 160, 3)
    assert np.abs(last.astype(int) - scene(39)).mean() < 25


@pytest.mark.parametrize(
    "picture", [scene, lambda k: scene(k, level=0.1), corner, lambda _: np.zeros((96, 160, 3), np.uint8)]
)
def test_what_is_no_bar_stays(tmp_path: Path, picture: Callable[[int], np.ndarray]) -> None:
    video = probe(write_video(tmp_path / "v.mp4", picture, 20))
    assert not video.bars
    assert video.size == (160, 96)


def test_interlaced_and_bright_footage_is_known(tmp_path: Path) -> None:
    woven = probe(write_video(tmp_path / "w.ts", corner, 10, options={"flags": "+ildct+ilme", "x264-params": "tff=1"}))
    plain = probe(write_video(tmp_path / "p.mp4", corner, 10))
    assert (plain.interlaced, plain.transfer) == (False, "")
    path = tmp_path / "h.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.color_trc = 16
        for k in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(corner(k), format="rgb24")))
        container.mux(stream.encode(None))
    assert probe(path).transfer == "PQ"
    assert woven.interlaced
