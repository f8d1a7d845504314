"""What in a recording differs from the enrolled person."""

from __future__ import annotations

from helpers.movers import wanderer

from poseprint.app.check import check_poses
from poseprint.verification.profile import EnrolledProfile


def test_departures_name_what_differs(ann: EnrolledProfile) -> None:
    fast = check_poses(wanderer(seed=9, tempo=3.0), ann)
    assert fast.evidence is not None
    assert fast.evidence.departures
    worst = fast.evidence.departures[0]
    assert not worst.low <= worst.value <= worst.high
    assert abs(worst.deviations) >= 2
    usual = check_poses(wanderer(seed=9), ann)
    assert usual.evidence is not None
    assert usual.evidence.llr["both"] > fast.evidence.llr["both"]
