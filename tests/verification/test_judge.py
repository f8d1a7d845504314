"""A recording against an enrolled profile: the evidence, and silence where there is none."""

from __future__ import annotations

import json
import re
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import no_arms, wanderer
from helpers.profiles import codes

from poseprint.app.check import check_poses
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.movements.perturbations import jitter, mirror
from poseprint.verification.decision import Costs
from poseprint.verification.enrolment import enroll
from poseprint.verification.profile import EnrolledProfile


def test_a_verdict_says_all_that_went_into_it(ann: EnrolledProfile) -> None:
    verdict = check_poses(wanderer(seed=9), ann)
    likelihood = verdict.evidence
    assert likelihood is not None
    assert set(likelihood.llr) == {"static", "motion", "both"}
    assert likelihood.lower <= likelihood.llr["both"] <= likelihood.upper
    assert verdict.score == likelihood.llr["both"]
    assert verdict.decision == Costs().decide(likelihood.llr["both"])
    assert len(verdict.movements) == 4
    assert all(m.llr is not None for m in verdict.movements)
    assert set(likelihood.typical) | set(likelihood.untypical) <= set(range(4))
    assert not set(likelihood.typical) & set(likelihood.untypical)
    assert {q.part for q in likelihood.qualities} >= {"right arm", "left arm"}
    assert json.loads(json.dumps(verdict.to_dict()))["evidence"]["llr"] == dict(likelihood.llr)
    assert verdict.hashes["reference"]


def test_a_take_that_is_enrolled_gets_no_verdict(ann: EnrolledProfile) -> None:
    same = check_poses(wanderer(seed=1), ann)
    assert same.decision == "inconclusive"
    assert "no verdict: this take, or a part of it, is enrolled" in same.reason
    assert same.evidence is not None
    known = next(f for f in same.findings if f.code == "KNOWN_TAKE")
    assert known.message == "the profile was made from this: all of it is '0-1'"
    again = replace(mirror(jitter(wanderer(seed=1), 0.01)).part(100, 500), source_sha256="")
    known = next(f for f in check_poses(again, ann).findings if f.code == "KNOWN_TAKE")
    assert known.message.endswith("0 to 13 s is '0-1' from 3 to 17 s, left and right exchanged")
    other = check_poses(wanderer(seed=9), ann)
    assert not {f.code for f in other.findings} & {"KNOWN_TAKE"}


def test_of_a_recording_enrolled_in_part_the_seconds_are_named(ann: EnrolledProfile) -> None:
    other, enrolled = wanderer(450, seed=9), jitter(wanderer(seed=2), 0.01).part(150, 450)
    compiled = spliced(other, enrolled)
    verdict = check_poses(compiled, ann)
    assert verdict.decision == "inconclusive"
    (known,) = [f for f in verdict.findings if f.code == "KNOWN_TAKE"]
    assert re.search(r"1[56] to 2\d s is '0-2' from [56] to 1\d s", known.message)
    (first, last) = known.frames[0]
    assert 450 <= first < last <= 750
    assert last - first >= 210


def spliced(first: PoseSeries, second: PoseSeries) -> PoseSeries:
    """One recording after another, with a cut between."""
    both = [first, second]
    channels = {name: np.concatenate([s.channels[name] for s in both]) for name in first.channels}
    channels["cut"][len(first)] = 1
    return replace(
        first,
        position=np.concatenate([s.position for s in both]),
        confidence=np.concatenate([s.confidence for s in both]),
        time=np.arange(len(first) + len(second)) / first.fps,
        channels=channels,
        source_sha256="",
    )


def test_mirror_scale_and_place_in_the_picture(ann: EnrolledProfile) -> None:
    series = wanderer(seed=9)
    moved = replace(series, position=series.position * np.float32(0.7) + np.float32(40))
    original, transformed = (check_poses(s, ann).evidence for s in (series, moved))
    assert original is not None
    assert transformed is not None
    assert transformed.llr == pytest.approx(original.llr, abs=0.1)


@pytest.mark.slow
def test_costs_decide(ann: EnrolledProfile) -> None:
    series = wanderer(seed=9)
    bold, shy = check_poses(series, ann, costs=Costs(wrong=2.01)), check_poses(series, ann, costs=Costs(wrong=1e6))
    assert shy.decision == "inconclusive"
    assert bold.evidence is not None
    assert bold.settings["cost_of_a_wrong_verdict"] == 2.01


def test_a_check_that_cannot_be_made_says_what_to_do(ann: EnrolledProfile) -> None:
    short = check_poses(wanderer().part(0, 25), ann)
    assert (short.decision, short.evidence) == ("inconclusive", None)
    assert "Too little can be measured" in short.reason
    hidden = check_poses(no_arms(wanderer(seed=9)), ann)
    assert hidden.decision == "inconclusive"
    assert "framed wider" in hidden.reason
    foreign = check_poses(replace(wanderer(seed=9), estimator=EstimatorInfo("openpose", "BODY_25")), ann)
    assert foreign.decision == "inconclusive"
    assert "Measure the recording with the profile's estimator" in foreign.reason


@pytest.mark.slow
def test_a_long_recording_is_judged_in_little_memory(ann: EnrolledProfile) -> None:
    hour = wanderer(30 * 3600, seed=5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert check_poses(hour, ann).evidence is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # KiB


@pytest.mark.slow
def test_untried_estimators_are_said_so() -> None:
    odd = [replace(wanderer(seed=s), estimator=EstimatorInfo("openpose", "BODY_25")) for s in range(2)]
    profile = enroll("Ann", odd)
    assert "UNTRIED_ESTIMATOR" in codes(profile)
    verdict = check_poses(replace(wanderer(seed=9), estimator=EstimatorInfo("openpose", "BODY_25")), profile)
    assert verdict.decision == "inconclusive"
    assert "never measured with this pose estimator" in verdict.reason


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_stretch_of_another_mover_is_found(shared: Path) -> None:
    from poseprint.io.kinect import read_kinect
    from poseprint.movements.forgeries import splice

    people: dict[str, list[PoseSeries]] = {}
    for recording in read_kinect(shared / "msrc12" / "upper_body.parquet"):
        people.setdefault(recording.series.person, []).append(recording.series)
    found = 0
    names = sorted(people)[:6]
    for person, impostor in zip(names, [*names[3:], *names[:3]], strict=True):
        profile = enroll(person, people[person][:10])
        mixed = splice(people[person][12].part(0, 900), people[impostor][12], 15.0)
        verdict = check_poses(mixed, profile)
        assert verdict.evidence is not None
        change = verdict.evidence.change
        if change is not None:
            assert verdict.decision == "inconclusive"
            found += abs(change["start"] - 15) <= 5
            assert "CHANGE_OF_MOVER" in {f.code for f in verdict.findings}
    assert found >= 2  # where the two LLRs are not opposed it is silent; benchmarks/deepfakes.py measures how often
