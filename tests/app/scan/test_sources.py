"""What is to be scanned, and how it is fetched."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.movers import mover

from poseprint.app.scan.sources import Item, UnreachableError, fetched, listing
from poseprint.core.errors import MissingDependencyError, PoseprintError
from poseprint.io.parquet import write_poses


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MKV", "deep/er/c.webm", "notes.txt", ".hidden.mp4", "poses.parquet"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(name.encode())
    return tmp_path / "tree"


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    """An object store in memory."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    for name in ("bucket/a.mp4", "bucket/deep/b.mp4", "bucket/notes.txt"):
        system.pipe_file(f"/{name}", name.encode())
    yield system
    system.store.clear()


def names(*sources: object) -> list[str]:
    return [item.file for item in listing([str(s) for s in sources])]


def test_a_folder_is_all_films_and_poses_in_it(tree: Path) -> None:
    found = names(tree)
    assert found == sorted(str(tree / name) for name in ("a.MKV", "b.mp4", "deep/er/c.webm", "poses.parquet"))


def test_each_file_is_taken_once_and_in_order(tree: Path) -> None:
    assert names(tree / "b.mp4", tree, tree / "b.mp4") == names(tree)


def test_a_file_that_is_named_is_taken_whatever_its_name(tree: Path) -> None:
    assert names(tree / "notes.txt") == [str(tree / "notes.txt")]


def test_patterns(tree: Path) -> None:
    assert names(tree / "*.mp4") == [str(tree / "b.mp4")]
    assert names(f"{tree}/**/*.webm") == [str(tree / "deep/er/c.webm")]
    (tree / "x[1].mp4").write_bytes(b"")
    assert names(tree / "x[1].mp4") == [str(tree / "x[1].mp4")]  # a file of that name before a pattern


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_lists_name_files_from_their_own_folder_on(tree: Path, suffix: str) -> None:
    files = ["b.mp4", str(tree / "a.MKV"), "gone.mp4", ""]
    if suffix == "csv":
        (tree / "list.csv").write_text("who,file\n" + "".join(f"x,{name}\n" for name in files))
    else:
        pq.write_table(pa.table({"file": files, "who": ["x"] * 4}), tree / "list.parquet")
    items = {item.file: item for item in listing([str(tree / f"list.{suffix}")])}
    assert set(items) == {str(tree / name) for name in ("a.MKV", "b.mp4", "gone.mp4")}
    assert items[str(tree / "gone.mp4")].size == -1


def test_poses_are_no_list(tmp_path: Path) -> None:
    write_poses(mover(30), tmp_path / "p.parquet")
    assert names(tmp_path / "p.parquet") == [str(tmp_path / "p.parquet")]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{}/none", "no such file or folder"),
        ("{}/*.none", "nothing to scan"),
        ("{}/deep", "nothing to scan"),
        ("{}/bad.csv", "no list of files"),
        ("https://example.org/a.mp4", "'https' is not read"),
        ("simplecache::s3://a/b", "'simplecache::s3' is not read"),
        ("memory://none/x.mp4", "nothing is there"),
    ],
)
def test_what_cannot_be_scanned_is_told(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "bad.csv").write_text("name\na.mp4\n")
    with pytest.raises(PoseprintError, match=re.escape(message)):
        listing([source.format(tmp_path)])


def test_what_changes_changes_the_mark(tree: Path) -> None:
    before = {item.file: item for item in listing([str(tree)])}
    (tree / "b.mp4").write_bytes(b"longer than before")
    os.utime(tree / "a.MKV", ns=(1, 1))
    after = {item.file: item for item in listing([str(tree)])}
    changed = {Path(name).name for name in before if before[name] != after[name]}
    assert changed == {"a.MKV", "b.mp4"}


def test_links_in_circles_end(tree: Path) -> None:
    (tree / "deep" / "up").symlink_to(tree)
    (tree / "circle.mp4").symlink_to("circle.mp4")
    found = {Path(item.file).name: item for item in listing([str(tree)])}
    assert found["circle.mp4"].size == -1
    assert len(found) == 5


def test_an_object_store(store: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    assert names("memory://bucket") == ["memory:///bucket/a.mp4", "memory:///bucket/deep/b.mp4"]
    assert names("memory://bucket/*.mp4") == ["memory:///bucket/a.mp4"]
    assert names("memory://bucket/notes.txt") == ["memory:///bucket/notes.txt"]
    store.pipe_file("/bucket/list.csv", b"file\na.mp4\nmemory://bucket/none.mp4\n")
    assert names("memory://bucket/list.csv") == ["memory:///bucket/a.mp4", "memory://bucket/none.mp4"]
    (tmp_path / "l.csv").write_text("file\nmemory://bucket/deep/b.mp4\n")
    assert names(tmp_path / "l.csv") == ["memory:///bucket/deep/b.mp4"]


def test_what_is_fetched_goes_away_again(store: fsspec.AbstractFileSystem) -> None:
    with fetched("memory://bucket/a.mp4") as path:
        assert path.read_bytes() == b"bucket/a.mp4"
        assert path.suffix == ".mp4"
    assert not path.exists()
    with pytest.raises(PoseprintError, match="is not there"), fetched("memory://bucket/none.mp4"):
        pass


def test_a_store_that_fails_is_unreachable(store: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TimeoutError("too slow")

    monkeypatch.setattr(type(store), "get_file", fail)
    with (
        pytest.raises(UnreachableError, match=r"cannot be fetched \(TimeoutError: too slow\)"),
        fetched("memory://bucket/a.mp4"),
    ):
        pass


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingDependencyError, match=r"poseprint\[s3\]"):
        listing(["s3://bucket/a.mp4"])


def test_a_file_of_this_machine_is_read_where_it_is(tree: Path) -> None:
    with fetched(str(tree / "b.mp4")) as path:
        assert path == tree / "b.mp4"
    assert Item("a", 1, "x") < Item("b", 0, "x")
