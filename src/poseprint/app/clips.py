"""Recordings that were handed in: uploaded, or named by a path on this machine."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from poseprint.app.shelf import Shelf, UnknownError, now, write_json
from poseprint.app.sources import Source, open_source
from poseprint.core.errors import PoseprintError
from poseprint.core.files import absence, file_sha256
from poseprint.core.names import safe_film_name
from poseprint.io.video import VideoInfo

MOST_HOURS = 3
"""Of one clip."""
FACTS, FILM = "clip.json", "film"


class ForbiddenPathError(PoseprintError):
    """A path outside what may be named; whether anything is there is not told."""


@dataclass(frozen=True)
class Clip:
    """A recording that was handed in.

    Attributes:
        id: the start of its sha256.
        name: as its owner called it.
        sha256: of the file.
        size: bytes.
        added: when, UTC.
        path: where it lies, if it was named by its path; else nothing.
    """

    id: str
    name: str
    sha256: str
    size: int
    added: str
    path: str = ""


class Clips(Shelf):
    """All clips; each has a folder with what is known of it, and the film if it was uploaded."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "clip")
        self._putting = threading.Lock()
        for left in folder.glob(".*.partial"):
            left.unlink()

    def all(self) -> list[Clip]:
        """All clips, the newest first."""
        return sorted(self.facts(Clip, FACTS), key=lambda clip: clip.added, reverse=True)

    def get(self, name: str) -> Clip:
        """The clip of an id. Raises UnknownError if there is none."""
        return self.facts_of(name, Clip, FACTS)

    def receive(self, name: str) -> Incoming:
        """Take a file that arrives in pieces."""
        return Incoming(self, name)

    def put(self, clip: Clip, film: Path) -> Clip:
        """Keep a film that was received; one that is there already stays as it is."""
        with self._putting:
            known = self._known_as(clip)
            if known is not None:
                return known
            folder = self.entry(clip.id)
            (folder / FILM).mkdir(parents=True, exist_ok=True)
            film.replace(folder / FILM / safe_film_name(clip.name))
            write_json(folder / FACTS, asdict(clip))
        return clip

    def add_path(self, path: Path) -> Clip:
        """Know a recording by its path; it stays where it is.

        Raises:
            PoseprintError: nothing is there, or it cannot be read.
        """
        try:
            if not path.is_file():
                raise PoseprintError(absence(path))
            sha256, size = file_sha256(path), path.stat().st_size
        except OSError as error:
            raise PoseprintError(f"{path}: cannot be read ({error.strerror})") from error
        clip = Clip(sha256[:16], as_text(path.name), sha256, size, now(), os.path.realpath(path))
        known = self._known_as(clip)
        if known is not None:
            return known
        self.entry(clip.id).mkdir(exist_ok=True)
        write_json(self.entry(clip.id) / FACTS, asdict(clip))
        return clip

    def _known_as(self, clip: Clip) -> Clip | None:
        """What is there of the same content; nothing, and nothing left of it, if its name told another kind of file."""
        with suppress(UnknownError):
            known = self.get(clip.id)
            if self.file_of(known).suffix.lower() == Path(clip.name).suffix.lower():
                return known
            self.discard(clip.id)
        return None

    def file_of(self, clip: Clip) -> Path:
        """Where a clip's film lies. Raises UnknownError if it is not there any more."""
        path = Path(clip.path) if clip.path else self.entry(clip.id) / FILM / safe_film_name(clip.name)
        if not path.is_file():
            raise UnknownError(f"{clip.name}: the file is not there any more")
        return path

    def unchanged(self, clip: Clip) -> Path:
        """Where its film lies, which is the one that was handed in. Raises PoseprintError if another took its place."""
        path = self.file_of(clip)
        if clip.path and file_sha256(path) != clip.sha256:
            raise _changed(clip)
        return path

    def opened(self, clip: Clip) -> Source:
        """A clip looked at, if it is not too long to measure.

        Raises:
            PoseprintError: it is, or it cannot be read.
        """
        file = self.file_of(clip)
        try:
            source = open_source(file)
        except PoseprintError as error:
            raise PoseprintError(str(error).replace(str(file), clip.name)) from error
        content = source.content
        if not isinstance(content, VideoInfo):
            self.unchanged(clip)
            return source
        if content.sha256 != clip.sha256:  # probing has hashed it already
            raise _changed(clip)
        hours = content.duration / 3600
        if hours > MOST_HOURS:
            raise PoseprintError(
                f"{clip.name}: {hours:.1f} hours long, and at most {MOST_HOURS} are measured here; cut out the part in question"
            )
        return source

    def remove(self, name: str) -> None:
        """Remove a clip; a film that was named by its path stays, and so do checks of it."""
        self.discard(self.get(name).id)


class Incoming:
    """A file that arrives in pieces: it is hashed on its way to the disk and is a clip once it is whole."""

    def __init__(self, clips: Clips, name: str) -> None:
        self._clips, self._name, self._sha256, self._size = clips, as_text(name), hashlib.sha256(), 0
        self._path = clips.folder / f".{secrets.token_hex(8)}.partial"
        self._file = self._path.open("xb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> int:
        """Take the next piece; returns the bytes so far."""
        self._file.write(piece)
        self._sha256.update(piece)
        self._size += len(piece)
        return self._size

    def keep(self) -> Clip:
        """The clip, which is there from now on.

        Raises:
            PoseprintError: nothing arrived.
        """
        self._file.close()
        if not self._size:
            raise PoseprintError(f"{self._name}: the file is empty")
        sha256 = self._sha256.hexdigest()
        return self._clips.put(Clip(sha256[:16], self._name, sha256, self._size, now()), self._path)


def as_text(name: str) -> str:
    """A name without what is no text, and not longer than anybody reads."""
    return name.encode("utf-8", "replace").decode()[:200].strip() or "clip"


def _changed(clip: Clip) -> PoseprintError:
    return PoseprintError(f"{clip.name}: the file was changed since it was handed in; hand it in again")
