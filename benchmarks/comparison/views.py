"""A change of view, on trials of the comparison: does a background that is seen from more sides help?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from protocol import LENGTHS, VIEW_ROLES, VIEWS, rounded, shared_takes

from comparison.recordings import turned_takes
from comparison.representations import background_of, normal, plda
from comparison.table import DRAWS
from comparison.trials import Direction, Tested, trials_of
from poseprint.evaluation.metrics import trial_metrics
from poseprint.movements.statistics import MOTION, STATIC, columns_of
from poseprint.verification.learn_reference import calibration_halves
from poseprint.verification.trials import POOLED, Take


def view_rows(seeds: int) -> list[dict[str, Any]]:
    """Signers enrolled facing front and tested from elsewhere, on other signs, by a background seen from the front
    or, of pictures, from four more sides; static and motion weigh alike in both."""
    rows = []
    for axes in (3, 2):
        signers = shared_takes("isl_kinect", axes)
        front = [t for n in ("msrc12", "utd_mhad") for t in shared_takes(n, axes)]
        cohort = [t for t in front if t.group == "msrc12"]
        for sides in (False, True)[: 2 if axes == 2 else 1]:
            background = background_of([*front, *(turned_takes(axes) if sides else ())], axes, VIEW_ROLES)
            raws = {
                "static": plda(background, "static", columns_of(STATIC, axes)),
                "motion": plda(background, "motion", columns_of(MOTION, axes)),
            }
            for view in VIEWS:
                rows.append({"axes": axes, "background_turned": sides, "view": view})
                directions = [d for seed in range(seeds) for d in view_directions(signers, view, seed)]
                scores = {kind: normal(raw, directions, cohort) for kind, raw in raws.items()}
                scores["both"] = [a + b for a, b in zip(scores["static"], scores["motion"])]
                for kind, parts in scores.items():
                    trials = trials_of(list(zip(directions, parts)))
                    for count in LENGTHS:
                        figures = trial_metrics(trials.at(trials.level == str(count)), "motion", draws=DRAWS)
                        rows[-1][f"{kind}_{count}"] = {n: figures[n] for n in ("auc", "eer")} | {
                            "auc_interval": figures["intervals"]["auc"]
                        }
    return rounded(rows)


def view_directions(takes: Sequence[Take], view: str, seed: int) -> list[Direction]:
    """Signers enrolled facing front and tested in a view, on other signs."""
    rng = np.random.default_rng(seed)
    out = []
    for enrol, test in calibration_halves(takes, "activity", seed=seed):
        people = tuple(sorted({t.person for t in enrol}))
        enrolled = tuple(tuple(t for t in enrol if t.person == p and t.session == VIEWS[0]) for p in people)
        tested = []
        for person in people:
            own = [t for t in test if t.person == person and t.session == view]
            for count in LENGTHS:
                for _ in range(POOLED):
                    chosen = rng.choice(len(own), count, replace=False)
                    tested.append(Tested(str(count), person, tuple((own[i], None) for i in chosen)))
        out.append(Direction(people, enrolled, tuple(tested)))
    return out
