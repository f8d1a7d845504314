"""Recordings collected in a data set: listed, and measured once."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.estimators import FixedEstimator, bar
from helpers.movers import mover
from helpers.openpose import openpose_folder
from helpers.profiles import make_profile
from helpers.videos import write_video

import poseprint
from poseprint.app.datasets.collect import CHUNKS_DIR, Collected, collect
from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings
from poseprint.io.parquet import read_poses, write_poses

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


def test_the_same_poses_under_another_name_are_refused(tmp_path: Path) -> None:
    write_poses(mover(60), tmp_path / "x.parquet")
    collect(tmp_path / "x.parquet", tmp_path / "data", person="Ann")
    write_poses(replace(mover(60), recording="another"), tmp_path / "y.parquet")
    with pytest.raises(
        DatasetError, match=r"y.parquet: is the same recording as x in .*data; a data set has each once"
    ):
        collect(tmp_path / "y.parquet", tmp_path / "data", person="Ann")
    with pytest.raises(DatasetError, match="is the same recording as x"):
        collect(tmp_path / "x.parquet", tmp_path / "data", recording="z")
    assert not collect(tmp_path / "x.parquet", tmp_path / "data").new
    assert [r.recording for r in read_recordings(tmp_path / "data")] == ["x"]


@pytest.mark.slow
def test_the_same_film_under_another_name_is_refused_before_it_is_measured(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 60)
    (tmp_path / "w.mp4").write_bytes(path.read_bytes())
    whole = read_poses(collect(path, tmp_path / "data").file)
    seen = FixedEstimator.seen
    with pytest.raises(DatasetError, match="is the same recording as v"):
        collect(tmp_path / "w.mp4", tmp_path / "data")
    assert FixedEstimator.seen == seen
    assert not (tmp_path / "data" / CHUNKS_DIR).exists()
    # A part of a film is a recording of its own.
    write_poses(whole.part(0, 30), tmp_path / "part.parquet")
    assert collect(tmp_path / "part.parquet", tmp_path / "data").new


def test_a_line_that_was_renamed_by_hand_stays(tmp_path: Path) -> None:
    write_poses(mover(60), tmp_path / "x.parquet")
    data = tmp_path / "data"
    collect(tmp_path / "x.parquet", data, person="Ann")
    table = data / "recordings.csv"
    table.write_text("recording;person;label;session;file;camera\nfirst speech;Ann;real;;x.parquet;left\n")
    assert not collect(tmp_path / "x.parquet", data, session="monday").new
    assert read_recordings(data) == [
        Recording("first speech", "Ann", "real", "monday", "x.parquet", other=(("camera", "left"),))
    ]


@pytest.mark.parametrize("table", ["name,phone\nAnn,123\n", "no table at all", ""])
def test_a_table_of_another_kind_is_not_replaced(tmp_path: Path, table: str) -> None:
    write_poses(mover(60), tmp_path / "x.parquet")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "recordings.csv").write_text(table)
    with pytest.raises(DatasetError, match="columns are missing"):
        collect(tmp_path / "x.parquet", tmp_path / "data")
    assert [(p.name, p.read_text()) for p in (tmp_path / "data").iterdir()] == [("recordings.csv", table)]


def test_a_pose_file_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    write_poses(mover(60), tmp_path / "x.parquet")
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "data" / "x.parquet")
    file = collect(tmp_path / "x.parquet", tmp_path / "data").file
    assert file.name == f"x-{mover(60).sha256[:8]}.parquet"
    assert pq.read_table(tmp_path / "data" / "x.parquet").column_names == ["a"]


def test_a_data_set_is_no_profile_and_lies_in_no_folder_that_is_read(tmp_path: Path) -> None:
    folder = openpose_folder(tmp_path / "clip")
    settings = {"fps": 25.0, "frame_size": (640, 360)}
    before = sorted(folder.iterdir())
    for output in (folder, folder / "data"):
        with pytest.raises(PoseprintError, match=r"is read here|lies in"):
            collect(folder, output, **settings)  # type: ignore[arg-type]
    assert sorted(folder.iterdir()) == before
    profile = make_profile(tmp_path / "profile")
    with pytest.raises(DatasetError, match="holds a profile; name another folder"):
        collect(folder, profile, **settings)  # type: ignore[arg-type]


@pytest.mark.slow
def test_processes_that_add_to_one_data_set_lose_no_line(tmp_path: Path) -> None:
    for k in range(6):
        # All of one name, so that they ask for the same file.
        write_poses(mover(30, seed=k), tmp_path / f"in{k}" / "x.parquet")
    code = (
        "import sys\nfrom poseprint.app.datasets.collect import collect\n"
        f"for k in sys.argv[1:]: collect(f'{tmp_path}/in{{k}}/x.parquet', '{tmp_path}/data', person='P')"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, *numbers]) for numbers in ("024", "135", "012345")]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    lines = read_recordings(tmp_path / "data")
    assert len({line.file for line in lines}) == len(lines) == 6
    assert {read_poses(tmp_path / "data" / line.file).sha256 for line in lines} == {
        mover(30, seed=k).sha256 for k in range(6)
    }
    assert {p.name for p in (tmp_path / "data").iterdir()} == {"recordings.csv", *(line.file for line in lines)}


@pytest.mark.slow
def test_the_same_film_measured_twice_at_once_is_measured_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 60)
    collected: list[Collected] = []
    threads = [threading.Thread(target=lambda: collected.append(collect(path, tmp_path / "data"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done.new for done in collected) == [False, True]
    assert len({done.file for done in collected}) == 1


def test_recordings_in_which_nobody_is_seen_are_not_the_same(tmp_path: Path) -> None:
    empty = mover(60)
    empty = replace(empty, position=np.full_like(empty.position, np.nan))
    for name in "ab":
        write_poses(empty, tmp_path / f"{name}.parquet")
        assert collect(tmp_path / f"{name}.parquet", tmp_path / "data").new
