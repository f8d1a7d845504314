"""A plain head in three dimensions: it turns, nods, tilts and has an expression.

Lengths are in centimetres of a grown-up's head. The origin is the middle between the ears, x points to the right of the
picture when the head looks into the camera, y down, `forward` towards the camera. The surface is a grid, one row for each
ring around the head from the crown to below the jaw, one column for each direction; what is painted on it
(`poseprint.rendering.face`) has a pixel for each point of a finer grid, which is thrown onto the picture with its colour,
the nearest to the camera on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from PIL import Image

from poseprint.core.arrays import Array

EARS = 14.6
"""From ear to ear."""
CAMERA = 140.0
"""From the camera to the middle of the head: how strong perspective is."""
LARGEST = 12.0
"""Pixels a centimetre: a head that is larger is drawn so and enlarged."""
COLUMNS, ROWS = 112, 100

# From the crown to below the jaw: height in front and at the back, half width, how far it reaches in front and back.
RINGS = np.array([
    (-14.2, -14.2, 0.2, 0.2, 0.2),
    (-13.9, -13.8, 2.4, 2.8, 3.2),
    (-12.9, -12.5, 4.6, 5.2, 6.0),
    (-11.2, -10.7, 6.2, 7.3, 8.2),
    (-9.2, -8.5, 7.1, 8.8, 9.4),
    (-7.0, -6.0, 7.5, 9.6, 9.8),
    (-5.0, -4.0, 7.5, 9.8, 9.8),
    (-3.0, -2.0, 7.4, 9.6, 9.5),
    (-1.0, 0.0, 7.2, 9.5, 9.0),
    (1.0, 1.5, 6.9, 9.6, 8.4),
    (3.0, 2.8, 6.5, 9.8, 7.6),
    (5.0, 3.8, 6.0, 9.9, 7.0),
    (6.5, 4.5, 5.6, 9.7, 6.6),
    (8.0, 5.0, 5.0, 9.4, 6.4),
    (9.3, 5.4, 4.3, 8.9, 6.2),
    (10.1, 5.8, 3.7, 8.0, 6.1),
    (10.3, 6.2, 3.5, 6.0, 6.0),
    (9.9, 6.1, 3.2, 4.0, 5.9),
])  # fmt: skip
LIPS = 5.0
"""Height of the line between the lips, and where the jaw's opening begins."""
EYE = (3.15, -2.0)
EAR_AT = 1.68
"""Direction of the ears, radians from the front."""
LANDMARKS = np.array([(0, 2.0, 12.2), (-3.15, -2.0, 8.3), (3.15, -2.0, 8.3), (-7.3, 0, 0), (7.3, 0, 0)])
"""Nose, right and left eye, right and left ear as keypoints mark them: x, y, forward."""
LIGHT = np.array([-0.35, -0.5, -0.8])
"""Where the light comes from, in a camera's coordinates."""


def _around(t: Array) -> Array:
    """Direction around the head of a column at t from -1 to 1, radians from the front: denser there."""
    return np.asarray(np.pi * (0.7 * t + 0.3 * t**3))


def columns(angles: Array) -> Array:
    """The opposite."""
    t = np.linspace(-1, 1, 401)
    return np.asarray(np.interp(angles, _around(t), t))


@lru_cache
def _rest() -> Array:
    """The head at rest: x, y, forward [shape=(ROWS, COLUMNS, 3)]."""
    along = np.linspace(0, len(RINGS) - 1, ROWS)
    rings = np.stack([np.interp(along, np.arange(len(RINGS)), ring) for ring in RINGS.T])
    for _ in range(3):  # no edges where one ring meets the next
        rings[:, 1:-1] = (rings[:, :-2] + 2 * rings[:, 1:-1] + rings[:, 2:]) / 4
    front_y, back_y, width, front, back = rings[:, :, None]
    angle = _around(np.linspace(-1, 1, COLUMNS))
    ahead = (1 + np.cos(angle)) / 2
    x = width * np.sin(angle)
    y = back_y + (front_y - back_y) * ahead
    forward = np.where(np.cos(angle) > 0, front, back) * np.cos(angle)
    forward = forward + np.where(np.cos(angle) > 0, _features(x, y), 0)
    # An ear stands off the side of the head.
    ear = np.exp(-(((np.abs(angle) - EAR_AT) / 0.13) ** 2) - ((y - 0.3) / 2.6) ** 4)
    return np.stack([x + 1.5 * np.sign(x) * ear, y, forward - 0.6 * ear], axis=2)


def _hill(x: Array, y: Array, at: tuple[float, float], size: tuple[float, float]) -> Array:
    return np.asarray(np.exp(-(((np.abs(x) - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2))


def _features(x: Array, y: Array) -> Array:
    """How far the face stands out from the rings at a point seen from the front."""
    ridge = np.interp(y, [-3.2, -2.2, 1.3, 2.0, 2.6, 3.1], [0, 0.35, 2.2, 2.5, 1.3, 0.0])
    breadth = np.interp(y, [-3, 2], [0.75, 1.2])
    return np.asarray(
        ridge * np.exp(-((x / breadth) ** 2))
        + 0.75 * _hill(x, y, (1.35, 2.1), (0.55, 0.6))
        - 1.0 * _hill(x, y, (2.9, -2.0), (1.7, 1.1))
        + 0.45 * _hill(x, y, EYE, (1.1, 0.6))
        + 0.35 * _hill(x, y, (2.4, -3.8), (2.4, 0.6))
        + 0.45 * _hill(x, y, (4.1, 1.2), (1.8, 1.8))
        + 0.75 * _hill(x, y, (0.0, LIPS), (2.0, 1.1))
        - 0.25 * _hill(x, y, (0.0, 7.0), (1.6, 0.5))
        + 0.7 * _hill(x, y, (0.0, 8.8), (1.7, 1.1))
    )


def opened(y: Array | float, jaw_open: float) -> Array:
    """Where heights of the face at rest lie when the jaw is open."""
    return np.asarray(y + 2.4 * jaw_open * np.clip((np.asarray(y) - LIPS + 0.2) / 3.6, 0, 1))


def closed(y: Array | float, jaw_open: float) -> Array:
    """The opposite."""
    heights = np.array([-20.0, LIPS - 0.2, LIPS + 3.4, 20.0])
    return np.asarray(np.interp(y, opened(heights, jaw_open), heights))


def on_surface(points: Array, jaw_open: float, size: tuple[int, int]) -> Array:
    """Points of the face as seen from the front [shape=(n, 2)], in pixels of a painting of this (width, height)."""
    rest = _rest()
    middle = rest[:, COLUMNS // 2, 1]
    lowest = int(np.argmax(middle))
    row = np.interp(closed(points[:, 1], jaw_open), middle[:lowest], np.arange(lowest))
    width = np.interp(row, np.arange(ROWS), np.abs(rest[:, :, 0]).max(axis=1))
    t = columns(np.arcsin(np.clip(points[:, 0] / width, -1, 1)))
    return np.stack([(t + 1) / 2 * (size[0] - 1), row / (ROWS - 1) * (size[1] - 1)], axis=1)


def projected(rotation: Array, scale: float) -> Array:
    """Where a turned head has its LANDMARKS [shape=(5, 2)], pixels from the middle between its ears."""
    points = _camera(LANDMARKS) @ rotation.T
    return np.asarray(points[:, :2] * scale * CAMERA / (CAMERA + points[:, 2:]))


def turned(keypoints: Array) -> Array:
    """The rotation [shape=(3, 3)] of a head whose LANDMARKS lie in the picture as given [shape=(5, 2)]."""
    model, seen = (points - points.mean(axis=0) for points in (_camera(LANDMARKS), keypoints))
    # The plane of the picture that fits best, without perspective.
    left, _, right = np.linalg.svd(seen.T @ np.linalg.pinv(model).T, full_matrices=False)
    plane = left @ right
    return np.concatenate([plane, np.cross(*plane)[None]])


def _camera(points: Array) -> Array:
    """x, y, forward as x, y, away from the camera."""
    return np.asarray(points * (1, 1, -1))


def surface(expression: Mapping[str, float]) -> Array:
    """The head with an expression, in coordinates of a camera before it [shape=(ROWS, COLUMNS, 3)]: x, y, away."""
    points = _rest().copy()
    x, y, forward = np.moveaxis(points, 2, 0)
    face = np.clip(forward / 5, 0, 1)
    mouth, smile = _hill(x, y, (0.0, LIPS), (1.8, 1.3)), 0.0
    for side, sign in (("right", -1), ("left", 1)):
        smile += expression.get(f"mouth_smile_{side}", 0.0) * _hill(x, y, (3.6, 2.2), (1.5, 1.5)) * (sign * x > 0)
    forward = forward + face * (0.4 * smile + 0.8 * expression.get("mouth_pucker", 0.0) * mouth)
    y = y + face * (opened(y, expression.get("jaw_open", 0.0)) - y)
    return np.stack([x, y, -forward], axis=2)


@lru_cache(maxsize=32)
def _between(many: int, few: int) -> tuple[Array, Array]:
    """The grid point before each of many points evenly along few, and how far on it is."""
    place = np.linspace(0, few - 1, many)
    before = np.minimum(place.astype(int), few - 2)
    return before, (place - before).astype(np.float32)


def _finer(grid: Array, rows: int, columns: int) -> Array:
    """A grid [shape=(channels, few, few)] with straight lines between its points."""
    before, on = _between(rows, grid.shape[1])
    grid = grid[:, before] + (grid[:, before + 1] - grid[:, before]) * on[:, None]
    before, on = _between(columns, grid.shape[2])
    left = grid[:, :, before]
    return np.asarray(left + (grid[:, :, before + 1] - left) * on)


def painting_size(scale: float) -> tuple[int, int]:
    """(width, height) in pixels of what is to be painted on a head of so many pixels a centimetre."""
    fine = min(scale, LARGEST)
    return max(int(54 * fine), 64), max(int(36 * fine), 64)


def draw_head(painting: Array, rotation: Array, expression: Mapping[str, float], scale: float) -> Image.Image:
    """The head as a picture.

    Args:
        painting: RGB [shape=(height, width, 3)] of `painting_size`, column by column around the head from the back by
            the person's right, row by row from the crown.
        rotation: [shape=(3, 3)], see `poseprint.core.rotation`.
        expression: shares of 0 to 1 by MediaPipe's names in snake_case.
        scale: pixels a centimetre.

    Returns:
        An RGBA picture, square, with the middle between the ears in its centre.
    """
    fine = min(scale, LARGEST)
    points = surface(expression) @ rotation.T
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-9
    shade = 0.62 + 0.46 * np.clip(normal @ LIGHT, 0, None) - 0.06 * normal[:, :, 2]
    near = CAMERA / (CAMERA + points[:, :, 2:])
    half = int(17 * fine)
    seen = [points[:, :, :2] * near * fine + half, points[:, :, 2:], shade[:, :, None], -normal[:, :, 2:]]
    rows, columns = painting.shape[:2]
    grid = _finer(np.concatenate(seen, axis=2).transpose(2, 0, 1).astype(np.float32), rows, columns)
    towards = grid[4] > -0.05
    x, y, depth, shade = (channel[towards] for channel in grid[:4])
    picture = _thrown(x, y, depth, painting[towards] * shade[:, None], 2 * half)
    image = Image.fromarray(picture, "RGBA")
    if fine < scale:
        side = round(2 * half * scale / fine)
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    return image


def _thrown(x: Array, y: Array, depth: Array, colour: Array, side: int) -> Array:
    """Points thrown onto a square picture, RGBA; of those on one pixel the nearest are averaged."""
    pixel = np.clip(y, 0, side - 1).astype(np.int32) * side + np.clip(x, 0, side - 1).astype(np.int32)
    nearest = np.full(side * side, np.inf, dtype=np.float32)
    np.minimum.at(nearest, pixel, depth)
    front = depth < nearest[pixel] + 0.4
    pixel, colour = pixel[front], colour[front]
    count = np.bincount(pixel, minlength=side * side)
    total = np.stack([np.bincount(pixel, colour[:, k], side * side) for k in range(3)] + [count], axis=1)
    total = total.reshape(side, side, 4)
    for _ in range(2):  # a gap between points takes the colours around it
        filled = total[:, :, 3] > 0
        beside = filled[1:-1, :-2] & filled[1:-1, 2:] | filled[:-2, 1:-1] & filled[2:, 1:-1]
        row, column = np.nonzero(beside & ~filled[1:-1, 1:-1])
        total[row + 1, column + 1] = sum(
            total[row + 1 + dy, column + 1 + dx] for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))
        )
    alpha = total[:, :, 3:] > 0
    rgb = total[:, :, :3] / np.maximum(total[:, :, 3:], 1)
    return np.concatenate([np.clip(rgb, 0, 255), 255 * alpha], axis=2).astype(np.uint8)
