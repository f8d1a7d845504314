"""A supervised profile: a network that knows one person of interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import onnxruntime
from safetensors.numpy import load, save

from poseprint.core.arrays import Array
from poseprint.core.errors import ProfileError
from poseprint.core.verdict import ProfileSummary
from poseprint.io.profile_folder import InputSpec, ProfileFolder, write_folder
from poseprint.movements.same_take import COLUMNS

MODEL = "model.onnx"
WEIGHTS = "model.safetensors"
TRACKS = "tracks.safetensors"


@dataclass(frozen=True)
class SupervisedProfile:
    """One person of interest, as a network trained on their own and on others' (or faked) movements knows them.

    Attributes:
        person: the person of interest.
        input: what it takes.
        model: name of the network and its settings.
        made_from: for each recording: recording, person, label, session, seconds, sha256, poses_sha256, shoulders
            (median shoulder width as a share of the picture's height).
        training: settings and measured figures.
        onnx: the network, as it runs.
        weights: the same as safetensors, to train on from.
        tracks: for each recording, what it is known again by, see `poseprint.movements.same_take` [shape=(n, 14)]; none of an
            older profile.
        sha256: of profile.json; empty before it is written.
    """

    person: str
    input: InputSpec
    model: Mapping[str, Any]
    made_from: tuple[Mapping[str, Any], ...]
    training: Mapping[str, Any]
    onnx: bytes
    weights: bytes
    tracks: tuple[Array, ...] = ()
    sha256: str = ""
    kind: ClassVar[Literal["supervised"]] = "supervised"

    def summary(self) -> ProfileSummary:
        """What a verdict says of it."""
        return ProfileSummary(self.person, self.made_from, model=dict(self.model), training=dict(self.training))

    def score(self, features: Array, lengths: Array) -> Array:
        """Probability that the person of interest moves, uncalibrated: float64 [shape=(movements,)].

        Args:
            features: float32 [shape=(movements, frames, features)], chosen and normalised as `input` says.
            lengths: int64 [shape=(movements,)].
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what it would print of a broken network is in the error
        try:
            session = onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])
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

    def write(self, folder: Path) -> None:
        """Write it; a profile that is in the folder already is replaced.

        Raises:
            PoseprintError: the folder cannot be written.
        """
        manifest = {
            "person": self.person,
            "kind": self.kind,
            "input": asdict(self.input),
            "model": dict(self.model),
            "made_from": [dict(row) for row in self.made_from],
            "training": dict(self.training),
        }
        tracks = {str(n): np.ascontiguousarray(t, dtype=np.float16) for n, t in enumerate(self.tracks)}
        contents = {MODEL: self.onnx, WEIGHTS: self.weights} | ({TRACKS: save(tracks)} if tracks else {})
        write_folder(folder, manifest, contents)

    @staticmethod
    def read(folder: ProfileFolder) -> SupervisedProfile:
        """The profile in a folder.

        Raises:
            ProfileError: a file is missing or altered, or a value is of another form.
        """
        manifest = folder.manifest
        with folder.errors_translated():
            onnx, weights = folder.content(MODEL), folder.content(WEIGHTS)
            training, model = manifest["training"], manifest["model"]
            tracks = load(folder.content(TRACKS)) if TRACKS in manifest["files"] else {}
            if any(t.ndim != 2 or t.shape[1] != COLUMNS or np.isinf(t).any() for t in tracks.values()):
                raise ValueError("a track does not have its form")
            if len(tracks) not in (0, len(manifest["made_from"])):
                raise ValueError("the tracks are not those of its recordings")
            if not (isinstance(training, dict) and isinstance(model, dict)):
                raise TypeError("training or model is of another kind")
            return SupervisedProfile(
                person=str(manifest["person"]),
                input=InputSpec.from_dict(manifest["input"]),
                model=model,
                made_from=tuple(manifest["made_from"]),
                training=training,
                onnx=onnx,
                weights=weights,
                tracks=tuple(tracks[str(n)] for n in range(len(tracks))),
                sha256=str(manifest["sha256"]),
            )
