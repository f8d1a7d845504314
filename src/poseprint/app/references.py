"""A data set of many people -> a reference of one's own; what a reference supports, as facts and in words.

    poseprint.learn_reference("my-data", "my-reference")
    poseprint.check("clip.mp4", "profile/", reference="my-reference")

Only real recordings of named people teach. Those of unnamed ones teach nothing: with the spread of such footage in place of the
background's own, people in films were told apart no better (benchmarks/film_adaptation.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError
from poseprint.core.files import claimed, ensure_apart
from poseprint.core.progress import Progress, silent
from poseprint.evaluation.error_rates import decisions, error_rates, errors, figures
from poseprint.evaluation.protocol import STRICTEST, tested_persons
from poseprint.evaluation.recordings import measure_usable, names_in_short, read_real
from poseprint.movements.head import COUNT
from poseprint.movements.statistics import catalogue
from poseprint.movements.tracks import axes_of
from poseprint.verification.background import body_recipes, columns_used
from poseprint.verification.chosen import axes_in
from poseprint.verification.learn_films import FUSIONS, SURVIVES, calibrate_clips, learn_heads
from poseprint.verification.learn_reference import FOLDS, Roles, told_apart
from poseprint.verification.learn_reference import learn_reference as learn_bodies
from poseprint.verification.reference import EVIDENCE, NAMES, Reference, read_reference, shipped, write_reference
from poseprint.verification.trials import By, Take, Trials

logger = logging.getLogger(__name__)

FEWEST = 2 * FOLDS
"""People that a reference is learned from: a calibration is fitted on each quarter of them with a background of the others."""


def learn_reference(
    dataset: Path | str, output: Path | str, *, by: By | None = None, seed: int = 0, progress: Progress = silent
) -> tuple[Reference, ...]:
    """Learn background, cohort and calibrations from a data set, and write them.

    Recordings that all tell depth give a reference with depth and one for pictures, others one for pictures; films of an estimator
    that measures heads and faces teach those too, where people are shown on several occasions.

    Args:
        dataset: a data set (docs/formats.md); its real recordings of named people are used.
        output: folder for the reference; an earlier one in it is replaced.
        by: what enrolment and test of the calibration do not share: session, activity or recording; the strictest that four
            people have two of unless given.
        seed: of folds and draws.
        progress: called after each step.

    Returns:
        the references as they were written, that for pictures first.

    Raises:
        DatasetError: no such data set, mixed estimators, fewer than eight people, or fewer than four with two of `by`.
        PoseprintError: the output folder cannot be written, is in use, or holds files of these names from elsewhere.
    """
    dataset, output = Path(dataset), Path(output)
    ensure_apart(output, [dataset])
    files = [f"{name}.{ending}" for name in NAMES.values() for ending in ("json", "safetensors")]
    with claimed(output, {"reference": files}):
        series, left_out = read_real(dataset)
        spaces = list(NAMES) if all(axes_of(s) == 3 for s, _, _ in series) else [2]
        learned = []
        for axes in spaces:
            doubts: list[str] = []
            usable = measure_usable(series, axes, doubts, dataset.resolve().name, progress)
            takes = [u.take for u in usable]
            estimator = series[0][0].estimator
            reference = _learn(takes, axes, estimator.name, by, seed, dataset, [*left_out, *doubts], progress)
            learned.append(reference)
        for reference in learned:
            write_reference(reference, output)
        for name in files:
            if name.partition(".")[0] not in {NAMES[axes] for axes in spaces}:
                (output / name).unlink(missing_ok=True)  # of an earlier reference
    return tuple(read_reference(axes, output) for axes in spaces)


def _learn(
    takes: Sequence[Take],
    axes: int,
    estimator: str,
    by: By | None,
    seed: int,
    dataset: Path,
    left_out: Sequence[str],
    progress: Progress,
) -> Reference:
    """The reference of some takes, with its facts."""
    bodies = [t for t in takes if _shows_body(t, axes)]
    way = _way(bodies, by, dataset, left_out)
    name, roles = dataset.resolve().name, Roles((takes[0].group,), (), takes[0].group)
    reference, folds = learn_bodies(bodies, axes, roles=roles, by=way, seed=seed, progress=progress)
    fitted_on = Trials.joined([fold.fitting for fold in folds])
    told = [
        told_apart([getattr(fold, of) for fold in folds], fitted_on, reference.calibrations)
        for of in ("fitting", "recordings")
    ]
    people = sorted({t.person for t in bodies})
    known = people + sorted(
        {t.person for t in takes}.difference(people)
    )  # the cohort's people, then those of faces alone
    notes = list(left_out)
    if len(bodies) < len(takes):
        notes.append(f"{len(takes) - len(bodies)} of {len(takes)} recordings show too little of a body to teach one")
    group = {
        "name": name,
        "people": len(people),
        "recordings": len(bodies),
        "hours": round(sum(t.seconds for t in bodies) / 3600, 2),
        "role": "background, cohort and calibration",
    }
    facts: dict[str, Any] = {
        "groups": [group],
        "calibrated_on": name,
        "parted_by": way,
        "errors": errors(told[0], data=f"the data set {name}"),
        "figures": {kind: _figures(told[1], kind) for kind in EVIDENCE},
        "recordings": {t.sha256[:16]: known.index(t.person) for t in takes},
    }
    reference = replace(reference, native=estimator)
    if axes == 2 and any(np.isfinite(t.statistics[:, -COUNT:]).any() for t in takes):
        try:
            reference, clips = learn_heads(reference, takes, bodies, _survives(), roles, seed=seed)
            facts["films"] = _of_films(
                told_apart(clips, Trials.joined(clips), reference.films[estimator], calibrate_clips), name
            )
        except DatasetError as error:
            notes.append(f"heads and faces are not learned: {error}")
    return replace(reference, facts={**facts, "notes": notes})


def _shows_body(take: Take, axes: int) -> bool:
    """Whether at least half of the statistics of a body are known."""
    return bool(np.isfinite(take.summary().mean[columns_used(body_recipes(axes))]).mean() >= 0.5)


def _survives() -> Array:
    """Which statistics of head and face count as movement: face swaps told, for the reference that ships."""
    chosen, faces = np.zeros(len(catalogue(2)), dtype=bool), shipped(2).faces
    if faces is not None:
        chosen[faces.used] = True
    return chosen


def _way(bodies: Sequence[Take], by: By | None, dataset: Path, left_out: Sequence[str]) -> By:
    """What enrolment and test are parted by.

    Raises:
        DatasetError: the people or their recordings are too few.
    """
    people = sorted({t.person for t in bodies})
    ships = "until then the reference that ships serves"
    if by is not None and by not in STRICTEST:
        raise DatasetError(f"by {by!r}: it is recording, session or activity")
    if not people:
        why = "; ".join(left_out[:3]) or "no recording shows arms, shoulders and head for long enough"
        raise DatasetError(f"{dataset}: nothing usable to learn from: {why}")
    if len(people) == 1:
        raise DatasetError(
            f"{dataset}: all usable recordings show one person ({people[0]}): how people differ cannot be learned from one; "
            f"add recordings of at least {FEWEST - 1} others"
        )
    twice = tested_persons(bodies, "recording")
    if not twice:
        raise DatasetError(
            f"{dataset}: nobody of {len(people)} people has two usable recordings: how one person varies cannot be learned; "
            f"add second recordings of at least {FOLDS} people, best of another day"
        )
    if len(people) < FEWEST:
        raise DatasetError(
            f"{dataset}: a reference needs usable recordings of at least {FEWEST} people that show their bodies, got {len(people)} "
            f"({names_in_short(people)}): its calibration is fitted on each quarter of them, with a background of the others; "
            f"{ships}"
        )
    ways = [way for way in STRICTEST if len(tested_persons(bodies, way)) >= FOLDS]
    wanted = by or "recording"
    if not ways or (by is not None and by not in ways):
        raise DatasetError(
            f"{dataset}: to be compared with themselves, at least {FOLDS} people need two usable values of {wanted}, got "
            f"{len(tested_persons(bodies, wanted))}; add recordings, or tell more in recordings.csv; {ships}"
        )
    return by or ways[0]


def _figures(trials: Trials, kind: str) -> dict[str, Any]:
    return {**figures(trials, kind), "seconds": float(np.median(trials.seconds)) if len(trials) else None}


def _of_films(told: Trials, name: str) -> dict[str, Any]:
    """What the facts say of heads, faces and calibrations on films."""
    own, found = told.model[told.genuine], decisions(told)
    return {
        "persons": len(set(told.model) | set(told.test)),
        "genuine_persons": len(set(own)),
        "gestures": 0,
        "swaps": 0,
        "swap_pairs": 0,
        "survives": SURVIVES,
        **{kind: _figures(told, kind) for kind in FUSIONS if kind in told.llr},
        "errors": {
            "evidence": "both",
            "seconds": float(np.median(told.seconds)),
            "enrolled": int(np.median(told.enrolled)),
            "data": f"clips of the data set {name}, each against everybody's clips of other occasions",
            "films": True,
            "genuine": int(told.genuine.sum()),
            "impostor": int((~told.genuine).sum()),
            "verdicts": int((found != "inconclusive").sum()),
            **error_rates(told, "both", found),
        },
    }


def references_in(folder: Path | str | None = None) -> tuple[Reference, ...]:
    """The references in a folder, or those that ship.

    Raises:
        PoseprintError: there are none, or one cannot be read.
    """
    if folder is None:
        return tuple(shipped(axes) for axes in NAMES)
    return tuple(read_reference(axes, Path(folder)) for axes in axes_in(Path(folder)))
