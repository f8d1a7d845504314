"""Measured recordings of many people -> a reference: background, cohort, calibrations, and what they are worth.

Calibration is fitted on trials of people whom the background did not know: the calibrating group is parted into folds
of people, few people into every two of them, and each fold is scored with a background of all the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError
from poseprint.core.progress import Progress, silent
from poseprint.movements.statistics import catalogue
from poseprint.verification.background import (
    Background,
    Recipe,
    among_all,
    body_recipes,
    columns_used,
    square_among_all,
)
from poseprint.verification.calibration import Calibration, circumstances, fit_calibration
from poseprint.verification.reference import EVIDENCE, Reference
from poseprint.verification.summary import Summary
from poseprint.verification.trials import (
    LEVELS,
    By,
    Probe,
    Take,
    Trials,
    by_person,
    probes_of,
    probes_of_duration,
    run_trials,
)

FOLDS = 4
MANY = 16
"""People from which on they are calibrated with in FOLDS folds: of fewer, too few would be compared with each other."""
ENROLMENTS = (1, 3, 0)
"""Recordings that people are enrolled on for calibration; 0 for all of a half."""
SECONDS = (5, 10, 20, 36, 72, 144)
"""Durations that people are tested on for calibration."""
HIDDEN: tuple[tuple[str, ...], ...] = ((), ("right_wrist", "left_wrist"), ("right_wrist", "right_elbow"))
"""Keypoints that are hidden in some of the calibration's trials."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Trials of people whom the background does not know.

    Attributes:
        fitting: of all lengths, with little and much enrolment, with joints hidden: what a calibration is fitted on.
        recordings: whole recordings, everybody enrolled on a half of their own: what its figures are of.
    """

    fitting: Trials
    recordings: Trials


@dataclass(frozen=True)
class Roles:
    """What each group of people is for.

    Attributes:
        whole: groups that teach what varies within and between people, and are the cohort.
        between: groups that teach only what varies between people.
        calibrate: the group, one of `whole`, whose people are enrolled and tested for calibration.
    """

    whole: tuple[str, ...] = ("msrc12",)
    between: tuple[str, ...] = ("utd_mhad", "isl_kinect")
    calibrate: str = "msrc12"


def learn_background(takes: Sequence[Take], axes: int, roles: Roles) -> Background:
    """A background of the people of the groups that have a role."""
    used = [t for t in takes if t.group in (*roles.whole, *roles.between)]
    return fit_background([_labelled(t, roles) for t in used], axes)


def _labelled(take: Take, roles: Roles) -> TrainingRecording:
    summary = take.summary()
    whole = take.group in roles.whole
    return TrainingRecording(
        person=take.person,
        group=take.group,
        summary=summary,
        deviations=take.statistics - summary.mean,
        within=whole,
        cohort=whole,
    )


def learn_reference(
    takes: Sequence[Take],
    axes: int,
    *,
    roles: Roles | None = None,
    by: By = "activity",
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Reference, list[Fold]]:
    """A reference of the people in these takes, and the trials its calibration rests on, fold by fold.

    Args:
        takes: of all groups; those of `roles.calibrate` need activities, or several recordings a person.
        axes: 2 or 3.
        roles: what each group is for.
        by: what enrolment and test of the calibration's trials do not share.
        seed: of folds and draws.
        progress: called after each fold.

    Raises:
        DatasetError: fewer than eight people to calibrate with.
    """
    roles = roles or Roles()
    folds = []
    parted = folds_of_people([t for t in takes if t.group == roles.calibrate], by, seed)
    for number, fold in enumerate(parted):
        held_out = [t for t in takes if t.group == roles.calibrate and t.person in fold]
        others = [t for t in takes if not (t.group == roles.calibrate and t.person in fold)]
        uncalibrated = Reference(learn_background(others, axes, roles), {}, {}, {}, {}, {})
        if fitting := calibration_trials(uncalibrated, held_out, by=by, seed=seed):
            recordings = [
                run_trials(uncalibrated, enrol, probes_of(test, levels=("recording",)))
                for enrol, test in calibration_halves(held_out, by, seed=seed)
                if enrol and test
            ]
            folds.append(Fold(Trials.joined(fitting), Trials.joined(recordings)))
        progress("calibrating", number + 1, len(parted))
    calibrations = calibrate(Trials.joined([fold.fitting for fold in folds]))
    return Reference(learn_background(takes, axes, roles), calibrations, {}, {}, {}, {}), folds


def folds_of_people(takes: Sequence[Take], by: By, seed: int) -> list[list[str]]:
    """The people in FOLDS folds, each with its share of those who have several values of `by`; or, of few people, every two.

    Raises:
        DatasetError: fewer than eight people.
    """
    people = sorted({t.person for t in takes})
    if len(people) < 2 * FOLDS:
        raise DatasetError(f"calibration needs at least {2 * FOLDS} people, got {len(people)}")
    if len(people) < MANY:
        return [list(two) for two in combinations(people, 2)]
    count = Counter(person for person, value in {(t.person, getattr(t, by)) for t in takes} if value)
    order = [str(person) for person in np.random.default_rng(seed).permutation(people)]
    several = np.array_split([p for p in order if count[p] > 1], FOLDS)
    others = np.array_split([p for p in order if count[p] < 2], FOLDS)[::-1]
    return [[*map(str, some), *map(str, rest)] for some, rest in zip(several, others, strict=True)]


def calibration_halves(takes: Sequence[Take], by: By, *, seed: int = 0) -> list[tuple[list[Take], list[Take]]]:
    """Enrolment and test as the calibrations that ship were fitted on, and the same the other way around.

    All activities that there are, whoever has them, are halved at random: nobody is tested on what anybody is enrolled on, and
    whoever has activities in one half alone makes impostor trials only. Where everything has one activity, or `by` is another,
    each person's own recordings or sessions are halved instead, in one order for all; takes of an unknown session are left out.
    `evaluation.protocol.enrolment_and_test` halves each person's own activities too.
    """
    rng = np.random.default_rng(seed)
    values = sorted({t.activity for t in takes})
    if by == "activity" and len(values) > 1:
        half = set(rng.permutation(values)[: len(values) // 2])
        known, in_first = list(takes), [t.activity in half for t in takes]
    else:
        name = "session" if by == "session" else "recording"
        known = [t for t in takes if getattr(t, name)]
        order = rng.permutation(sorted({getattr(t, name) for t in known})).tolist()
        first_half: set[tuple[str, str]] = set()
        for person, theirs in by_person(known):
            own = [v for v in order if v in {getattr(t, name) for t in theirs}]
            first_half |= {(person, value) for value in own[: max(1, len(own) // 2)]}
        in_first = [(t.person, getattr(t, name)) in first_half for t in known]
    first = [t for t, inside in zip(known, in_first, strict=True) if inside]
    second = [t for t, inside in zip(known, in_first, strict=True) if not inside]
    return [(first, second), (second, first)]


def calibration_trials(reference: Reference, takes: Sequence[Take], *, by: By = "activity", seed: int) -> list[Trials]:
    """Trials of all lengths, with little and much enrolment, with everything in sight and with joints hidden."""
    trials = []
    for enrol, test in calibration_halves(takes, by, seed=seed):
        probes: list[Probe] = probes_of(test, seed=seed, levels=LEVELS[1:])
        for seconds in SECONDS:
            probes += probes_of_duration(test, seconds, seed=seed, draws=20 if seconds < 20 else 8)
        for number, count in enumerate(ENROLMENTS):
            enrolled = enrol if not count else _draw_of_each(enrol, count, seed)
            for keypoints in HIDDEN if not number else HIDDEN[:1]:
                hidden = [(level, mover, hide(s, keypoints, reference.axes)) for level, mover, s in probes]
                if enrolled and hidden:
                    trials.append(run_trials(reference, enrolled, hidden))
    return trials


def _draw_of_each(takes: Sequence[Take], count: int, seed: int) -> list[Take]:
    """At most `count` recordings of each person."""
    rng = np.random.default_rng(seed)
    drawn: list[Take] = []
    for _, theirs in by_person(takes):
        drawn += [theirs[i] for i in rng.permutation(len(theirs))[:count]]
    return drawn


def hide(summary: Summary, keypoints: Sequence[str], axes: int) -> Summary:
    """The summary without the statistics of some keypoints."""
    if not keypoints:
        return summary
    hidden = np.array([bool(set(s.keypoints) & set(keypoints)) for s in catalogue(axes)])
    return replace(summary, mean=np.where(hidden, np.nan, summary.mean))


def calibrate(trials: Trials) -> dict[str, Calibration]:
    """Calibrations of all kinds of evidence; each level of the trials weighs alike."""
    compared = len(set(trials.model[trials.genuine]))
    persons = len(set(trials.model) | set(trials.test))
    conditions = circumstances(trials.seconds, trials.hidden, trials.enrolled)
    _, level, count = np.unique(trials.level, return_inverse=True, return_counts=True)
    calibrations = {}
    for name, kinds in EVIDENCE.items():
        scores = np.stack([trials.scores[k] for k in kinds], axis=1)
        known = np.isfinite(scores).all(axis=1)
        calibrations[name] = fit_calibration(
            kinds,
            scores[known],
            conditions[known],
            trials.genuine[known],
            persons=persons,
            genuine_persons=compared,
            weight=1 / count[level][known],
        )
    return calibrations


def with_llr(trials: Trials, calibrations: Mapping[str, Calibration]) -> Trials:
    """The trials with the LLRs that these calibrations give."""
    conditions = circumstances(trials.seconds, trials.hidden, trials.enrolled)
    scores = {name: np.stack([trials.scores[k] for k in c.kinds], axis=1) for name, c in calibrations.items()}
    return replace(
        trials,
        llr={name: c.llr(scores[name], conditions) for name, c in calibrations.items()},
        ranking={name: c.unbounded(scores[name], conditions) for name, c in calibrations.items()},
    )


def told_apart(
    folds: Sequence[Trials],
    fitted_on: Trials,
    calibrations: Mapping[str, Calibration],
    fit: Callable[[Trials], Mapping[str, Calibration]] = calibrate,
) -> Trials:
    """Trials with LLRs whose scale the people in them did not help to tell.

    Args:
        folds: trials of some people each.
        fitted_on: the trials that the calibrations were fitted on.
        calibrations: of all people; their bounds hold.
        fit: what fitted them.

    Returns:
        each fold's trials as calibrations without its people tell them; ordered by the fused score where there is one, since
        calibrations of different people do not shift alike.
    """
    parts = []
    for own in folds:
        people = [*own.model, *own.test]
        found = fit(fitted_on.at(~(np.isin(fitted_on.model, people) | np.isin(fitted_on.test, people))))
        apart = {n: replace(found.get(n, c), lower=c.lower, upper=c.upper) for n, c in calibrations.items()}
        told, whole = with_llr(own, apart), with_llr(own, calibrations)
        parts.append(replace(told, ranking={n: (whole if c.fusion else told).ranking[n] for n, c in apart.items()}))
    return Trials.joined(parts)


@dataclass(frozen=True)
class TrainingRecording:
    """Movements of a recording with what a background learns from.

    Attributes:
        person: who moves.
        group: data set; only people of one group are compared.
        summary: of the recording.
        deviations: statistics of its movements around its mean, NaN where missing.
        within: whether it teaches what varies within a person; else only what varies between.
        cohort: whether it belongs to the cohort.
    """

    person: str
    group: str
    summary: Summary
    deviations: Array
    within: bool = True
    cohort: bool = True


def fit_background(
    recordings: Sequence[TrainingRecording], axes: int, recipes: Mapping[str, Recipe] | None = None
) -> Background:
    """Estimate a background.

    Args:
        recordings: of at least three people in a group, several of each; what none of them shows tells nothing.
        axes: 2 or 3.
        recipes: of what is scored; of bodies unless given.
    """
    recipes = recipes or body_recipes(axes)
    used = columns_used(recipes)
    means = np.stack([r.summary.mean for r in recordings])[:, used]
    unseen = ~np.isfinite(means[[r.within for r in recordings]]).any(axis=0)
    means[:, unseen] = 0.0
    person = np.array([f"{r.group}/{r.person}" for r in recordings])
    teaches = np.array([r.within for r in recordings])
    group = np.array([r.group for r in recordings])
    centre, scale = np.nanmean(means[teaches], axis=0), np.nanstd(means[teaches], axis=0) + 1e-6
    scaled = np.nan_to_num((means - centre) / scale)
    names, number = np.unique(person, return_inverse=True)
    count = np.bincount(number)
    person_mean = np.zeros((len(names), scaled.shape[1]))
    np.add.at(person_mean, number, scaled)
    person_mean /= count[:, None]
    several = teaches & (count[number] > 1)
    residuals = (scaled - person_mean[number])[several]
    within = (residuals * (count / np.maximum(count - 1, 1))[number][several, None]).T @ residuals / several.sum()
    deviations = np.concatenate([np.nan_to_num(r.deviations[:, used] / scale) for r in recordings if r.within])
    moment = deviations.T @ deviations / len(deviations)
    between, people = np.zeros_like(within), 0
    for name in np.unique(group):
        members = np.unique(number[group == name])
        if len(members) > 2:
            spread = person_mean[members] - person_mean[members].mean(axis=0)
            between += spread.T @ spread * len(members) / (len(members) - 1)
            people += len(members)
    in_cohort = np.array([r.cohort for r in recordings])
    _, cohort_person = np.unique(number[in_cohort], return_inverse=True)
    weights = np.array([r.summary.movements for r in recordings])
    size = len(recordings[0].summary.mean)
    return Background(
        axes=axes,
        mean=among_all(np.where(unseen, np.nan, centre), used, size),
        scale=among_all(np.where(unseen, 1.0, scale), used, size, 1.0),
        within=square_among_all(within, used, size),
        moment=square_among_all(moment, used, size),
        between=square_among_all(between / people, used, size),
        recording_movements=float(weights[teaches].mean()),
        cohort=among_all(scaled[in_cohort], used, size),
        cohort_person=cohort_person,
        cohort_movements=weights[in_cohort],
        recipes=recipes,
    )
