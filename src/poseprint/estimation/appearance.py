"""How somebody looks: the colours of head and chest, to know them again after a cut or an absence.

Compared by the Bhattacharyya coefficient of their histograms. It tells clothes apart, no faces: two men in dark suits look alike.
"""

from __future__ import annotations

import numpy as np

from poseprint.core.arrays import Array
from poseprint.io.people import head_of

LEVELS = 4
"""Parts that red, green and blue are each divided into."""
PARTS = ((-0.6, -0.9, 0.6, 0.6), (-0.8, 1.2, 0.8, 3.0))
"""Left, top, right and bottom of head and chest, in head widths from the middle of eyes, nose and ears."""
LOOKS = len(PARTS) * LEVELS**3
"""Numbers in a look."""


def colours(picture: Array, position: Array) -> Array:
    """The square roots of the shares of each colour in head and chest: a product of two people's is their likeness, 0 to 1.

    Args:
        picture: uint8 RGB [shape=(height, width, 3)].
        position: UPPER_BODY in pixels [shape=(people, 12, 2)].

    Returns:
        [shape=(people, 2 * LEVELS**3)]; NaN where no two points of a head are known.
    """
    found = np.full((len(position), len(PARTS), LEVELS**3), np.nan)
    limit = np.array(picture.shape[1::-1] * 2)
    for person, head in enumerate(map(head_of, position)):
        if head is None:
            continue
        for part, edges in enumerate(PARTS):
            bounds = np.clip(np.tile(head[:2], 2) + head[2] * np.array(edges), 0, limit)
            left, top, right, bottom = bounds.astype(int)
            red, green, blue = (picture[top:bottom, left:right] // (256 // LEVELS)).astype(int).reshape(-1, 3).T
            counts = np.bincount((red * LEVELS + green) * LEVELS + blue, minlength=LEVELS**3)
            found[person, part] = counts / max(len(PARTS) * len(red), 1)
    return np.asarray(np.sqrt(found.reshape(len(position), len(PARTS) * LEVELS**3)))
