"""A case on disk: what is changed in it is found, whoever writes into it waits for others, and a torn line is mended."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseprint.core.errors import PoseprintError
from poseprint.io.case_file import append, create, read_log, store
from poseprint.io.case_log import START
from poseprint.io.case_verify import verify


def a_case(folder: Path) -> Path:
    create(folder, "Is it Ann?")
    for name, content in {"inputs/a.mp4": b"film" * 9, "checks/1/verdict.json": b'{"decision": "consistent"}'}.items():
        append(folder, "stored", {"name": name}, {name: store(folder, name, BytesIO(content))})
    append(folder, "note", {"text": "Zürich, 北京\nand \u2028 on", "by": ""})
    return folder


def altered(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def problems(folder: Path, head: str | None = None) -> list[str]:
    return list(verify(folder, head).problems)


def test_each_line_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    folder = a_case(tmp_path / "case")
    previous = START
    for number, raw in enumerate((folder / "log.jsonl").read_bytes().splitlines(keepends=True), 1):
        line = json.loads(raw)
        assert (line["number"], line["previous"]) == (number, previous)
        previous = hashlib.sha256(raw).hexdigest()
    assert verify(folder).head == read_log(folder)[-1].hash == previous
    assert problems(folder) == []


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_case(tmp_path_factory.mktemp("kept") / "case")


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_found(untouched: Path, data: st.DataObject) -> None:
    files = ["log.jsonl", "log.jsonl", "case.json", "inputs/a.mp4", "checks/1/verdict.json"]
    path = untouched / data.draw(st.sampled_from(files))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != content[place]))
    try:
        path.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
        assert problems(untouched)
    finally:
        path.write_bytes(content)
    assert problems(untouched) == []


def test_what_changed_is_told_in_words(tmp_path: Path) -> None:
    folder = a_case(tmp_path / "case")
    sha256 = hashlib.sha256(b"film" * 9).hexdigest()
    altered(folder, "inputs/a.mp4", lambda content: content + b"!")
    (folder / "checks/1/verdict.json").unlink()
    (folder / "inputs/b.mp4").touch()
    (folder / "inputs/c.mp4").symlink_to("a.mp4")
    told = problems(folder)
    new = hashlib.sha256(b"film" * 9 + b"!").hexdigest()
    assert told[0] == f"inputs/a.mp4: was altered; its sha256 is {new}, and its sha256 in line 2 of the log is {sha256}"
    assert told[1].startswith("checks/1/verdict.json: is missing; its sha256 in line 3 of the log is ")
    assert told[2:] == [f"inputs/{name}.mp4: is in the case, and the log does not name it" for name in "bc"]


def test_an_altered_line_and_its_place_are_told(tmp_path: Path) -> None:
    folder = a_case(tmp_path / "case")
    altered(folder, "log.jsonl", lambda content: content.replace(b'"inputs/a.mp4"}', b'"inputs/b.mp4"}'))
    told = problems(folder)
    assert told[0].startswith("log.jsonl line 2: was altered")
    assert told[1].startswith("log.jsonl line 3: does not follow from the line before")
    with pytest.raises(PoseprintError, match=r"line 2: was altered.*`poseprint case verify` tells all"):
        append(folder, "note", {})


@pytest.mark.parametrize(
    "kept", [slice(0, 1), slice(1, None), slice(None, None, 2)], ids=["cut", "begun later", "thin"]
)
def test_lines_that_were_taken_out_are_found(tmp_path: Path, kept: slice) -> None:
    folder = a_case(tmp_path / "case")
    altered(folder, "log.jsonl", lambda content: b"".join(content.splitlines(keepends=True)[kept]))
    assert problems(folder)


def test_a_log_that_was_cut_short_or_written_anew_is_found_by_a_head_noted_elsewhere_alone(tmp_path: Path) -> None:
    first, other = a_case(tmp_path / "case"), tmp_path / "other"
    heads = [line.hash for line in read_log(first)]
    create(other, "Is it Bob?")
    assert problems(other) == []
    assert problems(other, heads[-1]) == [
        f"log.jsonl: holds no line whose hash is {heads[-1]}; lines were taken out, or it was written anew"
    ]
    assert [problems(first, head) for head in heads] == [[]] * len(heads)
    altered(first, "log.jsonl", lambda content: b"".join(content.splitlines(keepends=True)[:-1]))
    assert (problems(first), len(problems(first, heads[-1]))) == ([], 1)
    with pytest.raises(PoseprintError, match="`head` is a sha256, 64"):
        verify(first, "12ab")


@pytest.mark.parametrize("keep", [1, 40, -1])
def test_a_torn_line_is_reported_and_then_mended_in_the_log(tmp_path: Path, keep: int) -> None:
    folder = a_case(tmp_path / "case")
    whole = (folder / "log.jsonl").read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    torn = last[:keep]
    altered(folder, "log.jsonl", lambda content: content[: -len(last)] + torn)
    (told,) = problems(folder)
    assert "its last line is unfinished" in told
    assert len(read_log(folder)) == 3
    append(folder, "note", {"text": "again", "by": ""})
    mended, note = read_log(folder)[-2:]
    assert (mended.event, note.event) == ("mended", "note")
    assert mended.facts["sha256"] == hashlib.sha256(torn).hexdigest()
    assert problems(folder) == []


@pytest.mark.slow
def test_two_processes_write_one_after_the_other(tmp_path: Path) -> None:
    create(tmp_path / "case", "Who?")
    code = """
import sys
from pathlib import Path
from poseprint.io.case_file import append
for number in range(25):
    append(Path(sys.argv[1]), "note", {"text": f"{sys.argv[2]} {number}", "by": ""})
"""
    command = [sys.executable, "-c", code, str(tmp_path / "case")]
    both = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [process.wait(60) for process in both] == [0, 0]
    lines = read_log(tmp_path / "case")
    for name in "ab":
        own = [line.facts["text"] for line in lines[1:] if line.facts["text"].startswith(name)]
        assert own == [f"{name} {number}" for number in range(25)]
    assert problems(tmp_path / "case") == []


def test_a_case_begins_in_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match="is a file; name a folder"):
        create(tmp_path / "file", "Why?")
    with pytest.raises(PoseprintError, match="is not empty; name a new folder"):
        create(tmp_path, "Why?")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(PoseprintError, match="is not empty"):
        create(a_case(tmp_path / "case"), "Why?")
    with pytest.raises(PoseprintError, match=r"not a case \(no case.json\)"):
        append(tmp_path, "note", {})
    with pytest.raises(PoseprintError, match="no such file or folder"):
        verify(tmp_path / "nothing")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(PoseprintError, match=r"not a case|neither the folder of a case nor a zip"):
            verify(place)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"format": "poseprint case", "format_version": 2, "question": "?"}', "case format 2; this poseprint reads formats up to 1"),
        ('{"format": "another", "format_version": 1, "question": "?"}', "cannot be read as a case's"),
        ("[" * 100_000, "cannot be read as a case's"),
        (None, "not a case \\(no case.json\\)"),
    ],
)  # fmt: skip
def test_a_case_of_another_form_is_refused(tmp_path: Path, content: str | None, told: str) -> None:
    folder = a_case(tmp_path / "case")
    (folder / "case.json").unlink()
    if content is not None:
        (folder / "case.json").write_text(content)
    with pytest.raises(PoseprintError, match=told):
        read_log(folder)
    assert len(problems(folder)) == 2


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "inputs/../../secret", "a\\..\\b"])
def test_a_log_names_nothing_outside_its_case(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"mine")
    folder = a_case(tmp_path / "case")
    append(folder, "stored", {}, {name: hashlib.sha256(b"mine").hexdigest()})
    assert problems(folder) == [f"log.jsonl line 5: names {name!r}, which is no file of a case"]


def test_a_zip_is_verified_where_it_lies(tmp_path: Path) -> None:
    """Nothing is unpacked; a file that is there twice is none."""
    folder = a_case(tmp_path / "case")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
        archive.writestr("../outside", b"x")
    assert problems(tmp_path / "a.zip") == ["../outside: is in the case, and the log does not name it"]
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("inputs/a.mp4", b"another")
    assert "inputs/a.mp4: is no plain file, or there twice" in problems(tmp_path / "a.zip")[0]
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(content.replace(b"film", b"fill"))
    assert [path.name for path in tmp_path.iterdir() if path.name == "outside"] == []
