"""The same take is known again whatever befell it; another take, however alike, is not it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover, wanderer, with_channel, without

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_WRIST, RIGHT_WRIST
from poseprint.movements.forgeries import speed
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import at_frame_rate, half_size, jitter, mirror
from poseprint.movements.same_take import Stretch, has_content, known_take, movement_track, same_takes


def track(series: PoseSeries) -> Array:
    measured = measure(series, 2)
    return movement_track(measured.series, measured.inspection.spans)


def found(series: PoseSeries, enrolled: PoseSeries) -> tuple[Stretch, ...]:
    (likeness,) = same_takes(track(series), [track(enrolled)])
    return likeness.stretches


def moved(series: PoseSeries, by: tuple[float, float]) -> PoseSeries:
    return replace(series, position=series.position + np.array(by, dtype=np.float32))


def guessed_wrists(series: PoseSeries) -> PoseSeries:
    """The series with both wrists behind a lectern, where an estimator guesses."""
    position = series.position.copy()
    wrists = [RIGHT_WRIST, LEFT_WRIST]
    guesses = np.random.default_rng(len(series)).normal(0, 60, position[:, wrists].shape)
    position[:, wrists] += guesses.astype(np.float32)
    return without(replace(series, position=position), "wrist")


BEFALLEN: dict[str, Callable[[PoseSeries], PoseSeries]] = {
    "encoded again": lambda s: jitter(s, 0.012),
    "half the size": half_size,
    "mirrored": mirror,
    "cropped": lambda s: moved(replace(s, frame_size=(1000, 600)), (-100, -60)),
    "24 pictures a second": lambda s: at_frame_rate(s, 24),
    "4 % faster": lambda s: speed(s, 25 / 24),
    "wrists guessed": lambda s: jitter(guessed_wrists(s), 0.012),
    "all at once": lambda s: jitter(mirror(guessed_wrists(at_frame_rate(s, 25).part(50, 260))), 0.012),
}


@pytest.mark.parametrize("what", BEFALLEN)
def test_a_take_is_known_again_whatever_befell_it(what: str) -> None:
    take = wanderer(300, seed=1)
    changed = BEFALLEN[what](take)
    (stretch,) = found(changed, take)
    assert stretch.mirrored == (what in ("mirrored", "all at once"))
    assert stretch.last - stretch.first > 0.7 * changed.duration
    assert stretch.shift == pytest.approx(50 / 30 if what == "all at once" else 0, abs=0.5)


def test_an_excerpt_is_found_in_the_whole_and_the_whole_in_an_excerpt() -> None:
    whole = wanderer(1500, seed=1)
    part = jitter(whole.part(405, 585), 0.01)
    (inside,) = found(part, whole)
    assert (inside.first, inside.last, inside.shift) == (0, 6, pytest.approx(13.5, abs=0.11))
    (around,) = found(whole, part)
    assert (around.first, around.shift) == (pytest.approx(13.5, abs=0.7), pytest.approx(-13.5, abs=0.11))


def test_another_take_is_another_take() -> None:
    takes = [wanderer(600, seed=s) for s in range(4)] + [mover(600, seed=s) for s in range(10, 14)]
    takes += [wanderer(600, seed=s, style=2, amplitude=0.5, sway=0.2, shoulder=120) for s in range(4)]
    tracks = [track(t) for t in takes]
    for n, one in enumerate(tracks):
        assert not any(likeness.stretches for likeness in same_takes(one, tracks[:n] + tracks[n + 1 :]))


def test_where_the_picture_leaps_alike_is_no_movement() -> None:
    def edited(seed: int) -> PoseSeries:
        series = wanderer(600, seed=seed)
        position = series.position.copy()
        position[300:] += np.array((150, 40), dtype=np.float32)
        return with_channel(replace(series, position=position), "cut", 300, 1)

    assert not found(edited(1), edited(2))
    assert found(edited(1), jitter(edited(1), 0.01))


def test_stillness_is_nobodys() -> None:
    def still(seed: int) -> PoseSeries:
        return jitter(replace(mover(300, amplitude=0, sway=0), recording=f"still {seed}"), 0.004)

    assert not found(still(1), still(2))


def test_a_finding_names_the_seconds_here_and_there() -> None:
    take = wanderer(600, seed=1, recording="speech")
    clip = mirror(jitter(take.part(150, 450), 0.01))
    row = {"recording": "speech", "sha256": "a", "poses_sha256": "b"}
    known = known_take(replace(clip, source_sha256=""), track(clip), [row], [track(take)])
    assert known is not None
    assert (known.code, known.severity) == ("KNOWN_TAKE", "warning")
    assert known.message == (
        "the profile was made from this: 0 to 10 s is 'speech' from 5 to 15 s, left and right exchanged"
    )
    assert known.frames == ((0, 300),)
    assert known_take(clip, track(clip), [row], [track(wanderer(600, seed=2))]) is None


def test_content_is_the_same_poses_or_the_same_whole_source() -> None:
    series = mover(60, seed=3)
    assert has_content(series, {"poses_sha256": series.sha256})
    assert has_content(jitter(series, 0.1), {"sha256": series.source_sha256})
    assert not has_content(series.part(0, 30), {"sha256": series.source_sha256, "poses_sha256": "x"})
    assert not has_content(replace(series, source_sha256=""), {"sha256": ""})


def test_a_track_tells_what_is_seen_and_usable() -> None:
    series = without(wanderer(300), "wrist", at=slice(150, 300))
    with_cut = with_channel(series, "cut", 120, 1)
    told = np.isfinite(track(with_cut)[:, ::2])
    assert told.shape == (50, 7)
    assert told[:, 0].tolist() == [n != 20 for n in range(50)]
    assert told[:, 1].sum() < 26
