"""`poseprint cache`: what is kept of videos that were measured."""

from __future__ import annotations

from typing import Annotated

import typer

from poseprint.app.cli.options import AsJson, print_json

cache_app = typer.Typer()


@cache_app.callback(invoke_without_command=True)
def cache(context: typer.Context, json: AsJson = False) -> None:
    """Tell how much is kept of videos that were measured, and where; clear it.

    The same video is not measured again under the same settings. $POSEPRINT_CACHE_BYTES says how much is kept at
    most (2000000000 unless set; the least recently used goes first); 0 keeps nothing, as does --no-cache.
    """
    if context.invoked_subcommand is None:
        _print(as_json=json)


@cache_app.command("clear")
def clear(
    older_than: Annotated[
        float, typer.Option(metavar="DAYS", min=0, help="Only what was not used for so many days.")
    ] = 0,
) -> None:
    """Remove what is kept, but for what is being measured now; tell what is left."""
    from poseprint.app.measured import clear as run

    run(older_than)
    _print()


def _print(*, as_json: bool = False) -> None:
    from poseprint.app.measured import kept

    held = kept()
    if as_json:
        print_json({**vars(held), "folder": str(held.folder)})
        return
    unfinished = f", {held.unfinished} unfinished" if held.unfinished else ""
    count = f"{held.recordings} recording{'s' * (held.recordings != 1)}, {held.seconds:.0f} s, {held.size / 1e6:.1f} MB"
    most = f"at most {held.most / 1e6:.1f} MB" if held.most else "switched off"
    print(f"{held.folder}: {count + unfinished if held.size or held.unfinished else 'nothing is kept'}; {most}")
