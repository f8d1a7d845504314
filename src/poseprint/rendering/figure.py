"""The figure that `poseprint.rendering.avatar` draws, its looks and what is behind it.

All lengths are in shoulder widths of the shot unless a name says pixels, so one figure fits every
picture size. Drawing is flat: each part is its outline, its fill and a lighter or darker strip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.skeleton import (
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NECK,
    NOSE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from poseprint.rendering.face import Colour, painted, tint
from poseprint.rendering.head import EARS, draw_head, painting_size, projected, turned


@dataclass(frozen=True)
class Look:
    """What the figure and its surroundings look like; colours are RGB, 0 to 255.

    Attributes:
        build: width of trunk and limbs, 1 = average, sensible from 0.85 to 1.2.
        backdrop: what is behind the figure, a key of BACKDROPS.
        long_hair: whether the hair falls to the shoulders.
        tie: colour of a tie, or None for an open collar.

    Raises:
        PoseprintError: there is no such backdrop, or the build is not positive.
    """

    skin: Colour = (226, 178, 148)
    hair: Colour = (74, 52, 40)
    jacket: Colour = (52, 70, 104)
    shirt: Colour = (236, 238, 242)
    background: Colour = (198, 206, 212)
    build: float = 1.0
    backdrop: str = "plain"
    long_hair: bool = False
    tie: Colour | None = None

    def __post_init__(self) -> None:
        if self.backdrop not in BACKDROPS:
            raise PoseprintError(f"no backdrop {self.backdrop!r}, choose one of {', '.join(BACKDROPS)}")
        if not self.build > 0:
            raise PoseprintError(f"build must be positive, got {self.build}")


TURN = np.linspace(0, 2 * np.pi, 32, endpoint=False)
CIRCLE = np.stack([np.cos(TURN), np.sin(TURN)], axis=1)


@dataclass(frozen=True)
class _Axes:
    """A place on the figure: an origin in pixels, and what one step to the right and one down are in pixels."""

    origin: Array
    right: Array
    down: Array

    def pixels(self, points: Any) -> Array:
        """Points [shape=(n, 2)] in steps, as pixels."""
        return np.asarray(self.origin + np.asarray(points, dtype=float) @ np.stack([self.right, self.down]))

    def steps(self, pixel: Array) -> Array:
        """The opposite for one point."""
        return np.asarray(np.linalg.solve(np.stack([self.right, self.down]).T, pixel - self.origin))


def _axes(origin: Array, right: Array, step: float) -> _Axes:
    right = right / max(float(np.linalg.norm(right)), 1e-6) * step
    return _Axes(origin, right, np.array([-right[1], right[0]]))


def _rightward(vector: Array) -> Array:
    """Who turns the back has left and right swapped in the picture, and still stands head up."""
    return vector if vector[0] >= 0 else -vector


@lru_cache
def _spline(points: int, samples: int = 6) -> Array:
    """Weights [shape=(points * samples, points)] of a closed Catmull-Rom curve through its points."""
    t = np.arange(samples) / samples
    basis = np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    weights = np.zeros((points, samples, points))
    for start in range(points):
        for k in range(4):
            weights[start, :, (start + k - 1) % points] += basis[k]
    return weights.reshape(-1, points)


def _both_sides(half: list[tuple[float, float]]) -> Array:
    """A symmetric outline from its left half, given from top to bottom."""
    return np.array([*half, *((-x, y) for x, y in reversed(half))])


# Outlines: of long hair in ear distances from the middle of the ears, of the hand in shoulder widths
# from where it begins, x to the thumb and y to the fingertips.
LOCKS = _both_sides([(-0.3, -0.98), (-0.62, -0.55), (-0.66, 0.1), (-0.68, 0.7), (-0.5, 1.1), (-0.3, 0.9)])
FINGERS = ((0.068, 0.43), (0.024, 0.47), (-0.022, 0.45), (-0.066, 0.39))
PALM = np.array(
    [(-0.075, -0.04), (-0.105, 0.14), (-0.09, 0.25), (0.0, 0.27), (0.09, 0.25), (0.1, 0.12), (0.075, -0.04)]
)
HEEL = 0.06
"""How far before the wrist keypoint the hand begins; measured with BlazePose, whose wrists lay about this far out."""


class Figure:
    """One pose being drawn.

    Attributes:
        pose: [shape=(12, 2)], pixels of the picture drawn on.
        unit: the shoulder width in these pixels.
        head: the distance from ear to ear in these pixels.
        rotation: of the head, see `poseprint.core.rotation`; by default as its keypoints lie.
        expression: of the face, see `poseprint.rendering.face.painted`.
    """

    def __init__(
        self,
        picture: Image.Image,
        pose: Array,
        unit: float,
        head: float,
        look: Look,
        rotation: Array | None = None,
        expression: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.picture, self.pose, self.unit, self.head, self.look = picture, pose, unit, head, look
        right, left = pose[[RIGHT_EYE, RIGHT_EAR]], pose[[LEFT_EYE, LEFT_EAR]]
        if (left - right).sum(axis=0)[0] < 0:  # who turns the back still stands head up
            right, left = left, right
        keypoints = np.stack([pose[NOSE], right[0], left[0], right[1], left[1]])
        self.rotation = turned(keypoints) if rotation is None else rotation
        self.centre = keypoints.mean(axis=0) - projected(self.rotation, head / EARS).mean(axis=0)
        self.expression = expression
        self.paint = ImageDraw.Draw(picture)

    def draw(self) -> None:
        """Draw the whole figure into the picture, back to front."""
        shoulders = _rightward(self.pose[LEFT_SHOULDER] - self.pose[RIGHT_SHOULDER])
        # A trunk leans half as far as its shoulders: the hips stay under it.
        lean = shoulders / max(float(np.linalg.norm(shoulders)), 1e-6) + (1.0, 0.0)
        middle = (self.pose[RIGHT_SHOULDER] + self.pose[LEFT_SHOULDER]) / 2
        trunk = _axes(middle, lean, self.unit)
        half = float(np.clip(np.linalg.norm(shoulders) / 2 / self.unit, 0.28, 0.6))

        skull = _axes(self.centre, self.rotation[:2, 0] + (0.2, 0.0), self.head)

        if self.look.long_hair:
            self.curve(skull.pixels(LOCKS), self.look.hair)
        self.legs(trunk)
        self.trunk(trunk, half, skull)
        self.skull()
        for shoulder, elbow, wrist in (
            (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST),
            (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST),
        ):
            self.arm(self.pose[shoulder], self.pose[elbow], self.pose[wrist])

    def trunk(self, axes: _Axes, half: float, skull: _Axes) -> None:
        """Jacket, neck, shirt and lapels; `half` is half the distance of the shoulders as seen."""
        look, b = self.look, self.look.build
        wide = half + 0.11 * b
        jacket = _both_sides(
            [(-0.13, -0.22), (-0.55 * wide, -0.17), (-0.9 * wide, -0.1), (-wide - 0.02, 0.12),
             (-0.86 * wide, 0.7), (-0.8 * wide * b, 1.1), (-0.86 * wide * b, 1.6), (-0.4 * wide, 1.64)]
        )  # fmt: skip
        dark, light = tint(look.jacket, -0.3), tint(look.jacket, 0.14)
        self.curve(axes.pixels(jacket), look.jacket, outline=dark)
        for side in (-1, 1):
            flank = [(0.62 * wide, 0.5), (0.86 * wide, 0.3), (0.76 * wide * b, 1.1), (0.8 * wide * b, 1.56)]
            self.shape(axes.pixels(np.array([*flank, (0.6 * wide, 1.56)]) * (side, 1)), tint(look.jacket, -0.12))
        self.shape(axes.pixels([(-0.15, -0.21), (0.15, -0.21), (0.2, 0.0), (0.0, 0.72), (-0.2, 0.0)]), look.shirt)
        throat = skull.pixels([(0.0, 0.35)])[0]
        pit = axes.pixels([(0.0, -0.1)])[0]
        self.limb(throat, 0.155 * b, pit, 0.15 * b, tint(look.skin, -0.12))
        # The chin's shadow sets the face off from the neck.
        chin = skull.pixels([(0.0, 0.72)])[0]
        self.limb(throat, 0.15 * b, chin, 0.12 * b, tint(look.skin, -0.25))
        if look.tie:
            self.shape(
                axes.pixels(
                    [(-0.05, 0.02), (0.05, 0.02), (0.035, 0.1), (0.07, 0.5), (0.0, 0.7), (-0.07, 0.5), (-0.035, 0.1)]
                ),
                look.tie,
            )
        for side in (-1, 1):
            collar = [(0.16, -0.24), (0.01, 0.03), (0.12, 0.14), (0.22, -0.1)]
            lapel = [(0.18, -0.2), (0.34, 0.1), (0.25, 0.17), (0.3, 0.24), (0.0, 0.78), (-0.02, 0.7), (0.16, 0.06)]
            self.shape(
                axes.pixels(np.array(collar) * (side, 1)), tint(look.shirt, -0.06), outline=tint(look.shirt, -0.25)
            )
            self.shape(axes.pixels(np.array(lapel) * (side, 1)), light, outline=dark)
        self.shape(axes.pixels([(-0.008, 0.74), (0.008, 0.74), (0.012, 1.6), (-0.012, 1.6)]), dark)
        for y in (0.86, 1.16):
            self.oval(axes, (0.04, y), (0.025, 0.025), dark)

    def legs(self, axes: _Axes) -> None:
        """Trousers and shoes below the jacket, where the picture reaches that far."""
        cloth, b = tint(self.look.jacket, -0.35), self.look.build
        for side in (-1, 1):
            hip, knee, ankle = axes.pixels([(0.25 * side, 1.5), (0.27 * side, 2.6), (0.27 * side, 3.65)])
            self.oval(axes, (0.33 * side, 3.78), (0.2, 0.1), (40, 36, 36))
            for grow, colour in ((0.02, tint(cloth, -0.4)), (0.0, cloth)):
                self.limb(hip, 0.22 * b + grow, knee, 0.17 * b + grow, colour)
                self.limb(knee, 0.17 * b + grow, ankle, 0.12 * b + grow, colour)

    def skull(self) -> None:
        """The head, turned about the middle between its ears."""
        look, scale = self.look, self.head / EARS
        face = painted(painting_size(scale), look.skin, look.hair, look.long_hair, tuple(self.expression.items()))
        head = draw_head(face, self.rotation, self.expression, scale)
        left, top = np.round(self.centre - np.array(head.size) / 2).astype(int).tolist()
        self.picture.paste(head, (left, top), head)

    def arm(self, shoulder: Array, elbow: Array, wrist: Array) -> None:
        """Sleeve, cuff and hand."""
        look, b = self.look, self.look.build
        toward = (elbow - wrist) / max(float(np.linalg.norm(elbow - wrist)), 1e-6) * self.unit
        # Estimators mark the wrist a little inside the hand, so the hand starts before it.
        wrist = wrist + HEEL * toward
        end = wrist + 0.07 * toward
        dark = tint(look.jacket, -0.38)
        self.limb(shoulder, 0.13 * b + 0.02, elbow, 0.11 * b + 0.02, dark)
        self.limb(shoulder, 0.13 * b, elbow, 0.11 * b, look.jacket)
        self.hand(wrist, -toward, float(np.linalg.norm(elbow - wrist)) / self.unit)
        self.limb(wrist + 0.02 * toward, 0.08 * b, end, 0.085 * b, look.shirt, tint(look.shirt, -0.3))
        self.limb(elbow, 0.11 * b + 0.02, end, 0.09 * b + 0.02, dark)
        self.limb(elbow, 0.11 * b, end, 0.09 * b, look.jacket)
        self.limb(elbow, 0.11 * b, elbow + (shoulder - elbow) * 0.25, 0.11 * b, look.jacket)
        # The sleeve runs on over the elbow (above) and into the shoulder without a line.
        self.limb(shoulder, 0.13 * b, shoulder + (self.pose[NECK] - shoulder) * 0.2, 0.12 * b, look.jacket)
        # Light falls from above: a strip along each sleeve's upper side.
        lit, lift = tint(look.jacket, 0.1), np.array([0.0, -0.02 * self.unit])
        self.limb(shoulder + (elbow - shoulder) * 0.15, 0.03 * b, elbow + lift, 0.06 * b, lit)
        self.limb(elbow + lift, 0.06 * b, end + lift, 0.045 * b, lit)

    def hand(self, wrist: Array, along: Array, forearm: float) -> None:
        """A hand going on where the forearm points, along (pixels a shoulder width), foreshortened with it."""
        along = along * np.clip(forearm / 0.6, 0.7, 1.0)
        # Steps to the right lead to the thumb. An arm that hangs has it inside, one across the body above.
        axes = _Axes(wrist, np.array([along[1], -along[0]]), along)
        skin, line = self.look.skin, tint(self.look.skin, -0.25)
        fingers = [((0.07, 0.1), (0.17, 0.25), 0.038)]
        fingers += [((x, 0.2), (1.35 * x, tip), 0.03) for x, tip in FINGERS]
        for start, tip, radius in fingers:
            a, b = axes.pixels([start, tip])
            self.limb(a, radius + 0.012, b, 0.9 * radius + 0.012, line)
            self.limb(a, radius, b, 0.9 * radius, skin)
        self.curve(axes.pixels(PALM), skin)

    def limb(
        self, a: Array, a_radius: float, b: Array, b_radius: float, colour: Colour, outline: Colour | None = None
    ) -> None:
        """A rounded bar from a to b (pixels), thick a_radius and b_radius (shoulder widths) at its ends."""
        angle = float(np.arctan2(*(b - a)[::-1])) + np.pi / 2
        arc = angle + TURN[: len(TURN) // 2 + 1]
        bow = np.stack([np.cos(arc), np.sin(arc)], axis=1) * self.unit
        self.shape(np.concatenate([a + bow * a_radius, b - bow * b_radius]), colour, outline)

    def oval(
        self, axes: _Axes, centre: Any, radii: tuple[float, float], colour: Colour, outline: Colour | None = None
    ) -> None:
        """An ellipse in the axes of a body part."""
        self.shape(axes.pixels(np.asarray(centre) + CIRCLE * radii), colour, outline)

    def curve(self, pixels: Array, colour: Colour, outline: Colour | None = None) -> None:
        """A smooth closed shape through the points."""
        self.shape(_spline(len(pixels)) @ pixels, colour, outline)

    def shape(self, pixels: Array, colour: Colour, outline: Colour | None = None) -> None:
        """A filled polygon; its outline is a hundredth of the shoulder width."""
        width = max(round(0.012 * self.unit), 1) if outline else 1
        self.paint.polygon(pixels.ravel().tolist(), colour, outline, width)


def _plain(width: int, height: int, colour: Colour) -> Image.Image:
    """A wall, a little lighter at the top."""
    shade = np.linspace(1.06, 0.9, height)[:, None, None] * np.array(colour)
    return Image.fromarray(np.broadcast_to(shade.clip(0, 255), (height, width, 3)).astype(np.uint8))


def _curtain(width: int, height: int, colour: Colour) -> Image.Image:
    """Folds of cloth."""
    x = np.arange(width) / height * 2 * np.pi
    fold = 0.9 + 0.1 * np.sin(9 * x + 0.8 * np.sin(4 * x)) + 0.04 * np.sin(23 * x)
    shade = fold[None, :, None] * np.array(colour)
    return Image.fromarray(np.broadcast_to(shade.clip(0, 255), (height, width, 3)).astype(np.uint8))


def _room(width: int, height: int, colour: Colour) -> Image.Image:
    """A wall with a window and a bookcase."""
    picture = _plain(width, height, colour)
    paint, h = ImageDraw.Draw(picture), height
    paint.rectangle((0, 0.8 * h, width, h), tint(colour, -0.35))
    paint.rectangle((0.06 * h, 0.1 * h, 0.46 * h, 0.56 * h), tint(colour, 0.6))
    paint.rectangle((0.085 * h, 0.125 * h, 0.435 * h, 0.535 * h), (176, 208, 228))
    paint.rectangle((0.25 * h, 0.125 * h, 0.27 * h, 0.535 * h), tint(colour, 0.6))
    left = width - 0.48 * h
    paint.rectangle((left, 0.08 * h, width - 0.05 * h, 0.8 * h), (112, 84, 62))
    for shelf in range(3):
        bottom = (0.29 + 0.24 * shelf) * h
        paint.rectangle((left + 0.02 * h, bottom - 0.19 * h, width - 0.07 * h, bottom), (78, 58, 44))
        for book in range(9):
            x, tall = left + (0.03 + 0.042 * book) * h, (0.13 + 0.02 * ((book * 5 + shelf) % 3)) * h
            cover = ((150, 92, 84), (96, 122, 128), (176, 156, 112), (98, 108, 84))[(book * 3 + shelf) % 4]
            paint.rectangle((x, bottom - tall, x + 0.034 * h, bottom), cover)
    return picture


BACKDROPS: Mapping[str, Callable[[int, int, Colour], Image.Image]] = MappingProxyType(
    {"plain": _plain, "curtain": _curtain, "room": _room}
)

LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "navy": Look(tie=(142, 52, 58)),
        "olive": Look(
            skin=(146, 98, 70), hair=(34, 28, 28), jacket=(108, 112, 82), shirt=(240, 232, 214),
            background=(118, 62, 66), build=0.88, backdrop="curtain", long_hair=True,
        ),
        "charcoal": Look(
            skin=(196, 142, 104), hair=(40, 34, 34), jacket=(62, 62, 68), shirt=(178, 204, 226),
            background=(206, 194, 174), build=1.18, backdrop="room",
        ),
        "plum": Look(
            skin=(240, 202, 176), hair=(168, 116, 66), jacket=(112, 62, 92), shirt=(248, 244, 238),
            background=(92, 122, 128), build=0.94, backdrop="room", long_hair=True,
        ),
        "sand": Look(
            skin=(104, 70, 52), hair=(30, 26, 26), jacket=(176, 156, 124), shirt=(250, 250, 250),
            background=(66, 84, 112), build=1.08, backdrop="curtain", tie=(44, 84, 96),
        ),
    }
)  # fmt: skip
