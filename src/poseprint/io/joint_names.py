"""Names of joints as programs write them: left_wrist, LWrist, LEFT_WRIST and wrist.L are one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER, UPPER_BODY


def plain(name: str) -> str:
    """A name in lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def spellings(side: str, joint: str) -> Iterable[str]:
    """How `plain` gives the name of a joint of one side: the side first or last, whole or its first letter."""
    return (text for s in (side, side[0]) for text in (s + joint, joint + s))


def keypoints_among(names: Sequence[str]) -> dict[int, int]:
    """Our keypoints, by number, and which of some names is each; those that are not there are left out."""
    place = {plain(name): number for number, name in reversed(list(enumerate(names)))}
    found = {}
    for keypoint, name in enumerate(UPPER_BODY.keypoints):
        side, _, joint = name.rpartition("_")
        written = next((text for text in (spellings(side, joint) if side else [name]) if text in place), None)
        if written is not None:
            found[keypoint] = place[written]
    return found


def with_neck(position: Array, confidence: Array) -> tuple[Array, Array]:
    """Positions [shape=(..., 12, 2)] and confidences [shape=(..., 12)] with the middle of the shoulders as the neck, seen as well
    as the shoulder that is seen worse."""
    shoulders = [RIGHT_SHOULDER, LEFT_SHOULDER]
    position, confidence = position.copy(), confidence.copy()
    position[..., NECK, :] = position[..., shoulders, :].mean(axis=-2, dtype=np.float64)
    confidence[..., NECK] = confidence[..., shoulders].min(axis=-1)
    return position, confidence
