"""Who is in a picture, on drawn figures whose joints are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from helpers.movers import mover
from PIL import Image, ImageDraw

from poseprint.core.arrays import Array
from poseprint.core.skeleton import LEFT_EAR, LEFT_EYE, NOSE, RIGHT_EAR, RIGHT_EYE
from poseprint.estimation.finder import PeopleFinder
from poseprint.rendering.avatar import draw_frames
from poseprint.rendering.figure import LOOKS, Figure

pytestmark = [pytest.mark.slow, pytest.mark.models]
HEAD = [NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR]


@pytest.fixture(scope="module")
def finder(models: None) -> Iterator[PeopleFinder]:
    loaded = PeopleFinder()
    yield loaded
    loaded.close()


def drawn(people: Sequence[tuple[float, float, float]], size: tuple[int, int] = (1280, 720)) -> tuple[Array, Array]:
    """A picture of people, each with the neck at (x, y) and shoulders of some width in pixels; and their keypoints."""
    picture, poses = Image.new("RGB", size, (150, 160, 170)), []
    for k, (x, y, unit) in enumerate(people):
        poses.append(mover(1, shoulder=unit, centre=(0, 0), seed=k).position[0] + np.array([x, y]))
        Figure(picture, poses[-1], unit, 0.44 * unit, list(LOOKS.values())[k % len(LOOKS)]).draw()
    return np.array(picture), np.array(poses)


def assert_all_found(position: Array, poses: Array, unit: float) -> None:
    """Each is found once, with the head where it was drawn."""
    assert position.shape == poses.shape
    apart = np.linalg.norm(position[:, None, HEAD].mean(axis=2) - poses[None, :, HEAD].mean(axis=2), axis=2)
    assert sorted(apart.argmin(axis=1).tolist()) == list(range(len(poses)))
    assert apart.min(axis=1).max() < 0.15 * unit


def test_one_person_is_where_they_were_drawn(finder: PeopleFinder) -> None:
    series = mover(1, shoulder=200)
    position, confidence = finder.find(next(draw_frames(series)))
    assert position.shape == (1, 12, 2)
    assert (confidence[0] > 0).tolist() == np.isfinite(position[0, :, 0]).tolist()
    for k in (NOSE, RIGHT_EYE, LEFT_EYE):
        assert np.linalg.norm(position[0, k] - series.position[0, k]) < 0.15 * 200


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (37, 100), (641, 359)])
def test_nobody(finder: PeopleFinder, size: tuple[int, int]) -> None:
    position, confidence = finder.find(np.full((size[1], size[0], 3), 120, dtype=np.uint8))
    assert position.shape == (0, 12, 2)
    assert confidence.shape == (0, 12)


@pytest.mark.parametrize(("size", "unit"), [((1280, 720), 200), ((853, 479), 130), ((480, 854), 110), ((160, 90), 30)])
def test_pictures_of_any_size(finder: PeopleFinder, size: tuple[int, int], unit: float) -> None:
    picture, poses = drawn([(size[0] * x, size[1] * 0.45, unit) for x in (0.25, 0.75)], size)
    assert_all_found(finder.find(picture)[0], poses, unit)


def test_ten_people_in_two_rows_and_they_are_best_first(finder: PeopleFinder) -> None:
    picture, poses = drawn([(130 + 250 * column, 180 + 330 * row, 90.0) for row in range(2) for column in range(5)])
    position, confidence = finder.find(picture)
    assert_all_found(position, poses, 90)
    assert (np.diff(confidence[:, NOSE]) <= 0).all()


def test_a_grey_picture(finder: PeopleFinder) -> None:
    picture, poses = drawn([(400, 320, 160), (900, 320, 160)])
    grey = np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert_all_found(finder.find(grey)[0], poses, 160)


def test_who_is_known_is_followed_without_looking_everywhere(finder: PeopleFinder) -> None:
    small = [(300.0, 300.0, 45.0), (900.0, 320.0, 45.0)]
    picture, _ = drawn(small)
    known, _ = finder.find(picture)
    moved, poses = drawn([(x + 15, y, unit) for x, y, unit in small])
    assert_all_found(finder.find(moved, known, everywhere=False)[0], poses, 45)
    large = [*small, (600.0, 330.0, 200.0)]
    picture, poses = drawn(large)
    assert_all_found(finder.find(picture, known, everywhere=False)[0], poses, 45)


def test_known_people_who_are_gone_or_not_known_at_all(finder: PeopleFinder) -> None:
    picture, poses = drawn([(640, 320, 160)])
    outside = poses + np.array([5000, -900])
    for known in (outside, np.full_like(poses, np.nan), poses[:0], np.repeat(poses, 3, axis=0)):
        assert_all_found(finder.find(picture, known)[0], poses, 160)


def test_script_is_nobody(finder: PeopleFinder) -> None:
    picture = Image.new("RGB", (640, 360), (60, 90, 170))
    for k in range(12):
        ImageDraw.Draw(picture).text((10, 30 * k), "We the People of the United States", (150, 180, 230), font_size=26)
    assert len(finder.find(np.array(picture))[0]) == 0


def test_somebody_without_a_face_is_found_by_the_body(finder: PeopleFinder) -> None:
    picture, poses = drawn([(640, 320, 200)])
    shown = Image.fromarray(picture)
    (x, y), hair = poses[0, HEAD].mean(axis=0), LOOKS["navy"].hair
    ImageDraw.Draw(shown).ellipse((x - 55, y - 75, x + 55, y + 65), hair)
    position, _ = finder.find(np.array(shown))
    assert position.shape == (1, 12, 2)
    assert np.nanmax(np.linalg.norm(position[0, [2, 5]] - poses[0, [2, 5]], axis=1)) < 0.3 * 200
