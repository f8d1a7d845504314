"""`poseprint scan`: an archive against a watch list; what it found."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from poseprint.app.cli.check import Prior, WrongCost
from poseprint.app.cli.measures import OF_FILES, measures
from poseprint.app.cli.options import AsJson, Force, ReferenceDir, print_json, progress_bar
from poseprint.core.errors import PoseprintError

if TYPE_CHECKING:
    from poseprint.estimation.measuring import Measuring

_RUN, _REPORT, _RAY = "run", "report", "--ray"
_ADDRESS = re.compile(r"auto|local|(ray://)?[^\s/]+:\d+")


class _Scan(TyperGroup):
    """`scan report` is a command; any other first word is a source of `scan run`, whose name need not be typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in what need not be typed."""
        if args and args[0] not in (*self.commands, "--help"):
            args = [_RUN, *_with_address(args)]
        return list(super().parse_args(ctx, args))


def _with_address(args: list[str]) -> list[str]:
    """The arguments with `--ray` alone as `--ray=auto`."""
    following = [*args[1:], ""]
    alone = [arg == _RAY and not _ADDRESS.fullmatch(after) for arg, after in zip(args, following, strict=True)]
    return [f"{_RAY}=auto" if is_alone else arg for arg, is_alone in zip(args, alone, strict=True)]


scan_app = typer.Typer(
    cls=_Scan, help="Judge every person in many clips against every profile of a list.", no_args_is_help=True
)


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders, patterns, lists (csv or Parquet with a column `file`), or addresses in an object store.",
        ),
    ],
    profiles: Annotated[Path, typer.Option("--profiles", metavar="DIR", help="Folder with a profile in each folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for tables and poses.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Clips at a time; one a processor unless said.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray", metavar="ADDRESS", help="Work on a Ray cluster: its address, or `auto` for the one at hand."
        ),
    ] = None,
    people: Annotated[
        str,
        typer.Option("--people", metavar="FEWEST-MOST", help="Pass over clips that usually show fewer or more people."),
    ] = "1-8",
    everything: Annotated[
        bool, typer.Option("--everything", help="Measure every clip, whatever a first look at it says.")
    ] = False,
    no_takes: Annotated[
        bool,
        typer.Option(
            "--no-takes", help="Do not look for copies among files of different content: for very large archives."
        ),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Do what failed once more.")] = False,
    wrong_cost: WrongCost = 10.0,
    prior: Prior = 0.5,
    reference: ReferenceDir = None,
    json: AsJson = False,
    *,
    measuring: Measuring,
) -> None:
    """Measure every person in every clip once, and judge each against every profile.

    Interrupted, the same command goes on where it stopped. What cannot be read is told, and the rest is done all the same.
    """
    from poseprint.app.scan.report import summary
    from poseprint.app.scan.run import scan
    from poseprint.app.scan.runners import Local
    from poseprint.app.scan.settings import Plan, Selection, watch_list
    from poseprint.app.scan.told import told
    from poseprint.verification.decision import Costs

    selection, watched = Selection(*_range(people), everything), watch_list(profiles, reference)
    plan = Plan(measuring, selection, watched, Costs(wrong_cost, prior), takes=not no_takes)
    runner: Any = partial(Local, workers=workers)
    if ray is not None:
        if workers is not None:
            raise PoseprintError("`workers` are of this machine; on Ray each processor of the cluster is one")
        from poseprint.app.scan.cluster import Cluster

        runner = partial(Cluster, address="" if ray == "auto" else ray)
    with progress_bar("scan") as progress:
        scan(sources, plan, output, runner=runner, again=again, progress=progress)
    found = summary(output)
    if json:
        print_json(found)
    else:
        print(told(found, brief=True))


scan_app.command(_RUN)(measures(run, without=OF_FILES))


def _range(text: str) -> tuple[int, int]:
    fewest, _, most = text.partition("-")
    if not fewest.isdecimal() or (most and not most.isdecimal()):
        raise PoseprintError(f"--people {text!r}: expected FEWEST-MOST, such as 1-3, or one number")
    return int(fewest), int(most or fewest)


@scan_app.command(_REPORT)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a scan, complete or not.")],
    fdr: Annotated[
        float | None,
        typer.Option(
            "--fdr",
            metavar="SHARE",
            help="Tell which verdicts stand when at most such a share of them is to be wrong, such as 0.1.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE.html", help="Write a page that opens offline.")
    ] = None,
    force: Force = False,
    json: AsJson = False,
) -> None:
    """Tell what a scan found: verdicts by person, clips to look at first, findings, failures, what chance explains."""
    from poseprint.app.scan.report import summary
    from poseprint.app.scan.told import told
    from poseprint.core.files import ensure_replaceable
    from poseprint.rendering.scan_page import is_scan_page, write_scan_page

    if html is not None:
        ensure_replaceable(html, (".html", ".htm"), inputs=(), is_own=is_scan_page, force=force)
    found = summary(folder, fdr=fdr)
    if html is not None:
        write_scan_page(found, html)
    if json:
        print_json(found)
    else:
        print(told(found))
