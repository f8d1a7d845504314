"""MediaPipe as an estimator, on drawn figures whose joints are known."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import mover
from helpers.videos import write_video

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, LEFT_WRIST, NECK, NOSE, RIGHT_SHOULDER, RIGHT_WRIST, UPPER_BODY
from poseprint.estimation.estimator import Estimator, Pose
from poseprint.estimation.estimator import tracked as track
from poseprint.estimation.extraction import extract
from poseprint.estimation.model_files import FILES
from poseprint.estimation.registry import load_estimator
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.video import frames, probe
from poseprint.movements.cleaning import resample
from poseprint.rendering.avatar import draw_frames


@pytest.fixture(scope="module")
def estimator(models: None) -> Iterator[Estimator]:
    loaded = load_estimator("mediapipe")
    yield loaded
    loaded.close()


def speaker(count: int = 45, size: tuple[int, int] = (640, 360), seed: int = 0) -> PoseSeries:
    return mover(count, size=size, shoulder=0.27 * min(size), tempo=0.4, seed=seed)


def tracked(estimator: Estimator, pictures: Iterable[Array]) -> list[Pose]:
    return track(estimator, ((k / 30, picture) for k, picture in enumerate(pictures)))


def assert_found(poses: list[Pose], series: PoseSeries) -> None:
    """Joints are where they were drawn, within 0.15 shoulder widths in the median."""
    found = np.stack([pose.position for pose in poses]) * series.frame_size
    assert np.isfinite(found[:, NOSE, 0]).mean() > 0.95
    error = np.nanmedian(np.linalg.norm(found - series.position[: len(found)], axis=2), axis=0)
    error /= series.shoulder_width()
    assert (error < 0.15).all(), dict(zip(UPPER_BODY.keypoints, error.round(3), strict=True))


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("size", [(426, 240), (500, 500), (350, 638)])
def test_widths_that_are_no_multiple_of_16(tmp_path: Path, estimator: Estimator, size: tuple[int, int]) -> None:
    series = speaker(size=size)
    drawn = list(draw_frames(series))
    shown = [frame.picture for frame in frames(probe(write_video(tmp_path / "v.mp4", lambda k: drawn[k], len(drawn))))]
    assert len(shown) == len(drawn)
    # Decoders pad rows; MediaPipe takes a picture with padded rows for noise.
    assert all(picture.flags["C_CONTIGUOUS"] for picture in shown)
    assert_found(tracked(estimator, shown), series)


@pytest.mark.slow
@pytest.mark.models
def test_pictures_with_padded_rows_are_read_as_they_are(estimator: Estimator) -> None:
    series = speaker(10, (426, 240))
    drawn = list(draw_frames(series))
    padded = [np.pad(picture, ((0, 0), (0, 22), (0, 0)))[:, :426] for picture in drawn]
    assert not padded[0].flags["C_CONTIGUOUS"]
    plain, other = (np.stack([p.position for p in tracked(estimator, pictures)]) for pictures in (drawn, padded))
    assert np.array_equal(plain, other, equal_nan=True)


@pytest.mark.slow
@pytest.mark.models
def test_a_rotated_video(tmp_path: Path, estimator: Estimator) -> None:
    series = speaker()
    lying = [np.rot90(picture) for picture in draw_frames(series)]
    path = write_video(tmp_path / "v.mp4", lambda k: lying[k], len(lying))
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # the display matrix: a quarter turn clockwise
    content[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    video = probe(path)
    assert video.size == series.frame_size
    assert_found(tracked(estimator, (frame.picture for frame in frames(video))), series)


@pytest.mark.slow
@pytest.mark.models
def test_what_lies_outside_the_picture_is_missing(estimator: Estimator) -> None:
    series = speaker()
    wrists = series.position[:, [RIGHT_WRIST, LEFT_WRIST], 1]
    height = int(wrists.min()) - 15
    poses = tracked(estimator, (np.ascontiguousarray(picture[:height]) for picture in draw_frames(series)))
    position, confidence = (np.stack([getattr(p, name) for p in poses]) for name in ("position", "confidence"))
    assert np.isfinite(position[:, NOSE]).all()
    assert np.isnan(position[:, [RIGHT_WRIST, LEFT_WRIST]]).all(axis=2).mean() > 0.9
    assert (confidence[np.isnan(position).any(axis=2)] == 0).all()
    known = position[np.isfinite(position)]
    assert ((known >= 0) & (known <= 1)).all()


@pytest.mark.slow
@pytest.mark.models
def test_the_neck_is_the_middle_of_the_shoulders(estimator: Estimator) -> None:
    poses = tracked(estimator, draw_frames(speaker(10)))
    for pose in poses:
        shoulders = [RIGHT_SHOULDER, LEFT_SHOULDER]
        assert pose.position[NECK] == pytest.approx(pose.position[shoulders].mean(axis=0), nan_ok=True)
        assert pose.confidence[NECK] == pose.confidence[shoulders].min()
        assert pose.position.shape == (12, 2)
        assert ((pose.confidence >= 0) & (pose.confidence <= 1)).all()
    # One shoulder outside: no middle.
    [half] = tracked(estimator, [np.ascontiguousarray(next(draw_frames(speaker(1)))[:, 300:])])
    assert np.isnan(half.position[[RIGHT_SHOULDER, NECK]]).all()
    assert half.confidence[[RIGHT_SHOULDER, NECK]].tolist() == [0, 0]
    assert np.isfinite(half.position[LEFT_SHOULDER]).all()


@pytest.mark.slow
@pytest.mark.models
def test_right_is_the_persons_right(estimator: Estimator) -> None:
    [pose] = tracked(estimator, draw_frames(speaker(1)))
    assert pose.position[RIGHT_SHOULDER, 0] < pose.position[LEFT_SHOULDER, 0]


@pytest.mark.slow
@pytest.mark.models
def test_nobody_in_the_picture(estimator: Estimator) -> None:
    [nobody] = tracked(estimator, [np.full((360, 640, 3), 90, np.uint8)])
    assert np.isnan(nobody.position).all()
    assert (nobody.confidence == 0).all()


@pytest.mark.slow
@pytest.mark.models
def test_a_single_look_agrees_with_the_tracker(estimator: Estimator) -> None:
    [picture] = draw_frames(speaker(1))
    [pose] = tracked(estimator, [picture])
    assert np.nanmedian(np.abs(estimator.look(picture).position - pose.position)) < 0.01


@pytest.mark.slow
@pytest.mark.models
def test_each_shot_starts_afresh(estimator: Estimator) -> None:
    pictures = list(draw_frames(speaker(20)))
    first, _, again = (
        np.stack([p.position for p in tracked(estimator, shot)]) for shot in (pictures, pictures[::-1], pictures)
    )
    assert np.array_equal(first, again, equal_nan=True)


@pytest.mark.slow
@pytest.mark.models
def test_times_may_stand_still(estimator: Estimator) -> None:
    pictures = list(draw_frames(speaker(3)))
    found = track(estimator, zip((0.0, 0.0001, 0.0002), pictures, strict=True))
    assert np.isfinite([pose.position[NOSE] for pose in found]).all()


@pytest.mark.slow
@pytest.mark.models
def test_the_native_library_is_silent(tmp_path: Path, models: None, clip: Path) -> None:
    """In a process of its own: the library speaks once, when it starts and over the first person."""
    code = (
        "import sys; from poseprint import Measuring, extract; series = extract(sys.argv[1], Measuring(jobs=2));"
        "print(len(series)); print('mine', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, str(clip)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.stdout, ran.stderr) == ("90\n", "mine\n")


@pytest.mark.slow
@pytest.mark.models
def test_standard_error_comes_back(models: None, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = list(draw_frames(speaker(3)))

    def work() -> None:
        loaded = load_estimator("mediapipe")
        tracked(loaded, pictures)
        loaded.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here\n")
    assert capfd.readouterr() == ("", "still here\n")


@pytest.mark.models
def test_it_says_what_it_is(estimator: Estimator) -> None:
    assert estimator.info.name == "mediapipe-pose-full"
    assert estimator.info.version == "0.10.31"
    assert estimator.info.weights_sha256 == FILES["pose_landmarker_full.task"]
    assert estimator.skeleton == UPPER_BODY


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.shared_data
def test_it_agrees_with_openpose(shared: Path, models: None) -> None:
    folder = shared / "openpose_signer"
    ours = extract(folder / "gebaerden.mp4")
    [json_folder] = [p.parent for p in folder.rglob("*gebaerden*000000000000*.json")]
    theirs = read_openpose_json(json_folder, fps=25, frame_size=ours.frame_size)
    theirs = resample(theirs, 30)
    count = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) <= 2
    distance = np.linalg.norm(ours.position[:count] - theirs.position[:count], axis=2)
    both = ours.seen()[:count] & theirs.seen()[:count]
    assert ours.present().mean() > 0.98
    for k, name in enumerate(UPPER_BODY.keypoints[:8]):
        assert both[:, k].sum() > 30, name
        median = float(np.nanmedian(distance[both[:, k], k])) / ours.shoulder_width()
        assert median < 0.35, (name, median)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.shared_data
def test_real_footage_of_an_odd_width(shared: Path, estimator: Estimator) -> None:
    [path] = (shared / "videos").glob("trump_real_2018-fargo*.mp4")
    video = probe(path)
    assert video.size[0] % 16
    poses = tracked(estimator, (frame.picture for frame in frames(video, 0, 60)))
    assert np.isfinite([pose.position[[NOSE, NECK]] for pose in poses]).all(axis=(1, 2)).mean() > 0.95
