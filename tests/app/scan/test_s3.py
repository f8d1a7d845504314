"""An archive in an object store: a server of S3's protocol on this machine."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from helpers.scans import Here, clips, lines, plan_of, profiles
from moto.server import ThreadedMotoServer

from poseprint.app.scan.run import scan
from poseprint.app.scan.sources import listing

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    system = fsspec.filesystem("s3", skip_instance_cache=True)
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    system.mkdir("archive")
    yield system
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    server.stop()


def test_what_is_in_an_object_store_is_scanned_as_what_is_here(
    bucket: fsspec.AbstractFileSystem, tmp_path: Path
) -> None:
    folder = clips(tmp_path / "clips", 0, 1)
    for path in folder.iterdir():
        bucket.put_file(str(path), f"archive/deep/{path.name}")
    bucket.pipe_file("archive/deep/notes.txt", b"no film")
    bucket.pipe_file("archive/list.csv", b"file\ndeep/0.parquet\ndeep/gone.mp4\n")
    plan = plan_of(profiles(tmp_path / "watched", 0))
    scan(["s3://archive/deep"], plan, tmp_path / "there", runner=Here)
    scan([str(folder)], plan, tmp_path / "here", runner=Here)
    there, here = (lines(tmp_path / name, "verdicts") for name in ("there", "here"))
    assert [v["file"] for v in there] == ["s3://archive/deep/0.parquet", "s3://archive/deep/1.parquet"]
    assert [{**v, "file": ""} for v in there] == [{**v, "file": ""} for v in here]
    assert [item.file for item in listing(["s3://archive/deep/*.parquet"])] == [v["file"] for v in there]
    scan(["s3://archive/list.csv"], plan, tmp_path / "listed", runner=Here)
    assert {c["file"]: c["status"] for c in lines(tmp_path / "listed", "clips")} == {
        "s3://archive/deep/0.parquet": "measured",
        "s3://archive/deep/gone.mp4": "failed",
    }


def test_what_changes_there_is_scanned_again(bucket: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    folder = clips(tmp_path / "clips", 0, 1)
    plan = plan_of(profiles(tmp_path / "watched", 0))
    bucket.put_file(str(folder / "0.parquet"), "archive/a.parquet")
    scan(["s3://archive"], plan, tmp_path / "out", runner=Here)
    bucket.put_file(str(folder / "1.parquet"), "archive/a.parquet")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    scan(["s3://archive"], plan, tmp_path / "out", runner=Here)
    (clip,) = lines(tmp_path / "out", "clips")
    scan([str(folder / "1.parquet")], plan, tmp_path / "fresh", runner=Here)
    assert clip["sha256"] == lines(tmp_path / "fresh", "clips")[0]["sha256"]
