"""Measured recordings of many people -> a reference: background, cohort, calibrations, and what they are worth.

Calibration is fitted on trials of people whom the background did not know: the calibrating group is parted into folds
of people, and each fold is scored with a background of all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from poseprint.background import Background, Labelled, Summary, fit_background
from poseprint.calibration import Calibration, circumstances, fit_calibration
from poseprint.core.errors import DatasetError
from poseprint.movements.statistics import catalogue
from poseprint.reference import EVIDENCE, Reference
from poseprint.trials import LEVELS, Piece, Take, Trials, halves, lasting, pieces, run_trials

FOLDS = 4
ENROLMENTS = (1, 3, 0)
"""Recordings that people are enrolled on for calibration; 0 for all of a half."""
SECONDS = (5, 10, 20, 36, 72, 144)
HIDDEN: tuple[tuple[str, ...], ...] = ((), ("right_wrist", "left_wrist"), ("right_wrist", "right_elbow"))
"""Keypoints that are hidden in some of the calibration's trials."""


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
    """A background of the people in some takes."""
    used = [t for t in takes if t.group in (*roles.whole, *roles.between)]
    return fit_background([_labelled(t, roles) for t in used], axes)


def _labelled(take: Take, roles: Roles) -> Labelled:
    summary = take.summary()
    whole = take.group in roles.whole
    return Labelled(
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
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Reference, Trials]:
    """A reference of the people in some takes, and the trials its calibration rests on.

    Args:
        takes: of all groups; those of `roles.calibrate` need activities, or several recordings a person.
        axes: 2 or 3.
        roles: what each group is for.
        seed: of folds and draws.
        progress: called with (folds done, folds in all).

    Raises:
        DatasetError: fewer than eight people to calibrate with.
    """
    roles = roles or Roles()
    people = sorted({t.person for t in takes if t.group == roles.calibrate})
    if len(people) < 2 * FOLDS:
        raise DatasetError(f"calibration needs at least {2 * FOLDS} people in {roles.calibrate!r}, got {len(people)}")
    parts = []
    for number, fold in enumerate(np.array_split(np.random.default_rng(seed).permutation(people), FOLDS)):
        own = [t for t in takes if t.group == roles.calibrate and t.person in fold]
        rest = [t for t in takes if not (t.group == roles.calibrate and t.person in fold)]
        bare = Reference(learn_background(rest, axes, roles), {}, {}, {}, {}, {})
        parts += calibration_trials(bare, own, seed=seed)
        if progress:
            progress(number + 1, FOLDS)
    trials = Trials.joined(parts)
    calibrations = calibrate(trials, len(people))
    background = learn_background(takes, axes, roles)
    return Reference(background, calibrations, {}, {}, {}, {}), with_llr(trials, calibrations)


def calibration_trials(reference: Reference, takes: Sequence[Take], *, seed: int) -> list[Trials]:
    """Trials of all lengths, with little and much enrolment, with everything in sight and with joints hidden."""
    out = []
    for enrol, test in halves(takes, "activity", seed=seed):
        for number, count in enumerate(ENROLMENTS):
            some = enrol if not count else _first(enrol, count, seed)
            tested: list[Piece] = pieces(test, seed=seed, levels=LEVELS[1:])
            for seconds in SECONDS:
                tested += lasting(test, seconds, seed=seed, draws=20 if seconds < 20 else 8)
            hidden = HIDDEN if not number else HIDDEN[:1]
            shown = [[(n, p, hide(s, gone, reference.axes)) for n, p, s in tested] for gone in hidden]
            out += [run_trials(reference, some, pieces_) for pieces_ in shown]
    return out


def _first(takes: Sequence[Take], count: int, seed: int) -> list[Take]:
    rng = np.random.default_rng(seed)
    chosen: list[Take] = []
    for person in sorted({t.person for t in takes}):
        own = [t for t in takes if t.person == person]
        chosen += [own[i] for i in rng.permutation(len(own))[:count]]
    return chosen


def hide(summary: Summary, keypoints: Sequence[str], axes: int) -> Summary:
    """The summary without the statistics of some keypoints."""
    if not keypoints:
        return summary
    gone = np.array([bool(set(s.keypoints) & set(keypoints)) for s in catalogue(axes)])
    return replace(summary, mean=np.where(gone, np.nan, summary.mean))


def calibrate(trials: Trials, persons: int) -> dict[str, Calibration]:
    """Calibrations of all kinds of evidence; each level of the trials weighs alike."""
    around = circumstances(trials.seconds, trials.hidden, trials.enrolled)
    _, level, count = np.unique(trials.level, return_inverse=True, return_counts=True)
    out = {}
    for name, kinds in EVIDENCE.items():
        scores = np.stack([trials.scores[k] for k in kinds], axis=1)
        known = np.isfinite(scores).all(axis=1)
        out[name] = fit_calibration(
            kinds, scores[known], around[known], trials.genuine[known], persons=persons, weight=1 / count[level][known]
        )
    return out


def with_llr(trials: Trials, calibrations: Mapping[str, Calibration]) -> Trials:
    """The trials with the LLRs that these calibrations give."""
    around = circumstances(trials.seconds, trials.hidden, trials.enrolled)
    scores = {name: np.stack([trials.scores[k] for k in kinds], axis=1) for name, kinds in EVIDENCE.items()}
    return replace(
        trials,
        llr={name: calibrations[name].llr(scores[name], around) for name in EVIDENCE},
        ranking={name: calibrations[name].unbounded(scores[name], around) for name in EVIDENCE},
    )
