"""Pose estimators by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from poseprint.core.errors import PoseprintError
from poseprint.core.series import OPENPOSE
from poseprint.estimation.estimator import Estimator


def _mediapipe(models: Path | None, weights: Path | None) -> Estimator:
    from poseprint.estimation.mediapipe import MediaPipePose

    if weights is not None:
        raise PoseprintError(f"mediapipe has its own model files and takes no weights; {OPENPOSE} does")
    return MediaPipePose(models)


def _openpose(models: Path | None, weights: Path | None) -> Estimator:
    from poseprint.estimation.openpose import OpenPosePose

    del models  # it has none of its own
    if weights is None:
        raise PoseprintError(f"{OPENPOSE} needs weights: a network as an ONNX file (docs/estimators.md)")
    return OpenPosePose(weights)


ESTIMATORS: dict[str, Callable[[Path | None, Path | None], Estimator]] = {
    "mediapipe": _mediapipe,
    OPENPOSE: _openpose,
}
"""Name -> loader; a loader takes the folder of model files (None: the user's cache) and a file of weights (None: none given)."""


def load_estimator(name: str, models: Path | None = None, weights: Path | None = None) -> Estimator:
    """An estimator by its name in ESTIMATORS.

    Args:
        name: of the estimator.
        models: folder of the model files that come with poseprint; None for the user's cache.
        weights: the user's own network, for an estimator that needs one.

    Raises:
        PoseprintError: no such estimator, or weights are missing, of no use to it, or not what it needs.
    """
    if name not in ESTIMATORS:
        raise PoseprintError(f"no estimator is called {name!r}; there are: {', '.join(sorted(ESTIMATORS))}")
    return ESTIMATORS[name](models, weights)
