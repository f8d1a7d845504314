"""Recordings of any content, as hypothesis draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from poseprint.core.channels import HANDS
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@st.composite
def recordings(draw: Any) -> PoseSeries:
    """A recording with hands, depth and other channels; what was not seen has no place, and no depth."""
    frames = draw(st.integers(1, 6))
    numbers = st.floats(-1e4, 1e4, width=32)
    position = draw(arrays.arrays(np.float32, (frames, 12, 2), elements=numbers))
    confidence = draw(arrays.arrays(np.float32, (frames, 12), elements=st.floats(0, 1, width=32)))
    seen = confidence > 0
    channels = {}
    for name in draw(st.lists(st.sampled_from(UPPER_BODY.keypoints), unique=True)):
        depth = draw(arrays.arrays(np.float32, frames, elements=numbers))
        channels[f"depth_{name}"] = np.where(seen[:, UPPER_BODY.index(name)], depth, np.nan)
    for side in draw(st.lists(st.sampled_from(sorted(HANDS)), unique=True)):
        shown = draw(arrays.arrays(np.float32, frames, elements=st.sampled_from([np.nan, 0.25, 1.0])))
        for number, name in enumerate(HANDS[side]):
            channels[name] = shown if name == HANDS[side][-1] else np.where(np.isnan(shown), np.nan, number)
    for name in draw(st.lists(st.sampled_from(("cut", "change", "head_yaw")), unique=True)):
        channels[name] = draw(arrays.arrays(np.float32, frames, elements=numbers | st.just(np.nan)))
    fps = draw(st.floats(1, 1000))
    return PoseSeries(
        position=np.where(seen[:, :, None], position, np.nan),
        confidence=confidence,
        time=np.arange(frames) / fps,
        fps=fps,
        frame_size=draw(st.tuples(st.integers(1, 65535), st.integers(1, 65535))),
        recording=draw(TEXTS),
        person=draw(TEXTS),
        source_sha256=draw(st.sampled_from(["", "ab" * 32])),
        estimator=EstimatorInfo(draw(TEXTS), draw(TEXTS)),
        channels=channels,
        log=tuple(draw(st.lists(st.fixed_dictionaries({"step": TEXTS, "amount": st.floats(0, 1)}), max_size=2))),
    )
