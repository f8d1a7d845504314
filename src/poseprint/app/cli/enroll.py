"""`poseprint enroll`: a profile from a person's own recordings."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.app.cli.options import (
    AsJson,
    Fps,
    FrameSize,
    Jobs,
    Models,
    parse_size,
    plain,
    print_json,
    progress_bar,
    say,
)
from poseprint.core.errors import DatasetError, ProfileError

if TYPE_CHECKING:
    from poseprint.core.series import PoseSeries
    from poseprint.verification.profile import EnrolledProfile


def enroll(
    person: Annotated[str, typer.Argument(metavar="NAME", help="The person of interest.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PROFILE_DIR", help="Profile to write.")],
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RECORDING...", help="Videos or poses of the person alone, or data sets (their real recordings)."
        ),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add to the profile that is there.")] = False,
    forget: Annotated[
        list[str] | None, typer.Option("--forget", metavar="NAME", help="Take a recording out of the profile.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Place and day of these recordings, where known.")] = None,
    json: AsJson = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
) -> None:
    """Enrol a person from genuine footage alone, and say what of it is doubtful.

    No fakes and nobody else are needed. Interrupted, the same command goes on where it stopped.
    """
    from poseprint.core.files import demand_writable
    from poseprint.io.profile_folder import MANIFEST
    from poseprint.verification.enrolment import enroll as make
    from poseprint.verification.enrolment import forget as take_out

    there = (output / MANIFEST).exists()
    if there and not (add or forget):
        raise ProfileError(f"{output}: a profile is there; --add adds to it, --forget takes a recording out")
    if not person.strip():
        raise DatasetError("a profile needs the name of the person")
    if add and not recordings:
        raise DatasetError("--add needs recordings to add")
    if not there and (add or forget):
        raise ProfileError(f"{output}: no profile is there to change; leave --add and --forget out to make one")
    profile = _existing(output) if there else None
    if profile is not None and profile.person != person:
        raise ProfileError(f"{output}: the profile is of {profile.person!r}, not of {person!r}")
    demand_writable(output)
    for name in forget or []:
        profile = take_out(profile, name) if profile else None
    parts = output / ".parts"
    if recordings or profile is None:
        found = _read(recordings or [], person, session, parts, fps, parse_size(frame_size), models, jobs)
        profile = make(person, [s for s, _ in found], sessions=[name for _, name in found], grow=profile)
    profile.write(output)
    shutil.rmtree(parts, ignore_errors=True)
    if json:
        print_json(_as_dict(profile))
    else:
        _print(profile, output)


def _existing(folder: Path) -> EnrolledProfile:
    from poseprint.app.profiles import read_profile
    from poseprint.verification.profile import EnrolledProfile

    profile = read_profile(folder)
    if not isinstance(profile, EnrolledProfile):
        raise ProfileError(f"{folder}: a supervised profile; it is trained anew, not changed. Give another folder")
    return profile


def _read(
    sources: list[Path],
    person: str,
    session: str | None,
    parts: Path,
    fps: float | None,
    frame_size: tuple[int, int] | None,
    models: Path | None,
    jobs: int | None,
) -> list[tuple[PoseSeries, str]]:
    """The recordings and their sessions; those measured in videos are kept until the profile is written."""
    from dataclasses import replace

    from poseprint.app.datasets.collect import collect
    from poseprint.io.dataset import TABLE, read_recordings
    from poseprint.io.parquet import read_poses
    from poseprint.io.poses import is_poses, read_any_poses

    found: list[tuple[PoseSeries, str]] = []
    for source in sources:
        if source.is_dir() and (source / TABLE).is_file():
            own = [r for r in read_recordings(source) if r.person == person and r.label == "real"]
            if not own:
                raise DatasetError(f"{source}: no real recording of {person!r} in this data set")
            found += [(replace(read_poses(source / r.file), recording=r.recording), session or r.session) for r in own]
        elif is_poses(source):
            series = read_any_poses(source, fps=fps, frame_size=frame_size)
            found.append((replace(series, recording=series.recording or source.stem), session or ""))
        else:
            with progress_bar(source.name) as progress:
                done = collect(source, parts, person=person, models=models, jobs=jobs, progress=progress)
            found.append((read_poses(done.file), session or ""))
            say(f"measured {source.name}: {done.seconds:.1f} s")
    return found


def _as_dict(profile: EnrolledProfile) -> dict[str, Any]:
    return {
        "person": profile.person,
        "minutes": sum(float(r["seconds"]) for r in profile.made_from) / 60,
        "recordings": [dict(r) for r in profile.made_from],
        "findings": [dict(f) for f in profile.findings],
    }


def _print(profile: EnrolledProfile, folder: Path) -> None:
    about = _as_dict(profile)
    count = len(profile.made_from)
    print(
        plain(
            f"{folder}: {profile.person}, {about['minutes']:.1f} minutes in {count} recording{'s' * (count > 1)}"
            f" ({len(profile.statistics)} movements)"
        )
    )
    for row in profile.made_from:
        where = f", {row['session']}" if row["session"] else ""
        print(plain(f"  {row['recording']}: {row['seconds']:.0f} s{where}"))
    for found in profile.findings:
        print(plain(f"  {found['severity']:>8}  {found['code']}: {found['message']}; {found['advice']}"))
