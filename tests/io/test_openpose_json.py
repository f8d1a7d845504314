"""Folders of OpenPose json."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import assert_same, mover
from helpers.openpose import as_openpose, openpose, person, standing

from poseprint.core.errors import PoseFileError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, RIGHT_SHOULDER
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.poses import read_any_poses
from poseprint.movements.cleaning import resample
from poseprint.movements.gates import inspect

SIZE = (640, 480)


@pytest.mark.parametrize(
    ("keypoints", "model", "order"),
    [
        (25, "BODY_25", [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]),
        (18, "COCO-18", [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]),
    ],
)
def test_openpose_order_of_keypoints(tmp_path: Path, keypoints: int, model: str, order: list[int]) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(keypoints, 100)], 1: [person(keypoints, 101)]})
    series = read_openpose_json(folder, fps=25, frame_size=SIZE)
    for frame, start in enumerate((100, 101)):
        np.testing.assert_array_equal(series.position[frame], [[start + k, start + k + 0.5] for k in order])
    assert (series.confidence == np.float32(0.9)).all()
    assert series.time.tolist() == [0, 0.04]
    assert series.estimator == EstimatorInfo("openpose", model)
    assert (series.fps, series.frame_size, series.recording) == (25, SIZE, "clip")
    assert_same(series, read_any_poses(folder, fps=25, frame_size=SIZE))


def test_openpose_keypoints_that_were_not_detected(tmp_path: Path) -> None:
    keypoints = person(25, 100)
    keypoints[3:6] = [0, 0, 0]
    series = read_openpose_json(openpose(tmp_path / "clip", {0: [keypoints]}), fps=25, frame_size=SIZE)
    assert np.isnan(series.position[0, NECK]).all()
    assert series.confidence[0, NECK] == 0
    assert np.isfinite(np.delete(series.position[0], NECK, axis=0)).all()


def test_openpose_follows_one_person_and_nobody_else(tmp_path: Path) -> None:
    folder = openpose(
        tmp_path / "clip",
        {
            0: [standing((100, 50), 50)],  # somebody smaller is there first
            1: [standing((400, 50), 100), standing((100, 50), 50)],
            2: [standing((101, 50), 50), standing((410, 50), 90)],  # in another order
            3: [standing((102, 50), 50), standing((300, 50), 20)],  # the larger one is missed
            4: [standing((102, 50), 50), standing((412, 50), 95), person(25, confidence=0)],
        },
    )
    series = read_openpose_json(folder, fps=25, frame_size=SIZE)
    np.testing.assert_array_equal(series.position[:, NECK, 0], [np.nan, 400, 410, np.nan, 412])
    assert series.channels["people"].tolist() == [1, 2, 2, 1, 2]


@pytest.mark.parametrize("keypoints", [25, 18])
def test_openpose_bystander_is_never_measured(tmp_path: Path, keypoints: int) -> None:
    main, other = (
        mover(40, size=SIZE, shoulder=120).position,
        mover(40, size=SIZE, shoulder=50, centre=(0.2, 0.5)).position,
    )
    missed = [k in (0, 20, 21) for k in range(40)]
    everybody = [
        [as_openpose(q[k], keypoints=keypoints) for q in (other, main)[: 2 - gone]] for k, gone in enumerate(missed)
    ]
    series = read_openpose_json(openpose(tmp_path / "clip", dict(enumerate(everybody))), fps=30, frame_size=SIZE)
    np.testing.assert_array_equal(series.present(), ~np.array(missed))
    np.testing.assert_array_equal(series.position[series.present()], main[series.present()])


def test_openpose_numbers_that_are_absent_are_frames_with_nobody(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {7: [person(25)], 9: [], 10: [person(25, 1)]})
    for name in ("notes.json", "._clip_000000000007_keypoints.json", ".DS_Store", "Thumbs.db"):
        (folder / name).write_text("not looked at")
    series = read_openpose_json(folder, fps=10, frame_size=SIZE)
    assert series.present().tolist() == [True, False, False, True]
    assert series.channels["people"].tolist() == [1, 0, 0, 1]
    assert series.time.tolist() == [0, 0.1, 0.2, 0.3]


def test_openpose_numbers_that_rise_by_a_step_are_fewer_poses_a_second(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {k: [standing((300, 200), 120)] for k in (0, 3, 6, 12)})
    series = read_openpose_json(folder, fps=30, frame_size=SIZE)
    assert (series.fps, series.present().tolist()) == (10, [True, True, True, False, True])
    assert series.time.tolist() == [0, 0.1, 0.2, 0.3, 0.4]
    (found,) = (f for f in inspect(series).findings if f.code == "LOW_FRAME_RATE")
    assert found.message == "10.0 pictures per second: the numbers of the json files rise by 3"
    assert found in inspect(resample(series, 30)).findings
    with pytest.raises(PoseFileError, match=r"clip: numbers rise by 3: 0\.67 poses a second, where `fps` is 2; need 1"):
        read_openpose_json(folder, fps=2, frame_size=SIZE)


@pytest.mark.parametrize(("x", "y"), [(-1, -1), (0, 0), (-3, -20)])
def test_openpose_points_that_cannot_be_are_not_detected(tmp_path: Path, x: float, y: float) -> None:
    frames = {k: [standing((300, 200), 120)] for k in range(3)}
    for at in (NOSE, NECK):
        frames[1][0][3 * at : 3 * at + 3] = [x, y, 0.9]
    series = read_openpose_json(openpose(tmp_path / "clip", frames), fps=30, frame_size=SIZE)
    assert np.isnan(series.position[1, [NOSE, NECK]]).all()
    np.testing.assert_array_equal(series.position[1, 2:8], series.position[0, 2:8])


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (["a.mp4", "b.MOV", "._a.mp4"], "; it holds 2 videos: name them"),
        (["a.mkv", "notes.txt"], "; it holds a video: name it"),
        (["a.parquet"], "; it holds a pose file: name it"),
        (["a.pose", "b.bvh"], "; it holds 2 pose files: name them"),
        (["a/", "b/", ".parts/"], "; it holds 2 folders: name them"),
        (["notes.txt"], ""),
        ([], ""),
    ],
)
def test_a_folder_without_json_says_what_it_holds(tmp_path: Path, held: list[str], told: str) -> None:
    for name in held:
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    with pytest.raises(PoseFileError) as caught:  # before it is asked for size and rate
        read_any_poses(tmp_path)
    expected = f"{tmp_path}: no OpenPose json files (NAME_000000000000_keypoints.json) in it"
    assert str(caught.value) == expected + told


def test_openpose_frames_with_nobody_at_all(tmp_path: Path) -> None:
    series = read_openpose_json(openpose(tmp_path / "clip", {0: [], 1: []}), fps=10, frame_size=SIZE)
    assert series.present().tolist() == [False, False]


def test_openpose_numbers_decide_the_order(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in (9, 10, 11):
        content = {"people": [{"pose_keypoints_2d": person(18, number)}]}
        (folder / f"{number}.json").write_text(json.dumps(content))
    series = read_openpose_json(folder, fps=10, frame_size=SIZE)
    assert series.position[:, NOSE, 0].tolist() == [9, 10, 11]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "not a json file of OpenPose: it is empty; copy it again, or leave it out"),
        ("{", r"not a json file of OpenPose \(JSONDecodeError"),
        ("[" * 100_000, "not a json file of OpenPose"),
        ("[]", r"not a json file of OpenPose \(TypeError"),
        ("{}", r"not a json file of OpenPose \(KeyError"),
        ('{"people": [{}]}', r"not a json file of OpenPose \(KeyError"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "not a json file of OpenPose"),
        ('{"people": [{"pose_keypoints_2d": ["a", "b", "c"]}]}', "not a json file of OpenPose"),
        (json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 51}]}), "17 keypoints a person; BODY_25 has 25 and COCO"),
        (json.dumps({"people": [{"pose_keypoints_2d": [float("nan")] * 75}]}), "holds NaN or infinity"),
        (json.dumps({"people": [{"pose_keypoints_2d": [float("inf")] * 54}]}), "holds NaN or infinity"),
        (json.dumps({"people": [{"pose_keypoints_2d": [1e39] * 54}]}), "holds NaN or infinity"),
    ],
)
def test_openpose_file_that_does_not_fit(tmp_path: Path, content: str, problem: str) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (folder / "clip_000000000001_keypoints.json").write_text(content)
    with pytest.raises(PoseFileError, match=f"clip_000000000001_keypoints.json: {problem}"):
        read_openpose_json(folder, fps=25, frame_size=SIZE)


def test_openpose_folders_that_do_not_fit(tmp_path: Path) -> None:
    def problem(name: str, frames: dict[int, list[list[float]]]) -> str:
        with pytest.raises(PoseFileError) as caught:
            read_openpose_json(openpose(tmp_path / name, frames), fps=25, frame_size=SIZE)
        return str(caught.value)

    assert "no OpenPose json files (NAME_000000000000_keypoints.json) in it" in problem("none", {})
    assert "frames of different models: BODY_25, COCO-18" in problem("mix", {0: [person(25)], 1: [person(18)]})
    assert "2 json files numbered up to 99999" in problem("far", {0: [person(25)], 99999: [person(25)]})


def test_openpose_folder_of_two_videos(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)]})
    (folder / "other_000000000000_keypoints.json").write_text('{"people": []}')
    with pytest.raises(PoseFileError, match=r"frame 0 twice, .*; one folder holds the frames of one video"):
        read_openpose_json(folder, fps=25, frame_size=SIZE)


@pytest.mark.parametrize("fps", [0, -25, float("nan")])
def test_openpose_with_an_impossible_rate(tmp_path: Path, fps: float) -> None:
    folder = openpose(tmp_path / "clip", {0: [person(25)], 1: [person(25)]})
    with pytest.raises(PoseFileError, match="fps must be from 1 to 1000"):
        read_openpose_json(folder, fps=fps, frame_size=SIZE)


@pytest.mark.shared_data
def test_openpose_json_equals_openposes_own_csv(shared: Path) -> None:
    folder = shared / "openpose_signer"
    series = read_openpose_json(folder / "json" / "du_wohn_wo", fps=25, frame_size=(854, 480))
    with (folder / "du_wohn_wo_body25.csv").open(newline="") as file:
        rows = np.array([[float(v) for v in row] for row in list(csv.reader(file))[1:]], dtype=np.float32)
    expected = rows.reshape(-1, 25, 3)[:, [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]]
    assert expected.shape == (len(series), 12, 3) == (175, 12, 3)
    seen = expected[:, :, 2] > 0
    np.testing.assert_array_equal(series.confidence, expected[:, :, 2])
    np.testing.assert_array_equal(series.position[seen], expected[:, :, :2][seen])
    assert np.isnan(series.position[~seen]).all()


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("clip", "frames"), [("du_wohn_wo", 175), ("gebaerden", 149), ("linguistik", 176), ("psychologie", 157)]
)
def test_openpose_clips_are_read(shared: Path, clip: str, frames: int) -> None:
    series = read_openpose_json(shared / "openpose_signer" / "json" / clip, fps=25, frame_size=(854, 480))
    assert (len(series), series.estimator.version) == (frames, "BODY_25")
    assert series.present().all()
    assert series.seen()[:, [NOSE, NECK, RIGHT_SHOULDER, LEFT_SHOULDER]].all()
