"""`poseprint check`: the verdict on a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poseprint.app.cli.options import (
    AsJson,
    Force,
    Fps,
    FrameSize,
    ReferenceDir,
    plain,
    print_json,
    progress_bar,
    read_source,
)
from poseprint.core.errors import PoseprintError

if TYPE_CHECKING:
    from poseprint.core.verdict import Verdict
    from poseprint.estimation.measuring import Measuring

EXIT = {"consistent": 0, "inconsistent": 1, "inconclusive": 2}

ProfileDir = Annotated[
    Path, typer.Option("--profile", metavar="PROFILE_DIR", help="Profile of the person it claims to show.")
]
Stride = Annotated[int | None, typer.Option("--stride", min=1, help="Frames from one movement to the next.")]
WrongCost = Annotated[
    float,
    typer.Option("--wrong-cost", help="What a wrong verdict costs, where giving none costs 1 (enrolled profiles)."),
]
Prior = Annotated[
    float,
    typer.Option("--prior", help="Probability, before the footage, that it is the person (enrolled profiles)."),
]


def check(
    source: Annotated[
        list[Path],
        typer.Argument(
            metavar="VIDEO_OR_POSES...",
            help="Video, or poses (.parquet, .csv, .pose, .nc, .bvh, OpenPose json folder); several of one event and one mover "
            "are judged together.",
        ),
    ],
    profile: ProfileDir,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report that opens offline.")] = None,
    footage: Annotated[bool, typer.Option("--footage", help="Put the footage itself into the report too.")] = False,
    force: Force = False,
    json: AsJson = False,
    stride: Stride = None,
    wrong_cost: WrongCost = 10.0,
    prior: Prior = 0.5,
    reference: ReferenceDir = None,
    fps: Fps = None,
    frame_size: FrameSize = None,
    *,
    measuring: Measuring,
) -> int:
    """Judge a recording: exit code 0 consistent, 1 inconsistent, 2 inconclusive, 3 error."""
    from poseprint.app.check import check_poses, reference_for
    from poseprint.app.profiles import read_profile
    from poseprint.core.files import ensure_replaceable
    from poseprint.io.poses import is_poses
    from poseprint.movements.joining import joined
    from poseprint.verification.decision import Costs

    costs = Costs(wrong_cost, prior)
    loaded = read_profile(profile)
    chosen = reference_for(loaded, reference)
    if footage and (report is None or len(source) > 1 or is_poses(source[0])):
        raise PoseprintError("--footage goes with --report and one video")
    measuring.ensure_one(len(source))
    if report is not None:
        from poseprint.rendering.report.page import is_report, write_report

        inputs = (*source, profile)
        ensure_replaceable(report, (".html", ".htm"), inputs=inputs, is_own=is_report, force=force)
    series = joined([read_source(one, fps, frame_size, measuring) for one in source])
    with progress_bar("judging"):
        verdict = check_poses(series, loaded, stride=stride, costs=costs, reference=chosen)
    if report is not None:
        with progress_bar(report.name) as progress:
            write_report(verdict, series, report, footage=source[0] if footage else None, progress=progress)
    if json:
        print_json(verdict.to_dict())
    else:
        print_verdict(verdict)
        if report is not None:
            print(f"report: {report}")
    return EXIT[verdict.decision]


def print_verdict(verdict: Verdict) -> None:
    """Print decision, reason and findings."""
    print(plain(f"{verdict.decision}: {verdict.reason}"))
    for finding in verdict.findings:
        print(plain(f"  {finding.severity:>8}  {finding.code}: {finding.message}; {finding.advice}"))
