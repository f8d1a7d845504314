"""Pose estimators: one protocol, one table of names.

An estimator is asked once per shot, because trackers carry state from picture to picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import Skeleton


@dataclass(frozen=True)
class Pose:
    """The pose in one picture.

    Attributes:
        position: [shape=(keypoints, 2)] in widths and heights of the picture (0 to 1); NaN = not seen.
        confidence: [shape=(keypoints,)], 0 to 1.
        people: how many persons of comparable size are in the picture; NaN where nobody counted.
    """

    position: Array
    confidence: Array
    people: float


class Estimator(Protocol):
    """Finds one person in the pictures of one shot."""

    info: EstimatorInfo
    skeleton: Skeleton

    def track(self, pictures: Iterable[tuple[float, Array]]) -> Iterator[Pose]:
        """One pose for each (time in seconds, uint8 RGB picture [shape=(height, width, 3)]), times rising."""
        ...

    def close(self) -> None:
        """Free what the estimator holds."""
        ...


def _mediapipe(models: Path | None) -> Estimator:
    from poseprint.estimators.mediapipe import MediaPipePose

    return MediaPipePose(models)


ESTIMATORS: dict[str, Callable[[Path | None], Estimator]] = {"mediapipe": _mediapipe}
"""Name -> loader; a loader takes the folder of model files (None: the user's cache)."""


def load_estimator(name: str, models: Path | None = None) -> Estimator:
    """An estimator by its name in ESTIMATORS."""
    if name not in ESTIMATORS:
        raise PoseprintError(f"no estimator is called {name!r}; there are: {', '.join(sorted(ESTIMATORS))}")
    return ESTIMATORS[name](models)
