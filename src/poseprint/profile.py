"""A profile on disk: a folder of profile.json, model.onnx (runs) and model.safetensors (weights, for training on).

profile.json names the sha256 of the files beside it and carries one of itself, so that a changed byte
anywhere is found before anything is judged. No pickle is read or written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from poseprint.atomic import replacing
from poseprint.errors import ProfileError
from poseprint.pose import Array, EstimatorInfo

FORMAT_VERSION = 1
MANIFEST = "profile.json"
MODEL = "model.onnx"
WEIGHTS = "model.safetensors"
_LARGEST = 1 << 30  # bytes a file of a profile may have


@dataclass(frozen=True)
class InputSpec:
    """What a profile's model takes; input that does not fit is refused, never bent to fit.

    Attributes:
        skeleton: name of the skeleton.
        fps: frames per second.
        length: frames in a movement.
        normalisation: zscore or body.
        estimator: what must have measured the poses.
    """

    skeleton: str
    fps: float
    length: int
    normalisation: str
    estimator: EstimatorInfo

    def __post_init__(self) -> None:
        texts = self.skeleton, self.normalisation, *vars(self.estimator).values()
        if not all(isinstance(text, str) for text in texts):
            raise ProfileError("a profile's skeleton, normalisation and estimator are texts")
        if not (isinstance(self.length, int) and 2 <= self.length <= 100_000):
            raise ProfileError(f"a profile's movements have 2 to 100000 frames, not {self.length!r}")
        if not (isinstance(self.fps, float | int) and 1 <= self.fps <= 1000):
            raise ProfileError(f"a profile's frame rate is from 1 to 1000, not {self.fps!r}")


@dataclass(frozen=True)
class Profile:
    """One person of interest, as a model knows them.

    Attributes:
        person: the person of interest.
        kind: `supervised`: trained on the person's own and on others' (or faked) movements.
        input: what it takes.
        model: name of the network and its settings.
        made_from: for each recording: recording, person, label, session, seconds, sha256, shoulders
            (median shoulder width as a share of the picture's height).
        training: settings and measured figures.
        sha256: of profile.json.
        onnx: the network.
    """

    person: str
    kind: str
    input: InputSpec
    model: Mapping[str, Any]
    made_from: tuple[Mapping[str, Any], ...]
    training: Mapping[str, Any]
    sha256: str
    onnx: bytes

    def score(self, features: Array, lengths: Array) -> Array:
        """Probability that the person of interest moves, uncalibrated: float64 [shape=(movements,)].

        Args:
            features: float32 [shape=(movements, frames, 24)], normalised as `input` says.
            lengths: int64 [shape=(movements,)].
        """
        try:
            session = onnxruntime.InferenceSession(self.onnx, providers=["CPUExecutionProvider"])
            parts = []
            for first in range(0, len(features), 64):
                batch = {
                    "features": np.ascontiguousarray(features[first : first + 64], dtype=np.float32),
                    "lengths": np.ascontiguousarray(lengths[first : first + 64], dtype=np.int64),
                }
                parts.append(session.run(None, batch)[0].reshape(-1))
        except Exception as error:  # onnxruntime's exceptions share no public base
            raise ProfileError(f"the profile's {MODEL} does not run: {str(error).splitlines()[0][:200]}") from error
        if not all(np.isfinite(part).all() for part in parts):
            raise ProfileError(f"the profile's {MODEL} gives scores that are no numbers")
        logits = np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500, 500))))


def write_profile(
    folder: Path,
    *,
    person: str,
    kind: str,
    input_spec: InputSpec,
    model: Mapping[str, Any],
    made_from: list[dict[str, Any]],
    training: Mapping[str, Any],
    onnx: bytes,
    weights: bytes,
) -> None:
    """Write a profile; profile.json comes last, so a folder that has it is whole."""
    for name, content in ((MODEL, onnx), (WEIGHTS, weights)):
        with replacing(folder / name) as partial:
            partial.write_bytes(content)
    manifest = {
        "format_version": FORMAT_VERSION,
        "person": person,
        "kind": kind,
        "input": asdict(input_spec),
        "model": dict(model),
        "made_from": made_from,
        "training": dict(training),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in ((MODEL, onnx), (WEIGHTS, weights))},
    }
    manifest["sha256"] = _digest(manifest)
    with replacing(folder / MANIFEST) as partial:
        partial.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_profile(folder: Path | str) -> Profile:
    """Read a profile and check every byte of it.

    Raises:
        ProfileError: not a profile, of a newer version, incomplete, or altered.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise ProfileError(f"{folder}: not a profile (no {MANIFEST}); `poseprint train` makes one")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = int(manifest["format_version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProfileError(f"{path}: cannot be read as a profile ({type(error).__name__})") from error
    if not 1 <= version <= FORMAT_VERSION:
        raise ProfileError(
            f"{path}: profile format {version}; this poseprint reads formats up to {FORMAT_VERSION}: update poseprint"
        )
    try:
        if _digest(manifest) != manifest["sha256"]:
            raise ProfileError(f"{path}: was altered after it was made (its sha256 differs); get the profile again")
        contents = {}
        for name in (MODEL, WEIGHTS):
            file = folder / name
            if not file.is_file() or file.stat().st_size > _LARGEST:
                raise ProfileError(f"{file}: is missing or too large; get the profile again")
            contents[name] = file.read_bytes()
            if hashlib.sha256(contents[name]).hexdigest() != manifest["files"][name]:
                raise ProfileError(
                    f"{file}: was altered after the profile was made (its sha256 differs); get the profile again"
                )
        spec = manifest["input"]
        known = {f.name: spec[f.name] for f in fields(InputSpec)}
        made_from, training, model = manifest["made_from"], manifest["training"], manifest["model"]
        if not (isinstance(training, dict) and isinstance(model, dict) and all(isinstance(r, dict) for r in made_from)):
            raise TypeError("made_from, training or model is of another kind")
        return Profile(
            person=str(manifest["person"]),
            kind=str(manifest["kind"]),
            input=InputSpec(**{**known, "estimator": EstimatorInfo(**spec["estimator"])}),
            model=model,
            made_from=tuple(made_from),
            training=training,
            sha256=str(manifest["sha256"]),
            onnx=contents[MODEL],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ProfileError(f"{path}: not a profile of version {FORMAT_VERSION} ({error})") from error


def _digest(manifest: Mapping[str, Any]) -> str:
    """sha256 of a manifest without its own."""
    bare = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(bare, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
