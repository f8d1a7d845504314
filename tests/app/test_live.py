"""What runs now, judged as it runs; a whole film that was played, as its check."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.crowd import Crowd, crowd_picture
from helpers.movers import mover, wanderer
from helpers.profiles import make_profile
from helpers.running import Scripted, Told, coded, coded_film, frame

from poseprint.app.check import check
from poseprint.app.live import Reading, live
from poseprint.core.errors import PoseprintError, VideoError
from poseprint.core.series import PoseSeries
from poseprint.estimation.measuring import Measuring
from poseprint.io.camera import Film
from poseprint.rendering import avatar
from poseprint.verification.enrolment import enroll

pytestmark = pytest.mark.slow
FRAMES = 480


def motion(seed: int = 9) -> PoseSeries:
    return wanderer(FRAMES, seed=seed, size=(1280, 768))


def told(takes: float = 0.0) -> Measuring:
    return Measuring(estimator=Told(motion(), takes))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return coded_film(tmp_path_factory.mktemp("film") / "film.mp4", FRAMES)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("person") / "ann"
    enroll("Ann", [wanderer(900, seed=seed) for seed in (1, 2)]).write(folder)
    return folder


def test_the_last_reading_of_a_film_is_its_check(film: Path, profile: Path) -> None:
    *before, last = live(Film(film, pace=0), profile, told(), every=4)
    whole = check(film, profile, told())
    assert last.verdict is not None
    assert last.verdict.to_dict() == whole.to_dict()
    assert whole.evidence is not None
    assert (last.llr, last.decision, last.reason) == (whole.evidence.llr, whole.decision, whole.reason)
    assert (last.lower, last.upper, last.thresholds) == (
        whole.evidence.lower,
        whole.evidence.upper,
        whole.evidence.thresholds,
    )
    assert last.series is not None
    assert last.series.film == whole.hashes["recording"]
    assert [round(r.watched, 1) for r in before] == [4, 8, 12]
    assert [r.final for r in (*before, last)] == [False, False, False, True]
    assert all(0 < a.usable < b.usable for a, b in pairwise(before))
    assert all(r.series is None and r.events == () and r.dropped == 0 and r.rate == 30 for r in before)
    assert before[0].needed == pytest.approx(5 - before[0].usable)


@pytest.mark.parametrize("tempo", [0.3, 1.5])
def test_votes_are_told_too(tmp_path: Path, film: Path, tempo: float) -> None:
    series = mover(FRAMES, tempo=tempo, size=(1280, 768))
    *_, last = live(Film(film, pace=0), make_profile(tmp_path), Measuring(estimator=Told(series)), every=100)
    assert last.decision == ("consistent" if tempo < 1 else "inconsistent")
    assert (last.llr, last.lower, last.score, last.needed) == ({}, None, float(tempo < 1), 0)


def test_a_reading_is_json(film: Path, profile: Path) -> None:
    first, *_ = live(Film(film, pace=0), profile, told(), seconds=3)
    values = json.loads(json.dumps(first.to_dict(), allow_nan=False))
    assert values.keys() == set(Reading.__dataclass_fields__) - {"verdict", "series"}
    assert set(values["llr"]) == {"static", "motion", "both"}


def test_only_the_window_is_judged(film: Path, profile: Path) -> None:
    *_, last = live(Film(film, pace=0), profile, told(), every=100, window=6)
    assert last.series is not None
    assert last.series.duration == pytest.approx(6, abs=0.1)
    assert last.series.film == ""  # a part of it
    assert last.watched == pytest.approx(FRAMES / 30, abs=0.1)


def test_it_is_stopped_from_outside_with_the_verdict_so_far(film: Path, profile: Path) -> None:
    stop = threading.Event()
    readings = live(Film(film), profile, told(), every=0.5, stop=stop)
    assert next(readings).watched < 2
    stop.set()
    *_, last = readings
    assert last.final
    assert last.watched < 4
    assert last.series is not None
    assert threading.active_count() < 4


def test_it_ends_after_so_many_seconds(film: Path, profile: Path) -> None:
    *_, last = live(Film(film, pace=0), profile, told(), seconds=3)
    assert last.watched == pytest.approx(3, abs=0.05)


def test_whoever_stops_listening_ends_it(film: Path, profile: Path) -> None:
    readings = live(Film(film), profile, told(), every=0.3)
    next(readings)
    readings.close()
    assert not [t for t in threading.enumerate() if t.name == "stream" or t.name.startswith("judge")]


def test_what_was_seen_is_judged_before_a_source_breaks_off(profile: Path) -> None:
    source = Scripted([frame(k) for k in range(200)], VideoError("camera 0: gives no more pictures"))
    readings = live(source, profile, told(), every=100)
    last = next(readings)
    assert (last.final, last.watched) == (True, pytest.approx(199 / 30))
    with pytest.raises(VideoError, match="gives no more pictures"):
        next(readings)


def test_where_nothing_comes_there_is_no_verdict(profile: Path) -> None:
    with pytest.raises(VideoError, match="stopped before the first picture"):
        next(live(Scripted([]), profile, told()))
    with pytest.raises(VideoError, match="no picture came for"):
        next(live(Scripted([], hangs=1), profile, told()))
    with pytest.raises(PoseprintError, match="no such file"):
        next(live(Film(Path("absent.mp4")), profile, told()))


@pytest.mark.parametrize(
    ("options", "words"), [({"who": 1}, "`who` and `at` are for files"), ({"at": (1, 1, 0)}, "a part of the screen")]
)
def test_nobody_is_named(profile: Path, options: dict[str, int], words: str) -> None:
    with pytest.raises(PoseprintError, match=words):
        next(live(Scripted([]), profile, Measuring(**options)))  # type: ignore[arg-type]
    with pytest.raises(PoseprintError, match="longer than 0 s"):
        next(live(Scripted([]), profile, window=0))


def test_poses_that_do_not_fit_the_profile(tmp_path: Path, film: Path) -> None:
    profile = make_profile(tmp_path, skeleton="other")
    *_, last = live(Film(film, pace=0), profile, told(), seconds=6, every=100)
    assert (last.decision, last.needed) == ("inconclusive", None)
    assert "more footage does not help" in last.outlook
    assert "The profile was made for skeleton 'other'" in last.reason


def happened(readings: Iterator[Reading]) -> list[tuple[str, float]]:
    return [(event.kind, round(event.seconds, 1)) for reading in readings for event in reading.events]


def test_what_happens_is_told_at_once(profile: Path, crowd: Crowd) -> None:
    def picture(k: int) -> np.ndarray:
        """One person; from 2 s to 4 s a second; a cut at 5 s; from 7 s on nobody."""
        place = 60 + k % 7
        if k < 210:
            return crowd_picture(
                (place, 60, 30), (240, 60, 28) if 60 <= k < 120 else None, ground=70 if k < 150 else 150
            )
        return crowd_picture(ground=150 + k % 2)

    source = Scripted([frame(k, picture(k)) for k in range(330)])
    readings = list(live(source, profile, every=1000))
    (second, at), *rest = happened(iter(readings))
    assert second == "second_person"
    assert 2 <= at <= 3.1
    assert rest == [("cut", 5.0), ("nobody", 9.0)]
    assert [len(r.events) for r in readings] == [1, 1, 1, 0]
    assert all(r.watched - r.events[0].seconds < 0.1 for r in readings[:-1])


def test_a_picture_that_stands_still_is_told_once(profile: Path) -> None:
    source = Scripted([frame(k, coded(min(k, 90))) for k in range(300)])
    assert happened(live(source, profile, told(), every=1000)) == [("frozen", pytest.approx(5.0, abs=0.1))]


def test_what_there_is_no_time_for_is_let_go_and_told(film: Path, profile: Path) -> None:
    readings = list(live(Film(film, pace=4), profile, told(takes=0.03), every=3))
    events = [event for reading in readings for event in reading.events]
    lost = sum(int(event.words.split()[0]) for event in events if event.kind == "dropped")
    assert lost == readings[-1].dropped > 20
    assert readings[-1].rate < 30
    assert "measuring does not keep up: " in next(event.words for event in events if event.kind == "rate")
    assert readings[-1].series is not None
    assert readings[-1].series.film == ""


def test_pictures_can_be_had_as_they_are_measured(film: Path, profile: Path) -> None:
    numbers: list[int] = []
    list(
        live(Film(film, pace=0), profile, told(), seconds=2, on_picture=lambda picture: numbers.append(picture.number))
    )
    assert numbers == list(range(61))


@pytest.mark.models
@pytest.mark.usefixtures("models")
def test_a_drawn_film_that_is_played_is_judged_like_the_file(tmp_path: Path, profile: Path) -> None:
    """To within what measuring anew moves the LLR by: one tracking in the place of two chunks."""
    avatar.write_video(wanderer(165, seed=9, size=(640, 360), shoulder=100), tmp_path / "drawn.mp4")
    measuring = Measuring(rate=10, cache=False)
    *_, last = live(Film(tmp_path / "drawn.mp4", pace=0), profile, measuring, every=3)
    whole = check(tmp_path / "drawn.mp4", profile, measuring)
    assert whole.evidence is not None
    assert last.verdict is not None
    for kind, llr in whole.evidence.llr.items():
        assert last.llr[kind] == pytest.approx(llr, abs=0.25)
    assert [f.code for f in last.verdict.findings] == [f.code for f in whole.findings]
    assert last.usable == pytest.approx(whole.seconds["used"], abs=0.5)
