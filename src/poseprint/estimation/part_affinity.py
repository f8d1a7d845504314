"""Heat maps and part-affinity fields into people: the bottom-up half of OpenPose.

Joints are peaks of the heat maps. How well two of them make a limb is the mean of the field along the line between
them [1, section 2.3]. The best limbs are joined first, whichever they are, and one that would give a person a joint
twice is passed over [2, section 3.5].

[1] Cao, Simon, Wei, Sheikh: Realtime multi-person 2D pose estimation using part affinity fields. CVPR 2017.
[2] Cao, Hidalgo, Simon, Wei, Sheikh: OpenPose. IEEE TPAMI 43 (2021) 172-186, arXiv 1812.08008.
[3] Zhang, Zhu, Dai, Ye, Zhu: Distribution-aware coordinate representation for human pose estimation. CVPR 2020.
"""

from __future__ import annotations

import numpy as np

from poseprint.core.arrays import Array

JOINTS = 18
"""COCO-18 in OpenPose's order: nose, neck, right shoulder, elbow, wrist, the left ones, right hip, knee, ankle, the left
ones, right eye, left eye, right ear, left ear."""
LIMBS = (
    (1, 8),
    (8, 9),
    (9, 10),
    (1, 11),
    (11, 12),
    (12, 13),
    (1, 2),
    (2, 3),
    (3, 4),
    (2, 16),
    (1, 5),
    (5, 6),
    (6, 7),
    (5, 17),
    (1, 0),
    (0, 14),
    (0, 15),
    (14, 16),
    (15, 17),
)
"""From which joint to which the fields 2 k and 2 k + 1 (x and y) of limb k point."""

PEAK = 0.1
"""Height of a heat map from which on a peak is a joint."""
SAMPLES = 10
"""Places along a limb at which its field is read."""
ALONG, SHARE_ALONG = 0.05, 0.8
"""A limb's field points along it by this much at least, at this share of the places."""
FEWEST_JOINTS = 3
"""Joints of the least that is a person."""

_LIMB_OF = np.full((JOINTS, JOINTS), -1)
_LIMB_OF[tuple(np.transpose(LIMBS))] = np.arange(len(LIMBS))
_AROUND = np.arange(-1, 2)


def decode(heat_maps: Array, fields: Array, cell: float = 1.0) -> tuple[Array, Array]:
    """Everybody in a network's maps.

    Args:
        heat_maps: [shape=(JOINTS or more, height, width)], a joint each; what follows, the background, is not read.
        fields: [shape=(2 * len(LIMBS), height, width)], x and y of each limb.
        cell: pixels of the network's input that one value of the maps stands for, in both directions.

    Returns:
        positions [shape=(people, JOINTS, 2)] in pixels of the network's input, from its top left corner, so that the
        middle of the first value is at half a cell; NaN = missing; and confidence [shape=(people, JOINTS)], the
        height of the heat map, 0 = missing.
    """
    joint, place, height = _peaks(heat_maps[:JOINTS])
    people = _assembled(joint, _limbs(joint, place, fields))
    position, confidence = np.full((len(people), JOINTS, 2), np.nan), np.zeros((len(people), JOINTS))
    for number, person in enumerate(people):
        position[number, joint[person]] = (place[person] + 0.5) * cell
        confidence[number, joint[person]] = height[person]
    return position, confidence


def _peaks(heat_maps: Array) -> tuple[Array, Array, Array]:
    """Joint, place (x, y in values of the map) and height of each peak.

    A peak is a Gaussian bell: its logarithm is a parabola, whose summit one Newton step reaches from the highest value [3].
    """
    joint, y, x = np.nonzero(heat_maps >= PEAK)
    padded = np.pad(heat_maps, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    around = padded[joint[:, None, None], (y[:, None] + 1 + _AROUND)[:, :, None], (x[:, None] + 1 + _AROUND)[:, None]]
    # Of equal neighbours the first is the peak.
    flat = around.reshape(-1, 9)
    top = (flat[:, 4:5] > flat[:, :4]).all(axis=1) & (flat[:, 4:5] >= flat[:, 5:]).all(axis=1)
    joint, x, y, bell = joint[top], x[top], y[top], np.log(np.maximum(around[top].astype(np.float64), 1e-3))
    slope = np.stack([bell[:, 1, 2] - bell[:, 1, 0], bell[:, 2, 1] - bell[:, 0, 1]], axis=1) / 2
    middle = bell[:, 1, 1]
    xx, yy = bell[:, 1, 2] + bell[:, 1, 0] - 2 * middle, bell[:, 2, 1] + bell[:, 0, 1] - 2 * middle
    xy = (bell[:, 2, 2] - bell[:, 2, 0] - bell[:, 0, 2] + bell[:, 0, 0]) / 4
    determinant = xx * yy - xy * xy
    round_ = determinant > 1e-9
    step = np.stack([xy * slope[:, 1] - yy * slope[:, 0], xy * slope[:, 0] - xx * slope[:, 1]], axis=1)
    step = np.clip(np.where(round_, 1, 0)[:, None] * step / np.where(round_, determinant, 1)[:, None], -0.5, 0.5)
    height = np.exp(middle + (slope * step).sum(axis=1) / 2)
    return joint, np.stack([x, y], axis=1) + step, np.minimum(height, 1)


def _limbs(joint: Array, place: Array, fields: Array) -> Array:
    """Which peaks make a limb, as (from, to) [shape=(limbs, 2)], the best first."""
    limb = _LIMB_OF[joint[:, None], joint]
    start, end = np.nonzero(limb >= 0)
    along = place[end] - place[start]
    length = np.linalg.norm(along, axis=1, keepdims=True)
    points = place[start, None] + np.linspace(0, 1, SAMPLES)[:, None] * along[:, None]
    sampled = _sampled(fields, limb[start, end], points)
    alignment = (sampled * (along / np.maximum(length, 1e-6))[:, None]).sum(axis=2)
    good = (alignment > ALONG).mean(axis=1) >= SHARE_ALONG
    order = np.argsort(-alignment[good].mean(axis=1), kind="stable")
    return np.asarray(np.stack([start, end], axis=1)[good][order])


def _sampled(fields: Array, limb: Array, points: Array) -> Array:
    """x and y of each limb's field at its points [shape=(limbs, samples, 2)], interpolated linearly."""
    height, width = fields.shape[1:]
    by_limb = fields.reshape(len(LIMBS), 2, height, width).transpose(0, 2, 3, 1)
    points = np.clip(points, 0, (width - 1, height - 1))
    first = np.minimum(points.astype(np.int64), (max(width - 2, 0), max(height - 2, 0)))
    (x, y), (right, down) = np.moveaxis(first, 2, 0), np.moveaxis(points - first, 2, 0)[..., None]
    next_x, next_y, limb = np.minimum(x + 1, width - 1), np.minimum(y + 1, height - 1), limb[:, None]
    above = by_limb[limb, y, x] * (1 - right) + by_limb[limb, y, next_x] * right
    below = by_limb[limb, next_y, x] * (1 - right) + by_limb[limb, next_y, next_x] * right
    return np.asarray(above * (1 - down) + below * down)


def _assembled(joint: Array, limbs: Array) -> list[list[int]]:
    """The peaks of each person."""
    person_of = [{number: peak} for peak, number in enumerate(joint.tolist())]  # by joint
    for start, end in limbs.tolist():
        one, other = person_of[start], person_of[end]
        if one is not other and not one.keys() & other.keys():
            one |= other
            for peak in other.values():
                person_of[peak] = one
    people = {id(person): list(person.values()) for person in person_of}
    return [peaks for peaks in people.values() if len(peaks) >= FEWEST_JOINTS]
