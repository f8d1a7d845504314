"""What the commands share: options, and how they speak to the user."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseprint.core.errors import MissingDependencyError, PoseprintError
from poseprint.core.names import typed

if TYPE_CHECKING:
    from poseprint.app.datasets.collect import Collected
    from poseprint.core.progress import Progress
    from poseprint.core.series import PoseSeries
    from poseprint.estimation.measuring import Measuring

ERROR = 3

Models = Annotated[Path | None, typer.Option("--models", metavar="DIR", help="Folder of the estimator's model files.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processors to use; all of them unless said.")]
Fps = Annotated[
    float | None,
    typer.Option("--fps", min=1, max=1000, help="Frame rate of poses that do not tell it, such as OpenPose json."),
]
FrameSize = Annotated[
    str | None,
    typer.Option(
        "--frame-size",
        metavar="WxH",
        help="Picture size of poses that do not tell it (OpenPose json, csv), such as 1280x720.",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace a file that poseprint did not write (never one that is read).")
]
ReferenceDir = Annotated[
    Path | None,
    typer.Option(
        "--reference", metavar="REF", help="Folder of a reference that `reference learn` made; what ships unless given."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print json.")]

OPTIONS = {
    "frame_size": "--frame-size WIDTHxHEIGHT",
    "changes": "--set",
    "splits": "--split",
    **{
        name: f"--{name}"
        for name in (
            "who",
            "at",
            "rate",
            "weights",
            "estimator",
            "fps",
            "models",
            "add",
            "forget",
            "by",
            "space",
            "reference",
            "jobs",
            "seeds",
            "force",
            "head",
            "person",
            "table",
            "individual",
            "people",
            "workers",
        )
    },
}
"""Arguments that errors of the library name, as `frame_size`, and the options they are here."""


def as_typed(value: Any) -> Any:
    """Callback of options that are names of people and places, see `poseprint.core.names.typed`."""
    if isinstance(value, str):
        return typed(value)
    return [typed(text) for text in value] if isinstance(value, list | tuple) else value


def fail(reason: str) -> int:
    """Print an error as one line; returns the exit code that goes with it."""
    named = re.sub(r"`([a-z_]+)`", lambda name: OPTIONS.get(name[1], name[0]), reason)
    print("poseprint: error: " + plain(" ".join(named.split())), file=sys.stderr)
    return ERROR


def plain(text: str) -> str:
    """Text from outside without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text)


class StandardError(logging.Handler):
    """Prints what is no result: sentences of the log, those that a progress bar makes needless only where there is none."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a sentence."""
        print(plain(record.getMessage()), file=sys.stderr)  # sys.stderr as it is now: a bar may have taken its place

    @staticmethod
    def install() -> None:
        """Send the log of poseprint to standard error."""
        log = logging.getLogger("poseprint")
        log.handlers, log.propagate = [StandardError()], False
        log.setLevel(logging.INFO if sys.stderr.isatty() else logging.DEBUG)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar with the time left on standard error; silent where nobody looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    from poseprint.core.progress import TimeLeft

    class Left(ProgressColumn):
        """The time left; rich's own looks back half a minute, in which no epoch may have ended."""

        def render(self, _task: Task) -> Text:
            seconds = left.seconds()
            return Text("-:--:--" if seconds is None else str(timedelta(seconds=round(seconds))), "progress.remaining")

    def report(step: str, done: int, total: int) -> None:
        left.report(done, total)
        bar.update(task, completed=done, total=total, description=step or what)

    left, columns = TimeLeft(), (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, Left(), console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield report
        if bar.tasks[0].total is None:
            bar.remove_task(task)  # it was soon done, and nobody knew how long it would take


@contextmanager
def extra(what_needs: str, name: str = "train") -> Iterator[None]:
    """Names the extra to install, if something that is imported in the block is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{what_needs} {error.name}: install it with pip install 'poseprint[{name}]'"
        ) from error


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height of a --frame-size."""
    if text is None:
        return None
    from poseprint.io import poses

    size = poses.parse_size(text)
    if size is None:
        raise PoseprintError(f"--frame-size {text!r}: expected WIDTHxHEIGHT, such as 1280x720")
    return size


def collected_line(done: Collected) -> str:
    """What `collect` did, as a line."""
    return f"{done.file}: {done.seconds:.1f} s of poses{'' if done.new else ' (measured before)'}"


def print_json(value: Any, *, indent: int | None = 1) -> None:
    """Print a result as json, at once; without an `indent` on one line."""
    from poseprint.core.files import json_text

    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json_text(value, ascii=not unicode, indent=indent), flush=True)


def read_source(source: Path, fps: float | None, frame_size: str | None, measuring: Measuring) -> PoseSeries:
    """The poses in whatever is named, measured first if it is a video."""
    from poseprint.app.sources import read_source as read

    with progress_bar(source.name) as progress:
        size = parse_size(frame_size)
        return read(source, measuring, fps=fps, frame_size=size, progress=progress)
