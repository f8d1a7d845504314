"""What the commands write replaces nothing of the user's, whatever is named and however it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.datasets import dataset
from helpers.files import poses
from helpers.movers import wanderer
from helpers.openpose import openpose_folder

from poseprint.io.parquet import write_poses

Contents = dict[Path, bytes]


@pytest.fixture
def contents(tmp_path: Path) -> Callable[[], Contents]:
    """All files below the test's folder and what they hold, as they are when it is called."""

    def look() -> Contents:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    return look


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        ("good.parquet", "is written as .html"),
        ("profile/profile.json", "is written as .html"),
        ("profile/report.html", "lies in "),
        ("profile/sub/report.html", "lies in "),
        ("alias.html", "is read here, it is "),
        ("twin.html", "is read here, it is "),
        ("notes.html", "is there, and poseprint did not write it; name another, or replace it (--force)"),
        ("film.mp4", "is written as .html"),
        ("profile", "is written as .html"),
        ("folder.html", "is a folder; name a file"),
    ],
)
def test_a_report_replaces_nothing(
    tmp_path: Path,
    profile: Path,
    source: Path,
    command: Command,
    contents: Callable[[], Contents],
    report: str,
    problem: str,
) -> None:
    (tmp_path / "notes.html").write_text("<!doctype html><p>my notes")
    (tmp_path / "film.mp4").write_text("film")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "alias.html").symlink_to(source)
    (tmp_path / "twin.html").hardlink_to(source)
    before = contents()
    assert problem in command("check", source, "--profile", profile, "--report", tmp_path / report).error()
    assert contents() == before


def test_force_replaces_what_is_not_read(tmp_path: Path, profile: Path, source: Path, command: Command) -> None:
    notes, alias = tmp_path / "notes.html", tmp_path / "alias.html"
    notes.write_text("my notes")
    alias.symlink_to(source)
    check = ("check", source, "--profile", profile, "--force", "--report")
    assert command(*check, notes).code == 0
    assert "body-movement report" in notes.read_text()
    assert "is read here" in command(*check, alias).error()


def test_a_report_is_not_put_among_the_evidence(tmp_path: Path, profile: Path, command: Command) -> None:
    folder = openpose_folder(tmp_path / "clip")
    how = ("--fps", 25, "--frame-size", "640x360")
    error = command("check", folder, "--profile", profile, *how, "--report", folder / "report.html").error()
    assert "lies in" in error
    assert {p.suffix for p in folder.iterdir()} == {".json"}


@pytest.mark.slow
def test_a_drawing_replaces_a_drawing_of_its_name_alone(tmp_path: Path, command: Command) -> None:
    source = poses(tmp_path / "a.parquet", frames=5, size=(64, 36), shoulder=10)
    drawn, copy = tmp_path / "drawn.mp4", tmp_path / "copy.mp4"
    for _ in range(2):
        assert command("draw", source, "-o", drawn).code == 0
    copy.write_bytes(drawn.read_bytes())
    own = tmp_path / "own.mp4"
    own.write_text("my film")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for path in (copy, own, empty):
        before = path.read_bytes()
        assert (
            "poseprint did not write it; name another, or replace it (--force)"
            in command("draw", source, "-o", path).error()
        )
        assert path.read_bytes() == before
        assert command("draw", source, "-o", path, "--force").code == 0
        assert command("draw", source, "-o", path).code == 0
    alias = tmp_path / "alias.mp4"
    alias.symlink_to(source)
    assert "is read here" in command("draw", source, "-o", alias, "--force").error()


@pytest.mark.slow
def test_enrolment_replaces_nothing(tmp_path: Path, command: Command, contents: Callable[[], Contents]) -> None:
    source = tmp_path / "in.parquet"
    write_poses(wanderer(seed=1), source)
    folder = tmp_path / "own"
    folder.mkdir()
    for name, text, problem in (
        ("profile.json", '{"name": "game settings"}', "cannot be read as a profile"),
        ("recordings.csv", "a,b\n", "holds a data set; name another folder for the profile"),
    ):
        (folder / name).write_text(text)
        before = contents()
        for how in ((), ("--add",)):
            assert problem in command("enroll", "Ann", source, "-o", folder, *how).error()
        assert contents() == before
        (folder / name).unlink()
    (folder / "film.mp4").write_text("film")
    assert command("enroll", "Ann", source, "-o", folder).code == 0
    assert (folder / "film.mp4").read_text() == "film"
    assert {p.name[:9] for p in folder.iterdir()} == {"film.mp4", "profile.j", "enrolment"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("train", "DATA", "--person", "Ann"), "model.onnx"),
        (("train", "DATA", "--person", "Ann"), "training/notes.txt"),
        (("train", "DATA", "--person", "Ann"), "recordings.csv"),
        (("train", "DATA", "--person", "Ann"), "profile.json"),
        (("tune", "DATA", "--person", "Ann"), "trials/notes.txt"),
        (("tune", "DATA", "--person", "Ann"), "best.json"),
        (("experiment", "lengths", "DATA"), "lengths.json"),
        (("experiment", "all", "DATA"), "lengths-mine.svg"),
        (("evaluate", "DATA"), "evaluation.md"),
        (("evaluate", "DATA"), "session-mine.svg"),
        (("demo",), "genuine.mp4"),
        (("demo",), "profile/profile.json"),
    ],
)
def test_a_folder_with_such_files_from_elsewhere_is_refused_at_once(
    tmp_path: Path, command: Command, contents: Callable[[], Contents], arguments: tuple[str, ...], name: str
) -> None:
    data = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}, recordings=1, frames=60)
    (tmp_path / "out" / name).parent.mkdir(parents=True)
    (tmp_path / "out" / name).write_text("my own")
    before = contents()
    named = [data if argument == "DATA" else argument for argument in arguments]
    error = command(*named, "-o", tmp_path / "out").error()
    assert "name another folder" in error
    assert str(tmp_path / "out") in error
    assert contents() == before


def test_one_faulty_file_does_not_end_a_batch(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poseprint.app import sources

    names = ["a", "disk", "type", "text", "b"]
    files = [poses(tmp_path / f"{name}.parquet", seed=k) for k, name in enumerate(names)]
    faults = {
        "disk": OSError(28, "No space left on device", "disk.parquet"),
        "type": TypeError("of another kind"),
        "text": UnicodeEncodeError("ascii", "Zoë", 2, 3, "ordinal not in range"),
    }
    read = sources.read_any_poses

    def faulty(path: Path, **settings: object) -> object:
        if path.stem in faults:
            raise faults[path.stem]
        return read(path, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(sources, "read_any_poses", faulty)
    ran = command("extract", *files, "-o", tmp_path / "data")
    assert ran.code == 3
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        f"{tmp_path / 'data' / name}.parquet" for name in ("a", "b")
    ]
    assert ran.err.splitlines() == [
        "poseprint: error: disk.parquet: No space left on device",
        "poseprint: error: unforeseen TypeError: of another kind (a fault of poseprint; POSEPRINT_DEBUG=1 shows where)",
        "poseprint: error: 'Zoë': cannot be written as ascii; name it otherwise, or set PYTHONUTF8=1",
    ]
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,person\n" + "".join(f"{name}.parquet,Ann\n" for name in names))
    ran = command("dataset", "build", manifest, "-o", tmp_path / "built")
    assert ran.code == 3
    assert [line.split(": ")[3] for line in ran.err.splitlines()] == ["line 3", "line 4", "line 5"]
    assert {p.name for p in (tmp_path / "built").iterdir()} == {"a.parquet", "b.parquet", "recordings.csv"}


def test_the_same_film_twice_is_one_fault_of_a_batch(tmp_path: Path, command: Command) -> None:
    first = poses(tmp_path / "a.parquet")
    (tmp_path / "again.parquet").write_bytes(first.read_bytes())
    other = poses(tmp_path / "b.parquet", seed=9)
    extract = ("extract", first, tmp_path / "again.parquet", other, "-o", tmp_path / "data", "--person", "Ann")
    for _ in range(2):
        ran = command(*extract)
        assert ran.error().endswith(
            f"again.parquet: is the same recording as a in {tmp_path / 'data'}; a data set has each once"
        )
        assert len(ran.out.splitlines()) == 2
    assert len((tmp_path / "data" / "recordings.csv").read_text().splitlines()) == 3
    (tmp_path / "m.csv").write_text("file,person\nagain.parquet,Ann\nb.parquet,Bob\n")
    ran = command("dataset", "build", tmp_path / "m.csv", "-o", tmp_path / "data")
    assert "line 2: " in ran.error()
    assert "Bob" in (tmp_path / "data" / "recordings.csv").read_text()


@pytest.mark.parametrize("name", ["n" * 240, "caf\udce9", "CON", "two\nlines", "e\u0301t\u00e9", "a:b*c?"])
def test_any_name_of_a_file_is_extracted(tmp_path: Path, command: Command, name: str) -> None:
    source = poses(tmp_path / "x.parquet").rename(tmp_path / f"{name}.parquet")
    for _ in range(2):
        assert command("extract", source, "-o", tmp_path / "data", "--person", "Ann").code == 0
    (file,) = (tmp_path / "data").glob("*.parquet")
    assert file.stem.isprintable()
    assert (
        json.loads(command("dataset", "describe", tmp_path / "data", "--json").out)["total"]["recordings"]["real"] == 1
    )
    assert command("inspect", source).code == 0
