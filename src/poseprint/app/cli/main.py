"""The command line: thin commands over the library.

Exit codes: 0 done (a check: consistent), 1 inconsistent, 2 inconclusive, 3 error. Results go to standard
output, everything else to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from poseprint.app.cli.cache import cache_app
from poseprint.app.cli.case import case_app
from poseprint.app.cli.check import check
from poseprint.app.cli.dataset import dataset_app
from poseprint.app.cli.enroll import enroll
from poseprint.app.cli.evaluate import evaluate
from poseprint.app.cli.live import live
from poseprint.app.cli.measures import OF_FILES, measures
from poseprint.app.cli.options import (
    ERROR,
    Jobs,
    Models,
    StandardError,
    fail,
    progress_bar,
)
from poseprint.app.cli.recordings import draw, extract, inspect
from poseprint.app.cli.reference import reference_app
from poseprint.app.cli.scan import scan_app
from poseprint.app.cli.serve import serve
from poseprint.app.cli.supervised import experiment, train, tune
from poseprint.core.errors import explain
from poseprint.core.version import __version__

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
app.add_typer(cache_app, name="cache")
app.add_typer(case_app, name="case")
app.add_typer(reference_app, name="reference")
app.add_typer(scan_app, name="scan")


def main() -> None:
    """Run the command line; every error is one line and exit code 3."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name the terminal cannot show costs no verdict
    StandardError.install()
    try:
        code = app(prog_name="poseprint", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.stdout.flush()
    except TyperException as error:
        code = fail(f"{error.format_message()} (see --help)") if error.format_message() else ERROR
    except (KeyboardInterrupt, typer.Abort):
        code = fail("interrupted; what was finished is kept, the same command goes on from there")
    except (BrokenPipeError, SystemExit):  # nobody reads on; typer would exit with 1, which is a verdict
        code = ERROR
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python flushes at the end
    except Exception as error:  # Python would exit with 1, which is a verdict
        code = fail(explain(error))
    sys.exit(code if isinstance(code, int) else 0)


def _open_closed_streams() -> None:
    """Give the null device to standard streams that were closed: printing must not fail, nor reach a file that got the
    stream's number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the lowest number that is free is the one that was closed
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


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
    from poseprint.estimation.model_files import FETCHING, install, missing

    if missing(models):
        print(FETCHING, flush=True)
    print(f"model files are in place: {install(models)}")


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the demo's files go.")] = Path(
        "demo-output"
    ),
    models: Models = None,
    jobs: Jobs = None,
) -> None:
    """Run the whole path on an embedded sample: drawn videos in, verdicts and reports out."""
    from poseprint.app.demo import run
    from poseprint.estimation.measuring import Measuring

    with progress_bar("demo") as progress:
        run(output, measuring=Measuring(models=models, jobs=jobs), show=print, progress=progress)


for command in (extract, inspect, draw, enroll, train, tune, experiment, evaluate, check, serve, demo):
    app.command()(measures(command) if "measuring" in command.__annotations__ else command)
app.command()(measures(live, without=OF_FILES))
