"""A data set's usable recordings, and the movements cut from them for a person of interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Span
from poseprint.core.errors import DatasetError
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import Recording, read_recordings
from poseprint.io.parquet import read_poses
from poseprint.io.profile_folder import InputSpec
from poseprint.io.video import FPS
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect
from poseprint.supervised.movement_set import MovementSet, movement_set
from poseprint.supervised.settings import Settings
from poseprint.supervised.split import Split, split


@dataclass(frozen=True)
class Usable:
    """A recording with at least one movement that may serve.

    Attributes:
        line: of recordings.csv.
        series: its poses, cleaned, at 30 fps.
        spans: stretches of usable frames.
    """

    line: Recording
    series: PoseSeries
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """Length of the usable stretches together."""
        return sum(last - first for first, last in self.spans) / FPS

    def is_own(self, person: str) -> bool:
        """Whether a person themself moves in it."""
        return self.line.person == person and self.line.label == "real"


def load(folder: Path, settings: Settings) -> tuple[list[Usable], list[str]]:
    """The usable recordings of a data set, and a sentence for each that was left out, with the reason.

    Raises:
        DatasetError: estimators mixed, or nothing usable.
    """
    usable, left_out, kinds = [], [], {}
    for line in read_recordings(folder):
        series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
        if series.fps != FPS:
            series = resample(series, FPS)
        inspection = inspect(series, length=settings.length)
        if not any(last - first >= settings.length for first, last in inspection.spans):
            reason = "; ".join(f.message for f in inspection.findings if f.severity == "exclude")
            left_out.append(f"{line.recording} is left out: {reason or 'no whole movement in it'}")
            continue
        usable.append(Usable(line, clean(series), inspection.spans))
        kinds[(series.skeleton.name, series.estimator)] = line.recording
    if not usable:
        raise DatasetError(f"{folder}: no recording has a usable movement; {left_out[0]}")
    if len(kinds) > 1:
        raise DatasetError(
            f"{folder}: recordings of different estimators or skeletons cannot train one profile: {', '.join(kinds.values())}"
        )
    return usable, left_out


def demand_person(recordings: Sequence[Recording], person: str) -> None:
    """Raise a DatasetError that names who there is, if no recording is of a person."""
    known = sorted({r.person for r in recordings})
    if person not in known:
        raise DatasetError(f"no recording of {person!r}; the data set has: {', '.join(known)}")


def input_spec(usable: Sequence[Usable], settings: Settings) -> InputSpec:
    """What a model of these recordings takes."""
    series = usable[0].series
    return InputSpec(series.skeleton.name, FPS, settings.length, settings.normalisation, series.estimator)


def movements_of(
    usable: Sequence[Usable], person: str, settings: Settings, *, stride: int | None = None
) -> MovementSet:
    """The movements of some recordings, 1 where the person themself moves and 0 elsewhere; side by side unless
    a stride is given."""
    return MovementSet.joined(
        [
            movement_set(
                one.series,
                cut_movements(one.spans, length=settings.length, stride=stride),
                settings.normalisation,
                label=int(one.is_own(person)),
            )
            for one in usable
        ]
    )


SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class Parts:
    """Movements to train, to validate and to test on; no frame is in two of them.

    Attributes:
        train: movements settings.stride frames apart.
        validation, test: movements side by side.
        split: how they were parted.
    """

    train: MovementSet
    validation: MovementSet
    test: MovementSet
    split: Split

    def sides(self) -> dict[str, str]:
        """Recording -> train, validation or test, for movements split by recording."""
        return {name: side for side in SIDES for name in getattr(self, side).recordings}


def part(usable: Sequence[Usable], person: str, settings: Settings, *, sides: Mapping[str, str] | None = None) -> Parts:
    """Cut and part the movements of some recordings as the settings say.

    Movements side by side are parted; where the stride is shorter than a movement, those that train are cut
    anew, and the ones that share a frame with a movement set aside are left out.

    Args:
        usable: the recordings.
        person: the person of interest.
        settings: how to cut and part.
        sides: part each recording as `Parts.sides` of other settings had it. Drawn anew, a split depends on
            how many movements each recording has, and so on their length.

    Raises:
        DatasetError: see `poseprint.supervised.split.split`.
    """
    base = movements_of(usable, person, settings)
    if sides is None:
        parts = split(base, settings.split, seed=settings.seed, shares=(settings.validation_share, settings.test_share))
    else:
        given = np.array([sides[name] for name in base.recordings])
        parts = Split("recording", *(np.flatnonzero(given == side) for side in SIDES))
    train = base.subset(parts.train)
    if settings.stride < settings.length:  # a longer stride would only waste footage
        train = _denser(usable, person, settings, base, parts)
    return Parts(train, base.subset(parts.validation), base.subset(parts.test), parts)


def _denser(usable: Sequence[Usable], person: str, settings: Settings, base: MovementSet, parts: Split) -> MovementSet:
    set_aside: dict[str, list[float]] = {}
    for i in (*parts.validation, *parts.test):
        set_aside.setdefault(base.recordings[i], []).append(base.starts[i])
    trains = {base.recordings[i] for i in parts.train}
    dense = movements_of([u for u in usable if u.line.recording in trains], person, settings, stride=settings.stride)
    length = settings.length / FPS - 1e-6
    free = [
        not np.any(np.abs(np.array(set_aside.get(name, [])) - start) < length)
        for name, start in zip(dense.recordings, dense.starts, strict=True)
    ]
    return dense.subset(np.flatnonzero(free))
