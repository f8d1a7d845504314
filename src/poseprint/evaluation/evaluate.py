"""A data set -> how well persons are told apart by their movement: tables, figures, json.

    poseprint.evaluate("my-data", output=Path("out"))

Everybody in it is enrolled on some of their recordings and tested on others, as `poseprint enroll` and `check` would,
with the reference that ships; whoever that reference knows is left out.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from poseprint.core.errors import DatasetError
from poseprint.core.files import atomic_write, claimed
from poseprint.core.progress import Progress, silent
from poseprint.core.version import __version__
from poseprint.evaluation.figures import plot_protocol
from poseprint.evaluation.metrics import FEWEST
from poseprint.evaluation.page import page
from poseprint.evaluation.protocol import (
    FEWEST_TESTED,
    SEEDS,
    STRICTEST,
    ReferenceFor,
    applicable,
    draw_trials,
    protocol_results,
    tested_persons,
)
from poseprint.evaluation.recordings import (
    Space,
    UsableRecording,
    fitting_reference,
    keep_unseen,
    measure_usable,
    names_in_short,
    read_real,
)
from poseprint.evaluation.robustness import MOST_CHANGED, draw_recordings, robustness
from poseprint.verification.reference import NAMES, Reference
from poseprint.verification.trials import By, Take

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1


def evaluate(
    folder: Path | str,
    *,
    reference: Reference | Path | str | None = None,
    by: By | None = None,
    space: Space | None = None,
    output: Path | str,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Evaluate verification on a data set; writes evaluation.json, evaluation.md and figures as svg.

    Args:
        folder: a data set (docs/formats.md); its real recordings are used.
        reference: background, cohort and calibrations to use, or their folder; the shipped ones unless given.
        by: how enrolment and test are parted: recording, session or activity; every way that the data supports
            unless given.
        space: picture (2 axes) or depth (3 axes, where recordings have depth); depth where all do unless given.
        output: folder for the results.
        seed: of partings, draws and intervals.
        progress: called after each step.

    Returns:
        what evaluation.json holds (docs/formats.md).

    Raises:
        DatasetError: no such data set, mixed estimators, fewer than two persons to test, or nothing to part them by.
        PoseprintError: the output folder cannot be written, is in use, or holds files of these names from elsewhere.
    """
    folder, output = Path(folder), Path(output)
    figures = [f"{way}-*.svg" for way in STRICTEST]
    with claimed(output, {"evaluate": ["evaluation.json", "evaluation.md", *figures]}):
        result = _evaluate(folder, reference, by, space, output, seed, progress)
        _write(result, output)
    return result


def _evaluate(
    folder: Path,
    reference: Reference | Path | str | None,
    by: By | None,
    space: Space | None,
    output: Path,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """What evaluation.json holds; the figures are plotted into `output`."""
    series, left_out = read_real(folder)
    fitting = fitting_reference(series, reference, space, folder)
    measured = measure_usable(series, fitting.axes, left_out, folder.name, progress)
    for sentence in left_out:
        logger.debug(sentence)
    recordings, known = keep_unseen(measured, fitting, folder)
    takes = [r.take for r in recordings]
    ways = _ways(takes, by, folder)
    reference_for = _reference_by_person(fitting, recordings[0].series.estimator.name)
    notes = _notes(recordings, fitting, known, ways)
    for note in notes:
        logger.debug(note)
    return {
        "format_version": FORMAT_VERSION,
        "poseprint": __version__,
        "seed": seed,
        "partings": SEEDS,
        "data": _data(folder, recordings, left_out),
        "reference": {
            "name": NAMES[fitting.axes],
            "from": fitting.name,
            "sha256": fitting.sha256,
            "people": fitting.facts.get("people"),
            "groups": fitting.facts.get("groups"),
        },
        "persons_in_the_reference": known,
        "notes": notes,
        "protocols": {way: _protocol(reference_for, takes, way, seed, output, progress) for way in ways},
        "robustness": _robustness(reference_for, recordings, ways, seed, progress),
    }


def _protocol(
    reference_for: ReferenceFor, takes: Sequence[Take], by: By, seed: int, output: Path, progress: Progress
) -> dict[str, Any]:
    """The results of one protocol; its figures are plotted into `output`."""
    trials = draw_trials(reference_for, takes, by, seed, progress)
    logger.debug("by %s: %d trials", by, len(trials))
    results = {"persons_tested": len(tested_persons(takes, by)), **protocol_results(trials, seed)}
    results["pictures"] = [p.name for p in plot_protocol(by, results, trials, output)]
    return results


def _robustness(
    reference_for: ReferenceFor,
    recordings: Sequence[UsableRecording],
    ways: Sequence[By],
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """What becomes of the evidence of changed recordings, parted as strictly as the data supports."""
    strictest = next(way for way in STRICTEST if way in ways)
    enrol, test = draw_recordings([r.take for r in recordings], strictest, seed)
    poses = {r.take.recording: r.series for r in recordings}
    changed = [(take, poses[take.recording]) for take in test]
    rows = robustness(reference_for, enrol, changed, seed=seed, progress=progress)
    return {"by": strictest, "most": MOST_CHANGED, "rows": rows}


def _write(result: Mapping[str, Any], output: Path) -> None:
    with atomic_write(output / "evaluation.json") as partial:
        partial.write_text(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    with atomic_write(output / "evaluation.md") as partial:
        partial.write_text(page(result), encoding="utf-8")


def _reference_by_person(reference: Reference, estimator: str) -> ReferenceFor:
    """The reference as the check of each enrolled person would see it, made once."""
    known = {*reference.gains, *reference.origins, *reference.films}

    @cache
    def reference_for(person: str) -> Reference:
        return reference.seen_by(estimator, person) if estimator in known else reference

    return reference_for


def _ways(takes: Sequence[Take], by: By | None, folder: Path) -> list[By]:
    ways = applicable(takes)
    if by is not None and by not in STRICTEST:
        raise DatasetError(f"by {by!r}: it is recording, session or activity")
    if by is None and ways:
        return ways
    if by is None or by not in ways:
        wanted: By = by or "recording"
        several = {"recording": "two usable recordings", "session": "two sessions", "activity": "two activities"}[
            wanted
        ]
        advice = (
            "add recordings"
            if wanted == "recording"
            else f"fill in the column {wanted} of recordings.csv, or leave `by` out"
        )
        raise DatasetError(
            f"{folder}: to part enrolment and test by {wanted}, at least {FEWEST_TESTED} persons need {several}, got "
            f"{len(tested_persons(takes, wanted))}; {advice}"
        )
    return [by]


def _notes(
    recordings: Sequence[UsableRecording], reference: Reference, known: Sequence[str], ways: Sequence[By]
) -> list[str]:
    """What must be known to read the figures."""
    notes = []
    persons = {r.take.person for r in recordings}
    if known:
        notes.append(
            f"Unseen persons only: {len(known)} of {len(known) + len(persons)} persons are in the reference's background "
            f"and are left out of the test ({names_in_short(known)})."
        )
    groups = [str(g["name"]) for g in reference.facts.get("groups", ())]
    if groups:
        notes.append(
            f"The reference was made from {', '.join(groups)}. Its cohort is recognised by content and left out of tests; "
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
    estimator = recordings[0].series.estimator.name
    if estimator not in (reference.native, *reference.gains):
        notes.append(
            f"The reference was made from {reference.native} recordings and was never compared with {estimator}: what that measures may "
            "lie beside the background."
        )
    if estimator in reference.origins:
        notes.append(
            f"Where the middle of people lies as {estimator} measures them was told by {len(reference.origins[estimator])} "
            f"people ({names_in_short([str(n) for n in reference.facts.get('speakers', ())])}); whoever has one of these names is left "
            "out of it when enrolled, but not when tested. If these recordings are among those, they are not unseen."
        )
    return notes


def _data(folder: Path, recordings: Sequence[UsableRecording], left_out: Sequence[str]) -> dict[str, Any]:
    takes = [r.take for r in recordings]
    info = recordings[0].series.estimator
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
