"""How movements are split: recordings stay together, shares hold within each label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import DatasetError
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.split import Split, SplitBy, split


def movements(real: dict[str, int], fake: dict[str, int]) -> MovementSet:
    """So many movements of each recording; each carries its own number."""
    names = [(r, label) for label, group in ((1, real), (0, fake)) for r, count in group.items() for _ in range(count)]
    count = len(names)
    return MovementSet(
        features=np.zeros((count, 2, 24), dtype=np.float32),
        lengths=np.full(count, 2),
        starts=np.arange(count, dtype=float),
        recordings=tuple(r for r, _ in names),
        persons=("Ada",) * count,
        labels=np.array([label for _, label in names], dtype=np.int64),
    )


def recordings_of(part: np.ndarray, data: MovementSet) -> set[str]:
    return {data.recordings[i] for i in part}


def parts(result: Split) -> list[np.ndarray]:
    return [result.train, result.validation, result.test]


sizes = st.lists(st.integers(1, 30), min_size=2, max_size=12)
data_sets = st.tuples(sizes, sizes).map(
    lambda pair: movements({f"r{i}": n for i, n in enumerate(pair[0])}, {f"f{i}": n for i, n in enumerate(pair[1])})
)


@settings(max_examples=60, deadline=None)
@given(data_sets, st.integers(0, 5))
def test_recordings_stay_together(data: MovementSet, seed: int) -> None:
    result = split(data, seed=seed)
    assert result.by == "recording"
    train, validation, test = (recordings_of(part, data) for part in parts(result))
    assert not train & validation | train & test | validation & test
    for label in (0, 1):
        count = {r: data.recordings.count(r) for r, k in zip(data.recordings, data.labels, strict=True) if k == label}
        largest = max(count.values())
        assert any(count.get(r) == largest for r in train)
        if len(count) > 2:
            assert test & count.keys()


@settings(max_examples=60, deadline=None)
@given(data_sets, st.sampled_from(["recording", "movement"]), st.integers(0, 5))
def test_every_movement_is_in_one_part(data: MovementSet, by: SplitBy, seed: int) -> None:
    try:
        result = split(data, by, seed=seed)
    except DatasetError:
        assert by == "movement"
        assert min((data.labels == k).sum() for k in (0, 1)) < 2
        return
    assert sorted(np.concatenate(parts(result)).tolist()) == list(range(len(data)))
    for part in (result.train, result.validation):
        assert set(data.labels[part].tolist()) == {0, 1}
    again = split(data, by, seed=seed)
    for one, other in zip(parts(result), parts(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_split_is_80_10_10_within_each_label() -> None:
    data = movements({f"r{i}": 5 for i in range(20)}, {f"f{i}": 10 for i in range(30)})
    for by in ("recording", "movement"):
        result = split(data, by)
        for label, count in ((1, 100), (0, 300)):
            shares = [(data.labels[part] == label).sum() / count for part in parts(result)]
            np.testing.assert_allclose(shares, [0.8, 0.1, 0.1])
    assert split(data, "movement").by == "movement"


def test_another_seed_is_another_split() -> None:
    data = movements({f"r{i}": 5 for i in range(20)}, {f"f{i}": 5 for i in range(20)})
    assert split(data, seed=1).train.tolist() != split(data, seed=2).train.tolist()


def test_the_shares_can_be_set() -> None:
    data = movements({f"r{i}": 1 for i in range(10)}, {f"f{i}": 1 for i in range(10)})
    result = split(data, shares=(0.3, 0.2))
    assert [len(part) for part in parts(result)] == [10, 6, 4]


def test_two_recordings_of_a_label_leave_none_for_the_test() -> None:
    data = movements({"r0": 9, "r1": 3}, {"f0": 2, "f1": 8})
    result = split(data)
    assert recordings_of(result.train, data) == {"r0", "f1"}
    assert recordings_of(result.validation, data) == {"r1", "f0"}
    assert len(result.test) == 0


@pytest.mark.parametrize(
    ("data", "by", "problem"),
    [
        (movements({"a": 5, "b": 5}, {}), "recording", "needs movements of both kinds, real and fake"),
        (movements({}, {"a": 5, "b": 5}), "movement", "this data has one kind only"),
        (movements({}, {}), "recording", "this data has one kind only"),
        (movements({"a": 5}, {"b": 5, "c": 5}), "recording", "only 1 recording of the person's own movement.*flatters"),
        (movements({"a": 5, "b": 5}, {"c": 5}), "recording", "only 1 recording of fake or other people's movement"),
        (movements({"a": 1}, {"c": 5}), "movement", "only 1 movement of .* nothing is left to validate on$"),
        (movements({"a": 2}, {"c": 2}), "person", "a split is by recording or by movement, not by 'person'"),
    ],
)
def test_what_cannot_be_split(data: MovementSet, by: SplitBy, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        split(data, by)


def test_one_recording_can_be_split_by_movement() -> None:
    data = movements({"a": 20}, {"b": 20})
    assert [len(part) for part in parts(split(data, "movement"))] == [32, 4, 4]


def test_a_recording_has_one_label() -> None:
    data = movements({"a": 4, "b": 4}, {"c": 4, "d": 4})
    data = replace(data, recordings=tuple("d" if r == "a" else r for r in data.recordings))
    with pytest.raises(DatasetError, match="recordings with movements of both labels: d"):
        split(data)
