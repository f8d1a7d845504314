"""Verdicts on films: head and face beside the body, what a face swap may not carry, and profiles that show something else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import talker, wanderer, with_face

from poseprint.app.check import check_poses
from poseprint.core.errors import PoseprintError
from poseprint.core.verdict import LikelihoodRatio
from poseprint.verification.enrolment import enroll
from poseprint.verification.judge import LEAST_BEARING, MOVING_PARTS, _parts_disagree, judge, rests_on_face
from poseprint.verification.learn_films import FUSIONS
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import shipped

PARTS = set(FUSIONS) - {"static", "motion", "both"}


@pytest.fixture(scope="module")
def bea() -> EnrolledProfile:
    """Somebody enrolled from films that show head and face alone."""
    return enroll("Bea", [talker(style=1, seed=s) for s in range(3)], sessions=["mon", "tue", "wed"])


def evidence_of(profile: EnrolledProfile, style: int, seed: int = 9) -> LikelihoodRatio:
    evidence = judge(talker(style=style, seed=seed), profile, stride=150).evidence
    assert evidence is not None
    return evidence


def test_a_head_and_a_face_alone_are_judged(bea: EnrolledProfile) -> None:
    own, other = evidence_of(bea, 1), evidence_of(bea, 2)
    assert set(own.parts) == PARTS
    for part in ("head", "eyes", "mouth", "expression"):
        assert (own.parts[part] or 0) > (other.parts[part] or 0)
    assert (own.llr["both"] or 0) > (other.llr["both"] or 0)
    assert own.parts["body"] is own.parts["body_posture"] is None
    assert own.parts["bearing"] is not None
    assert own.margin.keys() == own.llr.keys()
    verdict = check_poses(talker(style=1, seed=9), bea)
    assert len(verdict.movements) == 4
    assert all(set(m.parts) == PARTS for m in verdict.movements)
    assert "BODY_NOT_IN_SIGHT" in {f.code for f in verdict.findings}


def test_what_departs_in_a_face_is_told_in_units_one_can_read(bea: EnrolledProfile) -> None:
    departures = evidence_of(bea, 2).departures
    assert {d.keypoints[0] for d in departures} <= {"head", "eyes", "mouth", "face"}
    assert {d.unit for d in departures} <= {
        *("degrees", "degrees/s", "degrees/s²", "share", "share/s", "share/s²"),
        *("1/s", "a second", "correlation"),
    }
    assert all(np.isfinite([d.value, d.low, d.high]).all() for d in departures)


def test_a_face_at_rest_carries_nothing(bea: EnrolledProfile) -> None:
    """Another resting expression changes the LLR of the face at rest, and no other."""
    plain = talker(style=1, seed=9)
    masked = {name: np.clip(v + 0.2, 0, 1) if name.startswith("face_") else v for name, v in plain.channels.items()}
    masked["face_confidence"] = plain.channels["face_confidence"]
    before, after = (judge(s, bea, stride=150).evidence for s in (plain, replace(plain, channels=masked)))
    assert before is not None
    assert after is not None
    assert before.parts["expression"] != after.parts["expression"]
    assert all("expression" not in FUSIONS[name] for name in ("motion", "static", "both", "bearing"))


def test_a_body_is_judged_with_the_head_where_both_are_seen() -> None:
    films = [with_face(wanderer(seed=s), 1, s) for s in range(3)]
    profile = enroll("Ann", films)
    evidence = judge(with_face(wanderer(seed=9), 1, 9), profile, stride=150).evidence
    assert evidence is not None
    assert all(evidence.parts[part] is not None for part in PARTS)
    assert evidence.hidden < 0.05
    assert {q.part for q in evidence.qualities} >= {"head", "eyes", "mouth", "right arm"}


def test_profiles_that_show_something_else_say_so(bea: EnrolledProfile, ann: EnrolledProfile) -> None:
    of_body, of_face = check_poses(wanderer(seed=9), bea), check_poses(talker(seed=9), ann)
    assert of_body.decision == of_face.decision == "inconclusive"
    assert of_body.evidence is of_face.evidence is None
    assert "the profile knows head and face, the recording shows the body" in of_body.reason
    assert "the profile knows the body, the recording shows head and face" in of_face.reason
    assert "enrol footage framed like this one" in of_face.reason
    assert "NOTHING_IN_COMMON" in {f.code for f in of_face.findings}


def test_neither_arms_nor_a_face_is_nothing_to_enrol_and_nothing_to_judge(bea: EnrolledProfile) -> None:
    masked = talker(seed=5)
    channels = {n: np.zeros(len(masked)) if n == "face_confidence" else v for n, v in masked.channels.items()}
    hidden = replace(masked, channels=channels)
    with pytest.raises(PoseprintError, match="nothing to enrol"):
        enroll("Cid", [hidden])
    verdict = check_poses(hidden, bea)
    assert verdict.decision == "inconclusive"
    assert verdict.evidence is None
    assert "Too little can be measured" in verdict.reason


def test_a_face_alone_makes_nothing_consistent() -> None:
    assert rests_on_face({"bearing": LEAST_BEARING - 0.01})
    assert not rests_on_face({"bearing": LEAST_BEARING})
    assert not rests_on_face({"bearing": None})
    assert not rests_on_face({})


def test_parts_that_oppose_each_other_are_told(bea: EnrolledProfile) -> None:
    evidence = evidence_of(bea, 1)
    calm = dict.fromkeys(MOVING_PARTS, 0.2)
    assert not _parts_disagree(replace(evidence, parts=calm), "Bea")
    assert not _parts_disagree(replace(evidence, parts={**calm, "mouth": -1.0}), "Bea")
    (found,) = _parts_disagree(replace(evidence, parts={**calm, "head": 0.5, "mouth": -1.0}), "Bea")
    assert found.code == "PARTS_DISAGREE"
    assert found.message == "for Bea speaks head +0.5, against: mouth -1.0 (LLR)"


def test_a_consistent_verdict_needs_more_than_a_face(bea: EnrolledProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poseprint.verification.judge.LEAST_BEARING", 9.0)
    monkeypatch.setattr("poseprint.verification.judge.Costs.decide", lambda *_: "consistent")
    verdict = judge(talker(style=1, seed=9), bea, stride=150)
    assert verdict.decision == "inconclusive"
    assert "FACE_ALONE" in {f.code for f in verdict.findings}
    assert "as under a face swap" in verdict.reason


def test_who_is_enrolled_does_not_tell_what_others_are_like() -> None:
    reference = shipped(2)
    name = "mediapipe-pose-full"
    everybody, without = reference.seen_by(name), reference.seen_by(name, "Barack Obama")
    assert "Obama" in reference.speakers
    assert "rlt03" not in reference.speakers
    assert everybody.faces is not None
    assert without.faces is not None
    assert len(set(without.faces.cohort_person)) == len(set(everybody.faces.cohort_person)) - 1
    assert reference.seen_by("openpose").faces is None


def test_poses_without_a_face_are_judged_as_before(ann: EnrolledProfile) -> None:
    verdict = check_poses(wanderer(seed=9), ann)
    assert verdict.evidence is not None
    assert verdict.evidence.parts["head"] is None
    assert verdict.evidence.parts["body"] is not None
    assert "NOTHING_IN_COMMON" not in {f.code for f in verdict.findings}
