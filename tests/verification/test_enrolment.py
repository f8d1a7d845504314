"""Enrolment from a person's own recordings."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import no_arms, wanderer
from helpers.places import REAL
from helpers.profiles import codes

from poseprint.app.check import check_poses
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.series import EstimatorInfo
from poseprint.verification.enrolment import enroll, forget
from poseprint.verification.profile import EnrolledProfile


@pytest.mark.slow
def test_it_grows_and_forgets(ann: EnrolledProfile) -> None:
    grown = enroll("Ann", [wanderer(seed=7), wanderer(seed=0)], grow=ann)
    assert [r["recording"] for r in grown.made_from] == ["0-0", "0-1", "0-2", "0-3", "0-7"]
    smaller = forget(grown, "0-7")
    np.testing.assert_array_equal(smaller.statistics, ann.statistics)
    with pytest.raises(ProfileError, match="no recording 'x'; it has: 0-0"):
        forget(ann, "x")
    with pytest.raises(ProfileError, match="only recording"):
        forget(enroll("Ann", [wanderer()]), "0-0")
    with pytest.raises(ProfileError, match="of 'Ann', not of 'Bob'"):
        enroll("Bob", [wanderer(seed=7)], grow=ann)


def test_what_cannot_serve_is_refused_or_left_out() -> None:
    with pytest.raises(DatasetError, match=r"nothing to enrol.*framed wider"):
        enroll("Ann", [no_arms(wanderer())])
    profile = enroll("Ann", [wanderer(), no_arms(wanderer(seed=3))])
    assert "RECORDING_LEFT_OUT" in codes(profile)
    with pytest.raises(DatasetError, match="give recordings"):
        enroll("Ann", [])
    with pytest.raises(DatasetError, match="needs the name"):
        enroll(" ", [wanderer()])
    other = replace(wanderer(seed=2), estimator=EstimatorInfo("openpose", "BODY_25"))
    with pytest.raises(DatasetError, match=r"different estimators.*measure all of them with one"):
        enroll("Ann", [wanderer(), other])


@pytest.mark.slow
def test_real_speakers_enrol_in_no_time() -> None:
    from poseprint.io.parquet import read_poses

    recordings = [read_poses(file) for file in sorted(REAL.glob("*.parquet"))]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        profile = enroll("Everybody", recordings)
        seconds.append(time.perf_counter() - started)
    assert len(profile.made_from) == 10
    assert min(seconds) < 5
    minute = wanderer(1800, seed=4)
    check_poses(minute, profile)
    started = time.perf_counter()
    check_poses(minute, profile)
    assert time.perf_counter() - started < 2  # 0.5 s on two idle cores: benchmarks/enrolment_speed.py measures it
