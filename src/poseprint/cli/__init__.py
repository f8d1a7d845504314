"""The command line: thin commands over the library.

Exit codes: 0 done (a check: consistent), 1 inconsistent, 2 inconclusive, 3 error. Results go to standard
output, everything else to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from poseprint.cli.dataset import dataset_app
from poseprint.cli.enrolment import enroll
from poseprint.cli.shared import (
    ERROR,
    AsJson,
    Fps,
    FrameSize,
    Jobs,
    Models,
    collected_line,
    fail,
    parse_size,
    plain,
    print_json,
    progress_bar,
)
from poseprint.cli.training import experiment, train, tune
from poseprint.cli.verification import evaluate
from poseprint.core.errors import PoseprintError
from poseprint.core.version import __version__

if TYPE_CHECKING:
    from poseprint.core.series import PoseSeries
    from poseprint.movements.gates import Inspection

EXIT = {"consistent": 0, "inconsistent": 1, "inconclusive": 2}
INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="poseprint",
    help="Does the person in this video move like the person they claim to be?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="The pose estimator's model files.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(dataset_app, name="dataset")


def main() -> None:
    """Run the command line; every error is one line and exit code 3."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name the terminal cannot show costs no verdict
    try:
        code = app(prog_name="poseprint", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.stdout.flush()
    except PoseprintError as error:
        code = fail(str(error))
    except TyperException as error:
        code = fail(f"{error.format_message()} (see --help)") if error.format_message() else ERROR
    except (KeyboardInterrupt, typer.Abort):
        code = fail("interrupted; what was finished is kept, the same command goes on from there")
    except (BrokenPipeError, SystemExit):  # nobody reads on; typer would exit with 1, which is a verdict
        code = ERROR
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python flushes at the end
    except OSError as error:  # what nothing above foresaw: a full disk, a name too long
        code = fail(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception as error:  # Python would exit with 1, which is a verdict
        if os.environ.get("POSEPRINT_DEBUG"):
            raise
        code = fail(f"unforeseen {type(error).__name__}: {error} (a fault of poseprint; POSEPRINT_DEBUG=1 shows where)")
    sys.exit(code if isinstance(code, int) else 0)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"poseprint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@models_app.command("install")
def models_install(models: Models = None) -> None:
    """Fetch the model files and check their sha256."""
    from poseprint.estimation.model_files import install

    install(models, say=print)


@app.command()
def extract(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos, or OpenPose json folders.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Data set folder to write or add to.")],
    person: Annotated[str | None, typer.Option(help="Who is in them, for recordings.csv.")] = None,
    label: Annotated[str | None, typer.Option(help="real (unless said), or fake if somebody else moves.")] = None,
    session: Annotated[str | None, typer.Option(help="Place and day, where known.")] = None,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
) -> int:
    """Measure the poses in videos: a Parquet file each, listed in DIR/recordings.csv.

    Interrupted, the same command goes on where it stopped; a video that is done is not measured again.
    """
    from poseprint.collect import collect

    failed = 0
    for video in videos:
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
                    progress=progress,
                )
        except PoseprintError as error:
            failed = fail(str(error))
        else:
            print(collected_line(done))
    return failed


@app.command()
def inspect(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_POSES", help="Video, Parquet, csv or OpenPose json folder.")
    ],
    json: AsJson = False,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
) -> None:
    """Say what in a recording can serve as evidence, and every doubt about it."""
    from poseprint.movements.gates import inspect as run_gates

    series = _read(source, fps, frame_size, models, jobs)
    inspection = run_gates(series)
    if json:
        print_json(_inspection_dict(series, inspection))
    else:
        _print_inspection(series, inspection)


@app.command()
def draw(
    poses: Annotated[Path, typer.Argument(metavar="POSES", help="Parquet, csv or OpenPose json folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="VIDEO.mp4", help="Video to write.")],
    fps: Fps = None,
    frame_size: FrameSize = None,
) -> None:
    """Draw a figure that moves as the poses do."""
    from poseprint.io.poses import read_any_poses
    from poseprint.rendering.avatar import write_video

    if output.suffix.lower() != ".mp4":
        raise PoseprintError(f"{output}: the video is written as .mp4")
    series = read_any_poses(poses, fps=fps, frame_size=parse_size(frame_size))
    with progress_bar(f"drawing {output.name}") as progress:
        write_video(series, output, progress=progress)
    print(output)


app.command()(enroll)
app.command()(train)
app.command()(tune)
app.command()(experiment)
app.command()(evaluate)


@app.command()
def check(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_POSES", help="Video, Parquet, csv or OpenPose json folder.")
    ],
    profile: Annotated[Path, typer.Option(metavar="PROFILE_DIR", help="Profile of the person it claims to show.")],
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report that opens offline.")] = None,
    footage: Annotated[bool, typer.Option("--footage", help="Put the footage itself into the report too.")] = False,
    json: AsJson = False,
    stride: Annotated[int | None, typer.Option(min=1, help="Frames from one movement to the next.")] = None,
    wrong_cost: Annotated[
        float, typer.Option(help="What a wrong verdict costs, where giving none costs 1 (enrolled profiles).")
    ] = 10.0,
    prior: Annotated[
        float, typer.Option(help="Probability, before the footage, that it is the person (enrolled profiles).")
    ] = 0.5,
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
) -> int:
    """Judge a recording: exit code 0 consistent, 1 inconsistent, 2 inconclusive, 3 error."""
    from poseprint.core.files import demand_writable
    from poseprint.io.poses import is_poses
    from poseprint.profile import read_profile
    from poseprint.verdict import check_poses
    from poseprint.verification.decision import Costs

    costs = Costs(wrong_cost, prior)
    loaded = read_profile(profile)
    if footage and (report is None or is_poses(source)):
        raise PoseprintError("--footage goes with --report and a video")
    if report is not None:
        if report.is_dir():
            raise PoseprintError(f"{report}: is a folder; name a file for the report")
        demand_writable(report.parent)
    series = _read(source, fps, frame_size, models, jobs)
    verdict = check_poses(series, loaded, stride=stride, costs=costs)
    if report is not None:
        from poseprint.rendering.report.page import write_report

        write_report(verdict, series, report, footage=source if footage else None)
    if json:
        print_json(verdict.to_dict())
    else:
        print(plain(f"{verdict.decision}: {verdict.reason}"))
        for found in verdict.findings:
            print(f"  {found.severity:>8}  {found.code}: {found.message}; {found.advice}")
        if report is not None:
            print(f"report: {report}")
    return EXIT[verdict.decision]


@app.command()
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the demo's files go.")] = Path(
        "demo-output"
    ),
    models: Models = None,
    jobs: Jobs = None,
) -> None:
    """Run the whole path on an embedded sample: drawn videos in, verdicts and reports out."""
    from poseprint.demo import run

    with progress_bar("demo") as progress:
        run(output, models=models, jobs=jobs, say=print, progress=progress)


def _read(source: Path, fps: float | None, frame_size: str | None, models: Path | None, jobs: int | None) -> PoseSeries:
    from poseprint.verdict import read_recording

    with progress_bar(source.name) as progress:
        return read_recording(
            source, fps=fps, frame_size=parse_size(frame_size), models=models, jobs=jobs, progress=progress
        )


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
    for found in inspection.findings:
        print(f"  {found.severity:>8}  {found.code}: {found.message}; {found.advice}")
    if not inspection.findings:
        print("  no findings")
