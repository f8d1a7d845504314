"""Who is in a video, and whom of them its poses are of: what extraction left in the log of a series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """Everybody in a video, and the one whose poses were measured.

    Attributes:
        people: of each, json-ready: `number` from 1 on, `seconds` in sight, `size` (shoulder width as the head tells it) and
            `place` of the head in the median, pixels, `first` and `last` second, and when and where they are `clearest`, `there`.
        who: number of the person measured; None where nobody was told apart.
        named: whether the user named them.
        rivals: numbers of others who could as well be meant.
    """

    people: tuple[Mapping[str, Any], ...] = ()
    who: int | None = None
    named: bool = False
    rivals: tuple[int, ...] = ()

    @staticmethod
    def of(log: Sequence[Mapping[str, Any]]) -> Choice:
        """What a log tells; nothing where it tells none, or something else: a file may hold anything."""
        entry = next((e for e in log if e.get("step") == "extract"), {})
        people, who, rivals = entry.get("people"), entry.get("who"), entry.get("rivals")
        known = tuple(p for p in people if _is_person(p)) if isinstance(people, list) else ()
        others = tuple(r for r in rivals if isinstance(r, int)) if isinstance(rivals, list) else ()
        return Choice(known, who if isinstance(who, int) else None, entry.get("named") is True, others)


def _is_person(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("number"), int):
        return False
    places = [value.get(name) for name in ("place", "there")]
    numbers = [value.get(name) for name in ("seconds", "size", "first", "last", "clearest")]
    if not all(isinstance(place, list) and len(place) == 2 for place in places):
        return False
    return all(
        isinstance(n, int | float) and math.isfinite(n) and abs(n) < 1e9
        for n in [*numbers, *(v for p in places if p for v in p)]
    )
