"""Files that appear whole or not at all, in the place of no other, from one process at a time."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.log import logged

from poseprint.core import files
from poseprint.core.errors import PoseprintError
from poseprint.core.files import (
    MARK,
    absence,
    atomic_write,
    claimed,
    ensure_apart,
    ensure_replaceable,
    kind_of,
    locked,
    parse_json,
)


def is_own(path: Path) -> bool:
    return path.read_text().startswith("own")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    (tmp_path / "evidence.html").write_text("own")  # even then it is not replaced
    return tmp_path / "evidence.html"


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock until it is told to end."""
    code = (
        "import pathlib, sys\nfrom poseprint.core.files import locked\n"
        f"with locked(pathlib.Path({str(path)!r})): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_file_of_ones_own_kind_is_replaced_and_no_other(tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    ensure_replaceable(page, (".html",), inputs=(), is_own=is_own)
    page.write_text("own page")
    ensure_replaceable(page, (".html",), inputs=(), is_own=is_own)
    page.write_text("a page of somebody")
    with pytest.raises(PoseprintError, match=r"page.html: is there, and poseprint did not write it; .*`force`"):
        ensure_replaceable(page, (".html",), inputs=(), is_own=is_own)
    ensure_replaceable(page, (".html",), inputs=(), is_own=is_own, force=True)
    page.unlink()
    page.symlink_to(tmp_path / "nothing")
    with pytest.raises(PoseprintError, match="is there"):
        ensure_replaceable(page, (".html",), inputs=(), is_own=is_own)
    with pytest.raises(PoseprintError, match=r"is written as \.html"):
        ensure_replaceable(tmp_path / "page.pdf", (".html",), inputs=(), is_own=is_own, force=True)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(PoseprintError, match="is a folder; name a file"):
        ensure_replaceable(tmp_path / "folder.html", (".html",), inputs=(), is_own=is_own, force=True)
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match="cannot be written"):
        ensure_replaceable(tmp_path / "file" / "page.html", (".html",), inputs=(), is_own=is_own)


@pytest.mark.parametrize("how", ["name", "way round", "symlink", "hard link"])
def test_an_input_is_never_replaced_whatever_it_is_called(tmp_path: Path, evidence: Path, how: str) -> None:
    output = tmp_path / "other.html"
    if how == "name":
        output = evidence
    elif how == "way round":
        output = tmp_path / "x" / ".." / "evidence.html"
        (tmp_path / "x").mkdir()
    elif how == "symlink":
        output.symlink_to(evidence)
    else:
        output.hardlink_to(evidence)
    with pytest.raises(PoseprintError, match=r"is read here, it is .*evidence\.html; name another place"):
        ensure_replaceable(output, (".html",), inputs=[evidence], is_own=is_own, force=True)
    assert evidence.read_text() == "own"


@pytest.mark.parametrize("output", ["folder", "folder/x", "folder/new/x", "link/x", "out/x", "out"])
def test_an_output_in_a_folder_that_is_read_is_refused(tmp_path: Path, output: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "out").symlink_to("folder/deep")
    with pytest.raises(PoseprintError, match=r"which is read here|is read here, it is"):
        ensure_apart(tmp_path / output, [tmp_path / "folder"])
    ensure_apart(tmp_path / "folder2" / "x", [tmp_path / "folder", tmp_path / "absent"])


def test_a_claimed_folder_replaces_its_own_outputs_alone(tmp_path: Path) -> None:
    folder, outputs = tmp_path / "out", {"paint": ["picture*.txt", "studio"]}
    with claimed(folder, outputs):
        (folder / "picture1.txt").write_text("one")
    with claimed(folder, outputs):
        (folder / "picture1.txt").write_text("two")
    with pytest.raises(PoseprintError, match=r"picture1.txt: is there, and is no earlier output of `print`"):
        claimed(folder, {"print": ["*.txt"]}).__enter__()
    with claimed(folder, {"sculpt": ["figure"]}):
        pass
    assert (folder / MARK).read_text().split() == ["paint", "sculpt"]
    assert (folder / "picture1.txt").read_text() == "two"


def test_a_claim_that_comes_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there" / "studio").mkdir(parents=True)
    with pytest.raises(PoseprintError, match="studio: is there"):
        claimed(tmp_path / "there", {"paint": ["studio"]}).__enter__()
    assert [p.name for p in (tmp_path / "there").iterdir()] == ["studio"]
    with pytest.raises(ZeroDivisionError), claimed(tmp_path / "new", {"paint": ["studio"]}):
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["there"]


@pytest.mark.slow
def test_another_process_is_waited_for_or_told(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path) as process:
        with pytest.raises(PoseprintError, match=r"^busy$"):
            locked(path, busy="busy").__enter__()
        entered = threading.Event()

        def enter() -> None:
            with locked(path):
                entered.set()

        with logged() as messages:
            waiting = threading.Thread(target=enter)
            waiting.start()
            assert not entered.wait(0.3)
            process.kill()  # a lock ends with its process
            assert entered.wait(10)
            waiting.join()
    assert messages == [f"{tmp_path}: waiting for another process that is at work there"]
    assert not path.exists()


def test_threads_that_come_and_go_never_hold_a_lock_together(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(30):
            with locked(tmp_path / "deep" / "lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, inside) == (1, 0)
    assert not list((tmp_path / "deep").iterdir())


def test_a_file_system_without_locks_is_worked_on_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    if files.fcntl is not None:
        monkeypatch.setattr(files.fcntl, "flock", refuse)
    with locked(tmp_path / "lock", busy="busy") as file:
        file.write(b"x")
    assert (tmp_path / "lock").read_bytes() == b"x"


def test_a_lock_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loose").symlink_to(tmp_path / "gone" / "x")
    for path, message in ((tmp_path / "file" / "lock", "cannot be written"), (tmp_path / "loose", "leads nowhere")):
        with pytest.raises(PoseprintError, match=message):
            locked(path).__enter__()


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "1e999", '{"a": -Infinity}', "1" + "0" * 400, '"\\ud800"', "{", "", b"\xff"]
)
def test_json_that_is_none(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_json(text)


def test_json() -> None:
    assert parse_json('{"a": [1, 2.5, null, "\\u00e9", 9007199254740993]}') == {
        "a": [1, 2.5, None, "é", 9007199254740993]
    }


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".txt")
    with atomic_write(path) as partial:
        partial.write_text("x")
    assert path.read_text() == "x"
    with pytest.raises(PoseprintError, match="cannot be written"), atomic_write(tmp_path / ("n" * 300)) as partial:
        partial.write_text("x")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("https://a.org/watch?v=1", "https://a.org/watch?v=1: is an address, not a file; .* download it first"),
        ("RTSP://camera/1", "RTSP://camera/1: is an address"),
        ("file:///home/film.mp4", "name the file by its path, /home/film.mp4"),
        ("c:/film.mp4", "c:/film.mp4: no such file or folder"),
        ("a/https:/x", "a/https:/x: no such file or folder"),
        ("film.mp4", "film.mp4: no such file or folder"),
    ],
)
def test_what_is_not_there(path: str, message: str) -> None:
    assert re.search(message.replace("?", r"\?"), absence(Path(path)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04", "an archive"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"\0\0\0\x18ftypheic", "a picture"),
        (b"\0\0\0\x18ftypisom", ""),
        (b"RIFF\0\0\0\0WEBP", "a picture"),
        (b"RIFF\0\0\0\0AVI ", ""),
        (b"\n<!DOCTYPE HTML>", "a web page"),
        (b'{"people": []}', "a json file"),
        (b"PAR1", "a Parquet file"),
        (b"", ""),
    ],
)
def test_what_a_file_is_that_is_taken_for_another(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "x").write_bytes(content)
    assert kind_of(tmp_path / "x").startswith(kind)
    assert bool(kind) == bool(kind_of(tmp_path / "x"))
    assert kind_of(tmp_path) == kind_of(tmp_path / "absent") == ""
