"""Where movements lie in what is usable of a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poseprint.core.arrays import Span
from poseprint.core.errors import PoseprintError

LENGTH = 150
"""Frames in a movement (paper, section 3.1)."""


def cut_movements(
    spans: Sequence[Span], *, length: int = LENGTH, stride: int | None = None, shortest: int | None = None
) -> list[Span]:
    """Where movements lie in stretches of usable frames; none crosses the end of a stretch.

    Args:
        spans: usable stretches, as (first, last + 1).
        length: frames in a movement.
        stride: frames from one movement's start to the next; None for `length`, side by side.
        shortest: keep the tail of a stretch from this many frames on, for models that take any
            length; None drops tails.
    """
    step = length if stride is None else stride
    if length < 2 or step < 1:
        raise PoseprintError(
            f"a movement needs a length of at least 2 and a stride of at least 1, got {length} and {step}"
        )
    movements = []
    for first, last in spans:
        start = covered = first
        while start + length <= last:
            covered = start + length
            movements.append((start, covered))
            start += step
        if shortest is not None and last - covered >= max(shortest, 1):
            movements.append((covered, last))
    return movements


def cut_mixed(spans: Sequence[Span], *, shortest: int, longest: int, rng: np.random.Generator) -> list[Span]:
    """Movements of mixed lengths, side by side, that cover stretches of usable frames from end to end.

    Lengths are drawn so that each doubling of the length is as likely as any other.

    Args:
        spans: usable stretches, as (first, last + 1); those shorter than `shortest` give nothing.
        shortest, longest: frames; a stretch's last movement takes what is too short for one more.
        rng: where the lengths are drawn from.
    """
    if not 2 <= shortest <= longest:
        raise PoseprintError(f"mixed lengths go from 2 frames up, got {shortest} to {longest}")
    movements = []
    for first, last in spans:
        start = first
        while last - start >= shortest:
            length = int(np.exp(rng.uniform(np.log(shortest), np.log(longest + 1))))
            end = last if last - start - length < shortest else start + length
            movements.append((start, min(end, last)))
            start = end
    return movements
