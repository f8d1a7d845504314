"""Footage -> a profile on disk: made, added to, taken from; what is measured is kept until the profile is written."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from poseprint.app.datasets.collect import collect
from poseprint.app.profiles import read_profile
from poseprint.app.sources import read_source
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.files import ensure_writable
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import TABLE, read_recordings
from poseprint.io.parquet import read_poses
from poseprint.io.poses import is_poses
from poseprint.io.profile_folder import MANIFEST
from poseprint.verification import enrolment
from poseprint.verification.profile import EnrolledProfile

logger = logging.getLogger(__name__)

PARTS = ".parts"
"""Folder inside a profile's that keeps what is measured until the profile is written."""


def enroll_footage(
    person: str,
    sources: Sequence[Path],
    folder: Path,
    *,
    add: bool = False,
    forget: Sequence[str] = (),
    session: str | None = None,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    models: Path | None = None,
    jobs: int | None = None,
    progress: Progress = silent,
) -> EnrolledProfile:
    """Make a profile from footage, or change one. Interrupted, the same call goes on where it stopped.

    Args:
        person: the person of interest.
        sources: videos or poses of them alone, or data sets, of which their real recordings are taken.
        folder: the profile's.
        add: add to the profile that is there.
        forget: recordings to take out of it.
        session: place and day of the sources, where known.
        fps, frame_size, models, jobs, progress: see `poseprint.app.sources`.

    Returns:
        the profile as it was written.

    Raises:
        PoseprintError: a profile that is there without `add` or `forget`, or none with them; nothing usable; a source
            that cannot be read.
    """
    is_there = (folder / MANIFEST).exists()
    if is_there and not (add or forget):
        raise ProfileError(f"{folder}: a profile is there; `add` adds to it, `forget` takes a recording out")
    if not person.strip():
        raise DatasetError("a profile needs the name of the person")
    if add and not sources:
        raise DatasetError("`add` needs recordings to add")
    if not is_there and (add or forget):
        raise ProfileError(f"{folder}: no profile is there to change; leave `add` and `forget` out to make one")
    profile = _existing(folder, person) if is_there else None
    ensure_writable(folder)
    for name in forget:
        profile = enrolment.forget(profile, name) if profile else None
    parts = folder / PARTS
    if sources or profile is None:
        recordings, sessions = [], []
        for source in sources:
            if (source / TABLE).is_file():
                measured = _of_data_set(source, person)
            elif is_poses(source):
                measured = iter([(read_source(source, fps=fps, frame_size=frame_size), "")])
            else:
                measured = iter([(_kept(source, parts, person, models, jobs, progress), "")])
            for series, known_session in measured:
                recordings.append(replace(series, recording=series.recording or source.stem))
                sessions.append(session or known_session)
        profile = enrolment.enroll(person, recordings, sessions=sessions, grow=profile)
    profile.write(folder)
    shutil.rmtree(parts, ignore_errors=True)
    return profile


def _existing(folder: Path, person: str) -> EnrolledProfile:
    profile = read_profile(folder)
    if not isinstance(profile, EnrolledProfile):
        raise ProfileError(f"{folder}: a supervised profile; it is trained anew, not changed. Give another folder")
    if profile.person != person:
        raise ProfileError(f"{folder}: the profile is of {profile.person!r}, not of {person!r}")
    return profile


def _of_data_set(folder: Path, person: str) -> Iterator[tuple[PoseSeries, str]]:
    """A person's real recordings in a data set, and their sessions."""
    own = [r for r in read_recordings(folder) if r.person == person and r.label == "real"]
    if not own:
        raise DatasetError(f"{folder}: no real recording of {person!r} in this data set")
    for line in own:
        yield replace(read_poses(folder / line.file), recording=line.recording), line.session


def _kept(
    video: Path, parts: Path, person: str, models: Path | None, jobs: int | None, progress: Progress
) -> PoseSeries:
    """The poses in a video, measured now or before an interruption."""
    collected = collect(video, parts, person=person, models=models, jobs=jobs, progress=progress)
    logger.info("measured %s: %.1f s", video.name, collected.seconds)
    return read_poses(collected.file)
