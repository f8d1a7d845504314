"""Every picture at its own time, whatever the file."""

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
from poseprint.io.display import Converter, Shape
from poseprint.io.video import DecodeStats, frames, probe


def numbers(path: Path) -> list[int]:
    """The numbers in the pictures that are measured."""
    return [number_of(f.picture) for f in frames(probe(path))]


@pytest.mark.slow
@pytest.mark.parametrize("fps", [10, 24000 / 1001, 24, 25, 30000 / 1001, 30])
def test_every_picture_has_its_time(tmp_path: Path, fps: float) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, round(2 * fps), fps=fps))
    shown = list(frames(video))
    assert video.fps == pytest.approx(fps, rel=1e-3)
    assert [number_of(f.picture) for f in shown] == list(range(round(2 * fps)))
    assert [f.time for f in shown] == pytest.approx(np.arange(len(shown)) / fps, abs=1e-4)
    assert not any(f.cut for f in shown)
    assert abs(video.grid_frames() - 60) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("fps", [50, 60, 120])
def test_of_a_fast_source_the_nearest_to_each_grid_point_are_measured(tmp_path: Path, fps: int) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 2 * fps, fps=fps))
    shown = list(frames(video))
    assert abs(len(shown) - 60) <= 1
    assert max(abs(f.time * 30 - round(f.time * 30)) for f in shown[:-1]) <= 30 / fps / 2 - 1e-3
    assert [number_of(f.picture) for f in shown] == [f.number for f in shown]


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts", "v.mov"])
def test_a_trembling_clock_loses_no_picture(tmp_path: Path, name: str) -> None:
    jitter = np.random.default_rng(0).normal(0, 0.003, 60)
    times = [max(0.0, k / 30 + (k > 0) * jitter[k]) for k in range(60)]
    path = write_video(tmp_path / name, numbered, 60, times=times)
    assert numbers(path) == list(range(60))
    assert [f.time for f in frames(probe(path))] == pytest.approx(np.array(times) - times[0], abs=1.1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_as_many_pictures_are_measured_as_decode(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate, count = rng.choice([12, 24, 25, 30, 33]), 100
    times = np.arange(count) / rate + rng.normal(0, rng.choice([0, 0.002, 0.004]), count)
    for _ in range(rng.integers(3)):
        times[rng.integers(1, count) :] += rng.choice([0.4, 3, 700])
    path = write_video(
        tmp_path / f"v.{rng.choice(['mp4', 'mkv', 'ts', 'mov', 'nut'])}",
        numbered,
        count,
        times=list(times - times[0]),
        options={"bf": str(rng.integers(3)), "g": "12"},
    )
    if seed % 2:  # the clock starts again
        parts = path.with_name("both.ts")
        part = write_video(tmp_path / "part.ts", numbered, 40, options={"bf": "1"})
        parts.write_bytes(part.read_bytes() + part.read_bytes())
        path = parts
    video, stats = probe(path), DecodeStats()
    shown = list(frames(video, stats=stats))
    assert len(shown) == stats.decoded == (80 if seed % 2 else count)
    assert [number_of(f.picture) for f in shown] == [k % 40 if seed % 2 else k for k in range(len(shown))]
    middle = video.duration / 2
    parts_of_it = [f.number for f in (*frames(video, 0, middle), *frames(video, middle))]
    assert parts_of_it == [f.number for f in shown]


def test_a_pause_keeps_the_stamps_on_both_sides(tmp_path: Path) -> None:
    times = [k / 30 + 12 * (k >= 30) for k in range(60)]
    video = probe(write_video(tmp_path / "v.mp4", numbered, 60, times=times))
    shown = list(frames(video))
    assert [f.number for f in shown if f.cut] == [30]
    assert [f.time for f in shown] == pytest.approx(times, abs=1e-3)
    assert (video.fps, video.paused) == (pytest.approx(30, rel=1e-3), pytest.approx(12, abs=0.01))


def test_a_clock_that_starts_again_is_a_section_more(tmp_path: Path) -> None:
    parts = [
        write_video(tmp_path / f"{fps}.ts", lambda k, fps=fps: numbered(k + 100 * (fps > 25)), 50, fps=fps)
        for fps in (25, 30000 / 1001)
    ]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    video = probe(both)
    shown = list(frames(video))
    assert [number_of(f.picture) for f in shown] == [*range(50), *range(100, 150)]
    assert [f.number for f in shown if f.cut] == [50]
    assert video.restarts == 1
    assert video.duration == pytest.approx(50 / 25 + 50 * 1001 / 30000, abs=0.05)
    late = [number_of(f.picture) for f in frames(video, shown[70].time, shown[80].time)]
    assert late == list(range(120, 130))


def test_pictures_without_stamps_of_their_own_come_in_order(tmp_path: Path) -> None:
    """H.264 with B-frames in an avi, whose stamps are those of storing."""
    avi = write_video(tmp_path / "v.avi", numbered, 40, options={"bf": "3", "g": "40"})
    video = probe(avi)
    assert video.stamps is None
    assert numbers(avi) == list(range(40))
    assert video.duration == pytest.approx(40 / 30, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["v.mkv", "v.avi", "v.mov", "v.ts", "v.webm"])
def test_containers(tmp_path: Path, name: str) -> None:
    codec = {"v.webm": "libvpx-vp9", "v.avi": "mpeg4"}.get(name, "libx264")
    video = probe(write_video(tmp_path / name, numbered, 45, codec=codec, options={"g": "15"}))
    assert [number_of(f.picture) for f in frames(video)] == list(range(45))


def test_raw_stream_without_time_stamps_is_counted(tmp_path: Path) -> None:
    video = probe(write_video(tmp_path / "v.h264", numbered, 30, fps=25, options={"bf": "0"}))
    assert not video.timed
    assert video.duration == pytest.approx(30 / 25)
    assert [number_of(f.picture) for f in frames(video)] == list(range(30))


@pytest.mark.slow
@pytest.mark.parametrize(("start", "end"), [(0, 0.34), (1.24, 2.04), (3.3, 5), (3.96, 4.0), (4.68, np.inf)])
def test_a_part_is_the_same_as_in_the_whole(tmp_path: Path, start: float, end: float) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 125, fps=25, options={"g": "50", "bf": "2"}))
    whole = [f for f in frames(video) if start - 1e-6 <= f.time < end - 1e-6]
    part = list(frames(video, start, end))
    assert [f.number for f in part] == [f.number for f in whole]
    for ours, theirs in zip(part, whole, strict=True):
        assert (ours.picture == theirs.picture).all()
        assert ours.time == theirs.time


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
    video = probe(path)
    assert 20 < len(list(frames(video))) < 80
    assert video.cut_off > 1000


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


def test_a_picture_that_cannot_be_converted_is_an_error_of_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = probe(write_video(tmp_path / "v.mp4", numbered, 10))
    convert, seen = Converter.__call__, []

    def refuse(self: Converter, frame: av.VideoFrame, shape: Shape, *, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        seen.append(frame)
        if len(seen) == 4:
            raise av.error.OSError(95, "Operation not supported")
        return convert(self, frame, shape, whole=whole)

    monkeypatch.setattr(Converter, "__call__", refuse)
    stats = DecodeStats()
    assert [f.number for f in frames(video, stats=stats)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert stats.errors == 1


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
        for _ in frames(video, 0, last / 30):
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
    assert video.restarts == 1
    assert video.grid_frames() < 100
    shown = list(frames(video))
    assert [number_of(f.picture) for f in shown] == list(range(5))
    assert [f.number for f in shown if f.cut] == [3]


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
    part = list(frames(video, 25, 800 / 30, stats=stats))
    assert [number_of(f.picture) for f in part] == list(range(750, 800))
    assert stats.decoded < 500
