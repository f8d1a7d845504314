"""How far the LLR of a clip moves when the same picture comes as another file.

    python benchmarks/steadiness.py [--output DIR]

Two clips of the public speakers are copied into other containers, encoded anew, scaled, brought to other frame rates,
framed in black and cut short at the beginning; each is extracted and checked against a profile of other clips. DIR keeps
films and poses, so that a second run is quick.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from common import clips, finish

from poseprint.app.check import check_poses
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.io.parquet import read_poses, write_poses
from poseprint.verification.enrolment import enroll

FOLDER = Path(tempfile.gettempdir()) / "poseprint-steadiness"
TRIALS = ("trump_real_2018-fargo-fundraiser_cbsn", "merkel_real_labelled-overlay")
"""The clips that are changed."""
ENROLLED = "Trump"
"""Whose other clips the profile is made from."""
H264 = ("libx264", "yuv420p", {"crf": "18", "preset": "veryfast"})
CHANGES: dict[str, tuple[str, str, str, dict[str, str]] | None] = {
    "copy.mkv": None,
    "copy.mov": None,
    "crf18.mp4": ("null", *H264),
    "hevc.mp4": ("null", "libx265", "yuv420p", {"crf": "18", "preset": "ultrafast", "x265-params": "log-level=none"}),
    "vp9.webm": ("null", "libvpx-vp9", "yuv420p", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "8"}),
    "half.mp4": ("scale=trunc(iw/4)*2:trunc(ih/4)*2", *H264),
    "sar43.mp4": ("scale=trunc(iw*3/8)*2:ih,setsar=4/3", *H264),
    **{f"fps{rate}.mp4": (f"fps={rate}", *H264) for rate in (24, 25, 30, 60)},
    "bars.mp4": ("pad=iw+200:ih+100:100:50", *H264),
    "cut1s.mp4": ("trim=start=1,setpts=PTS-STARTPTS", *H264),
}
"""By the name of the file: filters, codec, pixel format and options; None where the stream is copied."""
TICKS = Fraction(1, 90000)


def copied(source: Path, target: Path) -> None:
    """The same stream in another container."""
    with av.open(str(source)) as video, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(video.streams.video[0])
        for packet in video.demux(video.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)


def encoded(source: Path, target: Path, filters: str, codec: str, pixels: str, options: dict[str, str]) -> None:
    """The pictures after some filters, each at its time, encoded anew."""
    with av.open(str(source)) as video, av.open(str(target), "w") as output:
        given, stream = video.streams.video[0], None
        for frame in filtered(video.decode(given), given, f"{filters},format={pixels}"):
            if stream is None:
                stream = output.add_stream(codec, rate=60 if "fps=60" in filters else 30)
                stream.width, stream.height, stream.pix_fmt, stream.options = frame.width, frame.height, pixels, options
                stream.codec_context.time_base = TICKS
                if "setsar" in filters:
                    stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
            frame.pts, frame.time_base, frame.pict_type = round(frame.pts * frame.time_base / TICKS), TICKS, 0
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def filtered(frames: Iterator[av.VideoFrame], stream: av.VideoStream, filters: str) -> Iterator[av.VideoFrame]:
    """The frames after some filters, of which none has a comma in its arguments; the first at 0 before them."""
    graph = av.filter.Graph()
    last = graph.add_buffer(template=stream)
    for name, _, arguments in (one.partition("=") for one in filters.split(",")):
        node = graph.add(name, arguments)
        last.link_to(node)
        last = node
    last.link_to(graph.add("buffersink"))
    graph.configure()
    start = None
    for frame in itertools.chain(frames, (None,)):
        if frame is not None:
            start = frame.pts if start is None else start
            frame.pts -= start
        try:
            graph.vpush(frame)
        except av.error.EOFError:  # `trim` wants no more
            frame = None
        while True:
            try:
                yield graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
        if frame is None:
            break


def poses_of(video: Path, folder: Path) -> PoseSeries:
    """Its poses, kept in the folder."""
    kept = folder / f"{video.name}.parquet"
    if not kept.exists():
        print(video.name, flush=True)
        write_poses(extract(video), kept)
    return read_poses(kept)


def variants(clip: Path, folder: Path) -> Iterator[tuple[str, PoseSeries]]:
    """The poses of each change of a clip."""
    for name, how in CHANGES.items():
        target = folder / f"{clip.stem}--{name}"
        if not target.exists():
            part = target.with_stem(f"{target.stem}-part")
            if how is None:
                copied(clip, part)
            else:
                encoded(clip, part, *how)
            part.rename(target)
        yield name, poses_of(target, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FOLDER)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    real = {clip.path.stem: clip for clip in clips() if clip.label == "real"}
    own = [c.path for c in real.values() if c.person == ENROLLED and c.path.stem not in TRIALS]
    profile = enroll(ENROLLED, [poses_of(path, folder) for path in own])
    rows: list[dict[str, Any]] = []
    for name in TRIALS:
        clip = real[name].path
        first = check_poses(poses_of(clip, folder), profile).evidence
        assert first is not None
        changes = {}
        for change, series in variants(clip, folder):
            evidence = check_poses(series, profile).evidence
            if evidence is not None:
                changes[change] = {k: round(evidence.llr[k] - first.llr[k], 3) for k in first.margin}
        moved = np.array([abs(c["motion"]) for c in changes.values()])
        rows.append(
            {
                "clip": name,
                "enrolled": ENROLLED,
                "llr": {k: round(v, 3) for k, v in first.llr.items() if v is not None},
                "margin": {k: round(v, 3) for k, v in first.margin.items()},
                "changes": changes,
                "motion_mean": round(float(moved.mean()), 3),
                "motion_largest": round(float(moved.max()), 3),
                "motion_within_margin": int((moved <= first.margin["motion"]).sum()),
                "of": len(moved),
            }
        )
    finish("steadiness", {"clips": rows})


if __name__ == "__main__":
    main()
