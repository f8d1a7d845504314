"""The sound inputs that are damaged: a speaker's poses in every form, and films in which they can be told.

A film shows no person: each of its pictures carries a number, and the estimator that reads it gives the speaker's pose
of that number. So what became of the order and the pace of the pictures can be told of every film that is read.
"""

from __future__ import annotations

import csv
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from poseprint.app.demo import SAMPLE
from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.io.dataset import read_recordings, write_recordings
from poseprint.io.kinect import JOINTS
from poseprint.io.parquet import read_poses, write_poses
from poseprint.verification.enrolment import enroll

PERSON, TAKE, FROM = "Donald Trump", "trump_briefing", 300
"""Whose poses they are: ten seconds of a take, from this frame on; the profile is of the rest."""
PICTURES = 180
"""Pictures of a film, six seconds: one movement and a bit."""
SIZE = (160, 120)
_ENLARGED = 3
"""So many times as large as in their own picture they stand in a film's, whose pictures are small."""
_SQUARE = 10  # pixels of the squares that carry a picture's number

FILMS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"codec": "libx264", "options": {"g": "30", "bf": "2"}},
    "fragmented.mp4": {
        "codec": "libx264",
        "options": {"g": "15"},
        "container": {"movflags": "frag_keyframe+empty_moov"},
    },
    "h264.mkv": {"codec": "libx264", "options": {"g": "30"}},
    "h264.ts": {"codec": "libx264", "options": {"g": "15"}},
    "hevc.mp4": {
        "codec": "libx265",
        "options": {"g": "30", "x265-params": "log-level=none:pools=none:frame-threads=1"},
    },
    "mpeg4.mov": {"codec": "mpeg4"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mjpeg.mkv": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "vp8.webm": {"codec": "libvpx", "options": {"g": "30", "deadline": "realtime", "cpu-used": "8"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "30", "deadline": "realtime", "cpu-used": "8"}},
    "mpeg2.mpg": {"codec": "mpeg2video"},
    "flv.flv": {"codec": "flv"},
    "wmv2.asf": {"codec": "wmv2"},
    "av1.mp4": {"codec": "libsvtav1", "options": {"g": "30", "preset": "12", "svtav1-params": "lp=1"}},
    "gif.gif": {"codec": "gif", "pixels": "rgb8"},
    "h264.h264": {"codec": "libx264", "options": {"g": "30"}},
}
"""Name of a film -> how it is encoded."""


def takes() -> dict[str, PoseSeries]:
    """The speaker's recordings by name."""
    rows = [r for r in read_recordings(SAMPLE / "recordings") if r.person == PERSON]
    return {r.recording: read_poses(SAMPLE / "recordings" / r.file) for r in rows}


def speaker() -> PoseSeries:
    """The poses that every sound input holds."""
    return replace(takes()[TAKE].part(FROM, FROM + 300), recording="speaker", person=PERSON, time=np.arange(300) / 30)


def _places() -> Iterator[tuple[int, int, int]]:
    """Which square carries what: its number from the left, its left and its upper edge, in two rows; the upper is
    a bright one, eight bits and a dark one, the lower the opposite of it, so that no turned, mirrored or broken picture
    reads as another."""
    for place in range(10):
        for row, top in enumerate((15, 80)):
            yield place, 5 + 15 * place, top if not row else -top


def picture(number: int) -> Array:
    """A picture that carries its number as bright and dark squares over a grey ground [shape=(120, 160, 3)]."""
    shown = np.full((SIZE[1], SIZE[0], 3), 110, np.uint8)
    shown += (np.indices(SIZE[::-1]).sum(axis=0) % 16)[:, :, None].astype(np.uint8)
    for place, left, top in _places():
        bright = (2 * number + 512 >> 9 - place & 1) ^ (top < 0)
        shown[abs(top) : abs(top) + _SQUARE, left : left + _SQUARE] = 235 if bright else 16
    return shown


def number_in(shown: Array) -> int | None:
    """The number a picture carries; None where it cannot be told."""
    height, width = shown.shape[:2]
    rows = [0, 0]
    for place, left, top in _places():
        x, y = (
            (edge + _SQUARE / 2) * side / whole
            for edge, side, whole in ((left, width, SIZE[0]), (abs(top), height, SIZE[1]))
        )
        level = float(shown[min(int(y), height - 1), min(int(x), width - 1)].mean())
        if 80 < level < 170:
            return None
        rows[top < 0] |= int(level > 125) << 9 - place
    if rows[0] ^ rows[1] != 1023 or rows[0] & 513 != 512 or (rows[0] >> 1 & 255) >= PICTURES:
        return None
    return rows[0] >> 1 & 255


class Numbers:
    """An estimator that gives the speaker's pose of the number a picture carries, and nobody where there is none."""

    skeleton = UPPER_BODY

    def __init__(self, series: PoseSeries) -> None:
        self.info = series.estimator
        middle = np.nanmedian(series.position, axis=(0, 1))
        self._position = 0.5 + (series.position - middle) / np.array(series.frame_size) * _ENLARGED
        self._confidence = series.confidence
        self._lock = threading.Lock()
        self.seen: dict[float, int] = {}

    def tracker(self) -> Numbers:
        """It follows any shot."""
        return self

    def __call__(self, time: float, picture: Array) -> Pose:
        """See `poseprint.estimation.estimator.Tracker`; remembers the time of every number."""
        number = number_in(picture)
        with self._lock:
            self.seen[time] = -1 if number is None else number
        return self._pose(number)

    def look(self, picture: Array) -> Pose:
        """See `poseprint.estimation.estimator.Estimator.look`."""
        return self._pose(number_in(picture))

    def _pose(self, number: int | None) -> Pose:
        if number is None:
            return Pose(np.full((12, 2), np.nan), np.zeros(12))
        return Pose(self._position[number], self._confidence[number])

    def close(self) -> None:
        """Nothing to free."""


def write_film(path: Path, *, codec: str, pixels: str = "yuv420p", options: Any = None, container: Any = None) -> Path:
    """A film of PICTURES pictures at 30 a second, the same bytes each time."""
    with av.open(str(path), "w", options={"fflags": "+bitexact", **(container or {})}) as output:
        stream = output.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pixels
        stream.options = {"threads": "1", **(options or {})}
        stream.codec_context.time_base = Fraction(1, 30)
        if codec not in ("gif", "libx265"):
            stream.bit_rate = 600_000
        for number in range(PICTURES):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Sound:
    """Where the sound inputs lie.

    Attributes:
        folder: what `make` filled.
    """

    folder: Path

    def of(self, kind: str) -> list[Path]:
        """The sound inputs of a kind, in the order of their names."""
        return sorted((self.folder / kind).iterdir())

    @staticmethod
    def make(folder: Path) -> Sound:
        """Make every sound input; what is in the folder already is kept."""
        made = Sound(folder)
        if not (folder / "done").exists():
            for kind in (_films, _parquet, _csv, _openpose, _profiles, _manifests):
                kind(folder)
            (folder / "done").touch()
        return made


def _films(folder: Path) -> None:
    (folder / "video").mkdir(parents=True)
    for name, how in FILMS.items():
        write_film(folder / "video" / name, **how)


def _parquet(folder: Path) -> None:
    series = speaker()
    write_poses(series, _made(folder / "parquet") / "poses.parquet")
    write_poses(series.part(0, 2), folder / "parquet" / "two_frames.parquet")
    _kinect(folder / "parquet" / "kinect.parquet", series)


def _kinect(path: Path, series: PoseSeries) -> None:
    """A table of Kinect joints: the speaker at two metres, twice."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frames = len(series)
    columns: dict[str, Any] = {
        "person": [PERSON] * (2 * frames),
        "recording": ["one"] * frames + ["two"] * frames,
        "time_ms": np.tile(series.time * 1000, 2),
    }
    for keypoint, joint in JOINTS.items():
        place = np.nan_to_num(series.position[:, UPPER_BODY.index(keypoint)].astype(float), nan=600.0)
        for axis, values in zip(
            "xyz", ((640 - place[:, 0]) * 2, (480 - place[:, 1]) * 2, np.full(frames, 2100.0)), strict=True
        ):
            columns[f"{joint}_{axis}_mm"] = np.tile(values, 2)
    pq.write_table(pa.table(columns), path)


def _csv(folder: Path) -> None:
    series = speaker()
    rows = np.nan_to_num(series.position.reshape(len(series), -1), nan=0.0)
    _made(folder / "csv")
    with (folder / "csv" / "poses.csv").open("w", newline="") as file:
        csv.writer(file).writerows([f"{value:.2f}" for value in row] for row in rows)


def _openpose(folder: Path) -> None:
    """Two people, the speaker and somebody half as large, as OpenPose writes them."""
    series = speaker().part(0, 180)
    order = [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]
    clip = _made(folder / "openpose" / "clip")
    for number, (position, confidence) in enumerate(zip(series.position, series.confidence, strict=True)):
        values = np.zeros((25, 3))
        values[order] = np.nan_to_num(np.column_stack([position, confidence]), nan=0.0)
        people = [
            {"person_id": [-1], "pose_keypoints_2d": [round(float(v), 3) for v in values.ravel() * by]}
            for by in (1, 0.3)
        ]
        (clip / f"clip_{number:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))


def _profiles(folder: Path) -> None:
    own = takes()
    whole = own.pop(TAKE)
    parts = {"before": whole.part(0, FROM), "after": whole.part(FROM + 300, len(whole)), **own}
    enroll(PERSON, [replace(part, recording=n) for n, part in parts.items()]).write(
        _made(folder / "profile" / "enrolled")
    )
    shutil.copytree(SAMPLE / "profile", folder / "profile" / "supervised")


def _manifests(folder: Path) -> None:
    """A data set and a manifest, each a folder with what they name."""
    for name in ("dataset", "manifest"):
        made = _made(folder / "manifest" / name)
        for n in range(3):
            write_poses(replace(speaker().part(60 * n, 60 * n + 60), recording=f"r{n}"), made / f"r{n}.parquet")
    rows = [
        replace(r, recording=f"r{n}", file=f"r{n}.parquet")
        for n, r in enumerate(read_recordings(SAMPLE / "recordings")[:3])
    ]
    write_recordings(folder / "manifest" / "dataset", rows)
    lines = ["file,person,label,session,activity,recording,fps,frame_size"]
    lines += [f"r{n}.parquet,{PERSON},real,mon,,r{n},," for n in range(3)]
    (folder / "manifest" / "manifest" / "manifest.csv").write_text("\n".join(lines) + "\n")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
