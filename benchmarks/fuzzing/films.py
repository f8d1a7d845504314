"""What can befall a film: its bytes, an mp4's boxes, its packets, their time stamps."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from fuzzing.damage import BYTES, WORDS, Rng, pick, span

_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf"}
_MATRICES = (
    (0, 1, -1, 0),
    (-1, 0, 0, -1),
    (0, -1, 1, 0),
    (-1, 0, 0, 1),
    (1, 0, 0, -1),
    (0, 0, 0, 0),
    (0.5, 0, 0, 2),
    (0.7, 0.7, -0.7, 0.7),
)
"""a, b, c, d of a display matrix: turned, mirrored, flattened, squeezed, askew."""

Packet = tuple[bytes, int | None, int | None, int, bool]
"""Bytes, presentation and decoding stamp, duration, key frame."""


def film_damaged(data: bytes, name: str, others: Sequence[bytes], rng: Rng) -> tuple[bytes, str]:
    """A damaged film and what befell it.

    Args:
        data: a sound film.
        name: its file's name; the ending tells the container.
        others: further films, to be put behind it.
        rng: what is drawn from.
    """
    suffix = name.rpartition(".")[2]
    ways = (
        ["bytes"] * 4
        + ["packets"] * 3
        + ["stamps"] * 4
        + ["joined"]
        + ["boxes"] * (6 if suffix in ("mp4", "mov") else 0)
    )
    way = pick(rng, ways)
    if way == "boxes":
        return _boxes_damaged(data, rng)
    if way == "joined":
        return (data + pick(rng, others), "joined")
    if way in ("packets", "stamps"):
        befalls = pick(rng, list(PACKETS if way == "packets" else STAMPS))
        remade = _remuxed(data, suffix, lambda packets: (PACKETS | STAMPS)[befalls](packets, rng))
        if remade is not None:
            return remade, f"{way}: {befalls}"
    change = pick(rng, list(BYTES))
    return BYTES[change](data, rng), f"bytes: {change}"


# ---- boxes -----------------------------------------------------------------------------------------


def boxes(data: bytes, first: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and end of every box of an mp4, a holder before what it holds."""
    end = len(data) if end is None else end
    while first + 8 <= end:
        size, kind = int.from_bytes(data[first : first + 4], "big"), data[first + 4 : first + 8]
        if size < 8 or first + size > end:
            return
        yield kind, first, first + size
        if kind in _HOLDERS:
            yield from boxes(data, first + 8, first + size)
        first += size


def _boxes_damaged(data: bytes, rng: Rng) -> tuple[bytes, str]:
    found = [box for box in boxes(data) if box[0] != b"mdat"]
    change = pick(rng, ("number", "number", "number", "size", "kind", "matrix"))
    wanted = [box for box in found if box[0] == b"tkhd"] if change == "matrix" else found
    kind, first, end = pick(rng, wanted)
    made = bytearray(data)
    if change == "matrix":
        a, b, c, d = pick(rng, _MATRICES)
        words = [int(v * 65536) & 0xFFFFFFFF for v in (a, b, 0, c, d, 0, 0, 0)]
        made[first + 48 : first + 80] = b"".join(w.to_bytes(4, "big") for w in words)
    elif change == "size":
        made[first : first + 4] = int(pick(rng, (*WORDS, end - first - 1, end - first + 1))).to_bytes(4, "big")
    elif change == "kind":
        made[first + 4 : first + 8] = pick(rng, (b"free", *[k for k, _, _ in found]))
    else:
        for _ in range(int(rng.integers(1, 4))):
            at = first + 8 + 4 * int(rng.integers(max(1, (end - first - 8) // 4)))
            made[at : at + 4] = int(pick(rng, (*WORDS, int(rng.integers(1 << 16))))).to_bytes(4, "big")
    return bytes(made), f"box {kind.decode('latin-1')}: {change}"


# ---- packets and stamps ----------------------------------------------------------------------------


def _remuxed(data: bytes, suffix: str, change: Callable[[list[Packet]], list[Packet]]) -> bytes | None:
    """The film with its packets changed, in its own container or, where that refuses, in Matroska; None if both do."""
    with av.open(io.BytesIO(data)) as source:
        stream = source.streams.video[0]
        packets = [
            (bytes(p), p.pts, p.dts, int(p.duration or 0), bool(p.is_keyframe)) for p in source.demux(stream) if p.size
        ]
        base = stream.time_base
        packets = change(packets)
        own = {"ts": "mpegts", "mkv": "matroska", "mpg": "mpeg", "h264": "h264"}.get(suffix, suffix)
        for container in (own, "matroska", "nut"):
            try:
                return _muxed(packets, base, stream, container)
            except (av.FFmpegError, ValueError, OverflowError, TypeError):
                continue
    return None


def _muxed(packets: list[Packet], base: Fraction, template: Any, container: str) -> bytes:
    made = io.BytesIO()
    with av.open(made, "w", format=container, options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream_from_template(template)
        for content, pts, dts, duration, key in packets:
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, base
            packet.pts, packet.dts, packet.duration, packet.is_keyframe = pts, dts, duration, key
            output.mux_one(packet)
    return made.getvalue()


def _dropped(packets: list[Packet], rng: Rng) -> list[Packet]:
    keep = rng.random(len(packets)) > pick(rng, (0.02, 0.1, 0.5, 0.95))
    return [p for p, kept in zip(packets, keep, strict=True) if kept]


def _no_key_frames(packets: list[Packet], rng: Rng) -> list[Packet]:
    first = int(rng.integers(2))  # the first of all may stay
    return [p for n, p in enumerate(packets) if n < first or not p[4]]


def _contents_shuffled(packets: list[Packet], rng: Rng) -> list[Packet]:
    """The pictures in any order, the stamps as they were."""
    return [
        (packets[k][0], *p[1:4], packets[k][4]) for p, k in zip(packets, rng.permutation(len(packets)), strict=True)
    ]


def _contents_swapped(packets: list[Packet], rng: Rng) -> list[Packet]:
    order = np.arange(len(packets))
    for _ in range(int(rng.integers(1, 10))):
        a, b = rng.integers(len(packets), size=2)
        order[[a, b]] = order[[b, a]]
    return [(packets[k][0], *p[1:4], packets[k][4]) for p, k in zip(packets, order, strict=True)]


def _one_repeated(packets: list[Packet], rng: Rng) -> list[Packet]:
    """The same picture all the time."""
    keys = [p for p in packets if p[4]] or packets
    one = pick(rng, keys)
    return [(one[0], *p[1:4], one[4]) for p in packets]


def _doubled(packets: list[Packet], rng: Rng) -> list[Packet]:
    first, end = span(rng, len(packets), 60)
    return packets[:end] + packets[first:end] + packets[end:]


def _contents_damaged(packets: list[Packet], rng: Rng) -> list[Packet]:
    """Some packets have changed bytes; the container is sound."""
    hit = rng.random(len(packets)) < pick(rng, (0.02, 0.2, 1.0))
    change = BYTES[pick(rng, list(BYTES))]
    return [(change(p[0], rng) or b"\0", *p[1:]) if h else p for p, h in zip(packets, hit, strict=True)]


PACKETS: dict[str, Callable[[list[Packet], Rng], list[Packet]]] = {
    "some missing": _dropped,
    "no key frames": _no_key_frames,
    "contents in any order": _contents_shuffled,
    "a few contents swapped": _contents_swapped,
    "one picture for all": _one_repeated,
    "a stretch doubled": _doubled,
    "contents damaged": _contents_damaged,
}


def _restamped(change: Callable[[Any, Rng], Any]) -> Callable[[list[Packet], Rng], list[Packet]]:
    """Time stamps through a function of all of them; the decoding stamps go along."""

    def restamp(packets: list[Packet], rng: Rng) -> list[Packet]:
        if any(p[1] is None for p in packets):  # a container without stamps: there are some now
            packets = [(p[0], n, n, 1, p[4]) for n, p in enumerate(packets)]
        pts, dts = (np.array([p[1] if p[k] is None else p[k] for p in packets], dtype=np.float64) for k in (1, 2))
        moved = np.clip(change(pts, rng), -(2.0**62), 2.0**62)
        new = moved.astype(np.int64)
        late = np.clip(moved + (dts - pts), -(2.0**62), 2.0**62).astype(np.int64)
        return [(p[0], int(a), int(b), *p[3:]) for p, a, b in zip(packets, new, late, strict=True)]

    return restamp


def _step(pts: Any) -> float:
    return float(np.ptp(pts)) / max(1, len(pts) - 1) or 1.0


def _gap(pts: Any, rng: Rng) -> Any:
    at, steps = rng.integers(len(pts)), pick(rng, (10, 100, 400, 30 * 3600, 30 * 3600 * 24 * 400))
    return np.where(np.arange(len(pts)) >= at, pts + _step(pts) * steps, pts)


def _restart(pts: Any, rng: Rng) -> Any:
    at = int(rng.integers(1, len(pts)))
    return np.where(np.arange(len(pts)) >= at, pts - pts[at] + pts[0], pts)


def _jittered(pts: Any, rng: Rng) -> Any:
    return pts + rng.normal(0, _step(pts) * pick(rng, (0.1, 0.5, 3, 100)), len(pts))


STAMPS: dict[str, Callable[[list[Packet], Rng], list[Packet]]] = {
    name: _restamped(change)
    for name, change in {
        "all earlier": lambda pts, rng: pts - _step(pts) * pick(rng, (1, 100, 1e6, 1e12)),
        "all later": lambda pts, rng: pts + _step(pts) * pick(rng, (1, 100, 1e6, 1e12)),
        "equal": lambda pts, _: np.full(len(pts), pts[0]),
        "reversed": lambda pts, _: pts[::-1],
        "restart": _restart,
        "gap": _gap,
        "jitter": _jittered,
        "in any order": lambda pts, rng: rng.permutation(pts),
        "other pace": lambda pts, rng: pts * pick(rng, (0.01, 0.1, 0.5, 2, 10, 1000)),
        "some doubled": lambda pts, rng: np.where(rng.random(len(pts)) < 0.3, np.roll(pts, 1), pts),
        "one far off": lambda pts, rng: np.where(
            np.arange(len(pts)) == rng.integers(len(pts)), pick(rng, (-1e15, 1e9, 1e15)), pts
        ),
    }.items()
}
