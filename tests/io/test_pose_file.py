"""`.pose` files: round trips, the library pose-format, and what others write."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.movers import assert_same, mover, with_head_and_hands
from helpers.recordings import recordings
from hypothesis import given, settings

from poseprint.core.arrays import Array
from poseprint.core.channels import HAND_JOINTS, HANDS
from poseprint.core.errors import PoseFileError, PoseprintError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER, UPPER_BODY
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.pose_binary import Component, PoseBinary, read_pose_binary, write_pose_binary
from poseprint.io.pose_file import BODY, read_pose_file, write_pose_file
from poseprint.io.poses import read_any_poses

BODY_25 = (
    *("Nose", "Neck", "RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist", "MidHip", "RHip", "RKnee", "RAnkle"),
    *("LHip", "LKnee", "LAnkle", "REye", "LEye", "REar", "LEar", "LBigToe", "LSmallToe", "LHeel", "RBigToe", "RSmallToe", "RHeel"),
)  # fmt: skip
HOLISTIC = (
    *("NOSE", "LEFT_EYE_INNER", "LEFT_EYE", "LEFT_EYE_OUTER", "RIGHT_EYE_INNER", "RIGHT_EYE", "RIGHT_EYE_OUTER", "LEFT_EAR"),
    *("RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW", "RIGHT_ELBOW", "LEFT_WRIST"),
    *("RIGHT_WRIST", "LEFT_PINKY", "RIGHT_PINKY", "LEFT_INDEX", "RIGHT_INDEX", "LEFT_THUMB", "RIGHT_THUMB", "LEFT_HIP"),
    *("RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE", "RIGHT_ANKLE", "LEFT_HEEL", "RIGHT_HEEL", "LEFT_FOOT_INDEX"),
    "RIGHT_FOOT_INDEX",
)  # fmt: skip
SIZE = (640, 480)


def written(
    path: Path,
    components: tuple[Component, ...],
    places: Array,
    confidences: Array | None = None,
    *,
    rate: float = 25,
    size: tuple[int, int] = SIZE,
) -> Path:
    """A file of coordinates [shape=(frames, people, points, 2 or 3)], all seen unless told otherwise."""
    confidences = np.full(places.shape[:3], 0.75) if confidences is None else confidences
    write_pose_binary(PoseBinary(size, rate, components, places, confidences), path)
    return path


def numbered(frames: int, people: int, points: int, dims: int = 2) -> Array:
    """Each point at its own place."""
    return np.arange(frames * people * points * dims, dtype=np.float32).reshape(frames, people, points, dims) / 4 + 1


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(series=recordings())
def test_what_both_can_hold_comes_back(tmp_path_factory: pytest.TempPathFactory, series: Any) -> None:
    path = tmp_path_factory.mktemp("pose") / "a.pose"
    left_out = write_pose_file(series, path)
    assert set(left_out) == {"cut", "change", "head_yaw"} & set(series.channels)
    kept = {name: values for name, values in series.channels.items() if name not in left_out}
    assert_same(read_pose_file(path), replace(series, channels=kept))


def test_a_recording_of_its_own(tmp_path: Path) -> None:
    series = mover(60, person="Zoë", fps=29.97)
    assert write_pose_file(series, tmp_path / "a.pose") == tuple(series.channels)
    assert_same(read_any_poses(tmp_path / "a.pose"), replace(series, channels={}))


def test_a_place_that_was_not_seen_is_no_place(tmp_path: Path) -> None:
    series = mover(3)
    confidence = series.confidence.copy()
    confidence[1, NOSE] = 0
    write_pose_file(replace(series, confidence=confidence), tmp_path / "a.pose")
    assert np.isnan(read_pose_file(tmp_path / "a.pose").position[1, NOSE]).all()


def test_who_works_on_the_poses_does_not_pass_for_the_film(tmp_path: Path) -> None:
    series = replace(mover(5, person="Ann"), source_sha256="ab" * 32, log=({"step": "extract"},))
    write_pose_file(series, tmp_path / "a.pose")
    assert read_pose_file(tmp_path / "a.pose").film == "ab" * 32
    content = read_pose_binary(tmp_path / "a.pose")
    write_pose_binary(replace(content, places=content.places + 1), tmp_path / "b.pose")
    moved = read_pose_file(tmp_path / "b.pose")
    assert (moved.person, moved.film, moved.source_sha256) == ("Ann", "", "")
    assert moved.log[0]["changed"] is True


def test_a_log_that_is_too_long_and_a_picture_that_is_too_large(tmp_path: Path) -> None:
    series = replace(mover(2), log=({"step": "x" * 70_000},))
    assert write_pose_file(series, tmp_path / "a.pose")[-1] == "log"
    assert read_pose_file(tmp_path / "a.pose").log == ()
    with pytest.raises(PoseprintError, match=r"the picture of mover_0 is larger than a \.pose file can tell"):
        write_pose_file(replace(series, frame_size=(70_000, 100)), tmp_path / "a.pose")


@pytest.mark.parametrize(("points", "model"), [(BODY_25, "BODY_25"), ((*BODY_25[:8], *BODY_25[9:19]), "COCO-18")])
def test_openposes_body(tmp_path: Path, points: tuple[str, ...], model: str) -> None:
    places = numbered(2, 1, len(points))
    series = read_pose_file(written(tmp_path / "clip.pose", (Component(BODY, points),), places))
    order = [
        *range(8),
        *range(len(points) - 10 if model == "BODY_25" else 14, len(points) - 6 if model == "BODY_25" else 18),
    ]
    np.testing.assert_array_equal(series.position, places[:, 0, order])
    assert (series.confidence == 0.75).all()
    assert (series.fps, series.frame_size, series.recording, series.time.tolist()) == (25, SIZE, "clip", [0, 0.04])
    assert series.estimator == EstimatorInfo("openpose", model)
    assert series.log == ({"step": "read_pose_file", "file": "clip.pose", "version": 0.2, "component": BODY},)
    assert not series.channels


def test_mediapipes_body_has_a_neck_between_the_shoulders(tmp_path: Path) -> None:
    places, confidences = numbered(2, 1, 33, 3), np.full((2, 1, 33), 0.5)
    confidences[0, 0, 11] = 0.25
    confidences[1, 0, 11] = 0
    series = read_pose_file(written(tmp_path / "a.pose", (Component("POSE_LANDMARKS", HOLISTIC),), places, confidences))
    np.testing.assert_array_equal(series.position[:, NOSE], places[:, 0, 0, :2])
    np.testing.assert_array_equal(series.position[0, NECK], places[0, 0, [11, 12], :2].mean(axis=0))
    assert series.confidence[0, [LEFT_SHOULDER, RIGHT_SHOULDER, NECK]].tolist() == [0.25, 0.5, 0.25]
    assert np.isnan(series.position[1, [LEFT_SHOULDER, NECK]]).all()
    assert (series.estimator.name, dict(series.channels)) == ("mediapipe-holistic", {})  # its depth is a guess


def test_hands_come_along_where_they_have_one_confidence(tmp_path: Path) -> None:
    components = (
        Component("POSE_LANDMARKS", HOLISTIC),
        Component("LEFT_HAND_LANDMARKS", HAND_JOINTS),
        Component("hand_right_keypoints_2d", HAND_JOINTS),
    )
    places, confidences = numbered(2, 1, 33 + 42), np.ones((2, 1, 33 + 42))
    confidences[0, 0, 33:54] = 0
    confidences[0, 0, 54] = 0.5
    series = read_pose_file(written(tmp_path / "a.pose", components, places, confidences))
    assert set(series.channels) == set(HANDS["left"])
    assert series.channels["left_hand_wrist_x"].tolist() == pytest.approx([np.nan, places[1, 0, 33, 0]], nan_ok=True)
    assert series.channels["left_hand_little_tip_y"][1] == places[1, 0, 53, 1]
    assert series.channels["left_hand_confidence"].tolist() == pytest.approx([np.nan, 1], nan_ok=True)


def test_the_largest_of_several_people_is_followed(tmp_path: Path) -> None:
    main, other = mover(20, size=SIZE, shoulder=120), mover(20, size=SIZE, shoulder=50, centre=(0.2, 0.5))
    places = np.stack([other.position, main.position], axis=1)
    places[10:] = places[10:, ::-1]  # in another order
    confidences = np.ones(places.shape[:3])
    confidences[5, 1] = 0
    points = tuple(BODY_25[k] for k in (*range(8), *range(15, 19)))
    series = read_pose_file(written(tmp_path / "a.pose", (Component(BODY, points),), places, confidences))
    assert series.present().tolist() == [k != 5 for k in range(20)]
    np.testing.assert_array_equal(series.position[6:], main.position[6:])
    assert series.channels["people"].tolist() == [k != 5 for k in range(20)]  # the other is less than half as large


def test_version_0_1_counts_its_frames_by_its_length(tmp_path: Path) -> None:
    places = numbered(70_000, 1, 12)
    path = written(
        tmp_path / "a.pose", (Component(BODY, tuple(BODY_25[k] for k in (*range(8), *range(15, 19)))),), places
    )
    content = path.read_bytes()
    head = content.index(struct.pack("<fIH", 25, 70_000, 1))
    old = struct.pack("<f", 0.1) + content[4:head] + struct.pack("<3H", 25, 70_000 % 65536, 1) + content[head + 10 :]
    path.write_bytes(old)
    series = read_pose_file(path)
    assert (len(series), series.fps, series.log[0]["version"]) == (70_000, 25, 0.1)
    np.testing.assert_array_equal(series.position, places[:, 0])


def test_what_a_file_does_not_tell_must_be_given(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pose", (Component(BODY, BODY_25),), numbered(2, 1, 25), rate=0, size=(0, 0))
    with pytest.raises(PoseFileError, match=r"a\.pose: does not tell the frame rate; give it with `fps`"):
        read_any_poses(path)
    with pytest.raises(
        PoseFileError, match=r"a\.pose: does not tell the size of the picture; give it with `frame_size`"
    ):
        read_any_poses(path, fps=25)
    assert read_any_poses(path, fps=25, frame_size=SIZE).fps == 25


def header(*components: bytes, version: float = 0.2, count: int | None = None) -> bytes:
    return struct.pack("<f4H", version, 64, 48, 0, len(components) if count is None else count) + b"".join(components)


def component(name: str = BODY, form: str = "XYC", points: tuple[str, ...] = BODY_25) -> bytes:
    texts = [struct.pack("<H", len(text)) + text.encode() for text in (name, form, *points)]
    return b"".join([*texts[:2], struct.pack("<3H", len(points), 0, 0), *texts[2:]])


BODIES = struct.pack("<fIH", 25, 1, 1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a .pose file, or cut short"),
        (b"\0" * 40, "not a .pose file of version 0.1 or 0.2"),
        (header(version=float("nan")), "not a .pose file of version 0.1 or 0.2"),
        (header(version=0.3), "not a .pose file of version 0.1 or 0.2"),
        (header(count=60_000), "60000 components; a .pose file has a few"),
        (header(count=1), "not a .pose file, or cut short"),
        (header(component())[:60], "cut short (it ends in the header)"),
        (header(component(form="XYQ")) + BODIES, "its points are not all XYC or XYZC"),
        (header(component(), component("b", "XYZC")) + BODIES, "its points are not all XYC or XYZC"),
        (header(component(points=("p",) * 20_000)) + BODIES, "20000 points a person are too many"),
        (header(component()) + struct.pack("<fIH", 25, 0, 1), "holds no poses"),
        (header(component(), version=0.1) + struct.pack("<3H", 25, 1, 0), "holds no poses"),
        (header(component()) + struct.pack("<fIH", 25, 2**32 - 1, 1), "4294967295 frames of 1 people are too many"),
        (header(component()) + struct.pack("<fIH", 25, 1, 1) + b"\0" * 100, "is cut short, 200 bytes are missing"),
        (header(component("FACE")) + BODIES + b"\0" * 300, "no body that is known here (pose_keypoints_2d, BODY_135, POSE_LANDM"),
        (header(component()) + struct.pack("<fIH", -1, 1, 1) + b"\0" * 300, "tells -1 frames per second; expected 1 to 1000"),
        (header(component()) + struct.pack("<fIH", np.nan, 1, 1) + b"\0" * 300, "tells nan frames per second"),
        (header(component()) + BODIES + struct.pack("<75f", *[np.inf] * 75), "holds infinity"),
        (header(component()) + BODIES + struct.pack("<75f", *[1e20] * 75), "a position is farther than 1e+07 pixels"),
        (header(component(), component("poseprint", points=("{}",))) + BODIES + b"\0" * 312, "note of poseprint cannot be read"),
        (b"\xff" * 400, "not a .pose file"),
    ],
)  # fmt: skip
def test_what_is_no_pose_file(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "a.pose").write_bytes(content)
    with pytest.raises(PoseFileError, match=re.escape(str(tmp_path)) + r"/a\.pose|recording a: .*") as caught:
        read_any_poses(tmp_path / "a.pose")
    assert problem in str(caught.value)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    write_pose_file(mover(2), tmp_path / "a.pose")
    content = (tmp_path / "a.pose").read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / "b.pose").write_bytes(content[:length])
        with pytest.raises(PoseFileError):
            read_pose_file(tmp_path / "b.pose")


def test_the_library_reads_what_is_written(tmp_path: Path) -> None:
    library = pytest.importorskip("pose_format")
    series = with_head_and_hands(mover(30, person="Ann"))
    write_pose_file(series, tmp_path / "a.pose")
    pose = library.Pose.read((tmp_path / "a.pose").read_bytes())
    assert [c.name for c in pose.header.components] == [
        BODY,
        *(f"hand_{side}_keypoints_2d" for side in HANDS),
        "poseprint",
    ]
    assert (pose.body.fps, pose.header.dimensions.width, pose.header.dimensions.height) == (30, *series.frame_size)
    for k, name in enumerate(BODY_25[:8]):
        place = pose.header.get_point_index(BODY, name)
        np.testing.assert_array_equal(pose.body.data[:, 0, place].filled(np.nan), series.position[:, k])
        np.testing.assert_array_equal(pose.body.confidence[:, 0, place], series.confidence[:, k])
    assert pose.body.data[:, 0, -1].mask.all()
    pose.bbox()
    buffer = io.BytesIO()
    pose.write(buffer)
    (tmp_path / "b.pose").write_bytes(buffer.getvalue())
    assert_same(read_pose_file(tmp_path / "b.pose"), read_pose_file(tmp_path / "a.pose"))


@pytest.mark.shared_data
def test_the_library_writes_what_is_read(shared: Path, tmp_path: Path) -> None:
    openpose = pytest.importorskip("pose_format.utils.openpose")
    folder = shared / "openpose_signer" / "json" / "du_wohn_wo"
    pose = openpose.load_openpose_directory(str(folder), fps=25, width=854, height=480)
    with (tmp_path / "du_wohn_wo.pose").open("wb") as file:
        pose.write(file)
    series = read_pose_file(tmp_path / "du_wohn_wo.pose")
    expected = read_openpose_json(folder, fps=25, frame_size=(854, 480))
    np.testing.assert_array_equal(series.position, expected.position)
    np.testing.assert_array_equal(series.confidence, expected.confidence)
    assert (series.fps, series.frame_size, series.estimator) == (25, (854, 480), expected.estimator)
    assert series.skeleton == UPPER_BODY
