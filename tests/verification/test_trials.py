"""Trials: who is enrolled on what and tested on what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover

from poseprint.core.errors import DatasetError
from poseprint.movements.measure import measure
from poseprint.movements.statistics import catalogue
from poseprint.verification.learn_reference import calibration_halves
from poseprint.verification.reference import shipped
from poseprint.verification.trials import LEVELS, POOLED, Take, Trials, probes_of, probes_of_duration, run_trials


def take(person: str, number: int, *, movements: int = 4, activity: str = "", session: str = "") -> Take:
    """A recording of that many movements of 5 s, overlapping by half, of a person at a place of their own."""
    rng = np.random.default_rng([ord(person[0]), number])
    starts = np.arange(2 * movements - 1)
    usual = np.random.default_rng(ord(person[0])).normal(0, 1, len(catalogue(2)))
    return Take(
        person=person,
        recording=f"{person}{number}",
        activity=activity,
        session=session,
        group="made",
        statistics=(usual + rng.normal(0, 0.3, (len(starts), len(usual)))).astype(np.float32),
        movement_seconds=np.full(len(starts), 5.0),
        seconds=5.0 * movements,
        disjoint=tuple(int(k) for k in starts[::2]),
    )


def people(count: int = 4, recordings: int = 6) -> list[Take]:
    names = [chr(ord("A") + k) for k in range(count)]
    return [
        take(p, k, activity=f"act{k % 3}", session=f"day{k % 2}", movements=2 + k % 3)
        for p in names
        for k in range(recordings)
    ]


@pytest.mark.parametrize("by", ["recording", "activity", "session"])
@pytest.mark.parametrize("seed", range(5))
def test_halves_share_nothing_and_each_is_enrolled_once(by: str, seed: int) -> None:
    takes = people()
    forward, backward = calibration_halves(takes, by, seed=seed)  # type: ignore[arg-type]
    assert forward == backward[::-1]
    values = [{(t.person, getattr(t, by)) if by == "recording" else getattr(t, by) for t in half} for half in forward]
    assert not values[0] & values[1]
    assert sorted(t.recording for half in forward for t in half) == sorted(t.recording for t in takes)
    assert calibration_halves(takes, by, seed=seed)[0] == forward  # type: ignore[arg-type]


def test_without_activities_recordings_are_parted() -> None:
    takes = [replace(t, activity="") for t in people()]
    enrol, test = calibration_halves(takes, "activity")[0]
    assert {t.person for t in enrol} == {t.person for t in test} == set("ABCD")
    assert not {t.recording for t in enrol} & {t.recording for t in test}


def test_probes_of_all_levels() -> None:
    takes = people(2, 5)
    probes = probes_of(takes)
    by_level = {level: [p for p in probes if p[0] == level] for level in LEVELS}
    assert len(by_level["5s"]) == sum(len(t.disjoint) for t in takes)
    assert all(s.movements == 1 for _, _, s in by_level["5s"])
    assert [s.movements for _, _, s in by_level["recording"]] == [t.seconds / 5 for t in takes]
    assert len(by_level["4recordings"]) == 2 * POOLED
    assert {s.recordings for _, _, s in by_level["4recordings"]} == {4}
    assert not [p for p in probes_of(people(2, 3)) if p[0] == "4recordings"]


@pytest.mark.parametrize("seconds", [5, 10, 30, 60])
def test_probes_of_a_duration_last_about_so_long_and_there_is_nothing_of_who_has_too_little(seconds: int) -> None:
    takes = [*people(3), take("Z", 1, movements=1)]
    probes = probes_of_duration(takes, seconds)
    assert {p for _, p, _ in probes} == (set("ABC") | ({"Z"} if seconds == 5 else set()))
    assert {level for level, _, _ in probes} == {str(seconds)}
    for _, _, summary in probes:
        assert seconds - 1 <= 5 * summary.movements < seconds + 5
    assert probes_of_duration(takes, 10_000) == []


def test_probes_of_a_duration_take_as_few_recordings_as_hold_them() -> None:
    for _, _, summary in probes_of_duration(people(3), 10):
        assert summary.recordings == 1


def test_everybody_is_tested_against_everybody_and_genuine_is_who_it_is() -> None:
    takes = people()
    enrol, test = calibration_halves(takes, "recording")[0]
    probes = probes_of(test, levels=("recording",))
    trials = run_trials(shipped(2), enrol, probes)
    assert len(trials) == 4 * len(probes)
    assert np.array_equal(trials.genuine, trials.model == trials.test)
    assert trials.genuine.sum() == len(probes)
    assert set(trials.llr) == {"static", "motion", "both"}
    assert np.isfinite(trials.llr["both"]).all()
    # These made-up people are far apart, so order at least is right.
    genuine, impostor = (trials.ranking["both"][side] for side in (trials.genuine, ~trials.genuine))
    assert np.median(genuine) > np.median(impostor)
    low, high = (getattr(shipped(2).calibrations["both"], side) for side in ("lower", "upper"))
    assert trials.llr["both"].min() >= low
    assert trials.llr["both"].max() <= high


def test_trials_are_picked_and_joined() -> None:
    takes = people(2)
    enrol, test = calibration_halves(takes, "recording")[0]
    trials = run_trials(shipped(2), enrol, probes_of(test, levels=("recording",)))
    sides = [trials.at(trials.genuine), trials.at(~trials.genuine)]
    joined = Trials.joined(sides)
    assert len(joined) == len(trials)
    assert joined.genuine.sum() == trials.genuine.sum()
    with pytest.raises(DatasetError, match="every person needs recordings to enrol and others to test"):
        Trials.joined([])


def test_a_measured_recording_becomes_a_take() -> None:
    series = mover(600, person="Ann", recording="one")
    measured = Take.of(measure(series, 2), group="g", activity="speech", session="monday")
    assert measured is not None
    assert (measured.person, measured.recording, measured.activity, measured.session) == (
        "Ann",
        "one",
        "speech",
        "monday",
    )
    assert measured.seconds == 20
    assert len(measured.disjoint) == 4
    assert measured.movement_seconds.tolist() == [5.0] * len(measured.statistics)
    assert Take.of(measure(mover(20), 2)) is None
