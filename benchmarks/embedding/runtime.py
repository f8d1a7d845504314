"""A learned embedding of movements: what can be set of it, and how it is used; loads no torch.

The network is trained and exported by `embedding.network`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.skeleton import UPPER_BODY

KEYPOINTS = UPPER_BODY.keypoints[:8]
"""Order of the keypoints of a movement that is embedded; a depth camera's head stands for the nose."""

SHORTEST = 16
"""Frames of the shortest movement that is embedded: about half a second."""

INPUT, OUTPUT = "movements", "embedding"
"""Names in the onnx."""

BATCH = 64
"""Movements embedded at once."""


@dataclass(frozen=True)
class Augmentation:
    """How a movement is changed each time it trains, drawn anew; 0 or False leaves a change out.

    Attributes:
        yaw, pitch: largest turn of the camera about the vertical and the horizontal, degrees. Of movements with
            two axes, a turn only narrows or flattens.
        scale: largest change of size, as a share.
        speed: largest change of speed, as a share.
        missing: probability that a keypoint is not seen in the whole movement.
        noise: largest standard deviation of the estimator's jitter, shoulder widths.
        mirror: each person's mirror image is one more person to tell from the others.
        frames: frames of the piece that trains; what is left of the movement is where it can begin.
    """

    yaw: float = 10.0
    pitch: float = 4.0
    scale: float = 0.1
    speed: float = 0.1
    missing: float = 0.05
    noise: float = 0.005
    mirror: bool = True
    frames: int = 80


@dataclass(frozen=True)
class EmbeddingSettings:
    """How an embedding is trained.

    Attributes:
        axes: that the network sees: 2 as in a picture, or 3. With 2, movements of 3 axes are turned first and then
            seen as a picture.
        channels, dropout: of the network.
        dimensions: of the embedding.
        steps: of the optimizer.
        lr: highest learning rate.
        weight_decay: of the optimizer.
        identities, movements: persons in a batch, and movements of each.
        activities: most activities in a batch: few, so that many persons do the same.
        margin, sharpness: of the classification; the margin is an angle in radians.
        temperature: of the contrastive loss.
        augmentation: see `Augmentation`.
    """

    axes: int = 2
    channels: int = 64
    dropout: float = 0.1
    dimensions: int = 64
    steps: int = 600
    lr: float = 4e-3
    weight_decay: float = 1e-2
    identities: int = 16
    movements: int = 8
    activities: int = 4
    margin: float = 0.2
    sharpness: float = 16.0
    temperature: float = 0.1
    augmentation: Augmentation = field(default_factory=Augmentation)


def centred(movements: Array) -> Array:
    """Movements without each keypoint's mean position; where nothing was seen, the mean.

    Args:
        movements: positions in shoulder widths, y down [shape=(movements, frames, 8, axes)], axes 2 or 3,
            keypoints as in KEYPOINTS; NaN where not seen.

    Returns:
        float32 [shape=(movements, frames, 8, axes)], finite.

    Raises:
        PoseprintError: another shape, fewer than SHORTEST frames, or numbers that are infinite.
    """
    shape = np.shape(movements)
    if len(shape) != 4 or shape[2] != len(KEYPOINTS) or shape[3] not in (2, 3) or shape[1] < SHORTEST:
        raise PoseprintError(
            f"an embedding needs movements [movements, frames >= {SHORTEST}, {len(KEYPOINTS)}, 2 or 3], got {list(shape)}"
        )
    position = np.asarray(movements, dtype=np.float64)
    if np.isinf(position).any():
        raise PoseprintError("an embedding needs positions that are finite, or NaN where a keypoint was not seen")
    seen = ~np.isnan(position)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, position, 0).sum(axis=1, keepdims=True) / count
    return np.where(seen, position - mean, 0).astype(np.float32)


def embed(onnx: bytes, movements: Array) -> Array:
    """Embeddings of movements, float32 [shape=(movements, dimensions)], each of length 1.

    Args:
        onnx: from `embedding.network.to_onnx`.
        movements: see `centred`; as many axes as the network was trained on. Short gaps should have been
            filled in: each edge of a gap looks like a jump.

    Raises:
        PoseprintError: movements the network does not take, or bytes that are no such network.
    """
    import onnxruntime  # after poseprint, which keeps it from sending usage data

    given = centred(movements)
    try:
        session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        (expected,), (output,) = session.get_inputs(), session.get_outputs()
    except Exception as error:  # onnxruntime's exceptions share no public base
        raise PoseprintError(f"the embedding's onnx does not load: {str(error).splitlines()[0][:200]}") from error
    if (expected.name, output.name) != (INPUT, OUTPUT):
        raise PoseprintError(f"not the onnx of an embedding: it maps {expected.name} to {output.name}")
    if expected.shape[3] != given.shape[3]:
        raise PoseprintError(f"this embedding was trained on {expected.shape[3]} axes, got {given.shape[3]}")
    parts = [session.run(None, {INPUT: given[i : i + BATCH]})[0] for i in range(0, len(given), BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, output.shape[1]), dtype=np.float32)
