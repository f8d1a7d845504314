"""Clips of people who talk -> what ships for films: heads and faces of many people, and calibrations of all kinds together.

Few people are at hand, so little is fitted: what a face swap leaves of each statistic chooses (`survivors`), kinds of evidence
are fused with stated weights, and a calibration is a shift and a gain. Beside other people's clips, clips in which
somebody else wears the person's face are trials too: an LLR that takes them for genuine would be worth nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError
from poseprint.movements.head import COUNT
from poseprint.movements.statistics import catalogue
from poseprint.verification.background import (
    FACE_KINDS,
    Background,
    among_all,
    columns_used,
    face_recipes,
    square_among_all,
)
from poseprint.verification.calibration import Calibration, bounds, fit_fused, fused, shift_and_gain
from poseprint.verification.learn_reference import Roles, folds_of_people, learn_background
from poseprint.verification.reference import Reference
from poseprint.verification.trials import Take, Trials, by_person, run_trials

SURVIVES = 0.7
"""Correlation between a clip and the same clip under another face from which a statistic counts as movement: half of what
varies between clips is then left."""
MOVEMENT = {"motion": 0.5, "head": 0.5, "eyes": 1.0, "mouth": 1.0}
POSTURE = {"static": 0.25, "head_posture": 0.5}
FUSIONS: dict[str, dict[str, float]] = {
    "motion": MOVEMENT,
    "static": POSTURE,
    "both": MOVEMENT | POSTURE,
    "bearing": {"motion": 1.0, "head": 1.0},
    "body": {"motion": 1.0},
    "body_posture": {"static": 1.0},
    **{kind: {kind: 1.0} for kind in FACE_KINDS},
}
"""What each LLR on films is made of: bearing is what a face swap leaves as it is. A face at rest stands beside the others and is
in none of them: who wears another's face has that expression."""


@dataclass(frozen=True, eq=False)
class Film:
    """A clip of somebody who talks.

    Attributes:
        take: measured; its person is whose body moves, its session the occasion.
        face_of: whose face is seen.
    """

    take: Take
    face_of: str

    @property
    def is_swap(self) -> bool:
        """Whether somebody moves under another's face."""
        return self.face_of != self.take.person


def survival(pairs: Array) -> Array:
    """Correlation of each statistic between clips and the same clips under another face.

    Args:
        pairs: mean statistics of head and face, original and swapped [shape=(pairs, 2, COUNT)].

    Returns:
        [shape=(COUNT,)], NaN where a statistic hardly varies.
    """
    a, b = (pairs[:, k] - pairs[:, k].mean(axis=0) for k in (0, 1))
    varies = np.minimum(a.std(axis=0), b.std(axis=0)) > 1e-6
    together = (a * b).sum(axis=0) / np.maximum(np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0)), 1e-12)
    return np.where(varies, together, np.nan)


def survivors(pairs: Array, least: float = SURVIVES) -> Array:
    """Which statistics of the table count as movement of head and face: bool [shape=(statistics,)]."""
    chosen = np.zeros(len(catalogue(2)), dtype=bool)
    chosen[-COUNT:] = survival(pairs) >= least
    return chosen


NO_PAIRS: Array = np.zeros((0, 2, COUNT))
"""Where no clip is at hand under another face."""


def with_faces(reference: Reference, films: Sequence[Film], pairs: Array, *, least: float = SURVIVES) -> Reference:
    """The reference with heads and faces of the people in some clips as background and cohort.

    Args:
        reference: of bodies.
        films: swapped ones are passed over.
        pairs: see `survival`.
        least: see `survivors`.
    """
    faces, names = fit_faces([f.take for f in films if not f.is_swap], pairs, survivors(pairs, least))
    return replace(reference, faces=faces, speakers=names)


def fit_faces(takes: Sequence[Take], pairs: Array, survives: Array) -> tuple[Background, tuple[str, ...]]:
    """Heads and faces of people: what varies between and within them, and who they are.

    Args:
        takes: of films.
        pairs: see `survival`; without any, nothing is known of what a face swap changes.
        survives: see `survivors`.

    Raises:
        DatasetError: fewer than four people with a face, or nobody on two occasions.
    """
    recipes = face_recipes(survives)
    used = columns_used(recipes)
    size, first = len(catalogue(2)), len(catalogue(2)) - COUNT
    seen = [t for t in takes if np.isfinite(t.summary().mean[used]).all()]
    names = tuple(person for person, _ in by_person(seen))
    means = np.stack([t.summary().mean[used] for t in seen]) if seen else np.zeros((0, len(used)))
    number = np.array([names.index(t.person) for t in seen], dtype=np.int64)
    if len(names) < 4:
        raise DatasetError(f"a background of faces needs at least four people, got {len(names)}")
    centre = np.mean([means[number == p].mean(axis=0) for p in range(len(names))], axis=0)
    scale = means.std(axis=0) + 1e-3
    scaled = (means - centre) / scale
    people = np.stack([scaled[number == p].mean(axis=0) for p in range(len(names))])
    occasions = [
        _occasions(scaled[number == p], [t.session for t in own]) for p, (_, own) in enumerate(by_person(seen))
    ]
    drift = np.concatenate([o - o.mean(axis=0) for o in occasions if len(o) > 1] or [np.zeros((0, len(used)))])
    free = len(drift) - sum(len(o) > 1 for o in occasions)
    if not free:
        raise DatasetError("a background of faces needs somebody on two occasions")
    deviations = np.concatenate([_deviations(t.statistics[:, used] / scale) for t in seen])
    moment = deviations.T @ deviations / max(len(deviations) - len(seen), 1)
    other_face = (pairs[:, 1] - pairs[:, 0])[:, used - first] / scale
    # Within a person: movements around their clip, a clip under another face, occasions around the person.
    within = moment + other_face.T @ other_face / max(2 * len(pairs), 1) + drift.T @ drift / free
    strangers = pairs[:, 0][:, used - first] / scale
    strangers = strangers - strangers.sum(axis=0) / max(len(strangers), 1)
    between = (people.T @ people + 0.5 * strangers.T @ strangers) / (len(people) + 0.5 * len(strangers))

    movements = np.array([t.summary().movements for t in seen])
    background = Background(
        axes=2,
        mean=among_all(centre, used, size),
        scale=among_all(scale, used, size, 1.0),
        within=square_among_all(within, used, size),
        moment=square_among_all(moment, used, size),
        between=square_among_all(between, used, size),
        recording_movements=1.0,
        cohort=among_all(scaled, used, size),
        cohort_person=number,
        cohort_movements=movements,
        recipes=recipes,
    )
    return background, names


def _occasions(rows: Array, sessions: Sequence[str]) -> Array:
    """Means of clips of one person by occasion [shape=(occasions, statistics)]."""
    named = np.array(sessions)
    return np.stack([rows[named == session].mean(axis=0) for session in dict.fromkeys(sessions)])


def _deviations(rows: Array) -> Array:
    """Movements of a clip around their mean, of those in which the face is known."""
    known = rows[np.isfinite(rows).all(axis=1)]
    return np.asarray(known - known.mean(axis=0))


def calibrate_films(
    trials: Trials,
    swapped: Array,
    *,
    genuine_persons: int = 0,
    fusions: Mapping[str, Mapping[str, float]] = FUSIONS,
    weight: Array | None = None,
) -> dict[str, Calibration]:
    """Calibrations of every kind of evidence and of all together.

    Args:
        trials: of clips against people, none of a clip against clips of its own occasion, a swapped clip against the face's owner.
        swapped: of each, whether it is of a swapped clip [shape=(trials,)]; the people of such trials do not count for bounds.
        genuine_persons: further people, of other footage, whose genuine trials the lower bound may count on.
        fusions: what each LLR is made of; one of which there are no trials of both kinds is left out.
        weight: of each trial, alike unless given [shape=(trials,)].
    """
    weight, out = np.ones(len(trials)) if weight is None else weight, {}
    for name, fusion in fusions.items():
        scores = np.stack([trials.scores[kind] for kind in fusion], axis=1)
        kept = np.isfinite(scores).any(axis=1)
        genuine, clips = trials.genuine[kept], kept & ~swapped
        if genuine.all() or not genuine.any():
            continue
        people = len(set(trials.model[clips]) | set(trials.test[clips]))
        limits = bounds(len(set(trials.model[kept & trials.genuine])) + genuine_persons, people)
        out[name] = fit_fused(fusion, scores[kept], genuine, weight=weight[kept], limits=limits, persons=people)
    return out


def learn_heads(
    reference: Reference, takes: Sequence[Take], bodies: Sequence[Take], survives: Array, roles: Roles, *, seed: int = 0
) -> tuple[Reference, list[Trials]]:
    """A reference of bodies with heads and faces of the same people, and calibrations on their clips of several occasions.

    No clip is at hand under another face: what a swap changes is part of nothing here.

    Args:
        reference: of the bodies of these people.
        takes: clips of people who talk.
        bodies: those of them that show a body.
        survives: which statistics count as movement, see `survivors`.
        roles: see `poseprint.verification.learn_reference`.
        seed: of the folds of people.

    Returns:
        the reference, and the trials of each fold, whose people its background does not know.

    Raises:
        DatasetError: too few people with a face, or on two occasions.
    """
    folds = []
    for fold in folds_of_people(takes, "session", seed):
        unknown, of_others = [t for t in takes if t.person in fold], [t for t in takes if t.person not in fold]
        background = learn_background([t for t in bodies if t.person not in fold], 2, roles)
        faces, _ = fit_faces(of_others, NO_PAIRS, survives)
        folds += _occasions_apart(replace(reference, background=background, faces=faces), unknown)
    calibrations = calibrate_clips(Trials.joined(folds))
    if "both" not in calibrations:
        raise DatasetError("no two clips of one person on two occasions show enough to be compared")
    faces, speakers = fit_faces(takes, NO_PAIRS, survives)
    films = {reference.native: calibrations}
    return replace(reference, faces=faces, speakers=speakers, films=films), folds


def calibrate_clips(trials: Trials) -> dict[str, Calibration]:
    """Calibrations on clips of which none is swapped."""
    return calibrate_films(trials, np.zeros(len(trials), dtype=bool))


def _occasions_apart(reference: Reference, takes: Sequence[Take]) -> list[Trials]:
    """Every clip of a known occasion against everybody, who is enrolled on all their clips of other occasions."""
    known = [t for t in takes if t.session]
    found = []
    for person, own in by_person(known):
        for take in known:
            elsewhere = [t for t in own if take.person != person or t.session != take.session]
            if elsewhere:
                found.append(run_trials(reference, elsewhere, [("clip", take.person, take.summary())]))
    return [Trials.joined(found)] if found else []


def difference(
    one: Trials, other: Trials, fusion: Mapping[str, float], *, seed: int = 0, draws: int = 300
) -> dict[str, list[float]]:
    """How far shift and gain of a calibration fitted on one set of trials are from those of another.

    Args:
        one, other: trials, whose kinds of score may differ.
        fusion: weight of each kind, of those that a set has.
        seed, draws: of the bootstrap over persons.

    Returns:
        `shift` and `gain`: 95 % intervals of other less one. A shift is what another kind of footage may bring; where `gain` holds
        0, a test does not reject that a score says as much in one as in the other.
    """
    rng = np.random.default_rng(seed)
    fitted: list[Array] = []
    for trials in (one, other):
        kinds = [kind for kind in fusion if kind in trials.scores]
        score = fused(np.stack([trials.scores[kind] for kind in kinds], axis=1), [fusion[kind] for kind in kinds])
        people, number = np.unique(np.concatenate([trials.model, trials.test]), return_inverse=True)
        model, test = number[: len(trials)], number[len(trials) :]
        count = Counter(zip(np.minimum(model, test), np.maximum(model, test), strict=True))
        alike = np.array([1 / count[min(pair), max(pair)] for pair in zip(model, test, strict=True)])
        known = np.isfinite(score)
        found: list[tuple[float, float]] = []
        while len(found) < draws:
            times = np.bincount(rng.integers(len(people), size=len(people)), minlength=len(people))
            weight = (alike * np.where(trials.genuine, times[model], times[model] * times[test]))[known]
            if weight[trials.genuine[known]].any() and weight[~trials.genuine[known]].any():
                found.append(shift_and_gain(score[known], trials.genuine[known], weight))
        fitted.append(np.array(found))
    low, high = np.quantile(fitted[1] - fitted[0], (0.025, 0.975), axis=0)
    return {name: [float(low[k]), float(high[k])] for k, name in enumerate(("shift", "gain"))}
