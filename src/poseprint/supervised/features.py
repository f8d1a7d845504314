"""What a network is given of each frame: the paper's 24 numbers, or one of the choices it proposes (section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.channels import HANDS, HEAD, is_place
from poseprint.core.errors import PoseFileError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import HEAD_KEYPOINTS, UPPER_BODY
from poseprint.movements.cleaning import fill_gaps
from poseprint.movements.kinds import SURE


@dataclass(frozen=True)
class FeatureSet:
    """A choice of keypoints, and of channels that follow them.

    Attributes:
        keypoints: names of those of the skeleton, in its order; x and y of each.
        channels: a measured part -> its channels; `PART_confidence` tells how sure they are.
        what: the parts in words; empty where there are none.
        remedy: how they come to be measured.
    """

    keypoints: tuple[str, ...] = UPPER_BODY.keypoints
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    what: str = ""
    remedy: str = ""

    @property
    def count(self) -> int:
        """Numbers a frame."""
        return 2 * len(self.keypoints) + sum(map(len, self.channels.values()))

    @property
    def columns(self) -> list[int]:
        """Which they are of all keypoints' numbers with the channels' behind them."""
        every = 2 * len(UPPER_BODY.keypoints)
        chosen = [2 * UPPER_BODY.index(name) + axis for name in self.keypoints for axis in (0, 1)]
        return [*chosen, *range(every, every + self.count - len(chosen))]

    def lacks(self, series: PoseSeries) -> bool:
        """Whether a series does not have all channels."""
        needed = {name for part, names in self.channels.items() for name in (*names, f"{part}_confidence")}
        return not needed <= set(series.channels)

    def measured(self, series: PoseSeries) -> tuple[Array, Array]:
        """Places and angles of a cleaned series; channels are cleaned as its keypoints were.

        Returns:
            places in pixels, the skeleton's and then those of the channels [shape=(frames, points, 2)]; angles in
            radians [shape=(frames, angles)]; NaN where missing.

        Raises:
            PoseFileError: the series lacks channels.
        """
        if self.lacks(series):
            raise PoseFileError(
                f"recording {series.recording or '(unnamed)'}: tells nothing of {self.what}; {self.remedy}"
            )
        places, angles = [series.position], [np.zeros((len(series), 0))]
        for part, names in self.channels.items():
            track = _cleaned(series, part, names)
            if is_place(names[0]):
                places.append(track.reshape(len(series), -1, 2))
            else:
                angles.append(track)
        return np.concatenate(places, axis=1), np.concatenate(angles, axis=1)


def _cleaned(series: PoseSeries, part: str, names: tuple[str, ...]) -> Array:
    """Channels of a part [shape=(frames, channels)], NaN where it is not sure, short gaps filled."""
    track = np.stack([series.channels[name] for name in names], axis=1).astype(np.float64)
    track[~(series.channels[f"{part}_confidence"] >= SURE)] = np.nan
    for first, last in series.shots():
        fill_gaps(track[first:last], series.fps)
    return track


FEATURES: Mapping[str, FeatureSet] = {
    "keypoints": FeatureSet(),
    "head_rotation": FeatureSet(
        keypoints=tuple(name for k, name in enumerate(UPPER_BODY.keypoints) if k not in HEAD_KEYPOINTS),
        channels={"head": HEAD[:3]},
        what="the head's rotation",
        remedy="measure it without --no-head",
    ),
    "hands": FeatureSet(
        channels={f"{side}_hand": names[:-1] for side, names in HANDS.items()},
        what="the hands",
        remedy="measure it with --hands",
    ),
}
"""keypoints: the paper's. head_rotation: yaw, pitch and roll in place of nose, eyes and ears. hands: 21 keypoints of
each hand besides."""
