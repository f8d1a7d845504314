"""Motion capture -> recordings in picture coordinates, with depth."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.bvh import LEFT_ARM, arm, bvh, hierarchy, still

from poseprint.core.errors import PoseFileError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, LEFT_WRIST, NOSE, RIGHT_SHOULDER, RIGHT_WRIST, UPPER_BODY
from poseprint.io.motion_capture import read_bvh
from poseprint.io.poses import read_any_poses
from poseprint.movements.tracks import axes_of

SCALE = 11  # mm a unit: the shoulders are 30 units apart, and count as 330 mm
FORWARD = still(**{f"_{LEFT_ARM + 2}": -90.0})


def of(series: PoseSeries, keypoint: int, frame: int = 0) -> list[float]:
    """x, y and depth."""
    depth = series.channels[f"depth_{UPPER_BODY.keypoints[keypoint]}"]
    return [*map(float, series.position[frame, keypoint]), float(depth[frame])]


def test_joints_are_where_a_camera_in_front_sees_them(tmp_path: Path) -> None:
    series = read_bvh(bvh(tmp_path / "walk.bvh", [still(), still(), FORWARD]))
    assert (series.fps, series.frame_size, series.recording) == (pytest.approx(50), (1280, 960), "walk")
    assert series.estimator == EstimatorInfo("motion_capture")
    assert series.log[0]["distance_mm"] == 2000
    zoom = 1050 / 2000 * SCALE
    assert of(series, NOSE) == pytest.approx([640, 480 - 30 * zoom, 0], abs=1e-3)
    assert of(series, LEFT_SHOULDER) == pytest.approx([640 + 15 * zoom, 480, 0], abs=1e-3)  # their left is our right
    assert of(series, RIGHT_WRIST) == pytest.approx([640 - 60 * zoom, 480, 0], abs=1e-3)
    near = 2000 - 45 * SCALE
    assert of(series, LEFT_WRIST, 2) == pytest.approx([640 + 15 * SCALE * 1050 / near, 480, -45 * zoom], abs=1e-3)
    assert [name for name, seen in zip(UPPER_BODY.keypoints, series.seen()[0], strict=True) if not seen] == [
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
    ]
    assert axes_of(series) == 3


@pytest.mark.parametrize("turned", [{}, {"_3": 90}, {"_3": -90}, {"_4": 90}, {"_4": -90}, {"_4": 180}, {"_5": 77}])
def test_neither_place_nor_direction_nor_unit_nor_the_axis_that_is_up_matters(
    tmp_path: Path, turned: dict[str, float]
) -> None:
    expected = read_bvh(bvh(tmp_path / "a.bvh", [still(), still(), FORWARD]))
    moved = {"_0": 500, "_1": -90, "_2": 31.5, **turned}
    frames = [still(**moved), still(**moved), still(**moved, **{f"_{LEFT_ARM + 2}": -90.0})]
    top = re.sub(
        r"OFFSET (\S+) (\S+) (\S+)",
        lambda m: "OFFSET " + " ".join(str(float(v) * 0.01) for v in m.groups()),
        hierarchy(),
    )
    for series in (read_bvh(bvh(tmp_path / "b.bvh", frames)), read_bvh(bvh(tmp_path / "c.bvh", frames, top=top))):
        np.testing.assert_allclose(series.position, expected.position, atol=2e-3)
        for name, depth in expected.channels.items():
            np.testing.assert_allclose(series.channels[name], depth, atol=2e-3)


def test_the_camera_stands_as_far_away_as_it_must_and_no_farther(tmp_path: Path) -> None:
    walk = read_bvh(bvh(tmp_path / "a.bvh", [still(_0=x) for x in (-300, 0, 300)]))
    assert walk.seen()[:, : RIGHT_SHOULDER + 1].all()
    assert walk.log[0]["distance_mm"] == pytest.approx(360 * SCALE * 1.05 * 1050 / 640)
    far = read_bvh(bvh(tmp_path / "a.bvh", [still(_0=x) for x in (-5000, 0, 0, 0, 5000)]))
    assert far.log[0]["distance_mm"] == 20_000
    assert far.present().tolist() == [False, True, True, True, False]


SETS = {
    "CMU, Mixamo, LAFAN1": ("{side}Arm", "{side}ForeArm", "{side}Hand"),
    "Mixamo with its prefix": ("mixamorig:{side}Arm", "mixamorig:{side}ForeArm", "mixamorig:{side}Hand"),
    "3ds Max": ("Bip01 {s} UpperArm", "Bip01 {s} Forearm", "Bip01 {s} Hand"),
    "Unreal": ("upperarm_{l}", "lowerarm_{l}", "hand_{l}"),
    "Blender": ("upper_arm.{s}", "forearm.{s}", "hand.{s}"),
    "Xsens": ("{side}Shoulder", "{side}Elbow", "{side}Wrist"),
    "SMPL": ("{s}_Shoulder", "{s}_Elbow", "{s}_Wrist"),
    "ASF": ("{l}humerus", "{l}radius", "{l}wrist"),
    "Daz": ("{l}Shldr", "{l}ForeArm", "{l}Hand"),
}


@pytest.mark.parametrize("names", SETS.values(), ids=SETS.keys())
def test_joints_by_the_names_of_usual_sets(tmp_path: Path, names: tuple[str, ...]) -> None:
    expected = read_bvh(bvh(tmp_path / "a.bvh", [FORWARD]))
    text = hierarchy()
    for side in ("Left", "Right"):
        for ours, theirs in zip(("Arm", "ForeArm", "Hand"), names, strict=True):
            named = theirs.format(side=side, s=side[0], l=side[0].lower())
            text = text.replace(f"JOINT {side}{ours}\n", f"JOINT {named}\n")
    np.testing.assert_array_equal(read_bvh(bvh(tmp_path / "b.bvh", [FORWARD], top=text)).position, expected.position)


def test_a_collar_bone_called_shoulder_is_no_shoulder(tmp_path: Path) -> None:
    text = hierarchy()
    for side, sign in (("Left", 1), ("Right", -1)):
        collar = f"JOINT {side}Shoulder\n{{\nOFFSET {5 * sign} 0 0\nCHANNELS 0\n"
        whole = arm(side)
        text = text.replace(whole, collar + whole.replace(f"OFFSET {15 * sign} ", f"OFFSET {10 * sign} ") + "}\n")
    np.testing.assert_array_equal(
        read_bvh(bvh(tmp_path / "b.bvh", [FORWARD], top=text)).position,
        read_bvh(bvh(tmp_path / "a.bvh", [FORWARD])).position,
    )


def test_a_joint_that_is_not_there_is_missing(tmp_path: Path) -> None:
    series = read_bvh(bvh(tmp_path / "a.bvh", [still()[:-3]], top=hierarchy(head=False)))
    assert not series.seen()[0, NOSE]
    assert "depth_nose" not in series.channels
    assert series.seen()[0, LEFT_WRIST]
    top = hierarchy().replace("LeftHand", "Thing")
    assert not read_bvh(bvh(tmp_path / "a.bvh", [still()], top=top)).seen()[0, LEFT_WRIST]


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        (hierarchy(arms=arm("Left") + arm("Right").replace("Right", "Other")), "no arms among its joints, such as LeftArm"),
        (hierarchy().replace("OFFSET 15 ", "OFFSET 0 ").replace("OFFSET -15 ", "OFFSET 0 "), "shoulders are never apart"),
    ],
)  # fmt: skip
def test_nothing_to_tell_the_size_by(tmp_path: Path, top: str, problem: str) -> None:
    with pytest.raises(PoseFileError, match=f"a.bvh: .*{problem}"):
        read_any_poses(bvh(tmp_path / "a.bvh", [still()], top=top))
