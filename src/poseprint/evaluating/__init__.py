"""A data set -> how well persons are told apart by their movement: tables, figures, json.

    poseprint.evaluate("my-data", output=Path("out"))

Everybody in it is enrolled on some of their recordings and tested on others, as `poseprint enroll` and `check` would,
with the reference that ships; whoever that reference knows is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal

from poseprint.core.errors import DatasetError
from poseprint.core.files import demand_writable, replacing
from poseprint.core.series import PoseSeries
from poseprint.core.version import __version__
from poseprint.evaluating.page import page
from poseprint.evaluating.pictures import draw_protocol
from poseprint.evaluating.protocol import (
    FEWEST_TESTED,
    MOST_CHANGED,
    SEEDS,
    STRICTEST,
    applicable,
    chosen,
    draw,
    robustness,
    tested_persons,
    told,
)
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses
from poseprint.metrics import FEWEST
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import PERTURBATIONS
from poseprint.movements.tracks import axes_of
from poseprint.verification.reference import NAMES, Reference, read_reference, shipped
from poseprint.verification.trials import By, Take

FORMAT_VERSION = 1
Space = Literal["picture", "depth"]
Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and what is being done."""
NATIVE = "kinect"
"""Estimator of the recordings that references are made from (scripts/build_reference.py); others need a comparison."""


def evaluate(
    folder: Path | str,
    *,
    reference: Reference | None = None,
    by: By | None = None,
    space: Space | None = None,
    output: Path | str,
    seed: int = 0,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Evaluate verification on a data set; writes evaluation.json, evaluation.md and figures as svg.

    Args:
        folder: a data set (docs/formats.md); its real recordings are used.
        reference: background, cohort and calibrations to use; the shipped one unless given.
        by: how enrolment and test are parted: recording, session or activity; every way that the data supports
            unless given.
        space: picture (2 axes) or depth (3 axes, where recordings tell depth); depth where all do unless given.
        output: folder for the results.
        seed: of partings, draws and intervals.
        progress: see `Progress`.
        say: called with a sentence on what is left out and what is being done.

    Returns:
        what evaluation.json holds (docs/formats.md).

    Raises:
        DatasetError: no such data set, mixed estimators, fewer than two persons to test, or no way to part.
    """
    folder, output = Path(folder), Path(output)
    tell, show = say or (lambda _: None), progress or (lambda *_: None)
    demand_writable(output)
    series, left_out = _genuine(folder)
    reference = _reference(series, reference, space, folder)
    measured = _measured(series, reference, left_out, folder.name, show)
    for sentence in left_out:
        tell(sentence)
    measured, known = _unseen(measured, reference, folder)
    takes = [one.take for one in measured]
    ways = _ways(takes, by, folder)
    reference_for = _by_person(reference, measured[0].series.estimator.name)
    notes = _notes(measured, reference, known, ways)
    for note in notes:
        tell(note)
    result: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "poseprint": __version__,
        "seed": seed,
        "partings": SEEDS,
        "data": _data(folder, measured, left_out),
        "reference": {
            "name": NAMES[reference.axes],
            "sha256": reference.sha256,
            "people": reference.facts.get("people"),
            "groups": reference.facts.get("groups"),
        },
        "persons_in_the_reference": known,
        "notes": notes,
        "protocols": {},
    }
    for way in ways:
        trials = draw(reference_for, takes, way, seed, _ticks(show, 2 * SEEDS, f"trials by {way}"))
        tell(f"by {way}: {len(trials)} trials")
        found = {"persons_tested": len(tested_persons(takes, way)), **told(trials, seed)}
        found["pictures"] = [p.name for p in draw_protocol(way, found, trials, output)]
        result["protocols"][way] = found
    strictest = next(way for way in STRICTEST if way in ways)
    enrol, test = chosen(takes, strictest, seed)
    poses = {one.take.recording: one.series for one in measured}
    result["robustness"] = {
        "by": strictest,
        "most": MOST_CHANGED,
        "rows": robustness(
            reference_for,
            enrol,
            [(take, poses[take.recording]) for take in test],
            seed=seed,
            tick=_ticks(show, len(PERTURBATIONS), "changed recordings"),
        ),
    }
    with replacing(output / "evaluation.json") as partial:
        partial.write_text(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    with replacing(output / "evaluation.md") as partial:
        partial.write_text(page(result), encoding="utf-8")
    return result


def reference_for(folder: Path, space: str | None) -> Reference:
    """A reference of one's own: that of a space, or the only one in the folder.

    Raises:
        PoseprintError: there is none, or it cannot be read.
    """
    there = [axes for axes, name in NAMES.items() if (folder / f"{name}.json").is_file()]
    wanted = [axes for axes in there if space in (None, NAMES[axes])]
    if len(wanted) != 1:
        names = " and ".join(NAMES[axes] for axes in there) or "none"
        raise DatasetError(f"{folder}: references in it: {names}; choose with --space picture or --space depth")
    return read_reference(wanted[0], folder)


def _ticks(show: Progress, total: int, what: str) -> Callable[[], None]:
    """Shows one more step done each time it is called."""
    steps = count(1)
    return lambda: show(next(steps), total, what)


def _by_person(reference: Reference, estimator: str) -> Callable[[str], Reference]:
    """The reference as the check of each enrolled person would see it, made once."""
    made: dict[str, Reference] = {}
    known = {*reference.gains, *reference.origins, *reference.films}

    def of(person: str) -> Reference:
        if person not in made:
            made[person] = reference.seen_by(estimator, person) if estimator in known else reference
        return made[person]

    return of


@dataclass(frozen=True)
class _One:
    """A usable recording."""

    take: Take
    series: PoseSeries


def _genuine(folder: Path) -> tuple[list[tuple[PoseSeries, str, str]], list[str]]:
    """Poses, activity and session of the real recordings; a sentence for each of the others."""
    found, left_out, kinds = [], [], dict[tuple[str, str], list[str]]()
    for line in read_recordings(folder):
        if line.label != "real":
            left_out.append(
                f"{line.recording} is left out: labelled {line.label}, and only genuine recordings serve here"
            )
        elif not line.person:
            left_out.append(f"{line.recording} is left out: recordings.csv does not tell who is in it")
        else:
            series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
            found.append((series, line.activity, line.session))
            info = series.estimator
            name = f"{info.name} {info.version}".strip() + (
                f" ({info.weights_sha256[:8]})" if info.weights_sha256 else ""
            )
            kinds.setdefault((series.skeleton.name, name), []).append(line.recording)
    if not found:
        raise DatasetError(f"{folder}: no real recording of a named person in it; " + "; ".join(left_out[:1]))
    if len(kinds) > 1:
        several = ", ".join(f"{name} ({own[0]}, {len(own)} in all)" for (_, name), own in kinds.items())
        raise DatasetError(
            f"{folder}: recordings of different estimators or skeletons cannot be compared: {several}; "
            "make a data set of each and evaluate them apart"
        )
    return found, left_out


def _reference(
    series: Sequence[tuple[PoseSeries, str, str]], reference: Reference | None, space: Space | None, folder: Path
) -> Reference:
    flat = next((s.recording for s, _, _ in series if axes_of(s) != 3), None)
    if space not in (None, *NAMES.values()):
        raise DatasetError(f"space {space!r}: it is picture or depth")
    axes = next((a for a, name in NAMES.items() if name == space), 2 if flat else 3)
    if reference is not None and space is None:
        axes = reference.axes
    if axes == 3 and flat:
        raise DatasetError(f"{folder}: {flat} tells no depth; evaluate in the space of pictures (--space picture)")
    if reference is not None and reference.axes != axes:
        raise DatasetError(
            f"the reference is for {NAMES[reference.axes]}, not for {NAMES[axes]}; give one of the same space"
        )
    return reference or shipped(axes)


def _measured(
    series: Sequence[tuple[PoseSeries, str, str]],
    reference: Reference,
    left_out: list[str],
    group: str,
    show: Progress,
) -> list[_One]:
    """The usable recordings, each content once; adds a sentence to `left_out` for every other."""
    found: list[_One] = []
    contents: dict[str, str] = {}
    for number, (one, activity, session) in enumerate(series, 1):
        measured = measure(one, reference.axes)
        take = Take.of(measured, group=group, activity=activity, session=session)
        twin = contents.setdefault(one.sha256, one.recording)
        if take is None:
            findings = [f for f in measured.inspection.findings if f.severity == "exclude"]
            doubts = [f.message for f in findings if f.code != "TOO_LITTLE_EVIDENCE"]
            reason = "; ".join(doubts) or "no usable stretch in it is a second long"
            left_out.append(f"{one.recording} is left out: {reason}")
        elif twin != one.recording:
            left_out.append(f"{one.recording} is left out: the same poses as {twin}")
        else:
            found.append(_One(take, one))
        show(number, len(series), "recordings measured")
    return found


def _unseen(measured: list[_One], reference: Reference, folder: Path) -> tuple[list[_One], list[str]]:
    """The recordings of persons whom the reference does not know, and the persons whom it does."""
    known = sorted({m.take.person for m in measured if reference.cohort_people(m.take.sha256)})
    kept = [one for one in measured if one.take.person not in known]
    persons = sorted({one.take.person for one in kept})
    if len(persons) < 2:
        advice = (
            f"{_names(known)} cannot be tested, being in the reference's background: add recordings of persons who are not in "
            "it, or give a reference made without these (--reference)"
            if known
            else "add recordings of other persons: whoever is tested needs impostors"
        )
        raise DatasetError(
            f"{folder}: an evaluation needs usable recordings of at least 2 persons to test, got "
            f"{len(persons)}{f' ({persons[0]})' if persons else ''}; {advice}"
        )
    return kept, known


def _names(persons: Sequence[str]) -> str:
    return ", ".join(persons[:5]) + (f" and {len(persons) - 5} more" if len(persons) > 5 else "")


def _ways(takes: Sequence[Take], by: By | None, folder: Path) -> list[By]:
    ways = applicable(takes)
    if by is not None and by not in STRICTEST:
        raise DatasetError(f"by {by!r}: it is recording, session or activity")
    if by is None and ways:
        return ways
    if by is None or by not in ways:
        what: By = by or "recording"
        several = {"recording": "two usable recordings", "session": "two sessions", "activity": "two activities"}[what]
        advice = (
            "add recordings"
            if what == "recording"
            else f"fill in the column {what} of recordings.csv, or leave --by out"
        )
        raise DatasetError(
            f"{folder}: to part enrolment and test by {what}, at least {FEWEST_TESTED} persons need {several}, got "
            f"{len(tested_persons(takes, what))}; {advice}"
        )
    return [by]


def _notes(measured: Sequence[_One], reference: Reference, known: Sequence[str], ways: Sequence[By]) -> list[str]:
    """What must be known to read the figures."""
    notes = []
    persons = {one.take.person for one in measured}
    if known:
        notes.append(
            f"Unseen persons only: {len(known)} of {len(known) + len(persons)} persons are in the reference's background "
            f"and are left out of the test ({_names(known)})."
        )
    taught = [str(g["name"]) for g in reference.facts.get("groups", ())]
    if taught:
        notes.append(
            f"The reference was made from {', '.join(taught)}. Its cohort is recognised by content and left out of tests; "
            "people who only taught it how people differ are not recognised: if these recordings are from one of those "
            "data sets, they are not unseen."
        )
    if len(persons) < FEWEST:
        notes.append(f"{len(persons)} persons are too few for intervals; {FEWEST} or more give them.")
    if "session" not in ways:
        notes.append(
            "Enrolment and test are not parted by session: day, place, clothes and camera can be the same on both sides, "
            "which flatters, static evidence above all."
        )
    estimator = measured[0].series.estimator.name
    if estimator not in (NATIVE, *reference.gains):
        notes.append(
            f"The reference was made from {NATIVE} recordings and was never compared with {estimator}: what that measures may "
            "lie beside the background."
        )
    if estimator in reference.origins:
        notes.append(
            f"Where the middle of people lies as {estimator} measures them was told by {len(reference.origins[estimator])} "
            f"people ({_names([str(n) for n in reference.facts.get('speakers', ())])}); whoever has one of these names is left "
            "out of it when enrolled, but not when tested. If these recordings are among those, they are not unseen."
        )
    return notes


def _data(folder: Path, measured: Sequence[_One], left_out: Sequence[str]) -> dict[str, Any]:
    takes = [one.take for one in measured]
    info = measured[0].series.estimator
    digest = hashlib.sha256("".join(sorted(t.sha256 for t in takes)).encode()).hexdigest()
    return {
        "name": folder.resolve().name,
        "sha256": digest,
        "persons": len({t.person for t in takes}),
        "recordings": len(takes),
        "recordings_a_person": sorted(Counter(t.person for t in takes).values()),
        "hours": sum(t.seconds for t in takes) / 3600,
        "sessions": len({t.session for t in takes} - {""}),
        "activities": len({t.activity for t in takes} - {""}),
        "estimator": {"name": info.name, "version": info.version},
        "left_out": list(left_out),
    }
