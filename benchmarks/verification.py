"""Who moves, from genuine footage alone: people nobody has seen before, other activities than enrolled.

    python benchmarks/verification.py [--data FILE] [--axes 2|3] [--seeds N] [--all | --compare]

FILE is a table of Kinect joints (see poseprint.io.kinect; default: MSRC-12 in ../shared/data). Everybody in it is
enrolled on half of the activities and tested on recordings of the other half, and the other way round, against
everybody else in it; nothing else of the file is used. The reference is the one that ships, unless it knows people of
the file: then one is learned, from ../shared/data, that does not, in folds of people where that takes too many out.

One json object goes to standard output: AUC, EER and more of static, motion and both, for 5 s, for one recording and
for four together, with depth; the same for pictures under `picture`. --all adds the other sets and a change of view
and keeps the result; --compare puts all representations behind the same protocol (about 20 minutes) and keeps that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from common import finish
from protocol import NAMES, folds_of, known_people, reference_without, rounded, say, table
from view_change import view_change

from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.evaluation.metrics import trial_metrics
from poseprint.io.kinect import KinectRecording, read_kinect
from poseprint.movements.measure import measure
from poseprint.verification.learn_reference import calibration_halves
from poseprint.verification.reference import EVIDENCE, Reference, shipped
from poseprint.verification.summary import Summary
from poseprint.verification.trials import LEVELS, POOLED, Probe, Take, Trials, probes_of, run_trials

OTHERS = ("utd_mhad", "isl_kinect", "precog16", "kinect_gait_164")
PEOPLE = {"kinect_gait_164": 40}
"""How many people, the first by name, of a set that has more."""
SEEDS = 3
MOST_TRIALS = 150_000
"""Trials of one table and number of axes, about; of larger tables a part of the probes is tested."""
PROTOCOL = (
    "Each person is enrolled on half of the activities (of their recordings, where `split_by` says so) and tested on "
    "the other half, both ways, against the other people of the same fold; nobody tested is in background, cohort or "
    "calibration. One trial of 4recordings pools four of the test recordings of one mover. Intervals: 95 %, bootstrap "
    "over persons. cllr and min_cllr at the top are of both; majority is the share of impostor trials."
)


def evaluate(
    path: Path, axes: Sequence[int], seeds: int, people: int | None = None, *, processes: bool = False
) -> dict[str, Any]:
    """Figures with depth, and for pictures under `picture`; of one number of axes alone if only that is asked for."""
    if processes and len(axes) > 1:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        with ProcessPoolExecutor(len(axes), multiprocessing.get_context("spawn")) as pool:
            jobs = [pool.submit(evaluate_axes, path, a, seeds, people) for a in axes]
            results = [job.result() for job in jobs]
    else:
        results = [evaluate_axes(path, a, seeds, people) for a in axes]
    result = {**results[0], "protocol": PROTOCOL}
    return result if len(axes) == 1 else {**result, NAMES[axes[1]]: results[1]}


def evaluate_axes(
    path: Path,
    axes: int,
    seeds: int,
    people: int | None = None,
    change: Callable[[PoseSeries], PoseSeries] = lambda series: series,
) -> dict[str, Any]:
    """The figures of a table.

    Args:
        path: of the table.
        axes: 2 or 3.
        seeds: how many times activities are split into halves.
        people: how many of them, the first by name; None for all.
        change: what befalls every recording, enrolled and tested.

    Raises:
        PoseprintError: not such a table, or nothing in it lasts a second.
    """
    recordings = read_kinect(path)
    names = sorted({r.series.person for r in recordings})[:people]
    recordings = [r for r in recordings if r.series.person in names]
    say(f"{path.parent.name}/{path.name}, {NAMES[axes]}: {len(recordings)} recordings of {len(names)} people")
    known = known_people()
    outcome = Outcome()
    if not known:
        recordings = outcome.without_known(recordings, shipped(axes))
    takes = takes_of([replace(r, series=change(r.series)) for r in recordings], axes)
    if not takes:
        raise PoseprintError(f"{path}: nobody in it can be tested: no usable recording of a second or longer")
    folds = folds_of(recordings, known)
    for number, fold in enumerate(folds):
        say(f"fold {number + 1} of {len(folds)}: {len(fold.people)} people")
        own = [t for t in takes if t.person in fold.people]
        if own:
            outcome.test(own, reference_without(fold.unknown, axes), seeds)
    trials = Trials.joined(outcome.trials) if outcome.trials else None
    if trials is None or trials.genuine.all():
        outcome.notes.add("no impostors: figures need two people with recordings to enrol and to test")
    return {
        **trial_figures(trials),
        "axes": axes,
        "persons": len({t.person for t in takes}),
        "recordings": len(takes),
        "unusable_recordings": len(recordings) - len(takes),
        "folds": len(folds),
        "seeds": seeds,
        "split_by": sorted(outcome.split_by),
        "reference": sorted(outcome.references),
        "llr_out_of_bounds": outcome.out_of_bounds,
        "llr_furthest_from_0": round(outcome.furthest, 3),
        "notes": sorted(outcome.notes),
    }


@dataclass(eq=False)
class Outcome:
    """What came of the folds of a table.

    Attributes:
        trials: of each fold and draw.
        split_by: what enrolment and test have no value of in common.
        references: sha256 of those that were used.
        out_of_bounds: LLRs beyond what their calibration can support.
        furthest: the largest LLR, for or against.
        notes: what a reader of the figures must know.
    """

    trials: list[Trials] = field(default_factory=list)
    split_by: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    out_of_bounds: int = 0
    furthest: float = 0.0
    notes: set[str] = field(default_factory=set)

    def without_known(self, recordings: Sequence[KinectRecording], reference: Reference) -> list[KinectRecording]:
        """Recordings of people whom the reference does not know."""
        known = {r.series.person for r in recordings if reference.cohort_people(r.series.sha256)}
        if known:
            self.notes.add(f"left out, because the reference that ships knows them: {', '.join(sorted(known))}")
        return [r for r in recordings if r.series.person not in known]

    def test(self, takes: Sequence[Take], reference: Reference, seeds: int) -> None:
        """Add the trials of a fold's people among themselves."""
        trials = [run_trials(reference, enrol, tested) for enrol, tested in self._draws(takes, seeds)]
        self.references.add(reference.sha256 or "learned for this run")
        self.trials += trials
        for kind, calibration in reference.calibrations.items():
            llr = np.concatenate([t.llr[kind] for t in trials]) if trials else np.zeros(0)
            llr = llr[np.isfinite(llr)]
            self.out_of_bounds += int(((llr < calibration.lower) | (llr > calibration.upper)).sum())
            self.furthest = max(self.furthest, float(np.abs(llr).max(initial=0)))

    def _draws(self, takes: Sequence[Take], seeds: int) -> Iterator[tuple[list[Take], list[Probe]]]:
        """What is enrolled and what is tested, by seed and half; notes how recordings were split."""
        people = len({t.person for t in takes})
        quota = max(60, MOST_TRIALS // (2 * seeds * max(people, 1) * len(LEVELS)))
        for seed in range(seeds):
            by, parts = split(takes, seed)
            self.split_by.add(by)
            testable = 0  # people of whom four recordings are tested together
            for enrol, test in parts:
                if not enrol or not test:
                    continue
                tested = thinned(probes_of(test, seed=seed), quota, seed)
                testable = max(testable, len({person for level, person, _ in tested if level == "4recordings"}))
                yield enrol, tested
            if testable >= 2:
                continue
            for draw in range(POOLED):
                enrol, tested = pooled(takes, seed * POOLED + draw)
                if tested:
                    self.notes.add(
                        "half of the recordings are too few for four together: there, four are tested, the others enrolled"
                    )
                    yield enrol, tested


def takes_of(recordings: Iterable[KinectRecording], axes: int) -> list[Take]:
    """The usable recordings of a table, measured."""
    takes: list[Take] = []
    for r in recordings:
        try:
            take = Take.of(measure(r.series, axes), activity=r.activity, session=r.session)
        except PoseprintError as error:
            say(f"{r.series.recording}: left out: {error}")
            continue
        if take is not None:
            takes.append(take)
    return takes


def split(takes: Sequence[Take], seed: int) -> tuple[str, list[tuple[list[Take], list[Take]]]]:
    """Halves by activity; by recording where activities leave many people with nothing to enrol or to test."""
    several = {t.person for t in takes if sum(o.person == t.person for o in takes) > 1}
    if len({t.activity for t in takes}) > 1:
        parts = calibration_halves(takes, "activity", seed=seed)
        whole = {t.person for t in parts[0][0]} & {t.person for t in parts[0][1]}
        if len(whole) >= 0.75 * len(several):
            return "activity", parts
    return "recording", calibration_halves(takes, "recording", seed=seed)


def pooled(takes: Sequence[Take], seed: int) -> tuple[list[Take], list[Probe]]:
    """Four recordings of each mover to test and the others to enrol; for people with few recordings."""
    rng = np.random.default_rng(seed)
    enrol: list[Take] = []
    tested: list[Probe] = []
    for person in sorted({t.person for t in takes}):
        own = [t for t in takes if t.person == person]
        order = rng.permutation(len(own))
        if len(own) > 4:
            tested.append(("4recordings", person, Summary.joined([own[i].summary() for i in order[:4]])))
            enrol += [own[i] for i in order[4:]]
    return enrol, tested


def thinned(tested: Sequence[Probe], quota: int, seed: int) -> list[Probe]:
    """At most so many probes of each level."""
    rng = np.random.default_rng(seed)
    out: list[Probe] = []
    for level in LEVELS:
        own = [p for p in tested if p[0] == level]
        keep = range(len(own)) if len(own) <= quota else sorted(rng.choice(len(own), quota, replace=False))
        out += [own[i] for i in keep]
    return out


def trial_figures(trials: Trials | None) -> dict[str, Any]:
    """Figures by kind of evidence and level; None where there are no trials of both kinds."""
    result: dict[str, Any] = {kind: {} for kind in EVIDENCE}
    result |= {name: {} for name in ("cllr", "min_cllr", "majority", "seconds", "trials")}
    for level in LEVELS:
        own = trials.at(trials.level == level) if trials is not None else None
        metrics: dict[str, dict[str, Any]] = {k: trial_metrics(own, k) if own else {} for k in EVIDENCE}
        for kind, m in metrics.items():
            intervals = m.get("intervals") or {}
            result[kind][level] = {
                name: m.get(name) for name in ("auc", "eer", "min_dcf", "cllr", "min_cllr", "without_score")
            } | {f"{name}_interval": intervals.get(name) for name in ("auc", "eer", "min_dcf", "cllr")}
        both = metrics["both"]
        for name in ("cllr", "min_cllr", "majority"):
            result[name][level] = both.get(name)
        result["seconds"][level] = float(np.median(own.seconds)) if own else None
        result["trials"][level] = {name: both.get(name, 0) for name in ("genuine", "impostor", "persons")}
    return rounded(result)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="table of the people to test (default: MSRC-12, in folds)")
    parser.add_argument("--axes", type=int, choices=(2, 3), help="pictures (2) or depth (3) alone (default: both)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="times that activities are split into halves")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--all", action="store_true", help="other sets and a change of view too; keep the result")
    group.add_argument("--compare", action="store_true", help="all representations in one run; keep the result")
    options = parser.parse_args(arguments)
    axes = (options.axes,) if options.axes else (3, 2)
    path = options.data or table("msrc12")
    try:
        if options.seeds < 1:
            raise PoseprintError(f"--seeds must be 1 or more, got {options.seeds}")
        if options.data is None and not path.is_file():
            raise PoseprintError("no measuring data at ../shared/data; give a table with --data")
        if options.compare:
            from comparison.run import compare  # needs scikit-learn and torch

            finish("representations", compare(options.seeds))
            return
        result = evaluate(path, axes, options.seeds, processes=options.data is None)
        if options.all:
            result["others"] = {n: evaluate(table(n), axes, options.seeds, PEOPLE.get(n)) for n in OTHERS}
            result["view"] = view_change(axes, options.seeds)
            finish("verification", result)
            return
        print(json.dumps(result, indent=1, ensure_ascii=False))
    except (PoseprintError, OSError) as error:
        say(f"error: {error}")
        sys.exit(3)


if __name__ == "__main__":
    main()
