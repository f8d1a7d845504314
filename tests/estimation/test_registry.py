"""Estimators by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from poseprint.core.errors import PoseprintError
from poseprint.estimation.registry import load_estimator


def test_an_estimator_that_is_not_there() -> None:
    with pytest.raises(PoseprintError, match="no estimator is called 'alphapose'; there are: mediapipe, openpose"):
        load_estimator("alphapose")


def test_openpose_needs_weights() -> None:
    with pytest.raises(PoseprintError, match="openpose needs weights: a network as an ONNX file"):
        load_estimator("openpose")


def test_mediapipe_takes_no_weights(tmp_path: Path) -> None:
    with pytest.raises(PoseprintError, match="mediapipe has its own model files and takes no weights; openpose does"):
        load_estimator("mediapipe", weights=tmp_path / "weights.onnx")
