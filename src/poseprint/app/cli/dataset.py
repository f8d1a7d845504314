"""Commands that make data sets and tell what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from poseprint.app.cli.measures import OF_ONE_VIDEO, measures
from poseprint.app.cli.options import (
    AsJson,
    Fps,
    FrameSize,
    as_typed,
    collected_line,
    fail,
    parse_size,
    print_json,
    progress_bar,
)
from poseprint.core.errors import PoseprintError
from poseprint.core.files import absence

if TYPE_CHECKING:
    from poseprint.app.datasets.build import BuildResult
    from poseprint.estimation.measuring import Measuring

dataset_app = typer.Typer(help="Make a data set of many recordings; tell what is in one.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder with recordings.csv and pose files.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Data set folder to write or add to.")]


def build(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST.csv",
            help="Columns file and person; as needed label, session, activity, recording, fps, frame_size, individual.",
        ),
    ],
    output: Output,
    *,
    measuring: Measuring,
) -> int:
    """Measure the poses in every video that a csv names, and tell what is in the data set.

    Interrupted, the same command goes on where it stopped. What cannot be read is reported, the rest is
    measured all the same, and the exit code is 3.
    """
    from poseprint.app.datasets.build import build as run

    failed = 0

    def show(result: BuildResult) -> None:
        nonlocal failed
        if result.collected is None:
            failed = fail(result.error)
        else:
            print(collected_line(result.collected))

    with progress_bar(manifest.name) as progress:
        results = run(manifest, output, measuring=measuring, progress=progress, on_result=show)
    if any(result.collected for result in results):
        print()
        describe(output)
    return failed


dataset_app.command("build")(measures(build, without=OF_ONE_VIDEO))


@dataset_app.command("describe")
def describe(folder: Folder, json: AsJson = False) -> None:
    """Tell persons, recordings, hours and movements, real and fake: the paper's Table 2 for any data."""
    from poseprint.app.datasets.describe import describe as run
    from poseprint.app.datasets.describe import table

    with progress_bar(folder.name) as progress:
        description = run(folder, progress=progress)
    if json:
        print_json(description)
    else:
        print(table(description))


@dataset_app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A .pose, .nc (movement) or .bvh file, a folder of OpenPose json, or a folder of such; "
            "a Kinect table (.parquet); poses.csv of the paper's csv pair.",
        ),
    ],
    output: Output,
    labels: Annotated[
        Path | None, typer.Argument(metavar="LABELS", help="labels.csv, where the source is poses.csv.")
    ] = None,
    person: Annotated[str | None, typer.Option(callback=as_typed, help="Who is in it, or claimed to be.")] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE.csv",
            help="Who is in each recording of a folder: columns file and person; as needed label, session, activity, "
            "recording, fps, frame_size, individual.",
        ),
    ] = None,
    individual: Annotated[
        str | None, typer.Option(callback=as_typed, help="Whose poses, of a .nc file with several individuals.")
    ] = None,
    fps: Fps = None,
    frame_size: FrameSize = None,
) -> int:
    """Take recordings over from another form, and tell what is in the data set."""
    from poseprint.app.datasets.convert import import_csv_pair, import_kinect

    if not source.exists():
        raise PoseprintError(absence(source))
    form, size = source.suffix.lower() if source.is_file() else "", parse_size(frame_size)
    if form not in (".parquet", ".csv"):
        if labels is not None:
            raise PoseprintError(f"{source}: LABELS go with poses.csv")
        return _import_poses(source, output, person, table, individual, fps, size)
    foreign = [n for n, v in (("--table", table), ("--individual", individual), ("--fps", fps)) if v is not None]
    if foreign:
        raise PoseprintError(f"{source}: {foreign[0]} goes with pose files of other programs")
    with progress_bar(source.name) as progress:
        if form == ".parquet":
            if any(option is not None for option in (labels, person, frame_size)):
                raise PoseprintError(f"{source}: a Kinect table needs no LABELS, --person or --frame-size")
            recordings = import_kinect(source, output, progress=progress)
        else:
            if labels is None or not person or size is None:
                raise PoseprintError(f"{source}: poses.csv needs LABELS (labels.csv), --person and --frame-size")
            recordings = import_csv_pair(source, labels, output, person=person, frame_size=size, progress=progress)
    _print_taken_over(output, len(recordings), {r.person for r in recordings})
    return 0


def _import_poses(
    source: Path,
    output: Path,
    person: str | None,
    table: Path | None,
    individual: str | None,
    fps: float | None,
    size: tuple[int, int] | None,
) -> int:
    """Take over pose files of other programs; returns the exit code."""
    from poseprint.app.datasets.exchange import import_poses

    failed = 0

    def show(result: BuildResult) -> None:
        nonlocal failed
        if result.collected is None:
            failed = fail(result.error)

    with progress_bar(source.name) as progress:
        results = import_poses(
            source,
            output,
            person=person,
            table=table,
            fps=fps,
            frame_size=size,
            individual=individual,
            progress=progress,
            on_result=show,
        )
    collected = [result for result in results if result.collected]
    if collected:
        _print_taken_over(output, len(collected), {result.line.person for result in collected})
    return failed


def _print_taken_over(output: Path, recordings: int, persons: set[str]) -> None:
    print(f"{output}: recordings taken over: {recordings}, persons: {len(persons)}\n")
    describe(output)


@dataset_app.command("export")
def export(
    folder: Folder,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Folder for the files.")],
    form: Annotated[
        Literal["pose", "movement"], typer.Option("--format", help=".pose files, or netCDF of the library movement.")
    ],
) -> None:
    """Write the recordings of a data set as files of another form, with a manifest.csv that takes them back."""
    from poseprint.app.datasets.exchange import export as run

    with progress_bar(folder.name) as progress:
        written = run(folder, output, form, progress=progress)
    print(f"{output}: recordings written: {len(written)}")
    left_out = sorted({name for one in written for name in one.left_out})
    if left_out:
        print(f"left out, as this form cannot hold it: {', '.join(left_out)}")
