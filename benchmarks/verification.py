"""Who moves, told from genuine footage alone: people nobody has seen before, other activities than enrolled.

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
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import SHARED, finish

from poseprint.core.errors import PoseprintError
from poseprint.evaluation.metrics import trial_metrics
from poseprint.io.kinect import KinectRecording, read_kinect
from poseprint.movements.measure import measure
from poseprint.verification.learn_reference import Roles, calibration_halves, learn_reference
from poseprint.verification.reference import EVIDENCE, Reference, shipped
from poseprint.verification.summary import Summary
from poseprint.verification.trials import (
    LEVELS,
    POOLED,
    Probe,
    Take,
    Trials,
    probes_of,
    run_trials,
    takes_of_table,
)

SETS = ("msrc12", "utd_mhad", "isl_kinect")
"""What the reference that ships was learned from."""
OTHERS = ("utd_mhad", "isl_kinect", "precog16", "kinect_gait_164")
PEOPLE = {"kinect_gait_164": 40}
"""How many people, the first by name, of a set that has more."""
FOLD = 5
"""People of the calibrating set that are left out of a reference at a time."""
SEEDS = 3
MOST_TRIALS = 150_000
"""Trials of one table and number of axes, about; of larger tables a share of the probes is tested."""

Known = dict[str, tuple[str, str]]
"""sha256 of a recording's poses -> set and person."""
NAMES = {2: "picture", 3: "depth"}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def table(name: str) -> Path:
    return SHARED / name / "upper_body.parquet"


@cache
def shared_takes(name: str, axes: int) -> tuple[Take, ...]:
    """A set's recordings, measured once."""
    say(f"measuring {name}, {NAMES[axes]}")
    return tuple(takes_of_table(table(name), axes, group=name))


@cache
def known_people() -> Known:
    """Who is in the sets that the shipped reference was learned from; nobody where they are not at hand."""
    return {
        r.series.sha256: (name, r.series.person)
        for name in SETS
        if table(name).is_file()
        for r in read_kinect(table(name))
    }


@dataclass(frozen=True, eq=False)
class Fold:
    """People of the file that are tested together, and the people whom their reference must not know."""

    people: frozenset[str]
    unknown: frozenset[tuple[str, str]]


def folds_of(recordings: Sequence[KinectRecording], known: Known, *, seed: int = 0) -> list[Fold]:
    """All people together, unless their reference would lose more than FOLD of those it is calibrated on."""
    whom: dict[str, set[tuple[str, str]]] = {}
    for r in recordings:
        found = known.get(r.series.sha256)
        whom.setdefault(r.series.person, set()).update({found} if found else ())
    rng = np.random.default_rng(seed)
    calibrating = [p for p in sorted(whom) if any(group == Roles().calibrate for group, _ in whom[p])]
    count = max(1, -(-len(calibrating) // FOLD))
    order = [*rng.permutation(calibrating), *rng.permutation(sorted(set(whom) - set(calibrating)))]
    parts = [order[k::count] for k in range(count)]
    return [Fold(frozenset(map(str, part)), frozenset(w for p in part for w in whom[str(p)])) for part in parts]


def reference_without(people: frozenset[tuple[str, str]], axes: int, *, roles: Roles | None = None) -> Reference:
    """The reference that ships, or, if there is anybody it must not know, one learned without them."""
    if not people and roles is None:
        return shipped(axes)
    roles = roles or Roles()
    groups = (*roles.whole, *roles.between)
    takes = [t for name in groups for t in shared_takes(name, axes) if (t.group, t.person) not in people]
    reference, _ = learn_reference(
        takes, axes, roles=roles, progress=lambda done, total: say(f"  calibrating: {done}/{total}")
    )
    return reference


def takes_of(recordings: Iterable[KinectRecording], axes: int) -> list[Take]:
    """Recordings of the file that can serve."""
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


def parted(takes: Sequence[Take], seed: int) -> tuple[str, list[tuple[list[Take], list[Take]]]]:
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


def trials_of(takes: Sequence[Take], reference: Reference, seeds: int) -> tuple[list[Trials], set[str], set[str]]:
    """Trials of some people among themselves, how their recordings were parted, and what else is to be told."""
    people = len({t.person for t in takes})
    out: list[Trials] = []
    split: set[str] = set()
    notes: set[str] = set()
    quota = max(60, MOST_TRIALS // (2 * seeds * max(people, 1) * len(LEVELS)))
    for seed in range(seeds):
        by, parts = parted(takes, seed)
        split.add(by)
        four = 0
        for enrol, test in parts:
            if not enrol or not test:
                continue
            tested = thinned(probes_of(test, seed=seed), quota, seed)
            four = max(four, len({person for level, person, _ in tested if level == "4recordings"}))
            out.append(run_trials(reference, enrol, tested))
        if four < 2:
            for draw in range(POOLED):
                enrol, tested = pooled(takes, seed * POOLED + draw)
                if tested:
                    out.append(run_trials(reference, enrol, tested))
                    notes.add(
                        "half of the recordings are too few for four together: there, four are tested, the others enrolled"
                    )
    return out, split, notes


def thinned(tested: Sequence[Probe], quota: int, seed: int) -> list[Probe]:
    """At most so many probes of each level."""
    rng = np.random.default_rng(seed)
    out: list[Probe] = []
    for level in LEVELS:
        some = [p for p in tested if p[0] == level]
        keep = range(len(some)) if len(some) <= quota else sorted(rng.choice(len(some), quota, replace=False))
        out += [some[i] for i in keep]
    return out


def figures(trials: Trials | None) -> dict[str, Any]:
    """What is told of trials; None where there are none of both kinds."""
    result: dict[str, Any] = {kind: {} for kind in EVIDENCE}
    result |= {name: {} for name in ("cllr", "min_cllr", "majority", "seconds", "trials")}
    for level in LEVELS:
        some = trials.at(trials.level == level) if trials is not None else None
        for kind in EVIDENCE:
            found = trial_metrics(some, kind) if some is not None and len(some) else {}
            intervals = found.get("intervals") or {}
            result[kind][level] = {
                name: found.get(name) for name in ("auc", "eer", "min_dcf", "cllr", "min_cllr", "without_score")
            } | {f"{name}_interval": intervals.get(name) for name in ("auc", "eer", "min_dcf", "cllr")}
        result["cllr"][level], result["min_cllr"][level] = found.get("cllr"), found.get("min_cllr")
        result["majority"][level] = found.get("majority")
        result["seconds"][level] = float(np.median(some.seconds)) if some is not None and len(some) else None
        result["trials"][level] = {name: found.get(name, 0) for name in ("genuine", "impostor", "persons")}
    return rounded(result)


def rounded(value: Any) -> Any:
    """With numbers to four places."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def judged(path: Path, axes: int, seeds: int, people: int | None = None) -> dict[str, Any]:
    """The figures of a table.

    Args:
        path: of the table.
        axes: 2 or 3.
        seeds: how many times activities are parted into halves.
        people: how many of them, the first by name; None for all.

    Raises:
        PoseprintError: not such a table, or nothing in it lasts a second.
    """
    recordings = read_kinect(path)
    names = sorted({r.series.person for r in recordings})[:people]
    recordings = [r for r in recordings if r.series.person in names]
    say(f"{path.parent.name}/{path.name}, {NAMES[axes]}: {len(recordings)} recordings of {len(names)} people")
    known = known_people()
    notes: set[str] = set()
    if not known:
        ships = shipped(axes)
        there = {r.series.person for r in recordings if ships.cohort_people(r.series.sha256)}
        if there:
            notes.add(f"left out, because the reference that ships knows them: {', '.join(sorted(there))}")
            recordings = [r for r in recordings if r.series.person not in there]
    takes = takes_of(recordings, axes)
    if not takes:
        raise PoseprintError(f"{path}: nobody in it can be tested: no usable recording of a second or longer")
    parts: list[Trials] = []
    split: set[str] = set()
    shas: list[str] = []
    outside, highest = 0, 0.0
    folds = folds_of(recordings, known)
    for number, fold in enumerate(folds):
        say(f"fold {number + 1} of {len(folds)}: {len(fold.people)} people")
        own = [t for t in takes if t.person in fold.people]
        if not own:
            continue
        reference = reference_without(fold.unknown, axes)
        found, by, told = trials_of(own, reference, seeds)
        shas.append(reference.sha256 or "learned for this run")
        parts, split, notes = parts + found, split | by, notes | told
        for kind, calibration in reference.calibrations.items():
            llr = np.concatenate([t.llr[kind] for t in found]) if found else np.zeros(0)
            llr = llr[np.isfinite(llr)]
            outside += int(((llr < calibration.lower) | (llr > calibration.upper)).sum())
            highest = max(highest, float(np.abs(llr).max(initial=0)))
    trials = Trials.joined(parts) if parts else None
    if trials is None or trials.genuine.all():
        notes.add("no impostors: figures need two people with recordings to enrol and to test")
    return {
        **figures(trials),
        "axes": axes,
        "persons": len({t.person for t in takes}),
        "recordings": len(takes),
        "unusable_recordings": len(recordings) - len(takes),
        "folds": len(folds),
        "seeds": seeds,
        "split_by": sorted(split),
        "reference": sorted(set(shas)),
        "llr_out_of_bounds": outside,
        "llr_furthest_from_0": round(highest, 3),
        "notes": sorted(notes),
    }


PROTOCOL = (
    "Each person is enrolled on half of the activities (of their recordings, where `split_by` says so) and tested on "
    "the other half, both ways, against the other people of the same fold; nobody tested is in background, cohort or "
    "calibration. One trial of 4recordings pools four of the test recordings of one mover. Intervals: 95 %, bootstrap "
    "over persons. cllr and min_cllr at the top are of both; majority is the share of impostor trials."
)


def verified(
    path: Path, axes: Sequence[int], seeds: int, people: int | None = None, *, processes: bool = False
) -> dict[str, Any]:
    """Figures with depth, and for pictures under `picture`; of one number of axes alone if only that is asked for."""
    if processes and len(axes) > 1:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        with ProcessPoolExecutor(len(axes), multiprocessing.get_context("spawn")) as pool:
            jobs = [pool.submit(judged, path, a, seeds, people) for a in axes]
            results = [job.result() for job in jobs]
    else:
        results = [judged(path, a, seeds, people) for a in axes]
    result = {**results[0], "protocol": PROTOCOL}
    return result if len(axes) == 1 else {**result, NAMES[axes[1]]: results[1]}


# ---- a change of view ---------------------------------------------------------------------------

VIEWS = ("facing_front", "facing_45deg", "facing_65deg")
LENGTHS = {2: "about 5 s", 13: "about 30 s"}
"""Recordings of a sign last 2.3 s: so many are tested together."""
VIEW_ROLES = Roles(whole=("msrc12",), between=("utd_mhad",))
"""No signer teaches here."""


def view_trials(takes: Sequence[Take], reference: Reference, view: str, same: bool, seeds: int) -> list[Trials]:
    """Signers enrolled facing front on half of the signs, tested in a view on the same signs or on the others.

    Of the view they are enrolled in, the same signs can only be repetitions: those are parted by recording.
    """
    out: list[Trials] = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for enrol, test in calibration_halves(takes, "activity", seed=seed):
            front = [t for t in enrol if t.session == VIEWS[0]]
            shown = [t for t in (enrol if same else test) if t.session == view]
            if same and view == VIEWS[0]:
                first = {id(front[i]) for i in rng.permutation(len(front))[: len(front) // 2]}
                shown = [t for t in front if id(t) not in first]
                front = [t for t in front if id(t) in first]
            tested: list[Probe] = []
            for person in sorted({t.person for t in shown}):
                own = [t.summary() for t in shown if t.person == person]
                for count in LENGTHS:
                    if len(own) >= count:
                        draws = [rng.choice(len(own), count, replace=False) for _ in range(POOLED)]
                        tested += [(str(count), person, Summary.joined([own[i] for i in d])) for d in draws]
            out.append(run_trials(reference, front, tested))
    return out


def view_figures(takes: Sequence[Take], reference: Reference, seeds: int) -> list[dict[str, Any]]:
    """A row for each view, length and choice of signs."""
    rows = []
    for same in (True, False):
        for view in VIEWS:
            trials = Trials.joined(view_trials(takes, reference, view, same, seeds))
            for count, words in LENGTHS.items():
                t = trials.at(trials.level == str(count))
                found = {kind: trial_metrics(t, kind) for kind in EVIDENCE}
                rows.append(
                    {
                        "view": view,
                        "signs": "the same" if same else "others",
                        "recordings": count,
                        "length": words,
                        "seconds": float(np.median(t.seconds)),
                        "persons": found["both"]["persons"],
                        "majority": found["both"]["majority"],
                        **{
                            kind: {n: m[n] for n in ("auc", "eer", "cllr", "min_cllr")}
                            | {"auc_interval": m["intervals"]["auc"], "eer_interval": m["intervals"]["eer"]}
                            for kind, m in found.items()
                        },
                    }
                )
    return rounded(rows)


def view_change(axes: Sequence[int], seeds: int) -> dict[str, Any]:
    """Signers enrolled facing front, seen from elsewhere, by a reference that knows no signer."""
    result: dict[str, Any] = {}
    for a in axes:
        reference = reference_without(frozenset(), a, roles=VIEW_ROLES)
        result[NAMES[a]] = view_figures(shared_takes("isl_kinect", a), reference, seeds)
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="table of the people to test (default: MSRC-12, in folds)")
    parser.add_argument("--axes", type=int, choices=(2, 3), help="pictures (2) or depth (3) alone (default: both)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="times that activities are parted into halves")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--all", action="store_true", help="other sets and a change of view too; keep the result")
    group.add_argument("--compare", action="store_true", help="all representations in one run; keep the result")
    asked = parser.parse_args(arguments)
    axes = (asked.axes,) if asked.axes else (3, 2)
    path = asked.data or table("msrc12")
    try:
        if asked.seeds < 1:
            raise PoseprintError(f"--seeds must be 1 or more, got {asked.seeds}")
        if asked.data is None and not path.is_file():
            raise PoseprintError("no measuring data at ../shared/data; give a table with --data")
        if asked.compare:
            from representations import compare

            finish("representations", compare(asked.seeds))
            return
        result = verified(path, axes, asked.seeds, processes=asked.data is None)
        if asked.all:
            result["others"] = {n: verified(table(n), axes, asked.seeds, PEOPLE.get(n)) for n in OTHERS}
            result["view"] = view_change(axes, asked.seeds)
            finish("verification", result)
            return
        print(json.dumps(result, indent=1, ensure_ascii=False))
    except (PoseprintError, OSError) as error:
        say(f"error: {error}")
        sys.exit(3)


if __name__ == "__main__":
    main()
