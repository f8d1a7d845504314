"""Commands that measure, inspect and draw recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.app.cli.options import (
    AsJson,
    Force,
    Fps,
    FrameSize,
    as_typed,
    collected_line,
    fail,
    parse_size,
    plain,
    print_json,
    progress_bar,
    read_source,
)
from poseprint.core.errors import explain

if TYPE_CHECKING:
    from poseprint.core.findings import Inspection
    from poseprint.core.series import PoseSeries
    from poseprint.estimation.measuring import Measuring


def extract(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos, or poses in another form.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Data set folder to write or add to.")],
    person: Annotated[str | None, typer.Option(callback=as_typed, help="Who is in them, for recordings.csv.")] = None,
    label: Annotated[str | None, typer.Option(help="real (unless said), or fake if somebody else moves.")] = None,
    session: Annotated[str | None, typer.Option(callback=as_typed, help="Place and day, where known.")] = None,
    fps: Fps = None,
    frame_size: FrameSize = None,
    *,
    measuring: Measuring,
) -> int:
    """Measure the poses in videos: a Parquet file each, listed in DIR/recordings.csv.

    Interrupted, the same command goes on where it stopped; a video that is done is not measured again.
    """
    from poseprint.app.datasets.collect import collect
    from poseprint.core.progress import numbered

    measuring.ensure_one(len(videos))

    failed = 0
    for number, video in enumerate(videos, 1):
        try:
            with progress_bar(video.name) as progress:
                done = collect(
                    video,
                    output,
                    person=person,
                    label=label,
                    session=session,
                    fps=fps,
                    frame_size=parse_size(frame_size),
                    measuring=measuring,
                    progress=numbered(progress, number, len(videos)),
                )
        except Exception as error:
            failed = fail(explain(error))
        else:
            print(collected_line(done))
    return failed


def inspect(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="VIDEO_OR_POSES", help="Video, or poses (.parquet, .csv, .pose, .nc, .bvh, OpenPose json folder)."
        ),
    ],
    json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with a picture of everybody.")
    ] = None,
    force: Force = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
    *,
    measuring: Measuring,
) -> None:
    """Say who is in a recording, what in it can serve as evidence, and every doubt about it."""
    from poseprint.movements.gates import inspect as run_gates

    if html is not None:
        from poseprint.core.files import ensure_replaceable
        from poseprint.rendering.report.people import is_people_page, write_people_page

        ensure_replaceable(html, (".html", ".htm"), inputs=(source,), is_own=is_people_page, force=force)
    series = read_source(source, fps, frame_size, measuring)
    inspection = run_gates(series)
    if html is not None:
        write_people_page(series, inspection, source, html)
    if json:
        print_json(_inspection_dict(series, inspection))
    else:
        _print_inspection(series, inspection)


def draw(
    poses: Annotated[
        Path, typer.Argument(metavar="POSES", help=".parquet, .csv, .pose, .nc, .bvh or OpenPose json folder.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="VIDEO.mp4", help="Video to write.")],
    force: Force = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
) -> None:
    """Draw a figure that moves as the poses do."""
    from poseprint.core.files import ensure_replaceable
    from poseprint.io.poses import read_any_poses
    from poseprint.rendering.avatar import is_drawn, write_video

    ensure_replaceable(output, (".mp4",), inputs=(poses,), is_own=is_drawn, force=force)
    series = read_any_poses(poses, fps=fps, frame_size=parse_size(frame_size))
    with progress_bar(f"drawing {output.name}") as progress:
        write_video(series, output, progress=progress)
    print(output)


def _inspection_dict(series: PoseSeries, inspection: Inspection) -> dict[str, Any]:
    from dataclasses import asdict

    from poseprint.core.choice import Choice

    choice = Choice.of(series.log)
    return {
        "recording": series.recording,
        "frames": len(series),
        "seconds": series.duration,
        "fps": series.fps,
        "frame_size": list(series.frame_size),
        "sha256": series.source_sha256,
        "estimator": asdict(series.estimator),
        "person_share": float(series.present().mean()) if len(series) else 0.0,
        "people": [dict(person) for person in choice.people],
        "who": choice.who,
        "seen": dict(inspection.seen),
        "seconds_by_kind": inspection.seconds_by_kind(series.fps),
        "usable_seconds": inspection.seconds,
        "usable": [
            {"first": a, "last": b, "start": a / series.fps, "end": b / series.fps} for a, b in inspection.spans
        ],
        "findings": [asdict(f) for f in inspection.findings],
    }


def _print_inspection(series: PoseSeries, inspection: Inspection) -> None:
    width, height = series.frame_size
    print(
        f"{plain(series.recording)}: {len(series)} frames, {series.duration:.1f} s at {series.fps:g} fps, {width}x{height}"
    )
    print(
        f"a person is found in {series.present().mean():.0%} of the frames; usable as evidence: {inspection.seconds:.1f} s"
    )
    for kind, seconds in inspection.seconds_by_kind(series.fps).items():
        if kind != "body":
            print(f"  of {kind}: {seconds:.1f} s")
    from poseprint.core.choice import Choice

    choice = Choice.of(series.log)
    for person in choice.people:
        x, y = person["place"]
        measured = "  <- measured" if person["number"] == choice.who else ""
        print(
            f"  person {person['number']}: {person['seconds']:.1f} s, shoulders {person['size']:.0f} pixels, at {x:.0f},{y:.0f}{measured}"
        )
    print("seen: " + ", ".join(f"{name} {share:.0%}" for name, share in inspection.seen.items()))
    for finding in inspection.findings:
        print(f"  {finding.severity:>8}  {finding.code}: {finding.message}; {finding.advice}")
    if not inspection.findings:
        print("  no findings")
