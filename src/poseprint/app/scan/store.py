"""The folder of a scan: lists, tables and poses, each file of which appears whole, and what is not finished (docs/scan.md).

Clips are scanned in parts of PART, in the order in which they were found. What is done of a part that is not complete lies in
`work`, a file a clip; when all of its clips are, the part's tables are written. So at every moment each clip is either to do or done.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from poseprint.app.scan import rows
from poseprint.app.scan.rows import Row
from poseprint.app.scan.settings import Plan
from poseprint.app.scan.sources import Item
from poseprint.app.scan.tasks import Clip, Someone
from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write, claimed, json_text, parse_json
from poseprint.movements.same_take import COLUMNS

FORMAT_VERSION = 1
PART = 200
"""Clips in a part."""
ABOUT = "scan.json"
TABLES = ("clips", "verdicts", "tracks", "listing")
_OURS = (ABOUT, *(f"{name}/part-*.parquet" for name in TABLES), "poses/*/*.parquet", "work/*", "log/*.jsonl")


class Store:
    """What a scan has found so far.

    Args:
        folder: of the scan.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def opened(self, plan: Plan) -> Iterator[None]:
        """The folder, written by nobody else as long as the block lasts.

        Raises:
            PoseprintError: it is in use, of another scan, or of something else.
        """
        with claimed(self.folder, {"scan": _OURS}):
            about: Row = {"format_version": FORMAT_VERSION, "measured_by": plan.measured_by}
            there = self.about()
            if there is None:
                self._write_json(ABOUT, about)
            elif there.get("measured_by") != about["measured_by"]:
                raise PoseprintError(
                    f"{self.folder}: was scanned in another way ({_difference(there.get('measured_by'), about['measured_by'])}); "
                    "name another folder"
                )
            for name in (".", *TABLES, "poses/*", "work", "work/*", "log"):
                for left in self.folder.glob(f"{name}/.*.partial*"):
                    if left.is_file():
                        left.unlink(missing_ok=True)
            yield

    def about(self) -> Mapping[str, Any] | None:
        """What the folder says of itself; None where nothing was scanned into it.

        Raises:
            PoseprintError: it cannot be read, or is of a newer version.
        """
        file = self.folder / ABOUT
        if not file.exists():
            return None
        try:
            about = parse_json(file.read_bytes())
            version = int(about["format_version"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PoseprintError(f"{file}: cannot be read ({error})") from error
        if version > FORMAT_VERSION:
            raise PoseprintError(f"{file}: of a newer poseprint; update it")
        return dict(about)

    def plan_parts(self, items: Sequence[Item]) -> list[list[Item]]:
        """The parts with all that was ever listed; what is new makes parts of its own, what changed takes its new mark.

        What is not there any more stays as it was.
        """
        parts = list(self.listed())
        now = {item.file: item for item in items}
        for number, part in enumerate(parts):
            listed = [now.pop(item.file, item) for item in part]
            there = [old if new.size < 0 else new for old, new in zip(part, listed, strict=True)]
            if there != part:
                parts[number] = there
                self._write("listing", number, [vars(i) for i in there], rows.LISTED)
        new = list(now.values())
        for first in range(0, len(new), PART):
            parts.append(new[first : first + PART])
            self._write("listing", len(parts) - 1, [vars(i) for i in parts[-1]], rows.LISTED)
        return parts

    def listed(self) -> Iterator[list[Item]]:
        """The clips of each part, in order of its number."""
        numbers = (path.stem.removeprefix("part-") for path in (self.folder / "listing").glob("part-*.parquet"))
        count = max((int(number) + 1 for number in numbers if number.isdecimal()), default=0)
        return ([Item(**row) for row in self._read("listing", number)] for number in range(count))

    def done(self, number: int, part: Sequence[Item], *, again: bool) -> tuple[dict[str, Row], bool]:
        """The lines of a part's clips that need not be measured, and whether its tables hold them, and no other.

        Args:
            number: of the part.
            part: its clips.
            again: whether what failed is to be done again.
        """
        there = {row["file"]: row for row in self._read("clips", number)}
        known = {(row["file"], row["who"]) for row in self._read("tracks", number, columns=["file", "who"])}
        anew = dict[str, Row]()
        for item in part:
            with suppress(OSError, ValueError):
                anew[item.file] = parse_json(self._record(item).read_bytes())
        kept = {}
        for item in part:
            row = anew.get(item.file) or there.get(item.file)
            if not row or row["mark"] != item.mark or (again and row["status"] == "failed"):
                continue
            if all(self._has_person(item.file, person, known) for person in row.get("measured") or ()):
                kept[item.file] = row
        return kept, not anew and list(kept) == list(there) == [item.file for item in part]

    def keep(self, item: Item, clip: Clip) -> Row:
        """Keep what came of a clip: poses and tracks first, then the line that says that it is done."""
        people = [self._keep_person(item, clip.sha256, someone) for someone in clip.people]
        row = {
            **vars(item),
            "status": clip.status,
            "reason": clip.reason,
            "sha256": clip.sha256,
            **clip.facts,
            "measured": people,
        }
        self._write_json(self._record(item).relative_to(self.folder), row)
        return row

    def keep_copy(self, item: Item, of: Row, number: int) -> Row:
        """Keep what came of another file of the same content, in the part of that number, as that of a clip."""
        people = [{name: person[name] for name in ("who", "seconds", "poses")} for person in of.get("measured") or ()]
        for person in people:
            self._keep_track(item.file, person["who"], self.track(of["file"], person["who"], number))
        row = {**of, **vars(item), "reason": of["reason"].replace(of["file"], item.file), "measured": people}
        self._write_json(self._record(item).relative_to(self.folder), row)
        return row

    def _keep_person(self, item: Item, sha256: str, someone: Someone) -> Row:
        poses = Path("poses", sha256[:2], f"{sha256}-{someone.who}.parquet")
        with atomic_write(self.folder / poses, durable=True) as partial:
            partial.write_bytes(someone.poses)
        self._keep_track(item.file, someone.who, someone.track)
        return {"who": someone.who, "seconds": someone.seconds, "poses": poses.as_posix()}

    def _keep_track(self, file: str, who: int, track: Array) -> None:
        with atomic_write(self._track(file, who), durable=True) as partial:
            partial.write_bytes(np.ascontiguousarray(track, dtype=np.float16).tobytes())

    def poses(self, person: Row) -> bytes:
        """A person's poses, as Parquet."""
        content: bytes = (self.folder / person["poses"]).read_bytes()
        return content

    def track(self, file: str, who: int, number: int, known: Mapping[tuple[str, int], Array] | None = None) -> Array:
        """The track of somebody whose clip is done.

        Args:
            file, who: whose.
            number: of the part.
            known: its tracks as far as it was complete before, where they were read already.
        """
        with suppress(OSError):
            return _as_track(self._track(file, who).read_bytes())
        return (self.tracks(number) if known is None else known)[file, who]

    def tracks(self, number: int) -> dict[tuple[str, int], Array]:
        """The tracks of everybody in a part, by file and who, in the order in which they were compared."""
        return {(row["file"], row["who"]): _as_track(row["track"]) for row in self._read("tracks", number)}

    def chunks_dir(self, item: Item) -> Path:
        """Where parts of a long film lie until it is done."""
        return self._record(item).with_suffix(".parts")

    def write_clips(
        self, number: int, found: Sequence[Row], tracks: Mapping[tuple[str, int], Array], compared_with: str
    ) -> None:
        """The tables of clips and tracks of a part, and what its people were compared with."""
        told = [{"file": file, "who": who, "track": track.tobytes()} for (file, who), track in tracks.items()]
        self._write("tracks", number, told, rows.TRACKS)
        self._write("clips", number, found, rows.CLIPS.with_metadata({"compared_with": compared_with}))

    def write_verdicts(self, number: int, found: Sequence[Row], judged_by: str) -> None:
        """The table of a part's verdicts; then nothing of it is to do."""
        self._write("verdicts", number, found, rows.VERDICTS.with_metadata({"judged_by": judged_by}))

    def forget_work(self, part: Sequence[Item]) -> None:
        """Remove what lay in `work` of a complete part."""
        for item in part:
            record = self._record(item)
            record.unlink(missing_ok=True)
            shutil.rmtree(self.chunks_dir(item), ignore_errors=True)
            for track in record.parent.glob(f"{record.stem}.*.track"):
                track.unlink(missing_ok=True)

    def compared_with(self, number: int) -> str:
        """What a part's people were compared with; empty where they were not."""
        return self._said(self._path("clips", number), b"compared_with")

    def judged_by(self, number: int) -> str:
        """What a part's verdicts were made with; empty where there are none."""
        return self._said(self._path("verdicts", number), b"judged_by")

    @staticmethod
    def _said(table: Path, name: bytes) -> str:
        with suppress(OSError, pa.ArrowException):
            return str((pq.read_schema(table).metadata or {}).get(name, b""), "ascii")
        return ""

    def verdicts_of(self, number: int) -> dict[tuple[str, int], list[Row]]:
        """A part's verdicts by file and who."""
        found = defaultdict(list)
        for row in self._read("verdicts", number):
            if row["who"] is not None:
                found[row["file"], row["who"]].append(row)
        return dict(found)

    def _has_person(self, file: str, person: Row, known: Collection[tuple[str, int]]) -> bool:
        """Whether somebody's poses and track are there."""
        has_track = (file, person["who"]) in known or self._track(file, person["who"]).is_file()
        return has_track and (self.folder / person["poses"]).is_file()

    def _record(self, item: Item) -> Path:
        return self._of_file(item.file).with_suffix(".json")

    def _track(self, file: str, who: int) -> Path:
        return self._of_file(file).with_suffix(f".{who}.track")

    def _of_file(self, file: str) -> Path:
        """Where what is done of a file lies, but for a suffix."""
        return self.folder / "work" / hashlib.sha256(file.encode(errors="surrogateescape")).hexdigest()[:32]

    def _path(self, name: str, number: int) -> Path:
        return self.folder / name / f"part-{number:06d}.parquet"

    def _read(self, name: str, number: int, columns: list[str] | None = None) -> list[Row]:
        file = self._path(name, number)
        if not file.exists():
            return []
        return list(rows.read_rows(file, columns))

    def _write(self, name: str, number: int, found: Sequence[Row], schema: pa.Schema) -> None:
        with atomic_write(self._path(name, number), durable=True) as partial:
            pq.write_table(rows.table(list(found), schema), partial, compression="zstd")

    def _write_json(self, name: Path | str, value: Any) -> None:
        with atomic_write(self.folder / name, durable=True) as partial:
            partial.write_text(json_text(value) + "\n", encoding="utf-8")


def _as_track(content: bytes) -> Array:
    return np.frombuffer(content, dtype=np.float16).reshape(-1, COLUMNS)


def _difference(one: Any, other: Mapping[str, Any]) -> str:
    """What two settings differ in."""
    one = one if isinstance(one, dict) else {}
    return ", ".join(f"{k}: {one.get(k)} there, {v} now" for k, v in other.items() if one.get(k) != v) or json.dumps(
        one
    )
