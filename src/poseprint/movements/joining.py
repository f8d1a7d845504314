"""Several recordings of one event, said to show one mover, as one: what is judged together makes one verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import is_track, scaled
from poseprint.core.errors import PoseprintError
from poseprint.core.findings import CODES, Finding, finding
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.file_gates import outside, source
from poseprint.movements.gated import THRESHOLDS, Gated
from poseprint.movements.people_gates import people

STEP = "join"


def joined(recordings: Sequence[PoseSeries]) -> PoseSeries:
    """The recordings one after another at 30 fps, with a cut between two, so that no movement crosses from one to the next.

    Each is scaled to the first one's picture. What only its own file tells, doubts and all, is kept in the log.

    Raises:
        PoseprintError: none, one twice, or recordings of different skeletons or estimators.
    """
    if not recordings:
        raise PoseprintError("nothing to judge: give a recording")
    if len(recordings) == 1:
        return recordings[0]
    if len({(s.skeleton, s.estimator.name, s.estimator.weights_sha256) for s in recordings}) > 1:
        raise PoseprintError(
            "recordings of different estimators cannot be judged together; measure all of them with one"
        )
    sha256 = [s.source_sha256 or s.sha256 for s in recordings]
    twice = next((s.recording for n, s in enumerate(recordings) if sha256[n] in sha256[:n]), None)
    if twice is not None:
        raise PoseprintError(f"{twice} is given twice; each recording counts once")
    parts = [_scaled(resample(s, GRID_FPS), recordings[0].frame_size) for s in recordings]
    lengths = [len(part) for part in parts]
    first = np.cumsum([0, *lengths[:-1]])
    names = dict.fromkeys(chain.from_iterable(part.channels for part in parts))
    channels = {name: np.concatenate([_channel(part, name) for part in parts]) for name in names}
    cut = np.concatenate([_channel(part, "cut") for part in parts])
    cut[first[1:]] = 1
    told = [
        {
            "recording": s.recording,
            "sha256": sha,
            "first": int(a),
            "last": int(a + n),
            "findings": list(_of_file(s, int(a), n)),
        }
        for s, sha, a, n in zip(recordings, sha256, first, lengths, strict=True)
    ]
    return replace(
        parts[0],
        position=np.concatenate([part.position for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        time=np.arange(sum(lengths)) / GRID_FPS,
        channels={**channels, "cut": cut},
        recording=" + ".join(s.recording for s in recordings),
        source_sha256=hashlib.sha256("\n".join(sha256).encode()).hexdigest(),
        log=({"step": STEP, "recordings": told},),
    )


def of_parts(recording: Gated) -> Iterator[Finding]:
    """The gate that says of recordings that were joined what only their own files tell."""
    entry = next((e for e in recording.series.log if e.get("step") == STEP), {})
    for part in _entries(entry, "recordings"):
        for told in _entries(part, "findings"):
            frames = told.get("frames")
            if told.get("code") in list(CODES) and isinstance(frames, list) and all(map(_is_span, frames)):
                message = f"{part.get('recording')}: {told.get('message')}"
                yield finding(told["code"], message, tuple((a, b) for a, b in frames))


def _entries(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of mappings in a log's entry; a file from elsewhere may hold anything there."""
    values = entry.get(name)
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _is_span(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) and 0 <= n < 1 << 31 for n in value)


def _of_file(series: PoseSeries, first: int, frames: int) -> Iterator[Mapping[str, Any]]:
    """What the gates make of a recording's log; what excludes it does so for all of its frames."""
    gated = Gated.of(series, THRESHOLDS, clean(series))
    meant = (f for f in people(gated) if f.code == "WHO_IS_MEANT")
    for found in chain(outside(gated), source(gated), meant):
        whole = [[first, first + frames]] if found.severity == "exclude" else []
        yield {"code": found.code, "message": found.message, "frames": whole}


def _scaled(series: PoseSeries, size: tuple[int, int]) -> PoseSeries:
    if series.frame_size == size:
        return series
    factor = min(size[0] / series.frame_size[0], size[1] / series.frame_size[1])
    position, channels = series.position * factor, scaled(series.channels, factor)
    return replace(series, position=position, channels=channels, frame_size=size)


def _channel(series: PoseSeries, name: str) -> Array:
    """A channel, or what a recording that lacks it tells: nothing of a track, no signal of a picture."""
    if name in series.channels:
        return np.array(series.channels[name])
    unknown = (is_track(name) and not name.endswith("_confidence")) or name == "people"
    return np.full(len(series), np.nan if unknown else 0.0)
