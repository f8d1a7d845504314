"""Pose estimators by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from poseprint.core.errors import PoseprintError
from poseprint.estimation.estimator import Estimator


def _mediapipe(models: Path | None) -> Estimator:
    from poseprint.estimation.mediapipe import MediaPipePose

    return MediaPipePose(models)


ESTIMATORS: dict[str, Callable[[Path | None], Estimator]] = {"mediapipe": _mediapipe}
"""Name -> loader; a loader takes the folder of model files (None: the user's cache)."""


def load_estimator(name: str, models: Path | None = None) -> Estimator:
    """An estimator by its name in ESTIMATORS."""
    if name not in ESTIMATORS:
        raise PoseprintError(f"no estimator is called {name!r}; there are: {', '.join(sorted(ESTIMATORS))}")
    return ESTIMATORS[name](models)
