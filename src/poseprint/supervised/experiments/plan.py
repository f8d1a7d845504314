"""Which runs an experiment needs, and whether the data can bear them: all checked before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.supervised.data import SUBSETS, Usable, demand_features, split_movements
from poseprint.supervised.experiments.catalogue import EXPERIMENTS, SCALES, Experiment, Row, Scale
from poseprint.supervised.experiments.runs import Run, choose_recordings, split_mixed
from poseprint.supervised.settings import Settings
from poseprint.supervised.split import SplitBy

SPLITS: tuple[SplitBy, ...] = ("movement", "recording")
FEWEST_RECORDINGS = 3
"""One to train, one to validate, one to test."""


@dataclass(frozen=True)
class Persons:
    """Who is who in the experiments.

    Attributes:
        of_interest: persons of interest.
        background: in `transfer`, persons to pre-train on.
        impostors: in `transfer`, persons whom those of interest are told from; elsewhere all others are.
        transfer: persons of interest in `transfer`.
    """

    of_interest: tuple[str, ...]
    background: tuple[str, ...] = ()
    impostors: tuple[str, ...] = ()
    transfer: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedRun:
    """A run with its place in an experiment.

    Attributes:
        row: name of the row it belongs to; empty for a pre-training.
        run: what to do.
        pretraining: the run whose weights it starts from.
    """

    row: str
    run: Run
    pretraining: Run | None = None


@dataclass(frozen=True)
class Plan:
    """What is run: experiments by name, at a scale, for persons and seeds and under splits; and why others are not."""

    names: tuple[str, ...]
    scale: Scale
    persons: Persons
    splits: tuple[SplitBy, ...]
    changes: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def settings(self, row: Row) -> Settings:
        """A row's settings at this plan's scale, with the user's changes."""
        return self.scale.settings(row, self.changes)

    def runs(self, name: str) -> list[PlannedRun]:
        """The runs of an experiment, those that others start from first."""
        experiment = EXPERIMENTS[name]
        planned = []
        for row in experiment.rows:
            settings = self.settings(row)
            image = settings.model != "lstm"
            for seed in range(self.scale.image_seeds if image else self.scale.seeds):
                for by in self.splits:
                    planned += self._runs_of_row(experiment, row, replace(settings, seed=seed, split=by))
        return sorted(planned, key=lambda p: p.pretraining is not None)

    def _runs_of_row(self, experiment: Experiment, row: Row, settings: Settings) -> list[PlannedRun]:
        if experiment.kind == "transfer":
            return self._transfer_runs(row, settings)
        share = self.scale.impostors
        if experiment.kind == "lengths":
            details = {"mixed": row.mixed, "seconds": list(self.scale.seconds)}
            runs = [Run("lengths", p, settings, share, details=details) for p in self.persons.of_interest]
        else:
            runs = [Run("fit", p, settings, share) for p in self.persons.of_interest]
        return [PlannedRun(row.name, run) for run in runs]

    def _transfer_runs(self, row: Row, settings: Settings) -> list[PlannedRun]:
        share, who = self.scale.impostors, self.persons
        settings = replace(settings, stride=settings.length)  # so that minutes count each frame once
        pretraining, details = None, {}
        if row.pretrained:
            pretraining = Run("pretrain", "", replace(settings, balance=False), share, who.background)
            details = {"pre-trained on": list(who.background)}
        runs = [
            Run("transfer", person, settings, share, who.impostors, {"minutes": minutes, **details})
            for person in who.transfer
            for minutes in self.scale.minutes
        ]
        planned = [PlannedRun(row.name, run, pretraining) for run in runs]
        return [*planned, PlannedRun("", pretraining)] if pretraining else planned


def make_plan(
    name: str,
    usable: Sequence[Usable],
    *,
    scale: str = "reduced",
    splits: Sequence[str] = SPLITS,
    persons: Sequence[str] = (),
    seeds: int | None = None,
    changes: Sequence[str] = (),
) -> Plan:
    """What `poseprint experiment` will run.

    Args:
        name: in EXPERIMENTS, or all: as many as the data can bear.
        usable: the data set.
        scale: in SCALES.
        splits: recording, movement or both.
        persons: of interest; none for as many as the scale says, evenly from all who have enough footage.
        seeds: None for as many as the scale says.
        changes: key=value texts for every row's settings.

    Raises:
        PoseprintError: a name that is not known, or a value out of range.
        DatasetError: data that some of it cannot be run on.
    """
    check_names(name, scale, splits, seeds, changes)
    size = SCALES[scale]
    if seeds is not None:
        size = replace(size, seeds=seeds, image_seeds=seeds)
    names, left_out = (tuple(EXPERIMENTS) if name == "all" else (name,)), list[str]()
    of_interest, others = _persons_of_interest(usable, list(dict.fromkeys(persons)), size)
    who = Persons(of_interest)
    if "transfer" in names:
        try:
            who = _persons_of_transfer(of_interest, others, asked_for=bool(persons))
        except DatasetError as error:
            if name != "all":
                raise
            names, left_out = tuple(n for n in names if n != "transfer"), [f"left out: {error}"]
    if "features" in names:
        try:
            for row in EXPERIMENTS["features"].rows:
                demand_features(usable, row.settings.features)
        except DatasetError as error:
            if name != "all":
                raise
            names, left_out = tuple(n for n in names if n != "features"), [*left_out, f"left out: {error}"]
    plan = Plan(names, size, who, tuple(splits), tuple(changes), tuple(left_out))  # type: ignore[arg-type]
    _check(plan, usable)
    return plan


FIXED = {"seed": "seeds", "split": "splits", "model": "", "keypoints": "", "features": ""}
"""Settings that an experiment itself decides, and the argument that is meant instead."""


def check_names(name: str, scale: str, splits: Sequence[str], seeds: int | None, changes: Sequence[str]) -> None:
    """Raise a PoseprintError for what can be seen to be wrong without the data."""
    for value, known, what in ((name, (*EXPERIMENTS, "all"), "experiment"), (scale, SCALES, "scale")):
        if value not in known:
            raise PoseprintError(f"no {what} is called {value!r}; there are: {', '.join(known)}")
    for by in splits:
        if by not in SPLITS:
            raise PoseprintError(f"a split is by recording, by movement or both, not by {by!r}")
    if not splits or len(set(splits)) < len(splits):
        raise PoseprintError("name one split, or two that differ")
    if seeds is not None and not 1 <= seeds <= 1000:
        raise PoseprintError(f"seeds go from 1 to 1000, got {seeds}")
    Settings().changed(changes)
    for key in (text.partition("=")[0] for text in changes):
        if key in FIXED:
            raise PoseprintError(
                f"`changes` {key}: an experiment decides that itself" + (f"; see `{FIXED[key]}`" if FIXED[key] else "")
            )


def _persons_of_interest(
    usable: Sequence[Usable], persons: Sequence[str], size: Scale
) -> tuple[tuple[str, ...], list[str]]:
    """Persons of interest, and all others with enough footage."""
    recordings: dict[str, int] = {}
    for recording in usable:
        person = recording.line.person
        recordings[person] = recordings.get(person, 0) + recording.is_own(person)
    enough = sorted(name for name, count in recordings.items() if count >= FEWEST_RECORDINGS)
    unknown = [p for p in persons if p not in recordings]
    if unknown:
        raise DatasetError(
            f"no usable recording of {unknown[0]!r}, a movement long; there are: {', '.join(sorted(recordings))}"
        )
    poor = [p for p in persons if p not in enough]
    if poor or not enough:
        who = poor[0] if poor else max(recordings, key=lambda name: recordings[name])
        raise DatasetError(
            f"too little footage: {who} has {recordings[who]} usable recordings of their own; an experiment needs"
            f" {FEWEST_RECORDINGS}: to train, to validate and to test on"
        )
    count = min(size.persons or len(enough), len(enough))
    chosen = tuple(persons) or tuple(enough[i * len(enough) // count] for i in range(count))
    return chosen, [name for name in enough if name not in chosen]


FEWEST_OTHERS = 3


def _persons_of_transfer(of_interest: tuple[str, ...], others: list[str], *, asked_for: bool) -> Persons:
    """Two thirds of the others to pre-train on, one third as impostors.

    Where everybody would be of interest, the last of them are others in `transfer`, unless they were asked for.
    """
    transfer = of_interest
    while not asked_for and len(others) < FEWEST_OTHERS and len(transfer) > 1:
        transfer, others = transfer[:-1], [*others, transfer[-1]]
    if len(others) < FEWEST_OTHERS:
        raise DatasetError(
            f"transfer needs at least {FEWEST_OTHERS} persons of {FEWEST_RECORDINGS} recordings besides those of"
            f" interest, two to pre-train on and one as impostor; there are {len(others)}"
        )
    count = max(2, len(others) * 2 // 3)
    return Persons(of_interest, tuple(others[:count]), tuple(others[count:]), transfer)


def _check(plan: Plan, usable: Sequence[Usable]) -> None:
    """Cut and split the footage of every person and seed as the runs will, so that what cannot be is said now."""
    checked = set()
    for name in plan.names:
        for run in (planned.run for planned in plan.runs(name)):
            footage = (name == "lengths", run.person, run.others, run.settings.split, run.settings.seed)
            if not run.person or footage in checked:
                continue
            checked.add(footage)
            try:
                _check_run(run, usable)
            except DatasetError as error:
                raise DatasetError(f"{run.person}, split by {run.settings.split}: {error}") from error


def _check_run(run: Run, usable: Sequence[Usable]) -> None:
    if run.task == "lengths":
        for mixed in (False, True):
            split_mixed(replace(run, details={**run.details, "mixed": mixed}), usable)
        return
    movements = split_movements(choose_recordings(run, usable), run.person, run.settings)
    for subset in SUBSETS:
        for label, who in ((1, f"{run.person}'s own"), (0, "others'")):
            if not (getattr(movements, subset).labels == label).any():
                raise DatasetError(
                    f"too little footage: none of {who} movements is left to {_USE[subset]}; add recordings"
                )


_USE = {"train": "train on", "validation": "validate on", "test": "test on"}


def describe(plan: Plan, usable: Sequence[Usable]) -> dict[str, Any]:
    """The data and who is who in it, for the record."""
    return {
        "persons": len({u.line.person for u in usable}),
        "recordings": len(usable),
        "hours": round(sum(u.seconds for u in usable) / 3600, 3),
        "movements_5s": sum((b - a) // round(5 * GRID_FPS) for u in usable for a, b in u.spans),
        "of_interest": list(plan.persons.of_interest),
        "pre-trained_on": list(plan.persons.background),
        "impostors_of_transfer": list(plan.persons.impostors),
    }
