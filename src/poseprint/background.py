"""What varies between people and what varies within one: a background of many, and scores made with it.

A person is a point in the space of statistics, drawn from N(mean, between); each of their recordings is drawn
around it with the covariance `within`, each movement around its recording with `moment`: the two-covariance
model of probabilistic linear discriminant analysis (Brummer and de Villiers, Odyssey 2010). Because it is all
one Gaussian, statistics that were not measured are left out exactly, by leaving out their rows.

With few people the covariances are poorly known. So motion is scored by many small models on random subsets of
the statistics, averaged (Ho, IEEE PAMI 20, 1998), each with its within covariance drawn towards a sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from poseprint.errors import PoseprintError
from poseprint.pose import Array
from poseprint.statistics import MOTION, STATIC, columns_of

KINDS: dict[str, tuple[str, ...]] = {"static": STATIC, "motion": MOTION}
"""The two kinds of evidence that are always scored apart, and the qualities each is made of."""

MEMBERS = {"static": 1, "motion": 24}
SUBSET = {"static": 1.0, "motion": 0.4}
SHRINK = {"static": 0.1, "motion": 0.15}
DIMENSIONS = {"static": 60, "motion": 100}
BETWEEN_SHRINK = 0.3
FEWEST_COLUMNS = 6
"""Statistics that must be measured on both sides for a score of a kind."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Movements of one mover, summed up.

    Attributes:
        mean: of their statistics, float64 [shape=(statistics,)]; NaN where hardly any movement has the statistic.
        recordings: how many they come from.
        movements: how many movements of 5 s they are worth: overlapping ones do not count twice.
    """

    mean: Array
    recordings: float
    movements: float

    @staticmethod
    def of(statistics: Array, seconds: float, movement_seconds: float = 5.0) -> Summary:
        """One recording's: `statistics` [shape=(movements, statistics)], `seconds` covered by them."""
        return Summary(mean_of(statistics), 1.0, seconds / movement_seconds)

    @staticmethod
    def joined(parts: Sequence[Summary]) -> Summary:
        """Several recordings' together, each counting alike."""
        if not parts:
            raise PoseprintError("no recordings to sum up")
        mean = mean_of(np.stack([p.mean for p in parts]))
        return Summary(mean, sum(p.recordings for p in parts), sum(p.movements for p in parts))


def mean_of(rows: Array) -> Array:
    """Mean over rows; NaN where fewer than half of them have a value."""
    known = np.isfinite(rows)
    total = np.where(known, rows, 0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(2 * count >= len(rows), total / np.maximum(count, 1), np.nan).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Member:
    columns: Array
    project: Array  # [columns, dimensions]: whitens what varies within a person
    between: Array  # [dimensions]
    moment: Array  # [dimensions]


@dataclass(frozen=True, eq=False)
class Background:
    """Many people, as statistics of statistics.

    Attributes:
        axes: 2 for pictures, 3 with depth.
        mean, scale: of each statistic, [shape=(statistics,)].
        within, moment, between: covariances of the scaled statistics, [shape=(statistics, statistics)].
        recording_movements: how many movements the recordings behind `within` had on average.
        cohort: scaled mean statistics of recordings of people, [shape=(recordings, statistics)].
        cohort_person: number of the person of each, [shape=(recordings,)].
        cohort_movements: how many movements each has.
    """

    axes: int
    mean: Array
    scale: Array
    within: Array
    moment: Array
    between: Array
    recording_movements: float
    cohort: Array
    cohort_person: Array
    cohort_movements: Array
    _metrics: dict[tuple[str, bytes], Metric | None] = field(default_factory=dict, repr=False)

    def metric(self, kind: str, available: Array) -> Metric | None:
        """The score of one kind on the statistics that are available; None where they are too few."""
        columns = columns_of(KINDS[kind], self.axes)
        columns = columns[available[columns]]
        key = (kind, columns.tobytes())
        if key not in self._metrics:
            self._metrics[key] = Metric.of(self, kind, columns) if len(columns) >= FEWEST_COLUMNS else None
        return self._metrics[key]

    def scaled(self, mean: Array) -> Array:
        """Statistics in the background's units [shape=(..., statistics)]."""
        return (mean - self.mean) / self.scale


@dataclass(frozen=True, eq=False)
class Metric:
    """Log-likelihood ratios of one kind of evidence, for one set of available statistics."""

    background: Background
    members: tuple[_Member, ...]

    @staticmethod
    def of(background: Background, kind: str, columns: Array) -> Metric:
        """Build the members: random subsets, the same whenever the same statistics are available."""
        rng = np.random.default_rng(7)
        count, share = MEMBERS[kind], SUBSET[kind]
        members = []
        for _ in range(count):
            size = max(FEWEST_COLUMNS, round(share * len(columns)))
            chosen = columns if size >= len(columns) else np.sort(rng.choice(columns, size, replace=False))
            block = np.ix_(chosen, chosen)
            within = background.within[block]
            sphere = np.trace(within) / len(chosen) * np.eye(len(chosen))
            values, vectors = np.linalg.eigh((1 - SHRINK[kind]) * within + SHRINK[kind] * sphere)
            whiten = vectors / np.sqrt(np.maximum(values, 1e-9))
            spread, directions = np.linalg.eigh(whiten.T @ background.between[block] @ whiten)
            best = np.argsort(-spread)[: DIMENSIONS[kind]]
            project = whiten @ directions[:, best]
            between = np.maximum((1 - BETWEEN_SHRINK) * spread[best] + BETWEEN_SHRINK * spread[best].mean(), 1e-3)
            moment = np.einsum("ij,ik,kj->j", project, background.moment[block], project)
            members.append(_Member(chosen, project, between, moment))
        return Metric(background, tuple(members))

    @cached_property
    def cohort_models(self) -> tuple[Array, Array, Array]:
        """Each cohort person enrolled on all their recordings: means, recordings, movements."""
        b = self.background
        persons = range(int(b.cohort_person.max()) + 1)
        rows = [np.flatnonzero(b.cohort_person == p) for p in persons]
        means = np.stack([b.cohort[r].mean(axis=0) for r in rows])
        counts = np.array([len(r) for r in rows], dtype=np.float64)
        return means, counts, np.array([b.cohort_movements[r].sum() for r in rows])

    def llr(self, models: Array, recordings: Array, tests: Array, test_recordings: Array, movements: Array) -> Array:
        """Natural-log likelihood ratios of "same person" to "another person", averaged over the members.

        Args:
            models: scaled mean statistics of those enrolled [shape=(models, statistics)].
            recordings: how many each was enrolled on [shape=(models,)].
            tests: of what is tested [shape=(tests, statistics)].
            test_recordings, movements: of each test [shape=(tests,)].

        Returns:
            float64 [shape=(models, tests)].
        """
        total = np.zeros((len(models), len(tests)))
        usual = self.background.recording_movements
        for member in self.members:
            model = np.nan_to_num(models[:, member.columns]) @ member.project
            test = np.nan_to_num(tests[:, member.columns]) @ member.project
            extra = np.maximum(1 / movements - 1 / (usual * test_recordings), 0)
            noise = 1 / test_recordings[:, None] + member.moment * extra[:, None]  # [tests, dims]
            known = 1 / (1 / member.between + recordings[:, None])  # posterior variance [models, dims]
            centre = known * recordings[:, None] * model
            alone = member.between + noise
            total += 0.5 * (test**2 / alone + np.log(alone)).sum(axis=1)[None]
            for i in range(len(models)):
                variance = known[i] + noise
                total[i] -= 0.5 * ((test - centre[i]) ** 2 / variance + np.log(variance)).sum(axis=1)
        return total / len(self.members)

    def normalised(self, model: Summary, tests: Sequence[Summary], *, without: int | None = None) -> Array:
        """Scores of tests against one enrolled person, normalised by the cohort (AS-norm).

        Half of it asks how the cohort's recordings score against this person, half how this recording scores
        against the cohort's people; of each, the more similar half counts (Matejka et al., Interspeech 2017).

        Args:
            model: who is enrolled.
            tests: what is tested, each a Summary.
            without: a cohort person to leave out.

        Returns:
            float64 [shape=(tests,)]; 0 is as like as the likelier half of the cohort, in its deviations.
        """
        b = self.background
        ones = np.ones(len(tests))
        points = np.stack([b.scaled(t.mean) for t in tests])
        counts = np.array([t.recordings for t in tests]), np.array([t.movements for t in tests])
        own = b.scaled(model.mean)[None], np.array([model.recordings])
        raw = self.llr(*own, points, *counts)[0]
        keep = np.ones(len(b.cohort), dtype=bool) if without is None else b.cohort_person != without
        against = self.llr(*own, b.cohort[keep], np.ones(keep.sum()), b.cohort_movements[keep])[0]
        means, recordings, _ = self.cohort_models
        persons = np.arange(len(means)) != (-1 if without is None else without)
        others = self.llr(means[persons], recordings[persons], points, *counts)
        z_mean, z_deviation = _top(against[:, None])
        t_mean, t_deviation = _top(others)
        return np.asarray(0.5 * ((raw - z_mean * ones) / z_deviation + (raw - t_mean) / t_deviation))


def _top(scores: Array) -> tuple[Array, Array]:
    """Mean and deviation of the upper half of each column's scores."""
    upper = np.sort(scores, axis=0)[len(scores) // 2 :]
    return upper.mean(axis=0), np.maximum(upper.std(axis=0), 1e-3)


@dataclass(frozen=True)
class Labelled:
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


def fit_background(recordings: Sequence[Labelled], axes: int) -> Background:
    """Estimate a background.

    Args:
        recordings: of at least three people in a group, several of each.
        axes: 2 or 3.
    """
    means = np.stack([r.summary.mean for r in recordings])
    person = np.array([f"{r.group}/{r.person}" for r in recordings])
    teaches = np.array([r.within for r in recordings])
    group = np.array([r.group for r in recordings])
    centre, scale = np.nanmean(means[teaches], axis=0), np.nanstd(means[teaches], axis=0) + 1e-6
    scaled = np.nan_to_num((means - centre) / scale)
    names, number = np.unique(person, return_inverse=True)
    count = np.bincount(number)
    by_person = np.zeros((len(names), scaled.shape[1]))
    np.add.at(by_person, number, scaled)
    by_person /= count[:, None]
    keep = teaches & (count[number] > 1)
    around = (scaled - by_person[number])[keep]
    within = (around * (count / np.maximum(count - 1, 1))[number][keep, None]).T @ around / keep.sum()
    moves = np.concatenate([np.nan_to_num(r.deviations / scale) for r in recordings if r.within])
    moment = moves.T @ moves / len(moves)
    between, people = np.zeros_like(within), 0
    for g in np.unique(group):
        members = np.unique(number[group == g])
        if len(members) > 2:
            spread = by_person[members] - by_person[members].mean(axis=0)
            between += spread.T @ spread * len(members) / (len(members) - 1)
            people += len(members)
    in_cohort = np.array([r.cohort for r in recordings])
    _, cohort_person = np.unique(number[in_cohort], return_inverse=True)
    weights = np.array([r.summary.movements for r in recordings])
    return Background(
        axes=axes,
        mean=centre,
        scale=scale,
        within=within,
        moment=moment,
        between=between / people,
        recording_movements=float(weights[teaches].mean()),
        cohort=scaled[in_cohort],
        cohort_person=cohort_person,
        cohort_movements=weights[in_cohort],
    )
