"""Commands that make data sets and tell what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from poseprint.app.cli.measures import OF_ONE_VIDEO, measures
from poseprint.app.cli.options import (
    AsJson,
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
            help="Columns file and person; as needed label, session, activity, recording, fps, frame_size.",
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
        Path, typer.Argument(metavar="SOURCE", help="A Kinect table (.parquet), or poses.csv of the paper's csv pair.")
    ],
    output: Output,
    labels: Annotated[
        Path | None, typer.Argument(metavar="LABELS", help="labels.csv, where the source is poses.csv.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(callback=as_typed, help="Who is in poses.csv, or claimed to be.")
    ] = None,
    frame_size: FrameSize = None,
) -> None:
    """Take recordings over from another form, and tell what is in the data set."""
    from poseprint.app.datasets.convert import import_csv_pair, import_kinect

    if not source.exists():
        raise PoseprintError(absence(source))
    given = (labels, person, frame_size)
    with progress_bar(source.name) as progress:
        if source.suffix.lower() == ".parquet":
            if any(option is not None for option in given):
                raise PoseprintError(f"{source}: a Kinect table needs no LABELS, --person or --frame-size")
            recordings = import_kinect(source, output, progress=progress)
        elif source.suffix.lower() == ".csv":
            size = parse_size(frame_size)
            if labels is None or not person or size is None:
                raise PoseprintError(f"{source}: poses.csv needs LABELS (labels.csv), --person and --frame-size")
            recordings = import_csv_pair(source, labels, output, person=person, frame_size=size, progress=progress)
        else:
            raise PoseprintError(f"{source}: neither a Kinect table (.parquet) nor poses.csv of the csv pair (.csv)")
    print(f"{output}: recordings taken over: {len(recordings)}, persons: {len({r.person for r in recordings})}\n")
    describe(output)
