"""The binary `.pose` form (the library pose-format): components of named points, of any number of people.

A file begins with its version, the picture's size and its components, little-endian; then come the rate, the numbers of frames and
people, all coordinates and all confidences as float32. Version 0.1 has a whole rate and counts no more than 65535 frames: what
is there of the file tells how many it has. A confidence of 0 is a point that was not seen.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence, atomic_write

LONGEST_TEXT = LARGEST_SIDE = 0xFFFF
"""Bytes of a name, and pixels of a picture's side, that the form can tell."""

_FORMS = {2: "XYC", 3: "XYZC"}
_LARGEST = 4 << 30  # bytes of a file
_MOST_COMPONENTS, _MOST_POINTS = 64, 10_000
_MOST = 1 << 21  # people in all frames together
_COLOUR = (255, 0, 0)


@dataclass(frozen=True)
class Component:
    """Points that belong together: their names, and which of them are joined by a limb."""

    name: str
    points: tuple[str, ...]
    limbs: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class PoseBinary:
    """What a `.pose` file holds.

    Attributes:
        size: width and height of the picture, pixels; 0 where it is not told.
        rate: frames per second.
        components: their points, in the order of the array axis.
        places: float32 [shape=(frames, people, points, 2 or 3)].
        confidences: float32 [shape=(frames, people, points)]; 0 where not seen.
        version: of the form, 0.1 or 0.2.
    """

    size: tuple[int, int]
    rate: float
    components: tuple[Component, ...]
    places: Array
    confidences: Array
    version: float = 0.2

    def part(self, name: str) -> slice | None:
        """Where the points of a component lie on the array axis; None if there is no such component."""
        first = 0
        for component in self.components:
            if component.name == name:
                return slice(first, first + len(component.points))
            first += len(component.points)
        return None


def write_pose_binary(content: PoseBinary, path: Path | str) -> None:
    """Write a file of version 0.2; it appears whole or not at all.

    Raises:
        PoseprintError: the path cannot be written.
    """
    frames, people, _, dims = content.places.shape
    header = [struct.pack("<f4H", 0.2, *content.size, 0, len(content.components))]
    for component in content.components:
        counts = struct.pack("<3H", len(component.points), len(component.limbs), 1)
        header += [_packed(component.name), _packed(_FORMS[dims]), counts, *map(_packed, component.points)]
        header += [struct.pack("<2H", *limb) for limb in component.limbs]
        header.append(struct.pack("<3H", *_COLOUR))
    header.append(struct.pack("<fIH", content.rate, frames, people))
    with atomic_write(path) as partial, partial.open("wb") as file:
        file.write(b"".join(header))
        for values in (content.places, content.confidences):
            file.write(values.astype("<f4").tobytes())


def _packed(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<H", len(encoded)) + encoded


def read_pose_binary(path: Path) -> PoseBinary:
    """What a file of version 0.1 or 0.2 holds; its arrays stay on the disk.

    Raises:
        PoseFileError: not such a file, cut short, of another version, or too large.
    """
    if not path.is_file():
        raise PoseFileError(f"{path}: is a folder; name the file" if path.is_dir() else absence(path))
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except (OSError, ValueError, struct.error) as error:
        raise PoseFileError(f"{path}: not a .pose file, or cut short ({error})") from error


def _read(file: IO[bytes], path: Path) -> PoseBinary:
    end = file.seek(0, 2)
    file.seek(0)
    version, *size, _, count = _numbers(file, "<f4H")
    version = round(version, 3)
    _require(version in (0.1, 0.2), path, "not a .pose file of version 0.1 or 0.2")
    _require(end <= _LARGEST, path, f"larger than {_LARGEST >> 30} GB, too large for one recording")
    _require(count <= _MOST_COMPONENTS, path, f"{count} components; a .pose file has a few")
    forms, components = set(), []
    for _ in range(count):
        form, component = _read_component(file)
        forms.add(form)
        components.append(component)
    points = sum(len(component.points) for component in components)
    dims = next((d for d, form in _FORMS.items() if forms == {form}), 0)
    _require(dims > 0, path, f"its points are not all {' or '.join(_FORMS.values())}")
    _require(points <= _MOST_POINTS, path, f"{points} points a person are too many")
    rate, frames, people = _numbers(file, "<fIH" if version == 0.2 else "<3H")
    each, rest = people * points * (dims + 1) * 4, end - file.tell()
    if version == 0.1 and each:
        frames = rest // each
    _require(frames * each > 0, path, "holds no poses")
    _require(frames * people <= _MOST, path, f"{frames} frames of {people} people are too many for one recording")
    missing = frames * each - rest
    _require(missing <= 0, path, f"is cut short, {missing} bytes are missing; copy it again")
    shape = (frames, people, points)
    places = np.memmap(path, "<f4", "r", file.tell(), (*shape, dims))
    confidences = np.memmap(path, "<f4", "r", file.tell() + places.nbytes, shape)
    return PoseBinary((size[0], size[1]), rate, tuple(components), places, confidences, version)


def _require(holds: bool, path: Path, problem: str) -> None:
    if not holds:
        raise PoseFileError(f"{path}: {problem}")


def _numbers(file: IO[bytes], form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _read_component(file: IO[bytes]) -> tuple[str, Component]:
    name, form = _read_text(file), _read_text(file)
    points, limbs, colours = _numbers(file, "<3H")
    names = tuple(_read_text(file) for _ in range(points))
    joined = [(int(a), int(b)) for a, b in (_numbers(file, "<2H") for _ in range(limbs))]
    file.seek(6 * colours, 1)
    return form, Component(name, names, joined)


def _read_text(file: IO[bytes]) -> str:
    (length,) = _numbers(file, "<H")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("it ends in the header")
    return text.decode()
