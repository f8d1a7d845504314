"""`poseprint enroll`: a profile from a person's own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.app.cli.options import (
    AsJson,
    Fps,
    FrameSize,
    ReferenceDir,
    as_typed,
    parse_size,
    plain,
    print_json,
    progress_bar,
)

if TYPE_CHECKING:
    from poseprint.estimation.measuring import Measuring
    from poseprint.verification.profile import EnrolledProfile


def enroll(
    person: Annotated[str, typer.Argument(metavar="NAME", callback=as_typed, help="The person of interest.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PROFILE_DIR", help="Profile to write.")],
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RECORDING...", help="Videos or poses of the person alone, or data sets (their real recordings)."
        ),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add to the profile that is there.")] = False,
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", metavar="NAME", callback=as_typed, help="Take a recording out of the profile."),
    ] = None,
    session: Annotated[
        str | None, typer.Option(callback=as_typed, help="Place and day of these recordings, where known.")
    ] = None,
    reference: ReferenceDir = None,
    json: AsJson = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
    *,
    measuring: Measuring,
) -> None:
    """Enrol a person from genuine footage alone, and say what of it is doubtful.

    No fakes and nobody else are needed. Interrupted, the same command goes on where it stopped.
    """
    from poseprint.app.enroll import enroll_footage

    with progress_bar(person) as progress:
        profile = enroll_footage(
            person,
            recordings or (),
            output,
            add=add,
            forget=forget or (),
            session=session,
            fps=fps,
            frame_size=parse_size(frame_size),
            measuring=measuring,
            reference=reference,
            progress=progress,
        )
    if json:
        print_json(_as_dict(profile))
    else:
        _print(profile, output)


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
    for finding in profile.findings:
        print(plain(f"  {finding['severity']:>8}  {finding['code']}: {finding['message']}; {finding['advice']}"))
