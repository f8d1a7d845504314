"""What changed in a case, or in an exported one, since it was logged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from poseprint.core.errors import PoseprintError
from poseprint.io.case_file import CASE, UNREADABLE, Contents, contents_of, log_content, read_case
from poseprint.io.case_log import LOG, Line, parse_lines, parted
from poseprint.io.case_record import CaseRecord
from poseprint.io.ro_crate import CRATE, crate

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Verified:
    """What became of a case since it was logged.

    Attributes:
        problems: what changed, in words; none if it is as it was.
        head: hash of the last line of its log; empty where there is none.
    """

    problems: tuple[str, ...]
    head: str


def verify(place: Path | str, head: str | None = None) -> Verified:
    """Whether a case is as it was logged.

    Args:
        place: the case's folder, or a zip that it was exported to, which is read where it lies.
        head: hash of a line of its log, noted elsewhere, that it should still hold.

    Raises:
        PoseprintError: no case is there, or `head` is no sha256.
    """
    if head is not None and not re.fullmatch(r"[0-9a-f]{64}", head):
        raise PoseprintError("`head` is a sha256, 64 hexadecimal digits, as every command on a case prints it")
    place = Path(place)
    with contents_of(place) as contents:
        if not contents.names().keys() & {CASE, LOG}:
            read_case(contents, place)  # says that it is none
        return _verified(contents, head, exported=not place.is_dir())


def _verified(contents: Contents, head: str | None, *, exported: bool) -> Verified:
    problems = []
    try:
        read_case(contents, Path("the case"))
    except PoseprintError as error:
        problems.append(str(error))
    try:
        content = log_content(contents) if contents.names().get(LOG) else None
    except (PoseprintError, *UNREADABLE) as error:
        problems.append(f"{LOG}: cannot be read ({error})")
        content = None
    if content is None:
        return Verified(tuple(problems), "")
    whole, torn = parted(content)
    lines, altered = parse_lines(whole)
    problems += altered
    if torn:
        problems.append(
            f"{LOG}: its last line is unfinished, as an interruption leaves it; the next command that adds to the case mends it"
        )
    if head is not None and head not in {line.hash for line in lines}:
        problems.append(f"{LOG}: holds no line whose hash is {head}; lines were taken out, or it was written anew")
    beside = (CRATE,) if exported else ()
    problems += _files(contents, lines, beside)
    return Verified(tuple(problems or _contradictions(contents, lines, beside)), lines[-1].hash if lines else "")


def _files(contents: Contents, lines: Sequence[Line], beside: Sequence[str]) -> list[str]:
    """How the files differ from what the log says; some are beside it, which no log names."""
    there = contents.names()
    named = {name: (sha256, line.number) for line in lines for name, sha256 in line.files.items()}
    problems = [p for name, (sha256, number) in named.items() for p in _file(contents, there, name, sha256, number)]
    unnamed = sorted(there.keys() - named.keys() - {LOG, *beside})
    return problems + [f"{name}: is in the case, and the log does not name it" for name in unnamed]


def _file(contents: Contents, there: Mapping[str, bool], name: str, sha256: str, number: int) -> list[str]:
    """How a file differs from what a line says of it."""
    path, logged = PurePosixPath(name), f"its sha256 in line {number} of the log is {sha256}"
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        return [f"{LOG} line {number}: names {name!r}, which is no file of a case"]
    if name not in there:
        return [f"{name}: is missing; {logged}"]
    if not there[name]:
        return [f"{name}: is no plain file, or there twice; {logged}"]
    digest = hashlib.sha256()
    try:
        with contents.open(name) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except UNREADABLE as error:
        return [f"{name}: cannot be read ({error}); {logged}"]
    found = digest.hexdigest()
    return [] if found == sha256 else [f"{name}: was altered; its sha256 is {found}, and {logged}"]


def _contradictions(contents: Contents, lines: Sequence[Line], beside: Sequence[str]) -> list[str]:
    """What does not fit together in a case whose files are as they were logged."""
    try:
        described = crate(CaseRecord.of(lines), contents)
        for name in beside:
            if not contents.names().get(name):
                return [f"{name}: is missing"]
            with contents.open(name) as file:
                if file.read(len(described) + 1) != described:
                    return [f"{name}: does not say what the log says"]
    except (PoseprintError, *UNREADABLE) as error:
        return [str(error)]
    return []
