"""A profile on disk: a folder of profile.json and the files it names.

A supervised profile (version 1) has model.onnx, which runs, and model.safetensors, the weights to train on. An
enrolled profile (version 3; 2 is read) has enrolment-SHA256.safetensors: statistics of the person's own movements. profile.json names
the sha256 of the files beside it and carries one of itself, so that a changed byte anywhere is found before anything
is judged. No pickle is read or written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from poseprint.core.errors import ProfileError
from poseprint.core.files import absence, atomic_write, parse_json
from poseprint.core.series import EstimatorInfo

VERSIONS = {"supervised": 1, "enrolled": 3}
"""Kind of a profile -> the format version it is written in."""
MANIFEST = "profile.json"
_LARGEST = 1 << 30  # bytes a file of a profile may have


@dataclass(frozen=True)
class InputSpec:
    """What a profile takes; input that does not fit is refused, never adapted.

    Attributes:
        skeleton: name of the skeleton.
        fps: frames per second.
        length: frames in a movement.
        normalisation: zscore or body.
        estimator: what must have measured the poses.
        axes: 2 for pictures, 3 with depth.
        features: of a supervised profile: which numbers of a frame (`poseprint.supervised.features`); older ones take keypoints.
    """

    skeleton: str
    fps: float
    length: int
    normalisation: str
    estimator: EstimatorInfo
    axes: int = 2
    features: str = "keypoints"

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.skeleton, self.normalisation, self.features)):
            raise ProfileError("a profile's skeleton, normalisation and features are texts")
        if not (isinstance(self.length, int) and 2 <= self.length <= 100_000):
            raise ProfileError(f"a profile's movements have 2 to 100000 frames, not {self.length!r}")
        if not (isinstance(self.fps, float | int) and 1 <= self.fps <= 1000):
            raise ProfileError(f"a profile's frame rate is from 1 to 1000, not {self.fps!r}")
        if self.axes not in (2, 3):
            raise ProfileError(f"a profile's axes are 2 or 3, not {self.axes!r}")

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> InputSpec:
        """The opposite of `dataclasses.asdict`; fields that it knows nothing of are passed over."""
        known = {f.name: values[f.name] for f in fields(InputSpec) if f.default is MISSING or f.name in values}
        return InputSpec(**{**known, "estimator": EstimatorInfo(**values["estimator"])})


@dataclass(frozen=True)
class ProfileFolder:
    """A profile's folder whose profile.json is as it was written.

    Attributes:
        path: the folder.
        manifest: what profile.json holds.
    """

    path: Path
    manifest: Mapping[str, Any]

    @staticmethod
    def read(path: Path) -> ProfileFolder:
        """Read profile.json and check it against its own sha256.

        Raises:
            ProfileError: not a profile, of a newer version, or altered.
        """
        file = path / MANIFEST
        if not path.exists():
            raise ProfileError(absence(path))
        if path.is_file():
            raise ProfileError(f"{path}: not a profile; a profile is a folder, which `poseprint enroll` makes")
        if not file.is_file():
            raise ProfileError(f"{path}: not a profile (no {MANIFEST}); `poseprint enroll` makes one")
        try:
            manifest = parse_json(file.read_text(encoding="utf-8"))
            version = int(manifest["format_version"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProfileError(f"{file}: cannot be read as a profile ({type(error).__name__})") from error
        newest = max(VERSIONS.values())
        if not 1 <= version <= newest:
            raise ProfileError(
                f"{file}: profile format {version}; this poseprint reads formats up to {newest}: update poseprint"
            )
        folder = ProfileFolder(path, manifest)
        with folder.errors_translated():
            if manifest_sha256(manifest) != manifest["sha256"]:
                raise ProfileError(f"{file}: was altered after it was made (its sha256 differs); get the profile again")
            if not all(isinstance(row, dict) for row in manifest["made_from"]):
                raise TypeError("made_from is of another kind")
        return folder

    def content(self, name: str) -> bytes:
        """A file that profile.json names.

        Raises:
            ProfileError: it is missing, too large, or altered.
        """
        file = self.path / name
        if not file.is_file() or file.stat().st_size > _LARGEST:
            raise ProfileError(f"{file}: is missing or too large; get the profile again")
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.manifest["files"][name]:
            raise ProfileError(
                f"{file}: was altered after the profile was made (its sha256 differs); get the profile again"
            )
        return content

    @contextmanager
    def errors_translated(self) -> Iterator[None]:
        """Turns any error that malformed values raise in the block into a ProfileError."""
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValueError, SafetensorError) as error:
            version = self.manifest["format_version"]
            raise ProfileError(f"{self.path / MANIFEST}: not a profile of version {version} ({error})") from error


def write_folder(folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    """Write a profile; profile.json comes last, so a folder that has it is whole.

    Args:
        folder: made if need be; what is there of another profile is replaced.
        manifest: what profile.json says, with `kind`; version and sha256 are added.
        contents: the files beside it, by name.
    """
    for name, content in contents.items():
        with atomic_write(folder / name) as partial:
            partial.write_bytes(content)
    complete = {"format_version": VERSIONS[manifest["kind"]], **manifest}
    complete["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    complete["sha256"] = manifest_sha256(complete)
    with atomic_write(folder / MANIFEST) as partial:
        partial.write_text(json.dumps(complete, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def manifest_sha256(manifest: Mapping[str, Any]) -> str:
    """sha256 of a manifest without its own."""
    unsigned = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(unsigned, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
