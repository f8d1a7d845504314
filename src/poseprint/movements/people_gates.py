"""Gates about people: whether it is clear who is measured, and whether somebody else may be measured in part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from poseprint.core.arrays import Array, Span, runs
from poseprint.core.choice import Choice
from poseprint.core.findings import Finding, finding
from poseprint.movements.gated import Gated, total_frames


def people(recording: Gated) -> Iterator[Finding]:
    """Everybody else in the picture."""
    channels = recording.series.channels
    choice = Choice.of(recording.series.log)
    several = _several(recording, channels.get("people"))
    if "near" not in channels:  # poses of a whole picture: whoever is in it may be measured
        if several:
            yield _second(recording, "{n} persons of comparable size are in the picture for {seconds}", several)
        return
    if choice.rivals:
        rivals = [choice.who, *choice.rivals]
        listed = " or ".join(map(str, rivals))
        yield finding("WHO_IS_MEANT", f"{len(rivals)} people could be meant: number {listed}")
    if several:
        whose = f"number {choice.who} is measured" if choice.who else "one of them is measured"
        message = f"{int(np.nanmax(channels['people']))} people of comparable size are in the picture for "
        yield finding("OTHERS_IN_SIGHT", f"{message}{recording.seconds(total_frames(several))}; {whose}", several)
    near = tuple(_nearest(recording, channels["people"], channels["near"] > 0))
    if near:
        yield _second(recording, "somebody of comparable size is within arm's reach for {seconds}", near)


def joints(recording: Gated) -> Iterator[Finding]:
    """Joints that a second look puts elsewhere."""
    doubted = recording.series.channels.get("doubted")
    if doubted is None:
        return
    spans = tuple(runs(doubted > 0))
    share = float(doubted.mean()) if len(doubted) else 0.0
    if share >= recording.limits.joints_doubted:
        message = (
            f"a second look puts {share:.0%} of the joints elsewhere, within {recording.seconds(total_frames(spans))}"
        )
        yield finding("JOINTS_DOUBTED", message, spans)


def _second(recording: Gated, words: str, spans: tuple[Span, ...]) -> Finding:
    counts = recording.series.channels.get("people", np.zeros(1))
    most = int(np.nanmax(counts))
    return finding("SECOND_PERSON", words.format(n=most, seconds=recording.seconds(total_frames(spans))), spans)


def _several(recording: Gated, counts: Array | None) -> tuple[Span, ...]:
    if counts is None or not (counts > 1).any():
        return ()
    return tuple(_nearest(recording, counts, counts > 1))


def _nearest(recording: Gated, counts: Array, holds: Array) -> list[Span]:
    """Where something holds that was looked at now and then; between two looks of a shot the nearer one counts."""
    where = np.zeros(len(counts), dtype=bool)
    for first, last in recording.series.shots():
        looked = first + np.flatnonzero(~np.isnan(counts[first:last]))
        if len(looked):
            middles = (looked[1:] + looked[:-1]) / 2
            where[first:last] = holds[looked[np.searchsorted(middles, np.arange(first, last))]]
    return runs(where)
