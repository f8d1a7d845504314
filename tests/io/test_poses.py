"""Poses in any form: which it is, and what must be said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.files import csv_of
from helpers.movers import mover
from helpers.openpose import as_openpose, openpose, person

from poseprint.core.errors import PoseFileError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_ELBOW, RIGHT_WRIST
from poseprint.io.parquet import write_poses
from poseprint.io.poses import is_poses, read_any_poses
from poseprint.movements.cleaning import resample
from poseprint.movements.gates import inspect

SIZE = (640, 480)
ROW = ",".join(["1.5"] * 24)


def test_what_a_form_does_not_tell_must_be_given(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (tmp_path / "p.csv").write_text(ROW)
    size = "does not tell the size of the picture; give it with `frame_size`"
    with pytest.raises(PoseFileError, match=size):
        read_any_poses(folder, fps=25)
    with pytest.raises(PoseFileError, match=size):
        read_any_poses(tmp_path / "p.csv")
    with pytest.raises(PoseFileError, match="OpenPose json does not tell the frame rate; give it with `fps`"):
        read_any_poses(folder, frame_size=SIZE)
    with pytest.raises(PoseFileError, match="no such file or folder"):
        read_any_poses(tmp_path / "absent.parquet")
    assert read_any_poses(tmp_path / "p.csv", frame_size=SIZE).recording == "p"


def forms(folder: Path, series: PoseSeries) -> list[PoseSeries]:
    """A series of 150 frames, read in each form."""
    write_poses(replace(series, log=()), folder / "p.parquet")
    csv_of(series, folder / "p.csv")
    openpose(folder / "clip", {k: [as_openpose(pose)] for k, pose in enumerate(series.position)})
    paths = (folder / name for name in ("p.parquet", "p.csv", "clip"))
    return [read_any_poses(path, fps=30, frame_size=series.frame_size) for path in paths]


def findings(series: PoseSeries) -> dict[str, str]:
    return {f.code: f.message for f in inspect(series).findings}


def test_points_outside_the_picture_are_missing_in_every_form(tmp_path: Path) -> None:
    series = mover(150)
    position = series.position.copy()
    position[10:60, RIGHT_WRIST, 1] = 720 + 30
    position[60:90, RIGHT_WRIST, 0] = -30
    position[90:100, LEFT_ELBOW] = -1, 300
    for read in forms(tmp_path, replace(series, position=position)):
        gone = np.isnan(read.position[:, :, 0])
        assert gone.sum() == 90
        assert gone[10:90, RIGHT_WRIST].all()
        assert gone[90:100, LEFT_ELBOW].all()
        assert findings(read) == {"POINTS_OUTSIDE": "5% of the points lie outside the picture of 1280x720"}
        assert findings(read) == findings(resample(read, 25))


@pytest.mark.parametrize("told", [(640, 360), (720, 1280), (1280, 360), (700, 394)])
def test_poses_of_a_larger_picture_are_not_judged_as_if_they_were_of_this_one(
    tmp_path: Path, told: tuple[int, int]
) -> None:
    for read in forms(tmp_path, replace(mover(150), frame_size=told)):
        found = findings(read)["PICTURE_SIZE_DOUBTED"]
        assert f"of the points lie far outside the picture of {told[0]}x{told[1]}; all reach from 0,0 to 8" in found
        assert inspect(read).spans == ()


def test_a_bystander_outside_the_picture_is_no_matter(tmp_path: Path) -> None:
    main, aside = mover(30, shoulder=150).position, mover(30, shoulder=140, centre=(0, 0.9)).position
    folder = openpose(tmp_path / "clip", {k: [as_openpose(aside[k]), as_openpose(main[k])] for k in range(30)})
    series = read_any_poses(folder, fps=30, frame_size=(1280, 720))
    np.testing.assert_array_equal(series.position, main)
    assert [entry["step"] for entry in series.log] == ["read_openpose_json"]


@pytest.mark.parametrize(("lowest", "scale"), [(0, 1), (-1, 2)])
def test_shares_of_the_picture_are_no_pixels(tmp_path: Path, lowest: int, scale: int) -> None:
    series = mover(150)
    relative = replace(series, position=series.position / [1280, 720] * scale + lowest)
    with pytest.raises(PoseFileError, match=f"coordinates from {lowest} to 1, shares of the picture; multiply them by"):
        forms(tmp_path, relative)
    openpose(tmp_path / "clip", {k: [as_openpose(pose)] for k, pose in enumerate(relative.position)})
    for name in ("p.csv", "clip"):
        with pytest.raises(PoseFileError, match=f"coordinates from {lowest} to 1"):
            read_any_poses(
                csv_of(relative, tmp_path / name) if "." in name else tmp_path / name, fps=30, frame_size=SIZE
            )


def test_what_is_poses_and_what_a_video(tmp_path: Path) -> None:
    assert [is_poses(tmp_path / name) for name in ("a.parquet", "A.CSV", "a.mp4", "a")] == [True, True, False, False]
    assert is_poses(tmp_path)
