"""How right the head's rotation is, and which tracks of head and face survive another encoding.

    python benchmarks/head.py [--output DIR]

Drawn heads of two looks move as heads do, and what the face landmarker says is compared with how they were turned. Then
these clips and real ones are halved in size, brought to 15 frames a second, encoded at crf 35, and all of it at once; each track is
correlated with that of the clip as it was. DIR keeps films and tracks, so that a second run is quick.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import SHARED, finish
from steadiness import H264, encoded

from poseprint.core.arrays import Array
from poseprint.core.rotation import rotation_of
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.chunks import measure_chunk
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.io.video import probe
from poseprint.rendering.avatar import write_video
from poseprint.rendering.figure import LOOKS
from poseprint.rendering.head import EARS, projected

FOLDER = Path(tempfile.gettempdir()) / "poseprint-head"
ASIDE = ("plum", "sand")
"""The looks that are judged; the head was looked at in the other ones."""
MOTIONS = {"talks": (25, 12, 8), "looks round": (60, 6, 5), "moves freely": (40, 20, 20)}
"""How far yaw, pitch and roll go, in degrees."""
DRIVEN = (
    "jaw_open",
    "eye_blink_left",
    "eye_blink_right",
    "mouth_smile_left",
    "mouth_smile_right",
    "mouth_pucker",
    "brow_inner_up",
)
SECONDS, FPS, SIZE, EARS_PX = 10, 30, (480, 360), 90
WIDE, PLACES = (720, 404), (0.2, 0.35, 0.5, 0.65, 0.8)
"""A wide picture and where the head is in it, as a share of the width."""
REAL = (
    "videos/biden_real_2021-wh-lectern",
    "videos/obama_real_weekly-address-2009_720p",
    "videos/oliver_lastweektonight",
    "videos/trump_real_2020-wh-briefing_guardian",
    "clips/dflive_Obama_speaking",
    "clips/ffpp_183",
    "clips/ffpp_253",
    "clips/ffpp_469",
    "clips/ffpp_720",
)
HALF, SLOW = "scale=trunc(iw/4)*2:trunc(ih/4)*2", "fps=15"
WORSE = ("libx264", "yuv420p", {"crf": "35", "preset": "veryfast"})
CHANGES = {
    "half": (HALF, *H264),
    "fps15": (SLOW, *H264),
    "crf35": ("null", *WORSE),
    "all": (f"{HALF},{SLOW}", *WORSE),
}
FRAGILE = 0.95
ANGLES = ("head_yaw", "head_pitch", "head_roll")


@dataclass(frozen=True)
class Tracks:
    """What was measured of a film: time in seconds [shape=(frames,)], and each track by its name, NaN where no face was found."""

    time: Array
    values: Mapping[str, Array]


def measured(video: Path, instruments: Instruments) -> Tracks:
    """What is measured of head and face in a film's beginning, on the crop of the head that extraction makes."""
    span = (0, SECONDS * FPS)
    chunk = measure_chunk(probe(video), span, instruments, rate=FPS, guide=None, passed=lambda _: None)
    kept = (name for name in instruments.channels if name in ANGLES or name.startswith("face_"))
    columns = {name: chunk["extra"][:, instruments.channels.index(name)] for name in kept if name != "face_confidence"}
    return Tracks(chunk["time"][chunk["of"]], columns)


def talker(motion: str, seed: int) -> PoseSeries:
    """Somebody who talks and blinks while the head moves, with how it is turned in its channels."""
    random = np.random.default_rng(seed)
    time = np.arange(SECONDS * FPS) / FPS

    def wave(reach: float, hertz: float) -> Array:
        parts = [np.sin(2 * np.pi * (hertz * f * time + random.random())) for f in (1, 1.7, 3.1)]
        return reach * np.clip(0.75 * parts[0] + 0.3 * parts[1] + 0.08 * parts[2], -1, 1)

    def burst(strength: float, every: float, lasts: float) -> Array:
        starts = np.cumsum(random.uniform(0.5, 1.5, int(SECONDS / every) + 2) * every)
        return strength * np.exp(-(((time[:, None] - starts) / lasts) ** 2)).max(axis=1)

    angles = [np.radians(wave(reach, hertz)) for reach, hertz in zip(MOTIONS[motion], (0.15, 0.25, 0.2), strict=True)]
    blink, smile = burst(1.0, 2.5, 0.1), burst(0.9, 4.0, 0.8)
    face = {
        "jaw_open": np.abs(wave(0.5, 1.3)) * (wave(1, 0.2) > -0.3),
        **dict.fromkeys(("eye_blink_left", "eye_blink_right"), blink),
        **dict.fromkeys(("mouth_smile_left", "mouth_smile_right"), smile),
        "mouth_pucker": burst(0.8, 3.0, 0.25) * (smile < 0.2),
        "brow_inner_up": burst(0.8, 3.0, 0.4),
    }
    middle = np.array(SIZE) * (0.5, 0.42) + np.stack([wave(12, 0.2), wave(5, 0.3)], axis=1)
    return posed(motion, angles, face, middle, SIZE)


def posed(
    name: str, angles: Sequence[Array], face: Mapping[str, Array], middle: Array, size: tuple[int, int]
) -> PoseSeries:
    """Head and shoulders with the middle between the ears at given pixels [shape=(frames, 2)], and the head's keypoints as it is turned."""
    scale = EARS_PX / EARS
    unit = EARS_PX / 0.42
    rest = {"neck": (0.0, 0.55)}
    for side, sign in (("right", -1), ("left", 1)):
        rest |= {
            f"{side}_shoulder": (0.5 * sign, 0.55),
            f"{side}_elbow": (0.65 * sign, 1.3),
            f"{side}_wrist": (0.5 * sign, 2.0),
        }
    head = dict(zip(("nose", "right_eye", "left_eye", "right_ear", "left_ear"), range(5), strict=True))
    landmarks = np.array([projected(rotation, scale) for rotation in rotation_of(*angles)])
    position = np.stack(
        [
            middle + (landmarks[:, head[joint]] if joint in head else np.multiply(rest[joint], unit))
            for joint in UPPER_BODY.keypoints
        ],
        axis=1,
    )
    channels = dict(zip(ANGLES, angles, strict=True)) | {f"face_{part}": share for part, share in face.items()}
    time = np.arange(len(middle)) / FPS
    return PoseSeries(position, np.ones(position.shape[:2]), time, FPS, size, channels=channels, recording=name)


def placed(folder: Path) -> list[dict[str, float]]:
    """What is measured of a head that looks straight ahead at the side of a wide picture, in degrees."""
    rows, straight = [], [np.zeros(FPS)] * 3
    for share in PLACES:
        middle = np.tile([share * WIDE[0], 0.5 * WIDE[1]], (FPS, 1))
        path = folder / f"place {share}.mp4"
        if not path.exists():
            write_video(posed(path.stem, straight, {}, middle, WIDE), path, look=LOOKS[ASIDE[0]])
        tracks = kept(path, folder)
        rows.append(
            {"place": share, **{a: round(float(np.degrees(np.nanmedian(tracks.values[a]))), 1) for a in ANGLES}}
        )
    return rows


@cache
def _instruments() -> Instruments:
    return Instruments.load(Measuring())


def kept(video: Path, folder: Path) -> Tracks:
    """The tracks of a film, kept in the folder."""
    path = folder / f"{video.name}.npz"
    if not path.exists():
        tracks = measured(video, _instruments())
        np.savez(path, time=tracks.time, **tracks.values)
    with np.load(path) as file:
        values = {name: file[name] for name in file.files}
    return Tracks(values.pop("time"), values)


def drawn(folder: Path) -> dict[str, tuple[Path, PoseSeries]]:
    """Films of the looks kept aside, each with what was drawn."""
    films = {}
    for k, look in enumerate(ASIDE):
        for motion in MOTIONS:
            series = talker(motion, 10 * k + len(motion))
            path = folder / f"{look} {motion}.mp4"
            if not path.exists():
                write_video(series, path, look=LOOKS[look])
            films[path.stem] = path, series
    return films


def errors(films: Iterable[tuple[Tracks, PoseSeries]]) -> list[dict[str, Any]]:
    """By how far the face is turned away, how far the angles are off, in degrees."""
    truth, found, offset = [], [], []
    for tracks, series in films:
        truth.append(np.degrees([series.channels[name] for name in ANGLES]).T)
        found.append(np.degrees([tracks.values[name] for name in ANGLES]).T)
        offset.append(np.broadcast_to(np.nanmedian(found[-1] - truth[-1], axis=0), truth[-1].shape))
    there, off, constant = np.concatenate(truth), np.concatenate(found) - np.concatenate(truth), np.concatenate(offset)
    rows = []
    for low, high in ((0, 20), (20, 40), (0, 40), (40, 60)):
        among = (np.abs(there[:, 0]) >= low) & (np.abs(there[:, 0]) < high)
        seen = among & np.isfinite(off[:, 0])
        row: dict[str, Any] = {
            "degrees": [low, high],
            "pictures": int(among.sum()),
            "found": round(float(seen.sum() / among.sum()), 3),
        }
        for k, name in enumerate(("yaw", "pitch", "roll")):
            for kind, miss in (("", np.abs(off[seen, k])), ("_less_offset", np.abs(off - constant)[seen, k])):
                row[name + kind] = {
                    "median": round(float(np.median(miss)), 2),
                    "q90": round(float(np.quantile(miss, 0.9)), 2),
                }
        rows.append(row)
    return rows


def slopes(films: Iterable[tuple[Tracks, PoseSeries]]) -> dict[str, float]:
    """How far each angle is measured to move where it moved by 1, up to 40 degrees of yaw: the mean over the films of free movement."""
    each: dict[str, list[float]] = {name: [] for name in ANGLES}
    for tracks, series in films:
        for name in ANGLES if series.recording == "moves freely" else ():
            seen = np.isfinite(tracks.values[name]) & (np.abs(series.channels["head_yaw"]) < np.radians(40))
            each[name].append(np.polyfit(series.channels[name][seen], tracks.values[name][seen], 1)[0])
    return {name: round(float(np.mean(values)), 3) for name, values in each.items()}


def correlation(first: Tracks, other: Tracks, name: str) -> float:
    """Of one track as two films have it, over the first's pictures near which both show a face; NaN where it stands still."""
    if name not in other.values or name not in first.values:
        return float("nan")
    known = np.isfinite(other.values[name])
    if known.sum() < 30:
        return float("nan")
    at, values = other.time[known], other.values[name][known]
    near = np.abs(first.time[:, None] - at).min(axis=1) < 0.1
    a, b = first.values[name], np.interp(first.time, at, values)
    both = near & np.isfinite(a)
    if both.sum() < 30 or not (a[both].std() and b[both].std()):
        return float("nan")
    return float(np.corrcoef(a[both], b[both])[0, 1])


def changed(video: Path, folder: Path) -> dict[str, dict[str, float]]:
    """By change of a film, the correlation of each track with that of the film as it is."""
    first, table = kept(video, folder), {}
    for change, how in CHANGES.items():
        target = folder / f"{video.stem}--{change}.mp4"
        if not target.exists():
            part = target.with_stem("part")
            filters, *rest = how
            trimmed = f"trim=duration={SECONDS},{filters}"
            encoded(video, part, trimmed, *rest)
            part.rename(target)
        other = kept(target, folder)
        table[change] = {name: correlation(first, other, name) for name in first.values}
    return table


def medians(tables: list[dict[str, dict[str, float]]]) -> list[dict[str, Any]]:
    """By track, the median correlation over films for each change."""
    rows = []
    for name in sorted(
        {name for table in tables for name in table["half"]}, key=lambda n: (not n.startswith("head"), n)
    ):
        values = {c: np.array([table[c].get(name, np.nan) for table in tables]) for c in CHANGES}
        known = {c: v[np.isfinite(v)] for c, v in values.items()}
        rows.append({"track": name, **{c: round(float(np.median(v)), 3) if len(v) else None for c, v in known.items()}})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FOLDER)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    films = drawn(folder)
    pairs = {name: (kept(path, folder), series) for name, (path, series) in films.items()}
    driven = []
    for name in DRIVEN:
        each = [correlation(Tracks(s.time, s.channels), tracks, f"face_{name}") for tracks, s in pairs.values()]
        driven.append({"track": f"face_{name}", "median": round(float(np.nanmedian(each)), 3)})
    offsets = {
        name: {a: round(float(np.degrees(np.nanmedian(tracks.values[a] - s.channels[a]))), 1) for a in ANGLES}
        for name, (tracks, s) in pairs.items()
    }
    real = [SHARED / f"{name}.mp4" for name in REAL]
    on_real = [changed(path, folder) for path in real]
    on_drawn = [changed(path, folder) for path, _ in films.values()]
    shares = {p.stem: round(float(np.isfinite(kept(p, folder).values[ANGLES[0]]).mean()), 3) for p in real}
    finish(
        "head",
        {
            "drawn": {
                "looks": ASIDE,
                "motions": MOTIONS,
                "seconds": SECONDS,
                "size": SIZE,
                "errors": errors(pairs.values()),
                "placed": placed(folder),
                "slopes": slopes(pairs.values()),
                "offsets": offsets,
                "expression": driven,
            },
            "steady": {
                "fragile_below": FRAGILE,
                "drawn_ears_px": EARS_PX,
                "real": shares,
                "on_real": medians(on_real),
                "on_drawn": [r for r in medians(on_drawn) if r["track"] in {*ANGLES, *(f"face_{d}" for d in DRIVEN)}],
            },
        },
    )


if __name__ == "__main__":
    main()
