"""Which movements train, which validate, which test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError
from poseprint.supervised.movement_set import MovementSet

SplitBy = Literal["recording", "movement"]
SHARES = (0.1, 0.1)
"""Of the movements for validation and for test; the rest trains (paper, section 3.1)."""


@dataclass(frozen=True)
class Split:
    """Indices of movements for training, validation and test, and what they were split by."""

    by: SplitBy
    train: Array
    validation: Array
    test: Array


def split(
    movements: MovementSet, by: SplitBy = "recording", *, seed: int = 0, shares: tuple[float, float] = SHARES
) -> Split:
    """Split movements within each label, 80/10/10 unless said otherwise.

    By recording, all movements of a recording stay together: what a split is worth when a new recording
    comes. By movement, as in the paper, movements of one recording land in several subsets: such a figure
    flatters. With two recordings of a label there is none left for the test; with one, no split.

    Raises:
        DatasetError: one label only, a recording with both, or too few recordings (movements) to split.
    """
    if by not in get_args(SplitBy):
        raise DatasetError(f"a split is by {' or by '.join(get_args(SplitBy))}, not by {by!r}")
    if set(movements.labels.tolist()) != {0, 1}:
        raise DatasetError(
            "training needs movements of both kinds, real and fake (or of other people); this data has one kind only"
        )
    kinds = set(zip(movements.recordings, movements.labels.tolist()))
    mixed = sorted({name for name, label in kinds if (name, 1 - label) in kinds})
    if mixed and by == "recording":
        raise DatasetError(
            f"recordings with movements of both labels: {', '.join(mixed[:5])}; a recording has one label"
        )
    rng = np.random.default_rng(seed)
    train, validation, test = list[int](), list[int](), list[int]()
    for label in (0, 1):
        groups: dict[str, list[int]] = {}
        for i in np.flatnonzero(movements.labels == label):
            groups.setdefault(movements.recordings[i] if by == "recording" else str(i), []).append(int(i))
        if len(groups) < 2:
            kind = "the person's own" if label else "fake or other people's"
            hint = (
                "; add recordings, or split by movement (`changes` split=movement), which flatters"
                if by == "recording"
                else ""
            )
            raise DatasetError(f"only {len(groups)} {by} of {kind} movement: nothing is left to validate on{hint}")
        names = sorted(groups)
        rng.shuffle(names)
        names.insert(0, names.pop(int(np.argmax([len(groups[name]) for name in names]))))
        total = sum(map(len, groups.values()))
        # The largest group stays in training; validation and test get one group each before any gets two.
        for subset, share, reserved in ((validation, shares[0], 2), (test, shares[1], 1)):
            filled = 0
            while len(names) > (reserved if filled else 1):
                group = groups[names[-1]]
                if filled and filled + len(group) / 2 > share * total:
                    break
                subset.extend(groups[names.pop()])
                filled += len(group)
        train.extend(i for name in names for i in groups[name])
    return Split(by, *(np.array(sorted(subset), dtype=np.int64) for subset in (train, validation, test)))
