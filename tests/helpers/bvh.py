"""BVH files of a made-up person: a torso, a head and two arms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SIDES = {"Left": 1, "Right": -1}


def arm(
    side: str, names: Sequence[str] = ("Arm", "ForeArm", "Hand"), *, channels: str = "Zrotation Xrotation Yrotation"
) -> str:
    """An arm that hangs from the chest and leads away from it: its joints are 15, 25 and 20 units apart."""
    sign = SIDES[side]
    text, shifts = "", (15 * sign, 25 * sign, 20 * sign)
    for name, shift in zip(names, shifts, strict=True):
        text += f"JOINT {side}{name}\n{{\nOFFSET {shift} 0 0\nCHANNELS 3 {channels}\n"
    return text + "End Site\n{\nOFFSET 1 0 0\n}\n" + "}\n" * len(names)


def hierarchy(*, channels: str = "Zrotation Xrotation Yrotation", arms: str | None = None, head: bool = True) -> str:
    """Hips, a chest 40 above them, arms at the chest and a head 20 above it, with an end 20 above that."""
    arms = arms if arms is not None else arm("Left", channels=channels) + arm("Right", channels=channels)
    over = (
        f"JOINT Head\n{{\nOFFSET 0 20 0\nCHANNELS 3 {channels}\nEnd Site\n{{\nOFFSET 0 20 0\n}}\n}}\n" if head else ""
    )
    return (
        f"HIERARCHY\nROOT Hips\n{{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition {channels}\n"
        f"JOINT Chest\n{{\nOFFSET 0 40 0\nCHANNELS 3 {channels}\n{arms}{over}}}\n}}\n"
    )


COLUMNS = 6 + 3 + 9 + 9 + 3
"""Of `hierarchy`: hips (position, rotation), chest, left arm, right arm, head."""
LEFT_ARM, RIGHT_ARM, HEAD = 9, 18, 27
"""The first column of each."""


def bvh(path: Path, frames: Sequence[Sequence[float]], *, top: str | None = None, step: float | str = 0.02) -> Path:
    lines = "".join(" ".join(f"{value:.9g}" for value in frame) + "\n" for frame in frames)
    path.write_text(f"{top or hierarchy()}MOTION\nFrames: {len(frames)}\nFrame Time: {step}\n{lines}")
    return path


def still(**changed: float) -> list[float]:
    """The channels of a frame at rest, some of them changed: `_9=90` is the tenth."""
    frame = [0.0] * COLUMNS
    for column, value in changed.items():
        frame[int(column[1:])] = value
    return frame
