"""Doubts about a profile: the same take twice, several people, too little footage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import wanderer
from helpers.places import REAL
from helpers.profiles import codes

from poseprint.app.check import check_poses
from poseprint.verification.enrolment import enroll
from poseprint.verification.profile import EnrolledProfile


def test_one_recording_works_and_says_what_it_cannot_know() -> None:
    profile = enroll("Ann", [wanderer()])
    assert {"ONE_RECORDING", "MORE_WOULD_HELP"} <= codes(profile)
    assert "ONE_SESSION" not in codes(profile)
    assert check_poses(wanderer(seed=5), profile).evidence is not None


@pytest.mark.slow
def test_sessions_are_asked_for(ann: EnrolledProfile) -> None:
    assert "ONE_SESSION" not in codes(ann)
    assert "ONE_SESSION" in codes(enroll("Ann", [wanderer(seed=s) for s in range(2)]))


def test_how_much_more_would_help_is_told_with_the_measured_curve() -> None:
    profile = enroll("Ann", [wanderer()])
    (advice,) = [f for f in profile.findings if f["code"] == "MORE_WOULD_HELP"]
    assert "more minutes from another day would help" in advice["message"]
    assert "%" in advice["message"]


def test_the_same_take_counts_once() -> None:
    first = wanderer(900, seed=1)
    noisy = first.position + np.random.default_rng(0).normal(0, 0.4, first.position.shape).astype(np.float32)
    copy = replace(first, position=noisy, source_sha256="f" * 64, recording="copy").part(90, 900)
    profile = enroll("Ann", [first, wanderer(900, seed=2), copy])
    assert [r["recording"] for r in profile.made_from] == ["0-1", "0-2"]
    assert "DUPLICATE_RECORDING" in codes(profile)


@pytest.mark.slow
def test_two_people_in_one_enrolment_are_noticed() -> None:
    mine = [wanderer(seed=s) for s in range(4)]
    another = [wanderer(seed=s, style=3, tempo=2.5, amplitude=0.9, sway=0.2, shoulder=260) for s in range(2)]
    position = [s.position + np.where(np.arange(12)[:, None] == 0, (60, 40), 0).astype(np.float32) for s in another]
    profile = enroll("Ann", [*mine, *(replace(s, position=p) for s, p in zip(another, position, strict=True))])
    assert "RECORDINGS_DISAGREE" in codes(profile)
    assert "PROFILE_DOUBTED" in {f.code for f in check_poses(wanderer(seed=9), profile).findings}
    assert "RECORDINGS_DISAGREE" not in codes(enroll("Ann", mine))


def test_parts_of_one_film_are_recordings_of_their_own() -> None:
    whole = wanderer(1800, seed=1)
    halves = [replace(whole.part(a, b), recording=f"part-{a}") for a, b in ((0, 800), (900, 1800))]
    assert len(enroll("Ann", halves).made_from) == 2


@pytest.mark.slow
def test_two_speakers_in_one_enrolment_are_noticed_in_films() -> None:
    from poseprint.io.parquet import read_poses

    trump = [read_poses(REAL / f"trump_{name}.parquet") for name in ("briefing", "factory", "fundraiser")]
    assert "RECORDINGS_DISAGREE" in codes(enroll("X", [*trump, read_poses(REAL / "merkel_interview.parquet")]))
