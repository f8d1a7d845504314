"""The background: people made of numbers are told apart, and what is not known does not count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.people import SIZE, enrolled

from poseprint.core.errors import PoseprintError
from poseprint.movements.statistics import catalogue
from poseprint.verification.background import FEWEST_COLUMNS
from poseprint.verification.learn_reference import TrainingRecording
from poseprint.verification.reference import Reference
from poseprint.verification.summary import Summary


def test_a_person_is_more_like_themself(made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    for person in ("p20", "p25", "p29"):
        tests = [r for r in unseen if r.person != person] + [r for r in unseen if r.person == person][3:]
        found = reference.evidence(enrolled(unseen, person), [r.summary for r in tests])
        own = [e.ranking["both"] for e, r in zip(found, tests, strict=True) if r.person == person]
        others = [e.ranking["both"] for e, r in zip(found, tests, strict=True) if r.person != person]
        assert min(own) > np.quantile(others, 0.9)
        assert all(-1.3 <= e.llr["both"] <= 2.3 for e in found)


def test_more_evidence_says_more(made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    rest = [r.summary for r in unseen if r.person == "p21"][3:]
    one = reference.evidence(enrolled(unseen, "p21"), rest)
    all_three = reference.evidence(enrolled(unseen, "p21"), [Summary.joined(rest)])[0]
    assert all_three.ranking["both"] > np.mean([e.ranking["both"] for e in one])
    assert all_three.seconds == pytest.approx(90)


def test_what_was_not_measured_is_left_out(made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    test = [r.summary for r in unseen if r.person == "p22"][4]
    hands = np.array(["right_wrist" in s.keypoints for s in catalogue(2)])
    hidden = replace(test, mean=np.where(hands, np.nan, test.mean))
    garbage = replace(test, mean=np.where(hands, 1e3, test.mean))
    model = enrolled(unseen, "p22")
    left_out = reference.evidence(model, [hidden])[0]
    blind = replace(model, mean=np.where(hands, np.nan, model.mean))
    assert left_out.hidden > 0
    assert reference.evidence(blind, [garbage])[0].scores == pytest.approx(left_out.scores)


def test_where_hardly_anything_was_measured_nothing_is_said(made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    model = enrolled(unseen, "p23")
    mean = np.full(SIZE, np.nan)
    mean[: FEWEST_COLUMNS - 1] = 0.0
    found = reference.evidence(model, [Summary(mean, 1.0, 1.0)])[0]
    assert found.llr == {"static": None, "motion": None, "both": None}


def test_what_all_footage_shares_is_no_likeness(made: tuple[Reference, list[TrainingRecording]]) -> None:
    """Another kind of footage moves everybody's statistics alike: that must not make them alike."""
    reference, unseen = made
    shift = 8 * np.random.default_rng(5).normal(size=SIZE)
    moved = [replace(r.summary, mean=r.summary.mean + shift) for r in unseen]
    names = [r.person for r in unseen]
    model = Summary.joined([s for s, n in zip(moved, names, strict=True) if n == "p24"][:3])
    found = reference.evidence(model, moved)
    impostors = [e.llr["both"] for e, n in zip(found, names, strict=True) if n != "p24"]
    assert np.median(impostors) < 1  # they were at the upper bound while the middle stood still
    assert reference.foreign(model) > 0.9
    assert reference.foreign(enrolled(unseen, "p24")) < 0.7
    assert reference.trust(model) < 0.2


def test_a_cohort_of_one_is_no_cohort(made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    with pytest.raises(PoseprintError, match="at least two people"):
        reference.evidence(enrolled(unseen, "p20"), [unseen[0].summary], without=range(19))
