"""Angles of a head and the rotation they make."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseprint.core.rotation import angles_of, rotation_of

AHEAD, UP = np.array([0, 0, -1.0]), np.array([0, -1.0, 0])


@given(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1))
def test_angles_come_back(yaw: float, pitch: float, roll: float) -> None:
    rotation = rotation_of(yaw, pitch, roll)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert np.array(angles_of(rotation)) == pytest.approx(np.array([yaw, pitch, roll]), abs=1e-9)


@pytest.mark.parametrize(
    ("angles", "nose", "crown"),
    [
        ((0, 0, 0), AHEAD, UP),
        ((np.pi / 2, 0, 0), (1, 0, 0), UP),  # to the right of the picture
        ((0, np.pi / 2, 0), UP, (0, 0, 1)),  # up, with the crown away from the camera
        ((0, 0, np.pi / 2), AHEAD, (1, 0, 0)),  # clockwise: the crown goes to the right
    ],
)
def test_which_way_each_angle_turns(angles: tuple[float, ...], nose: object, crown: object) -> None:
    rotation = rotation_of(*angles)
    assert rotation @ AHEAD == pytest.approx(np.array(nose))
    assert rotation @ UP == pytest.approx(np.array(crown))


def test_many_at_once_and_what_is_not_known() -> None:
    yaw = np.array([[0.1, np.nan, -0.3], [0.0, 0.5, 1.0]])
    rotation = rotation_of(yaw, 0.2, -0.1)
    assert rotation.shape == (2, 3, 3, 3)
    back = angles_of(rotation)
    assert back[0] == pytest.approx(yaw, nan_ok=True)
    assert np.isnan(rotation[0, 1]).any()
    assert rotation[1, 2] == pytest.approx(rotation_of(1.0, 0.2, -0.1))
