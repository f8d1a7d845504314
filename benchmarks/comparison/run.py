"""All representations in one run, fold by fold, in two processes.

A representation is fitted on a background of people, and scores people enrolled against what is tested. Folds and
trials are those of verification.py; every row is normalised by the same cohort (AS-norm) unless it says otherwise, and
`both` adds to it the static score of the reference, in the cohort's deviations, with weights that no one fitted.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from protocol import NAMES, SETS, folds_of, known_people, say, shared_takes

from comparison.embeddings import learned, movement_arrays
from comparison.fold import FoldRows
from comparison.recordings import msrc, slow_takes, turned_takes
from comparison.table import Table
from comparison.trials import directions_of
from comparison.views import view_rows

NETWORKS = ("convolution", "recurrent", "transformer")


def compare(seeds: int) -> dict[str, Any]:
    """All representations in one run."""
    seeds = min(seeds, 2)
    folds = [f.people for f in folds_of(msrc(), known_people())]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), multiprocessing.get_context("spawn")) as pool:
        view = pool.submit(view_rows, seeds)
        parts = [job.result() for job in [pool.submit(_compare_fold, fold, seeds) for fold in folds]]
        return {
            "data": "MSRC-12",
            "recording_minutes": parts[0]["recording_minutes"],
            "seeds": seeds,
            "protocol": (
                "Folds and trials as in verification.json. Scores are normalised by the cohort unless a row says "
                "otherwise. both: with the static score of the default added, each in the cohort's deviations."
            ),
            **{NAMES[axes]: Table.joined([f[axes] for f in parts]).figures() for axes in (3, 2)},
            "view": view.result(),
        }


def _compare_fold(people: frozenset[str], seeds: int) -> dict[Any, Any]:
    """The scores of a fold, with depth and for pictures, as Table."""
    moves = {axes: movement_arrays(axes) for axes in (3, 2)}
    networks: dict[str, bytes] = {}
    result: dict[Any, Any] = {}
    for axes in (3, 2):
        usual = [t for name in SETS for t in shared_takes(name, axes)]
        known = [t for t in usual if not (t.group == "msrc12" and t.person in people)]
        own = [t for t in usual if t.group == "msrc12" and t.person in people]
        fold = FoldRows(Table(), axes, known, own, directions_of(own, seeds))
        fold.defaults()
        fold.discriminants()
        if axes == 3:
            fold.groups()
            more = [t for name in ("precog16", "kinect_gait_164") for t in shared_takes(name, axes)]
            fold.backgrounds([*known, *more])
            fold.amounts(seeds)
            fold.slowed([t for name in SETS for t in slow_takes(name, axes)], seeds)
            result["recording_minutes"] = round(float(np.mean([t.seconds for t in fold.cohort])) / 60, 2)
            for network in NETWORKS:
                say(f"learning: {network}")
                networks[network] = learned(network, fold.cohort, moves[3])
        else:
            fold.turned([t for t in turned_takes(axes) if t.person not in people])
        fold.embeddings(networks, moves[axes])
        result[axes] = fold.table
    return result
