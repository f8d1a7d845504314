"""How far a recording's LLR moves when it is measured anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover, wanderer

from poseprint.app.check import check_poses
from poseprint.core.findings import Inspection
from poseprint.core.verdict import LikelihoodRatio
from poseprint.movements.perturbations import measured_anew
from poseprint.verification.judge import _reason
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import EVIDENCE


def likelihood_of(profile: EnrolledProfile, frames: int = 600) -> LikelihoodRatio:
    evidence = check_poses(wanderer(frames, seed=9), profile).evidence
    assert evidence is not None
    return evidence


def test_a_verdict_tells_a_margin_of_each_llr_the_same_each_time(ann: EnrolledProfile) -> None:
    likelihood = likelihood_of(ann)
    assert set(likelihood.margin) == set(EVIDENCE)
    assert all(0 <= m < 3 for m in likelihood.margin.values())
    assert likelihood.margin["both"] > 0
    verdict = check_poses(wanderer(600, seed=9), ann)
    assert verdict.evidence is not None
    assert verdict.evidence.margin == likelihood.margin
    assert verdict.to_dict()["evidence"]["margin"] == likelihood.margin
    assert f"± {likelihood.margin['both']:.2f} when measured anew" in verdict.reason


@pytest.mark.parametrize(
    ("llr", "margin", "doubted"), [(2.0, 0.3, False), (2.0, 1.5, True), (-2.0, 0.3, False), (-2.0, 1.5, True)]
)
def test_the_reason_says_where_a_verdict_does_not_hold_throughout_its_margin(
    ann: EnrolledProfile, llr: float, margin: float, doubted: bool
) -> None:
    likelihood = replace(likelihood_of(ann, 150), llr={"both": llr}, margin={"both": margin})
    decision = "consistent" if llr > 0 else "inconsistent"
    reason = _reason(decision, likelihood, Inspection((), (), {}, 0.0))  # type: ignore[arg-type]
    assert ("it could as well be inconclusive" in reason) == doubted


def test_at_the_end_of_the_scale_the_reason_says_so_in_place_of_a_margin_of_nothing(ann: EnrolledProfile) -> None:
    likelihood = replace(likelihood_of(ann, 150), llr={"both": -0.6}, margin={"both": 0.0})
    reason = _reason("inconclusive", likelihood, Inspection((), (), {}, 0.0))
    assert "the end of the scale, also when measured anew" in reason
    assert "± 0.00" not in reason


def test_what_is_measured_anew_moves_a_little_and_what_is_half_seen_more() -> None:
    series = mover(300)
    confidence = series.confidence.copy()
    confidence[:, 0], confidence[:, 1], confidence[:, 2] = 0.95, 0.55, 0.0
    series = replace(series, confidence=confidence)
    again = measured_anew(series, 1)
    np.testing.assert_array_equal(again.position, measured_anew(series, 1).position)
    assert not np.array_equal(again.position, measured_anew(series, 2).position)
    moved = np.linalg.norm(again.position - series.position, axis=2) / series.shoulder_width()
    sure, half = np.median(moved[:, 0]), np.median(moved[:, 1])
    assert 0.003 < sure < half < 0.2
    assert (again.confidence[:, 2] == 0).all()
    assert ((again.confidence > 0) & (again.confidence <= 1) == (series.confidence > 0)).all()
    assert again.log[-1] == {"step": "measured_anew", "draw": 1}


def test_confidences_of_0_and_1_stay() -> None:
    series = mover(120)
    confidence = np.ones_like(series.confidence)
    confidence[30:60, 3] = 0
    series = replace(series, confidence=confidence)
    np.testing.assert_array_equal(measured_anew(series, 0).confidence, confidence)
    assert len(measured_anew(series.part(0, 1), 0)) == 1
