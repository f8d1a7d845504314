"""What the field proposes for the same question, on the same clips and trials.

Agarwal et al. (CVPR Workshops 2019): how expression and head move together, as correlations between 20 tracks over 10 s, and a
one-class support vector machine for the person of interest. Their tracks are OpenFace's; these are the nearest that MediaPipe gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from film_clips import Clip
from sklearn.svm import OneClassSVM

from poseprint.core.arrays import Array, runs
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.movements.kinds import SURE
from poseprint.verification.trials import Trials

WINDOW, STEP = round(10 * GRID_FPS), 5
"""Frames of a window, and from one to the next."""
SHORT = round(5 * GRID_FPS)
"""Frames of the shortest stretch that is taken whole where there is no window of 10 s."""
UNITS = {
    "AU01": ("brow_inner_up",),
    "AU02": ("brow_outer_up_left", "brow_outer_up_right"),
    "AU04": ("brow_down_left", "brow_down_right"),
    "AU05": ("eye_wide_left", "eye_wide_right"),
    "AU06": ("cheek_squint_left", "cheek_squint_right"),
    "AU07": ("eye_squint_left", "eye_squint_right"),
    "AU09": ("nose_sneer_left", "nose_sneer_right"),
    "AU10": ("mouth_upper_up_left", "mouth_upper_up_right"),
    "AU12": ("mouth_smile_left", "mouth_smile_right"),
    "AU14": ("mouth_dimple_left", "mouth_dimple_right"),
    "AU15": ("mouth_frown_left", "mouth_frown_right"),
    "AU17": ("mouth_shrug_lower",),
    "AU20": ("mouth_stretch_left", "mouth_stretch_right"),
    "AU23": ("mouth_press_left", "mouth_press_right"),
    "AU25": ("mouth_lower_down_left", "mouth_lower_down_right"),
    "AU26": ("jaw_open",),
    "mouth width": ("mouth_pucker",),
    "mouth height": ("mouth_funnel",),
}
"""Their action units and distances of the mouth, and the blendshapes taken for each; with pitch and roll they are 20 tracks."""


def windows(series: PoseSeries) -> Array:
    """The 190 correlations of each window in which the face is seen [shape=(windows, 190)]."""
    shapes = [np.mean([series.channels[f"face_{name}"] for name in names], axis=0) for names in UNITS.values()]
    tracks = np.stack([*shapes, series.channels["head_pitch"], series.channels["head_roll"]], axis=1)
    sure = series.channels["face_confidence"] >= SURE
    found = []
    for first, last in series.shots():
        for a, b in runs(sure[first:last]):
            begins = range(first + a, first + b - WINDOW + 1, STEP)
            spans = [(n, n + WINDOW) for n in begins] or ([(first + a, first + b)] if b - a >= SHORT else [])
            found += [correlated(tracks[slice(*span)]) for span in spans]
    return np.array(found).reshape(-1, len(list(combinations(range(tracks.shape[1]), 2))))


def correlated(tracks: Array) -> Array:
    """Pearson's correlation of each two tracks; 0 where one stands still."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.corrcoef(tracks.T)[np.triu_indices(tracks.shape[1], 1)])


def field_baselines(clips: Sequence[Clip], trials: Trials) -> list[dict[str, Any]]:
    """Each method on the trials in which it has a score, and ours on the same: see `within`."""
    found = {c.film.take.recording: windows(c.series) for c in clips if c.film and c.is_real}
    session = {c.film.take.recording: c.session for c in clips if c.film}
    person = {c.film.take.recording: c.face_of for c in clips if c.film}
    scores = np.full(len(trials), np.nan)
    models: dict[tuple[str, str], Any] = {}
    for row, (model, clip) in enumerate(zip(trials.model, trials.level, strict=True)):
        key = (str(model), session[str(clip)])
        if key not in models:
            own = [found[name] for name in found if person[name] == model and session[name] != key[1]]
            enrolled = np.concatenate(own) if own else np.zeros((0, 190))
            models[key] = OneClassSVM(kernel="rbf", nu=0.1, gamma="scale").fit(enrolled) if len(enrolled) > 1 else None
        tested = found[str(clip)]
        if models[key] is not None and len(tested):
            scores[row] = float(models[key].decision_function(tested).mean())
    known = np.isfinite(scores)
    t = trials.at(known)
    return [
        {
            "method": "correlations of expression and head, one-class SVM (Agarwal et al. 2019)",
            "trials": len(t),
            "genuine": int(t.genuine.sum()),
            "auc": within(t, scores[known]),
            "ours_on_the_same": within(t, t.ranking["motion"]),
        }
    ]


def within(trials: Trials, scores: Array) -> float:
    """How often a genuine clip scores above an impostor's against the same profile: a profile of theirs has a scale of its own."""
    shares = []
    for person, score in zip(trials.model[trials.genuine], scores[trials.genuine], strict=True):
        impostors = scores[~trials.genuine & (trials.model == person)]
        shares.append(float((score > impostors).mean() + 0.5 * (score == impostors).mean()))
    return round(float(np.mean(shares)), 3)
