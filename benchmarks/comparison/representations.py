"""Representations of a mover: fitted on a background of people, they score people enrolled against what is tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from sklearn.svm import OneClassSVM

from comparison.trials import Direction, Person, Rows, Tested, measured_rows
from poseprint.core.arrays import Array, mean_of
from poseprint.verification.background import Background, Metric, body_recipes
from poseprint.verification.learn_reference import Roles, TrainingRecording, fit_background
from poseprint.verification.summary import Summary
from poseprint.verification.trials import Take

Raw = Callable[[Sequence[Person], Sequence[Tested]], Array]


def background_of(takes: Sequence[Take], axes: int, roles: Roles, rows: Rows = measured_rows) -> Background:
    """A background in some numbers."""
    labelled = []
    for t in takes:
        table = rows(t)
        summary = Summary.of(table, t.seconds)
        whole = t.group in roles.whole
        labelled.append(
            TrainingRecording(t.person, t.group, summary, table - np.nan_to_num(summary.mean), whole, whole)
        )
    known = np.flatnonzero(np.isfinite(np.stack([r.summary.mean for r in labelled])).any(axis=0))
    recipes = {kind: replace(recipe, columns=known) for kind, recipe in body_recipes(axes).items()}
    return fit_background(labelled, axes, recipes)


def _scaled(background: Background, summaries: Sequence[Summary]) -> Array:
    """In the background's units, around the middle of its cohort's people."""
    people = np.unique(background.cohort_person)
    centre = np.mean([background.cohort[background.cohort_person == p].mean(axis=0) for p in people], axis=0)
    return np.nan_to_num(background.scaled(np.stack([s.mean for s in summaries])) - centre)


def _enrolled(people: Sequence[Person], rows: Rows) -> list[Summary]:
    return [Summary.joined([Summary.of(rows(t), t.seconds) for t in own]) for own in people]


def plda(background: Background, kind: str, columns: Array, rows: Rows = measured_rows) -> Raw:
    """PLDA on some columns: one model (kind "static") or an ensemble on random subsets ("motion")."""
    metric = Metric.of(background, replace(background.recipes[kind], columns=columns), columns)

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models, tests = _enrolled(people, rows), [t.summary(rows) for t in tested]
        return log_ratios(metric, _scaled(background, models), models, _scaled(background, tests), tests)

    return raw


def log_ratios(
    metric: Metric, models: Array, enrolled: Sequence[Summary], tests: Array, tested: Sequence[Summary]
) -> Array:
    """`Metric.llr` for many people at once: those enrolled on equally many recordings share their variances, so that
    what is left of the squares are products of matrices."""
    total = np.zeros((len(models), len(tests)))
    recordings = np.array([m.recordings for m in enrolled])
    test_recordings = np.array([t.recordings for t in tested])
    movements = np.array([t.movements for t in tested])
    extra = np.maximum(1 / movements - 1 / (metric.background.recording_movements * test_recordings), 0)
    for member in metric.members:
        model, test = models[:, member.columns] @ member.project, tests[:, member.columns] @ member.project
        noise = 1 / test_recordings[:, None] + member.moment * extra[:, None]
        alone = member.between + noise
        total += 0.5 * (test**2 / alone + np.log(alone)).sum(axis=1)
        for count in np.unique(recordings):
            own = recordings == count
            known = 1 / (1 / member.between + count)
            centre, weight = known * count * model[own], 1 / (known + noise)
            away = (
                (test**2 * weight - np.log(weight)).sum(axis=1) - 2 * centre @ (test * weight).T + centre**2 @ weight.T
            )
            total[own] -= 0.5 * away
    return total / len(metric.members)


def discriminant(background: Background, columns: Array, *, shrink: float = 0.1, dimensions: int = 14) -> Raw:
    """Linear discriminants of the background's people, and the cosine in their space."""
    block = np.ix_(columns, columns)
    within = background.within[block]
    sphere = np.trace(within) / len(columns) * np.eye(len(columns))
    values, vectors = np.linalg.eigh((1 - shrink) * within + shrink * sphere)
    whiten = vectors / np.sqrt(np.maximum(values, 1e-9))
    spread, directions = np.linalg.eigh(whiten.T @ background.between[block] @ whiten)
    project = whiten @ directions[:, np.argsort(-spread)[:dimensions]]

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models = _scaled(background, _enrolled(people, measured_rows))[:, columns] @ project
        tests = _scaled(background, [t.summary() for t in tested])[:, columns] @ project
        return _unit(models) @ _unit(tests).T

    return raw


def one_class(background: Background, columns: Array, *, nu: float = 0.1) -> Raw:
    """A one-class SVM on the movements of the enrolment alone; a test's score is the mean over its movements."""

    def rows(take: Take) -> Array:
        return np.nan_to_num(background.scaled(take.statistics))[:, columns]

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        moves = [t.movements(rows) for t in tested]
        ends = np.cumsum([len(m) for m in moves])[:-1]
        scores = []
        for own in people:
            svm = OneClassSVM(nu=nu, gamma="scale").fit(np.concatenate([rows(t) for t in own]))
            each = np.split(svm.score_samples(np.concatenate(moves)), ends)
            scores.append([float(e.mean()) for e in each])
        return np.array(scores)

    return raw


def cosine(rows: Rows, centre: Array) -> Raw:
    """Cosine of mean embeddings around the background's centre."""

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models = np.stack([mean_of(np.concatenate([rows(t) for t in own])) for own in people])
        tests = np.stack([t.movements(rows).mean(axis=0) for t in tested])
        return _unit(models - centre) @ _unit(tests - centre).T

    return raw


def _unit(points: Array) -> Array:
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)


def normalised(raw: Raw, people: Sequence[Person], tested: Sequence[Tested], cohort: Sequence[Take]) -> Array:
    """AS-norm as in `poseprint.verification.background.Metric.normalised`, for any representation."""
    names = sorted({t.person for t in cohort})
    others = [[t for t in cohort if t.person == name] for name in names]
    recordings = [Tested("recording", t.person, ((t, None),)) for t in cohort]
    own = raw(people, [*tested, *recordings])
    scores, against = own[:, : len(tested)], own[:, len(tested) :]
    z_mean, z_deviation = _top(against.T)
    t_mean, t_deviation = _top(raw(others, tested))
    return np.asarray(
        0.5 * ((scores - z_mean[:, None]) / z_deviation[:, None] + (scores - t_mean[None]) / t_deviation[None])
    )


def normal(raw: Raw, directions: Sequence[Direction], cohort: Sequence[Take]) -> list[Array]:
    """Normalised scores of each direction."""
    return [normalised(raw, d.enrolled, d.tested, cohort) for d in directions]


def _top(scores: Array) -> tuple[Array, Array]:
    upper = np.sort(scores, axis=0)[len(scores) // 2 :]
    return upper.mean(axis=0), np.maximum(upper.std(axis=0), 1e-3)
