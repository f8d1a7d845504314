"""What is painted on the head of `poseprint.rendering.head`: skin, hair, brows, eyes that close, a mouth that opens.

Places are in its centimetres, as seen from the front.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from poseprint.core.arrays import Array
from poseprint.rendering.head import EAR_AT, EYE, LIPS, columns, on_surface

Colour = tuple[int, int, int]
SIDES = (("right", -1), ("left", 1))


def tint(colour: Colour, by: float) -> Colour:
    """The colour, mixed with black (by < 0) or white (by > 0)."""
    target = 255 if by > 0 else 0
    red, green, blue = (round(c + (target - c) * abs(by)) for c in colour)
    return red, green, blue


@lru_cache(maxsize=8)
def painted(
    size: tuple[int, int], skin: Colour, hair: Colour, long_hair: bool, expression: tuple[tuple[str, float], ...]
) -> Array:
    """A face as `poseprint.rendering.head.draw_head` takes it [shape=(height, width, 3)].

    Args:
        size: (width, height) in pixels.
        skin, hair: colours.
        long_hair: whether it hangs over the ears.
        expression: shares of 0 to 1 by MediaPipe's names in snake_case, as pairs.
    """
    return Face(size, skin, hair, long_hair, dict(expression)).painting()


class Face:
    """One face being painted.

    Attributes:
        expression: shares of 0 to 1 by MediaPipe's names in snake_case.
    """

    def __init__(
        self, size: tuple[int, int], skin: Colour, hair: Colour, long_hair: bool, expression: Mapping[str, float]
    ) -> None:
        self.skin, self.hair, self.long_hair, self.expression = skin, hair, long_hair, expression
        self.picture = Image.new("RGB", size, skin)
        self.paint = ImageDraw.Draw(self.picture)

    def painting(self) -> Array:
        """The painting [shape=(height, width, 3)]."""
        self.cheeks()
        self.hairline()
        for side, sign in SIDES:
            self.eye(side, sign)
            self.brow(side, sign)
        self.nostrils()
        self.mouth()
        return np.asarray(self.picture)

    def share(self, name: str) -> float:
        """How strong a part of the expression is."""
        return float(np.clip(self.expression.get(name, 0.0), 0, 1))

    def shape(self, points: Sequence[tuple[float, float]] | Array, colour: Colour) -> None:
        """A filled polygon."""
        places = on_surface(np.asarray(points, dtype=float), self.share("jaw_open"), self.picture.size)
        self.paint.polygon(places.ravel().tolist(), colour)

    def cheeks(self) -> None:
        """A little colour."""
        warm = (
            min(self.skin[0] + 4, 255),
            max(self.skin[1] - 10, 0),
            max(self.skin[2] - 10, 0),
        )
        for _, sign in SIDES:
            turn = np.linspace(0, 2 * np.pi, 20)
            self.shape(np.stack([sign * (4.2 + 1.4 * np.cos(turn)), 1.8 + 1.1 * np.sin(turn)], axis=1), warm)

    def hairline(self) -> None:
        """Hair, from the crown to a line that falls from the forehead to behind the ears."""
        width, height = self.picture.size
        # Degrees from the front; lowest row of hair, as a share from crown to jaw.
        edge = [
            (0, 0.27),
            (30, 0.27),
            (52, 0.32),
            (64, 0.38),
            (78, 0.48),
            (84, 0.54),
            (96, 0.54),
            (112, 0.62),
            (180, 0.9),
        ]
        if self.long_hair:
            edge = [(0, 0.25), (25, 0.28), (48, 0.36), (64, 0.5), (72, 0.75), (78, 0.95), (180, 1.0)]
        angles, rows = np.array(edge).T
        for sign in (-1, 1):
            line = np.stack([(columns(sign * np.radians(angles)) + 1) / 2 * width, rows * height], axis=1)
            corner = (1 + sign) / 2 * width
            self.paint.polygon([(width / 2, 0), *map(tuple, line.tolist()), (corner, height), (corner, 0)], self.hair)
            if self.long_hair:
                continue
            left, right = np.sort(columns(sign * (EAR_AT + np.radians([-11, 12]))) + 1).tolist()
            middle, half = (left + right) / 2, (right - left) / 6
            for start, end, top, low, colour in (
                (left, right, 0.44, 0.66, self.skin),
                (middle - half, middle + half, 0.48, 0.6, tint(self.skin, -0.25)),
            ):
                self.paint.ellipse((start / 2 * width, top * height, end / 2 * width, low * height), colour)

    def eye(self, side: str, sign: int) -> None:
        """White, iris and lids; the eye shuts from above."""
        x, y = EYE
        shut = self.share(f"eye_blink_{side}")
        wide = 1 + 0.35 * self.share(f"eye_wide_{side}") - 0.35 * self.share(f"eye_squint_{side}")
        t = np.linspace(-1, 1, 15)
        across = sign * (x + 1.5 * t)
        bow = (1 - t**2) ** 0.8
        low = y + 0.12 + 0.42 * bow * wide - 0.08 * t
        high = y + 0.12 - 0.62 * bow * wide - 0.08 * t
        high = high + (low - high) * shut
        lid = tint(self.skin, -0.12)
        crease = y - 1.0 * bow + 0.1
        self.shape(np.concatenate([np.stack([across, crease], 1), np.stack([across, low], 1)[::-1]]), lid)
        if shut < 0.95:
            self.shape(np.concatenate([np.stack([across, high], 1), np.stack([across, low], 1)[::-1]]), (238, 236, 232))
            for radius, colour in ((0.62, (84, 60, 44)), (0.28, (20, 16, 16))):
                self.iris(side, sign, radius, colour, across, high, low)
        dark = tint(self.hair, -0.5)
        self.shape(np.concatenate([np.stack([across, high - 0.13], 1), np.stack([across, high + 0.07], 1)[::-1]]), dark)
        line = tint(self.skin, -0.4)
        self.shape(np.concatenate([np.stack([across, low - 0.02], 1), np.stack([across, low + 0.08], 1)[::-1]]), line)

    def iris(self, side: str, sign: int, radius: float, colour: Colour, across: Array, high: Array, low: Array) -> None:
        """A disc, as much of it as shows between the lids."""
        look = self.share(f"eye_look_out_{side}") - self.share(f"eye_look_in_{side}")
        rise = self.share(f"eye_look_up_{side}") - self.share(f"eye_look_down_{side}")
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        x = sign * (EYE[0] + 0.6 * look) + radius * np.cos(turn)
        y = EYE[1] - 0.35 * rise + radius * np.sin(turn)
        order = np.argsort(across)
        top, bottom = (np.interp(x, across[order], lid[order]) for lid in (high, low))
        self.shape(np.stack([x, np.clip(y, top, bottom)], axis=1), colour)

    def brow(self, side: str, sign: int) -> None:
        """A brow, thicker inside; its two ends rise on their own."""
        t = np.linspace(0, 1, 8)
        inner = self.share("brow_inner_up") - 0.6 * self.share(f"brow_down_{side}")
        outer = self.share(f"brow_outer_up_{side}") - 0.3 * self.share(f"brow_down_{side}")
        x = sign * (1.1 + 4.0 * t)
        y = -3.7 - 0.75 * np.sin(np.pi * (0.25 + 0.55 * t)) + 0.5 * t - 0.9 * (inner * (1 - t) + outer * t)
        thick = 0.36 * (1 - 0.6 * t)
        self.shape(
            np.concatenate([np.stack([x, y - thick], 1), np.stack([x, y + thick], 1)[::-1]]), tint(self.hair, -0.15)
        )

    def nostrils(self) -> None:
        """Two dark ovals and the shadow beside the wings of the nose."""
        turn = np.linspace(0, 2 * np.pi, 12)
        for _, sign in SIDES:
            self.shape(
                np.stack([sign * (0.7 + 0.42 * np.cos(turn)), 2.62 + 0.2 * np.sin(turn)], axis=1), tint(self.skin, -0.6)
            )
            self.shape(
                [(sign * 1.75, 1.5), (sign * 2.0, 2.3), (sign * 1.7, 2.8), (sign * 1.8, 2.2)], tint(self.skin, -0.25)
            )

    def mouth(self) -> None:
        """Lips, and between them teeth and dark when the jaw is open."""
        pucker, jaw = self.share("mouth_pucker"), self.share("jaw_open")
        smile = [self.share(f"mouth_smile_{side}") for side, _ in SIDES]
        frown = [self.share(f"mouth_frown_{side}") for side, _ in SIDES]
        t = np.linspace(-1, 1, 17)
        pull, sink = np.where(t < 0, *smile), np.where(t < 0, *frown)
        x = 2.5 * t * (1 - 0.45 * pucker - 0.1 * jaw) * (1 + 0.22 * pull)
        corner = t**2 * (0.7 * sink - 0.75 * pull)
        gap = 2.2 * jaw * (1 - np.abs(t) ** 3)
        middle = LIPS + 0.35 * jaw * t**2
        top = middle + corner
        bottom = top + gap
        full = 1 + 0.4 * pucker
        cupid = 0.75 * full * (1 - np.abs(t) ** 2.2) - 0.14 * np.exp(-((t / 0.12) ** 2))
        red = (
            round(0.6 * self.skin[0] + 0.4 * 168),
            round(0.6 * self.skin[1] + 0.4 * 50),
            round(0.6 * self.skin[2] + 0.4 * 60),
        )
        self.shape(
            np.concatenate([np.stack([x, top - cupid], 1), np.stack([x, top + 0.03], 1)[::-1]]), tint(red, -0.12)
        )
        under = bottom + 0.95 * full * (1 - np.abs(t) ** 2.4)
        self.shape(np.concatenate([np.stack([x, bottom], 1), np.stack([x, under], 1)[::-1]]), red)
        inside = (66, 26, 28)
        self.shape(np.concatenate([np.stack([x, top - 0.07], 1), np.stack([x, bottom + 0.07], 1)[::-1]]), inside)
        if jaw > 0.12:
            teeth = top + np.minimum(gap, 0.55)
            self.shape(
                np.concatenate([np.stack([x, top], 1)[3:-3], np.stack([x, teeth], 1)[3:-3][::-1]]), (236, 232, 224)
            )
