"""A case as an RO-Crate 1.1: a zip of its files and one in JSON-LD that describes them to programs that know nothing of poseprint."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import quote

from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write
from poseprint.io.case_file import Contents, whole_log
from poseprint.io.case_log import LOG, parse_lines
from poseprint.io.case_record import CaseRecord, Check

CRATE = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.1"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell: the same case makes the same bytes
_BLOCK = 1 << 20
_FORMATS = {
    ".avi": "video/x-msvideo",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".parquet": "application/vnd.apache.parquet",
    ".webm": "video/webm",
}
"""Suffix -> media type."""


def write_crate(contents: Contents, output: Path) -> str:
    """Write a case as a zip; the same case makes the same bytes.

    Args:
        contents: the files of the case.
        output: the zip; it is replaced whole or not at all.

    Returns:
        the head of the log that is in it.

    Raises:
        PoseprintError: the case was altered, or the zip cannot be written.
    """
    log = whole_log(contents)
    lines, problems = parse_lines(log)
    there = contents.names()
    missing = [f"{name}: is missing" for line in lines for name in line.files if not there.get(name)]
    if problems or missing:
        raise _altered([*problems, *missing][0])
    record = CaseRecord.of(lines)
    with atomic_write(output) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, content in ((CRATE, crate(record, contents)), (LOG, log)):
            _store(archive, name, len(content), BytesIO(content))
        for name, sha256 in record.files.items():
            with contents.open(name) as file:
                if _store(archive, name, contents.size(name), file) != sha256:
                    raise _altered(f"{name}: was altered")
    return record.head


def is_crate(path: Path) -> bool:
    """Whether a file is a zip that `write_crate` wrote: what describes a case comes first in it."""
    with path.open("rb") as file:
        return file.read(30 + len(CRATE)).endswith(CRATE.encode())


def crate(record: CaseRecord, contents: Contents) -> bytes:
    """What describes a case, as json.

    Args:
        record: what its log says.
        contents: its files.
    """
    log = whole_log(contents)
    files = {LOG: (hashlib.sha256(log).hexdigest(), len(log))}
    files |= {name: (sha256, contents.size(name)) for name, sha256 in record.files.items()}
    graph = [_descriptor(), _root(record, files), *_files(record, files), *_profiles(record)]
    graph += [*_inputs_without_file(record), *_checks(record), *_notes(record)]
    context = [f"{_SPECIFICATION}/context", {"sha256": "http://schema.org/sha256"}]
    document = {"@context": context, "@graph": graph}
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _descriptor() -> dict[str, Any]:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": _SPECIFICATION},
    }


def _root(record: CaseRecord, files: Iterable[str]) -> dict[str, Any]:
    parts = [name for name in files if not name.startswith("profiles/")] + [f"{p.folder}/" for p in record.profiles]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": record.question,
        "description": (
            f"A case of poseprint. Each line of {LOG} holds the hash of the one before; that of the last is {record.head}."
        ),
        "dateCreated": record.created,
        "datePublished": record.changed,
        "hasPart": _references(parts),
        "mentions": [{"@id": f"#check-{check.number}"} for check in record.checks],
        "comment": [{"@id": f"#note-{number}"} for number, _ in enumerate(record.notes, 1)],
    }


def _files(record: CaseRecord, files: Mapping[str, tuple[str, int]]) -> list[dict[str, Any]]:
    names = {held.file: held.name for held in record.inputs}
    provenance = {held.file: {"description": held.provenance["words"]} for held in record.inputs if held.provenance}
    return [
        {
            "@id": quote(name),
            "@type": "File",
            "name": names.get(name, PurePosixPath(name).name),
            "contentSize": str(size),
            "encodingFormat": _FORMATS.get(PurePosixPath(name).suffix.lower(), "application/octet-stream"),
            "sha256": sha256,
            **provenance.get(name, {}),
        }
        for name, (sha256, size) in files.items()
    ]


def _profiles(record: CaseRecord) -> list[dict[str, Any]]:
    return [
        {
            "@id": quote(f"{profile.folder}/"),
            "@type": "Dataset",
            "name": f"profile of {profile.person}",
            "sha256": profile.sha256,
            "hasPart": _references(profile.files),
        }
        for profile in record.profiles
    ]


def _inputs_without_file(record: CaseRecord) -> list[dict[str, Any]]:
    return [
        {"@id": f"#input-{held.number}", "@type": "CreativeWork", "name": held.name, "sha256": held.sha256}
        for held in record.inputs
        if not held.file
    ]


def _checks(record: CaseRecord) -> list[dict[str, Any]]:
    versions = dict.fromkeys(check.versions["poseprint"] for check in record.checks)
    programs = [
        {"@id": _program(version), "@type": "SoftwareApplication", "name": "poseprint", "softwareVersion": version}
        for version in versions
    ]
    return [*programs, *(_action(check, record) for check in record.checks)]


def _action(check: Check, record: CaseRecord) -> dict[str, Any]:
    examined = next(held for held in record.inputs if held.number == check.input)
    profile = next(profile for profile in record.profiles if profile.sha256 == check.profile)
    used = quote(examined.file) if examined.file else f"#input-{examined.number}"
    return {
        "@id": f"#check-{check.number}",
        "@type": "CreateAction",
        "name": f"{examined.name} against the profile of {profile.person}: {check.decision}",
        "description": f"{check.reason} Repeated by: {check.command}",
        "instrument": {"@id": _program(check.versions["poseprint"])},
        "object": [{"@id": used}, {"@id": quote(f"{profile.folder}/")}],
        "result": _references(check.files),
        "endTime": check.time,
    }


def _notes(record: CaseRecord) -> list[dict[str, Any]]:
    people = {
        by: f"#examiner-{number}" for number, by in enumerate(dict.fromkeys(n.by for n in record.notes if n.by), 1)
    }
    comments = [
        {
            "@id": f"#note-{number}",
            "@type": "Comment",
            "text": note.text,
            "dateCreated": note.time,
            **({"author": {"@id": people[note.by]}} if note.by else {}),
        }
        for number, note in enumerate(record.notes, 1)
    ]
    return [*({"@id": key, "@type": "Person", "name": by} for by, key in people.items()), *comments]


def _program(version: str) -> str:
    return f"#poseprint-{quote(version)}"


def _references(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": quote(name)} for name in names]


def _store(archive: zipfile.ZipFile, name: str, size: int, content: IO[bytes]) -> str:
    """Put a file into a zip as it is; its sha256."""
    info, digest = zipfile.ZipInfo(name, _DATE), hashlib.sha256()
    info.file_size, info.create_system, info.external_attr = size, 3, 0o644 << 16
    with archive.open(info, "w") as file:
        while block := content.read(_BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _altered(what: str) -> PoseprintError:
    return PoseprintError(
        f"{what}; `poseprint case verify` tells all that changed, and what was altered is not exported"
    )
