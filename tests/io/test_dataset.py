"""A data set on disk: recordings.csv and the files it lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings, write_recordings

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
