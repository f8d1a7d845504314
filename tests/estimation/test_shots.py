"""Cuts, camera movement and repeated pictures, on thumbnails."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.estimation.shots import DISSOLVE_SPAN, Change, ShotDetector

HEIGHT, WIDTH = 36, 64


def scene(seed: int = 0, *, x: float = 0, y: float = 0, contrast: float = 40) -> Array:
    """A smooth, textured picture, seen through a window shifted by x, y pixels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    picture: Array = np.full((HEIGHT, WIDTH), rng.uniform(100, 156))
    for _ in range(12):
        angle, period, phase = rng.uniform(0, np.pi), rng.uniform(10, 24), rng.uniform(0, 2 * np.pi)
        along = (columns + x) * np.cos(angle) + (rows + y) * np.sin(angle)
        picture = picture + contrast / 4 * np.sin(2 * np.pi * along / period + phase)
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def black() -> Array:
    return np.zeros((HEIGHT, WIDTH), dtype=np.uint8)


def watch(pictures: Iterable[Array]) -> list[Change]:
    detector = ShotDetector()
    return [detector(p) for p in pictures]


def cuts(pictures: Iterable[Array]) -> list[int]:
    return [k for k, change in enumerate(watch(pictures)) if change.cut]


def mixed(a: Array, b: Array, share: float) -> Array:
    return np.round((1 - share) * a.astype(float) + share * b.astype(float)).astype(np.uint8)


def test_the_first_picture_is_no_change() -> None:
    assert watch([scene()]) == [Change(cut=False, change=0.0, camera=0.0)]


def test_a_still_picture_does_not_change() -> None:
    assert watch([scene()] * 20) == [Change(cut=False, change=0.0, camera=0.0)] * 20


def test_noise_and_small_motion_are_no_cut() -> None:
    rng = np.random.default_rng(1)
    pictures = []
    for k in range(40):
        picture = scene().astype(float) + rng.normal(0, 4, (HEIGHT, WIDTH))
        x = 28 + round(4 * np.sin(k / 3))
        picture[15:36, x : x + 10] = 220  # somebody who sways
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    changes = watch(pictures)
    assert not any(c.cut for c in changes)
    assert 2 < np.mean([c.change for c in changes[1:]]) < 20


@pytest.mark.parametrize("at", [1, 5, 20])
def test_a_hard_cut(at: int) -> None:
    changes = watch([scene(1)] * at + [scene(2)] * 20)
    assert [k for k, c in enumerate(changes) if c.cut] == [at]
    expected = np.abs(scene(1).astype(float) - scene(2)).mean()
    assert changes[at].change == pytest.approx(expected, rel=1e-5)
    assert changes[at].camera == 0


def test_there_and_back_are_two_cuts() -> None:
    assert cuts([scene(1)] * 5 + [scene(2)] * 5 + [scene(1)] * 5) == [5, 10]


def test_a_dissolve_is_a_cut_within_it() -> None:
    fade = [mixed(scene(1), scene(2), k / 8) for k in range(1, 9)]
    found = cuts([scene(1)] * 10 + fade + [scene(2)] * 20)
    assert found
    assert all(10 <= k < 10 + len(fade) + DISSOLVE_SPAN for k in found)


def test_a_fade_to_black_is_a_cut() -> None:
    found = cuts([scene(1)] * 10 + [mixed(scene(1), black(), k / 6) for k in range(1, 7)] + [black()] * 10)
    assert found
    assert all(10 <= k < 24 for k in found)


def test_a_slow_change_of_light_is_no_cut() -> None:
    assert cuts([mixed(scene(1), np.full((HEIGHT, WIDTH), 255, dtype=np.uint8), k / 200) for k in range(60)]) == []


def test_a_caption_that_comes_and_goes_is_no_cut() -> None:
    captioned = scene(1)
    captioned[28:35] = 255  # a fifth of the picture
    changes = watch([scene(1)] * 10 + [captioned] * 20 + [scene(1)] * 10)
    assert not any(c.cut for c in changes)
    assert changes[10].change > 10
    assert changes[10].camera == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("x", "y"), [(1, 0), (0, 1), (-1, 0), (0.5, 0), (0.6, -0.8)])
def test_a_pan_is_measured(seed: int, x: float, y: float) -> None:
    _, change = watch([scene(seed), scene(seed, x=x, y=y)])
    assert not change.cut
    assert change.camera == pytest.approx(np.hypot(x, y) / WIDTH, rel=0.25)


def test_motion_of_the_person_alone_is_no_pan() -> None:
    beside = np.abs(np.arange(WIDTH) - 31.5) < 15
    changes = watch([np.where(beside, scene(4, x=0.5 * k), scene()) for k in range(3)])
    assert [c.camera for c in changes] == [0, 0, 0]


def test_motion_in_one_corner_is_no_pan() -> None:
    pictures = []
    for k in range(3):
        picture = scene()
        picture[:18, :16] = scene(5, x=k)[:18, :16]
        pictures.append(picture)
    assert [c.camera for c in watch(pictures)] == [0, 0, 0]


def test_corners_without_texture_tell_nothing() -> None:
    stripes = np.tile(128 + 50 * np.sin(np.arange(HEIGHT) / 2)[:, None], (1, WIDTH))
    flat = np.full((HEIGHT, WIDTH), 90.0)
    for picture in (stripes, flat):
        _, change = watch([picture.astype(np.uint8), np.clip(picture + 3, 0, 255).astype(np.uint8)])
        assert change.camera == 0


def test_detectors_do_not_share_their_past() -> None:
    one, other = ShotDetector(), ShotDetector()
    one(scene(1))
    assert other(scene(2)) == Change(cut=False, change=0.0, camera=0.0)
    assert one(scene(2)).cut
