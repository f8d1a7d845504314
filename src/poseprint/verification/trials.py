"""Trials: one person enrolled, one piece of evidence tested, genuine or impostor.

Calibration, evaluation and benchmark draw their trials here, so that all of them mean the same by a trial. A person's
enrolment and test never share a recording, nor an activity or session where the data names them.
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
from poseprint.verification.reference import EVIDENCE, Evidence, Reference
from poseprint.verification.summary import MOVEMENT_S, Summary

By = Literal["activity", "session", "recording"]
"""What a person's enrolment and test do not share."""
LEVELS = ("5s", "recording", "4recordings")
"""How much is tested: one movement, one recording, four recordings of a mover together."""
DURATIONS = (5, 10, 20, 30, 60, 120, 300)
"""Seconds of evidence that errors are shown against."""
POOLED = 12
"""How many times a mover's test recordings are drawn for pooled trials."""


@dataclass(frozen=True, eq=False)
class Take:
    """A measured recording, as trials need it.

    Attributes:
        person, recording, activity, session: as the data names them; empty where unknown.
        group: data set.
        statistics: of its movements, NaN where missing [shape=(movements, statistics)].
        movement_seconds: length of each movement [shape=(movements,)].
        seconds: that they cover together.
        disjoint: rows of movements that do not overlap.
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
    disjoint: tuple[int, ...]
    sha256: str = ""

    @staticmethod
    def of(measured: Measured, *, group: str = "", activity: str = "", session: str = "") -> Take | None:
        """A measured recording as a take; None where nothing in it can serve."""
        series, movements = measured.series, measured.movements()
        if not len(movements):
            return None
        disjoint: list[int] = []
        for row, (first, _) in enumerate(movements.spans):
            if not disjoint or first >= movements.spans[disjoint[-1]][1]:
                disjoint.append(row)
        return Take(
            person=series.person,
            recording=series.recording,
            activity=activity,
            session=session,
            group=group,
            statistics=movements.statistics,
            movement_seconds=np.array([last - first for first, last in movements.spans]) / GRID_FPS,
            seconds=movements.seconds,
            disjoint=tuple(disjoint),
            sha256=series.sha256,
        )

    def summary(self) -> Summary:
        """The whole recording."""
        return Summary.of(self.statistics, self.seconds)

    def summary_of(self, rows: Sequence[int]) -> Summary:
        """Some movements that do not overlap."""
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
        genuine: whether they are the same person.
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
        columns: dict[str, Any] = {
            name: {k: v[keep] for k, v in value.items()} if isinstance(value, Mapping) else value[keep]
            for name, value in vars(self).items()
        }
        return Trials(**columns)

    @staticmethod
    def joined(folds: Sequence[Trials]) -> Trials:
        """Trials of several folds together."""
        if not folds:
            raise DatasetError("no trials could be drawn: every person needs recordings to enrol and others to test")
        joined: dict[str, Any] = {}
        for name, value in vars(folds[0]).items():
            columns = [vars(fold)[name] for fold in folds]
            if isinstance(value, Mapping):
                joined[name] = {k: np.concatenate([c[k] for c in columns]) for k in value}
            else:
                joined[name] = np.concatenate(columns)
        return Trials(**joined)


Probe = tuple[str, str, Summary]
"""Level, person who moves, and the evidence that is tested."""


def probes_of(takes: Sequence[Take], *, seed: int = 0, levels: Sequence[str] = LEVELS) -> list[Probe]:
    """What is tested of recordings: single movements, recordings, four recordings of a mover together."""
    rng = np.random.default_rng(seed)
    probes: list[Probe] = []
    for take in takes:
        if "5s" in levels:
            probes += [("5s", take.person, take.summary_of([row])) for row in take.disjoint]
        if "recording" in levels:
            probes.append(("recording", take.person, take.summary()))
    if "4recordings" in levels:
        for person, theirs in by_person(takes):
            for _ in range(POOLED if len(theirs) >= 4 else 0):
                drawn = rng.choice(len(theirs), 4, replace=False)
                probes.append(("4recordings", person, Summary.joined([theirs[i].summary() for i in drawn])))
    return probes


def probes_of_duration(takes: Sequence[Take], seconds: float, *, seed: int = 0, draws: int = POOLED) -> list[Probe]:
    """About so many seconds of each mover, in as few of their recordings as hold them; nothing of who has too little."""
    rng = np.random.default_rng(seed)
    probes: list[Probe] = []
    for person, theirs in by_person(takes):
        if sum(float(t.movement_seconds[list(t.disjoint)].sum()) for t in theirs) >= seconds:
            probes += [(f"{seconds:g}", person, _draw_stretch(theirs, seconds, rng)) for _ in range(draws)]
    return probes


def _draw_stretch(takes: Sequence[Take], seconds: float, rng: np.random.Generator) -> Summary:
    """About so many seconds of movements in a row, from recordings in random order."""
    stretches: list[Summary] = []
    missing = float(seconds)
    for i in rng.permutation(len(takes)):
        lengths = takes[i].movement_seconds[list(takes[i].disjoint)]
        enough = int(np.searchsorted(np.cumsum(lengths), missing - 1e-6)) + 1
        start = int(rng.integers(0, max(len(lengths) - enough, 0) + 1))
        stretches.append(takes[i].summary_of(takes[i].disjoint[start : start + enough]))
        missing -= MOVEMENT_S * stretches[-1].movements
        if missing <= 1:
            break
    return Summary.joined(stretches)


def by_person(takes: Sequence[Take]) -> Iterator[tuple[str, list[Take]]]:
    """Each person with their recordings, in order of names."""
    for person in sorted({t.person for t in takes}):
        yield person, [t for t in takes if t.person == person]


def run_trials(reference: Reference, enrol: Sequence[Take], probes: Sequence[Probe]) -> Trials:
    """Everyone enrolled on all their recordings in `enrol`, every probe against everyone."""
    model: list[str] = []
    evidence: list[Evidence] = []
    enrolled: list[float] = []
    for person, theirs in by_person(enrol):
        enrolment = Summary.joined([t.summary() for t in theirs])
        without = {c for t in theirs for c in reference.cohort_people(t.sha256)}
        evidence += reference.evidence(enrolment, [summary for _, _, summary in probes], without=without)
        model += [person] * len(probes)
        enrolled += [enrolment.recordings] * len(probes)
    people = len(model) // max(1, len(probes))
    test = [mover for _, mover, _ in probes] * people

    def column(values: Sequence[float | None]) -> Array:
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    return Trials(
        level=np.array([level for level, _, _ in probes] * people),
        model=np.array(model),
        test=np.array(test),
        genuine=np.array(model) == np.array(test),
        scores={k: column([e.scores[k] for e in evidence]) for k in reference.kinds},
        llr={k: column([e.llr[k] for e in evidence]) for k in (evidence[0].llr if evidence else EVIDENCE)},
        ranking={k: column([e.ranking[k] for e in evidence]) for k in (evidence[0].ranking if evidence else EVIDENCE)},
        seconds=column([e.seconds for e in evidence]),
        hidden=column([e.hidden for e in evidence]),
        enrolled=column(enrolled),
    )
