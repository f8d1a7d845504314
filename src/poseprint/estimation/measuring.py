"""What is measured of a video, of whom, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseprint.core.errors import PoseprintError
from poseprint.core.series import GRID_FPS
from poseprint.estimation.estimator import Estimator

RATES = (10, 15, 30)
"""Poses a second that may be estimated; those between are interpolated."""


@dataclass(frozen=True)
class Measuring:
    """How a video is measured; the same for whoever asks for it: extract, inspect, enroll, check.

    Attributes:
        estimator: a name in `poseprint.estimation.registry.ESTIMATORS`; or an estimator, which then works alone and stays open.
        weights: the network of an estimator that brings none.
        models: folder of model files; None for the user's cache.
        jobs: chunks at a time; None for one a processor, within limits. They do not change what is measured.
        who: number of the person to measure, as `inspect` lists them; None to choose by the rule of `poseprint.estimation.cast`.
        at: x and y in pixels of the picture as displayed, and seconds: the person who is there then.
        head: whether head and face are measured.
        hands: whether hands are.
        rate: poses a second that are estimated, one of RATES.
        cache: whether poses that were measured before are used, and those measured now kept (`poseprint.app.measured`); nothing
            is of an estimator that was handed in.

    Raises:
        PoseprintError: two people are named at once, or another rate.
    """

    estimator: str | Estimator = "mediapipe"
    weights: Path | None = None
    models: Path | None = None
    jobs: int | None = None
    who: int | None = None
    at: tuple[float, float, float] | None = None
    head: bool = True
    hands: bool = False
    rate: int = int(GRID_FPS)
    cache: bool = True

    def __post_init__(self) -> None:
        if self.who is not None and self.at is not None:
            raise PoseprintError("`who` and `at` both name a person; give one of them")
        if self.rate not in RATES:
            raise PoseprintError(f"`rate` is one of {', '.join(map(str, RATES))}, got {self.rate}")

    def ensure_one(self, videos: int) -> None:
        """A person who is named is in one video.

        Raises:
            PoseprintError: a person is named, and there are several videos.
        """
        if videos > 1 and (self.who is not None or self.at is not None):
            raise PoseprintError("`who` and `at` name a person in one video; give the others without, or one by one")

    @property
    def settings(self) -> dict[str, Any]:
        """What of it changes what is measured, but for networks and the person; json-ready."""
        name = self.estimator if isinstance(self.estimator, str) else self.estimator.info.name
        return {"estimator": name, "head": self.head, "hands": self.hands, "rate": self.rate}
