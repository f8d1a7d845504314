"""Frames at exactly 30 a second, whatever the file."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import audio_only, number_of, numbered, write_video

from poseprint.core.errors import VideoError
from poseprint.core.files import file_sha256
from poseprint.io.video import TOLERANCE, DecodeStats, frames, probe


@pytest.mark.slow
@pytest.mark.parametrize("fps", [10, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60])
def test_each_grid_point_shows_the_picture_on_display(tmp_path: Path, fps: float) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, round(2 * fps), fps=fps))
    shown = list(frames(video))
    assert [f.index for f in shown] == list(range(len(shown)))
    assert abs(len(shown) - 60) <= 1
    assert video.fps == pytest.approx(fps, rel=1e-3)
    for frame in shown:
        assert frame.time == frame.index / 30
        expected = int(np.floor((frame.time + TOLERANCE) * fps))
        assert number_of(frame.picture) == expected
        assert frame.source_time == pytest.approx(expected / fps, abs=1e-4)


def test_variable_frame_rate_goes_by_time_stamps(tmp_path: Path) -> None:
    times = list(np.cumsum(np.random.default_rng(0).uniform(0.01, 0.12, 40)))
    times = [t - times[0] for t in times]
    video = probe(write_video(tmp_path / "v.mp4", numbered, 40, times=times))
    for frame in frames(video):
        assert number_of(frame.picture) == np.searchsorted(times, frame.time + TOLERANCE, side="right") - 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["v.mkv", "v.avi", "v.mov", "v.ts", "v.webm"])
def test_containers(tmp_path: Path, name: str) -> None:
    codec = {"v.webm": "libvpx-vp9", "v.avi": "mpeg4"}.get(name, "libx264")
    video = probe(write_video(tmp_path / name, numbered, 45, codec=codec, options={"g": "15"}))
    shown = list(frames(video))
    assert abs(len(shown) - 45) <= 1
    assert [number_of(f.picture) for f in shown[:40]] == list(range(40))


def test_raw_stream_without_time_stamps_is_counted(tmp_path: Path) -> None:
    video = probe(write_video(tmp_path / "v.h264", numbered, 30, fps=25, options={"bf": "0"}))
    shown = list(frames(video))
    assert abs(len(shown) - 36) <= 2
    assert number_of(shown[-1].picture) == 29


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [(0, 10), (37, 61), (100, 150), (119, 120), (140, None)])
def test_a_part_is_the_same_as_in_the_whole(tmp_path: Path, first: int, last: int | None) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 125, fps=25, options={"g": "50", "bf": "2"}))
    whole = {f.index: f for f in frames(video)}
    part = list(frames(video, first, last))
    assert [f.index for f in part] == [i for i in whole if i >= first and (last is None or i < last)]
    for frame in part:
        assert (frame.picture == whole[frame.index].picture).all()
        assert frame.source_time == whole[frame.index].source_time
        assert frame.repeat == whole[frame.index].repeat


def test_repeats_are_marked(tmp_path: Path) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 30, fps=15))
    assert [f.repeat for f in frames(video)][:6] == [False, True, False, True, False, True]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied(tmp_path: Path, degrees: int) -> None:
    def corner(_: int) -> np.ndarray:
        picture = np.zeros((96, 160, 3), dtype=np.uint8)
        picture[:40, :40] = 255  # bright at the top left as stored
        return picture

    path = write_video(tmp_path / "v.mp4", corner, 5)
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # the display matrix of the track header, version 0
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    content[at : at + 36] = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    video = probe(path)
    picture = next(iter(frames(video))).picture
    assert video.size == ((96, 160) if degrees % 180 else (160, 96))
    assert picture.shape[:2] == video.size[::-1]
    assert picture.flags["C_CONTIGUOUS"]
    # The matrix turns the stored picture clockwise.
    bright = {
        90: (slice(0, 40), slice(-40, None)),
        180: (slice(-40, None), slice(-40, None)),
        270: (slice(-40, None), slice(0, 40)),
    }
    assert picture[bright[degrees]].mean() > 200
    assert picture.mean() < 60


def test_lying_header_is_not_believed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", numbered, 30, codec="mpeg4", options={"g": "15"})
    content = bytearray(path.read_bytes())
    at = content.index(b"strh") + 8 + 32  # the stream header's length
    content[at : at + 4] = struct.pack("<I", 100_000)
    path.write_bytes(content)
    video = probe(path)
    assert video.declared_frames == 100_000
    assert video.duration == pytest.approx(1.0, abs=0.05)
    assert len(list(frames(video))) == 30


def test_truncated_file_gives_what_decodes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", numbered, 90)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    shown = list(frames(probe(path)))
    assert 20 < len(shown) < 80


@pytest.mark.slow
def test_damaged_middle_is_passed_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (192, 320, 3), dtype=np.uint8) for _ in range(60)]
    path = write_video(tmp_path / "v.ts", lambda k: noise[k], 60, options={"g": "10"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(content)
    stats = DecodeStats()
    shown = list(frames(probe(path), stats=stats))
    assert len(shown) >= 55
    assert stats.decoded < 60 or stats.errors


def test_one_picture(tmp_path: Path) -> None:
    assert len(list(frames(probe(write_video(tmp_path / "v.mp4", numbered, 1))))) == 1


@pytest.mark.slow
def test_tiny_and_huge_pictures(tmp_path: Path) -> None:
    tiny = probe(
        write_video(tmp_path / "tiny.mp4", lambda _: np.zeros((4, 4, 3), np.uint8), 3, codec="mpeg4", options={})
    )
    assert next(iter(frames(tiny))).picture.shape == (4, 4, 3)
    huge = probe(
        write_video(
            tmp_path / "huge.mp4", lambda _: np.zeros((4320, 7680, 3), np.uint8), 2, options={"preset": "ultrafast"}
        )
    )
    assert huge.size == (7680, 4320)
    assert next(iter(frames(huge))).picture.shape == (1080, 1920, 3)


@pytest.mark.slow
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 600, options={"preset": "ultrafast"}))
    peaks = []
    for last in (60, 600):
        tracemalloc.start()
        for _ in frames(video, 0, last):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_sha256(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.touch()
    text.write_text("this is not a film\n" * 100)
    headless = write_video(tmp_path / "v.mp4", numbered, 30)
    content = headless.read_bytes()
    headless.write_bytes(content[: content.index(b"moov")])
    for path, message in (
        (tmp_path / "absent.mp4", "no such file"),
        (tmp_path, "not a regular file"),
        (empty, "empty"),
        (text, "not a video file"),
        (headless, "not a video file|nothing in it can be decoded"),
        (audio_only(tmp_path / "sound.mp4"), "no video stream"),
    ):
        with pytest.raises(VideoError, match=message):
            probe(path)


def test_playlists_reach_nothing(tmp_path: Path, no_network: None) -> None:
    target = write_video(tmp_path / "v.mp4", numbered, 5)
    for name, text in (
        ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{target}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", f"ffconcat version 1.0\nfile {target}\n"),
        ("list.mp4", "#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/x.ts\n"),
        ("list.sdp", "v=0\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(VideoError, match="not a video file"):
            probe(tmp_path / name)


def test_a_leap_in_time_stamps_is_not_followed(tmp_path: Path) -> None:
    times = [0.0, 1 / 30, 2 / 30, 86400.0, 86400.0 + 1 / 30]
    video = probe(write_video(tmp_path / "v.mkv", numbered, 5, times=times))
    assert not video.timed
    assert video.grid_frames() < 100
    assert [number_of(f.picture) for f in frames(video)][-1] == 4


def test_longer_sound_is_not_lost_picture(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        sound = container.add_stream("aac", rate=44100)
        for k in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(k), format="rgb24")))
        container.mux(stream.encode(None))
        for k in range(3):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
            frame.rate, frame.pts = 44100, k * 44100
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    video = probe(path)
    assert video.duration == pytest.approx(1.0, abs=0.05)
    assert video.declared_duration <= 1.1


@pytest.mark.slow
def test_a_late_part_of_a_stream_without_index_is_not_read_from_the_start(tmp_path: Path) -> None:
    video = probe(write_video(tmp_path / "v.ts", numbered, 900, options={"g": "15", "preset": "ultrafast"}))
    stats = DecodeStats()
    part = list(frames(video, 750, 800, stats=stats))
    assert [number_of(f.picture) for f in part] == list(range(750, 800))
    assert stats.decoded < 500
