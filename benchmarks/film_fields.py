"""What the field proposes, on the same clips.

Agarwal et al. (CVPR Workshops 2019): how expression and head move together, as correlations between 20 tracks over 10 s, and a
one-class support vector machine for the person of interest. Their tracks are OpenFace's; these are the nearest that MediaPipe gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from film_clips import Clip
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, OneClassSVM

from poseprint.core.arrays import Array, runs
from poseprint.core.roc import roc
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.estimation.face import MODEL
from poseprint.estimation.model_files import require
from poseprint.estimation.native import vision
from poseprint.io.video import frames, probe
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


# ---- Yang, Li and Lyu ---------------------------------------------------------------------------------------


_JAW = (162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389)
_BROWS = (71, 63, 105, 66, 107, 336, 296, 334, 293, 301)
_NOSE = (168, 197, 5, 4, 75, 97, 2, 326, 305)
_CORNERS = (33, 133, 362, 263, 61, 291)
WHOLE, CENTRAL = (*_JAW, *_BROWS, *_NOSE, *_CORNERS), (*_BROWS, *_NOSE, *_CORNERS)
"""Landmarks of MediaPipe's mesh nearest to those of the 68 that they take for the whole face and for its middle."""
PICTURES_A_SECOND = 3


def landmarks(path: Path) -> tuple[Array, tuple[int, int]]:
    """The mesh of the largest face in some pictures of a film [shape=(pictures, 478, 3)], in pixels, and the picture's size."""
    video = probe(path)
    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(require(MODEL, None))))
    found = []
    size = (1, 1)
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for frame in frames(video, rate=PICTURES_A_SECOND):
            if not frame.picture.size:
                continue
            height, width = frame.picture.shape[:2]
            size = (width, height)
            marks = landmarker.detect(Image(image_format=ImageFormat.SRGB, data=frame.picture)).face_landmarks
            if marks:
                found.append(np.array([(m.x * width, m.y * height, m.z * width) for m in marks[0]]))
    return np.array(found).reshape(-1, 478, 3), size


def mean_face(meshes: Sequence[Array]) -> Array:
    """A face in three dimensions: the mean of meshes that look straight ahead, in units of its size [shape=(478, 3)]."""
    ahead = []
    for mesh in meshes:
        points = mesh - mesh.mean(axis=1, keepdims=True)
        points = points / np.sqrt((points**2).sum(axis=2).mean(axis=1))[:, None, None]
        eyes = np.abs(points[:, 33, 2] - points[:, 263, 2])
        ahead.append(points[eyes < 0.1])
    return np.asarray(np.concatenate(ahead).mean(axis=0))


def head_pose(points: Array, model: Array, size: tuple[int, int]) -> Array:
    """Rotation vector and place of a face that is projected to some points with the least error [shape=(6,)].

    Args:
        points: pixels [shape=(landmarks, 2)].
        model: the face [shape=(landmarks, 3)].
        size: of the picture; its width is taken for the focal length, as is usual where none is known.
    """
    seen = (points - np.array(size) / 2) / size[0]
    spread = np.sqrt(((seen - seen.mean(axis=0)) ** 2).sum(axis=1).mean())
    depth = np.sqrt(((model[:, :2] - model[:, :2].mean(axis=0)) ** 2).sum(axis=1).mean()) / max(spread, 1e-6)

    def error(pose: Array) -> Array:
        turned = Rotation.from_rotvec(pose[:3]).apply(model) + pose[3:]
        return np.asarray((turned[:, :2] / turned[:, 2:] - seen).ravel())

    start = np.array([0.0, 0.0, 0.0, *(seen.mean(axis=0) * depth), depth])
    return np.asarray(least_squares(error, start, method="lm").x)


def differences(mesh: Array, size: tuple[int, int], model: Array) -> Array:
    """How far rotation and place of the head differ between the whole face and its middle [shape=(pictures, 6)]."""
    parts = [list(WHOLE), list(CENTRAL)]
    rows = [np.subtract(*(head_pose(points[part, :2], model[part], size) for part in parts)) for points in mesh]
    return np.array(rows).reshape(-1, 6)


def head_pose_baseline(clips: Sequence[Clip]) -> dict[str, Any]:
    """Yang, Li and Lyu (ICASSP 2019): head poses of the whole face and of its middle disagree where a face was put on.

    A support vector machine on pictures, of genuine clips and face swaps, learned without the people of the clip tested; a clip
    scores as its pictures do in the mean.
    """
    chosen = [c for c in clips if c.is_swap or (c.is_real and "+" not in c.face_of)]
    meshes = {c.file: landmarks(c.path) for c in chosen}
    model = mean_face([mesh for mesh, _ in meshes.values()])
    features = {file: differences(mesh, size, model) for file, (mesh, size) in meshes.items()}
    known = [c for c in chosen if len(features[c.file])]
    scores = []
    for clip in known:
        people = {clip.face_of, clip.body_of}
        others = [c for c in known if not people & {c.face_of, c.body_of}]
        table = np.concatenate([features[c.file] for c in others])
        real = np.concatenate([np.full(len(features[c.file]), c.is_real) for c in others])
        machine = make_pipeline(StandardScaler(), SVC(kernel="rbf", class_weight="balanced")).fit(table, real)
        scores.append(float(machine.decision_function(features[clip.file]).mean()))
    genuine = np.array([c.is_real for c in known])
    area = roc(genuine, np.array(scores), np.ones((1, len(known))))[0][0]
    return {
        "method": "head poses of the whole face and its middle, SVM (Yang, Li and Lyu 2019)",
        "genuine": int(genuine.sum()),
        "swaps": int((~genuine).sum()),
        "auc": round(float(area), 3),
        "majority": round(float(max(genuine.mean(), 1 - genuine.mean())), 3),
    }
