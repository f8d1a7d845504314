"""Footage -> a profile on disk: made, added to, taken from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from poseprint.app.profiles import read_profile
from poseprint.app.sources import open_source
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.files import claimed
from poseprint.core.names import safe_file_name
from poseprint.core.progress import Progress, numbered, silent
from poseprint.core.series import PoseSeries
from poseprint.estimation.measuring import Measuring
from poseprint.io.dataset import TABLE, ensure_no_data_set, read_recordings
from poseprint.io.parquet import read_poses
from poseprint.io.profile_folder import MANIFEST
from poseprint.io.video import VideoInfo
from poseprint.movements.measure import reference_axes
from poseprint.verification import enrolment
from poseprint.verification.chosen import axes_in, choose
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference

logger = logging.getLogger(__name__)


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
    measuring: Measuring | None = None,
    reference: Reference | Path | str | None = None,
    progress: Progress = silent,
) -> EnrolledProfile:
    """Make a profile from footage, or change one.

    What is measured is in the cache (`poseprint.app.measured`): interrupted, the same call goes on where it stopped.

    Args:
        person: the person of interest.
        sources: videos or poses of them alone, or data sets, of which their real recordings are taken.
        folder: the profile's.
        add: add to the profile that is there.
        forget: recordings to take out of it.
        session: place and day of the sources, where known.
        fps, frame_size, measuring, progress: see `poseprint.app.sources`.
        reference: what the audit asks for doubts, or its folder; what ships unless given.

    Returns:
        the profile as it was written.

    Raises:
        PoseprintError: a profile that is there without `add` or `forget`, or none with them; nothing usable; a source
            or a reference that cannot be read, or a reference that does not fit the recordings.
    """
    ensure_no_data_set(folder)
    if isinstance(reference, Path | str):
        axes_in(Path(reference))  # before the long work
    (measuring or Measuring()).ensure_one(len(sources))
    _profile_to_change(folder, person, sources, add=add, forget=forget)
    with claimed(folder, {}):
        profile = _profile_to_change(folder, person, sources, add=add, forget=forget)
        for name in forget:
            profile = (
                enrolment.forget(profile, name, reference=choose(reference, profile.input.axes)) if profile else None
            )
        if sources or profile is None:
            recordings, sessions = [], []
            for number, source in enumerate(sources, 1):
                if (source / TABLE).is_file():
                    footage = _read_data_set(source, person)
                else:
                    opened = open_source(source, fps=fps, frame_size=frame_size)
                    told = numbered(progress, number, len(sources))
                    series = opened.read(measuring, progress=told)
                    if isinstance(opened.content, VideoInfo):
                        logger.info("measured %s: %.1f s", source.name, series.duration)
                        series = replace(series, recording=safe_file_name(opened.name))
                    footage = [(series, "")]
                for series, known_session in footage:
                    recordings.append(replace(series, recording=series.recording or source.stem))
                    sessions.append(session or known_session)
            chosen = choose(reference, profile.input.axes if profile else reference_axes(recordings))
            profile = enrolment.enroll(person, recordings, sessions=sessions, grow=profile, reference=chosen)
        profile.write(folder)
    return profile


def _profile_to_change(
    folder: Path, person: str, sources: Sequence[Path], *, add: bool, forget: Sequence[str]
) -> EnrolledProfile | None:
    """The person's profile in the folder; None if a new one is to be made.

    Raises:
        PoseprintError: a profile that is there without `add` or `forget`, none with them, `add` without sources, or a
            profile of another kind or person.
    """
    profile = read_profile(folder) if (folder / MANIFEST).exists() else None  # what is no profile is never replaced
    if profile is not None and not (add or forget):
        raise ProfileError(f"{folder}: a profile is there; `add` adds to it, `forget` takes a recording out")
    if not person.strip():
        raise DatasetError("a profile needs the name of the person")
    if add and not sources:
        raise DatasetError("`add` needs recordings to add")
    if profile is None:
        if add or forget:
            raise ProfileError(f"{folder}: no profile is there to change; leave `add` and `forget` out to make one")
        return None
    if not isinstance(profile, EnrolledProfile):
        raise ProfileError(f"{folder}: a supervised profile; it is trained anew, not changed. Give another folder")
    if profile.person != person:
        raise ProfileError(f"{folder}: the profile is of {profile.person!r}, not of {person!r}")
    return profile


def _read_data_set(folder: Path, person: str) -> list[tuple[PoseSeries, str]]:
    """A person's real recordings in a data set, and their sessions."""
    own = [r for r in read_recordings(folder) if r.person == person and r.label == "real"]
    if not own:
        raise DatasetError(f"{folder}: no real recording of {person!r} in this data set")
    return [(replace(read_poses(folder / r.file), recording=r.recording), r.session) for r in own]
