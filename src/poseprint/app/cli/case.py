"""`poseprint case`: a folder for one question, that tells when something in it was changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.app.cli.check import EXIT, Prior, ProfileDir, Stride, WrongCost, print_verdict
from poseprint.app.cli.measures import measures
from poseprint.app.cli.options import AsJson, Force, FrameSize, as_typed, parse_size, plain, print_json, progress_bar

if TYPE_CHECKING:
    from poseprint.app.cases import Case
    from poseprint.estimation.measuring import Measuring

CHANGED = 1
"""Exit code of `verify` where something changed."""

case_app = typer.Typer(
    help="A folder for one question: inputs, checks and notes, in a log that tells what was changed.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The case's folder.")]


@case_app.command("new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to make; it holds nothing yet.")],
    question: Annotated[str, typer.Option("--question", metavar="TEXT", callback=as_typed, help="What the case asks.")],
) -> None:
    """Begin a case."""
    from poseprint.app.cases import new_case

    _print_head(new_case(folder, question))


@case_app.command("add")
def add(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Videos or files of poses to be examined.")],
    no_copy: Annotated[
        bool, typer.Option("--no-copy", help="Keep sha256 and place of a file alone, and no copy of it.")
    ] = False,
) -> None:
    """Add files to be examined: their sha256 first, then who signed them, by C2PA, where anybody did."""
    from poseprint.app.cases import Case

    case = Case.open(folder)
    for file in files:
        added = case.add(file, copy=not no_copy)
        held = added.input
        print(
            plain(
                f"input {held.number}{'' if added.is_new else ' (is there already)'}: {held.name}, sha256 {held.sha256}"
            )
        )
        print(plain(f"  {held.provenance['words']}"))
    _print_head(case)


def check(
    folder: Folder,
    name: Annotated[
        str, typer.Argument(metavar="INPUT", callback=as_typed, help="Number, name or start of the sha256 of an input.")
    ],
    profile: ProfileDir,
    json: AsJson = False,
    stride: Stride = None,
    wrong_cost: WrongCost = 10.0,
    prior: Prior = 0.5,
    frame_size: FrameSize = None,
    *,
    measuring: Measuring,
) -> int:
    """Judge an input, and keep verdict, report and poses: exit code 0 consistent, 1 inconsistent, 2 inconclusive, 3 error."""
    from poseprint.app.cases import Case
    from poseprint.verification.decision import Costs

    case, costs, size = Case.open(folder), Costs(wrong_cost, prior), parse_size(frame_size)
    with progress_bar(name) as progress:
        verdict, kept = case.check(
            name, profile, measuring, stride=stride, costs=costs, frame_size=size, progress=progress
        )
    if json:
        print_json(verdict.to_dict())
    else:
        print_verdict(verdict)
        print(f"report: {folder / f'checks/{kept.number}/report.html'}")
        _print_head(case)
    return EXIT[verdict.decision]


case_app.command("check")(measures(check))


@case_app.command("note")
def note(
    folder: Folder,
    text: Annotated[str, typer.Argument(metavar="TEXT", callback=as_typed, help="What there is to say.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", callback=as_typed, help="Who says it.")] = "",
) -> None:
    """Write a note into the log."""
    from poseprint.app.cases import Case

    case = Case.open(folder)
    case.note(text, by)
    _print_head(case)


@case_app.command("show")
def show(folder: Folder, json: AsJson = False) -> None:
    """Tell what a case asks, what is in it, and what was found."""
    from poseprint.app.cases import Case

    case = Case.open(folder)
    if json:
        print_json(case.summary())
        return
    for line in _lines(case.summary()):
        print(plain(line))
    _print_head(case)


@case_app.command("export")
def export(
    folder: Folder,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="RO-Crate to write.")],
    force: Force = False,
) -> None:
    """Write a case as an RO-Crate: a zip of all its files and a description that other programs read."""
    from poseprint.app.cases import Case

    head = Case.open(folder).export(output, force=force)
    print(f"{output}\nhead: {head}")


@case_app.command("verify")
def verify(
    place: Annotated[Path, typer.Argument(metavar="FOLDER_OR_ZIP", help="A case, or an exported one.")],
    head: Annotated[
        str | None, typer.Option("--head", metavar="SHA256", help="A head noted earlier, which the log still holds.")
    ] = None,
    json: AsJson = False,
) -> int:
    """Say what changed in a case since it was logged: exit code 0 nothing, 1 something, 3 error."""
    from poseprint.io.case_verify import verify as run

    found = run(place, head)
    if json:
        print_json({"unchanged": not found.problems, "problems": list(found.problems), "head": found.head})
    else:
        for problem in found.problems:
            print(plain(problem))
        if not found.problems:
            held = "" if head is None else ", and the log holds the line of that head"
            print(f"unchanged: every file is as the log says{held}")
            print(f"head: {found.head}")
    return CHANGED if found.problems else 0


def _print_head(case: Case) -> None:
    """The hash of the log's last line, to be noted elsewhere."""
    print(f"head: {case.read().head}")


def _lines(about: dict[str, Any]) -> list[str]:
    lines = [about["question"], f"begun {about['created']}, last changed {about['changed']}"]
    for held in about["inputs"]:
        where = held["file"] or f"{held['path']} (no copy)"
        lines.append(f"input {held['number']}: {held['name']}, {held['size']} bytes, {where}")
        lines.append(f"  sha256 {held['sha256']}")
        lines.append(f"  {held['provenance'].get('words', 'C2PA: not looked at.')}")
    people = {profile["sha256"]: profile["person"] for profile in about["profiles"]}
    for found in about["checks"]:
        against = f"input {found['input']} against {people[found['profile']]}"
        lines.append(f"check {found['number']}, {found['time']}: {against}: {found['decision']}: {found['reason']}")
        lines.append(f"  {found['command']}")
    lines += [f"note, {said['time']}{said['by'] and ', ' + said['by']}: {said['text']}" for said in about["notes"]]
    return lines
