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
    Jobs,
    Models,
    NoCache,
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


def extract(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos, or OpenPose json folders.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Data set folder to write or add to.")],
    person: Annotated[str | None, typer.Option(callback=as_typed, help="Who is in them, for recordings.csv.")] = None,
    label: Annotated[str | None, typer.Option(help="real (unless said), or fake if somebody else moves.")] = None,
    session: Annotated[str | None, typer.Option(callback=as_typed, help="Place and day, where known.")] = None,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
    no_cache: NoCache = False,
) -> int:
    """Measure the poses in videos: a Parquet file each, listed in DIR/recordings.csv.

    Interrupted, the same command goes on where it stopped; a video that is done is not measured again.
    """
    from poseprint.app.datasets.collect import collect
    from poseprint.core.progress import numbered

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
                    models=models,
                    jobs=jobs,
                    cache=not no_cache,
                    progress=numbered(progress, number, len(videos)),
                )
        except Exception as error:
            failed = fail(explain(error))
        else:
            print(collected_line(done))
    return failed


def inspect(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_POSES", help="Video, Parquet, csv or OpenPose json folder.")
    ],
    json: AsJson = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
    no_cache: NoCache = False,
) -> None:
    """Say what in a recording can serve as evidence, and every doubt about it."""
    from poseprint.movements.gates import inspect as run_gates

    series = read_source(source, fps, frame_size, models, jobs, no_cache)
    inspection = run_gates(series)
    if json:
        print_json(_inspection_dict(series, inspection))
    else:
        _print_inspection(series, inspection)


def draw(
    poses: Annotated[Path, typer.Argument(metavar="POSES", help="Parquet, csv or OpenPose json folder.")],
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

    return {
        "recording": series.recording,
        "frames": len(series),
        "seconds": series.duration,
        "fps": series.fps,
        "frame_size": list(series.frame_size),
        "sha256": series.source_sha256,
        "estimator": asdict(series.estimator),
        "person_share": float(series.present().mean()) if len(series) else 0.0,
        "seen": dict(inspection.seen),
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
    print("seen: " + ", ".join(f"{name} {share:.0%}" for name, share in inspection.seen.items()))
    for finding in inspection.findings:
        print(f"  {finding.severity:>8}  {finding.code}: {finding.message}; {finding.advice}")
    if not inspection.findings:
        print("  no findings")
