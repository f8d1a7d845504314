"""Trials between clips of people who talk, of which nobody's background, cohort or calibration knows the two people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.evaluation.error_rates import decisions
from poseprint.verification.calibration import Calibration, fused
from poseprint.verification.learn_films import (
    FUSIONS,
    SURVIVES,
    Film,
    calibrate_films,
    with_faces,
)
from poseprint.verification.learn_reference import with_llr
from poseprint.verification.reference import Reference, shipped
from poseprint.verification.trials import Trials, by_person, run_trials

ESTIMATOR = "mediapipe-pose-full"


@dataclass(frozen=True, eq=False)
class Tried:
    """Trials, and of each what was tested: `kind` is clip; swap, tested against the face's owner; body, a swap against whose
    body it is on other occasions; take, the same on the occasion of the swap too; lipsync or reenactment, against whose face and
    body it is."""

    trials: Trials
    kind: Array

    def at(self, keep: Array) -> Tried:
        """Some of the trials."""
        return Tried(self.trials.at(keep), self.kind[keep])

    def of(self, *kinds: str) -> Tried:
        """The trials of some kinds."""
        return self.at(np.isin(self.kind, kinds))

    def without(self, people: Sequence[str]) -> Tried:
        """The trials that some people have no part in."""
        t = self.trials
        return self.at(~(np.isin(t.model, people) | np.isin(t.test, people)))


def bodies(reference: Reference | None = None) -> Reference:
    """A reference, the one that ships unless given, without anything of films but where the middle of bodies is."""
    return replace(reference or shipped(2), films={}, faces=None, speakers=())


def tried_between(
    reference: Reference,
    films: Sequence[Film],
    people: Sequence[str],
    *,
    manipulated: Mapping[str, Sequence[Film]] | None = None,
) -> list[Tried]:
    """Every clip that shows one of two people, or swaps the two, against the clips of the other, or of one person against
    their own clips of other occasions.

    Args:
        reference: that knows neither.
        films: see `film_clips.teaching`.
        people: one or two.
        manipulated: further films to test against whoever they show, by kind.
    """
    found = []
    seen = reference.seen_by(ESTIMATOR, *people)
    tested = [("", film) for film in films]
    tested += [(kind, film) for kind, own in (manipulated or {}).items() for film in own]
    for person, own in by_person([f.take for f in films if not f.is_swap and f.take.person in people]):
        for kind, film in tested:
            if {person, film.face_of, film.take.person} != set(people):
                continue
            if kind and person != film.take.person:
                continue
            elsewhere = [t for t in own if t.session != film.take.session]
            if not film.is_swap:
                kinds = [(kind or "clip", elsewhere)]
            elif person == film.face_of:
                kinds = [("swap", elsewhere)]
            else:
                kinds = [("body", elsewhere), ("take", own if len(own) > len(elsewhere) else [])]
            for name, enrol in kinds:
                if enrol:
                    probe = (film.take.recording, film.take.person, film.take.summary())
                    found.append(Tried(run_trials(seen, enrol, [probe]), np.array([name])))
    return found


def tried_among(
    films: Sequence[Film],
    reference: Callable[[tuple[str, str]], Reference],
    *,
    manipulated: Mapping[str, Sequence[Film]] | None = None,
) -> list[Tried]:
    """What `tried_between` gives of each person and of each two, with the reference for these."""
    people = sorted({f.take.person for f in films} | {f.face_of for f in films})
    found = []
    for two in combinations_with_replacement(people, 2):
        found += tried_between(reference(two), films, sorted(set(two)), manipulated=manipulated)
    return found


def joined(tried: Sequence[Tried]) -> Tried:
    """All of them."""
    return Tried(Trials.joined([t.trials for t in tried]), np.concatenate([t.kind for t in tried]))


def nested(
    films: Sequence[Film],
    pairs: Array,
    base: Reference,
    *,
    manipulated: Mapping[str, Sequence[Film]] | None = None,
    least: float = SURVIVES,
    among: int = 0,
    seed: int = 0,
) -> Tried:
    """Every trial scored with heads and faces of people that it is not about.

    Args:
        films: see `film_clips.teaching`.
        pairs: see `poseprint.verification.learn_films.survival`.
        base: the reference of bodies.
        manipulated: see `tried_between`.
        least: see `poseprint.verification.learn_films.survivors`.
        among: so many people, drawn anew for each trial, teach; all the others unless given.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)

    def without(two: tuple[str, str]) -> Reference:
        others = [f for f in films if f.take.person not in two and f.face_of not in two]
        return with_faces(base, drawn(others, among, rng) if among else others, pairs, least=least)

    return joined(tried_among(films, without, manipulated=manipulated))


def drawn(films: Sequence[Film], count: int, rng: np.random.Generator) -> list[Film]:
    """The films of some people, as many of them on several occasions as their share is."""
    sessions: dict[str, set[str]] = {}
    for film in films:
        sessions.setdefault(film.take.person, set()).add(film.take.session)
    several = [p for p, own in sessions.items() if len(own) > 1]
    once = [p for p in sessions if p not in several]
    of_several = max(1, round(count * len(several) / len(sessions)))
    chosen = {*rng.permutation(several)[:of_several], *rng.permutation(once)[: count - of_several]}
    return [f for f in films if f.take.person in chosen and f.face_of in chosen]


def calibrated(
    tried: Tried,
    *,
    genuine_persons: int = 0,
    fusions: Mapping[str, Mapping[str, float]] = FUSIONS,
    fitted_on: Sequence[str] = ("clip", "swap"),
    by_person: bool = False,
) -> Tried:
    """The trials with the LLRs that calibrations give which neither of the two people had a part in.

    They are ordered by the fused score, as one calibration would: those of different people do not shift alike.

    Args:
        tried: see `nested`.
        genuine_persons, fusions: see `poseprint.verification.learn_films.calibrate_films`.
        fitted_on: kinds of trials.
        by_person: whether each person and each pair of people weighs alike, in place of each trial.
    """
    t, fit = tried.trials, tried.of(*fitted_on)
    known: dict[tuple[str, ...], dict[str, Calibration]] = {}
    parts = []
    for row, two in enumerate(zip(t.model, t.test, strict=True)):
        key = tuple(sorted(set(two)))
        if key not in known:
            own = fit.without(key)
            weight = alike(own.trials) if by_person else None
            known[key] = calibrate_films(
                own.trials, own.kind == "swap", genuine_persons=genuine_persons, fusions=fusions, weight=weight
            )
        parts.append(with_llr(t.at(np.array([row])), known[key]))
    told = Trials.joined(parts)
    scores = {n: np.stack([told.scores[k] for k in fusion], axis=1) for n, fusion in fusions.items() if n in told.llr}
    ranking = {n: fused(table, list(fusions[n].values())) for n, table in scores.items()}
    return Tried(replace(told, ranking=ranking), tried.kind)


def alike(trials: Trials) -> Array:
    """Weights by which each person, and each pair of people, counts the same."""
    pairs = [tuple(sorted(two)) for two in zip(trials.model, trials.test, strict=True)]
    count = Counter(pairs)
    return np.array([1 / count[pair] for pair in pairs])


def told(trials: Trials) -> dict[str, Any]:
    """Shares of trials decided at the usual costs, and of those that are wrong."""
    found = decisions(trials)
    decided = found != "inconclusive"
    wrong = decided & (found != np.where(trials.genuine, "consistent", "inconsistent"))
    return {
        "decided": share(decided),
        "wrong": share(wrong[decided]),
        "genuine_decided": share(decided[trials.genuine]),
        "impostors_decided": share(decided[~trials.genuine]),
        "genuine_inconsistent": int((wrong & trials.genuine).sum()),
        "impostors_consistent": int((wrong & ~trials.genuine).sum()),
    }


def share(values: Array) -> float | None:
    """Mean, in three digits; None of nothing."""
    return round(float(np.mean(values)), 3) if len(values) else None
