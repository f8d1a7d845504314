"""Who of an archive is shown twice: the same file, or the same take under another encoding, size, cut or side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

from poseprint.app.scan.rows import Row, people
from poseprint.core.arrays import Array
from poseprint.movements.take_index import TakeIndex, duplicate_of

Place = tuple[str, int]
"""A file and who in it."""
SURE_S = 10.0
"""Seconds of movement that must be found elsewhere for a recording to count as a copy: in fewer, people who do the same thing twice look
alike too (docs/threat-model.md)."""


class Copies:
    """Takes that were seen so far. In a part, longer recordings count as earlier, so that the cut one is the copy.

    Args:
        takes: whether the same take in other files is looked for; else only files of one content are copies.

    Attributes:
        seen: changes with what is looked for, and with all that was seen, in order.
        part_of: the parts of those who are no copies.
    """

    def __init__(self, *, takes: bool = True) -> None:
        self.seen = "takes" if takes else "files"
        self._takes = takes
        self._index = TakeIndex()
        self._places: list[Place] = []
        self._contents: dict[tuple[str, int], Place] = {}
        self.part_of: dict[Place, int] = {}

    def known(self, number: int, tracks: Mapping[Place, Array], rows: Mapping[str, Row]) -> None:
        """Take over a part in which copies were found when the same had been seen before: its tracks, in order."""
        known = {(row["file"], person["who"]): person for row, person in people(rows.values())}
        for place, track in tracks.items():
            of = known[place]["copy_of"], known[place]["copy_who"]
            self._see(number, place, rows[place[0]]["sha256"], track, of if of[0] else None)
        self._note(rows)

    def find(self, number: int, rows: Mapping[str, Row], track_of: Callable[[str, int], Array]) -> dict[Place, Array]:
        """Say of everybody in a part's lines of whom they are a copy (`copy_of`, `copy_who`), or too short a likeness (`like`,
        `like_who`), or neither.

        Args:
            number: of the part.
            rows: its lines by file, in order.
            track_of: the track of somebody in a file.

        Returns:
            everybody's tracks, in the order in which they were compared.
        """
        tracks: dict[Place, Array] = {}
        for row, person in sorted(people(rows.values()), key=lambda p: -p[1]["seconds"]):
            place = (row["file"], person["who"])
            track = tracks[place] = track_of(*place)
            of, like = self._contents.get((row["sha256"], person["who"])), None
            if of is None:
                of, like = self._copied(track)
            self._see(number, place, row["sha256"], track, of)
            person["copy_of"], person["copy_who"] = of or (None, None)
            person["like"], person["like_who"] = like or (None, None)
        self._note(rows)
        return tracks

    def _copied(self, track: Array) -> tuple[Place | None, Place | None]:
        """Of whom a recording is a copy; and if of nobody for sure, of whom it may be."""
        if not self._takes:
            return None, None
        alike = self._index.alike(track)
        number = duplicate_of(alike)
        if number is None:
            return None, None
        found = sum(stretch.last - stretch.first for stretch in dict(alike)[number].stretches)
        return (self._places[number], None) if found >= SURE_S else (None, self._places[number])

    def _see(self, number: int, place: Place, sha256: str, track: Array, of: Place | None) -> None:
        """Take note of somebody, who is a copy of somebody else or not."""
        self._contents.setdefault((sha256, place[1]), of or place)
        if of is None:
            self.part_of[place] = number
            if self._takes:
                self._index.add(track)
                self._places.append(place)

    def _note(self, rows: Mapping[str, Row]) -> None:
        people = [
            (file, row["sha256"], [(p["who"], p["copy_of"], p["copy_who"]) for p in row.get("measured") or ()])
            for file, row in rows.items()
        ]
        self.seen = hashlib.sha256(f"{self.seen}{json.dumps(people)}".encode()).hexdigest()
