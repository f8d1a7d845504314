"""movement's netCDF: round trips, the library movement, and what others write."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.movers import assert_same, mover, with_head_and_hands
from helpers.netcdf import netcdf
from helpers.recordings import recordings
from hypothesis import given, settings

from poseprint.core.errors import MissingDependencyError, PoseFileError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, UPPER_BODY
from poseprint.io.movement_netcdf import read_movement, write_movement
from poseprint.io.poses import read_any_poses

h5py = pytest.importorskip("h5py")
pytest.importorskip("h5netcdf")

SIZE = (640, 480)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(series=recordings())
def test_all_that_a_recording_is_comes_back(tmp_path_factory: pytest.TempPathFactory, series: Any) -> None:
    path = tmp_path_factory.mktemp("movement") / "a.nc"
    assert write_movement(series, path) == ()
    assert_same(read_movement(path), series)


def test_a_recording_in_pixels_by_the_one_way_in(tmp_path: Path) -> None:
    series = with_head_and_hands(mover(60, person="Zoë", fps=29.97))
    write_movement(replace(series, log=({"step": "x" * 200_000},)), tmp_path / "a.nc")
    assert_same(read_any_poses(tmp_path / "a.nc"), replace(series, log=({"step": "x" * 200_000},)))


def test_keypoints_and_individuals_by_name(tmp_path: Path) -> None:
    series = read_movement(netcdf(tmp_path / "mouse.nc"), frame_size=SIZE, individual="b")
    at = series.position[3].tolist()
    first = 3 * 16  # of the fourth frame; a keypoint has four numbers, the second individual the last two
    assert at[NOSE] == [first + 2, first + 3]
    assert at[LEFT_SHOULDER] == [first + 6, first + 7]
    assert at[RIGHT_SHOULDER] == [first + 10, first + 11]
    assert at[NECK] == [first + 8, first + 9]
    assert series.confidence[3, [NOSE, NECK]].tolist() == [0.5, 0.5]
    assert np.isnan(series.position[:, UPPER_BODY.index("left_wrist")]).all()
    assert (series.fps, series.frame_size, series.recording, series.person) == (25, SIZE, "mouse", "")
    assert series.estimator == EstimatorInfo("SLEAP")
    assert series.log == ({"step": "read_movement", "file": "mouse.nc", "source_software": "SLEAP"},)


def test_which_individual_must_be_said(tmp_path: Path) -> None:
    path = netcdf(tmp_path / "a.nc")
    with pytest.raises(
        PoseFileError, match=r"a\.nc: 2 individuals \(a, b\); `poseprint dataset import` takes one, named with"
    ):
        read_any_poses(path, frame_size=SIZE)
    with pytest.raises(PoseFileError, match=r"no individual 'c'; it has a, b"):
        read_any_poses(path, frame_size=SIZE, individual="c")
    assert read_any_poses(path, frame_size=SIZE, individual="a").position[1, NOSE].tolist() == [16, 17]
    with pytest.raises(PoseFileError, match="this form does not name individuals"):
        read_any_poses(tmp_path, individual="a")


def test_what_a_file_does_not_tell_must_be_given(tmp_path: Path) -> None:
    def frames(file: Any) -> None:
        del file.attrs["fps"], file["confidence"]
        file["time"][:] = np.arange(5)
        file.attrs["time_unit"] = "frames"

    path = netcdf(tmp_path / "a.nc", frames)
    with pytest.raises(
        PoseFileError, match="movement does not tell the size of the picture; give it with `frame_size`"
    ):
        read_any_poses(path)
    with pytest.raises(PoseFileError, match="does not tell the frame rate; give it with `fps`"):
        read_any_poses(path, frame_size=SIZE, individual="a")
    series = read_any_poses(path, fps=50, frame_size=SIZE, individual="a")
    assert (series.fps, series.time.tolist()) == (50, [0, 0.02, 0.04, 0.06, 0.08])
    assert series.confidence[1, NOSE] == 1  # nobody says how sure it is


def replaced(name: str, values: Any, **options: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        file.create_dataset(name, data=values, **options)

    return change


def linked(link: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file["time"]
        file["time"] = link

    return change


def elsewhere(file: Any) -> None:
    del file["time"]
    file.create_dataset("time", (5,), "f8", external=[("/etc/hostname", 0, 40)])


def packed(file: Any) -> None:
    file["position"].attrs["scale_factor"] = 0.1


def huge(file: Any) -> None:
    del file["time"]
    file.create_dataset("time", (10**12,), "f4", chunks=(1024,))


def piece(file: Any) -> None:
    del file["time"]
    file.create_dataset("time", (10**9,), "f4", chunks=(10**9 - 1,))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: f.attrs.update(ds_type="bboxes"), "a data set of bboxes, not of poses"),
        (lambda f: f.attrs.update(poseprint="{"), "its note of poseprint cannot be read"),
        (lambda f: f.attrs.update(poseprint='{"note_version": 9}'), "its note is of version 9: update poseprint"),
        (lambda f: f.attrs.update(fps=-3.0), "fps must be from 1 to 1000, got -3"),
        (lambda f: f.attrs.update(fps=np.nan), "fps must be from 1 to 1000, got nan"),
        (lambda f: f.__delitem__("position"), "no variable position in it"),
        (replaced("keypoints", [1, 2, 3, 4]), "keypoints have no names"),
        (replaced("space", np.array(["x", "y", "z"], dtype=object)), "its space is x, y, z; poses in a picture have x and y"),
        (replaced("keypoints", np.array(["nose", "tail"], dtype=object)), "no left_shoulder and right_shoulder among its keypoints ("),
        (replaced("keypoints", np.array(["n" * 999] * 4, dtype=object)), "keypoints have names that are too long"),
        (replaced("time", np.zeros((0,))), "holds no frames"),
        (replaced("time", np.zeros((5, 2))), "holds no frames"),
        (replaced("time", [0, 0.04, 0.08, 0.2, 0.1]), "time must rise from frame to frame"),
        (replaced("time", [0, 1, 2, 3, 4]), "time does not rise by 1 / 25 s"),
        (replaced("time", np.arange(4) / 25), "position has the shape (5, 4, 2, 2), expected (4, 4, 2, 2)"),
        (replaced("position", np.zeros((5, 4, 2, 2))), "position has the dimensions , , , ; expected time, space"),
        (packed, "position is packed (scale_factor)"),
        (elsewhere, "time lies elsewhere, or is no variable"),
        (linked(h5py.ExternalLink("/etc/hostname", "x")), "time lies elsewhere, or is no variable"),
        (linked(h5py.SoftLink("/position")), "time lies elsewhere, or is no variable"),
        (huge, "1000000000000 frames are too many for one recording"),
        (piece, "time is stored in pieces that are too large"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_of_poses(tmp_path: Path, change: Callable[[Any], None], problem: str) -> None:
    path = netcdf(tmp_path / "a.nc", change)
    with pytest.raises(PoseFileError, match=re.escape(problem)):
        read_any_poses(path, frame_size=SIZE, individual="a")


def test_what_is_no_netcdf(tmp_path: Path) -> None:
    write_movement(mover(5), tmp_path / "a.nc")
    content = (tmp_path / "a.nc").read_bytes()
    for damaged in (b"", b"CDF\x01" + b"\0" * 99, content[: len(content) // 2], b"\0" * 2000 + content[2000:]):
        (tmp_path / "b.nc").write_bytes(damaged)
        with pytest.raises(
            PoseFileError, match=r"b\.nc: not a netCDF file \(HDF5\) of poses as movement writes it, or damaged"
        ):
            read_any_poses(tmp_path / "b.nc", frame_size=SIZE)


@pytest.mark.parametrize("name", ["h5py", "h5netcdf"])
def test_the_extra_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        MissingDependencyError, match=rf"netCDF needs {name}: install it with pip install 'poseprint\[formats\]'"
    ):
        write_movement(mover(2), tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_other_forms_need_no_extra() -> None:
    code = "import sys, poseprint.io.poses; assert not {'h5py', 'h5netcdf'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_xarray_reads_what_is_written(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    series = with_head_and_hands(mover(40, person="Ann"))
    write_movement(series, tmp_path / "a.nc")
    with xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as data:
        assert data.position.dims == ("time", "space", "keypoints", "individuals")
        for k, name in enumerate(UPPER_BODY.keypoints):
            one = data.sel(keypoints=name, individuals="Ann")
            np.testing.assert_array_equal(one.position.sel(space="x"), series.position[:, k, 0])
            np.testing.assert_array_equal(one.position.sel(space="y"), series.position[:, k, 1])
            np.testing.assert_array_equal(one.confidence, series.confidence[:, k])
        np.testing.assert_array_equal(data.time, series.time)
        assert (data.attrs["fps"], data.attrs["time_unit"], data.attrs["ds_type"]) == (30, "seconds", "poses")
        data.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
        assert_same(read_movement(tmp_path / "b.nc"), series)
        data.assign(position=data.position + 1).to_netcdf(tmp_path / "c.nc", engine="h5netcdf")
    moved = read_movement(tmp_path / "c.nc")
    assert (moved.person, moved.source_sha256, moved.log[-1]["changed"]) == ("Ann", "", True)


@pytest.mark.parametrize(
    "names", [("keypoints", "individuals"), ("keypoint", "individual")], ids=["to 0.16", "since 0.17"]
)
@pytest.mark.parametrize("sure", ["each keypoint", "each individual", "nobody knows"])
def test_xarray_writes_what_is_read(tmp_path: Path, names: tuple[str, str], sure: str) -> None:
    xarray = pytest.importorskip("xarray")
    series, (keypoint, individual) = mover(40), names
    dims = {"each keypoint": ("time", keypoint, individual), "each individual": ("time", individual)}.get(sure)
    variables: dict[str, Any] = {
        "position": (("time", "space", keypoint, individual), series.position.transpose(0, 2, 1)[..., None])
    }
    if dims:
        values = series.confidence[..., None] if len(dims) == 3 else series.confidence[:, :1]
        variables["confidence"] = (dims, values)
    coordinates = {"time": series.time, "space": ["x", "y"], keypoint: list(UPPER_BODY.keypoints), individual: ["one"]}
    attributes = {"ds_type": "poses", "fps": 30.0, "time_unit": "seconds", "source_software": "DeepLabCut"}
    xarray.Dataset(variables, coordinates, attributes).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    read = read_any_poses(tmp_path / "a.nc", frame_size=series.frame_size)
    np.testing.assert_array_equal(read.position, series.position)
    expected = {"each keypoint": series.confidence, "each individual": np.repeat(series.confidence[:, :1], 12, axis=1)}
    np.testing.assert_array_equal(read.confidence, expected.get(sure, ~np.isnan(series.position[:, :, 0])))
    np.testing.assert_array_equal(read.time, series.time)
    assert read.estimator.name == "DeepLabCut"


@pytest.mark.slow
def test_movement_reads_what_is_written_and_writes_what_is_read(tmp_path: Path) -> None:
    movement = pytest.importorskip("movement.validators.datasets")
    from movement.filtering import rolling_filter
    from movement.io import load_poses
    from xarray import open_dataset

    series = mover(40, person="Ann")
    write_movement(series, tmp_path / "a.nc")
    data = open_dataset(tmp_path / "a.nc")
    movement.ValidPosesInputs.validate(data)
    data["position"] = rolling_filter(data.position, window=3, statistic="median")
    data.to_netcdf(tmp_path / "b.nc")
    assert read_movement(tmp_path / "b.nc").log[-1]["changed"] is True
    its_own = load_poses.from_numpy(
        series.position.transpose(0, 2, 1)[..., None],
        confidence_array=series.confidence[..., None],
        individual_names=["one"],
        keypoint_names=list(UPPER_BODY.keypoints),
        fps=30,
        source_software="DeepLabCut",
    )
    its_own.to_netcdf(tmp_path / "c.nc")
    read = read_any_poses(tmp_path / "c.nc", frame_size=series.frame_size)
    np.testing.assert_array_equal(read.position, series.position)
    np.testing.assert_array_equal(read.confidence, series.confidence)
    np.testing.assert_allclose(read.time, series.time)
