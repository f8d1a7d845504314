"""Which runs an experiment needs, and whether the data can bear them: all checked before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from poseprint.dataset import SplitBy
from poseprint.errors import DatasetError, PoseprintError
from poseprint.experiments.table import EXPERIMENTS, SCALES, Experiment, Row, Scale
from poseprint.experiments.tasks import Run, cast
from poseprint.loading import Usable, part
from poseprint.settings import Settings
from poseprint.video import FPS

SPLITS: tuple[SplitBy, ...] = ("movement", "recording")
FEWEST_RECORDINGS = 3
"""One to train, one to validate, one to test."""


@dataclass(frozen=True)
class Cast:
    """Who plays what part: persons of interest; persons to pre-train on; the impostors of `transfer`."""

    persons: tuple[str, ...]
    background: tuple[str, ...]
    impostors: tuple[str, ...]


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

    def settings(self, row: Row) -> Settings:
        """A row's settings at this plan's scale, with the user's changes."""
        return self.scale.settings(row).changed(self.changes)

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
            details = {"mixed": row is experiment.rows[1], "seconds": list(self.scale.seconds)}
            return [Planned(row.name, Run("lengths", p, settings, share, details=details)) for p in self.cast.persons]
        if experiment.kind == "transfer":
            before = None
            if row is experiment.rows[1]:
                before = Run("pretrain", "", replace(settings, balance=False), share, self.cast.background)
            learnt = {"pre-trained on": list(self.cast.background)} if before else {}
            runs = [
                Planned(
                    row.name, Run("transfer", p, settings, share, self.cast.impostors, {"minutes": m, **learnt}), before
                )
                for p in self.cast.persons
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
        name: in EXPERIMENTS, or all.
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
    for value, known, what in ((name, (*EXPERIMENTS, "all"), "experiment"), (scale, SCALES, "scale")):
        if value not in known:
            raise PoseprintError(f"no {what} is called {value!r}; there are: {', '.join(known)}")
    for by in splits:
        if by not in SPLITS:
            raise PoseprintError(f"a split is by recording or by movement, not by {by!r}")
    size = SCALES[scale]
    if seeds is not None:
        if not 1 <= seeds <= 1000:
            raise PoseprintError(f"seeds go from 1 to 1000, got {seeds}")
        size = replace(size, seeds=seeds, image_seeds=seeds)
    names = tuple(EXPERIMENTS) if name == "all" else (name,)
    roles = _roles(usable, persons, size, "transfer" in names)
    plan = Plan(names, size, roles, tuple(splits), tuple(changes))  # type: ignore[arg-type]
    _check(plan, usable)
    return plan


def _roles(usable: Sequence[Usable], persons: Sequence[str], size: Scale, transfer: bool) -> Cast:
    recordings: dict[str, int] = {}
    for one in usable:
        recordings.setdefault(one.line.person, 0)
        recordings[one.line.person] += one.is_own(one.line.person)
    enough = sorted(name for name, count in recordings.items() if count >= FEWEST_RECORDINGS)
    unknown = [p for p in persons if p not in recordings]
    if unknown:
        raise DatasetError(f"no usable recording of {unknown[0]!r}; there are: {', '.join(sorted(recordings))}")
    poor = [p for p in persons if p not in enough]
    if poor or not enough:
        who = poor[0] if poor else max(recordings, key=lambda name: recordings[name])
        raise DatasetError(
            f"{who} has {recordings[who]} usable recordings of their own; an experiment needs {FEWEST_RECORDINGS}:"
            " to train, to validate and to test on"
        )
    count = min(size.persons or len(enough), len(enough))
    chosen = tuple(persons) or tuple(enough[i * len(enough) // count] for i in range(count))
    others = [name for name in enough if name not in chosen]
    if transfer and len(chosen) == len(enough) and not persons:  # everybody is of interest: leave some for the rest
        chosen = tuple(enough[::2])
        others = [name for name in enough if name not in chosen]
    if transfer and len(others) < 3:
        raise DatasetError(
            f"transfer needs at least three persons of {FEWEST_RECORDINGS} recordings besides those of interest,"
            f" two to pre-train on and one as impostor; there are {len(others)}"
        )
    half = max(2, len(others) * 2 // 3)
    return Cast(chosen, tuple(others[:half]), tuple(others[half:]))


def _check(plan: Plan, usable: Sequence[Usable]) -> None:
    """Cut and part the footage of every person and seed as the runs will, so that what cannot be is said now."""
    seen = set()
    for name in plan.names:
        for planned in plan.of(name):
            run = planned.run
            place = (run.person, run.others, run.settings.split, run.settings.seed, run.settings.length)
            if not run.person or place in seen:
                continue
            seen.add(place)
            try:
                parts = part(cast(run, usable), run.person, run.settings)
            except DatasetError as error:
                raise DatasetError(f"{run.person}, split by {run.settings.split}: {error}") from error
            for label, who in ((1, f"{run.person}'s own"), (0, "others'")):
                if not (parts.test.labels == label).any():
                    raise DatasetError(
                        f"{run.person}, split by {run.settings.split}: too little footage, none of {who} movements is"
                        " left to test on; add recordings"
                    )


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
