"""An enrolled profile: a person of interest as their own recordings show them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from safetensors.numpy import load, save

from poseprint.core.arrays import Array
from poseprint.core.errors import ProfileError
from poseprint.core.series import GRID_FPS
from poseprint.core.verdict import ProfileSummary
from poseprint.io.profile_folder import InputSpec, ProfileFolder, write_folder
from poseprint.movements.cutting import LENGTH
from poseprint.movements.families import BODY
from poseprint.movements.same_take import COLUMNS
from poseprint.movements.statistics import catalogue, catalogue_sha256, with_no_face

STATISTICS = re.compile(r"enrolment-[0-9a-f]{16}\.safetensors")
"""Named after its content, so that a profile that changes is whole at every moment."""


LARGEST = 100.0
"""No statistic of a movement is larger: they are logarithms, angles, shares and places in shoulder widths."""


@dataclass(frozen=True, eq=False)
class EnrolledProfile:
    """One person of interest, as their own recordings show them; no fake and nobody else is needed.

    Attributes:
        person: the person of interest.
        input: what it takes.
        made_from: for each recording: recording, session, seconds, sha256, shoulders, movements.
        findings: of the audit, each with code, severity, message and advice.
        statistics: of all movements, float32 [shape=(movements, statistics)].
        tracks: for each recording, what it is known again by, see `poseprint.movements.same_take` [shape=(n, 14)].
        sha256: of profile.json; empty before it is written.
    """

    person: str
    input: InputSpec
    made_from: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    statistics: Array
    tracks: tuple[Array, ...]
    sha256: str = ""
    kind: ClassVar[Literal["enrolled"]] = "enrolled"

    def summary(self) -> ProfileSummary:
        """What a verdict reports of it."""
        return ProfileSummary(self.person, self.made_from, findings=self.findings)

    def of_recording(self, number: int) -> Array:
        """The statistics of one recording's movements."""
        counts = [int(r["movements"]) for r in self.made_from]
        first = sum(counts[:number])
        return self.statistics[first : first + counts[number]]

    def write(self, folder: Path) -> None:
        """Write it; a profile that is in the folder already is replaced, and is whole at every moment.

        Raises:
            PoseprintError: the folder cannot be written.
        """
        manifest = {
            "person": self.person,
            "kind": self.kind,
            "input": asdict(self.input),
            "made_from": [dict(row) for row in self.made_from],
            "findings": [dict(row) for row in self.findings],
            "catalogue": catalogue_sha256(self.input.axes),
        }
        arrays = {"statistics": np.ascontiguousarray(self.statistics, dtype=np.float32)}
        arrays |= {f"tracks_{n}": np.ascontiguousarray(t, dtype=np.float16) for n, t in enumerate(self.tracks)}
        content = save(arrays)
        name = f"enrolment-{hashlib.sha256(content).hexdigest()[:16]}.safetensors"
        write_folder(folder, manifest, {name: content})
        for old in folder.iterdir():
            if STATISTICS.fullmatch(old.name) and old.name != name:
                old.unlink(missing_ok=True)

    @staticmethod
    def read(folder: ProfileFolder) -> EnrolledProfile:
        """The profile in a folder.

        Raises:
            ProfileError: a file is missing or altered, a value is of another form, or the statistics are not this
                program's.
        """
        with folder.errors_translated():
            manifest = folder.manifest
            (name,) = (n for n in manifest["files"] if STATISTICS.fullmatch(n))
            arrays = load(folder.content(name))
            spec, of_file = InputSpec.from_dict(manifest["input"]), manifest["catalogue"]
            if spec.axes == 2 and of_file == catalogue_sha256(spec.axes, BODY):
                arrays["statistics"], of_file = with_no_face(arrays["statistics"]), catalogue_sha256(spec.axes)
            profile = EnrolledProfile(
                person=str(manifest["person"]),
                input=spec,
                made_from=tuple(manifest["made_from"]),
                findings=tuple(manifest["findings"]),
                statistics=np.where(
                    np.isnan(arrays["statistics"]), np.float32(np.nan), arrays["statistics"]
                ),  # none that signals
                tracks=tuple(_whole(arrays[f"tracks_{n}"]) for n in range(len(manifest["made_from"]))),
                sha256=str(manifest["sha256"]),
            )
            _demand_form(profile, of_file)
        return profile


def _whole(track: Array) -> Array:
    """A track as it is, or one of version 2, head and hands with 0 where unseen, with all else unseen."""
    if track.ndim != 2 or track.shape[1] not in (6, COLUMNS) or np.isinf(track).any():
        raise ValueError("a track does not have its form")
    if track.shape[1] == COLUMNS:
        return track
    unseen = np.repeat((track.reshape(len(track), 3, 2) == 0).all(axis=2), 2, axis=1)
    rest = np.full((len(track), COLUMNS - 6), np.nan)
    return np.concatenate([np.where(unseen, np.nan, track), rest], axis=1).astype(np.float16)


def _demand_form(profile: EnrolledProfile, catalogue_of_file: str) -> None:
    """Raise what does not fit, of a profile that was just read."""
    spec, statistics, made_from = profile.input, profile.statistics, profile.made_from
    if (spec.length, spec.fps) != (LENGTH, GRID_FPS):
        raise ValueError(f"movements of {spec.length} frames at {spec.fps:g} fps")
    if not all(map(_is_recording, made_from)):
        raise ValueError("a recording's line does not say what it should")
    if not all(isinstance(f, dict) and {"code", "severity", "message", "advice"} <= f.keys() for f in profile.findings):
        raise ValueError("a finding is no finding")
    if catalogue_of_file != catalogue_sha256(spec.axes):
        raise ProfileError(
            "the profile was enrolled by another version of poseprint, which measured other statistics; enrol again"
        )
    fits = statistics.ndim == 2 and statistics.shape[1] == len(catalogue(spec.axes))
    if not fits or len(statistics) != sum(int(r["movements"]) for r in made_from) or not made_from:
        raise ValueError(f"statistics of shape {statistics.shape} do not fit its {len(made_from)} recordings")
    if (np.abs(statistics) > LARGEST).any():
        raise ValueError(f"a statistic is beyond {LARGEST:g}")


def _is_recording(row: Mapping[str, Any]) -> bool:
    """Whether a row of `made_from` has all values, of the right types."""
    numbers = [row["seconds"], row.get("shoulders", 0)]
    return (
        isinstance(row["movements"], int)
        and row["movements"] > 0
        and all(isinstance(n, int | float) and np.isfinite(n) and n >= 0 for n in numbers)
        and row["seconds"] > 0
        and all(isinstance(row[k], str) for k in ("recording", "session", "sha256", "poses_sha256"))
    )
