"""What varies between people and what varies within one: a background of many, and scores made with it.

A person is a point in the space of statistics, drawn from N(mean, between); each of their recordings is drawn
around it with the covariance `within`, each movement around its recording with `moment`: the two-covariance
model of probabilistic linear discriminant analysis (Brummer and de Villiers, Odyssey 2010). Because it is all
one Gaussian, statistics that were not measured are left out exactly, by leaving out their rows.

With few people the covariances are poorly known. So motion is scored by many small models on random subsets of
the statistics, averaged (Ho, IEEE PAMI 20, 1998), each with its within covariance drawn towards a sphere.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from scipy.linalg import eigh

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.movements.statistics import MOTION, STATIC, columns_of

KINDS: dict[str, tuple[str, ...]] = {"static": STATIC, "motion": MOTION}
"""The two kinds of evidence of a body, always scored apart, and the qualities each is made of."""

BETWEEN_SHRINK = 0.3
FEWEST_COLUMNS = 6
"""Statistics that must be measured on both sides for a score of a kind."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How one kind of evidence is scored.

    Attributes:
        columns: statistics it is made of, by their places in the table [shape=(n,)].
        members: how many models are averaged.
        subset: share of the statistics that each of them takes.
        shrink: share of a sphere in what varies within a person.
        dimensions: most directions of a model.
    """

    columns: Array
    members: int
    subset: float
    shrink: float
    dimensions: int


def columns_used(recipes: Mapping[str, Recipe]) -> Array:
    """The statistics that some score is made of [shape=(n,)]."""
    return np.unique(np.concatenate([recipe.columns for recipe in recipes.values()]))


def among_all(values: Array, used: Array, size: int, others: float = 0.0) -> Array:
    """Some statistics' values among those of all: rows of them [shape=(..., n)] as [shape=(..., size)]."""
    found = np.full((*values.shape[:-1], size), others)
    found[..., used] = values
    return found


def square_among_all(values: Array, used: Array, size: int) -> Array:
    """A covariance of some statistics [shape=(n, n)] among all [shape=(size, size)]."""
    return among_all(among_all(values, used, size).T, used, size).T


@cache
def body_recipes(axes: int) -> dict[str, Recipe]:
    """How posture and movement of a body are scored."""
    return {
        "static": Recipe(columns_of(STATIC, axes), 1, 1.0, 0.1, 60),
        "motion": Recipe(columns_of(MOTION, axes), 24, 0.4, 0.15, 100),
    }


FACE_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "head": ("head", (*MOTION, "rhythm")),
    "eyes": ("eyes", (*MOTION, "rhythm")),
    "mouth": ("mouth", (*MOTION, "rhythm")),
    "head_posture": ("head", STATIC),
    "expression": ("face", STATIC),
}
"""The kinds of evidence of a head and a face: the part and the qualities each is made of."""


def face_recipes(survives: Array) -> dict[str, Recipe]:
    """How movement and posture of a head, movement of eyes and mouth, and a face at rest are scored.

    Args:
        survives: which statistics of the table tell the same of a movement under another face; of those that are movement, the
            others do not count [shape=(statistics,)].
    """
    recipes = {}
    for kind, (part, qualities) in FACE_KINDS.items():
        columns = columns_of(qualities, 2, part)
        if qualities is STATIC:
            recipes[kind] = Recipe(columns, 1, 1.0, 0.5, 60)
        else:
            recipes[kind] = Recipe(columns[survives[columns]], 24, 0.4, 0.3, 60)
    return recipes


@dataclass(frozen=True, eq=False)
class _Member:
    """One model, on some of the statistics, in directions in which what varies within a person has variance 1."""

    columns: Array
    project: Array  # [columns, dimensions]
    between: Array  # [dimensions]
    moment: Array  # [dimensions]

    def shared(self, model: Array, noise: Array) -> float:
        """Share of where an enrolled person stands that is not theirs but their footage's, 0 to 1."""
        distance = float((model**2 / (self.between + noise)).mean())
        return max(0.0, 1 - 1 / max(distance, 1e-9))

    def enrolled(self, own: Array, counts: tuple[float, float], usual: float) -> tuple[Array, Array, Array]:
        """An enrolled person's place, the origin it is seen from (what is put down to their footage), and its variance.

        Args:
            own: mean statistics, seen from the cohort's middle [shape=(statistics,)].
            counts: recordings and movements they come from.
            usual: movements of a recording.

        Returns:
            [shape=(1, dimensions)], [shape=(dimensions,)] and [shape=(1, dimensions)].
        """
        spread = self.noise(np.array([counts[0]]), np.array([counts[1]]), usual)
        place = own[self.columns] @ self.project
        origin = self.shared(place, spread[0]) * place
        return (place - origin)[None], origin, spread

    def reach(self, tests: Array, noise: Array) -> Array:
        """What tests that stand farther out than people do are multiplied by to stand as far as people do."""
        distance = (tests**2 / (self.between + noise)).mean(axis=1, keepdims=True)
        return np.asarray(np.minimum(1.0, 1 / np.sqrt(np.maximum(distance, 1e-9))))

    def noise(self, recordings: Array, movements: Array, usual: float) -> Array:
        """Variance of means of so many recordings and movements, [shape=(tests, dimensions)]."""
        extra = np.maximum(1 / movements - 1 / (usual * recordings), 0)
        return np.asarray(1 / recordings[:, None] + self.moment * extra[:, None])

    def llr(self, models: Array, spread: Array, tests: Array, noise: Array) -> Array:
        """Natural-log likelihood ratios of "same person" to "another person".

        Args:
            models, spread: mean of each person enrolled and its variance [shape=(models, dimensions)].
            tests, noise: mean of each test and its variance [shape=(tests, dimensions)].

        Returns:
            float64 [shape=(models, tests)].
        """
        known = 1 / (1 / self.between + 1 / spread)  # posterior variance [models, dimensions]
        centre = known / spread * models
        alone = self.between + noise
        total = np.repeat(0.5 * (tests**2 / alone + np.log(alone)).sum(axis=1)[None], len(models), axis=0)
        # One loop over the fewer: all at once would be too many numbers for the processor's cache.
        for i in range(min(total.shape)):
            if len(models) <= len(tests):
                variance = known[i] + noise
                total[i] -= 0.5 * ((tests - centre[i]) ** 2 / variance + np.log(variance)).sum(axis=1)
            else:
                variance = known + noise[i]
                total[:, i] -= 0.5 * ((tests[i] - centre) ** 2 / variance + np.log(variance)).sum(axis=1)
        return np.asarray(total)


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
        recipes: how each kind of evidence is scored.

    A copy with another mean or scale shares the metrics, which depend on neither.
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
    recipes: Mapping[str, Recipe]
    _metrics: dict[tuple[str, bytes], Metric | None] = field(default_factory=dict, repr=False)

    def metric(self, kind: str, available: Array) -> Metric | None:
        """The score of one kind on the statistics that are available; None where they are too few."""
        recipe = self.recipes[kind]
        columns = recipe.columns[available[recipe.columns]]
        key = (kind, columns.tobytes())
        if key not in self._metrics:
            few = len(columns) < min(FEWEST_COLUMNS, len(recipe.columns))
            self._metrics[key] = None if few else Metric.of(self, recipe, columns)
        return self._metrics[key]

    @cached_property
    def used(self) -> Array:
        """The statistics that some score is made of [shape=(n,)]."""
        return columns_used(self.recipes)

    def scaled(self, mean: Array) -> Array:
        """Statistics in the background's units [shape=(..., statistics)]."""
        return (mean - self.mean) / self.scale


@dataclass(frozen=True, eq=False)
class Metric:
    """Log-likelihood ratios of one kind of evidence, for one set of available statistics."""

    background: Background
    members: tuple[_Member, ...]
    _norms: dict[Hashable, tuple[Array, Array]] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(background: Background, recipe: Recipe, columns: Array) -> Metric:
        """Build the members: random subsets, the same whenever the same statistics are available."""
        rng = np.random.default_rng(7)
        members = []
        for _ in range(recipe.members):
            size = max(FEWEST_COLUMNS, round(recipe.subset * len(columns)))
            chosen = columns if size >= len(columns) else np.sort(rng.choice(columns, size, replace=False))
            block = np.ix_(chosen, chosen)
            within = background.within[block]
            sphere = np.trace(within) / len(chosen) * np.eye(len(chosen))
            noise = (1 - recipe.shrink) * within + recipe.shrink * sphere
            spread, project = eigh(background.between[block], noise, check_finite=False)
            spread, project = spread[::-1][: recipe.dimensions], project[:, ::-1][:, : recipe.dimensions]
            between = np.maximum((1 - BETWEEN_SHRINK) * spread + BETWEEN_SHRINK * spread.mean(), 1e-3)
            moment = np.maximum(((background.moment[block] @ project) * project).sum(axis=0), 0)  # rounded to 16 bits
            members.append(_Member(chosen, project, between, moment))
        return Metric(background, tuple(members))

    def foreign(self, model: Array, counts: tuple[float, float]) -> float:
        """Share of where an enrolled person stands that is put down to their footage, 0 to 1, over the members.

        Args:
            model: scaled mean statistics [shape=(statistics,)].
            counts: recordings and movements they come from.
        """
        own, rests_on = np.nan_to_num(model), (np.array([counts[0]]), np.array([counts[1]]))
        usual = self.background.recording_movements
        return float(
            np.mean([m.shared(own[m.columns] @ m.project, m.noise(*rests_on, usual)[0]) for m in self.members])
        )

    @cached_property
    def cohort_models(self) -> tuple[Array, Array, Array]:
        """Each cohort person enrolled on all their recordings: means, recordings, movements."""
        b = self.background
        persons = range(int(b.cohort_person.max()) + 1)
        rows = [np.flatnonzero(b.cohort_person == p) for p in persons]
        means = np.stack([b.cohort[r].mean(axis=0) for r in rows])
        counts = np.array([len(r) for r in rows], dtype=np.float64)
        return means, counts, np.array([b.cohort_movements[r].sum() for r in rows])

    def normalised(
        self,
        model: Array,
        enrolled: tuple[float, float],
        tests: Array,
        counts: tuple[Array, Array],
        *,
        without: Collection[int] = (),
    ) -> Array:
        """Scores of tests against one enrolled person, normalised by the cohort (AS-norm).

        The middle of the cohort's people is the origin, moved towards the person enrolled as far as they stand farther
        out than people do: another kind of footage moves everybody's statistics alike, and what all share is no likeness
        (positive-part James and Stein, Berkeley Symposium 1961). Nor does a test count for standing farther out than people
        do. Half of the norm asks how the cohort's recordings score
        against this person, half how this recording scores against the cohort's people; of each, the more similar half
        counts (Matejka et al., Interspeech 2017).

        Args:
            model: scaled mean statistics of who is enrolled [shape=(statistics,)].
            enrolled: recordings and movements they are enrolled on.
            tests: scaled mean statistics of what is tested [shape=(tests, statistics)].
            counts: recordings and movements of each test.
            without: cohort people to leave out, because they are enrolled or tested.

        Returns:
            float64 [shape=(tests,)]; 0 is as like as the likelier half of the cohort, in its deviations.
        """
        means, *counted = self.cohort_models
        persons = self._persons(without)
        usual = self.background.recording_movements
        centre = means[persons].mean(axis=0)
        points, own, people = np.nan_to_num(tests - centre), np.nan_to_num(model - centre), means[persons] - centre
        theirs = counted[0][persons], counted[1][persons]
        scores = np.zeros((1 + len(people), len(tests)))  # of who is enrolled, and of the cohort's people
        for m in self.members:
            place, origin, spread = m.enrolled(own, enrolled, usual)
            noise = m.noise(*counts, usual)
            at = points[:, m.columns] @ m.project - origin
            at = at * m.reach(at, noise)
            models = np.vstack([place, people[:, m.columns] @ m.project])
            scores += m.llr(models, np.vstack([spread, m.noise(*theirs, usual)]), at, noise)
        raw, others = np.split(scores / len(self.members), [1])
        z_mean, z_deviation = self._cohort_scores(model, enrolled, frozenset(without))
        t_mean, t_deviation = _top(others)
        return np.asarray(0.5 * ((raw[0] - z_mean) / z_deviation + (raw[0] - t_mean) / t_deviation))

    def _persons(self, without: Collection[int]) -> Array:
        """Which people of the cohort are not left out [shape=(people,)]."""
        kept = ~np.isin(np.arange(len(self.cohort_models[0])), list(without))
        if kept.sum() < 2:
            raise PoseprintError("a cohort needs at least two people besides those enrolled and tested")
        return kept

    def _cohort_scores(
        self, model: Array, enrolled: tuple[float, float], without: frozenset[int]
    ) -> tuple[Array, Array]:
        """Mean and deviation of the upper half of the cohort's scores against who is enrolled, whatever is tested.

        A check asks for them twice, for the recording and for the parts of a change of mover: the last ones are kept.
        """
        key = (model.tobytes(), enrolled, without)
        known = self._norms.get(key)
        if known is None:
            b, persons = self.background, self._persons(without)
            centre, keep = self.cohort_models[0][persons].mean(axis=0), persons[b.cohort_person]
            own, cohort = np.nan_to_num(model - centre), b.cohort[keep] - centre
            counts = np.ones(keep.sum()), b.cohort_movements[keep]
            scores = np.zeros(keep.sum())
            for m in self.members:
                place, _, spread = m.enrolled(own, enrolled, b.recording_movements)
                noise = m.noise(*counts, b.recording_movements)
                scores += m.llr(place, spread, cohort[:, m.columns] @ m.project, noise)[0]
            known = _top(scores[:, None] / len(self.members))
            self._norms.clear()
            self._norms[key] = known
        return known


def _top(scores: Array) -> tuple[Array, Array]:
    """Mean and deviation of the upper half of each column's scores."""
    upper = np.sort(scores, axis=0)[len(scores) // 2 :]
    return upper.mean(axis=0), np.maximum(upper.std(axis=0), 1e-3)
