"""An archive to scan: drawn and real films, copies of them, films of nobody and stills, broken and hostile files.

    python benchmarks/archive.py DIR [--clips 500]

Makes DIR/clips and DIR/profiles, alike each time; long films come on top of that number. Real films are pieces of those in ../shared/data,
at most 480 pixels wide.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from clips import PRIVATE
from common import ROOT, SHARED, clips

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import read_recordings
from poseprint.io.kinect import read_kinect
from poseprint.io.parquet import read_poses
from poseprint.io.recording import Recording
from poseprint.io.video import frames, probe
from poseprint.rendering.avatar import write_video
from poseprint.rendering.figure import LOOKS
from poseprint.verification.enrolment import enroll

SAMPLE = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings"
SIZE = (400, 224)
SIDE = 480
SECONDS = 5.6
SHARES = {"drawn": 0.1, "real": 0.4, "copy": 0.26, "nobody": 0.1, "still": 0.04, "broken": 0.06, "hostile": 0.04}
"""What the archive is made of."""
NAMES = (
    "<script>alert(1)</script>.mp4",
    "-rf.mp4",
    "a b\tc.mp4",
    "ñandú 日本.mp4",
    "'; DROP TABLE clips; --.mp4",
    "…%2e%2e%2f.mp4",
)
Change = Callable[[Array, int], "Array | None"]


def cut(path: Path, output: Path, start: float, seconds: float, change: Change = lambda p, _: p, crf: int = 24) -> None:
    """A piece of a film encoded anew; `change` may alter or drop its pictures."""
    video, recording = probe(path), Recording(output, side=SIDE, crf=crf, preset="ultrafast")
    try:
        for number, frame in enumerate(frames(video, start, start + seconds)):
            picture = change(frame.picture, number)
            if picture is not None:
                recording.add(frame.time - start, picture)
    finally:
        recording.close()


COPIES: tuple[tuple[str, Any], ...] = (
    ("encoded", {"crf": 35}),
    ("mirrored", {"change": lambda p, _: p[:, ::-1]}),
    ("cropped", {"change": lambda p, _: p[p.shape[0] // 25 : -p.shape[0] // 12, p.shape[1] // 12 : -p.shape[1] // 20]}),
    ("trimmed", {"start": 0.7, "seconds": SECONDS - 1.0}),
    ("half", {"change": lambda p, _: p[::2, ::2]}),
)


LONG_S = 130
"""Seconds of the long films, which are measured in parts; one to a hundred other clips, besides these."""


def drawn(number: int) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Figures that move as people of MSRC-12 did."""
    people = [r.series for r in read_kinect(SHARED / "msrc12" / "upper_body.parquet")]
    for k in range(number):
        series = people[(k * 37) % len(people)]
        first = 60 + 11 * k % 200
        part = series.part(first, min(len(series), first + round(SECONDS * 30)))
        yield f"drawn/{k:03d}.mp4", partial(draw, part.position, part, k)


def long(number: int) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Figures that move as people did, there and back again for two minutes."""
    people = [r.series for r in read_kinect(SHARED / "msrc12" / "upper_body.parquet")]
    for k in range(number):
        series = people[(k * 41 + 5) % len(people)]
        last = len(series) - 1
        there_and_back = last - np.abs(np.arange(LONG_S * 30) % (2 * last) - last)
        yield f"long/{k:03d}.mp4", partial(draw, series.position[there_and_back], series, k)


def draw(position: Array, series: PoseSeries, k: int, path: Path) -> None:
    """A figure, large or small, in one of its looks."""
    zoom = (0.2 + 0.02 * (k % 5)) * SIZE[1] / series.shoulder_width()
    position = (position - np.nanmedian(position[:, 1], axis=0)) * zoom + np.array([0.5, 0.45]) * SIZE
    time, sure = np.arange(len(position)) / 30, np.ones(position.shape[:2], dtype=np.float32)
    figure = replace(series, position=position, confidence=sure, frame_size=SIZE, time=time, channels={})
    write_video(figure, path, look=list(LOOKS.values())[k % len(LOOKS)], size=SIZE)


def real(number: int) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Pieces of films of people who talk, of the person in whom nobody is private."""
    films = [
        c.path for folder in ("videos", "clips") for c in clips(folder=folder) if PRIVATE not in str(c.path) + c.person
    ]
    pieces = [(path, k * SECONDS) for path in films for k in range(max(1, int(probe(path).duration / SECONDS)))]
    for k in range(number):
        path, start = pieces[(k * 7) % len(pieces)] if k < len(pieces) else pieces[k % len(pieces)]
        later = start + k // len(pieces)
        yield f"real/{k:03d}.mp4", lambda p, path=path, later=later: cut(path, p, later, SECONDS)


def copies(number: int, folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Films of the archive once more, encoded, cut or turned anew, and as they are."""
    originals = [p for kind in ("real", "drawn") for p in sorted((folder / kind).glob("*.mp4"))]
    for k in range(number):
        path, (name, how) = originals[(k * 3) % len(originals)], COPIES[k % len(COPIES)]
        if k % 6 == 5:
            yield f"copy/{k:03d}-same.mp4", lambda p, path=path: shutil.copy(path, p)
        else:
            given = {"start": 0.0, "seconds": SECONDS, **how}
            yield f"copy/{k:03d}-{name}.mp4", lambda p, path=path, g=given: cut(path, p, **g)


def moving(k: int, seconds: float, still: bool) -> Iterator[tuple[float, Array]]:
    """Landscapes of coloured hills whose clouds drift, unless it is a still."""
    rng = np.random.default_rng(k)
    height, width = SIZE[1], SIZE[0]
    hills = height * (0.5 + 0.1 * np.sin(np.arange(width) / rng.uniform(20, 90)) + 0.05 * np.sin(np.arange(width) / 11))
    ground = np.arange(height)[:, None] > hills
    colours = rng.integers(40, 220, (2, 3))
    noise = rng.normal(0, 20, (height, width * 2))
    for n in range(round(seconds * 25)):
        clouds = np.roll(noise, 0 if still else 3 * n, axis=1)[:, :width]
        picture = np.where(ground[:, :, None], colours[0], colours[1]) + clouds[:, :, None] * ~ground[:, :, None]
        yield n / 25, np.clip(picture, 0, 255).astype(np.uint8)


def nobody(number: int) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Films without people."""
    for k in range(number):
        yield f"nobody/{k:03d}.mp4", lambda p, k=k: written(p, moving(k, SECONDS + 4 * (k % 6), still=False))


def stills(number: int, folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """One picture of a film for some seconds."""
    originals = sorted((folder / "real").glob("*.mp4"))
    for k in range(number):
        path = originals[(k * 13) % len(originals)]
        yield f"still/{k:03d}.mp4", lambda p, path=path: written(p, _held(path))


def _held(path: Path) -> Iterator[tuple[float, Array]]:
    picture = next(frames(probe(path))).picture
    return ((n / 25, picture) for n in range(150))


def written(path: Path, pictures: Iterator[tuple[float, Array]]) -> None:
    """Pictures as a film."""
    recording = Recording(path, preset="ultrafast")
    for time, picture in pictures:
        recording.add(time, picture)
    recording.close()


def broken(number: int, folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Films cut off, overwritten in places, empty, and files of another kind."""
    originals = sorted((folder / "drawn").glob("*.mp4"))
    for k in range(number):
        content = originals[k % len(originals)].read_bytes()
        rng = np.random.default_rng(k)
        hole = int(rng.integers(len(content) // 3, len(content) // 2))
        made = (
            content[: len(content) // 3],
            content[:hole] + bytes(9000) + content[hole + 9000 :],
            b"",
            rng.bytes(50_000),
            b"\x89PNG\r\n\x1a\n" + rng.bytes(3000),
        )[k % 5]
        yield f"broken/{k:03d}.mp4", lambda p, made=made: p.write_bytes(made)


def hostile(number: int, folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Names that mean something elsewhere, links in circles, a pipe, and tables that are no poses."""
    originals = sorted((folder / "drawn").glob("*.mp4"))
    for k in range(number):
        path = originals[(k * 5 + 1) % len(originals)]
        kind = k % 4
        if kind == 0:
            yield f"hostile/{k:03d}{NAMES[k // 4 % len(NAMES)]}", lambda p, path=path: shutil.copy(path, p)
        elif kind == 1:
            yield f"hostile/{k:03d}-circle.mp4", lambda p: p.symlink_to(p.name)
        elif kind == 2:
            yield f"hostile/{k:03d}-no-poses.parquet", lambda p: p.write_bytes(b"PAR1" + bytes(64) + b"PAR1")
        else:
            large = path.read_bytes().replace(b"avc1", b"av01", 1)
            yield f"hostile/{k:03d}-other-codec.mp4", lambda p, large=large: p.write_bytes(large)


def make(folder: Path, number: int) -> None:
    """The archive, with what of it is there already; and the profiles."""
    there = folder / "clips"
    count = {kind: round(share * number) for kind, share in SHARES.items()}
    count["real"] += number - sum(count.values())
    count["long"] = max(1, number // 100)
    made = {
        "drawn": drawn,
        "real": real,
        "long": long,
        "copy": lambda n: copies(n, there),
        "nobody": nobody,
        "still": lambda n: stills(n, there),
        "broken": lambda n: broken(n, there),
        "hostile": lambda n: hostile(n, there),
    }
    for kind, how in made.items():
        for name, write in how(count[kind]):
            file = there / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() and not file.is_symlink():
                write(file)
    people: dict[str, list[Any]] = {}
    for line in read_recordings(SAMPLE):
        people.setdefault(line.person, []).append(replace(read_poses(SAMPLE / line.file), recording=line.recording))
    for person, own in people.items():
        profile = folder / "profiles" / person.lower().replace(" ", "-")
        if not profile.exists():
            enroll(person, own).write(profile)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=500)
    options = parser.parse_args()
    make(options.folder, options.clips)


if __name__ == "__main__":
    main()
