"""Commands of verification: a person against everybody else, learned from genuine footage alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from poseprint.app.cli.options import AsJson, ReferenceDir, extra, print_json, progress_bar


def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for tables and figures.")],
    by: Annotated[
        Literal["recording", "session", "activity"] | None,
        typer.Option(help="What enrolment and test must not share; each that the data tells unless said."),
    ] = None,
    space: Annotated[
        Literal["picture", "depth"] | None, typer.Option(help="Depth where all recordings tell it unless said.")
    ] = None,
    reference: ReferenceDir = None,
    seed: Annotated[int, typer.Option(help="Of partings, draws and intervals.")] = 0,
    json: AsJson = False,
) -> None:
    """Measure how well the persons of a data set are told apart: error rates, evidence, figures.

    Everybody is enrolled on some recordings and tested on others, with the reference that ships or your own; persons whom
    it knows are left out.
    """
    with extra("an evaluation needs"):
        from poseprint.evaluation.evaluate import evaluate as run
    with progress_bar(dataset.name) as bar:
        result: dict[str, Any] = run(
            dataset,
            reference=reference,
            by=by,
            space=space,
            output=output,
            seed=seed,
            progress=bar,
        )
    if json:
        print_json(result)
    else:
        print((output / "evaluation.md").read_text(encoding="utf-8"))
        print(f"written: {output}")
