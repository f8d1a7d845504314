"""What can befall the bytes, the lines and the json of any file; each change is drawn from a generator that is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
WORDS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""Numbers of four bytes at which programs err."""


def pick(rng: Rng, values: Any) -> Any:
    """One of some values, as it is."""
    return values[int(rng.integers(len(values)))]


def span(rng: Rng, length: int, longest: int) -> tuple[int, int]:
    """First and end of a random piece."""
    first = int(rng.integers(max(1, length)))
    return first, min(length, first + 1 + int(rng.integers(longest)))


# ---- bytes -----------------------------------------------------------------------------------------


def flipped(data: bytes, rng: Rng) -> bytes:
    """Some bytes anywhere are others."""
    return _flipped(data, rng, len(data), int(rng.integers(1, 65)))


def head_flipped(data: bytes, rng: Rng) -> bytes:
    """A few bytes of the first thousand are others."""
    return _flipped(data, rng, min(len(data), 1024), int(rng.integers(1, 9)))


def _flipped(data: bytes, rng: Rng, within: int, count: int) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    if within:
        places = rng.integers(within, size=count)
        changed[places] ^= rng.integers(1, 256, size=count).astype(np.uint8)
    return changed.tobytes()


def cut_off(data: bytes, rng: Rng) -> bytes:
    """The end is missing."""
    return data[: int(rng.integers(len(data) + 1))]


def piece_missing(data: bytes, rng: Rng) -> bytes:
    """A piece in the middle is missing."""
    first, end = span(rng, len(data), max(1, len(data) // 4))
    return data[:first] + data[end:]


def piece_doubled(data: bytes, rng: Rng) -> bytes:
    """A piece stands twice, or often."""
    first, end = span(rng, len(data), max(1, len(data) // 8))
    return data[:end] + data[first:end] * int(pick(rng, (1, 1, 2, 8))) + data[end:]


def pieces_swapped(data: bytes, rng: Rng) -> bytes:
    """Two neighbouring pieces stand in each other's place."""
    a, b, c = sorted(int(n) for n in rng.integers(len(data) + 1, size=3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def piece_zeroed(data: bytes, rng: Rng) -> bytes:
    """A piece is nothing but zeros, as after a failed copy."""
    first, end = span(rng, len(data), max(1, len(data) // 4))
    return data[:first] + bytes(end - first) + data[end:]


def word_replaced(data: bytes, rng: Rng) -> bytes:
    """A number of four bytes, of either order, is one at which programs err."""
    at = 4 * int(rng.integers(max(1, min(len(data), 4096) // 4))) + int(rng.integers(4))
    word = int(pick(rng, WORDS)).to_bytes(4, pick(rng, ("big", "little")))
    return data[:at] + word + data[at + 4 :]


def noise_put_in(data: bytes, rng: Rng) -> bytes:
    """Random bytes stand somewhere."""
    at = int(rng.integers(len(data) + 1))
    return data[:at] + rng.bytes(int(rng.integers(1, 512))) + data[at:]


BYTES: dict[str, Callable[[bytes, Rng], bytes]] = {
    f.__name__: f
    for f in (
        *(flipped, head_flipped, cut_off, piece_missing, piece_doubled, pieces_swapped),
        *(piece_zeroed, word_replaced, noise_put_in),
    )
}


# ---- text ------------------------------------------------------------------------------------------

CELLS = (
    *(
        "",
        " ",
        "0",
        "-0",
        "-1",
        "1e309",
        "-1e39",
        "1e-320",
        "nan",
        "inf",
        "0x10",
        "1_0",
        "1,5",
        "٣",
        "½",
        '"',
        '""',
        "'",
    ),
    *(
        "=1+1",
        "<b>",
        "../../x",
        "/",
        "a\x00b",
        "\ud800",
        "\u202e",
        "\ufeff",
        "é" * 300,
        "9" * 5000,
        "\r",
        "\n",
        ";",
        "\t",
    ),
)
"""Cells at which readers of tables err."""
ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "utf-32", "cp037")
SEPARATORS = (";", "\t", "|", " ", ",,")


def text_damaged(data: bytes, rng: Rng) -> bytes:
    """A table of text with cells, lines, separators or its encoding changed."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    change = int(rng.integers(9))
    if change == 0:
        return "\n".join(lines).encode(pick(rng, ENCODINGS), "replace")
    if change == 1:
        lines = [line.replace(",", str(pick(rng, SEPARATORS))) for line in lines]
    elif change == 2:
        return (
            "\n".join(lines)
            .replace("\n", str(pick(rng, ("\r", "\r\n", "\n\n", "\0", "\u2028"))))
            .encode("utf-8", "replace")
        )
    elif change == 3:
        rng.shuffle(lines)
    elif change == 4:
        first, end = span(rng, len(lines), len(lines))
        lines = lines[:first] + lines[end:]
    elif change == 5:
        at = int(rng.integers(len(lines)))
        lines[at:at] = [lines[at]] * int(pick(rng, (1, 3, 200)))
    else:
        for _ in range(int(rng.integers(1, 4))):
            at = int(pick(rng, (0, int(rng.integers(len(lines))))))
            cells = lines[at].split(",")
            where = int(rng.integers(len(cells)))
            cells[where : where + int(rng.integers(2))] = [str(pick(rng, CELLS))] * int(pick(rng, (0, 1, 1, 1, 2)))
            lines[at] = ",".join(cells)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


# ---- json ------------------------------------------------------------------------------------------


def wild_value(rng: Rng) -> Any:
    """A value at which readers of json err."""
    values: tuple[Any, ...] = (
        *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**70, -(2**63), 1e308, -1e308, 1e-320, 0.5),
        *(float("nan"), float("inf"), -float("inf"), 10**400, "", " ", "x", "0", "NaN", "\ud800", "\x00", "a\nb"),
        *("x" * 100_000, [], {}, [None], [[]], {"": 0}, [0] * 1000, [1e308] * 3, "<script>alert(1)</script>"),
    )
    return pick(rng, values)


def json_damaged(value: Any, rng: Rng) -> Any:
    """A copy of some json with one to three of its values changed, taken away, doubled or renamed."""
    value = json.loads(json.dumps(value))
    for _ in range(int(rng.integers(1, 4))):
        value = _damaged_once(value, rng)
    return value


def _damaged_once(value: Any, rng: Rng) -> Any:
    holder: Any = None
    place: Any = None
    inner = value
    while isinstance(inner, dict | list) and inner and (holder is None or rng.random() < 0.75):
        holder, place = inner, pick(rng, list(inner)) if isinstance(inner, dict) else int(rng.integers(len(inner)))
        inner = holder[place]
    if holder is None:
        return wild_value(rng)
    change = int(rng.integers(8))
    if change == 0:
        del holder[place]
    elif change == 1 and isinstance(holder, list):
        holder[place:place] = [inner] * int(pick(rng, (1, 2, 50)))
    elif change == 1:
        holder[f"{place}x"] = holder.pop(place)
    elif change == 2:
        holder[place] = [inner]
    elif change == 3:
        holder[place] = str(inner)
    elif change == 4 and isinstance(inner, int | float) and abs(inner) < 1e300:
        holder[place] = pick(rng, (-inner, inner * 1e6, inner + 0.5, inner * 1e-6, inner * 1e30))
    elif change == 5 and isinstance(holder, list):
        rng.shuffle(holder)
    else:
        holder[place] = wild_value(rng)
    return value


def deep_json(rng: Rng) -> bytes:
    """Json nested deeper than any reader follows."""
    depth = int(pick(rng, (500, 2000, 100_000)))
    opening, closing = pick(rng, ((b"[", b"]"), (b'{"a":', b"}")))
    return opening * depth + b"0" + closing * depth
