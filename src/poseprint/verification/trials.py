"""Trials: one person enrolled, one piece of evidence tested, genuine or impostor.

Calibration, evaluation and benchmark draw their trials here, so that all of them mean the same by a trial. A person's
enrolment and test never share a recording, nor an activity or session where the data tells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError
from poseprint.core.series import GRID_FPS
from poseprint.io.kinect import read_kinect
from poseprint.movements.measure import Measured, measure
from poseprint.verification.background import KINDS
from poseprint.verification.reference import EVIDENCE, Reference
from poseprint.verification.summary import Summary

By = Literal["activity", "session", "recording"]
LEVELS = ("5s", "recording", "4recordings")
DURATIONS = (5, 10, 20, 30, 60, 120, 300)
"""Seconds of evidence that errors are shown against."""
POOLED = 12
"""How many times a mover's test recordings are drawn for pooled trials."""


@dataclass(frozen=True, eq=False)
class Take:
    """A measured recording, as trials need it.

    Attributes:
        person, recording, activity, session: as the data names them; empty where it does not tell.
        group: data set.
        statistics: of its movements, NaN where missing [shape=(movements, statistics)].
        movement_seconds: length of each movement [shape=(movements,)].
        seconds: that they cover together.
        apart: rows of movements that do not overlap.
        sha256: of the poses.
    """

    person: str
    recording: str
    activity: str
    session: str
    group: str
    statistics: Array
    movement_seconds: Array
    seconds: float
    apart: tuple[int, ...]
    sha256: str = ""

    @staticmethod
    def of(measured: Measured, *, group: str = "", activity: str = "", session: str = "") -> Take | None:
        """A measured recording as a take; None where nothing in it can serve."""
        series, movements = measured.series, measured.movements()
        if not len(movements):
            return None
        apart: list[int] = []
        for row, (first, _) in enumerate(movements.spans):
            if not apart or first >= movements.spans[apart[-1]][1]:
                apart.append(row)
        return Take(
            person=series.person,
            recording=series.recording,
            activity=activity,
            session=session,
            group=group,
            statistics=movements.statistics,
            movement_seconds=np.array([b - a for a, b in movements.spans]) / GRID_FPS,
            seconds=movements.seconds,
            apart=tuple(apart),
            sha256=series.sha256,
        )

    def summary(self) -> Summary:
        """The whole recording."""
        return Summary.of(self.statistics, self.seconds)

    def piece(self, rows: Sequence[int]) -> Summary:
        """Some movements that lie apart."""
        return Summary.of(self.statistics[list(rows)], float(self.movement_seconds[list(rows)].sum()))


def takes_of_table(path: Path, axes: int, *, group: str = "") -> list[Take]:
    """The usable recordings of a Kinect table (see `poseprint.io.kinect`), measured on 2 or 3 axes."""
    takes = (
        Take.of(measure(r.series, axes), group=group, activity=r.activity, session=r.session) for r in read_kinect(path)
    )
    return [take for take in takes if take is not None]


@dataclass(frozen=True, eq=False)
class Trials:
    """The outcome of many trials; arrays over trials.

    Attributes:
        level: what was tested: one of LEVELS, or seconds.
        model, test: person enrolled and person tested.
        genuine: whether they are one.
        scores, llr, ranking: by kind, see `poseprint.verification.reference.Evidence`; NaN where there was none.
        seconds, hidden, enrolled: see `poseprint.verification.calibration.circumstances`.
    """

    level: Array
    model: Array
    test: Array
    genuine: Array
    scores: Mapping[str, Array]
    llr: Mapping[str, Array]
    ranking: Mapping[str, Array]
    seconds: Array
    hidden: Array
    enrolled: Array

    def __len__(self) -> int:
        return len(self.level)

    def at(self, keep: Array) -> Trials:
        """Some of the trials."""
        picked: dict[str, Any] = {
            name: {k: v[keep] for k, v in value.items()} if isinstance(value, Mapping) else value[keep]
            for name, value in vars(self).items()
        }
        return Trials(**picked)

    @staticmethod
    def joined(parts: Sequence[Trials]) -> Trials:
        """Trials of several folds together."""
        if not parts:
            raise DatasetError("no trials could be drawn: every person needs recordings to enrol and others to test")
        joined: dict[str, Any] = {}
        for name, value in vars(parts[0]).items():
            columns = [vars(p)[name] for p in parts]
            if isinstance(value, Mapping):
                joined[name] = {k: np.concatenate([c[k] for c in columns]) for k in value}
            else:
                joined[name] = np.concatenate(columns)
        return Trials(**joined)


Piece = tuple[str, str, Summary]
"""Level, person, and what is tested."""


def pieces(takes: Sequence[Take], *, seed: int = 0, levels: Sequence[str] = LEVELS) -> list[Piece]:
    """What is tested of some recordings: single movements, recordings, four recordings of a mover together."""
    rng = np.random.default_rng(seed)
    out: list[Piece] = []
    for take in takes:
        if "5s" in levels:
            out += [("5s", take.person, take.piece([row])) for row in take.apart]
        if "recording" in levels:
            out.append(("recording", take.person, take.summary()))
    if "4recordings" in levels:
        for person, own in _by_person(takes):
            for _ in range(POOLED if len(own) >= 4 else 0):
                chosen = rng.choice(len(own), 4, replace=False)
                out.append(("4recordings", person, Summary.joined([own[i].summary() for i in chosen])))
    return out


def lasting(takes: Sequence[Take], seconds: float, *, seed: int = 0, draws: int = POOLED) -> list[Piece]:
    """About so many seconds of each mover, in as few of their recordings as hold them; nothing of who has too little."""
    rng = np.random.default_rng(seed)
    out: list[Piece] = []
    for person, own in _by_person(takes):
        if sum(float(t.movement_seconds[list(t.apart)].sum()) for t in own) < seconds:
            continue
        for _ in range(draws):
            parts: list[Summary] = []
            missing = float(seconds)
            for i in rng.permutation(len(own)):
                lengths = own[i].movement_seconds[list(own[i].apart)]
                enough = int(np.searchsorted(np.cumsum(lengths), missing - 1e-6)) + 1
                start = int(rng.integers(0, max(len(lengths) - enough, 0) + 1))
                rows = own[i].apart[start : start + enough]
                parts.append(own[i].piece(rows))
                missing -= 5 * parts[-1].movements
                if missing <= 1:
                    break
            out.append((f"{seconds:g}", person, Summary.joined(parts)))
    return out


def _by_person(takes: Sequence[Take]) -> Iterator[tuple[str, list[Take]]]:
    for person in sorted({t.person for t in takes}):
        yield person, [t for t in takes if t.person == person]


def run_trials(reference: Reference, enrol: Sequence[Take], tested: Sequence[Piece]) -> Trials:
    """Everyone enrolled on all their recordings in `enrol`, everything in `tested` against everyone."""
    rows: list[tuple[str, str, str, Summary]] = []
    evidence = []
    enrolled: list[float] = []
    for person, own in _by_person(enrol):
        model = Summary.joined([t.summary() for t in own])
        without = {c for t in own for c in reference.cohort_people(t.sha256)}
        found = reference.evidence(model, [summary for _, _, summary in tested], without=without)
        evidence += found
        rows += [(level, person, mover, summary) for level, mover, summary in tested]
        enrolled += [model.recordings] * len(found)

    def column(values: Sequence[float | None]) -> Array:
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    model_of, test_of = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
    return Trials(
        level=np.array([r[0] for r in rows]),
        model=model_of,
        test=test_of,
        genuine=model_of == test_of,
        scores={k: column([e.scores[k] for e in evidence]) for k in KINDS},
        llr={k: column([e.llr[k] for e in evidence]) for k in EVIDENCE},
        ranking={k: column([e.ranking[k] for e in evidence]) for k in EVIDENCE},
        seconds=column([e.seconds for e in evidence]),
        hidden=column([e.hidden for e in evidence]),
        enrolled=column(enrolled),
    )
