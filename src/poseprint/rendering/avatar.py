"""Draws a plain, fully clothed figure that moves like a PoseSeries: pictures or an mp4, nobody's footage.

Keypoints that are missing are completed here, shot by shot; the drawing itself is in `poseprint.rendering.figure`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from poseprint.core.arrays import Array, median_of
from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write
from poseprint.core.progress import Progress, silent
from poseprint.core.rotation import rotation_of
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import (
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NECK,
    NOSE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    UPPER_BODY,
)
from poseprint.rendering.figure import BACKDROPS, LOOKS, Figure, Look

ARMS = (RIGHT_ELBOW, RIGHT_WRIST, LEFT_ELBOW, LEFT_WRIST)
OVERSAMPLING = 2
"""Pictures are drawn this much larger and then averaged, for smooth edges."""
EASE_S = 0.3
"""A joint unseen for longer than twice this sinks to rest, and comes back, in this many seconds."""

BONES = (
    (RIGHT_SHOULDER, NECK, (-0.5, 0.0)),
    (LEFT_SHOULDER, NECK, (0.5, 0.0)),
    (RIGHT_ELBOW, RIGHT_SHOULDER, (-0.16, 0.82)),
    (LEFT_ELBOW, LEFT_SHOULDER, (0.16, 0.82)),
    (RIGHT_WRIST, RIGHT_ELBOW, (0.06, 0.72)),
    (LEFT_WRIST, LEFT_ELBOW, (-0.06, 0.72)),
    (NOSE, NECK, (0.0, -0.62)),
    (RIGHT_EYE, NOSE, (-0.1, -0.13)),
    (LEFT_EYE, NOSE, (0.1, -0.13)),
    (RIGHT_EAR, NOSE, (-0.23, -0.07)),
    (LEFT_EAR, NOSE, (0.23, -0.07)),
)
"""(keypoint, what it hangs on, where it rests from there), parents first."""


def draw_frames(
    series: PoseSeries, *, look: Look | None = None, size: tuple[int, int] | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Draws one picture per frame of the series.

    Args:
        series: the movement to follow, keypoints UPPER_BODY. Joints that were not seen are interpolated
            or rest; a frame in which nobody was seen shows the background alone. The channels `head_yaw`,
            `head_pitch` and `head_roll` (radians, see `poseprint.core.rotation`) turn the head about the place of
            its keypoints; where they are missing or NaN it is turned as these lie. Channels `face_...` (shares of
            0 to 1 by MediaPipe's names in snake_case, such as `face_jaw_open`) give it an expression: jaw, lips,
            lids, brows and gaze follow, other parts stay at rest.
        look: the figure's looks, by default the first of LOOKS.
        size: (width, height) of the pictures in pixels, by default the series' own. The movement is
            scaled by the height and kept centred from left to right.

    Returns:
        An iterator of uint8 RGB pictures [shape=(height, width, 3)].

    Raises:
        PoseprintError: another skeleton, an impossible size, or nobody is seen in any frame.
    """
    if series.skeleton != UPPER_BODY:
        raise PoseprintError(f"the avatar needs the keypoints of {UPPER_BODY.name}, got {series.skeleton.name}")
    if not series.present().any():
        raise PoseprintError(
            f"recording {series.recording or '(unnamed)'}: nobody is seen in any frame, nothing to draw"
        )
    width, height = size or series.frame_size
    if min(width, height) < 1:
        raise PoseprintError(f"size must be (width, height) in pixels, got {(width, height)}")
    return _draw(series, look or next(iter(LOOKS.values())), width, height)


def write_video(
    series: PoseSeries,
    path: str | os.PathLike[str],
    *,
    look: Look | None = None,
    size: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> None:
    """Writes the pictures of `draw_frames` as an H.264 mp4 at the series' frame rate.

    Args:
        series: the movement to follow.
        path: where the video goes; an existing file is replaced, and only once the new one is whole.
        look: as in `draw_frames`.
        size: (width, height) in pixels, both even, as the codec demands; by default the series' own,
            less one pixel where that is odd.
        progress: called after each frame.

    Raises:
        PoseprintError: the file cannot be written, or `draw_frames` refuses.
    """
    width, height = size or (series.frame_size[0] // 2 * 2, series.frame_size[1] // 2 * 2)
    if width % 2 or height % 2:
        raise PoseprintError(f"a video needs an even width and height, got {width}x{height}")
    pictures = draw_frames(series, look=look, size=(width, height))
    path = Path(path)
    try:
        with (
            atomic_write(path) as partial,
            av.open(str(partial.absolute()), "w", format="mp4", options={"movflags": "+faststart"}) as container,
        ):
            rate = Fraction(series.fps).limit_denominator(1001)
            stream = container.add_stream("libx264", rate=rate, options={"crf": "18"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = 1 / rate
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, 1 / rate
                container.mux(stream.encode(frame))
                progress(f"drawing {path.name}", number + 1, len(series))
            container.mux(stream.encode())
            container.close()
            with partial.open("ab") as file:
                file.write(_mark(path))
    except (av.FFmpegError, ValueError) as error:
        raise PoseprintError(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from error


def _mark(path: Path) -> bytes:
    """The last box of a video drawn as `path`, which players pass over and whatever cuts or encodes it anew leaves out;
    a copy under another name is somebody's own file."""
    content = b"poseprint" + hashlib.sha256(os.fsencode(path.name)).digest()[:8]
    return (8 + len(content)).to_bytes(4, "big") + b"free" + content


def is_drawn(path: Path) -> bool:
    """Whether a file is as `write_video` wrote it under this name."""
    mark = _mark(path)
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - len(mark)))
        return file.read() == mark


def _draw(series: PoseSeries, look: Look, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    zoom = height / series.frame_size[1] * OVERSAMPLING
    shift = np.array([width * OVERSAMPLING - series.frame_size[0] * zoom, 0.0]) / 2
    empty = BACKDROPS[look.backdrop](width * OVERSAMPLING, height * OVERSAMPLING, look.background)
    present = series.present()
    rotation = _rotations(series)
    expressions = {
        name.removeprefix("face_"): np.nan_to_num(share).clip(0, 1)
        for name, share in series.channels.items()
        if name.startswith("face_") and name != "face_confidence"
    }
    usual = np.nan_to_num(series.shoulder_width()) or 0.3 * series.frame_size[1]
    for first, last in series.shots():
        joints, unit, head = _complete(series.position[first:last].astype(np.float64), series.fps, usual)
        for number, pose in enumerate(joints * zoom + shift, first):
            picture = empty.copy()
            if present[number]:
                known = np.isfinite(rotation[number]).all()
                expression = {name: float(share[number]) for name, share in expressions.items()}
                Figure(
                    picture, pose, unit * zoom, head * zoom, look, rotation[number] if known else None, expression
                ).draw()
            yield np.array(picture.reduce(OVERSAMPLING))


def _rotations(series: PoseSeries) -> Array:
    """How the channels say that the head is turned in each frame [shape=(frames, 3, 3)]; NaN where they do not."""
    angles = [series.channels.get(f"head_{name}", np.full(len(series), np.nan)) for name in ("yaw", "pitch", "roll")]
    return rotation_of(*(np.asarray(angle, dtype=np.float64) for angle in angles))


def _complete(position: Array, fps: float, usual_unit: float) -> tuple[Array, float, float]:
    """Puts every joint of a shot somewhere plausible.

    Args:
        position: [shape=(frames, 12, 2)], pixels, NaN where not seen.
        fps: frames per second.
        usual_unit: the shoulder width in pixels of a shot that shows too little to tell.

    Returns:
        Positions without NaN, the shot's shoulder width and its distance from ear to ear, in pixels.
    """
    shoulders, ears, eyes = (
        median_of(np.linalg.norm(position[:, a] - position[:, b], axis=1))
        for a, b in ((RIGHT_SHOULDER, LEFT_SHOULDER), (RIGHT_EAR, LEFT_EAR), (RIGHT_EYE, LEFT_EYE))
    )
    # Shoulders seen sideways are narrow, and so is a head: each is checked by the other.
    unit = np.nan_to_num([shoulders, 2.0 * ears, 4.0 * eyes]).max() or usual_unit
    head = max(np.nan_to_num([ears, 1.8 * eyes]).max(), 0.36 * unit)
    joints = np.zeros_like(position)
    joints[:, NECK] = _neck(position, unit)
    for joint, parent, rest in BONES:
        offset = position[:, joint] - joints[:, parent]
        usual = np.array([median_of(offset[:, 0]), median_of(offset[:, 1])])
        # An arm that goes unseen hangs below the picture; anything else stays where it mostly is.
        rests = np.multiply(rest, unit) if joint in ARMS or np.isnan(usual).any() else usual
        joints[:, joint] = joints[:, parent] + _bridge(offset, rests, EASE_S * fps)
    return joints, unit, head


def _neck(position: Array, unit: float) -> Array:
    """Where the neck is in each frame [shape=(frames, 2)]; never seen, it is guessed from what was."""
    neck = position[:, NECK]
    if np.isnan(neck).all():
        rest = np.zeros(position.shape[1:])
        for joint, parent, offset in BONES:
            rest[joint] = rest[parent] + np.multiply(offset, unit)
        neck = np.array([[median_of(x) for x in pose.T] for pose in position - rest])
    known = np.flatnonzero(~np.isnan(neck[:, 0]))
    if not len(known):
        return np.zeros_like(neck)
    return np.stack([np.interp(np.arange(len(neck)), known, x) for x in neck[known].T], axis=1)


def _bridge(offset: Array, rest: Array, ease: float) -> Array:
    """Fills the gaps of one joint's offset [shape=(frames, 2)]: short ones straight, long ones by way of rest."""
    known = np.flatnonzero(~np.isnan(offset[:, 0]))
    far = len(offset) + 4 * ease
    edges = np.concatenate([[-far], known, [2 * far]])
    long = np.flatnonzero(np.diff(edges) > 2 * ease)
    at = np.concatenate([known, edges[long] + ease, edges[long + 1] - ease])
    value = np.concatenate([offset[known], np.broadcast_to(rest, (2 * len(long), 2))])
    order = np.argsort(at, kind="stable")
    return np.stack([np.interp(np.arange(len(offset)), at[order], x) for x in value[order].T], axis=1)
