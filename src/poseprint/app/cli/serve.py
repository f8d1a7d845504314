"""`poseprint serve`: the page to work in."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from poseprint.app.cli.options import Models, extra


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; any that is free unless said.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address and open nothing.")] = False,
    library: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where profiles, clips and checks are kept.")
    ] = None,
    allow_paths: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folder of which the page may name files by their path; may be repeated."),
    ] = None,
    models: Models = None,
) -> None:
    """Serve a page to enrol, check and compare in, on this machine alone.

    It answers at 127.0.0.1 only, to whoever has the address that it prints. Interrupted, it goes on where it stopped.
    """
    with extra("the page needs", "web"):
        from poseprint.app.web.server import serve as run

    say = partial(print, flush=True)  # whoever reads the address through a pipe gets it at once
    run(library, port=port, browser=not no_browser, allowed=allow_paths or (), models=models, show=say)
