"""Whether a background of gestures tells people in films better apart once films that nobody labelled have adapted it.

    python benchmarks/film_adaptation.py [--poses DIR]

The rule of speech toolkits for PLDA: where films vary more than within and between together, the excess is shared among the two.
Bodies alone, every clip against everybody's of other occasions; the two people of a trial do not adapt it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from common import finish
from film_clips import MANIFESTS, read_clips, teaching
from film_trials import ESTIMATOR, bodies
from scipy.linalg import eigh

from poseprint.core.arrays import one_thread
from poseprint.verification.background import KINDS
from poseprint.verification.learn_films import Film
from poseprint.verification.reference import Reference
from poseprint.verification.trials import by_person, run_trials

SHARES = ((0.5, 0.5), (0.75, 0.25), (1.0, 0.0), (0.3, 0.7))
"""Of the excess, for within and for between."""
DIAGONAL, FLOOR = 0.2, 0.05
"""Share of the diagonal in the films' covariance, and of a sphere in the background's: few clips, many statistics."""


def adapted(reference: Reference, films: Sequence[Film], within: float, between: float) -> Reference:
    """The reference with the excess of some films' variance shared between within and between."""
    b, used = reference.background, reference.background.used
    seen = reference.seen_by(ESTIMATOR).background
    rows = (np.stack([f.take.summary().mean for f in films]) - seen.mean)[:, used] / seen.scale[used]
    rows = np.nan_to_num(rows - np.nanmean(rows, axis=0))
    total = rows.T @ rows / len(rows)
    total = (1 - DIAGONAL) * total + DIAGONAL * np.diag(np.diag(total))
    block = np.ix_(used, used)
    own = b.within[block] + b.between[block]
    own = own + FLOOR * np.trace(own) / len(used) * np.eye(len(used))
    spread, directions = eigh(total, own)
    back = own @ directions
    excess = (back * np.maximum(spread - 1, 0)) @ back.T
    more_within, more_between = b.within.copy(), b.between.copy()
    more_within[block] += within * excess
    more_between[block] += between * excess
    return replace(reference, background=replace(b, within=more_within, between=more_between, _metrics={}))


def without_two(
    reference: Reference, films: Sequence[Film], within: float, between: float
) -> Callable[[tuple[str, ...]], Reference]:
    """The reference adapted by the films of all people but two, or one."""

    @cache
    def found(people: tuple[str, ...]) -> Reference:
        return adapted(reference, [f for f in films if f.take.person not in people], within, between)

    return found


def areas(films: Sequence[Film], reference: Callable[[tuple[str, ...]], Reference]) -> dict[str, float]:
    """How often a genuine clip scores above an impostor's, by kind."""
    scores: dict[str, dict[bool, list[float]]] = {kind: {True: [], False: []} for kind in KINDS}
    for person, own in by_person([f.take for f in films]):
        for film in films:
            enrol = [t for t in own if t.session != film.take.session]
            if enrol:
                two = tuple(sorted({person, film.take.person}))
                seen = reference(two).seen_by(ESTIMATOR, *two)
                trial = run_trials(seen, enrol, [(film.take.recording, film.take.person, film.take.summary())])
                for kind, found in scores.items():
                    if np.isfinite(trial.scores[kind][0]):
                        found[person == film.take.person].append(float(trial.scores[kind][0]))
    return {
        kind: round(float(np.mean([(g > np.array(found[False])).mean() for g in found[True]])), 3)
        for kind, found in scores.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=Path, metavar="DIR")
    clips = read_clips(MANIFESTS, parser.parse_args().poses)
    films = [f for f in teaching(clips) if not f.is_swap and np.isfinite(f.take.statistics[:, 0]).any()]
    base = bodies()
    with one_thread():
        rows = [{"within": None, "between": None, **areas(films, lambda _: base)}]
        for within, between in SHARES:
            rows.append(
                {"within": within, "between": between, **areas(films, without_two(base, films, within, between))}
            )
    finish("film_adaptation", {"clips": len(films), "people": len({f.take.person for f in films}), "rows": rows})


if __name__ == "__main__":
    main()
