"""Profiles and references that several tests of verification share."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.movers import wanderer
from helpers.people import PLAIN, people

from poseprint.verification.enrolment import enroll
from poseprint.verification.learn_reference import TrainingRecording, fit_background
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import Reference


@pytest.fixture(scope="session")
def ann() -> EnrolledProfile:
    return enroll("Ann", [wanderer(seed=s) for s in range(4)], sessions=["mon", "mon", "tue", "tue"])


@pytest.fixture(scope="session")
def made() -> tuple[Reference, list[TrainingRecording]]:
    everybody = people(30, np.random.default_rng(0))
    known = [r for r in everybody if int(r.person[1:]) < 20]
    background = fit_background(known, 2)
    return Reference(background, PLAIN, {}, {}, {}, {}), [r for r in everybody if int(r.person[1:]) >= 20]
