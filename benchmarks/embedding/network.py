"""A learned embedding of a movement: a point of unit length, near to where the same person moves otherwise.

Learnt as in speaker verification: a network over the frames, statistics pooling over time (Snyder et al., ICASSP
2018, x-vectors), a classification of the training persons with an additive angular margin (Deng et al., CVPR 2019,
ArcFace), and a supervised contrastive loss (Khosla et al., NeurIPS 2020) that draws together what one person does
in DIFFERENT activities and pushes away who else does the same. Only motion is seen: each keypoint's mean position is
taken out. Persons to learn from are few, so the networks are small and `Augmentation` varies what they see.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding.runtime import INPUT, KEYPOINTS, OUTPUT, SHORTEST, EmbeddingSettings, centred
from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.core.skeleton import LEFT_SHOULDER, LEFT_WRIST, NECK, RIGHT_SHOULDER, RIGHT_WRIST

POSITION_UNIT, SPEED_UNIT = 0.1, 0.4
"""Shoulder widths, and shoulder widths a second, above which a number counts by its logarithm."""

_MIRRORED = [0, 1, *range(LEFT_SHOULDER, LEFT_WRIST + 1), *range(RIGHT_SHOULDER, RIGHT_WRIST + 1)]

Progress = Callable[[int, int, Mapping[str, float]], None]
"""Called after each step with (steps done, steps in all, the step's figures)."""


class EmbeddingNetwork(nn.Module):
    """Every second frame -> states, found by one of NETWORKS -> their statistics over time -> embedding."""

    def __init__(self, name: str, settings: EmbeddingSettings) -> None:
        super().__init__()
        axes, channels, dimensions = settings.axes, settings.channels, settings.dimensions
        self.axes = axes
        self.first = nn.Sequential(
            nn.Conv1d(2 * axes * len(KEYPOINTS), channels, 5, stride=2, padding=2), nn.BatchNorm1d(channels), nn.GELU()
        )
        self.middle = NETWORKS[name](channels, settings.dropout)
        self.last = nn.Sequential(
            nn.BatchNorm1d(3 * channels),
            nn.Dropout(1.5 * settings.dropout),
            nn.Linear(3 * channels, dimensions, bias=False),
            nn.BatchNorm1d(dimensions),
        )

    def forward(self, movements: Tensor) -> Tensor:
        """Embeddings [shape=(movements, dimensions)], of length 1, of movements [shape=(movements, frames, 8, axes)]."""
        position = movements - movements.mean(1, keepdim=True)
        neck = position[:, :, NECK : NECK + 1]
        body = torch.cat([neck, position[:, :, :NECK] - neck, position[:, :, NECK + 1 :] - neck], 2)
        speed = (body[:, 1:] - body[:, :-1]) * GRID_FPS
        seen = torch.cat([body / POSITION_UNIT, torch.cat([speed[:, :1], speed], 1) / SPEED_UNIT], 2)
        seen = seen.sign() * seen.abs().log1p()
        states = self.middle(self.first(seen.flatten(2).transpose(1, 2)))
        mean = states.mean(2)
        spread = (states - mean[:, :, None]).square().mean(2)
        change = (states[:, :, 1:] - states[:, :, :-1]).square().mean(2)
        embedding = self.last(torch.cat([mean, (spread + 1e-3).log() / 2, (change + 1e-3).log() / 2], 1))
        unit: Tensor = embedding / embedding.norm(dim=1, keepdim=True).clamp(min=1e-6)
        return unit


class _Scales(nn.Module):
    """A fine and a coarse convolution side by side, 0.3 s and 1.1 s wide, added to what comes in."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.scales = nn.ModuleList(nn.Conv1d(channels, channels // 2, 5, padding=2 * d, dilation=d) for d in (1, 4))
        self.mix = nn.Sequential(
            nn.BatchNorm1d(channels), nn.GELU(), nn.Dropout(dropout), nn.Conv1d(channels, channels, 1)
        )

    def forward(self, frames: Tensor) -> Tensor:
        states: Tensor = frames + self.mix(torch.cat([scale(frames) for scale in self.scales], 1))
        return states


class _Recurrent(nn.Module):
    """A GRU that reads the movement forwards and backwards."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, channels // 2, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: Tensor) -> Tensor:
        states: Tensor = self.dropout(self.gru(frames.transpose(1, 2))[0])
        return states.transpose(1, 2)


class _Transformer(nn.Module):
    """Two layers of attention over every fourth frame; a convolution tells each frame where it lies."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.thin = nn.Conv1d(channels, channels, 5, stride=2, padding=2)
        self.where = nn.Conv1d(channels, channels, 9, padding=4, groups=channels)
        self.layers = nn.Sequential(_Attention(channels, dropout), _Attention(channels, dropout))

    def forward(self, frames: Tensor) -> Tensor:
        frames = self.thin(frames)
        states: Tensor = self.layers((frames + self.where(frames)).transpose(1, 2))
        return states.transpose(1, 2)


class _Attention(nn.Module):
    # Exported, torch's own layer takes movements of one length only.
    def __init__(self, channels: int, dropout: float, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.ask, self.answer = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.wide, self.narrow = nn.Linear(channels, 2 * channels), nn.Linear(2 * channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor) -> Tensor:
        projected = self.ask(self.norms[0](states)).unflatten(2, (3, self.heads, -1))
        query, key, value = (projected[:, :, i].transpose(1, 2) for i in range(3))
        weights = torch.softmax(query @ key.transpose(2, 3) / query.shape[3] ** 0.5, dim=3)
        states = states + self.dropout(self.answer((weights @ value).transpose(1, 2).flatten(2)))
        output: Tensor = states + self.dropout(self.narrow(F.gelu(self.wide(self.norms[1](states)))))
        return output


def _convolution(channels: int, dropout: float) -> nn.Module:
    return nn.Sequential(_Scales(channels, dropout), _Scales(channels, dropout))


NETWORKS: Mapping[str, Callable[[int, float], nn.Module]] = {
    "convolution": _convolution,
    "recurrent": _Recurrent,
    "transformer": _Transformer,
}
"""Name -> maker, from channels and dropout, of a module from frames [shape=(movements, channels, frames / 2)] to states
[shape=(movements, channels, any)]: the middle of an `EmbeddingNetwork`."""


def train_embedding(
    movements: Array,
    persons: Sequence[str],
    activities: Sequence[str],
    *,
    network: str = "convolution",
    settings: EmbeddingSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> EmbeddingNetwork:
    """Train a network on movements of many persons; the same seed gives the same network on the same machine.

    Runs on one thread: the networks are too small for more.

    Args:
        movements: float32 [shape=(movements, frames, 8, axes)]; see `embedding.runtime.centred`.
        persons: who moves, for each movement.
        activities: what they do; a person's movements in different activities are drawn together.
        network: name in NETWORKS.
        settings: None for the defaults.
        seed: of the first weights, the batches and the augmentation.
        progress: called after each step.

    Returns:
        the network in evaluation mode.

    Raises:
        PoseprintError: movements that cannot be used, or fewer than two persons.
    """
    settings, given = settings or EmbeddingSettings(), torch.from_numpy(centred(movements))
    counts = len(given), len(persons), len(activities)
    if len(set(counts)) > 1 or len(set(persons)) < 2:
        raise PoseprintError(
            f"an embedding needs two persons, and who does what for each movement; got {counts} of each"
        )
    if given.shape[3] < settings.axes:
        raise PoseprintError(f"movements of {given.shape[3]} axes cannot train an embedding of {settings.axes}")
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.set_num_threads(1)
            torch.manual_seed(seed)
            return _train(given, _Batches(persons, activities, settings, seed), network, settings, progress)
    finally:
        torch.set_num_threads(threads)


def _train(
    movements: Tensor, batches: _Batches, network: str, settings: EmbeddingSettings, progress: Progress | None
) -> EmbeddingNetwork:
    model = EmbeddingNetwork(network, settings).train()
    centres = nn.Parameter(torch.randn(batches.identities, settings.dimensions))
    learnt = [*model.parameters(), centres]
    optimizer = torch.optim.AdamW(learnt, lr=settings.lr, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=settings.steps, pct_start=0.15)
    for step in range(settings.steps):
        rows, identity, activity, mirrored = batches.draw()
        embedding = model(_augmented(movements[rows], mirrored, settings))
        classified, right = _classification(embedding, centres, identity, settings)
        contrast = _contrast(embedding, identity, activity, settings.temperature)
        optimizer.zero_grad()
        (classified + contrast).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learnt, 5.0)
        optimizer.step()
        schedule.step()
        if progress:
            figures = {"classification": classified, "contrast": contrast, "accuracy": right}
            progress(step + 1, settings.steps, {name: float(value.detach()) for name, value in figures.items()})
    return model.eval()


class _Batches:
    """Draws batches: some identities, each in a few activities that are, as far as can be, the same for all."""

    def __init__(self, persons: Sequence[str], activities: Sequence[str], settings: EmbeddingSettings, seed: int):
        names, person = np.unique(np.asarray(persons), return_inverse=True)
        activity = np.unique(np.asarray(activities), return_inverse=True)[1]
        self.people, self.settings, self.random = len(names), settings, np.random.default_rng(seed)
        self.identities = self.people * (2 if settings.augmentation.mirror else 1)
        self.rows: list[dict[int, list[int]]] = [{} for _ in names]
        for row, (p, a) in enumerate(zip(person, activity)):
            self.rows[p].setdefault(int(a), []).append(row)
        self.activities = int(activity.max()) + 1

    def draw(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Rows of the movements, identities, activities, and whether mirrored, each [shape=(movements,)]."""
        drawn = []
        order = self.random.permutation(self.activities)
        for identity in self.random.permutation(self.identities)[: self.settings.identities]:
            rows = self.rows[identity % self.people]
            common = [int(a) for a in order if int(a) in rows][: self.settings.activities]
            for i in range(self.settings.movements):
                activity = common[i % len(common)]
                drawn.append((self.random.choice(rows[activity]), identity, activity, identity >= self.people))
        row, identities, activities, mirrored = torch.from_numpy(np.array(drawn, dtype=np.int64)).unbind(1)
        return row, identities, activities, mirrored.bool()


def _classification(embedding: Tensor, centres: Tensor, identity: Tensor, settings: EmbeddingSettings) -> list[Tensor]:
    """Loss with an additive angular margin, and the share that is right in spite of it."""
    cosine = (embedding @ F.normalize(centres, dim=1).T).clamp(-0.999, 0.999)
    own = F.one_hot(identity, len(centres)).bool()
    logits = settings.sharpness * torch.where(own, torch.cos(torch.acos(cosine) + settings.margin), cosine)
    return [F.cross_entropy(logits, identity), (logits.argmax(1) == identity).float().mean()]


def _contrast(embedding: Tensor, identity: Tensor, activity: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss; what a person does in one activity is neither like nor unlike itself."""
    likeness = embedding @ embedding.T / temperature
    same, alike = identity[:, None] == identity, activity[:, None] == activity
    positive = same & ~alike
    log_share = likeness - torch.logsumexp(likeness.masked_fill(same & alike, -1e4), dim=1, keepdim=True)
    count = positive.sum(1)
    return -((log_share * positive).sum(1) / count.clamp(min=1)).sum() / (count > 0).sum().clamp(min=1)


def _augmented(movements: Tensor, mirrored: Tensor, settings: EmbeddingSettings) -> Tensor:
    """Movements as seen in training, float32 [shape=(movements, frames of a piece, 8, axes the network sees)]."""
    change, (count, frames) = settings.augmentation, movements.shape[:2]

    def drawn(largest: float) -> Tensor:
        return largest * (2 * torch.rand(count) - 1)

    piece = min(change.frames, frames)
    speed = (1 + drawn(change.speed)).clamp(max=(frames - 1) / (piece - 1))
    start = torch.rand(count) * (frames - 1 - speed * (piece - 1))
    time = (start[:, None] + speed[:, None] * torch.arange(piece)).clamp(0, frames - 1 - 1e-3)
    before, row = time.long(), torch.arange(count)[:, None]
    share = (time - before)[:, :, None, None]
    seen = movements[row, before] * (1 - share) + movements[row, before + 1] * share
    x, y, *depth = torch.where(mirrored[:, None, None, None], seen[:, :, _MIRRORED], seen).unbind(3)
    x, z = torch.where(mirrored[:, None, None], -x, x), depth[0] if depth else torch.zeros_like(x)
    yaw, pitch = torch.deg2rad(drawn(change.yaw))[:, None, None], torch.deg2rad(drawn(change.pitch))[:, None, None]
    x, z = yaw.cos() * x + yaw.sin() * z, yaw.cos() * z - yaw.sin() * x
    y, z = pitch.cos() * y + pitch.sin() * z, pitch.cos() * z - pitch.sin() * y
    seen = torch.stack([x, y, z], 3)[..., : settings.axes] * (1 + drawn(change.scale))[:, None, None, None]
    seen = seen + change.noise * torch.rand(count, 1, 1, 1) * torch.randn_like(seen)
    seen = seen - seen.mean(1, keepdim=True)
    return seen * (torch.rand(count, 1, len(KEYPOINTS), 1) >= change.missing)


def to_onnx(module: EmbeddingNetwork) -> bytes:
    """A network as onnx: `movements` float32 [movements, frames, 8, axes], finite, to `embedding`, for any number of both."""
    axes = {INPUT: {0: "movements", 1: "frames"}, OUTPUT: {0: "movements"}}
    example = torch.zeros(2, 5 * SHORTEST, len(KEYPOINTS), module.eval().axes)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "embedding.onnx"
        warnings.simplefilter("ignore")  # as for a judging network: torch's newer exporter gains nothing
        torch.onnx.export(
            module, (example,), str(path), dynamo=False, input_names=[INPUT], output_names=[OUTPUT], dynamic_axes=axes
        )
        return path.read_bytes()
