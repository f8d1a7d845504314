"""Background and reference: people made of numbers are told apart, and what is not known does not count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from poseprint.core.arrays import mean_of
from poseprint.core.errors import PoseprintError, ProfileError
from poseprint.movements.statistics import catalogue
from poseprint.verification.background import FEWEST_COLUMNS, Background
from poseprint.verification.calibration import Calibration
from poseprint.verification.learn_reference import Labelled, fit_background
from poseprint.verification.reference import Reference, read_reference, shipped, write_reference
from poseprint.verification.summary import Summary

SIZE = len(catalogue(2))
PLAIN = {
    "static": Calibration(("static",), (0.0, 1.0, *[0.0] * 6), -1.3, 2.3, 20),
    "motion": Calibration(("motion",), (0.0, 1.0, *[0.0] * 6), -1.3, 2.3, 20),
    "both": Calibration(("static", "motion"), (0.0, 0.5, *[0.0] * 3, 0.5, *[0.0] * 6), -1.3, 2.3, 20),
}


def people(count: int, rng: np.random.Generator, recordings: int = 6) -> list[Labelled]:
    """People whose statistics vary as much between as within them, in thirty directions."""
    mix = rng.normal(size=(30, SIZE)) / np.sqrt(30)
    out = []
    for p in range(count):
        own = rng.normal(size=30) @ mix
        for _ in range(recordings):
            mean = own + 0.5 * rng.normal(size=SIZE)
            moves = 0.4 * rng.normal(size=(6, SIZE))
            out.append(Labelled(f"p{p}", "made", Summary(mean, 1.0, 6.0), moves))
    return out


@pytest.fixture(scope="module")
def made() -> tuple[Reference, list[Labelled]]:
    everybody = people(30, np.random.default_rng(0))
    known = [r for r in everybody if int(r.person[1:]) < 20]
    background = fit_background(known, 2)
    return Reference(background, PLAIN, {}, {}, {}, {}), [r for r in everybody if int(r.person[1:]) >= 20]


def enrolled(recordings: list[Labelled], person: str, count: int = 3) -> Summary:
    return Summary.joined([r.summary for r in recordings if r.person == person][:count])


def test_a_person_is_more_like_themself(made: tuple[Reference, list[Labelled]]) -> None:
    reference, unseen = made
    for person in ("p20", "p25", "p29"):
        tests = [r for r in unseen if r.person != person] + [r for r in unseen if r.person == person][3:]
        found = reference.evidence(enrolled(unseen, person), [r.summary for r in tests])
        own = [e.ranking["both"] for e, r in zip(found, tests, strict=True) if r.person == person]
        others = [e.ranking["both"] for e, r in zip(found, tests, strict=True) if r.person != person]
        assert min(own) > np.quantile(others, 0.9)
        assert all(-1.3 <= e.llr["both"] <= 2.3 for e in found)


def test_more_evidence_says_more(made: tuple[Reference, list[Labelled]]) -> None:
    reference, unseen = made
    rest = [r.summary for r in unseen if r.person == "p21"][3:]
    one = reference.evidence(enrolled(unseen, "p21"), rest)
    all_three = reference.evidence(enrolled(unseen, "p21"), [Summary.joined(rest)])[0]
    assert all_three.ranking["both"] > np.mean([e.ranking["both"] for e in one])
    assert all_three.seconds == pytest.approx(90)


def test_what_was_not_measured_is_left_out(made: tuple[Reference, list[Labelled]]) -> None:
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


def test_where_hardly_anything_was_measured_nothing_is_said(made: tuple[Reference, list[Labelled]]) -> None:
    reference, unseen = made
    model = enrolled(unseen, "p23")
    mean = np.full(SIZE, np.nan)
    mean[: FEWEST_COLUMNS - 1] = 0.0
    found = reference.evidence(model, [Summary(mean, 1.0, 1.0)])[0]
    assert found.llr == {"static": None, "motion": None, "both": None}


def test_what_all_footage_shares_is_no_likeness(made: tuple[Reference, list[Labelled]]) -> None:
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


def test_a_cohort_of_one_is_no_cohort(made: tuple[Reference, list[Labelled]]) -> None:
    reference, unseen = made
    with pytest.raises(PoseprintError, match="at least two people"):
        reference.evidence(enrolled(unseen, "p20"), [unseen[0].summary], without=range(19))


def test_mean_needs_half_of_the_rows() -> None:
    rows = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]])
    np.testing.assert_equal(mean_of(rows), [2.0, 2.0, np.nan])
    with pytest.raises(PoseprintError, match="no recordings"):
        Summary.joined([])


def test_a_reference_comes_back_as_it_was(tmp_path: Path, made: tuple[Reference, list[Labelled]]) -> None:
    reference, unseen = made
    write_reference(reference, tmp_path)
    again = read_reference(2, tmp_path)
    model, test = enrolled(unseen, "p20"), [r.summary for r in unseen[:8]]
    before = [e.ranking["both"] for e in reference.evidence(model, test)]
    after = [e.ranking["both"] for e in again.evidence(model, test)]
    np.testing.assert_allclose(after, before, atol=0.1)  # 16-bit covariances
    (tmp_path / "picture.json").write_text("{}")
    with pytest.raises(ProfileError, match="cannot be read"):
        read_reference(2, tmp_path)


@pytest.mark.parametrize("axes", [2, 3])
def test_what_ships_is_small_and_whole(axes: int) -> None:
    reference = shipped(axes)
    assert isinstance(reference.background, Background)
    assert set(reference.calibrations) == {"static", "motion", "both"}
    assert reference.calibrations["both"].lower >= -np.log10(21) - 1e-9
    assert {"errors", "recordings", "groups"} <= set(reference.facts)
    assert len(reference.facts["recordings"]) > 300
    for calibrations in reference.films.values():
        assert calibrations["both"].lower > reference.calibrations["both"].lower


def test_a_speaker_does_not_tell_where_their_own_middle_is() -> None:
    reference = shipped(2)
    name = "mediapipe-pose-full"
    assert "Barack Obama" in reference.facts["speakers"]
    whole, without = reference.seen_by(name), reference.seen_by(name, "Obama")
    assert not np.allclose(whole.background.mean, without.background.mean)
    assert np.allclose(whole.background.mean, reference.seen_by(name, "Somebody Else").background.mean)
    assert reference.seen_by("unheard-of").background is reference.background
