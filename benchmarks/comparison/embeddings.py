"""Networks of `embedding` as a representation: what they see of a recording, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from embedding.network import to_onnx, train_embedding
from embedding.runtime import KEYPOINTS, embed

from comparison.recordings import msrc
from comparison.trials import Rows
from poseprint.core.arrays import Array
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import measure
from poseprint.movements.tracks import TRACKS, tracks_of
from poseprint.verification.trials import Take


def movement_arrays(axes: int) -> dict[str, Array]:
    """Keypoints of each movement of MSRC-12, in shoulder widths, by sha256 of the recording's poses: what an embedding
    sees, float32 [shape=(movements, LENGTH, 8, axes)]."""
    order = [[name for name, _ in TRACKS[:7]].index(name) if name != "neck" else -1 for name in KEYPOINTS]
    neck = [name for name, _ in TRACKS].index("body")
    out: dict[str, Array] = {}
    for r in msrc():
        measured = measure(r.series, axes)
        tracks = tracks_of(clean(measured.series), axes=axes)
        body = tracks.position[:, neck]
        place = np.stack([body if k < 0 else tracks.position[:, k] + body for k in order], axis=1)
        seen = np.stack([tracks.seen[:, neck if k < 0 else k] for k in order], axis=1)
        place = np.where(seen[:, :, None], place, np.nan)
        # A movement shorter than the others is played forth and back.
        frames = [
            np.abs((np.arange(LENGTH) + b - a - 1) % max(2 * (b - a - 1), 1) - (b - a - 1))
            for a, b in measured.movements().spans
        ]
        moves = [place[a:b][f] for (a, b), f in zip(measured.movements().spans, frames)]
        if moves:
            out[measured.series.sha256] = np.stack(moves).astype(np.float32)
    return out


def learned(network: str, takes: Sequence[Take], moves: Mapping[str, Array]) -> bytes:
    """An embedding of pictures, as onnx, that learned from these recordings; `moves` have depth, so that they can be
    turned as they are shown."""
    teach = [t for t in takes if t.sha256 in moves]
    movements = np.concatenate([moves[t.sha256] for t in teach])
    count = [len(moves[t.sha256]) for t in teach]
    model = train_embedding(
        movements,
        np.repeat([t.person for t in teach], count).tolist(),
        np.repeat([t.activity for t in teach], count).tolist(),
        network=network,
    )
    return to_onnx(model)


def embedded(onnx: bytes, moves: Mapping[str, Array]) -> Rows:
    """Embeddings of a recording's movements."""
    known: dict[str, Array] = {}

    def rows(take: Take) -> Array:
        if take.sha256 not in known:
            known[take.sha256] = embed(onnx, moves[take.sha256][..., :2]).astype(np.float64)
        return known[take.sha256]

    return rows
