"""Trials of the comparison, which keep the recordings that they are from: each representation has numbers of its own.

What is drawn is what `poseprint.verification.trials` draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from poseprint.core.arrays import Array
from poseprint.verification.learn_reference import calibration_halves
from poseprint.verification.summary import Summary
from poseprint.verification.trials import POOLED, Take, Trials

Person = Sequence[Take]
"""Recordings that one person is enrolled on."""
Rows = Callable[[Take], Array]
"""Numbers of each movement of a recording [shape=(movements, columns)]."""


def measured_rows(take: Take) -> Array:
    """The statistics."""
    return take.statistics


@dataclass(frozen=True, eq=False)
class Tested:
    """A piece that is tested, with the recordings it is from.

    Attributes:
        level: one of LEVELS.
        person: who moves.
        parts: recordings, each with the rows of its movements that count; None for all.
    """

    level: str
    person: str
    parts: tuple[tuple[Take, tuple[int, ...] | None], ...]

    def summary(self, rows: Rows = measured_rows) -> Summary:
        """All of it, in some numbers."""
        summaries = []
        for take, chosen in self.parts:
            if chosen is None:
                summaries.append(Summary.of(rows(take), take.seconds))
            else:
                seconds = float(take.movement_seconds[list(chosen)].sum())
                summaries.append(Summary.of(rows(take)[list(chosen)], seconds))
        return summaries[0] if len(summaries) == 1 else Summary.joined(summaries)

    def movements(self, rows: Rows) -> Array:
        """Numbers of all its movements."""
        return np.concatenate([rows(t) if chosen is None else rows(t)[list(chosen)] for t, chosen in self.parts])


def draw(takes: Sequence[Take], *, seed: int) -> list[Tested]:
    """What is tested of some recordings: what `poseprint.verification.trials.probes_of` draws."""
    rng = np.random.default_rng(seed)
    out: list[Tested] = []
    for take in takes:
        out += [Tested("5s", take.person, ((take, (row,)),)) for row in take.disjoint]
        out.append(Tested("recording", take.person, ((take, None),)))
    for person in sorted({t.person for t in takes}):
        own = [t for t in takes if t.person == person]
        for _ in range(POOLED if len(own) >= 4 else 0):
            chosen = rng.choice(len(own), 4, replace=False)
            out.append(Tested("4recordings", person, tuple((own[i], None) for i in chosen)))
    return out


@dataclass(frozen=True, eq=False)
class Direction:
    """One half of a fold enrolled, the other tested; `enrolled` in the order of `people`."""

    people: tuple[str, ...]
    enrolled: tuple[tuple[Take, ...], ...]
    tested: tuple[Tested, ...]


def directions_of(
    takes: Sequence[Take], seeds: int, *, count: int = 0, instead: Mapping[str, Take] | None = None
) -> list[Direction]:
    """The trials of a fold.

    Args:
        takes: recordings of the fold's people.
        seeds: how many times activities are split into halves.
        count: recordings enrolled; 0 for all.
        instead: what stands for a recording, by its sha256, if it is measured in another way.
    """
    out = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for enrol, test in calibration_halves(takes, "activity", seed=seed):
            people = tuple(sorted({t.person for t in enrol}))
            enrolled = []
            for name in people:
                own = [t for t in enrol if t.person == name]
                if count:
                    own = [own[i] for i in rng.permutation(len(own))[:count]]
                enrolled.append(tuple(own if instead is None else [instead[t.sha256] for t in own]))
            tested = draw(test, seed=seed)
            if instead is not None:
                tested = [replace(t, parts=tuple((instead[k.sha256], rows) for k, rows in t.parts)) for t in tested]
            out.append(Direction(people, tuple(enrolled), tuple(tested)))
    return out


def trials_of(parts: Sequence[tuple[Direction, Array]]) -> Trials:
    """Scores as trials, for their metrics: a score is its own ranking."""
    trials = []
    for direction, scores in parts:
        probes = direction.tested
        shape = (len(direction.people), len(probes))
        model = np.repeat(np.array(direction.people)[:, None], shape[1], axis=1).ravel()
        test = np.tile(np.array([t.person for t in probes]), shape[0])
        values = {"motion": scores.ravel()}
        nothing = np.zeros(scores.size)
        level = np.tile(np.array([t.level for t in probes]), shape[0])
        trials.append(Trials(level, model, test, model == test, values, values, values, nothing, nothing, nothing))
    return Trials.joined(trials)
