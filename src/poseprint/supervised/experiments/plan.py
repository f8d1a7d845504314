"""Which runs an experiment needs, and whether the data can bear them: all checked before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.video import FPS
from poseprint.supervised.data import SUBSETS, Usable, split_movements
from poseprint.supervised.experiments.catalogue import EXPERIMENTS, SCALES, Experiment, Row, Scale
from poseprint.supervised.experiments.runs import Run, cast, split_mixed
from poseprint.supervised.settings import Settings
from poseprint.supervised.split import SplitBy

SPLITS: tuple[SplitBy, ...] = ("movement", "recording")
FEWEST_RECORDINGS = 3
"""One to train, one to validate, one to test."""


@dataclass(frozen=True)
class Cast:
    """Who plays what part: persons of interest; in `transfer`, persons to pre-train on, impostors, and those of
    interest."""

    persons: tuple[str, ...]
    background: tuple[str, ...]
    impostors: tuple[str, ...]
    transfer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A run with its place in an experiment.

    Attributes:
        row: name of the row it belongs to; empty for a pre-training.
        run: what to do.
        after: the pre-training it starts from.
    """

    row: str
    run: Run
    after: Run | None = None


@dataclass(frozen=True)
class Plan:
    """What is run: experiments by name, at a scale, for persons and seeds and under splits."""

    names: tuple[str, ...]
    scale: Scale
    cast: Cast
    splits: tuple[SplitBy, ...]
    changes: tuple[str, ...]
    left_out: str = ""

    def settings(self, row: Row) -> Settings:
        """A row's settings at this plan's scale, with the user's changes."""
        return self.scale.settings(row, self.changes)

    def of(self, name: str) -> list[Planned]:
        """The runs of an experiment, those that others start from first."""
        experiment = EXPERIMENTS[name]
        planned = []
        for row in experiment.rows:
            settings = self.settings(row)
            image = settings.model != "lstm"
            for seed in range(self.scale.image_seeds if image else self.scale.seeds):
                for by in self.splits:
                    planned += self._of_row(experiment, row, replace(settings, seed=seed, split=by))
        return sorted(planned, key=lambda p: p.after is not None)

    def _of_row(self, experiment: Experiment, row: Row, settings: Settings) -> list[Planned]:
        share = self.scale.impostors
        if experiment.kind == "lengths":
            details = {"mixed": row.mixed, "seconds": list(self.scale.seconds)}
            return [Planned(row.name, Run("lengths", p, settings, share, details=details)) for p in self.cast.persons]
        if experiment.kind == "transfer":
            settings = replace(settings, stride=settings.length)  # so that minutes count each frame once
            before = None
            if row.pretrained:
                before = Run("pretrain", "", replace(settings, balance=False), share, self.cast.background)
            learnt = {"pre-trained on": list(self.cast.background)} if before else {}
            runs = [
                Planned(
                    row.name, Run("transfer", p, settings, share, self.cast.impostors, {"minutes": m, **learnt}), before
                )
                for p in self.cast.transfer
                for m in self.scale.minutes
            ]
            return runs + ([Planned("", before)] if before else [])
        return [Planned(row.name, Run("fit", p, settings, share)) for p in self.cast.persons]


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
    names, left_out = (tuple(EXPERIMENTS) if name == "all" else (name,)), ""
    chosen, others = _roles(usable, list(dict.fromkeys(persons)), size)
    if "transfer" in names:
        try:
            roles = _transfer_roles(chosen, others, bool(persons))
        except DatasetError as error:
            if name != "all":
                raise
            names, left_out = tuple(n for n in names if n != "transfer"), f"left out: {error}"
            roles = Cast(chosen, (), ())
    else:
        roles = Cast(chosen, (), ())
    plan = Plan(names, size, roles, tuple(splits), tuple(changes), left_out)  # type: ignore[arg-type]
    _check(plan, usable)
    return plan


FIXED = {"seed": "--seeds", "split": "--split", "model": "", "keypoints": ""}
"""Settings that an experiment itself decides, and the option that is meant instead."""


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
                f"--set {key}: an experiment decides that itself" + (f"; see {FIXED[key]}" if FIXED[key] else "")
            )


def _roles(usable: Sequence[Usable], persons: Sequence[str], size: Scale) -> tuple[tuple[str, ...], list[str]]:
    """Persons of interest, and all others with enough footage."""
    recordings: dict[str, int] = {}
    for one in usable:
        recordings.setdefault(one.line.person, 0)
        recordings[one.line.person] += one.is_own(one.line.person)
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


def _transfer_roles(chosen: tuple[str, ...], others: list[str], asked_for: bool) -> Cast:
    """Two thirds of the others to pre-train on, one third as impostors.

    Where everybody would be of interest, the last of them are others in `transfer`, unless they were asked for.
    """
    given = chosen
    while not asked_for and len(others) < FEWEST_OTHERS and len(given) > 1:
        given, others = given[:-1], [*others, given[-1]]
    if len(others) < FEWEST_OTHERS:
        raise DatasetError(
            f"transfer needs at least {FEWEST_OTHERS} persons of {FEWEST_RECORDINGS} recordings besides those of"
            f" interest, two to pre-train on and one as impostor; there are {len(others)}"
        )
    most = max(2, len(others) * 2 // 3)
    return Cast(chosen, tuple(others[:most]), tuple(others[most:]), given)


def _check(plan: Plan, usable: Sequence[Usable]) -> None:
    """Cut and split the footage of every person and seed as the runs will, so that what cannot be is said now."""
    seen = set()
    for name in plan.names:
        for run in (planned.run for planned in plan.of(name)):
            place = (name == "lengths", run.person, run.others, run.settings.split, run.settings.seed)
            if not run.person or place in seen:
                continue
            seen.add(place)
            try:
                _check_run(run, usable)
            except DatasetError as error:
                raise DatasetError(f"{run.person}, split by {run.settings.split}: {error}") from error


def _check_run(run: Run, usable: Sequence[Usable]) -> None:
    if run.task == "lengths":
        for mixed in (False, True):
            split_mixed(replace(run, details={**run.details, "mixed": mixed}), usable)
        return
    movements = split_movements(cast(run, usable), run.person, run.settings)
    for subset in SUBSETS:
        for label, who in ((1, f"{run.person}'s own"), (0, "others'")):
            if not (getattr(movements, subset).labels == label).any():
                raise DatasetError(
                    f"too little footage: none of {who} movements is left to {_USE[subset]}; add recordings"
                )


_USE = {"train": "train on", "validation": "validate on", "test": "test on"}


def described(plan: Plan, usable: Sequence[Usable]) -> dict[str, Any]:
    """The data and who plays what part in it, for the record."""
    return {
        "persons": len({u.line.person for u in usable}),
        "recordings": len(usable),
        "hours": round(sum(u.seconds for u in usable) / 3600, 3),
        "movements_5s": sum((b - a) // round(5 * FPS) for u in usable for a, b in u.spans),
        "of_interest": list(plan.cast.persons),
        "pre-trained_on": list(plan.cast.background),
        "impostors_of_transfer": list(plan.cast.impostors),
    }
