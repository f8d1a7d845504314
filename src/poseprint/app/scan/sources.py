"""What is to be scanned: folders, patterns, lists of files and object stores -> the files in them, and a file on this machine."""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from poseprint.core.errors import MissingDependencyError, PoseprintError
from poseprint.core.files import absence, exists

_FILMS = "mp4 m4v mov mkv webm avi mpg mpeg ts mts m2ts flv ogv asf wmv 3gp 3g2 gif mxf ivf"
SUFFIXES = frozenset(f".{suffix}" for suffix in [*_FILMS.split(), "parquet"])
"""What is taken of a folder: films, and poses in Parquet. A file that is named is taken whatever its name."""
STORES = frozenset(["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "memory"])
"""Object stores that are read, by the beginning of an address."""
NOT_UTF8 = "not UTF-8"
"""The mark of a file whose name no table can hold."""
PAUSES_S = (2.0, 20.0)
"""Seconds after which a file that could not be fetched is tried again."""
_PATTERN = re.compile(r"[*?\[]")
_ADDRESS = re.compile(r"([a-z][a-z0-9+.:-]*)://", re.IGNORECASE)


class UnreachableError(PoseprintError):
    """A file could not be read just now; it may be possible later."""


@dataclass(frozen=True, order=True)
class Item:
    """A file to be scanned.

    Attributes:
        file: its path or address.
        size: bytes; -1 where it is not there.
        mark: what changes with its content, so far as that can be told without reading it.
    """

    file: str
    size: int
    mark: str


def listing(sources: Sequence[str]) -> list[Item]:
    """The files that sources name, each once, in order of their names.

    Args:
        sources: folders (with all in them), files, patterns, lists (csv or Parquet with a column `file`), or the like in an
            object store.

    Raises:
        PoseprintError: a source is not there or cannot be read, or there is nothing in any of them.
    """
    items = {item.file: item for source in sources for item in _items(source)}
    if not items:
        raise PoseprintError(f"{', '.join(sources)}: nothing to scan in it; films and poses are known by their suffix")
    return sorted(items.values())


def _items(source: str) -> Iterator[Item]:
    if _ADDRESS.match(source):
        yield from _remote(source)
        return
    path = Path(source)
    if exists(path) and path.is_dir():
        yield from _folder(path)
    elif os.path.lexists(path):
        yield from _listed(source) if is_list(source) else [_local(source)]
    elif _PATTERN.search(source):
        for name in sorted(glob.glob(source, recursive=True)):  # noqa: PTH207  of absolute names too
            yield from _items(name)
    else:
        raise PoseprintError(absence(path))


def _folder(folder: Path) -> Iterator[Item]:
    """The films and poses in a folder, at any depth; links to other folders are not followed."""

    def stop(error: OSError) -> None:
        raise PoseprintError(f"{error.filename}: cannot be read ({error.strerror})")

    for where, _, names in os.walk(folder, onerror=stop):
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield _local(os.path.join(where, name))  # noqa: PTH118  a name need not be a path that can be normalised


def _local(file: str) -> Item:
    try:
        file.encode()
    except UnicodeEncodeError:
        return Item(os.fsencode(file).decode(errors="backslashreplace"), -1, NOT_UTF8)
    with suppress(OSError, ValueError):
        stat = os.stat(file)  # noqa: PTH116
        if S_ISREG(stat.st_mode):
            return Item(file, stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}")
    return Item(file, -1, "")


def is_list(source: str) -> bool:
    """Whether a file names others: csv, or Parquet with a column `file`.

    Raises:
        PoseprintError: a csv without that column.
    """
    suffix = Path(source).suffix.lower()
    if suffix == ".parquet":
        with suppress(OSError, pa.ArrowException, UnreachableError), _opened(source) as file:
            return "file" in pq.read_schema(file).names
    return suffix == ".csv"


def _listed(source: str) -> Iterator[Item]:
    """The files that a list names, from the list's own folder on."""
    try:
        with _opened(source) as file:
            table = (
                pq.read_table(file, columns=["file"])
                if source.lower().endswith(".parquet")
                else pa.csv.read_csv(file, convert_options=pa.csv.ConvertOptions(column_types={"file": pa.string()}))
            )
        names = table.column("file").cast(pa.string()).to_pylist()
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise PoseprintError(f"{source}: no list of files: csv or Parquet with a column `file` ({error})") from error
    beside = source[: len(source) - len(re.split(r"[\\/]", source)[-1])]
    for name in names:
        if name and name.strip():
            whole = name if _ADDRESS.match(name) or Path(name).is_absolute() else beside + name
            yield from _remote(whole, follow=False) if _ADDRESS.match(whole) else [_local(whole)]


def _remote(address: str, *, follow: bool = True) -> Iterator[Item]:
    """The files at an address; of what a list names, `follow` False, it is one file."""
    system, path = _store(address)
    try:
        if not follow:
            yield _at(system, system.info(path))
        elif _PATTERN.search(path):
            for name, info in system.glob(path, detail=True).items():
                if info.get("type") == "directory" or Path(name).suffix.lower() in (".csv", ".parquet"):
                    yield from _remote(system.unstrip_protocol(name))
                else:
                    yield _at(system, info)
        elif system.isdir(path):
            for info in system.find(path, detail=True).values():
                if Path(info["name"]).suffix.lower() in SUFFIXES:
                    yield _at(system, info)
        elif is_list(address):
            yield from _listed(address)
        else:
            yield _at(system, system.info(path))
    except FileNotFoundError as error:
        if follow:
            raise PoseprintError(f"{address}: nothing is there") from error
        yield Item(address, -1, "")
    except PoseprintError:
        raise
    except Exception as error:  # each store has errors of its own
        raise PoseprintError(f"{address}: cannot be listed ({_in_words(error)})") from error


def _at(system: Any, info: Mapping[str, Any]) -> Item:
    mark = next(
        (str(info[k]) for k in ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created") if info.get(k)), ""
    )
    return Item(system.unstrip_protocol(info["name"]), int(info.get("size") or 0), f"{info.get('size')}-{mark}")


def _store(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        PoseprintError: no object store that is read, or what it needs is not installed.
    """
    protocol = str(_ADDRESS.match(address)[1]).lower()  # type: ignore[index]
    if protocol not in STORES:
        raise PoseprintError(
            f"{address}: {protocol!r} is not read; object stores are: {', '.join(sorted(STORES - {'memory'}))}"
        )
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address)
    except ImportError as error:
        raise MissingDependencyError(
            f"{address}: {error}; s3 needs pip install 'poseprint[s3]', other stores their package of fsspec's"
        ) from error
    return system, str(path)


@contextmanager
def _opened(source: str) -> Iterator[Any]:
    if _ADDRESS.match(source):
        system, path = _store(source)
        with system.open(path, "rb") as file:
            yield file
    else:
        with Path(source).open("rb") as file:
            yield file


@contextmanager
def fetched(file: str, *, keep: bool = False) -> Iterator[Path]:
    """A file of a listing on this machine, as long as the block lasts.

    Args:
        file: its path or address.
        keep: whether to keep what was fetched until this process fetches another, as the next task may be on another part of it.

    Raises:
        UnreachableError: it cannot be fetched just now.
        PoseprintError: it is not there.
    """
    if not _ADDRESS.match(file):
        yield Path(file)
        return
    known = _kept.pop(file, None) if keep else None
    for _, folder in [_kept.pop(other) for other in list(_kept)]:
        folder.cleanup()
    there, folder = known or _fetch(file)
    try:
        yield there
    finally:
        if keep:
            _kept[file] = there, folder
        else:
            folder.cleanup()


_kept: dict[str, tuple[Path, TemporaryDirectory[str]]] = {}
"""What this process fetched last, if it was to be kept."""


def _fetch(file: str) -> tuple[Path, TemporaryDirectory[str]]:
    system, path = _store(file)
    folder = TemporaryDirectory(prefix="poseprint-")
    there = Path(folder.name) / f"clip{Path(path).suffix}"
    for pause in (*PAUSES_S, None):
        try:
            system.get_file(path, str(there))
            break
        except FileNotFoundError as error:
            folder.cleanup()
            raise PoseprintError(f"{file}: is not there") from error
        except Exception as error:  # each store has errors of its own
            if pause is None:
                folder.cleanup()
                raise UnreachableError(f"{file}: cannot be fetched ({_in_words(error)})") from error
            time.sleep(pause)
    return there, folder


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
