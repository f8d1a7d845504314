"""Folds of people, and LLRs told by calibrations that those people did not help to fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.people import people
from helpers.trials import trials

from poseprint.core.errors import DatasetError
from poseprint.verification.learn_reference import calibrate, fit_background, folds_of_people, told_apart
from poseprint.verification.trials import Take, Trials


def takes(names: str, recordings: int = 2) -> list[Take]:
    """Recordings of people with names of one letter each."""
    rows = np.zeros((1, 3))
    return [
        Take(name, f"{name}{k}", "", "", "made", rows, np.full(1, 5.0), 5.0, (0,))
        for name in names
        for k in range(recordings)
    ]


def test_of_few_people_every_two_are_compared() -> None:
    pairs = folds_of_people(takes("ABCDEFGHI"), "recording", 0)
    assert len(pairs) == 36
    assert {len(set(pair)) for pair in pairs} == {2}


def test_folds_share_those_who_are_there_several_times() -> None:
    everybody = [*takes("ABCDEFGH"), *takes("QRSTUVWXYZ", 1)]
    folds = folds_of_people(everybody, "recording", 0)
    assert sorted(name for fold in folds for name in fold) == sorted({t.person for t in everybody})
    assert [sum(name in "ABCDEFGH" for name in fold) for fold in folds] == [2, 2, 2, 2]
    with pytest.raises(DatasetError, match="at least 8 people, got 7"):
        folds_of_people(takes("ABCDEFG"), "recording", 0)


def test_whoever_is_tried_did_not_help_to_calibrate() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"p{n}" for n in range(12)])
    folds = []
    for own in names.reshape(4, 3):
        model, test = (
            np.array(side) for side in zip(*[(a, b) for a in own for b in own for _ in range(8)], strict=True)
        )
        genuine = model == test
        folds.append(trials(rng.normal(size=len(model)) + 2 * genuine, genuine, model=model, test=test))
    fitted_on = Trials.joined(folds)
    whole = calibrate(fitted_on)
    asked: list[set[str]] = []

    def fit(some: Trials) -> dict[str, object]:
        asked.append({*some.model, *some.test})
        return calibrate(some)  # type: ignore[return-value]

    told = told_apart(folds, fitted_on, whole, fit)  # type: ignore[arg-type]
    assert len(told) == len(fitted_on)
    for own, others in zip(names.reshape(4, 3), asked, strict=True):
        assert not others & set(own)
        assert len(others) == 9
    assert told.llr["both"][told.genuine].mean() > 0 > told.llr["both"][~told.genuine].mean()
    assert told.llr["both"].max() <= whole["both"].upper


def test_what_nobody_shows_tells_nothing() -> None:
    shown = people(6, np.random.default_rng(0))
    hidden = []
    for recording in shown:
        mean = recording.summary.mean.copy()
        mean[0] = np.nan
        hidden.append(replace(recording, summary=replace(recording.summary, mean=mean)))
    background = fit_background(hidden, 2)
    assert np.isnan(background.mean[0])
    assert np.isfinite(background.between).all()
    assert np.isfinite(background.within).all()
