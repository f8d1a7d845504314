"""References: as written and read, as shipped, and what they make of an enrolment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.movers import wanderer
from helpers.people import enrolled

from poseprint.core.errors import ProfileError
from poseprint.verification.background import Background
from poseprint.verification.chosen import summaries
from poseprint.verification.enrolment import enroll
from poseprint.verification.learn_films import FUSIONS
from poseprint.verification.learn_reference import TrainingRecording
from poseprint.verification.reference import Reference, read_reference, shipped, write_reference
from poseprint.verification.summary import Summary


@pytest.mark.slow
def test_short_recordings_do_not_count_in_full() -> None:
    reference = shipped(2)
    short, long = ([wanderer(n, seed=s) for s in range(4)] for n in (60, 900))
    worth = [reference.worth(Summary.joined(summaries(enroll("Ann", r)))) for r in (short, long)]
    assert worth[0] < 1 < 3 < worth[1]


@pytest.mark.slow
def test_whoever_was_judged_before_changes_nothing() -> None:
    profile = enroll("Ann", [wanderer(600, seed=s) for s in range(3)])
    model, test = Summary.joined(summaries(profile)), summaries(enroll("Ben", [wanderer(600, seed=9)]))
    scores = []
    for before in ([], ["Joe Biden"]):
        reference = read_reference(2)
        assert reference.speaks("Joe Biden")
        assert reference.speaks("Donald Trump")
        for person in before:
            reference.seen_by("mediapipe-pose-full", person).evidence(model, test)
        scores.append(
            [e.scores for e in reference.seen_by("mediapipe-pose-full", "Donald Trump").evidence(model, test)]
        )
    assert scores[0] == scores[1]


def test_a_reference_comes_back_as_it_was(tmp_path: Path, made: tuple[Reference, list[TrainingRecording]]) -> None:
    reference, unseen = made
    write_reference(reference, tmp_path)
    again = read_reference(2, tmp_path)
    model, test = enrolled(unseen, "p20"), [r.summary for r in unseen[:8]]
    before = [e.ranking["both"] for e in reference.evidence(model, test)]
    after = [e.ranking["both"] for e in again.evidence(model, test)]
    np.testing.assert_allclose(after, before, atol=0.15)  # 16-bit covariances
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
        assert set(calibrations) == set(FUSIONS)
        assert calibrations["both"].lower >= -np.log10(8 + 20 + 1) - 1e-9
        assert max(calibrations["both"].fusion) > 0


def test_a_speaker_does_not_tell_where_their_own_middle_is() -> None:
    reference = shipped(2)
    name = "mediapipe-pose-full"
    assert "Barack Obama" in reference.facts["speakers"]
    whole, without = reference.seen_by(name), reference.seen_by(name, "Obama")
    assert not np.allclose(whole.background.mean, without.background.mean)
    assert np.allclose(whole.background.mean, reference.seen_by(name, "Somebody Else").background.mean)
    assert reference.seen_by("unheard-of").background is reference.background
