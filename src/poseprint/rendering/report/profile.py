"""What every profile says of itself, as far as a verdict hands it on: it is read as it comes, and may be incomplete."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def made_from(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the profile says of each recording it was made from."""
    rows = profile.get("made_from") or []
    return [row for row in rows if isinstance(row, Mapping)]


def number(item: object) -> float:
    """A number that a profile states; 0 where it states none."""
    return float(item) if isinstance(item, int | float) and math.isfinite(item) else 0.0
