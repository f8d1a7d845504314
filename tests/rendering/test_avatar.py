"""The avatar: its pictures, its mp4, and whether a pose estimator sees the joints where they were put."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_ELBOW, LEFT_WRIST, NECK, NOSE, RIGHT_WRIST, UPPER_BODY
from poseprint.estimation.estimator import tracked
from poseprint.estimation.registry import load_estimator
from poseprint.rendering.avatar import LOOKS, Look, draw_frames, write_video

SIZE = (320, 180)


def speaker(frames: int, size: tuple[int, int], seed: int, fps: float = 30.0) -> PoseSeries:
    """Somebody who talks: the trunk sways, the head nods and turns, both hands beat and meet.

    Args:
        frames: how many frames.
        size: (width, height) of the picture in pixels.
        seed: of the movement.
        fps: frames per second.
    """
    random = np.random.default_rng(seed)
    time = np.arange(frames) / fps

    def wave(low: float, high: float, hertz: float) -> Array:
        one, two = (np.sin(2 * np.pi * (f * time + random.random())) for f in (hertz, 1.9 * hertz))
        return (low + high) / 2 + (high - low) / 2 * (0.7 * one + 0.3 * two)

    place = {"origin": np.tile([0.0, 0.0], (frames, 1))}

    def put(name: str, base: str, x: Array, y: Array) -> None:
        place[name] = place[base] + np.stack([x, y], axis=1)

    put("neck", "origin", wave(-0.1, 0.1, 0.3), wave(-0.03, 0.03, 0.5))
    yaw, nod, roll, tilt = wave(-0.12, 0.12, 0.35), wave(-0.06, 0.06, 0.9), wave(-0.1, 0.1, 0.4), wave(-0.06, 0.06, 0.3)
    put("nose", "neck", yaw + 0.1 * roll, -0.5 + nod)
    beat = wave(-0.1, 0.1, 1.1)  # shared by both hands
    for side, sign in (("right", -1), ("left", 1)):
        put(f"{side}_shoulder", "neck", np.full(frames, 0.5 * sign), sign * tilt)
        put(f"{side}_elbow", f"{side}_shoulder", sign * wave(0.1, 0.3, 0.5), wave(0.68, 0.8, 0.6))
        put(f"{side}_wrist", f"{side}_elbow", -sign * wave(0.15, 0.5, 0.6), beat + wave(-0.4, -0.2, 0.8))
        put(f"{side}_eye", "nose", 0.1 * sign - 0.35 * yaw, -0.09 - 0.3 * nod + 0.1 * sign * roll)
        put(f"{side}_ear", "nose", 0.2 * sign - yaw, -0.06 - 0.9 * nod + 0.2 * sign * roll)
    pose = np.stack([place[name] for name in UPPER_BODY.keypoints], axis=1)
    position = pose * 0.32 * size[1] + (0.5 * size[0], 0.47 * size[1])
    return PoseSeries(position, np.ones(position.shape[:2]), time, fps, size, recording=f"speaker {seed}")


def hidden(series: PoseSeries, frames: slice, *keypoints: int) -> PoseSeries:
    position = series.position.copy()
    position[frames, list(keypoints) or slice(None)] = np.nan
    return replace(series, position=position)


def drawn(series: PoseSeries, **options: object) -> Array:
    return np.stack(list(draw_frames(series, **options)))  # type: ignore[arg-type]


def test_one_picture_per_frame_at_the_size_of_the_series() -> None:
    pictures = drawn(speaker(5, SIZE, 0))
    assert pictures.shape == (5, 180, 320, 3)
    assert pictures.dtype == np.uint8
    assert pictures.flags.c_contiguous
    assert (pictures[0] != pictures[4]).any()


def test_another_size_is_the_same_figure_scaled_by_height_and_centred() -> None:
    series = speaker(1, SIZE, 0)
    look = Look(background=(0, 255, 0))
    small, large = drawn(series, look=look)[0], drawn(series, look=look, size=(800, 360))[0]
    centred = large[:, 80:-80].reshape(180, 2, 320, 2, 3).mean(axis=(1, 3))
    assert np.abs(centred - small).mean() < 3
    assert (large[:, 0] == large[:, -1]).all()


@pytest.mark.parametrize("size", [(161, 91), (64, 200)])
def test_odd_and_tall_pictures(size: tuple[int, int]) -> None:
    assert drawn(speaker(2, SIZE, 0), size=size).shape == (2, size[1], size[0], 3)


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_draws_another_picture(name: str) -> None:
    series = speaker(1, SIZE, 0)
    assert all(
        (drawn(series, look=LOOKS[name]) != drawn(series, look=look)).any()
        for other, look in LOOKS.items()
        if other != name
    )


def test_a_frame_without_anybody_is_background() -> None:
    pictures = drawn(hidden(speaker(4, SIZE, 0), slice(1, 3)))
    assert (pictures[1] == pictures[2]).all()
    assert (pictures[1] == pictures[1][:, :1]).all(), "the plain backdrop is the same from left to right"
    assert (pictures[0] != pictures[1]).any()


def test_a_short_gap_is_bridged() -> None:
    series = speaker(9, SIZE, 0)
    whole, gap = drawn(series), drawn(hidden(series, slice(4, 5), LEFT_WRIST))
    assert np.abs(whole[4].astype(float) - gap[4]).mean() < 1
    assert (np.delete(whole, 4, axis=0) == np.delete(gap, 4, axis=0)).all()


@pytest.mark.slow
def test_an_arm_out_of_sight_hangs_and_comes_back() -> None:
    series = speaker(90, SIZE, 0)
    lost = hidden(series, slice(10, 80), LEFT_ELBOW, LEFT_WRIST)
    never = hidden(series, slice(None), LEFT_ELBOW, LEFT_WRIST)
    assert (drawn(lost)[45] == drawn(never)[45]).all()
    assert (drawn(lost)[85] == drawn(series)[85]).all()


@pytest.mark.parametrize("seen", [[NOSE], [NECK], [RIGHT_WRIST], [NOSE, LEFT_ELBOW]])
def test_whatever_little_is_seen_a_whole_figure_is_drawn(seen: list[int]) -> None:
    series = hidden(speaker(3, SIZE, 0), slice(None), *(k for k in range(12) if k not in seen))
    picture, empty = drawn(series)[0], drawn(hidden(speaker(3, SIZE, 0), slice(1, 3)))[1]
    assert (picture != empty).any(axis=2).mean() > 0.1


def test_joints_outside_the_picture_are_drawn_outside() -> None:
    series = speaker(2, SIZE, 0)
    assert drawn(replace(series, position=series.position + np.array([0, 150]))).shape == (2, 180, 320, 3)


def test_who_turns_the_back_still_stands_head_up() -> None:
    series, order = speaker(1, SIZE, 0), np.arange(12)
    for right, left in UPPER_BODY.pairs:
        order[[right, left]] = left, right
    front, back = drawn(series), drawn(replace(series, position=series.position[:, order]))
    assert np.abs(front.astype(float) - back).mean() < 3


def test_each_shot_has_its_own_size() -> None:
    near, far = speaker(4, SIZE, 0), speaker(4, SIZE, 0).position * 0.5
    both = replace(
        near,
        position=np.concatenate([near.position, far]),
        confidence=np.ones((8, 12)),
        time=np.arange(8) / 30,
        channels={"cut": np.eye(8)[4]},
    )
    assert (drawn(both)[:4] == drawn(near)).all()
    assert (drawn(both)[4:] == drawn(replace(near, position=far))).all()


def test_nobody_ever_seen_is_an_error(tmp_path: Path) -> None:
    series = hidden(speaker(3, SIZE, 7), slice(None))
    with pytest.raises(PoseprintError, match=r"^recording speaker 7: nobody is seen in any frame"):
        draw_frames(series)
    with pytest.raises(PoseprintError, match="nobody is seen"):
        write_video(series, tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())


def test_looks_and_sizes_that_cannot_be() -> None:
    with pytest.raises(PoseprintError, match="no backdrop 'moon', choose one of plain, curtain, room"):
        Look(backdrop="moon")
    with pytest.raises(PoseprintError, match="build must be positive, got 0"):
        Look(build=0)
    with pytest.raises(PoseprintError, match="size must be"):
        draw_frames(speaker(1, SIZE, 0), size=(0, 10))


@pytest.mark.slow
@pytest.mark.parametrize("fps", [30.0, 25.0, 30000 / 1001, 23.976, 12.5])
def test_the_video_has_every_frame_at_its_time(tmp_path: Path, fps: float) -> None:
    done: list[tuple[str, int, int]] = []
    path = tmp_path / "out.mp4"
    write_video(speaker(20, SIZE, 0, fps), path, progress=lambda *counts: done.append(counts))
    assert done == [("drawing out.mp4", n, 20) for n in range(1, 21)]
    assert list(tmp_path.iterdir()) == [path]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == SIZE
        assert float(stream.average_rate or 0) == pytest.approx(fps, rel=1e-6)
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
    rate = Fraction(fps).limit_denominator(1001)
    assert times == [n / rate for n in range(20)]
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "a browser can start before it has it all"


def test_a_video_needs_even_sides(tmp_path: Path) -> None:
    series = speaker(2, (321, 181), 0)
    with pytest.raises(PoseprintError, match="even width and height, got 321x180"):
        write_video(series, tmp_path / "out.mp4", size=(321, 180))
    write_video(series, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (320, 180)


@pytest.mark.parametrize("make", [lambda p: p / "file" / "out.mp4", lambda p: p])
def test_an_output_that_cannot_be_written(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "file").touch()
    with pytest.raises(PoseprintError, match="cannot be written") as error:
        write_video(speaker(2, SIZE, 0), make(folder))
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_interrupted_video_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")

    def stop(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(speaker(5, SIZE, 0), path, progress=stop)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "size"),
    list(zip(LOOKS, [(640, 360), (426, 240), (1280, 720), (640, 360), (854, 480)], strict=True)),
)
def test_an_estimator_finds_the_joints_where_they_were_put(name: str, size: tuple[int, int]) -> None:
    series = speaker(75, size, list(LOOKS).index(name))
    estimator = load_estimator("mediapipe")
    try:
        poses = tracked(estimator, zip(series.time.tolist(), draw_frames(series, look=LOOKS[name]), strict=True))
        found = np.stack([pose.position * size for pose in poses])
    finally:
        estimator.close()
    assert np.isfinite(found[:, NOSE, 0]).mean() >= 0.98
    error = np.nanmedian(np.linalg.norm(found - series.position, axis=2), axis=0) / series.shoulder_width()
    assert (error < 0.15).all(), dict(zip(UPPER_BODY.keypoints, error.round(3), strict=True))
