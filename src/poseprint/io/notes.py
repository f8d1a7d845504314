"""What poseprint knows of a series beside its numbers, as json: its own files have it, and those of other forms carry it along."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from poseprint.core.errors import PoseFileError
from poseprint.core.files import parse_json
from poseprint.core.series import EstimatorInfo, PoseSeries

NOTE = "poseprint"
"""The name under which a file has its note."""
NOTE_VERSION = 1


@dataclass(frozen=True)
class Note:
    """What a file of another form says in its note.

    Attributes:
        fps, frame_size, recording, person, source_sha256, estimator, log: see `poseprint.core.series.PoseSeries`.
        poses_sha256: of the positions as they were written.
        channels: names of the channels that were written.
    """

    fps: float
    frame_size: tuple[int, int]
    recording: str
    person: str
    source_sha256: str
    estimator: EstimatorInfo
    log: tuple[Mapping[str, Any], ...]
    poses_sha256: str
    channels: tuple[str, ...]

    def on(self, series: PoseSeries) -> PoseSeries:
        """A series as it was before it was written.

        Where the positions are no longer what was written, somebody worked on them: the film is then no longer what was
        measured, so its sha256 goes, and the log says so.
        """
        known = replace(series, recording=self.recording, person=self.person, estimator=self.estimator)
        if series.sha256 == self.poses_sha256:
            return replace(known, source_sha256=self.source_sha256, log=self.log)
        return replace(known, log=({**series.log[0], "changed": True},))


def described(series: PoseSeries) -> dict[str, Any]:
    """All that a series is beside its numbers, json-ready."""
    return {
        "recording": series.recording,
        "person": series.person,
        "fps": series.fps,
        "frame_size": list(series.frame_size),
        "skeleton": series.skeleton.name,
        "estimator": asdict(series.estimator),
        "source_sha256": series.source_sha256,
        "log": [dict(entry) for entry in series.log],
    }


def note_of(series: PoseSeries, channels: Sequence[str]) -> str:
    """The note for a file of another form, json in ASCII.

    Args:
        series: as it is written.
        channels: those of its channels that are written.
    """
    own = {"note_version": NOTE_VERSION, "poses_sha256": series.sha256, "channels": list(channels)}
    return json.dumps({**own, **described(series)})


def read_note(text: str, path: Path) -> Note:
    """What a note says.

    Raises:
        PoseFileError: it is none, or a newer one.
    """
    try:
        meta = parse_json(text)
        if not 1 <= int(meta["note_version"]) <= NOTE_VERSION:
            raise PoseFileError(f"{path}: its note is of version {meta['note_version']}: update poseprint")
        width, height = meta["frame_size"]
        return Note(
            fps=float(meta["fps"]),
            frame_size=(int(width), int(height)),
            recording=str(meta["recording"]),
            person=str(meta["person"]),
            source_sha256=str(meta["source_sha256"]),
            estimator=EstimatorInfo(**meta["estimator"]),
            log=tuple(meta["log"]),
            poses_sha256=str(meta["poses_sha256"]),
            channels=tuple(str(name) for name in meta["channels"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise PoseFileError(
            f"{path}: its note of poseprint cannot be read ({type(error).__name__}: {error})"
        ) from error
