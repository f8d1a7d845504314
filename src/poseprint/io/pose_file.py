"""`.pose` files (`poseprint.io.pose_binary`) as recordings, and recordings as such files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import HAND_JOINTS, HANDS
from poseprint.core.errors import PoseFileError
from poseprint.core.series import OPENPOSE, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import NECK, UPPER_BODY
from poseprint.io.joint_names import keypoints_among, with_neck
from poseprint.io.notes import NOTE, Note, note_of, read_note
from poseprint.io.people import People
from poseprint.io.pose_binary import (
    LARGEST_SIDE,
    LONGEST_TEXT,
    Component,
    PoseBinary,
    read_pose_binary,
    write_pose_binary,
)

BODY = "pose_keypoints_2d"
"""The component that is written, OpenPose's: programs know it, and it has a neck."""
_BODIES = {
    BODY: (OPENPOSE, {18: "COCO-18", 25: "BODY_25"}),
    "BODY_135": (OPENPOSE, {135: "BODY_135"}),
    "POSE_LANDMARKS": ("mediapipe-holistic", {}),
}
"""Component with a body -> the estimator that makes such, and its version by the number of points."""
_HANDS = {
    "hand_left_keypoints_2d": "left",
    "hand_right_keypoints_2d": "right",
    "LEFT_HAND_LANDMARKS": "left",
    "RIGHT_HAND_LANDMARKS": "right",
}
"""Component with the 21 points of a hand, in the order of HAND_JOINTS -> side."""
_POINTS = tuple(
    "".join({"left": "L", "right": "R"}.get(part, part.capitalize()) for part in name.split("_"))
    for name in UPPER_BODY.keypoints
)
"""OpenPose's names of our keypoints."""


def write_pose_file(series: PoseSeries, path: Path | str) -> tuple[str, ...]:
    """Write a series as a `.pose` file of version 0.2; it appears whole or not at all.

    The body is a component `pose_keypoints_2d` of our 12 keypoints, with depth as the third coordinate where it is known. What
    was not seen becomes 0 with a confidence of 0. Of times only the rate is kept. What the form has no field for is json in
    the name of a point that is never seen (docs/formats.md).

    Args:
        series: poses of a recording.
        path: the file.

    Returns:
        what the form cannot hold and is left out: names of channels, and `log` if it is longer than a name can be.

    Raises:
        PoseprintError: a picture of more than 65535 pixels a side, or the path cannot be written.
    """
    depths = [f"depth_{name}" for name in UPPER_BODY.keypoints if f"depth_{name}" in series.channels]
    sides = [side for side, names in HANDS.items() if series.channels.keys() >= set(names)]
    known = {*depths, *(name for side in sides for name in HANDS[side])}
    held = [name for name in series.channels if name in known]
    left_out = [name for name in series.channels if name not in known]
    if max(series.frame_size) > LARGEST_SIDE:
        raise PoseFileError(f"{path}: the picture of {series.recording} is larger than a .pose file can tell")
    seen = replace(series, position=np.where(series.confidence[:, :, None] > 0, series.position, np.nan))
    note = note_of(seen, held)
    if len(note) > LONGEST_TEXT:
        note, left_out = note_of(replace(seen, log=()), held), [*left_out, "log"]
    body = np.concatenate([seen.position, np.full((*seen.confidence.shape, 1), np.nan)], axis=2)
    for name in depths:
        body[:, UPPER_BODY.index(name.removeprefix("depth_")), 2] = series.channels[name]
    hands = [_hand_to_write(series, side) for side in sides]
    unseen = np.zeros((len(series), 1, 3))
    places = np.concatenate([body, *(hand for hand, _ in hands), unseen], axis=1)
    confidences = np.concatenate([series.confidence, *(c for _, c in hands), unseen[:, :, 0]], axis=1)
    content = PoseBinary(
        size=series.frame_size,
        rate=series.fps,
        components=(
            Component(BODY, _POINTS, UPPER_BODY.edges),
            *(Component(f"hand_{side}_keypoints_2d", HAND_JOINTS) for side in sides),
            Component(NOTE, (note,)),
        ),
        places=np.where(confidences[:, :, None] > 0, places, 0)[:, None, :, : 3 if depths else 2],
        confidences=confidences[:, None],
    )
    write_pose_binary(content, path)
    return tuple(left_out)


def _hand_to_write(series: PoseSeries, side: str) -> tuple[Array, Array]:
    """Places [shape=(frames, 21, 3)] and confidences [shape=(frames, 21)] of a hand; what is unknown has a confidence of 0."""
    *joints, confidence = (series.channels[name] for name in HANDS[side])
    places = np.zeros((len(series), len(HAND_JOINTS), 3))
    places[:, :, :2] = np.stack(joints, axis=1).reshape(-1, len(HAND_JOINTS), 2)
    known = np.isfinite(places).all(axis=2) & np.isfinite(confidence)[:, None]
    return places, np.where(known, confidence[:, None], 0)


def read_pose_file(
    path: Path | str, *, fps: float | None = None, frame_size: tuple[int, int] | None = None
) -> PoseSeries:
    """One person's poses from a `.pose` file of version 0.1 or 0.2.

    The body is BODY_25, COCO-18 or BODY_135 of OpenPose, or MediaPipe's of 33 points (Holistic); where it has no neck, that is the
    middle of the shoulders. Of several people the one who is largest over the whole recording is followed (`poseprint.io.people`). A
    hand is taken over if all its joints have one confidence, as it has here. A third coordinate is depth if poseprint
    wrote it, and otherwise not taken over, as are points of the face.

    Args:
        path: the file.
        fps, frame_size: of files that do not tell them.

    Raises:
        PoseFileError: not such a file, cut short, of another version, too large, or without a body that is known.
    """
    path = Path(path)
    content = read_pose_binary(path)
    note = _note(content, path)
    rate = note.fps if note and np.float32(note.fps) == np.float32(content.rate) else content.rate or fps
    size = content.size if all(content.size) else frame_size
    if not rate:
        raise PoseFileError(f"{path}: does not tell the frame rate; give it with `fps`")
    if size is None:
        raise PoseFileError(f"{path}: does not tell the size of the picture; give it with `frame_size`")
    if not 1 <= rate <= 1000:
        raise PoseFileError(f"{path}: tells {rate:g} frames per second; expected 1 to 1000")
    component = next((c for c in content.components if c.name in _BODIES), None)
    if component is None:
        names = ", ".join(f"{c.name:.40}" for c in content.components)
        raise PoseFileError(f"{path}: no body that is known here ({', '.join(_BODIES)}); it holds {names}")
    frames, people = content.confidences.shape[:2]
    everybody = _bodies(content, component, path)
    if people > 1:
        frame, person = np.nonzero(np.isfinite(everybody[..., 0]).any(axis=2))
        found = People.of(frame, everybody[frame, person, :, :2])
        rows = found.followed(rate, size[0])
        frame, person, counted = frame[rows], person[rows], {"people": found.comparable(rows, frames)}
    else:
        frame, person, counted = np.arange(frames), np.zeros(frames, dtype=int), {}
    body = np.full((frames, *everybody.shape[2:]), np.nan, dtype=np.float32)
    body[frame] = everybody[frame, person]
    channels = {**counted, **_hands(content, frame, person), **_depths(body, note)}
    if note:
        channels = {name: channels[name] for name in note.channels if name in channels}
    name, versions = _BODIES[component.name]
    series = PoseSeries(
        position=body[:, :, :2],
        confidence=np.clip(np.nan_to_num(body[:, :, -1]), 0, 1),
        time=np.arange(frames) / rate,
        fps=rate,
        frame_size=size,
        recording=path.stem,
        estimator=EstimatorInfo(name, versions.get(len(component.points), "")),
        channels=channels,
        log=({"step": "read_pose_file", "file": path.name, "version": content.version, "component": component.name},),
    )
    return note.on(series) if note else series


def _note(content: PoseBinary, path: Path) -> Note | None:
    """What poseprint noted in a file that it wrote."""
    text = next((c.points[0] for c in content.components if c.name == NOTE and c.points), None)
    return None if text is None else read_note(text, path)


def _bodies(content: PoseBinary, component: Component, path: Path) -> Array:
    """Coordinates and confidence of everybody's 12 keypoints [shape=(frames, people, 12, 3 or 4)]; NaN where not seen."""
    part = content.part(component.name)
    assert part is not None
    among = keypoints_among(component.points)
    source = [part.start + place for place in among.values()]
    shape = (*content.confidences.shape[:2], len(UPPER_BODY.keypoints), content.places.shape[3] + 1)
    bodies = np.full(shape, np.nan, dtype=np.float32)
    bodies[:, :, list(among), :-1] = content.places[:, :, source]
    bodies[:, :, list(among), -1] = content.confidences[:, :, source]
    if np.isinf(bodies).any():
        raise PoseFileError(f"{path}: holds infinity")
    if NECK not in among:
        bodies[..., :-1], bodies[..., -1] = with_neck(bodies[..., :-1], bodies[..., -1])
    bodies[~(bodies[..., -1] > 0)] = np.nan
    return bodies


def _hands(content: PoseBinary, frame: Array, person: Array) -> dict[str, Array]:
    """The channels of hands of the person who is followed, of hands with one confidence."""
    channels: dict[str, Array] = {}
    for component, side in _HANDS.items():
        part = content.part(component)
        if part is None or part.stop - part.start != len(HAND_JOINTS):
            continue
        values = np.full((len(content.places), len(HAND_JOINTS), 3), np.nan, dtype=np.float32)
        values[frame, :, :2] = content.places[frame, person, part, :2]
        values[frame, :, 2] = content.confidences[frame, person, part]
        values[~(values[..., 2] > 0)] = np.nan
        least, most = np.fmin.reduce(values[..., 2], axis=1), np.fmax.reduce(values[..., 2], axis=1)
        if not (least[np.isfinite(least)] == most[np.isfinite(most)]).all() or np.isinf(values).any():
            continue
        joints = values[:, :, :2].reshape(len(values), -1)
        channels.update(zip(HANDS[side], [*joints.T, np.minimum(most, 1)], strict=True))
    return channels


def _depths(body: Array, note: Note | None) -> dict[str, Array]:
    """The channels of depth that poseprint wrote, from what `_bodies` gives of one person."""
    names = [name for name in UPPER_BODY.keypoints if note and f"depth_{name}" in note.channels]
    return {f"depth_{name}": body[:, UPPER_BODY.index(name), 2] for name in names if body.shape[2] == 4}
