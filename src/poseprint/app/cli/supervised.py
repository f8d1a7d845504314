"""Commands that train."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.app.cli.options import Jobs, as_typed, extra, progress_bar
from poseprint.core.errors import PoseprintError

if TYPE_CHECKING:
    from poseprint.supervised.settings import Settings

Person = Annotated[str, typer.Option(callback=as_typed, help="The person of interest, as named in recordings.csv.")]


def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    person: Person,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PROFILE_DIR", help="Folder for the profile.")],
    preset: Annotated[str, typer.Option(help="paper (Table 3 of the paper; slow) or quick.")] = "quick",
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable.")
    ] = None,
) -> None:
    """Train the paper's LSTM to tell a person from others; writes a profile that `check` runs.

    Killed, the same command goes on from a recent epoch.
    """
    settings = _settings(preset, assign)
    with extra("training needs"):
        from poseprint.supervised.training import train as run_training
    with progress_bar(f"training on {person}") as progress:
        figures = run_training(dataset, person, output, settings, progress=progress)
    for subset in ("train", "validation", "test"):
        print(f"{subset:>10}: {_accuracy(figures[subset])}")
    print(f"profile of {person} (best epoch {figures['best_epoch']}): {output}; curves: {output / 'training'}")


def tune(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    person: Person,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the search.")],
    trials: Annotated[int, typer.Option(help="Trainings in all, with those already in the folder.")] = 30,
    preset: Annotated[str, typer.Option(help="Where the search starts: paper or quick.")] = "quick",
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting to start from; repeatable.")
    ] = None,
) -> None:
    """Search for better settings: depth, width, dropout, learning rate, weight decay, normalisation, length.

    They are chosen by validation alone; the best ones are tested once, at the end. Killed, the same command
    goes on; with more trials, it goes further.
    """
    settings = _settings(preset, assign)
    with extra("the search needs"):
        from poseprint.supervised.tuning import tune as run_search
    with progress_bar(f"settings for {person}") as progress:
        result = run_search(dataset, person, output, settings, trials=trials, progress=progress)
    for subset in ("validation", "test"):
        print(f"{subset:>10}: {_accuracy(result[subset])}")
    print(
        f"best of {result['trials']} trials: number {result['trial']}; chosen by validation, which flatters; all: {output}"
    )
    assigned = [word for text in result["set"] for word in ("--set", text)]
    print(shlex.join(["poseprint", "train", str(dataset), "--person", person, "-o", "PROFILE_DIR", *assigned]))


def experiment(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one, or all; a wrong name lists them.")],
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="Folder with recordings.csv and pose files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for results and figures.")],
    scale: Annotated[str, typer.Option(help="reduced (within an hour) or full (the paper's 200 epochs).")] = "reduced",
    split: Annotated[str, typer.Option(help="recording, movement (the paper's, which flatters) or both.")] = "both",
    person: Annotated[
        list[str] | None,
        typer.Option(callback=as_typed, help="A person of interest; repeatable. Some of all unless said."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Splits and first weights to try for each person.")] = None,
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of every row; repeatable.")
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Run the paper's experiments, split by movement and by recording: tables, figures and json.

    Killed, the same command goes on where it stopped.
    """
    with extra("experiments need"):
        from poseprint.supervised.experiments.run import run_experiment
    with progress_bar(name) as progress:
        written = run_experiment(
            name,
            dataset,
            output,
            scale=scale,
            splits=("movement", "recording") if split == "both" else (split,),
            persons=person or (),
            seeds=seeds,
            changes=assign or (),
            jobs=jobs,
            progress=progress,
        )
    for file in written:
        print(file.with_suffix(".md").read_text(encoding="utf-8"))


def _settings(preset: str, assign: list[str] | None) -> Settings:
    from poseprint.supervised.settings import PRESETS

    if preset not in PRESETS:
        raise PoseprintError(f"--preset {preset!r}: there are {', '.join(PRESETS)}")
    return PRESETS[preset].changed(assign or [])


def _accuracy(figures: dict[str, Any]) -> str:
    if not figures["movements"]:
        return "no movements left for it"
    low_high = figures["interval"]
    interval = f", 95 % interval {low_high[0]:.1%} to {low_high[1]:.1%}" if low_high else ""
    return (
        f"accuracy {figures['accuracy']:.1%}{interval}; always the commoner label {figures['majority']:.1%} "
        f"({figures['movements']} movements of {figures['recordings']} recordings)"
    )
