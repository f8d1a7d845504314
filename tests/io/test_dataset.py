"""A data set on disk, how it is split, and figures over it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.supervised.accuracy import FEWEST, accuracy_report
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.split import Split, SplitBy, split

ADA = Recording("a", "Ada", "real", "monday", "a.parquet")
BOB = Recording("b", "Bob, the “other”", "fake", "", "deeper/b.parquet")


def folder_with(folder: Path, table: str | bytes) -> Path:
    """A data set with the files of ADA and BOB."""
    (folder / "deeper").mkdir()
    for file in (ADA.file, BOB.file):
        (folder / file).write_bytes(b"")
    (folder / "recordings.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    return folder


def test_recordings_are_read_as_written(tmp_path: Path) -> None:
    folder_with(tmp_path, "")
    write_recordings(tmp_path, [ADA, BOB])
    assert read_recordings(tmp_path) == [ADA, BOB]
    assert (tmp_path / "recordings.csv").read_text(encoding="utf-8").splitlines()[:2] == [
        "recording,person,label,session,file",
        "a,Ada,real,monday,a.parquet",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "deeper", "recordings.csv"]


def test_an_activity_is_written_where_one_is_known(tmp_path: Path) -> None:
    folder_with(tmp_path, "")
    lines = [replace(ADA, activity="speech"), BOB]
    write_recordings(tmp_path, lines)
    table = (tmp_path / "recordings.csv").read_text(encoding="utf-8").splitlines()
    assert table[:2] == ["recording,person,label,session,file,activity", "a,Ada,real,monday,a.parquet,speech"]
    assert read_recordings(tmp_path) == lines


text = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(text, text, st.sampled_from(["real", "fake"]), text, text), min_size=1, unique_by=lambda r: r[0])
)
def test_recordings_with_any_names_are_read_as_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("set")
    (folder / "p.parquet").touch()
    recordings = [Recording(*row[:4], "p.parquet", row[4]) for row in rows]
    write_recordings(folder, recordings)
    assert read_recordings(folder) == recordings


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    table = "file,label,note,recording,person,session\r\na.parquet, real ,x,a,Ada,\r\n\r\ndeeper/b.parquet,fake,,b,Bob,1\r\n"
    assert read_recordings(folder_with(tmp_path, b"\xef\xbb\xbf" + table.encode())) == [
        Recording("a", "Ada", "real", "", "a.parquet"),
        Recording("b", "Bob", "fake", "1", "deeper/b.parquet"),
    ]


HEAD = "recording,person,label,session,file\n"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "columns are missing: recording, person, label, session, file"),
        ("recording,person,label,file\na,Ada,real,a.parquet\n", "columns are missing: session"),
        (HEAD, "lists no recordings"),
        (HEAD + ",Ada,real,,a.parquet\n", "line 2 has no recording or no file"),
        (HEAD + "a,Ada,real,,\n", "line 2 has no recording or no file"),
        (HEAD + "a,Ada\n", "line 2 has no recording or no file"),
        (HEAD + "a,Ada,real,,a.parquet\na,Ada,real,,a.parquet\n", "recording 'a' stands twice"),
        (HEAD + "a,Ada,genuine,,a.parquet\n", "line 2: label 'genuine'; it is real or fake"),
        (HEAD + "a,Ada,,,a.parquet\n", "line 2: label ''; it is real or fake"),
        (HEAD + "a,Ada,real,,a.parquet\n\nc,Cy,fake,,c.parquet\n", "line 4: no file 'c.parquet' in "),
        (HEAD + "a,Ada,real,,deeper\n", "line 2: no file 'deeper' in "),
        (HEAD.encode() + b"a,\xff\xfe,real,,a.parquet\n", "cannot be read"),
        (HEAD + "a," + "x" * 140_000 + ",real,,a.parquet\n", "cannot be read .*field larger than field limit"),
    ],
)
def test_a_table_that_does_not_fit(tmp_path: Path, table: str | bytes, problem: str) -> None:
    with pytest.raises(DatasetError, match=f"recordings.csv: {problem}"):
        read_recordings(folder_with(tmp_path, table))


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no recordings.csv in it; `poseprint extract VIDEO"):
        read_recordings(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match=r"recordings\.csv: cannot be written"):
        write_recordings(tmp_path / "file", [ADA])


# Splits


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


# Figures


def test_accuracy_by_hand() -> None:
    labels = np.array([1, 1, 1, 0, 0, 1])
    scores = np.array([0.9, 0.4, 0.6, 0.2, 0.7, 0.5])  # right: yes no yes, yes no, no (0.5 is no vote for real)
    report = accuracy_report(labels, scores, ["a", "a", "b", "c", "c", "b"])
    assert report["accuracy"] == pytest.approx(3 / 6)
    assert report["majority"] == pytest.approx(4 / 6)
    assert report["balanced"] == pytest.approx((2 / 4 + 1 / 2) / 2)
    assert (report["movements"], report["recordings"]) == (6, 3)


def test_all_right_and_all_wrong() -> None:
    labels, recordings = np.array([1, 0, 1, 0, 1, 0]), list("abcdef")
    right = accuracy_report(labels, labels.astype(float), recordings)
    assert (right["accuracy"], right["interval"], right["balanced"]) == (1, [1, 1], 1)
    wrong = accuracy_report(labels, 1.0 - labels, recordings)
    assert (wrong["accuracy"], wrong["interval"], wrong["balanced"]) == (0, [0, 0], 0)


def test_nothing_to_report_on() -> None:
    report = accuracy_report(np.array([]), np.array([]), [])
    assert report.pop("intervals") == {}
    assert (report.pop("movements"), report.pop("recordings")) == (0, 0)
    assert set(report.values()) == {None}


@pytest.mark.parametrize("names", ["aaaaa", "abcda", "abcde"])
def test_a_few_recordings_have_no_interval(names: str) -> None:
    report = accuracy_report(np.array([1, 0, 1, 0, 1]), np.ones(5), list(names))
    assert report["accuracy"] == 0.6
    assert (report["interval"] is None) == (len(set(names)) < FEWEST)


def test_one_label_alone() -> None:
    report = accuracy_report(np.array([1, 1]), np.array([0.9, 0.1]), ["a", "b"])
    assert (report["majority"], report["balanced"]) == (1, 0.5)


def test_the_interval_is_over_recordings() -> None:
    """Ten times the movements of each recording, all alike, tell nothing new."""
    labels, scores = np.array([1, 1, 0, 0, 1]), np.array([0.9, 0.1, 0.2, 0.1, 0.8])
    once = accuracy_report(labels, scores, list("abcde"))
    often = accuracy_report(np.tile(labels, 10), np.tile(scores, 10), list("abcde") * 10)
    assert once["interval"] == often["interval"]
    assert once["interval"] == [0.4, 1.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1), st.integers(0, 6)), min_size=1, max_size=40))
def test_the_interval_holds_the_accuracy(rows: list[tuple[int, float, int]]) -> None:
    labels, scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    names = [f"r{g}" for g in groups]
    report = accuracy_report(labels, scores, names, draws=500)
    assert report == accuracy_report(labels, scores, names, draws=500)
    assert 0 <= report["balanced"] <= 1
    assert 0.5 <= report["majority"] <= 1
    if report["interval"] is None:
        assert len(set(names)) < FEWEST
    else:
        low, high = report["interval"]
        assert 0 <= low <= report["accuracy"] + 1e-9
        assert report["accuracy"] - 1e-9 <= high <= 1
