"""Made-up movers: people who exist in numbers only, as clean recordings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import BLENDSHAPES, HANDS
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY

ESTIMATOR = EstimatorInfo(
    "mediapipe-pose-full", "0.10.31", "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"
)

# Each keypoint at rest, in shoulder widths from the neck; the person's right is on the left of the picture.
_REST = {
    "nose": (0.0, -0.55),
    "neck": (0.0, 0.0),
    "right_shoulder": (-0.5, 0.0),
    "right_elbow": (-0.65, 0.65),
    "right_wrist": (-0.45, 0.95),
    "left_shoulder": (0.5, 0.0),
    "left_elbow": (0.65, 0.65),
    "left_wrist": (0.45, 0.95),
    "right_eye": (-0.1, -0.65),
    "left_eye": (0.1, -0.65),
    "right_ear": (-0.22, -0.6),
    "left_ear": (0.22, -0.6),
}
_HEAD = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")


def mover(
    frames: int = 300,
    *,
    fps: float = 30.0,
    size: tuple[int, int] = (1280, 720),
    amplitude: float = 0.3,
    tempo: float = 1.0,
    sway: float = 0.04,
    seed: int = 0,
    shoulder: float = 200,
    change: float = 1.0,
    centre: tuple[float, float] = (0.5, 0.4),
    recording: str = "",
    person: str = "",
) -> PoseSeries:
    """A clean recording of somebody who gestures: `inspect` finds nothing in it.

    Args:
        frames, fps, size: of the recording.
        amplitude: how far the wrists swing to either side, shoulder widths; the elbows swing half as far.
        tempo: swings a second.
        sway: how far head and body sway, shoulder widths; the body a quarter as far as the head.
        seed: phases of all swings.
        shoulder: width of the shoulders, pixels.
        change: mean change of the picture from frame to frame, grey levels.
        centre: place of the neck in the picture, as a share of its size.
        recording, person: as in PoseSeries; the recording's default tells the seed.
    """
    phase = iter(np.random.default_rng(seed).uniform(0, 2 * np.pi, 16))
    time = np.arange(frames) / fps

    def swing(rate: float) -> Array:
        return np.stack([np.sin(2 * np.pi * rate * time + next(phase)) for _ in "xy"], axis=1)

    body, head = sway / 4 * swing(0.2 * tempo), sway * swing(0.35 * tempo)
    arms = {"right": amplitude * swing(tempo), "left": amplitude * swing(tempo)}
    position = np.zeros((frames, len(UPPER_BODY.keypoints), 2))
    for k, name in enumerate(UPPER_BODY.keypoints):
        position[:, k] = body + np.array(_REST[name])
        side, _, joint = name.partition("_")
        if name in _HEAD:
            position[:, k] += head
        elif joint in ("wrist", "elbow"):
            position[:, k] += arms[side] * (1.0 if joint == "wrist" else 0.5)
    position = position * shoulder + np.array(centre) * np.array(size)
    return PoseSeries(
        position=position,
        confidence=np.full(position.shape[:2], 0.95),
        time=time,
        fps=fps,
        frame_size=size,
        recording=recording or f"mover_{seed}",
        person=person,
        source_sha256=f"{seed:064x}",
        estimator=ESTIMATOR,
        channels={
            "cut": np.zeros(frames),
            "change": np.where(np.arange(frames) > 0, change, 0),
            "camera": np.zeros(frames),
            "people": np.where(np.arange(frames) % 60 == 0, 1, np.nan),
            "shown": np.ones(frames),
        },
        log=(_extracted(frames, fps, size),),
    )


def with_head_and_hands(series: PoseSeries) -> PoseSeries:
    """The series with the channels of a head that turns as the nose moves, and of hands whose joints fan out from the wrist."""
    nose, neck = (series.position[:, UPPER_BODY.index(name)] for name in ("nose", "neck"))
    across, down = ((nose - neck) / series.shoulder_width()).T
    angles = {"head_yaw": across, "head_pitch": -down, "head_roll": 0.2 * across}
    hands: dict[str, Array] = {}
    for side, names in HANDS.items():
        wrist = series.position[:, UPPER_BODY.index(f"{side}_wrist")]
        for k, name in enumerate(names[:-1]):
            hands[name] = wrist[:, k % 2] + k * (1 + np.sin(series.time))
        hands[names[-1]] = np.full(len(series), 0.9)
    head = {"head_x": nose[:, 0], "head_y": nose[:, 1], "head_confidence": np.ones(len(series)), **angles}
    return replace(series, channels={**series.channels, **head, **hands})


def with_face(series: PoseSeries, style: int = 0, seed: int = 0) -> PoseSeries:
    """The series with the channels of a head and a face that move.

    Args:
        series: of a mover.
        style: whose way of moving it is: how far and how fast each angle and each shape goes.
        seed: of the phases, and of what differs from film to film.
    """
    own, film = np.random.default_rng(style), np.random.default_rng(1000 + seed)
    time = np.arange(len(series)) / series.fps

    def track(reach: float) -> Array:
        hertz, far = own.uniform(0.2, 2.5), reach * own.uniform(0.2, 1) * film.uniform(0.9, 1.1)
        slow = 0.3 * np.sin(2 * np.pi * film.uniform(0.1, 0.3) * time)
        return far * (slow + np.sin(2 * np.pi * hertz * film.uniform(0.95, 1.05) * time + film.uniform(0, 6)))

    angles = {f"head_{name}": track(0.3) for name in ("yaw", "pitch", "roll")}
    shapes = {f"face_{name}": np.clip(own.uniform(0.1, 0.5) + track(0.3), 0, 1) for name in BLENDSHAPES}
    place = {"head_x": series.position[:, 0, 0], "head_y": series.position[:, 0, 1]}
    sure = dict.fromkeys(("head_confidence", "face_confidence"), np.ones(len(series)))
    return replace(series, channels={**series.channels, **angles, **shapes, **place, **sure})


def talker(frames: int = 600, style: int = 0, seed: int = 0) -> PoseSeries:
    """Somebody of whom head and face are seen, and no arm."""
    return with_face(no_arms(wanderer(frames, seed=seed)), style, seed)


def _extracted(frames: int, fps: float, size: tuple[int, int]) -> dict[str, Any]:
    """What extraction writes to the log of a recording without flaws."""
    return {
        "step": "extract",
        "poseprint": "0.1.0",
        "video": {
            "size": list(size),
            "codec": "h264",
            "fps": fps,
            "frames": frames,
            "declared_frames": frames,
            "start": 0.0,
            "duration": frames / fps,
            "declared_duration": frames / fps,
            "timed": True,
        },
        "pictures": frames,
        "decode_errors": 0,
        "lost_seconds": 0.0,
    }


def with_channel(series: PoseSeries, name: str, at: slice | int, value: float) -> PoseSeries:
    """The series with one channel changed at some frames."""
    values = series.channels[name].copy()
    values[at] = value
    return replace(series, channels={**series.channels, name: values})


def with_new_channel(series: PoseSeries, name: str, at: slice, value: float) -> PoseSeries:
    """The series with one channel more, 0 but at some frames."""
    return with_channel(replace(series, channels={**series.channels, name: np.zeros(len(series))}), name, at, value)


def without(series: PoseSeries, *parts: str, at: slice = slice(None)) -> PoseSeries:
    """The series with every keypoint whose name ends with one of `parts` unseen at some frames."""
    confidence = series.confidence.copy()
    for k, name in enumerate(series.skeleton.keypoints):
        if name.endswith(parts):
            confidence[at, k] = 0.05
    return replace(series, confidence=confidence)


def empty(series: PoseSeries, at: slice) -> PoseSeries:
    """The series with nobody in some frames."""
    position = series.position.copy()
    position[at] = np.nan
    return replace(series, position=position)


def with_log(series: PoseSeries, *, video: dict[str, Any] | None = None, **entries: Any) -> PoseSeries:
    """The series with entries of its `extract` log changed."""
    log = dict(series.log[0])
    log.update(entries, video={**log["video"], **(video or {})})
    return replace(series, log=(log,))


def shifted(series: PoseSeries, at: slice, by: tuple[float, float]) -> PoseSeries:
    """The series with the whole body moved by some shoulder widths in some frames."""
    position = series.position.copy()
    position[at] += np.array(by, dtype=np.float32) * series.shoulder_width()
    return replace(series, position=position)


def disordered(series: PoseSeries, at: slice) -> PoseSeries:
    """The series with the poses of some frames in any order."""
    position = series.position.copy()
    position[at] = np.random.default_rng(0).permutation(position[at])
    return replace(series, position=position)


def trembling(series: PoseSeries, by: float) -> PoseSeries:
    """The series with noise of some shoulder widths in every place."""
    noise = np.random.default_rng(0).normal(0, by * series.shoulder_width(), series.position.shape)
    return replace(series, position=series.position + noise)


def assert_same(a: PoseSeries, b: PoseSeries) -> None:
    """Two series agree to the last bit."""
    for one, other in [(a.position, b.position), (a.confidence, b.confidence), (a.time, b.time)]:
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert list(a.channels) == list(b.channels)
    for name in a.channels:
        assert a.channels[name].tobytes() == b.channels[name].tobytes()
    for name in ("fps", "frame_size", "skeleton", "recording", "person", "source_sha256", "estimator", "log"):
        assert getattr(a, name) == getattr(b, name), name


def wanderer(frames: int = 600, *, seed: int = 0, style: int = 0, recording: str = "", **options: float) -> PoseSeries:
    """A mover whose gestures never come back the same: two recordings of one style are two takes."""
    series = mover(frames, seed=seed, recording=recording or f"{style}-{seed}", person="Ann", **options)
    rng = np.random.default_rng(1000 * style + seed)
    position = series.position.copy()
    for k in (0, 3, 4, 6, 7):
        steps = np.cumsum(rng.normal(size=(frames, 2)), axis=0)
        width = 31 + 10 * style
        smooth = np.stack(
            [np.convolve(s, np.hanning(width) / np.hanning(width).sum(), "same") for s in steps.T], axis=1
        )
        position[:, k] += 15 * (smooth - smooth.mean(axis=0)) / smooth.std()
    return replace(series, position=position, source_sha256=f"{style:032x}{seed:032x}")


def no_arms(series: PoseSeries) -> PoseSeries:
    position = series.position.copy()
    position[:, [3, 4, 6, 7]] = np.nan
    return replace(series, position=position)
