"""BVH: hierarchy, motion, and where joints are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers.bvh import HEAD, LEFT_ARM, bvh, hierarchy, still

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseFileError
from poseprint.io.bvh import Joint, read_bvh_places


def places(path: Path, *names: str) -> Array:
    """Positions of joints by name [shape=(frames, joints, 3)]; an end by its parent's name and a full stop."""

    def choose(joints: Sequence[Joint]) -> list[int]:
        known = {j.name or f"{joints[j.parent or 0].name}.": number for number, j in enumerate(joints)}
        return [known[name] for name in names]

    return read_bvh_places(path, choose).position


def test_offsets_add_up_at_rest(tmp_path: Path) -> None:
    path = bvh(tmp_path / "a.bvh", [still(_0=5, _1=90, _2=-3)])
    found = places(path, "Hips", "Chest", "LeftHand", "RightHand", "Head", "Head.")
    expected = [[5, 90, -3], [5, 130, -3], [65, 130, -3], [-55, 130, -3], [5, 150, -3], [5, 170, -3]]
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    assert read_bvh_places(path, lambda _: [0]).fps == pytest.approx(50)


@pytest.mark.parametrize(
    ("column", "axis", "hand"),
    [(0, "z", (15, 45, 0)), (1, "x", (60, 0, 0)), (2, "y", (15, 0, -45))],
)
def test_a_right_angle_turns_an_arm_by_the_right_hand_rule(
    tmp_path: Path, column: int, axis: str, hand: tuple[float, float, float]
) -> None:
    path = bvh(tmp_path / "a.bvh", [still(**{f"_{LEFT_ARM + column}": 90.0})])
    found = places(path, "Chest", "LeftHand")[0]
    np.testing.assert_allclose(found[1] - found[0], hand, atol=1e-12)


@pytest.mark.parametrize(
    ("order", "hand"),
    [
        # About z, then about the x that this turned: the arm along y stays there, whatever turns about its own x.
        ("Zrotation Xrotation Yrotation", (15, 45, 0)),
        # About x first: z is turned to -y, about which the arm along x turns to ... z.
        ("Xrotation Zrotation Yrotation", (15, 0, 45)),
    ],
)
def test_channels_count_in_the_order_they_are_listed(
    tmp_path: Path, order: str, hand: tuple[float, float, float]
) -> None:
    frame = still(**{f"_{LEFT_ARM}": 90.0, f"_{LEFT_ARM + 1}": 90.0})
    path = bvh(tmp_path / "a.bvh", [frame], top=hierarchy(channels=order))
    found = places(path, "Chest", "LeftHand")[0]
    np.testing.assert_allclose(found[1] - found[0], hand, atol=1e-12)


def test_a_joint_turns_all_that_hangs_from_it(tmp_path: Path) -> None:
    path = bvh(tmp_path / "a.bvh", [still(_4=180), still(_6=180), still(_3=90), still(**{f"_{HEAD}": 90.0})])
    found = places(path, "Hips", "Head.", "LeftHand")
    np.testing.assert_allclose(found[0], [[0, 0, 0], [0, -80, 0], [60, -40, 0]], atol=1e-9)  # the hips about x
    np.testing.assert_allclose(found[1], [[0, 0, 0], [0, 0, 0], [-60, 40, 0]], atol=1e-9)  # the chest about z
    np.testing.assert_allclose(found[2], [[0, 0, 0], [-80, 0, 0], [-40, 60, 0]], atol=1e-9)  # the hips about z
    np.testing.assert_allclose(found[3], [[0, 0, 0], [-20, 60, 0], [60, 40, 0]], atol=1e-9)


def test_position_channels_take_the_place_of_the_offset(tmp_path: Path) -> None:
    top = "HIERARCHY\nROOT r\n{\nOFFSET 7 8 9\nCHANNELS 1 Yposition\nJOINT a\n{\nOFFSET 1 2 3\nCHANNELS 1 Xposition\n}\n}\n"
    found = places(bvh(tmp_path / "a.bvh", [[5, 4]], top=top), "r", "a")
    np.testing.assert_array_equal(found[0], [[7, 5, 9], [11, 7, 12]])


def test_many_frames_and_any_layout_of_the_text(tmp_path: Path) -> None:
    turns = np.linspace(0, 360, 2500)
    path = bvh(tmp_path / "a.bvh", [still(**{f"_{LEFT_ARM}": turn}) for turn in turns])
    hand = places(path, "LeftHand")[:, 0]
    angle = np.radians(turns)
    np.testing.assert_allclose(
        hand, np.stack([15 + 45 * np.cos(angle), 40 + 45 * np.sin(angle), 0 * angle], 1), atol=1e-6
    )
    text = path.read_text().replace("{\nOFFSET", "{ OFFSET").replace("OFFSET 0 40 0", "OFFSET\t0\t40\t0 ")
    path.write_text("\ufeff" + text.replace("MOTION", "\n motion ").replace("\n", "\r\n"), newline="")
    np.testing.assert_array_equal(places(path, "LeftHand")[:, 0], hand)


ROOT = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 1 Xposition\n}\n"
ONE = "MOTION\nFrames: 1\nFrame Time: 0.02\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it ends in line 0, before MOTION"),
        ("MOTION\n", "MOTION begins before the hierarchy ends"),
        ("HIERARCHY\nROOT a\n{\n", "it ends in line 3, before MOTION"),
        ("HIERARCHY\nROOT a\n{\nMOTION\n", "line 4: MOTION begins before the hierarchy ends"),
        ("\x00\xff\xfe\x80", "has no place there"),
        ("HIERARCHY\nJOINT a\n", "line 2: 'JOINT a' has no place there"),
        ("HIERARCHY\nROOT a\nROOT b\n", "line 3: 'ROOT b' has no place there"),
        ("HIERARCHY\nROOT a\n{\n}\n", "line 4: '} ' has no place there"),
        ("HIERARCHY\n}\n", "has no place there"),
        (ROOT.replace("0 0 0", "0 0"), "line 4: an offset has three numbers"),
        (ROOT.replace("0 0 0", "0 0 x"), "could not convert string to float: 'x'"),
        (ROOT.replace("0 0 0", "0 0 nan"), "'nan' is no finite number"),
        (ROOT.replace("0 0 0", "0 0 1e999"), "'1e999' is no finite number"),
        (ROOT.replace("1 Xposition", "2 Xposition"), "line 5: CHANNELS '2 Xposition'; expected their number, and"),
        (ROOT.replace("1 Xposition", "1 Xscale"), "CHANNELS '1 Xscale'"),
        (ROOT.replace("1 Xposition", "2 Xposition Xposition"), "CHANNELS '2 Xposition Xposition'"),
        (ROOT.replace("1 Xposition", "99999999999999999999 Xposition"), "CHANNELS '99999999999999999999 Xposition'"),
        (ROOT + "MOTION\n", "'' frames; expected a number from 1 to 2097152"),
        (ROOT + "MOTION\nFrames: 99999999999\nFrame Time: 0.1\n", "'99999999999' frames; expected"),
        (ROOT + "MOTION\nFrames: -1\nFrame Time: 0.1\n", "'-1' frames; expected"),
        (ROOT + "MOTION\nFrames: 1\nFrame Time: 0\n1\n", "a frame time of 0 s; expected 0.001 to 1"),
        (ROOT + "MOTION\nFrames: 1\nFrame Time: fast\n1\n", "could not convert string to float: 'fast'"),
        (ROOT + "MOTION\nFrames: 2\nFrame Time: 0.02\n1\n", "before the last of the 2 frames that it states; it is cut short"),
        (ROOT + ONE + "1\n2\n", "line 11: more than the 1 frames that it states"),
        (ROOT + ONE + "1 2\n", "line 10: 2 numbers where a frame has 1"),
        (ROOT + ONE + "x\n", "could not convert string to float: 'x'"),
        (ROOT + ONE + "nan\n", "a number before line 11 is none, or infinite"),
        (ROOT + ONE + "1e300\n", "a joint lies at infinity"),
        (ROOT + ONE + "1" * 200_000, "line 10 is too long"),
        ("HIERARCHY\nROOT a\n" + "{\nJOINT a\n" * 2000, "line 2003: '{ ' has no place there"),
    ],
)  # fmt: skip
def test_what_is_no_bvh(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.bvh").write_text(text, encoding="latin-1")
    with pytest.raises(
        PoseFileError, match=re.escape(f"{tmp_path}/a.bvh: not a BVH file, or damaged: ") + ".*" + re.escape(problem)
    ):
        read_bvh_places(tmp_path / "a.bvh", lambda _: [0])


def test_a_huge_count_of_frames_takes_no_memory_before_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(ROOT + "MOTION\nFrames: 2000000\nFrame Time: 0.02\n1\n")
    with pytest.raises(PoseFileError, match="it is cut short"):
        read_bvh_places(tmp_path / "a.bvh", lambda _: [0])


def test_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match="no such file or folder"):
        read_bvh_places(tmp_path / "a.bvh", lambda _: [0])
    with pytest.raises(PoseFileError, match="is a folder; name the file"):
        read_bvh_places(tmp_path, lambda _: [0])
