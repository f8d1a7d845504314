"""Recordings collected in a data set: listed, and measured once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.estimators import FixedEstimator, bar
from helpers.movers import mover
from helpers.videos import write_video

import poseprint
from poseprint.app.datasets.collect import collect
from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import write_poses

pytestmark = pytest.mark.usefixtures("known")


@pytest.mark.slow
def test_collect_lists_and_does_not_measure_twice(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 60)
    first = collect(path, tmp_path / "data", person="Ann", session="monday")
    again = collect(path, tmp_path / "data")
    assert first.new
    assert not again.new
    assert "v,Ann,real,monday,v.parquet" in (tmp_path / "data" / "recordings.csv").read_text()
    (tmp_path / "other").mkdir()
    other = write_video(tmp_path / "other" / "v.mp4", lambda k: bar(k / 60), 60)
    assert collect(other, tmp_path / "data").file.name.startswith("v-")
    with pytest.raises(DatasetError, match="label"):
        collect(path, tmp_path / "data", label="genuine")


def test_unwritable_output_is_told_before_the_work(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 30)
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match="cannot be written"):
        collect(path, tmp_path / "file" / "data")
    assert FixedEstimator.seen == 0


def test_poses_from_elsewhere_delete_nothing(tmp_path: Path) -> None:
    victim = tmp_path / f"victim-{poseprint.__version__}"
    victim.mkdir()
    evil = replace(mover(60), source_sha256="../../victim")
    write_poses(evil, tmp_path / "evil.parquet")
    collect(tmp_path / "evil.parquet", tmp_path / "up" / "data")
    assert victim.is_dir()


def test_other_poses_of_the_same_name_replace_nothing(tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 2)):
        write_poses(mover(60, seed=seed), tmp_path / folder / "x.parquet")
        collect(tmp_path / folder / "x.parquet", tmp_path / "data", person=folder)
    again = collect(tmp_path / "a" / "x.parquet", tmp_path / "data")
    assert not again.new
    lines = read_recordings(tmp_path / "data")
    assert sorted(line.person for line in lines) == ["a", "b"]
    assert len({line.file for line in lines}) == 2


def test_only_what_is_given_changes_a_line(tmp_path: Path) -> None:
    write_poses(mover(60), tmp_path / " odd .parquet")
    for given in ({"person": "Ann", "label": "fake"}, {"session": "monday"}, {"label": "real"}, {}):
        collect(tmp_path / " odd .parquet", tmp_path / "data", **given)
    (line,) = read_recordings(tmp_path / "data")
    assert (line.recording, line.person, line.label, line.session) == ("odd", "Ann", "real", "monday")
