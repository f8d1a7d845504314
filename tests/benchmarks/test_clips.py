"""Real clips of public speakers: what the gates must say of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from poseprint.estimation.extraction import extract
from poseprint.io.video import probe
from poseprint.movements.gates import inspect

pytestmark = [pytest.mark.shared_data, pytest.mark.models]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip", "codes", "usable"),
    [
        ("trump-biden_real_2020-debate_cspan2", {"WHO_IS_MEANT", "CUTS", "TOO_LITTLE_EVIDENCE"}, False),
        ("obama_real_weekly-address-2009_720p", {"ARMS_NOT_IN_SIGHT", "BODY_NOT_IN_SIGHT"}, False),
        ("trump_DEEPFAKE_parrotai", {"ARMS_NOT_IN_SIGHT", "BODY_NOT_IN_SIGHT", "PERSON_ABSENT", "CUTS"}, False),
        ("trump_real_2020-wh-briefing_guardian", {"WRISTS_HIDDEN", "CUTS", "FRAME_RATE_CONVERTED"}, True),
        ("biden_real_2021-wh-lectern", set(), True),
        ("oliver_lastweektonight", set(), True),
    ],
)
def test_findings_of_real_clips(shared: Path, models: None, clip: str, codes: set[str], usable: bool) -> None:
    series = extract(shared / "videos" / f"{clip}.mp4")
    inspection = inspect(series)
    raised = {f.code for f in inspection.findings}
    assert codes <= raised
    assert codes or not raised
    assert bool(raised & {"TOO_LITTLE_EVIDENCE", "BODY_NOT_IN_SIGHT"}) != usable
    assert (inspection.seconds >= 5) == usable or "CUTS" in raised  # in pieces shorter than a movement


def test_a_header_that_counts_hidden_frames(shared: Path) -> None:
    video = probe(shared / "videos" / "obama_real_2020-dnc-philadelphia_cspan.mp4")
    assert video.declared_frames == 1922
    # By the stamps of its pictures, one of which is missing.
    assert video.fps == pytest.approx(30000 / 1001, rel=1e-3)
    assert video.duration == pytest.approx(1841 / (30000 / 1001), abs=0.1)


@pytest.mark.slow
def test_all_clips_can_be_probed(shared: Path) -> None:
    clips = sorted((shared / "videos").glob("*.mp4"))
    assert len(clips) == 17
    assert all(np.isfinite(probe(c).duration) for c in clips)
