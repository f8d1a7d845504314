"""Poses in any form: which it is, and what must be said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.openpose import openpose, person

from poseprint.core.errors import PoseFileError
from poseprint.io.poses import is_poses, read_any_poses

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


def test_what_is_poses_and_what_a_video(tmp_path: Path) -> None:
    assert [is_poses(tmp_path / name) for name in ("a.parquet", "A.CSV", "a.mp4", "a")] == [True, True, False, False]
    assert is_poses(tmp_path)
