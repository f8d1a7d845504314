"""BVH, the text form of motion capture: a hierarchy of joints, then a line of channels a frame; where joints are, by forward kinematics.

A joint's rotation is the product of its rotation channels in the order in which it lists them, in degrees, each about an axis that the
ones before it have turned. Position channels take the place of the offset from the parent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence

_CHANNELS = {f"{axis}{kind}": (kind, "xyz".index(axis)) for axis in "xyz" for kind in ("position", "rotation")}
_MOST_JOINTS, _MOST_FRAMES, _LONGEST_LINE = 1000, 1 << 21, 1 << 17
_BLOCK = 1024  # frames that are computed at a time


@dataclass
class Joint:
    """A joint of a hierarchy, or the end of a limb, which has no name.

    Attributes:
        parent: its number; None for a root.
        offset: from the parent, at rest.
        channels: kind (position or rotation) and axis of each.
        first: the column of its first channel.
    """

    name: str
    parent: int | None
    offset: tuple[float, float, float] | None = None
    channels: list[tuple[str, int]] = field(default_factory=list)
    first: int = 0


@dataclass(frozen=True)
class Places:
    """Where joints of a motion are.

    Attributes:
        position: float64 [shape=(frames, joints, 3)], in the file's unit and axes.
        fps: frames per second.
    """

    position: Array
    fps: float


def read_bvh_places(path: Path, choose: Callable[[Sequence[Joint]], Sequence[int]]) -> Places:
    """Where some joints of a BVH file are in each frame.

    Args:
        path: the file.
        choose: gives the numbers of those that are wanted, of all joints in the file's order.

    Raises:
        PoseFileError: not such a file, or cut short; a number that is none, or that is too large.
    """
    if not path.is_file():
        raise PoseFileError(f"{path}: is a folder; name the file" if path.is_dir() else absence(path))
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return _Reader(file).places(choose)
    except (OSError, ValueError) as error:
        raise PoseFileError(f"{path}: not a BVH file, or damaged: {error}") from error


class _Reader:
    """Reads a file line by line; a ValueError says what is wrong in which."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._number = file, 0

    def places(self, choose: Callable[[Sequence[Joint]], Sequence[int]]) -> Places:
        """See `read_bvh_places`."""
        joints = self._hierarchy()
        wanted = list(choose(joints))
        frames, fps = self._motion()
        columns = sum(len(joint.channels) for joint in joints)
        position = np.empty((frames, len(wanted), 3))
        for first in range(0, frames, _BLOCK):
            block = self._block(min(_BLOCK, frames - first), columns, frames)
            position[first : first + len(block)] = _kinematics(joints, wanted, block)
        if next(self._lines(), None):
            raise ValueError(f"line {self._number}: more than the {frames} frames that it states")
        if not (np.abs(position) < np.finfo(np.float32).max).all():
            raise ValueError("a joint lies at infinity")
        return Places(position, fps)

    def _lines(self) -> Iterator[str]:
        """The lines that are not empty."""
        while line := self._file.readline(_LONGEST_LINE):
            self._number += 1
            if len(line) == _LONGEST_LINE:
                raise ValueError(f"line {self._number} is too long")
            if line := line.strip():
                yield line

    def _statements(self) -> Iterator[tuple[str, str]]:
        """The words that begin a statement, or a brace, in capitals, and the rest of each, up to the line MOTION."""
        for line in self._lines():
            if line.upper() == "MOTION":
                return
            for part in re.findall(r"[{}]|[^{}]+", line):
                word, _, rest = " ".join(part.split()).partition(" ")
                if word:
                    yield word.upper(), rest
        raise ValueError(f"it ends in line {self._number}, before MOTION")

    def _hierarchy(self) -> list[Joint]:
        """The joints, parents first."""
        joints: list[Joint] = []
        opened: list[Joint] = []
        named: Joint | None = None
        columns = 0
        for word, rest in self._statements():
            joint = opened[-1] if opened else None
            if word == "HIERARCHY" and not joints and named is None:
                continue
            if word in ("ROOT", "JOINT", "END") and named is None and rest and (joint is None) == (word == "ROOT"):
                named = Joint("" if word == "END" else rest, None if joint is None else joints.index(joint))
            elif word == "{" and named is not None and len(joints) < _MOST_JOINTS:
                opened.append(named)
                joints.append(named)
                named = None
            elif word == "}" and joint is not None and named is None and joint.offset is not None:
                opened.pop()
            elif word == "OFFSET" and joint is not None and named is None and joint.offset is None:
                joint.offset = self._offset(rest)
            elif word == "CHANNELS" and joint is not None and named is None and joint.name and not joint.channels:
                joint.first, joint.channels = columns, self._channels(rest)
                columns += len(joint.channels)
            else:
                raise ValueError(f"line {self._number}: {f'{word} {rest}'[:60]!r} has no place there")
        if opened or named or not joints:
            raise ValueError(f"line {self._number}: MOTION begins before the hierarchy ends")
        return joints

    def _offset(self, text: str) -> tuple[float, float, float]:
        numbers = [_number(word) for word in text.split()]
        if len(numbers) != 3:
            raise ValueError(f"line {self._number}: an offset has three numbers")
        return numbers[0], numbers[1], numbers[2]

    def _channels(self, text: str) -> list[tuple[str, int]]:
        count, *names = text.split()
        unknown = [name for name in names if name.lower() not in _CHANNELS]
        channels = [_CHANNELS[name.lower()] for name in names if name not in unknown]
        if unknown or count != str(len(names)) or len(set(channels)) != len(channels):
            raise ValueError(
                f"line {self._number}: CHANNELS {text[:60]!r}; expected their number, and Xposition to Zrotation once"
            )
        return channels

    def _motion(self) -> tuple[int, float]:
        """How many frames there are, and how many a second."""
        (frames, step) = (line.partition(":")[2].strip() for line in [*islice(self._lines(), 2), "", ""][:2])
        if not (frames.isdecimal() and 0 < int(frames) <= _MOST_FRAMES):
            raise ValueError(f"line {self._number}: {frames[:20]!r} frames; expected a number from 1 to {_MOST_FRAMES}")
        seconds = _number(step)
        if not 0.001 <= seconds <= 1:
            raise ValueError(f"line {self._number}: a frame time of {seconds:g} s; expected 0.001 to 1")
        return int(frames), 1 / seconds

    def _block(self, count: int, columns: int, frames: int) -> Array:
        """The channels of the next frames [shape=(count, columns)]."""
        block = np.empty((count, columns))
        for row in block:
            words = next(self._lines(), "").split()
            if len(words) != columns:
                raise ValueError(
                    f"line {self._number}: {len(words)} numbers where a frame has {columns}"
                    if words
                    else f"it ends in line {self._number}, before the last of the {frames} frames that it states; it is cut short"
                )
            row[:] = words
        if not np.isfinite(block).all():
            raise ValueError(f"a number before line {self._number + 1} is none, or infinite")
        return block


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]!r} is no finite number")
    return number


def _kinematics(joints: Sequence[Joint], wanted: Sequence[int], values: Array) -> Array:
    """Positions [shape=(frames, wanted, 3)] from channels [shape=(frames, columns)]."""
    needed = set[int]()
    for number in wanted:
        above: int | None = number
        while above is not None and above not in needed:
            needed.add(above)
            above = joints[above].parent
    turned: dict[int, Array] = {}
    placed: dict[int, Array] = {}
    for number in sorted(needed):  # parents come first
        joint = joints[number]
        shift = np.tile(np.array(joint.offset), (len(values), 1))
        turn = np.tile(np.eye(3), (len(values), 1, 1))
        for column, (kind, axis) in enumerate(joint.channels, joint.first):
            if kind == "position":
                shift[:, axis] = values[:, column]
            else:
                turn = turn @ _about(axis, values[:, column])
        if joint.parent is not None:
            shift = placed[joint.parent] + (turned[joint.parent] @ shift[:, :, None])[:, :, 0]
            turn = turned[joint.parent] @ turn
        placed[number], turned[number] = shift, turn
    return np.stack([placed[number] for number in wanted], axis=1)


def _about(axis: int, degrees: Array) -> Array:
    """Rotations about an axis [shape=(frames, 3, 3)]."""
    angle = np.radians(degrees)
    rotation = np.tile(np.eye(3), (len(angle), 1, 1))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation[:, first, first] = rotation[:, second, second] = np.cos(angle)
    rotation[:, second, first] = np.sin(angle)
    rotation[:, first, second] = -np.sin(angle)
    return rotation
