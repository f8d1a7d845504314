"""A supervised profile: a network that knows one person of interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from poseprint.core.arrays import Array
from poseprint.core.errors import ProfileError
from poseprint.io.profile_folder import InputSpec, ProfileFolder, write_folder

MODEL = "model.onnx"
WEIGHTS = "model.safetensors"


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
    """Write a supervised profile."""
    manifest = {
        "person": person,
        "kind": kind,
        "input": asdict(input_spec),
        "model": dict(model),
        "made_from": made_from,
        "training": dict(training),
    }
    write_folder(folder, manifest, {MODEL: onnx, WEIGHTS: weights})


def _supervised(folder: ProfileFolder) -> Profile:
    manifest = folder.manifest
    contents = {name: folder.content(name) for name in (MODEL, WEIGHTS)}
    training, model = manifest["training"], manifest["model"]
    if not (isinstance(training, dict) and isinstance(model, dict)):
        raise TypeError("training or model is of another kind")
    return Profile(
        person=str(manifest["person"]),
        kind=str(manifest["kind"]),
        input=InputSpec.from_dict(manifest["input"]),
        model=model,
        made_from=tuple(manifest["made_from"]),
        training=training,
        sha256=str(manifest["sha256"]),
        onnx=contents[MODEL],
    )
