"""`poseprint live`: the verdict so far on what runs now."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from poseprint.app.cli.check import EXIT, print_verdict
from poseprint.app.cli.options import AsJson, Force, ReferenceDir, plain, print_json
from poseprint.core.errors import PoseprintError

if TYPE_CHECKING:
    from poseprint.app.live import Reading
    from poseprint.estimation.measuring import Measuring
    from poseprint.io.camera import Source
    from poseprint.io.video import Frame

WIDTH = 31
"""Letters of the scale on which the LLR is shown."""


def live(
    profile: Annotated[Path, typer.Option(metavar="PROFILE_DIR", help="Profile of the person it claims to show.")],
    camera: Annotated[int | None, typer.Option(min=0, metavar="N", help="Watch a camera; the first is 0.")] = None,
    screen: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Watch a part of the screen, pixels: a call's window.")
    ] = None,
    url: Annotated[Path | None, typer.Option(metavar="FILE", help="Play a film file, as if it ran now.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so many seconds.")] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE.parquet", help="Keep the poses that the last verdict is on.")
    ] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE.mp4", help="Keep the pictures.")] = None,
    force: Force = False,
    reference: ReferenceDir = None,
    json: AsJson = False,
    *,
    measuring: Measuring,
) -> int:
    """Judge what runs now: a running LLR, the seconds still needed, and at once a cut or a second person.

    The last ten minutes are judged, every two seconds; Ctrl-C ends it with the verdict so far and the exit code of
    check. Nothing is written unless --keep or --record says so. Where measuring does not keep up, the rate falls to
    15 or 10. With --json each reading is a line.
    """
    from poseprint.app.live import live as run
    from poseprint.core.files import ensure_replaceable
    from poseprint.io.parquet import write_poses

    source = _source(camera, screen, url)
    inputs = [profile, *([url] if url else [])]
    for output, suffix in ((keep, ".parquet"), (record, ".mp4")):
        if output is not None:
            ensure_replaceable(output, (suffix,), inputs=inputs, is_own=lambda _: False, force=force)
    show = _as_json if json else _OnTerminal() if sys.stdout.isatty() else _as_lines
    last: Reading | None = None
    error: PoseprintError | None = None
    with _until_ctrl_c() as stop, _recording(record) as on_picture:
        readings = run(
            source, profile, measuring, seconds=seconds, stop=stop, on_picture=on_picture, reference=reference
        )
        with closing(readings):
            try:
                for last in readings:
                    show(last)
            except PoseprintError as broken:
                if last is None:
                    raise
                error = broken  # what was seen until then is kept all the same
    assert last is not None
    if keep is not None and last.series is not None:
        write_poses(last.series, keep)
    if error is not None:
        raise error
    if not json and last.verdict is not None:
        print_verdict(last.verdict)
    return EXIT[last.decision]


def _source(camera: int | None, screen: str | None, url: Path | None) -> Source:
    from poseprint.io.camera import Camera, Film, Screen

    if (camera is not None) + (screen is not None) + (url is not None) != 1:
        raise PoseprintError("name what is to be watched by one of --camera, --screen and --url")
    if camera is not None:
        return Camera(camera)
    if url is not None:
        return Film(url)
    match = re.fullmatch(r"\s*(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})\s*", screen or "")
    if match is None:
        raise PoseprintError(f"--screen {screen!r}: expected X,Y,W,H in pixels, such as 0,0,1280,720")
    left, top, width, height = map(int, match.groups())
    return Screen(left, top, width, height)


@contextmanager
def _until_ctrl_c() -> Iterator[Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as ever."""
    stop = Event()

    def end(_signal: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _recording(path: Path | None) -> Iterator[Callable[[Frame], None] | None]:
    """What writes each picture into a film, if one is to be written."""
    if path is None:
        yield None
        return
    from poseprint.core.files import atomic_write
    from poseprint.io.recording import Recording

    with atomic_write(path) as partial, closing(Recording(partial, crf=23, preset="ultrafast")) as recording:
        yield lambda frame: recording.add(frame.time, frame.picture)


def line_of(reading: Reading) -> str:
    """A reading as a line."""
    parts = [_clock(reading.watched)]
    llr = reading.llr.get("both")
    if llr is not None and reading.lower is not None and reading.upper is not None:
        parts.append(f"LLR {llr:+.2f} {_scale(reading, llr)}")
    elif reading.score is not None:
        parts.append(f"votes {reading.score:.0%} real")
    parts.append(reading.decision)
    if reading.outlook and reading.decision == "inconclusive":
        parts.append(reading.outlook)
    return "  ".join(parts)


def _scale(reading: Reading, llr: float) -> str:
    """The LLR between its bounds, with the thresholds, as `-1.0 [---|---:--O--|---] +1.5`."""
    assert reading.lower is not None and reading.upper is not None and reading.thresholds is not None  # noqa: PT018
    low, high = reading.lower, reading.upper
    cells = ["-"] * WIDTH
    for value, mark in (*((threshold, "|") for threshold in reading.thresholds), (0.0, ":"), (llr, "O")):
        if low <= value <= high:
            cells[round((value - low) / (high - low) * (WIDTH - 1))] = mark
    return f"{low:+.1f} [{''.join(cells)}] {high:+.1f}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _events(reading: Reading) -> list[str]:
    return [f"{_clock(event.seconds)}  {event.words}" for event in reading.events]


def _as_json(reading: Reading) -> None:
    print_json(reading.to_dict(), indent=None)


def _as_lines(reading: Reading) -> None:
    for line in (*_events(reading), line_of(reading)):
        print(plain(line), flush=True)


class _OnTerminal:
    """Events as lines, and under them one line that is written anew."""

    def __call__(self, reading: Reading) -> None:
        """Show a reading."""
        from rich.console import Console

        for event in _events(reading):
            print(f"\r\x1b[K{plain(event)}")
        width = Console().width - 1  # a line that wraps is not written over
        print(f"\r\x1b[K{plain(line_of(reading))[:width]}", end="\n" if reading.final else "", flush=True)
