"""A data set's usable recordings, and the movements cut from them for a person of interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from poseprint.core.arrays import Span
from poseprint.core.errors import DatasetError
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.io.dataset import TABLE, Recording, read_recordings
from poseprint.io.parquet import read_poses
from poseprint.io.profile_folder import InputSpec
from poseprint.movements.cleaning import clean, resample
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect
from poseprint.supervised.features import FEATURES
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
        poses_sha256: of its poses as they were read.
    """

    line: Recording
    series: PoseSeries
    spans: tuple[Span, ...]
    poses_sha256: str = ""

    @property
    def seconds(self) -> float:
        """Length of the usable stretches together."""
        return sum(last - first for first, last in self.spans) / GRID_FPS

    def is_own(self, person: str) -> bool:
        """Whether a person themself moves in it."""
        return self.line.person == person and self.line.label == "real"


def load(folder: Path, settings: Settings) -> tuple[list[Usable], list[str]]:
    """The usable recordings of a data set, each once, and a sentence for each that was left out, with the reason.

    Raises:
        DatasetError: estimators mixed, nothing usable, features that a recording does not tell, or one recording twice
            as different persons or labels.
    """
    usable, left_out, kinds = [], [], {}
    first_of = dict[str, Recording]()
    for line in read_recordings(folder):
        series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
        poses_sha256 = series.sha256
        content = [key for key in (poses_sha256, series.film) if key]
        series = resample(series, GRID_FPS)
        cleaned = clean(series)
        inspection = inspect(series, length=settings.length, cleaned=cleaned)
        if not any(last - first >= settings.length for first, last in inspection.spans):
            reason = "; ".join(f.message for f in inspection.excluding)
            left_out.append(f"{line.recording} is left out: {reason or 'no whole movement in it'}")
            continue
        twin = next((first_of[key] for key in content if key in first_of), None)
        if twin is not None:  # it could come to stand on both sides of a split
            left_out.append(_left_out_twin(folder, line, twin))
            continue
        first_of.update(dict.fromkeys(content, line))
        usable.append(Usable(line, cleaned, inspection.spans, poses_sha256))
        kinds[(series.skeleton.name, series.estimator)] = line.recording
    if not usable:
        raise DatasetError(f"{folder}: no recording has a usable movement; {left_out[0]}")
    if len(kinds) > 1:
        raise DatasetError(
            f"{folder}: recordings of different estimators or skeletons cannot train one profile: {', '.join(kinds.values())}"
        )
    demand_features(usable, settings.features)
    return usable, left_out


SHOWN = 5
"""Recordings that an error names."""


def demand_features(usable: Sequence[Usable], features: str) -> None:
    """Raise a DatasetError that names the recordings which do not tell what features take."""
    chosen = FEATURES[features]
    lacking = [recording.line.recording for recording in usable if chosen.lacks(recording.series)]
    if lacking:
        more = f" and {len(lacking) - SHOWN} more" * (len(lacking) > SHOWN)
        raise DatasetError(
            f"features {features} take {chosen.what}, of which nothing is told by {', '.join(lacking[:SHOWN])}{more}:"
            f" for each, {chosen.remedy}, or remove its line"
        )


def _left_out_twin(folder: Path, line: Recording, twin: Recording) -> str:
    """The sentence for a recording that is the same as an earlier one, which must tell the same of it."""
    if (line.person, line.label) != (twin.person, twin.label):
        raise DatasetError(
            f"{folder / TABLE}: {line.recording} is the same recording as {twin.recording}, but one is {line.label} of "
            f"{line.person!r}, the other {twin.label} of {twin.person!r}; remove the wrong line"
        )
    return f"{line.recording} is left out: the same recording as {twin.recording}"


def demand_person(recordings: Sequence[Recording], person: str) -> None:
    """Raise a DatasetError that names who there is, if no recording is of a person."""
    known = sorted({r.person for r in recordings})
    if person not in known:
        raise DatasetError(f"no recording of {person!r}; the data set has: {', '.join(known)}")


def input_spec(usable: Sequence[Usable], settings: Settings) -> InputSpec:
    """What a model of these recordings takes."""
    series = usable[0].series
    return InputSpec(
        skeleton=series.skeleton.name,
        fps=GRID_FPS,
        length=settings.length,
        normalisation=settings.normalisation,
        estimator=series.estimator,
        features=settings.features,
    )


def movements_of(
    usable: Sequence[Usable], person: str, settings: Settings, *, stride: int | None = None
) -> MovementSet:
    """The movements of some recordings, 1 where the person themself moves and 0 elsewhere; side by side unless
    a stride is given."""
    return MovementSet.joined(
        [
            movement_set(
                recording.series,
                cut_movements(recording.spans, length=settings.length, stride=stride),
                settings.normalisation,
                features=settings.features,
                label=int(recording.is_own(person)),
            )
            for recording in usable
        ]
    )


SUBSETS = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitMovements:
    """Movements to train, to validate and to test on; no frame is in two of these subsets.

    Attributes:
        train: movements settings.stride frames apart.
        validation, test: movements side by side.
        split: how they were split.
    """

    train: MovementSet
    validation: MovementSet
    test: MovementSet
    split: Split

    def recording_subsets(self) -> dict[str, str]:
        """Recording -> train, validation or test, for movements split by recording."""
        return {name: subset for subset in SUBSETS for name in getattr(self, subset).recordings}


def split_movements(
    usable: Sequence[Usable], person: str, settings: Settings, *, recording_subsets: Mapping[str, str] | None = None
) -> SplitMovements:
    """Cut the movements of some recordings and split them as the settings say.

    Movements side by side are split; where the stride is shorter than a movement, those that train are cut
    anew, and the ones that share a frame with a movement set aside are left out.

    Args:
        usable: the recordings.
        person: the person of interest.
        settings: how to cut and split.
        recording_subsets: put each recording where `SplitMovements.recording_subsets` of other settings had it.
            Drawn anew, a split depends on how many movements each recording has, and so on their length.

    Raises:
        DatasetError: see `poseprint.supervised.split.split`.
    """
    base = movements_of(usable, person, settings)
    if recording_subsets is None:
        indices = split(
            base, settings.split, seed=settings.seed, shares=(settings.validation_share, settings.test_share)
        )
    else:
        subsets = np.array([recording_subsets[name] for name in base.recordings])
        indices = Split("recording", *(np.flatnonzero(subsets == subset) for subset in SUBSETS))
    train = base.subset(indices.train)
    if settings.stride < settings.length:  # a longer stride would only waste footage
        train = _denser(usable, person, settings, base, indices)
    return SplitMovements(train, base.subset(indices.validation), base.subset(indices.test), indices)


def _denser(
    usable: Sequence[Usable], person: str, settings: Settings, base: MovementSet, indices: Split
) -> MovementSet:
    """Movements that train, cut anew by the stride, without those that share a frame with one set aside."""
    set_aside: dict[str, list[float]] = {}
    for i in (*indices.validation, *indices.test):
        set_aside.setdefault(base.recordings[i], []).append(base.starts[i])
    training = {base.recordings[i] for i in indices.train}
    dense = movements_of([u for u in usable if u.line.recording in training], person, settings, stride=settings.stride)
    length = settings.length / GRID_FPS - 1e-6
    free = [
        not np.any(np.abs(np.array(set_aside.get(name, [])) - start) < length)
        for name, start in zip(dense.recordings, dense.starts, strict=True)
    ]
    return dense.subset(np.flatnonzero(free))
