"""Parting a data set's movements: no frame on two sides, no statistic from what is set aside, labels of the person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.datasets import frames_of, usable
from helpers.movers import mover
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from poseprint.core.errors import DatasetError
from poseprint.core.series import GRID_FPS
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.movements.cutting import cut_movements
from poseprint.supervised.data import SUBSETS, SplitMovements, Usable, load, movements_of, split_movements
from poseprint.supervised.movement_set import MovementSet, Normalisation
from poseprint.supervised.settings import Settings

SMALL = Settings(length=30, stride=30)


def people(recordings: int = 4, frames: int = 150) -> list[Usable]:
    """Two persons' recordings, and fakes of the first."""
    kinds = [("Ann", "real"), ("Ann", "fake"), ("Bob", "real"), ("Bob", "fake")]
    return [
        usable(f"{who}_{label}_{r}", [(0, frames)], person=who, label=label, seed=10 * k + r)
        for k, (who, label) in enumerate(kinds)
        for r in range(recordings)
    ]


def sides_of(parts: SplitMovements) -> list[MovementSet]:
    return [getattr(parts, side) for side in SUBSETS]


stretches = st.lists(st.tuples(st.integers(0, 20), st.integers(50, 120)), min_size=1, max_size=3)


@st.composite
def data_sets(draw: st.DrawFn) -> list[Usable]:
    """Three to six recordings each of a person and of others, of one to three usable stretches."""
    found = []
    for who in ("Ann", "Bob"):
        for r in range(draw(st.integers(3, 6))):
            spans, at = [], 0
            for gap, length in draw(stretches):
                spans.append((at + gap, at + gap + length))
                at += gap + length
            found.append(usable(f"{who}_{r}", spans))
    return found


@pytest.mark.slow
@given(
    data=data_sets(),
    length=st.integers(2, 50),
    stride=st.integers(1, 70),
    by=st.sampled_from(["recording", "movement"]),
    seed=st.integers(0, 1000),
    shares=st.tuples(st.floats(0.01, 0.49), st.floats(0.01, 0.49)),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_no_frame_is_on_two_sides(
    data: list[Usable], length: int, stride: int, by: str, seed: int, shares: tuple[float, float]
) -> None:
    settings = replace(Settings(), length=length, stride=stride, split=by, seed=seed)  # type: ignore[arg-type]
    settings = replace(settings, validation_share=shares[0], test_share=shares[1])
    parts = split_movements(data, "Ann", settings)
    train, validation, test = (frames_of(side) for side in sides_of(parts))
    assert train
    assert validation
    assert not train & validation
    assert not train & test
    assert not validation & test
    usable_frames = {(u.line.recording, f) for u in data for span in u.spans for f in range(*span)}
    assert train | validation | test <= usable_frames
    for side in (parts.validation, parts.test):  # side by side: each frame is judged once
        assert len(frames_of(side)) == int(side.lengths.sum())
    if by == "recording":
        held = [set(side.recordings) for side in sides_of(parts)]
        assert sum(map(len, held)) == len(set.union(*held))
        assert parts.recording_subsets() == {
            name: side for side, names in zip(SUBSETS, held, strict=True) for name in names
        }
    again = split_movements(data, "Ann", settings)
    for one, other in zip(sides_of(parts), sides_of(again), strict=True):
        assert np.array_equal(one.features, other.features)


def test_no_frame_between_cuts_is_part_of_a_movement() -> None:
    data = [usable(f"{who}_{r}", [(5, 100), (110, 180)]) for who in ("Ann", "Bob") for r in range(3)]
    parts = split_movements(data, "Ann", replace(SMALL, stride=7))
    for side in sides_of(parts):
        assert all(5 <= f < 100 or 110 <= f < 180 for _, f in frames_of(side))


@pytest.mark.parametrize("by", ["recording", "movement"])
def test_what_trains_is_all_that_shares_no_frame_with_what_is_set_aside(by: str) -> None:
    data = people()
    settings = replace(SMALL, stride=4, split=by)  # type: ignore[arg-type]
    parts = split_movements(data, "Ann", settings)
    aside = frames_of(parts.validation) | frames_of(parts.test)
    trains = set(parts.train.recordings)
    expected = {
        (u.line.recording, first)
        for u in data
        for first, last in cut_movements(u.spans, length=30, stride=4)
        if u.line.recording in trains and not any((u.line.recording, f) in aside for f in range(first, last))
    }
    found = [(r, round(s * GRID_FPS)) for r, s in zip(parts.train.recordings, parts.train.starts, strict=True)]
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert len(found) > len(split_movements(data, "Ann", replace(settings, stride=30)).train)
    if by == "movement":
        assert trains & (set(parts.validation.recordings) | set(parts.test.recordings))


def test_a_stride_changes_what_trains_alone() -> None:
    data = people()
    whole, dense = (split_movements(data, "Ann", replace(SMALL, stride=stride, split="movement")) for stride in (30, 3))
    for side in ("validation", "test"):
        one, other = getattr(whole, side), getattr(dense, side)
        assert np.array_equal(one.features, other.features)
        assert one.recordings == other.recordings
    assert frames_of(whole.train) <= frames_of(dense.train)


def test_a_given_parting_of_recordings_holds_for_other_lengths() -> None:
    data = people()
    sides = split_movements(data, "Ann", SMALL).recording_subsets()
    for length in (20, 75):
        parts = split_movements(data, "Ann", replace(SMALL, length=length, stride=5), recording_subsets=sides)
        assert parts.recording_subsets() == sides
        assert not frames_of(parts.train) & (frames_of(parts.validation) | frames_of(parts.test))


def disturbed(one: Usable, kept: set[tuple[str, int]]) -> Usable:
    """The recording with other poses in all frames but those that are kept, some of them missing."""
    rng = np.random.default_rng(len(kept))
    position = rng.uniform(0, 700, one.series.position.shape).astype(np.float32)
    position[rng.random(position.shape[:2]) < 0.2] = np.nan
    stays = [f for name, f in kept if name == one.line.recording]
    position[stays] = one.series.position[stays]
    return replace(one, series=replace(one.series, position=position))


@pytest.mark.parametrize("by", ["recording", "movement"])
@pytest.mark.parametrize("how", ["zscore", "body"])
def test_features_depend_on_their_movements_frames_alone(how: Normalisation, by: str) -> None:
    data = people()
    settings = replace(SMALL, stride=10, normalisation=how, split=by)  # type: ignore[arg-type]
    parts = split_movements(data, "Ann", settings)
    kept = frames_of(parts.test)
    other = split_movements([disturbed(one, kept) for one in data], "Ann", settings)
    assert other.test.recordings == parts.test.recordings
    assert other.test.features.tobytes() == parts.test.features.tobytes()
    assert not np.array_equal(other.train.features, parts.train.features)
    assert not np.array_equal(other.validation.features, parts.validation.features)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["zscore", "body"])
def test_other_recordings_files_do_not_matter(tmp_path: Path, how: Normalisation) -> None:
    settings = replace(SMALL, normalisation=how, stride=10)
    lines = [Recording(f"{who}_{r}", who, "real", "", f"{who}_{r}.parquet") for who in ("Ann", "Bob") for r in range(4)]
    for seed, line in enumerate(lines):
        series = mover(300, seed=seed, recording=line.recording, person=line.person)
        write_poses(series, tmp_path / line.file)
    write_recordings(tmp_path, lines)
    parts = split_movements(load(tmp_path, settings)[0], "Ann", settings)
    for seed, line in enumerate(lines):
        if line.recording not in parts.test.recordings:
            other = mover(300, seed=seed + 50, tempo=2, shoulder=90, recording=line.recording, person=line.person)
            write_poses(other, tmp_path / line.file)
    again = split_movements(load(tmp_path, settings)[0], "Ann", settings)
    assert again.test.recordings == parts.test.recordings
    assert again.test.features.tobytes() == parts.test.features.tobytes()
    assert not np.array_equal(again.train.features, parts.train.features)


def test_a_movement_is_1_where_the_person_themself_moves_and_0_elsewhere() -> None:
    data = people()
    for person, own in (("Ann", "Ann_real"), ("Bob", "Bob_real")):
        movements = movements_of(data, person, SMALL)
        assert len(movements) == 16 * 5
        for name, label in zip(movements.recordings, movements.labels, strict=True):
            assert label == name.startswith(own), name
        for one in data:
            assert one.is_own(person) == one.line.recording.startswith(own)
    parts = split_movements(data, "Ann", replace(SMALL, stride=10))
    for side in sides_of(parts):
        assert (side.labels == [name.startswith("Ann_real") for name in side.recordings]).all()


def test_one_kind_of_movement_cannot_be_parted() -> None:
    real = [one for one in people() if one.line.label == "real"]
    with pytest.raises(DatasetError, match="one kind only"):
        split_movements([one for one in real if one.line.person == "Ann"], "Ann", SMALL)
    fakes = [one for one in people() if one.line.person == "Ann"]
    assert set(split_movements(fakes, "Ann", SMALL).test.labels) == {0, 1}


def test_a_recording_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    extracted = {"log": ({"step": "extract"},)}
    film = replace(mover(150, seed=1), **extracted)
    measured_anew = replace(film, position=film.position + np.float32(0.01))
    takes = {
        "a": film,
        "copy": film,
        "anew": measured_anew,
        "first half": replace(film.part(0, 60), position=film.position[:60] + np.float32(0.02)),
        "other": replace(mover(150, seed=2), **extracted),
    }
    lines = [Recording(name, "Ann", "real", "", f"{name}.parquet") for name in takes]
    for name, series in takes.items():
        write_poses(series, tmp_path / f"{name}.parquet")
    write_recordings(tmp_path, lines)
    found, left_out = load(tmp_path, SMALL)
    assert [u.line.recording for u in found] == ["a", "first half", "other"]
    assert left_out == [f"{name} is left out: the same recording as a" for name in ("copy", "anew")]
    write_recordings(tmp_path, [replace(line, person="Bob") if line.recording == "copy" else line for line in lines])
    with pytest.raises(
        DatasetError, match="copy is the same recording as a, but one is real of 'Bob', the other real of"
    ):
        load(tmp_path, SMALL)
