"""The command line: thin commands over the library.

Exit codes: 0 done (a check: consistent), 1 inconsistent, 2 inconclusive, 3 error. Results go to standard
output, everything else to standard error.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from poseprint import __version__
from poseprint.errors import MissingDependencyError, PoseprintError

if TYPE_CHECKING:
    from poseprint.pose import PoseSeries
    from poseprint.quality import Inspection

EXIT = {"consistent": 0, "inconsistent": 1, "inconclusive": 2}
ERROR = 3
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

Models = Annotated[Path | None, typer.Option("--models", metavar="DIR", help="Folder of the estimator's model files.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processors to use; all of them unless said.")]
Fps = Annotated[float | None, typer.Option("--fps", min=1, max=1000, help="Frame rate of OpenPose json.")]
FrameSize = Annotated[
    str | None,
    typer.Option("--frame-size", metavar="WxH", help="Picture size of OpenPose json or csv, such as 1280x720."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print json.")]


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
        code = _fail(str(error))
    except TyperException as error:
        code = _fail(f"{error.format_message()} (see --help)") if error.format_message() else ERROR
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted; what was finished is kept, the same command goes on from there")
    except (BrokenPipeError, SystemExit):  # nobody reads on; typer would exit with 1, which is a verdict
        code = ERROR
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python flushes at the end
    except OSError as error:  # what nothing above foresaw: a full disk, a name too long
        code = _fail(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception as error:  # Python would exit with 1, which is a verdict
        if os.environ.get("POSEPRINT_DEBUG"):
            raise
        code = _fail(
            f"unforeseen {type(error).__name__}: {error} (a fault of poseprint; POSEPRINT_DEBUG=1 shows where)"
        )
    sys.exit(code if isinstance(code, int) else 0)


def _fail(reason: str) -> int:
    print("poseprint: error: " + _plain(" ".join(reason.split())), file=sys.stderr)
    return ERROR


def _plain(text: str) -> str:
    """Text from outside without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; silent where nobody looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text, re.ASCII | re.IGNORECASE)
    if not match:
        raise PoseprintError(f"--frame-size {text!r}: expected WIDTHxHEIGHT, such as 1280x720")
    return int(match[1]), int(match[2])


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
    from poseprint.estimators.weights import install

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
            with _progress(video.name) as progress:
                done = collect(
                    video,
                    output,
                    person=person,
                    label=label,
                    session=session,
                    fps=fps,
                    frame_size=_size(frame_size),
                    models=models,
                    jobs=jobs,
                    progress=progress,
                )
        except PoseprintError as error:
            failed = _fail(str(error))
        else:
            print(f"{done.file}: {done.seconds:.1f} s of poses{'' if done.new else ' (measured before)'}")
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
    from poseprint.quality import inspect as run_gates

    series = _read(source, fps, frame_size, models, jobs)
    inspection = run_gates(series)
    if json:
        _print_json(_inspection_dict(series, inspection))
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
    from poseprint.avatar import write_video
    from poseprint.io import read_any_poses

    if output.suffix.lower() != ".mp4":
        raise PoseprintError(f"{output}: the video is written as .mp4")
    series = read_any_poses(poses, fps=fps, frame_size=_size(frame_size))
    with _progress(f"drawing {output.name}") as progress:
        write_video(series, output, progress=progress)
    print(output)


@app.command()
def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    person: Annotated[str, typer.Option(help="The person of interest, as named in recordings.csv.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PROFILE_DIR", help="Folder for the profile.")],
    preset: Annotated[str, typer.Option(help="paper (Table 3 of the paper; slow) or quick.")] = "quick",
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable.")
    ] = None,
) -> None:
    """Train the paper's LSTM to tell a person from others; writes a profile that `check` runs.

    Killed, the same command goes on after the last finished epoch.
    """
    from poseprint.settings import PRESETS

    if preset not in PRESETS:
        raise PoseprintError(f"--preset {preset!r}: there are {', '.join(PRESETS)}")
    settings = PRESETS[preset].changed(assign or [])
    try:
        from poseprint.training import train as run_training
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"training needs {error.name}: install it with pip install 'poseprint[train]'"
        ) from error
    with _progress(f"training on {person}") as bar:

        def progress(done: int, total: int, row: Any) -> None:
            bar(done, total)
            if not sys.stderr.isatty() and (done % max(1, total // 10) == 0 or done == total):
                _say(
                    f"epoch {done}/{total}: validation accuracy {row['validation_accuracy']:.3f}, best {row['best']:.3f}"
                )

        figures = run_training(dataset, person, output, settings, progress=progress, say=_say)
    for part in ("train", "validation", "test"):
        print(f"{part:>10}: {_accuracy(figures[part])}")
    print(f"profile of {person} (best epoch {figures['best_epoch']}): {output}; curves: {output / 'training'}")


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
    fps: Fps = None,
    frame_size: FrameSize = None,
    models: Models = None,
    jobs: Jobs = None,
) -> int:
    """Judge a recording: exit code 0 consistent, 1 inconsistent, 2 inconclusive, 3 error."""
    from poseprint.atomic import demand_writable
    from poseprint.io import is_poses
    from poseprint.profile import read_profile
    from poseprint.verdict import check_poses

    loaded = read_profile(profile)
    if footage and (report is None or is_poses(source)):
        raise PoseprintError("--footage goes with --report and a video")
    if report is not None:
        if report.is_dir():
            raise PoseprintError(f"{report}: is a folder; name a file for the report")
        demand_writable(report.parent)
    series = _read(source, fps, frame_size, models, jobs)
    verdict = check_poses(series, loaded, stride=stride)
    if report is not None:
        from poseprint.report import write_report

        write_report(verdict, series, report, footage=source if footage else None)
    if json:
        _print_json(verdict.to_dict())
    else:
        print(_plain(f"{verdict.decision}: {verdict.reason}"))
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

    with _progress("demo") as progress:
        run(output, models=models, jobs=jobs, say=print, progress=progress)


def _read(source: Path, fps: float | None, frame_size: str | None, models: Path | None, jobs: int | None) -> PoseSeries:
    from poseprint.verdict import read_recording

    with _progress(source.name) as progress:
        return read_recording(
            source, fps=fps, frame_size=_size(frame_size), models=models, jobs=jobs, progress=progress
        )


def _print_json(value: Any) -> None:
    from json import dumps

    print(dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


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
        f"{_plain(series.recording)}: {len(series)} frames, {series.duration:.1f} s at {series.fps:g} fps, {width}x{height}"
    )
    print(
        f"a person is found in {series.present().mean():.0%} of the frames; usable as evidence: {inspection.seconds:.1f} s"
    )
    print("seen: " + ", ".join(f"{name} {share:.0%}" for name, share in inspection.seen.items()))
    for found in inspection.findings:
        print(f"  {found.severity:>8}  {found.code}: {found.message}; {found.advice}")
    if not inspection.findings:
        print("  no findings")


def _accuracy(figures: dict[str, Any]) -> str:
    if not figures["movements"]:
        return "no movements left for it"
    low_high = figures["interval"]
    interval = f", 95 % interval {low_high[0]:.1%} to {low_high[1]:.1%}" if low_high else ""
    return (
        f"accuracy {figures['accuracy']:.1%}{interval}; always the commoner label {figures['majority']:.1%} "
        f"({figures['movements']} movements of {figures['recordings']} recordings)"
    )
