"""A data set on disk: recordings.csv and the files it lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.movers import mover
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.core.names import same_file_name
from poseprint.io import dataset as io_dataset
from poseprint.io.dataset import Recording, pose_file_path, read_recordings, read_table, write_recordings
from poseprint.io.parquet import write_poses

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
        Recording("a", "Ada", "real", "", "a.parquet", other=(("note", "x"),)),
        Recording("b", "Bob", "fake", "1", "deeper/b.parquet", other=(("note", ""),)),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "sep=;", "sep=|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be with mark", "latin-1"])
def test_a_table_is_read_however_a_spreadsheet_saves_it(
    tmp_path: Path, separator: str, encoding: str, ending: str
) -> None:
    first, by = ([separator], separator[-1]) if separator.startswith("sep=") else ([], separator)
    cells = [
        ["Recording", " person ", "LABEL", "session", "file", "Note, or more; or less"],
        ["a", "Zoë", " real", "“x”" if "utf" in encoding else "x", "a.parquet", '"said ""so"" ' + by + ' there"'],
        [""] * 6,
        ["b", "Bob", "fake", "", "deeper/b.parquet"],
    ]
    cells[0][-1] = f'"{cells[0][-1]}"'
    text = ending.join([*first, *(by.join(row) for row in cells), "", ""])
    code = encoding.removesuffix(" with mark")
    mark = "\ufeff" if code != encoding else ""
    table = folder_with(tmp_path, (mark + text).encode(code)) / "recordings.csv"
    rows = read_table(table, ["recording", "person"])
    start = 2 if first else 1
    assert [number for number, _ in rows] == [start + 1, start + 3]
    assert rows[0][1]["person"] == "Zoë"
    assert rows[0][1]["note, or more; or less"] == f'said "so" {by} there'
    assert [r.recording for r in read_recordings(tmp_path)] == ["a", "b"]


def test_columns_of_the_users_own_stay(tmp_path: Path) -> None:
    folder_with(tmp_path, "recording;person;label;session;file;Camera\na;Ada;real;;a.parquet;left\n")
    lines = [*read_recordings(tmp_path), BOB]
    write_recordings(tmp_path, lines)
    assert (tmp_path / "recordings.csv").read_text(encoding="utf-8").splitlines() == [
        "recording,person,label,session,file,camera",
        "a,Ada,real,,a.parquet,left",
        'b,"Bob, the “other”",fake,,deeper/b.parquet,',
    ]
    assert read_recordings(tmp_path)[0] == lines[0]


def test_a_table_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(io_dataset, "_LARGEST", 1 << 20)
    (tmp_path / "m.csv").symlink_to("/dev/zero")
    for path, message in (
        ("m.csv", "is larger than 1 MB"),
        (".", "is a folder; name the csv"),
        ("none.csv", "no such file"),
    ):
        with pytest.raises(DatasetError, match=message):
            read_table(tmp_path / path, ["file"])


def test_names_equal_but_for_case_or_accents_are_names_of_two_files(tmp_path: Path) -> None:
    films = [mover(30, seed=seed) for seed in range(5)]
    names = ["Clip", "clip", "CLIP", "caf\u00e9", "cafe\u0301"]
    files = []
    for film, name in zip(films, names, strict=True):
        files.append(pose_file_path(tmp_path, name, film))
        write_poses(film, files[-1])
    assert len({same_file_name(file.name) for file in files}) == 5
    for film, name, file in zip(films, names, files, strict=True):
        assert pose_file_path(tmp_path, name, film) == file


def test_a_file_of_another_kind_is_never_the_file_for_poses(tmp_path: Path) -> None:
    film = mover(30)
    (tmp_path / "clip.parquet").write_text("a table of somebody's")
    file = pose_file_path(tmp_path, "clip", film)
    assert file.name == f"clip-{film.sha256[:8]}.parquet"
    file.mkdir()
    with pytest.raises(DatasetError, match="other files have the names clip and clip-"):
        pose_file_path(tmp_path, "clip", film)
    listed = [Recording("Clap", "", "real", "", "elsewhere/x.parquet")]
    assert pose_file_path(tmp_path, "clap", film, listed).name.startswith("clap-")


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
        (HEAD + "a,Ada,real,," + "é" * 300 + "\n", "line 2: no file 'ééé"),
        (b"\xff\xfer", "cannot be read"),
        (HEAD + "a,Ada\0,real,,a.parquet\n", "line 2 holds a zero byte; save it as csv in UTF-8"),
        (HEAD.encode("utf-16-le"), "line 1 holds a zero byte"),
        (HEAD.replace("file", "file,file"), "the column 'file' stands twice"),
        (HEAD + "a," + "x" * 140_000 + ",real,,a.parquet\n", "line 2 cannot be read .*field larger than field limit"),
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
