"""The log of a case: json lines, each of which holds the hash of the one before.

A line has sorted keys and no spaces: `number` (from 1), `time` (UTC), `event`, `facts`, `files` (path in the case ->
sha256), `previous` (sha256 of the line before, its line feed included; 64 zeros in the first) and `sha256` (of this line
without this key, so that the last line too tells that it was altered). The hash of the last line is the head: whoever
has noted it elsewhere can tell later that nothing up to there was taken out or written anew, which the log alone cannot tell.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from poseprint.core.errors import PoseprintError
from poseprint.core.files import parse_json

LOG = "log.jsonl"
START = "0" * 64
"""`previous` of the first line."""
_KEYS = {"number", "time", "event", "facts", "files", "previous", "sha256"}


@dataclass(frozen=True)
class Line:
    """One event of a log.

    Attributes:
        number: its place, from 1.
        time: UTC, as 2026-01-31T23:59:59Z, by the clock of the machine.
        event: its name.
        facts: what there is to say of it.
        files: path in the case -> sha256 of every file that the event brought.
        hash: sha256 of the line as it stands in the log, its line feed included.
    """

    number: int
    time: str
    event: str
    facts: Mapping[str, Any]
    files: Mapping[str, str]
    hash: str


def parted(content: bytes) -> tuple[bytes, bytes]:
    """The whole lines of a log, and what is there of one more, which an interruption left unfinished."""
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def parse_lines(whole: bytes) -> tuple[list[Line], list[str]]:
    """The lines of a log that are as they were written, and what is wrong with it, in words."""
    lines, problems, previous = [], [], START
    for number, raw in enumerate(whole.split(b"\n")[:-1], 1):
        values, own = _values(raw), hashlib.sha256(raw + b"\n").hexdigest()
        if values is None:
            problems.append(
                f"{LOG} line {number}: was altered; it is not as a line is written, or its own sha256 differs"
            )
        else:
            if (values["previous"], values["number"]) != (previous, number):
                problems.append(
                    f"{LOG} line {number}: does not follow from the line before; that was altered, or lines were taken out or put in"
                )
            lines.append(Line(number, values["time"], values["event"], values["facts"], values["files"], own))
        previous = own
    if not whole.startswith(b"{") or (lines and lines[0].number == 1 and lines[0].event != "created"):
        problems.append(f"{LOG}: does not begin with the event `created`")
    return lines, problems


def write_line(
    log: IO[bytes], lines: Sequence[Line], event: str, facts: Mapping[str, Any], files: Mapping[str, str]
) -> Line:
    """Write a line; it is on the disk when this returns.

    Args:
        log: the file, locked, at its end.
        lines: those that are in it.
        event, facts, files: see Line.

    Raises:
        PoseprintError: the disk is full or gone.
    """
    number, time, previous = len(lines) + 1, utc(), lines[-1].hash if lines else START
    values = {"number": number, "time": time, "event": event, "facts": facts, "files": files, "previous": previous}
    values["sha256"] = hashlib.sha256(_canonical(values)).hexdigest()
    raw = _canonical(values) + b"\n"
    try:
        log.write(raw)
        log.flush()
        os.fsync(log.fileno())
    except OSError as error:
        raise PoseprintError(f"{log.name}: cannot be written ({error.strerror or error})") from error
    return Line(number, time, event, facts, files, hashlib.sha256(raw).hexdigest())


def utc(seconds: float | None = None) -> str:
    """A time as a log tells it, to the second.

    Args:
        seconds: since 1970; now unless given.
    """
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _values(raw: bytes) -> dict[str, Any] | None:
    """What a line holds; None if it is not exactly as it was written."""
    try:
        values = parse_json(raw)
        unsigned = {key: value for key, value in values.items() if key != "sha256"}
        as_written = _canonical(values) == raw and hashlib.sha256(_canonical(unsigned)).hexdigest() == values["sha256"]
        of_form = values.keys() == _KEYS and all(isinstance(values[key], dict) for key in ("facts", "files"))
        texts = (values["time"], values["event"], *values["files"].values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return values if as_written and of_form and all(isinstance(text, str) for text in texts) else None


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
