"""What can happen to a recording, applied to its poses: other frame rates, lost frames, mirror, crop, hidden joints, noise.

Each entry of PERTURBATIONS takes a series and returns it changed, with an entry in its log, so that a verdict's
steadiness can be measured on any data set without its footage. What a codec or another estimator does needs
the pictures: benchmarks/robustness.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.signal import lfilter

from poseprint.core.arrays import Array, median_of
from poseprint.core.channels import is_track, mirrored, mirrored_name, scaled
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_WRIST, NECK, RIGHT_WRIST
from poseprint.movements.cleaning import resample

DROPPED = 0.2
"""Share of the frames that `drop_frames` takes away."""
CROP = 1.0
"""How far under the neck a cropped picture ends, in shoulder widths: a newsreader's framing."""
JITTER = (0.02, 0.05)
"""Noise on each coordinate, in shoulder widths; estimators of video are off by 0.04 to 0.13 (docs/results.md)."""
_DEPTH = "depth_"
_ERROR, _UNSEEN_ERROR = 0.01, 0.1
"""Deviation, in shoulder widths, of the places of a keypoint that is surely seen in films that show the same, and what is
added to it as confidence falls to 0."""
_ERROR_HOLDS, _ERROR_STAYS = 0.7, 0.4
"""What is left of such an error in the next frame, and how large the part is that stays throughout a film."""
_FACE, _PLACE_OR_SURETY, _FACE_ERROR = ("head_", "face_"), ("_x", "_y", "_confidence"), 0.01
"""Channels of rotation and expression, and the deviation of such an error in them, in radians or shares."""
_CONFIDENCE_ERROR, _CONFIDENCE_HOLDS = 0.3, 0.95
"""The same for confidences, as logarithms of odds."""


@dataclass(frozen=True)
class Perturbation:
    """A change to a recording's poses.

    Attributes:
        apply: PoseSeries -> PoseSeries, the same for the same series.
        words: what is done, for a table.
    """

    apply: Callable[[PoseSeries], PoseSeries]
    words: str


def at_frame_rate(series: PoseSeries, fps: float) -> PoseSeries:
    """The series as a film of another frame rate gives it, brought back to its own rate by straight lines."""
    return resample(resample(series, fps), series.fps)


def drop_frames(series: PoseSeries, share: float = DROPPED) -> PoseSeries:
    """The series with nobody in a random share of its frames; depth, head, face and hands are bridged."""
    if not 0 <= share < 1:
        raise PoseprintError(f"a share of frames to drop is at least 0 and less than 1, got {share}")
    dropped = _rng(series, "dropped").random(len(series)) < share
    position = np.where(dropped[:, None, None], np.nan, series.position)
    channels = dict(series.channels)
    kept = np.flatnonzero(~dropped)
    for name in series.channels:
        if is_track(name) and len(kept):
            channels[name] = np.interp(np.arange(len(series)), kept, series.channels[name][kept])
    return series.logged("drop_frames", position=position, channels=channels, details={"share": share})


def mirror(series: PoseSeries) -> PoseSeries:
    """The series as the mirrored film shows it: x turned around, right and left exchanged."""
    names = series.skeleton.keypoints
    order = [names.index(mirrored_name(name)) for name in names]
    position = series.position[:, order].astype(np.float64)
    position[:, :, 0] = series.frame_size[0] - position[:, :, 0]
    channels = mirrored(series.channels, series.frame_size[0])
    return series.logged("mirror", position=position, confidence=series.confidence[:, order], channels=channels)


def crop(series: PoseSeries, below: float = CROP) -> PoseSeries:
    """The series as a picture shows it that ends some shoulder widths under the neck: what is lower is missing."""
    line = median_of(series.position[:, NECK, 1]) + below * series.shoulder_width()
    width, height = series.frame_size
    if not np.isfinite(line) or line >= height:
        return series.logged("crop", details={"height": height})
    low = series.position[:, :, 1] > line
    position = np.where(low[:, :, None], np.nan, series.position)
    size = (width, max(1, round(line)))
    return series.logged("crop", position=position, frame_size=size, details={"height": size[1]})


def hide(series: PoseSeries, *keypoints: int) -> PoseSeries:
    """The series with some keypoints, by their indices, never seen."""
    position, confidence = series.position.copy(), series.confidence.copy()
    position[:, list(keypoints)] = np.nan
    confidence[:, list(keypoints)] = 0
    names = [series.skeleton.keypoints[k] for k in keypoints]
    return series.logged("hide", position=position, confidence=confidence, details={"keypoints": names})


def half_size(series: PoseSeries) -> PoseSeries:
    """The series in a picture of half the width and height, with coordinates in whole pixels."""
    width, height = series.frame_size
    return series.logged(
        "half_size",
        position=np.round(series.position / 2),
        frame_size=(max(1, width // 2), max(1, height // 2)),
        channels=scaled(series.channels, 0.5),
    )


def jitter(series: PoseSeries, amount: float) -> PoseSeries:
    """The series with independent Gaussian noise on every coordinate, `amount` in shoulder widths."""
    rng, sigma = _rng(series, f"jitter{amount}"), amount * np.nan_to_num(series.shoulder_width())
    position = series.position + rng.normal(0, sigma, series.position.shape)
    channels = dict(series.channels)
    for name in channels:
        if name.startswith(_DEPTH):
            channels[name] = channels[name] + rng.normal(0, sigma, len(series))
    return series.logged("jitter", position=position, channels=channels, details={"shoulder_widths": amount})


def measured_anew(series: PoseSeries, draw: int) -> PoseSeries:
    """The series as the same film gives it when it is encoded or scaled anew.

    An estimator places what it sees well within a hundredth of a shoulder width, what it half sees several times worse; its
    errors hold for a tenth of a second, its confidences, on the logistic scale, wander more slowly.

    Args:
        series: poses of an estimator.
        draw: which of the many ways in which it may come out; the same for the same poses, whatever they are called.
    """
    rng, (frames, keypoints) = np.random.default_rng(draw), series.confidence.shape
    confidence = series.confidence.astype(np.float64)
    sigma = (_ERROR + _UNSEEN_ERROR * (1 - confidence)) * np.nan_to_num(series.shoulder_width())
    error = _wandering(rng, (frames, keypoints, 2), _ERROR_HOLDS) + _ERROR_STAYS * rng.normal(size=(1, keypoints, 2))
    odds = np.log(np.clip(confidence, 1e-6, 1) / np.clip(1 - confidence, 1e-6, 1))
    odds = odds + _CONFIDENCE_ERROR * _wandering(rng, (frames, keypoints), _CONFIDENCE_HOLDS)
    graded = (confidence > 0) & (confidence < 1)
    channels = dict(series.channels)
    faces = [name for name in channels if name.startswith(_FACE) and not name.endswith(_PLACE_OR_SURETY)]
    for name, wander in zip(faces, _wandering(rng, (frames, len(faces)), _ERROR_HOLDS).T, strict=True):
        channels[name] = channels[name] + _FACE_ERROR * wander
    return series.logged(
        "measured_anew",
        position=series.position + sigma[:, :, None] * error,
        confidence=np.where(graded, 1 / (1 + np.exp(-odds)), confidence),
        channels=channels,
        details={"draw": draw},
    )


def _wandering(rng: np.random.Generator, shape: tuple[int, ...], holds: float) -> Array:
    """Noise of variance 1 whose value at a frame is `holds` times that at the last one and something new."""
    first, rest = rng.normal(size=(1, *shape[1:])), rng.normal(size=(max(shape[0] - 1, 0), *shape[1:]))
    steps = np.concatenate([first, np.sqrt(1 - holds**2) * rest])[: shape[0]]
    return np.asarray(lfilter([1.0], [1.0, -holds], steps, axis=0))


PERTURBATIONS: dict[str, Perturbation] = {
    **{
        f"{r}_fps": Perturbation(partial(at_frame_rate, fps=r), f"{r} frames a second{', nothing lost' * (r == 60)}")
        for r in (10, 15, 25, 60)
    },
    "dropped_frames": Perturbation(drop_frames, f"{DROPPED:.0%} of the frames lost"),
    "mirror": Perturbation(mirror, "mirrored"),
    "crop": Perturbation(crop, f"picture ends {CROP:g} shoulder width under the neck"),
    "right_wrist_hidden": Perturbation(lambda s: hide(s, RIGHT_WRIST), "right wrist never seen"),
    "left_wrist_hidden": Perturbation(lambda s: hide(s, LEFT_WRIST), "left wrist never seen"),
    "wrists_hidden": Perturbation(lambda s: hide(s, RIGHT_WRIST, LEFT_WRIST), "neither wrist ever seen"),
    "half_size": Perturbation(half_size, "half the picture's width and height, whole pixels"),
    **{f"jitter_{a:g}": Perturbation(partial(jitter, amount=a), f"noise of {a:g} shoulder widths") for a in JITTER},
}
"""Name -> what is done."""


def _rng(series: PoseSeries, purpose: str) -> np.random.Generator:
    """The same numbers for the same recording, whatever else was drawn before."""
    return np.random.default_rng(zlib.crc32(f"{purpose} {series.recording}".encode()))
