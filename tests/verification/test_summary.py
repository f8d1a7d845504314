"""Means of what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.arrays import mean_of
from poseprint.core.errors import PoseprintError
from poseprint.verification.summary import Summary


def test_mean_needs_half_of_the_rows() -> None:
    rows = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]])
    np.testing.assert_equal(mean_of(rows), [2.0, 2.0, np.nan])
    with pytest.raises(PoseprintError, match="no recordings"):
        Summary.joined([])
