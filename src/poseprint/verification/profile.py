"""An enrolled profile: a person of interest as their own recordings show them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from poseprint.core.arrays import Array
from poseprint.core.errors import ProfileError
from poseprint.io.profile_folder import InputSpec, ProfileFolder, write_folder
from poseprint.movements.cutting import LENGTH
from poseprint.movements.statistics import catalogue, catalogue_sha256
from poseprint.movements.tracks import FPS

STATISTICS = re.compile(r"enrolment-[0-9a-f]{16}\.safetensors")
"""Named after its content, so that a profile that changes is whole at every moment."""


@dataclass(frozen=True, eq=False)
class EnrolledProfile:
    """One person of interest, as their own recordings show them; no fake and nobody else is needed.

    Attributes:
        person: the person of interest.
        input: what it takes.
        made_from: for each recording: recording, session, seconds, sha256, shoulders, movements.
        findings: of the audit, each with code, severity, message and advice.
        statistics: of all movements, float32 [shape=(movements, statistics)].
        tracks: for each recording, head and hands five times a second, to know it again [shape=(n, 6)].
        sha256: of profile.json; empty before it is written.
    """

    person: str
    input: InputSpec
    made_from: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    statistics: Array
    tracks: tuple[Array, ...]
    sha256: str = ""
    kind: str = "enrolled"

    def of_recording(self, number: int) -> Array:
        """The statistics of one recording's movements."""
        counts = [int(r["movements"]) for r in self.made_from]
        first = sum(counts[:number])
        return self.statistics[first : first + counts[number]]


def write_enrolled(profile: EnrolledProfile, folder: Path) -> None:
    """Write an enrolled profile."""
    manifest = {
        "person": profile.person,
        "kind": profile.kind,
        "input": asdict(profile.input),
        "made_from": [dict(r) for r in profile.made_from],
        "findings": [dict(f) for f in profile.findings],
        "catalogue": catalogue_sha256(profile.input.axes),
    }
    arrays = {"statistics": np.ascontiguousarray(profile.statistics, dtype=np.float32)}
    arrays |= {f"tracks_{n}": np.ascontiguousarray(t, dtype=np.float16) for n, t in enumerate(profile.tracks)}
    content = save(arrays)
    name = f"enrolment-{hashlib.sha256(content).hexdigest()[:16]}.safetensors"
    write_folder(folder, manifest, {name: content})
    for old in folder.iterdir():
        if STATISTICS.fullmatch(old.name) and old.name != name:
            old.unlink(missing_ok=True)


def _enrolled(folder: ProfileFolder) -> EnrolledProfile:
    manifest = folder.manifest
    (name,) = (n for n in manifest["files"] if STATISTICS.fullmatch(n))
    arrays = load(folder.content(name))
    spec = InputSpec.from_dict(manifest["input"])
    statistics, made_from = arrays["statistics"], manifest["made_from"]
    if (spec.length, spec.fps) != (LENGTH, FPS):
        raise ValueError(f"movements of {spec.length} frames at {spec.fps:g} fps")
    for row in made_from:
        whole = isinstance(row["movements"], int) and row["movements"] > 0
        numbers = [row["seconds"], row.get("shoulders", 0)]
        whole &= all(isinstance(n, int | float) and np.isfinite(n) and n >= 0 for n in numbers) and row["seconds"] > 0
        if not whole or not all(isinstance(row[k], str) for k in ("recording", "session", "sha256", "poses_sha256")):
            raise ValueError("a recording's line does not say what it should")
    if not all(
        isinstance(f, dict) and {"code", "severity", "message", "advice"} <= f.keys() for f in manifest["findings"]
    ):
        raise ValueError("a finding is no finding")
    tracks = tuple(arrays[f"tracks_{n}"] for n in range(len(made_from)))
    if any(t.ndim != 2 or t.shape[1] != 6 or not np.isfinite(t).all() for t in tracks):
        raise ValueError("a track does not have its form")
    if manifest["catalogue"] != catalogue_sha256(spec.axes):
        raise ProfileError(
            "the profile was enrolled by another version of poseprint, which measured other statistics; enrol again"
        )
    fits = statistics.ndim == 2 and statistics.shape[1] == len(catalogue(spec.axes))
    if not fits or len(statistics) != sum(int(r["movements"]) for r in made_from) or not made_from:
        raise ValueError(f"statistics of shape {statistics.shape} do not fit its {len(made_from)} recordings")
    if np.isinf(statistics).any():
        raise ValueError("a statistic is infinite")
    return EnrolledProfile(
        person=str(manifest["person"]),
        input=spec,
        made_from=tuple(made_from),
        findings=tuple(manifest["findings"]),
        statistics=statistics,
        tracks=tracks,
        sha256=str(manifest["sha256"]),
    )
