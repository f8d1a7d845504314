"""Numbers and words of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from poseprint.core.verdict import Verdict


def clock(seconds: float, digits: int = 1) -> str:
    """A moment of the recording, as 1:02.5 or 1:00:02.5."""
    ticks = round(seconds * 10**digits)
    whole, rest = divmod(ticks, 10**digits)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{rest:0{digits}}" if digits else text


def duration(seconds: float) -> str:
    """A length of time: seconds up to two minutes, then minutes, then hours."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def llr(ratio: float | None) -> str:
    """A log-likelihood ratio with its sign, as +1.23."""
    return "not measured" if ratio is None else _minus(f"{round(ratio, 2) + 0.0:+.2f}")  # no minus before 0.00


def tick(ratio: float) -> str:
    """A whole number of an LLR's scale, as +1."""
    return _minus(f"{ratio:+.0f}") if ratio else "0"


def signed(deviations: float) -> str:
    """Deviations, as +2.1."""
    return _minus(f"{deviations:+.1f}")


def short(measured: float) -> str:
    """A measured value in three digits."""
    return _minus(f"{measured:.3g}")


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


def words(key: object) -> str:
    """A name of code as words: `right_wrist` as right wrist."""
    return str(key).replace("_", " ")


def sentence(text: str) -> str:
    """A message as a sentence: findings are written without capital and full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def number(item: object) -> float:
    """A number that a profile states; 0 where it states none."""
    return float(item) if isinstance(item, int | float) and math.isfinite(item) else 0.0


def doubts(verdict: Verdict) -> str:
    """How many findings of each severity, in words."""
    names = {
        "exclude": ("excludes footage", "exclude footage"),
        "warning": ("warning", "warnings"),
        "note": ("note", "notes"),
    }
    counts = [(sum(f.severity == severity for f in verdict.findings), pair) for severity, pair in names.items()]
    return ", ".join(f"{n} {pair[n > 1]}" for n, pair in counts if n) or "nothing found"


def value(item: object) -> str:
    """A setting or figure in the shortest form that still reads the same."""
    if isinstance(item, bool | np.bool_):
        return "yes" if item else "no"
    if item is None:
        return "not set"
    if isinstance(item, float | np.floating):
        return f"{float(item):.4g}"
    if isinstance(item, list | tuple):
        return ", ".join(value(v) for v in item) or "none"
    return str(item)


def plain(value: Any) -> Any:
    """Only what json knows: numpy's numbers become Python's, NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def flat(values: object, prefix: str = "") -> list[tuple[str, Any]]:
    """Nested settings as rows (name, value)."""
    if not isinstance(values, Mapping):
        return []
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        rows += flat(value, f"{name}: ") if isinstance(value, Mapping) else [(name, value)]
    return rows
