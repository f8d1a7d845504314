"""How surely a take that is enrolled is known again, and how seldom another take is taken for it.

    python benchmarks/same_take.py [--work DIR]

Films of people who talk are enrolled; what is checked is the same film encoded again, scaled, mirrored, cropped, at another
frame rate, cut, played faster, or with another face. Other takes: every other film, and the recordings of
MSRC-12 and of 164 people who walk. DIR keeps the poses between runs.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import re
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from common import SHARED, finish

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.io.kinect import read_kinect
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.measure import measure
from poseprint.movements.same_take import (
    COLUMNS,
    LEAST_PARTS,
    TRACK_HZ,
    WINDOW_S,
    longest_told,
    movement_track,
    same_takes,
)

FOLDER = Path(tempfile.gettempdir()) / "poseprint-same-take"
LONGEST = 12.0
"""Seconds of a film that are copied."""
FIRST = 12.0
"""Seconds of a film that are compared with other takes."""
KINECT = (("msrc12", 3, 6), ("kinect_gait_164", 3, 16))
"""Tables of other takes: gestures, walks; the first recording that is looked for in all others, and each how many-th."""
LIMITS = 4
"""The first films, on whose copies the limits were chosen."""
EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
VARIANTS = {
    "encoded at crf 28": "28",
    "encoded at crf 40": "40",
    "scaled to 50 %": "23 scale=iw/2:-2",
    "scaled to 25 %": "23 scale=iw/4:-2",
    "mirrored": "23 hflip",
    "cropped to 80 %": "23 crop=iw*0.8:ih*0.8:iw*0.12:ih*0.06",
    "margins of 25 %": "23 pad=iw*1.5:ih*1.5:iw*0.25:ih*0.25",
    "24 pictures a second": "23 fps=24",
    "6 s cut out": "23 trim=0.9:6.9 setpts=PTS-STARTPTS",
    "played 4 % faster": "23 setpts=PTS*0.96",
    "6 s, mirrored, 50 %, crf 35": "35 trim=0.5:6.5 setpts=PTS-STARTPTS hflip scale=iw/2:-2 fps=25",
}
"""What befalls a film: constant rate factor, then filters."""
COPIED = (
    "videos/trump_real_2018-fargo-fundraiser_cbsn",
    "videos/oliver_lastweektonight",
    "videos/biden_real_2021-wh-lectern",
    "videos/trump_real_factory-speech",
    "videos/speaker_standing",
    "videos/obama_real_2020-rally-philadelphia",
    "clips/ffpp_481",
    "videos/obama_real_nasa-speech_stock-watermark",
)


def copy(film: Path, target: Path, recipe: str) -> Path:
    """The first seconds of a film as H.264 in mp4, after some filters."""
    crf, *filters = recipe.split()
    partial = target.with_name(f"partial-{target.name}")
    with av.open(str(film)) as source, av.open(str(partial), "w", format="mp4") as sink:
        video = source.streams.video[0]
        graph = av.filter.Graph()
        nodes = [graph.add_buffer(template=video), graph.add("trim", f"0:{LONGEST}")]
        nodes += [graph.add(*f.split("=", 1)) for f in (*filters, EVEN, "format=yuv420p", "buffersink")]
        graph.link_nodes(*nodes).configure()
        out = None

        def pull() -> Iterator[av.VideoFrame]:
            while True:
                try:
                    yield graph.vpull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    return

        def encode(frames: Iterator[av.VideoFrame]) -> None:
            nonlocal out
            for frame in frames:
                if out is None:
                    out = sink.add_stream("libx264", rate=Fraction(60), options={"crf": crf, "preset": "veryfast"})
                    out.width, out.height, out.pix_fmt = frame.width, frame.height, "yuv420p"
                    out.codec_context.time_base = frame.time_base
                frame.pict_type = 0
                sink.mux(out.encode(frame))

        for frame in source.decode(video):
            if frame.time is not None and frame.time > LONGEST + 1 + float((video.start_time or 0) * video.time_base):
                break
            try:
                graph.vpush(frame)
            except av.error.EOFError:  # what is trimmed has passed
                break
            encode(pull())
        else:
            graph.vpush(None)
        encode(pull())
        assert out is not None
        sink.mux(out.encode(None))
    return partial.rename(target)


def poses(film: Path, work: Path, seconds: float | None = None) -> PoseSeries:
    """The poses in a film, or in its first seconds, measured once."""
    kept = work / f"{film.stem}.parquet"
    if not kept.is_file():
        write_poses(extract(film, Measuring(jobs=1)), kept)
    series = read_poses(kept)
    return series if seconds is None else series.part(0, round(seconds * series.fps))


def track_of(series: PoseSeries) -> Array:
    """What a recording is known again by."""
    measured = measure(series, 2)
    return movement_track(measured.series, measured.inspection.spans)


def usable(track: Array) -> bool:
    """Whether there is anything to compare: six seconds in sight."""
    return longest_told(track, LEAST_PARTS) >= WINDOW_S * TRACK_HZ


def known(track: Array, enrolled: Array) -> bool:
    """Whether a recording is taken for one that is enrolled."""
    return bool(same_takes(track, [enrolled])[0].stretches)


def copies(work: Path) -> Iterator[tuple[str, str, Array, Array]]:
    """Film, what befell it, and the tracks of the copy and of the film."""
    for name in COPIED:
        film = SHARED / f"{name}.mp4"
        enrolled = track_of(poses(film, work))
        for number, (variant, recipe) in enumerate(VARIANTS.items()):
            target = work / f"{film.stem}-{number}.mp4"
            if not target.is_file():
                copy(film, target, recipe)
            yield name, variant, track_of(poses(target, work)), enrolled


def copy_rows(work: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Of each thing that befalls a film, how many copies were known again; films of which nothing can be compared."""
    rows: dict[str, dict[str, Any]] = {}
    left_out = set()
    for film, variant, track, enrolled in copies(work):
        if not usable(enrolled):
            left_out.add(film)
            continue
        part = "limits" if film in COPIED[:LIMITS] else "others"
        pairs = {variant: (track, enrolled)}
        if " cut out" in variant:
            pairs[f"whole, {variant.removesuffix(' cut out')} of it enrolled"] = (enrolled, track)
        for what, pair in pairs.items():
            row = rows.setdefault(what, {"what": what, **{p: {"known": 0, "of": 0} for p in ("limits", "others")}})
            row[part]["known"] += known(*pair)
            row[part]["of"] += 1
    return list(rows.values()), sorted(left_out)


def film_rows(work: Path) -> tuple[dict[str, Any], list[list[str]], dict[str, Any]]:
    """Pairs of genuine films, all different takes; those taken for one take; and films with another face."""
    lines = {}
    for folder in ("videos", "clips"):
        with (SHARED / folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            lines |= {f"{folder}/{r['file'].removesuffix('.mp4')}": r for r in csv.DictReader(file)}
    real = [name for name, line in lines.items() if line["label"].startswith("real")]
    swaps = {name: original for name in lines if (original := original_of(name)) in real}
    tracks = {name: track_of(poses(SHARED / f"{name}.mp4", work, FIRST)) for name in (*real, *swaps)}
    pairs = list(itertools.combinations([name for name in real if usable(tracks[name])], 2))
    wrong = [[a, b] for a, b in pairs if known(tracks[a], tracks[b])]
    found = {
        swap: known(tracks[swap], tracks[original]) for swap, original in swaps.items() if usable(tracks[original])
    }
    row = {
        "set": "films",
        "recordings": sum(usable(tracks[name]) for name in real),
        "pairs": len(pairs),
        "same_person": sum(lines[a]["person"] == lines[b]["person"] for a, b in pairs),
        "wrong": len(wrong),
        "wrong_same_person": sum(lines[a]["person"] == lines[b]["person"] for a, b in wrong),
    }
    return (
        row,
        wrong,
        {"known": sum(found.values()), "of": len(found), "each": found, "out_of_sight": len(swaps) - len(found)},
    )


def original_of(name: str) -> str:
    """The genuine film of a face swap or a driven face on the same body; nothing of others."""
    swap = re.fullmatch(r"(clips/ffpp_\d+)_\d+_(?:Deepfakes|FaceSwap|Face2Face)", name)
    if swap:
        return swap[1]
    if name.startswith("clips/dflive_") and name.endswith("_right"):
        return name.removesuffix("right") + "left"
    return {
        "clips/dfd_01_27__outside_talking_still_laughing__ZYCZ30C0": "clips/dfd_01__outside_talking_still_laughing"
    }.get(name, "")


def kinect_row(name: str, first: int, step: int) -> dict[str, Any]:
    """Each so-many-th recording of a Kinect table against all others."""
    recordings = read_kinect(SHARED / name / "upper_body.parquet")
    tracks = [track_of(r.series) for r in recordings]
    row: dict[str, Any] = {
        "set": name,
        "recordings": len(tracks),
        "pairs": 0,
        "same_person": 0,
        "wrong": 0,
        "wrong_same_person": 0,
    }
    for n in range(first, len(tracks), step):
        others = [m for m in range(len(tracks)) if m != n and usable(tracks[m])]
        for m, likeness in zip(others, same_takes(tracks[n], [tracks[m] for m in others]), strict=True):
            same, wrong = recordings[m].series.person == recordings[n].series.person, bool(likeness.stretches)
            row["pairs"] += 1
            row["same_person"] += same
            row["wrong"] += wrong
            row["wrong_same_person"] += wrong and same
    return row


def seconds_taken() -> float:
    """Processor time to look for ten minutes in an hour, in twenty recordings, of somebody who wanders about."""
    rng = np.random.default_rng(0)
    clip, *enrolled = (np.cumsum(rng.normal(size=(n, COLUMNS)) * 0.02, axis=0) for n in (3000, *[900] * 20))
    started = time.process_time()
    same_takes(clip, enrolled)
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=FOLDER)
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    rows, left_out = copy_rows(work)
    films, wrong, swapped = film_rows(work)
    result = {
        "copies": rows,
        "films_left_out": left_out,
        "limits_chosen_on": list(COPIED[:LIMITS]),
        "swaps": swapped,
        "other_takes": [films, *(kinect_row(*which) for which in KINECT)],
        "films_taken_for_one": wrong,
        "seconds_for_10_minutes_in_60": round(seconds_taken(), 2),
    }
    finish("same_take", result)


if __name__ == "__main__":
    main()
