"""Pose files of other programs into a data set, and back."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.bvh import bvh, still
from helpers.log import logged
from helpers.movers import assert_same, mover, with_head_and_hands
from helpers.netcdf import netcdf
from helpers.openpose import openpose_folder

from poseprint.app.datasets.build import build
from poseprint.app.datasets.exchange import Form, export, import_poses
from poseprint.core.errors import DatasetError, PoseFileError, PoseprintError
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.pose_file import write_pose_file

SIZE = (640, 360)


def mixed(folder: Path) -> Path:
    """A folder with a recording in each form but netCDF, and what is none."""
    folder.mkdir()
    openpose_folder(folder / "clip_a")
    openpose_folder(folder / "clip_b", 6)
    write_pose_file(mover(30), folder / "talk.pose")
    bvh(folder / "walk.bvh", [still(_0=x) for x in range(5)])
    for name in ("notes.txt", "._talk.pose"):
        (folder / name).write_text("none")
    (folder / "empty").mkdir()
    return folder


def test_a_folder_of_one_persons_recordings(tmp_path: Path) -> None:
    results = import_poses(mixed(tmp_path / "in"), tmp_path / "data", person="Ann", fps=25, frame_size=SIZE)
    assert [result.error for result in results] == [""] * 4
    lines = read_recordings(tmp_path / "data")
    assert [(r.recording, r.person, r.label) for r in lines] == [
        (name, "Ann", "real") for name in ("clip_a", "clip_b", "talk", "walk")
    ]
    series = [read_poses(tmp_path / "data" / line.file) for line in lines]
    assert [(len(s), s.fps) for s in series] == [(4, 25), (6, 25), (30, 30), (5, pytest.approx(50))]
    assert [s.estimator.name for s in series] == ["openpose", "openpose", "mediapipe-pose-full", "motion_capture"]
    again = import_poses(tmp_path / "in", tmp_path / "data", person="Ann", fps=25, frame_size=SIZE)
    assert [result.collected is not None and result.collected.new for result in again] == [False] * 4


def test_a_table_says_who_is_in_which(tmp_path: Path) -> None:
    table = tmp_path / "who.csv"
    table.write_text(
        "file,person,session,label,recording,frame_size\nclip_a,Ann,monday,,,\nclip_b,Bob,,fake,speech,1280x720\n"
    )
    with logged() as messages:
        results = import_poses(mixed(tmp_path / "in"), tmp_path / "data", table=table, fps=25, frame_size=SIZE)
    assert [result.error for result in results] == ["", ""]
    assert [m.rpartition("/")[2] for m in messages] == [
        "who.csv; left out",
        "who.csv; left out",
    ]
    assert [(r.recording, r.person, r.session, r.label) for r in read_recordings(tmp_path / "data")] == [
        ("clip_a", "Ann", "monday", "real"),
        ("speech", "Bob", "", "fake"),
    ]
    assert read_poses(tmp_path / "data" / "speech.parquet").frame_size == (1280, 720)


def test_each_individual_of_a_file_is_a_recording(tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    netcdf(tmp_path / "pair.nc")
    (tmp_path / "who.csv").write_text("file,person,individual,recording\npair.nc,Ann,a,pair_a\npair.nc,Bob,b,pair_b\n")
    results = import_poses(tmp_path / "pair.nc", tmp_path / "data", table=tmp_path / "who.csv", frame_size=SIZE)
    assert [result.error for result in results] == ["", ""]
    a, b = (read_poses(tmp_path / "data" / f"pair_{name}.parquet") for name in "ab")
    assert (a.person, b.person) == ("Ann", "Bob")
    np.testing.assert_array_equal(b.position, a.position + 2)
    one = import_poses(tmp_path / "pair.nc", tmp_path / "one", person="Ann", individual="a", frame_size=SIZE)
    assert one[0].collected
    (unnamed,) = import_poses(tmp_path / "pair.nc", tmp_path / "none", person="Ann", frame_size=SIZE)
    assert re.match(r".*pair\.nc: 2 individuals \(a, b\)", unnamed.error)


def test_what_cannot_be_read_is_reported_and_the_rest_taken_over(tmp_path: Path) -> None:
    folder = mixed(tmp_path / "in")
    (folder / "bad.pose").write_bytes(b"none")
    results = import_poses(folder, tmp_path / "data", person="Ann", fps=25, frame_size=SIZE)
    assert [bool(result.error) for result in results] == [True, False, False, False, False]
    assert results[0].error.startswith(f"{folder}/bad.pose: not a .pose file")
    assert len(read_recordings(tmp_path / "data")) == 4


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "in: who is in it? give one of `person` and `table`"),
        ({"person": "Ann", "table": Path("who.csv")}, "give one of `person` and `table`"),
        ({"table": Path("none.csv")}, "none.csv: no such file or folder"),
        ({"table": Path("film.csv")}, "film.csv: line 2: no poses; `poseprint dataset build` measures videos"),
        ({"table": Path("clip.csv")}, "clip.csv: line 2: OpenPose json does not tell the frame rate"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str | Path], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    mixed(tmp_path / "in")
    (tmp_path / "in" / "film.mp4").touch()
    for name in ("film.mp4", "clip_a"):
        (tmp_path / f"{name[:4]}.csv").write_text(f"file,person\n{name},Ann\n")
    with pytest.raises(PoseprintError, match=re.escape(problem)):
        import_poses(Path("in"), tmp_path / "data", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "data").exists()


def test_there_is_nothing_to_take_over(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    for source in (tmp_path, tmp_path / "a.mp4"):
        with pytest.raises(PoseFileError, match=r"neither a \.pose, \.nc or \.bvh file nor a folder of OpenPose json"):
            import_poses(source, tmp_path / "data", person="Ann")
    with pytest.raises(PoseFileError, match="no such file or folder"):
        import_poses(tmp_path / "none", tmp_path / "data", person="Ann")


def data_set(folder: Path) -> Path:
    folder.mkdir()
    lines = []
    for number, person in enumerate(("Ann", "Zoë")):
        series = with_head_and_hands(mover(40, seed=number, person="?", recording="?"))
        write_poses(replace(series, source_sha256=f"{number:064x}"), folder / f"{number}.parquet")
        lines.append(Recording(f"talk {number}", person, "real", "monday", f"{number}.parquet", "talks"))
    write_recordings(folder, lines)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pose", "movement"])
def test_a_data_set_goes_out_and_comes_back(tmp_path: Path, form: Form) -> None:
    if form == "movement":
        pytest.importorskip("h5netcdf")
    data = data_set(tmp_path / "data")
    written = export(data, tmp_path / "out", form)
    assert [done.file.stem for done in written] == ["talk 0", "talk 1"]
    results = build(tmp_path / "out" / "manifest.csv", tmp_path / "back")
    assert [result.error for result in results] == ["", ""]
    for was, now in zip(read_recordings(data), read_recordings(tmp_path / "back"), strict=True):
        assert replace(was, file="") == replace(now, file="")
        series = replace(read_poses(data / was.file), recording=was.recording, person=was.person)
        left_out = set(written[0].left_out)
        kept = {name: values for name, values in series.channels.items() if name not in left_out}
        assert_same(read_poses(tmp_path / "back" / now.file), replace(series, channels=kept))
        assert left_out < set(series.channels)
        assert "right_hand_wrist_x" in kept
    assert bool(left_out) == (form == "pose")
    export(data, tmp_path / "out", form)  # an earlier export is replaced


def test_an_export_replaces_nothing_of_others(tmp_path: Path) -> None:
    data, out = data_set(tmp_path / "data"), tmp_path / "out"
    out.mkdir()
    (out / "mine.pose").touch()
    with pytest.raises(PoseprintError, match=r"mine\.pose: is there, and is no earlier output of `export pose`"):
        export(data, out, "pose")
    with pytest.raises(PoseprintError, match="is read here"):
        export(data, data, "pose")
    with pytest.raises(DatasetError, match="form 'bvh': it is pose or movement"):
        export(data, out, "bvh")  # type: ignore[arg-type]
    write_recordings(data, [replace(r, recording=n) for r, n in zip(read_recordings(data), ("a", "A"), strict=True)])
    with pytest.raises(DatasetError, match="two recordings have names that are one to a file"):
        export(data, tmp_path / "new", "pose")


def test_the_manifest_of_an_export_tells_all_that_the_table_did(tmp_path: Path) -> None:
    export(data_set(tmp_path / "data"), tmp_path / "out", "pose")
    with (tmp_path / "out" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        "file": "talk 1.pose",
        "person": "Zoë",
        "label": "real",
        "session": "monday",
        "activity": "talks",
        "recording": "talk 1",
    }


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("form", ["pose", "movement"])
def test_openpose_folders_by_clip_go_out_and_come_back(shared: Path, tmp_path: Path, form: Form) -> None:
    if form == "movement":
        pytest.importorskip("h5netcdf")
    source = shared / "openpose_signer" / "json"
    results = import_poses(source, tmp_path / "data", person="signer", fps=25, frame_size=(854, 480))
    assert [result.error for result in results] == [""] * 4
    export(tmp_path / "data", tmp_path / "out", form)
    build(tmp_path / "out" / "manifest.csv", tmp_path / "back")
    lines = read_recordings(tmp_path / "data")
    assert [r.recording for r in lines] == ["du_wohn_wo", "gebaerden", "linguistik", "psychologie"]
    assert read_recordings(tmp_path / "back") == lines
    for line in lines:
        series = read_poses(tmp_path / "data" / line.file)
        kept = series.channels if form == "movement" else {}
        assert_same(read_poses(tmp_path / "back" / line.file), replace(series, channels=kept))
