"""How a head is turned: three angles, and the rotation that they make.

Coordinates are a camera's: x to the right of the picture, y down, z away from the camera. The rotation
takes a head that looks straight into the camera to where it is. Of its angles, in radians, yaw is positive where
the face turns to the right of the picture (the person's own left), pitch where it looks up, roll where the
head tilts clockwise in the picture. The head is turned first, then nods, then tilts, each about the camera's axes:

    R = [cos r  -sin r  0]   [1     0      0  ]   [cos y  0  -sin y]
        [sin r   cos r  0] @ [0   cos p  sin p] @ [  0    1     0  ]
        [  0       0    1]   [0  -sin p  cos p]   [sin y  0   cos y]
"""

from __future__ import annotations

import numpy as np

from poseprint.core.arrays import Array


def rotation_of(yaw: Array | float, pitch: Array | float, roll: Array | float) -> Array:
    """The rotation of three angles.

    Args:
        yaw, pitch, roll: radians, of shapes that broadcast to one; NaN where not known.

    Returns:
        float64 [shape=(..., 3, 3)], NaN where an angle is.
    """
    yaw, pitch, roll = np.broadcast_arrays(yaw, pitch, roll)
    zero, one = np.zeros(yaw.shape), np.ones(yaw.shape)
    tilt = _matrices([[np.cos(roll), -np.sin(roll), zero], [np.sin(roll), np.cos(roll), zero], [zero, zero, one]])
    nod = _matrices([[one, zero, zero], [zero, np.cos(pitch), np.sin(pitch)], [zero, -np.sin(pitch), np.cos(pitch)]])
    turn = _matrices([[np.cos(yaw), zero, -np.sin(yaw)], [zero, one, zero], [np.sin(yaw), zero, np.cos(yaw)]])
    return np.asarray(tilt @ nod @ turn)


def _matrices(rows: list[list[Array]]) -> Array:
    """Rows and columns of arrays as an array of matrices."""
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def angles_of(rotation: Array) -> tuple[Array, Array, Array]:
    """The three angles of a rotation.

    Args:
        rotation: [shape=(..., 3, 3)], in the coordinates above. A matrix in axes that point up and towards
            the camera, such as MediaPipe's of a face, must be multiplied by diag(1, -1, -1) from both sides first.

    Returns:
        (yaw, pitch, roll), each float64 [shape=(...)], radians: yaw and roll from -pi to pi, pitch from -pi / 2 to pi / 2.
        Of a head that looks straight up or down only the sum or difference of yaw and roll is defined.
    """
    yaw = np.arctan2(rotation[..., 2, 0], rotation[..., 2, 2])
    pitch = np.arcsin(np.clip(-rotation[..., 2, 1], -1, 1))
    roll = np.arctan2(-rotation[..., 0, 1], rotation[..., 1, 1])
    return yaw, pitch, roll
