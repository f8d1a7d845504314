"""`poseprint reference`: background, cohort and calibrations of one's own, and what they support."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from poseprint.app.cli.options import AsJson, plain, print_json, progress_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseprint.verification.reference import Reference

reference_app = typer.Typer(
    help="What people are told apart against: learn it from your own footage; show what it supports.",
    no_args_is_help=True,
)


@reference_app.command("learn")
def learn(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="REF", help="Folder for the reference.")],
    by: Annotated[
        Literal["recording", "session", "activity"] | None,
        typer.Option(help="What enrolment and test must not share; the strictest that four people have two of."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of folds and draws.")] = 0,
    json: AsJson = False,
) -> None:
    """Learn background, cohort and calibration from the real recordings of a data set, and tell what they support.

    At least eight people are needed, four of them with two recordings. Use it with --reference.
    """
    from poseprint.app.references import learn_reference

    with progress_bar(dataset.name) as progress:
        learned = learn_reference(dataset, output, by=by, seed=seed, progress=progress)
    _print(learned, as_json=json)
    if not json:
        print(f"written: {output}")


@reference_app.command("show")
def show(
    reference: Annotated[
        Path | None, typer.Argument(metavar="REF", help="Folder of a reference; those that ship unless given.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Tell what a reference was made from and what it supports: people, bounds, verdicts within reach, error rates."""
    from poseprint.app.references import references_in

    _print(references_in(reference), as_json=json)


def _print(references: Sequence[Reference], *, as_json: bool) -> None:
    from poseprint.app.told_reference import describe, in_words

    told = [describe(reference) for reference in references]
    if as_json:
        print_json(told)
        return
    for line in (line for one in told for line in in_words(one)):
        print(plain(line))
