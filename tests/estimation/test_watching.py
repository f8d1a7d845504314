"""Pictures that keep coming: what files give, within a window, and only of the person who is most in sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.crowd import Crowd, crowd_picture
from helpers.estimators import bar
from helpers.movers import assert_same, mover
from helpers.running import SIZE, Told, frame
from helpers.videos import write_video

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.estimation import watching
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.watching import WEIGHED, Glimpse, Watcher
from poseprint.io.camera import Running
from poseprint.io.video import VideoInfo, frames, probe


def watched(path: Path, measuring: Measuring | None = None, window: float = 100.0) -> PoseSeries:
    video, watcher = probe(path), Watcher(measuring or Measuring(), window)
    for picture in frames(video):
        watcher.measure(picture)
    series = watcher.series(watcher.seen_so_far(), video)
    watcher.close()
    return series


def seen(pictures: list[Array], rate: int = 30) -> tuple[list[Glimpse], PoseSeries]:
    """Glimpses of pictures at 30 a second, and the series that is made of them."""
    watcher = Watcher(Measuring(rate=rate), 100.0)
    glimpses = [watcher.measure(frame(k, picture)) for k, picture in enumerate(pictures)]
    height, width = pictures[0].shape[:2]
    return glimpses, watcher.series(watcher.seen_so_far(), Running("screen", (width, height), 30.0, "script"))


def moving(k: int) -> Array:
    return bar(k / 30) if k < 60 else 255 - bar(4 - k / 30)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [30, 10])
@pytest.mark.usefixtures("known")
def test_a_film_that_is_watched_gives_what_is_extracted_from_it(tmp_path: Path, rate: int) -> None:
    path = write_video(tmp_path / "v.mp4", moving, 130)
    assert_same(watched(path, Measuring(rate=rate)), extract(path, Measuring(rate=rate)))


@pytest.mark.slow
def test_so_does_one_with_others_in_it(tmp_path: Path, crowd: Crowd) -> None:
    path = write_video(
        tmp_path / "v.mp4", lambda k: crowd_picture((60 + k / 4, 60, 30), None if k < 30 else (240, 60, 22)), 90
    )
    assert_same(watched(path), extract(path))


@pytest.mark.slow
@pytest.mark.usefixtures("known")
def test_only_the_last_seconds_are_kept(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 150)
    whole, last = watched(path), watched(path, window=2.0)
    assert last.duration == pytest.approx(2, abs=0.1)
    assert np.array_equal(last.position, whole.position[-len(last) :], equal_nan=True)
    watcher = Watcher(Measuring(), 2.0)
    for picture in frames(probe(path)):
        watcher.measure(picture)
    assert len(watcher._pictures._rows) <= 1.2 * 60 + 2
    assert len(watcher._pictures._seen) <= 1.2 * 60 + 2


def test_what_was_measured_of_somebody_else_does_not_count(crowd: Crowd) -> None:
    """After a cut the largest is followed anew; who is most in sight is the one that is judged."""
    red, blue = (60, 60, 30), (240, 60, 30)
    pictures = [crowd_picture(red)] * 120 + [crowd_picture(None, blue, ground=160)] * 60 + [crowd_picture(red)] * 30
    glimpses, series = seen(pictures)
    assert [k for k, glimpse in enumerate(glimpses) if glimpse.cut] == [120, 180]
    measured = np.isfinite(series.position[:, 0, 0])
    assert measured[:118].all()
    assert not measured[125:178].any()
    assert measured[185:205].all()
    assert np.abs(series.position[measured, 0, 0] - 60).max() < 3


def test_people_are_counted_and_nobody_is_noticed(crowd: Crowd) -> None:
    alone, both, small = (60, 60, 30), ((60, 60, 30), (240, 60, 24)), ((60, 60, 30), (240, 60, 10))
    for heads, count in (((alone,), 1), (both, 2), (small, 1)):
        (first, *_), _ = seen([crowd_picture(*heads)])
        assert (first.people, first.somebody) == (count, True)
    (first, *_), _ = seen([crowd_picture()])
    assert (first.people, first.somebody) == (0, False)


def test_between_measured_pictures_there_is_nothing_to_notice(crowd: Crowd) -> None:
    glimpses, _ = seen([crowd_picture((60, 60, 30))] * 31, rate=10)
    assert sum(glimpse.somebody is not None for glimpse in glimpses) == 11
    assert crowd.tracked == 11


def test_the_rate_is_what_measuring_keeps_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    now, costs = 0.0, 0.0

    def clock() -> float:
        nonlocal now
        now += costs
        return now

    monkeypatch.setattr(watching, "perf_counter", clock)
    watcher = Watcher(Measuring(estimator=Told(mover(1000))), 100.0)
    numbers = iter(range(10_000))

    def after(seconds: float, settle: Callable[[], bool] = watcher.keep_up) -> int:
        """The rate when each picture has cost so much for a while."""
        nonlocal costs
        costs = seconds
        for _ in range(8 * WEIGHED):
            watcher.measure(frame(next(numbers) % 1000))
            settle()
        return watcher.rate

    assert after(0.01) == 30
    assert after(0.05) == 15
    assert after(0.025) == 15  # it would just fit again, and soon not
    assert after(0.5) == 10
    assert after(0.01) == 30


def test_a_camera_is_told_by_the_rate_it_has() -> None:
    watcher = Watcher(Measuring(estimator=Told(mover(60))), 100.0)
    for k in range(30):
        watcher.measure(frame(2 * k))
    series = watcher.series(watcher.seen_so_far(), Running("camera-0", SIZE, 30.0, "v4l2"))
    assert series.log[0]["video"] == {"source": "v4l2", "size": list(SIZE), "fps": 15.0, "timed": True}
    assert (series.recording, series.source_sha256) == ("camera-0", "")
    assert isinstance(series.log[0], dict)
    assert not isinstance(series, VideoInfo)
