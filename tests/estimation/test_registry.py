"""Estimators by name."""

from __future__ import annotations

import pytest

from poseprint.core.errors import PoseprintError
from poseprint.estimation.registry import load_estimator


def test_an_estimator_that_is_not_there() -> None:
    with pytest.raises(PoseprintError, match="no estimator is called 'openpose'; there are: mediapipe"):
        load_estimator("openpose")
