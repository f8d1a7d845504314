"""What one run of an experiment does: train a model for one person, seed and split, and test it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
from torch import nn

from poseprint.core.arrays import Array, Span
from poseprint.core.errors import DatasetError
from poseprint.core.files import atomic_write
from poseprint.core.series import GRID_FPS
from poseprint.core.version import __version__
from poseprint.movements.cutting import cut_mixed, cut_movements
from poseprint.supervised.data import Usable, movements_of, split_movements
from poseprint.supervised.fitting import Fitted, fit, predict
from poseprint.supervised.movement_set import MovementSet, movement_set
from poseprint.supervised.settings import Settings
from poseprint.supervised.split import Split, split

MIXED_S = (1.0, 60.0)
"""Seconds of the shortest and the longest movement that `lengths` trains on (paper, section 6)."""

ROUNDS = 5
"""Times the footage that trains is cut anew into movements of mixed lengths."""

WEIGHTS = "weights.safetensors"
EDITION = 1
"""To be raised whenever a run would come out otherwise than before: results of other editions are not used."""


@dataclass(frozen=True)
class Run:
    """One training: everything its result depends on, but for the footage.

    Attributes:
        task: name in TASKS.
        person: of interest; empty where persons are told from each other.
        settings: seed and split among them.
        impostors: recordings of others for each of the person's own.
        others: persons who may serve as impostors, or be told from each other; none for all others.
        details: of the task.
    """

    task: str
    person: str
    settings: Settings
    impostors: float = 1.0
    others: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def key(self, footage: str) -> str:
        """Name of the result's folder: a sha256 of the run, the footage's own, and the program's version."""
        text = json.dumps({**asdict(self), "footage": footage, "program": [__version__, EDITION]}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


Pieces = Sequence[tuple[Usable, Span]]
Stretches = Sequence[tuple[Usable, list[Span]]]


def execute(run: Run, usable: Sequence[Usable], folder: Path, pretrained: Path | None = None) -> dict[str, Any]:
    """Do a run: train in `folder`, test, and return its figures, ready for json.

    Args:
        run: what to do.
        usable: the data set.
        folder: for checkpoints and weights.
        pretrained: folder of the run whose weights it starts from, for `transfer`.
    """
    return TASKS[run.task](run, usable, folder, pretrained)


def choose_recordings(run: Run, usable: Sequence[Usable]) -> list[Usable]:
    """The recordings of a run: the person's own, fakes of them, and as many of others as asked for.

    Others' recordings are drawn by seed, one of each person before a second of any.

    Raises:
        DatasetError: nobody else is there.
    """
    own = [u for u in usable if u.is_own(run.person)]
    fakes = [u for u in usable if u.line.person == run.person and u.line.label == "fake"]
    rng = np.random.default_rng(run.settings.seed)
    others = sorted({u.line.person for u in usable if not run.others or u.line.person in run.others} - {run.person})
    by_person = []
    for name in others:
        theirs = sorted((u for u in usable if u.is_own(name)), key=lambda u: u.line.recording)
        by_person.append([theirs[i] for i in rng.permutation(len(theirs))])
    rng.shuffle(by_person)
    in_turn = [u for turn in itertools.zip_longest(*by_person) for u in turn if u]
    drawn = in_turn[: max(0, round(run.impostors * len(own)) - len(fakes))]
    if not drawn and not fakes:
        raise DatasetError(f"nobody but {run.person} is in the data: nothing to tell {run.person} from")
    chosen = {u.line.recording for u in (*own, *fakes, *drawn)}
    return [u for u in usable if u.line.recording in chosen]


def _fit(run: Run, usable: Sequence[Usable], folder: Path, _: Path | None) -> dict[str, Any]:
    movements = split_movements(choose_recordings(run, usable), run.person, run.settings)
    fitted = fit(movements.train, movements.validation, run.settings, folder)
    return {**_training_figures(fitted, len(movements.train)), "test": _answers(fitted.model, movements.test)}


def _training_figures(fitted: Fitted, movements: int) -> dict[str, Any]:
    return {
        "movements": movements,
        "parameters": fitted.parameters,
        "seconds": round(fitted.seconds, 3),
        "best_epoch": fitted.best_epoch,
        "history": [{k: float(f"{v:.5g}") for k, v in row.items()} for row in fitted.history],
    }


def _answers(model: nn.Module, movements: MovementSet) -> dict[str, Any]:
    """Answers on movements: label, logit and recording of each."""
    logits = np.nan_to_num(predict(model, movements).astype(np.float64), nan=-np.inf)  # a diverged model says no
    return {
        "labels": movements.labels.tolist(),
        "logits": [float(f"{x:.6g}") for x in np.clip(logits, -1e6, 1e6)],
        "recordings": list(movements.recordings),
    }


def _lengths(run: Run, usable: Sequence[Usable], folder: Path, _: Path | None) -> dict[str, Any]:
    train, validation, stretches = split_mixed(run, usable)
    fitted = fit(train, validation, run.settings, folder)
    tests = {}
    for seconds in run.details["seconds"]:
        frames = round(seconds * GRID_FPS)
        movements = _cut(stretches, run, lambda spans, frames=frames: cut_movements(spans, length=frames))  # type: ignore[misc]
        tests[f"{seconds:g}"] = _answers(fitted.model, movements)
    return {**_training_figures(fitted, len(train)), "tests": tests}


def split_mixed(run: Run, usable: Sequence[Usable]) -> tuple[MovementSet, MovementSet, Stretches]:
    """Movements to train and to validate on for `lengths`, and the stretches to cut test movements from.

    Blocks of mixed lengths are split; what trains is cut from those that fall to training. Split by recording,
    what is tested is cut from whole recordings; split by movement, from blocks, which leaves few long movements.

    Raises:
        DatasetError: footage that leaves one of the subsets without a movement of both labels.
    """
    settings, chosen = run.settings, choose_recordings(run, usable)
    rng = np.random.default_rng(settings.seed)
    shortest, longest = (round(s * GRID_FPS) for s in MIXED_S)

    def blocks(spans: Sequence[Span]) -> list[Span]:
        return cut_mixed(spans, shortest=shortest, longest=longest, rng=rng)

    def fixed(spans: Sequence[Span]) -> list[Span]:
        return cut_movements(spans, length=settings.length)

    pieces = [(u, span) for u in chosen for span in blocks(u.spans)]
    indices = _split_pieces(pieces, run)
    spans = [_merged([pieces[i] for i in subset]) for subset in (indices.train, indices.validation, indices.test)]
    if run.details["mixed"]:
        train = MovementSet.joined([_cut(spans[0], run, blocks) for _ in range(ROUNDS)])
        validation = _cut(spans[1], run, blocks)
    else:
        stride = min(settings.stride, settings.length)
        train = _cut(spans[0], run, lambda spans: cut_movements(spans, length=settings.length, stride=stride))
        validation = _cut(spans[1], run, fixed)
    for movements, use in ((train, "train on"), (validation, "validate on"), (_cut(spans[2], run, fixed), "test on")):
        if set(movements.labels.tolist()) != {0, 1}:
            raise DatasetError(
                f"too little footage for movements of mixed lengths: no {settings.length / GRID_FPS:g} s of both kinds,"
                f" real and fake, are left to {use}"
            )
    return train, validation, spans[2]


def _split_pieces(pieces: Pieces, run: Run) -> Split:
    """Stretches of recordings split as the settings say; only their labels and recordings count."""
    empty = MovementSet(
        features=np.zeros((len(pieces), 0, 24), dtype=np.float32),
        lengths=np.array([b - a for _, (a, b) in pieces]),
        starts=np.zeros(len(pieces)),
        recordings=tuple(u.line.recording for u, _ in pieces),
        persons=tuple(u.line.person for u, _ in pieces),
        labels=np.array([int(u.is_own(run.person)) for u, _ in pieces]),
    )
    settings = run.settings
    return split(empty, settings.split, seed=settings.seed, shares=(settings.validation_share, settings.test_share))


def _merged(pieces: Pieces) -> list[tuple[Usable, list[Span]]]:
    """Stretches by recording, those that touch made one."""
    merged: dict[str, tuple[Usable, list[Span]]] = {}
    for usable, (first, last) in sorted(pieces, key=lambda p: (p[0].line.recording, p[1])):
        spans = merged.setdefault(usable.line.recording, (usable, []))[1]
        if spans and spans[-1][1] == first:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return list(merged.values())


def _cut(stretches: Stretches, run: Run, cutter: Callable[[Sequence[Span]], list[Span]]) -> MovementSet:
    how, features = run.settings.normalisation, run.settings.features
    return MovementSet.joined(
        [
            movement_set(u.series, cutter(spans), how, features=features, label=int(u.is_own(run.person)))
            for u, spans in stretches
        ]
    )


def _pretrain(run: Run, usable: Sequence[Usable], folder: Path, _: Path | None) -> dict[str, Any]:
    """Learn to tell many persons from each other, and keep the weights."""
    chosen = [u for u in usable if u.line.person in run.others and u.line.label == "real"]
    movements = MovementSet.joined([movements_of([u], u.line.person, run.settings) for u in chosen])
    names = sorted(set(movements.persons))
    labels = np.array([names.index(person) for person in movements.persons])
    movements = replace(movements, labels=labels)
    groups = movements.recordings if run.settings.split == "recording" else range(len(movements))
    validating = _share_of(sorted(set(groups)), run.settings.validation_share, run.settings.seed)
    validates = np.array([group in validating for group in groups])
    train, validation = movements.subset(np.flatnonzero(~validates)), movements.subset(np.flatnonzero(validates))
    fitted = fit(train, validation, run.settings, folder, outputs=len(names))
    with atomic_write(folder / WEIGHTS) as partial:
        partial.write_bytes(safetensors.torch.save(fitted.model.state_dict()))
    correct = predict(fitted.model, validation).argmax(1) == validation.labels
    return {**_training_figures(fitted, len(train)), "persons": names, "validation_accuracy": float(correct.mean())}


def _share_of(groups: Sequence[Any], share: float, seed: int) -> set[Any]:
    order = np.random.default_rng(seed).permutation(len(groups))
    return {groups[i] for i in order[: max(1, round(share * len(groups)))]}


def _transfer(run: Run, usable: Sequence[Usable], folder: Path, pretrained: Path | None) -> dict[str, Any]:
    """Learn from the first so many minutes of the person's own training footage, all impostors' beside it."""
    movements = split_movements(choose_recordings(run, usable), run.person, run.settings)
    train = movements.train
    own = np.flatnonzero(train.labels == 1)
    rng = np.random.default_rng(run.settings.seed)
    if run.settings.split == "recording":  # one recording after the other, as footage is collected
        turn = {name: i for i, name in enumerate(rng.permutation(sorted(set(train.recordings))))}
        own = np.array(sorted(own, key=lambda i: (turn[train.recordings[i]], train.starts[i])))
    else:
        own = rng.permutation(own)
    wanted = max(1, round(run.details["minutes"] * 60 * GRID_FPS / run.settings.length))
    few = np.concatenate([own[:wanted], np.flatnonzero(train.labels == 0)])
    weights = safetensors.torch.load_file(pretrained / WEIGHTS) if pretrained else None
    fitted = fit(train.subset(few), movements.validation, run.settings, folder, weights=weights)
    minutes = min(wanted, len(own)) * run.settings.length / GRID_FPS / 60
    return {
        **_training_figures(fitted, len(few)),
        "minutes": round(minutes, 3),
        "test": _answers(fitted.model, movements.test),
    }


Task = Callable[[Run, Sequence[Usable], Path, Path | None], dict[str, Any]]

TASKS: Mapping[str, Task] = {"fit": _fit, "lengths": _lengths, "pretrain": _pretrain, "transfer": _transfer}
"""What a run can be."""


def correct(answers: Mapping[str, Any]) -> Array:
    """Which movements were judged rightly, bool [shape=(movements,)]."""
    return np.asarray((np.array(answers["logits"]) > 0) == (np.array(answers["labels"]) == 1))
