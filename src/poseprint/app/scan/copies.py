"""Who of an archive is shown twice: the same file, or the same take under another encoding, size, cut or side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from poseprint.app.scan.store import Row
from poseprint.core.arrays import Array
from poseprint.movements.take_index import TakeIndex, duplicate_of

Place = tuple[str, int]
"""A file and who in it."""
SURE_S = 10.0
"""Seconds of movement that must be found elsewhere for a recording to count as a copy: in fewer, people who do the same thing twice look
alike too (docs/threat-model.md)."""


class Copies:
    """Takes that were seen so far. In a part, longer recordings count as earlier, so that the cut one is the copy."""

    def __init__(self) -> None:
        self._index = TakeIndex()
        self._places: list[Place] = []
        self._contents: dict[tuple[str, int], Place] = {}
        self.part_of: dict[Place, int] = {}

    def known(self, number: int, tracks: Mapping[Place, Array], rows: Mapping[str, Row]) -> None:
        """Take over a part in which copies were found already: those who are none, in order, with their tracks."""
        for place, track in tracks.items():
            self._add(number, place, rows[place[0]]["sha256"], track)

    def find(
        self, number: int, rows: Mapping[str, Row], track_of: Callable[[str, int], Array | None]
    ) -> dict[Place, Array]:
        """Say of everybody in a part's lines of whom they are a copy (`copy_of`, `copy_who`), or too short a likeness (`like`,
        `like_who`), or neither.

        Args:
            number: of the part.
            rows: its lines by file, in order.
            track_of: the track of somebody in a file; None of who was found to be a copy before.

        Returns:
            the tracks of those who are no copy.
        """
        tracks: dict[Place, Array] = {}
        people = [(file, row, person) for file, row in rows.items() for person in row.get("measured") or ()]
        for file, row, person in sorted(people, key=lambda p: -p[2]["seconds"]):
            place, content = (file, person["who"]), (row["sha256"], person["who"])
            of, like = self._contents.get(content), None
            if of is None:
                track = track_of(*place)
                if track is None:
                    continue
                of, like = self._copied(track)
                if of is None:
                    tracks[place] = track
                    self._add(number, place, row["sha256"], track)
                else:
                    self._contents[content] = of
            person["copy_of"], person["copy_who"] = of or (None, None)
            person["like"], person["like_who"] = like or (None, None)
        return tracks

    def _copied(self, track: Array) -> tuple[Place | None, Place | None]:
        """Of whom a recording is a copy; and if of nobody for sure, of whom it may be."""
        alike = self._index.alike(track)
        number = duplicate_of(alike)
        if number is None:
            return None, None
        found = sum(stretch.last - stretch.first for stretch in dict(alike)[number].stretches)
        return (self._places[number], None) if found >= SURE_S else (None, self._places[number])

    def _add(self, number: int, place: Place, sha256: str, track: Array) -> None:
        self._index.add(track)
        self._places.append(place)
        self._contents[sha256, place[1]] = place
        self.part_of[place] = number
