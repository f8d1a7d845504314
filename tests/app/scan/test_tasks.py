"""What a worker does with a film: everybody in it once; a long one in parts, with the same outcome."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers.crowd import SIZE, Crowd, crowd_picture
from helpers.scans import Here, content, lines, plan_of, profiles
from helpers.videos import write_video

from poseprint.app.scan import run as scanning
from poseprint.app.scan import tasks
from poseprint.app.scan.run import scan
from poseprint.app.scan.settings import Plan, Selection
from poseprint.app.scan.sources import Item
from poseprint.core.choice import Choice
from poseprint.core.errors import PoseprintError
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import read_poses

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("crowd")]


@pytest.fixture(autouse=True)
def loaded_anew() -> Any:
    """Instruments are loaded once a worker; here, once a test."""
    tasks._instruments.cache_clear()
    yield
    tasks._instruments.cache_clear()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(scanning, "missing", lambda _models: [])
    return profiles(tmp_path / "watched", 0)


def two(k: int) -> Any:
    """The red person throughout; the blue one, larger, in the middle third."""
    x = 80 + 10 * ((k // 15) % 3)
    return crowd_picture((x, 60, 24), (230, 60, 34) if 120 <= k < 240 else None)


def film(path: Path, picture: Any = two, frames: int = 360) -> Item:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, picture, frames)
    return Item(str(path), path.stat().st_size, "mark")


def everything(watched: Path) -> Plan:
    return plan_of(watched, selection=Selection(everything=True))


def test_everybody_is_measured_once_as_extract_measures_them(watched: Path, tmp_path: Path) -> None:
    item = film(tmp_path / "two.mp4")
    clip = tasks.begin(everything(watched), item)
    assert isinstance(clip, tasks.Clip)
    assert clip.status == "measured"
    assert [someone.who for someone in clip.people] == [1, 2]
    assert (clip.facts["width"], clip.facts["height"]) == SIZE
    assert clip.facts["people"] == 2
    for someone in clip.people:
        (tmp_path / "p.parquet").write_bytes(someone.poses)
        series = read_poses(tmp_path / "p.parquet")
        alone = extract(item.file, Measuring(who=someone.who, jobs=1))
        assert (series.position == alone.position)[series.seen()].all()
        assert Choice.of(series.log).named
        assert series.source_sha256 == clip.sha256


def test_a_long_film_in_parts_gives_the_bytes_of_one_piece(
    watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(tmp_path / "clips" / "two.mp4", frames=700)
    scan([str(tmp_path / "clips")], everything(watched), tmp_path / "whole", runner=Here)
    monkeypatch.setattr(tasks, "LONG_S", 10)
    runners: list[Here] = []

    def here(plan: Plan) -> Here:
        runners.append(Here(plan))
        return runners[-1]

    scan([str(tmp_path / "clips")], everything(watched), tmp_path / "parts", runner=here)
    done = [task[0] for task in runners[0].done]
    assert done.count("part") > 4
    assert done.count("meet") == done.count("join") == 1
    assert content(tmp_path / "parts") == content(tmp_path / "whole")


def test_parts_of_a_long_film_are_not_measured_twice(
    watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LONG_S", 10)
    film(tmp_path / "clips" / "two.mp4", frames=700)
    scan([str(tmp_path / "clips")], everything(watched), tmp_path / "whole", runner=Here)
    measured: list[tuple[int, Any]] = []

    def killed(function: str, *given: Any) -> None:
        if function == "join" and not measured.count((-1, None)):
            measured.append((-1, None))
            raise KeyboardInterrupt
        if function == "part":
            measured.append((given[2], given[3] and given[3].number))

    with pytest.raises(KeyboardInterrupt):
        scan([str(tmp_path / "clips")], everything(watched), tmp_path / "out", runner=partial(Here, befall=killed))
    scan([str(tmp_path / "clips")], everything(watched), tmp_path / "out", runner=partial(Here, befall=killed))
    assert len(measured) == len(set(measured))
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.mark.parametrize(
    ("picture", "selection", "reason"),
    [
        (lambda k: crowd_picture(ground=60 + k % 40), Selection(), "nobody is in sight in any of "),
        (lambda _: crowd_picture((100, 60, 24)), Selection(), "a still"),
        (
            lambda k: crowd_picture((80 + k % 60, 60, 24), (230, 60, 30)),
            Selection(1, 1),
            "2 people are usually in sight; 1 to 1",
        ),
        (lambda k: crowd_picture((80 + k % 60, 60, 24)), Selection(2, 3), "1 people are usually in sight; 2 to 3"),
    ],
)
def test_a_first_look_passes_over(
    watched: Path, tmp_path: Path, picture: Any, selection: Selection, reason: str
) -> None:
    item = film(tmp_path / "f.mp4", picture, 240)
    clip = tasks.begin(plan_of(watched, selection=selection), item)
    assert isinstance(clip, tasks.Clip)
    assert clip.status == "passed over"
    assert reason in clip.reason
    assert clip.sha256
    assert not clip.people
    whole = tasks.begin(everything(watched), item)
    assert isinstance(whole, tasks.Clip)
    assert whole.status == "measured"


def test_who_moves_is_not_passed_over(watched: Path, tmp_path: Path) -> None:
    clip = tasks.begin(plan_of(watched), film(tmp_path / "f.mp4"))
    assert isinstance(clip, tasks.Clip)
    assert clip.status == "measured"


def test_what_is_no_film_says_so_by_the_name_it_was_given(watched: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    clip = tasks.begin(everything(watched), Item(str(tmp_path / "a.mp4"), 7, ""))
    assert isinstance(clip, tasks.Clip)
    assert clip.status == "failed"
    assert clip.reason.startswith(f"{tmp_path / 'a.mp4'}: not a video")
    gone = tasks.begin(everything(watched), Item(str(tmp_path / "gone.mp4"), -1, ""))
    assert isinstance(gone, tasks.Clip)
    assert "no such file" in gone.reason
    assert tasks.identify(everything(watched), Item(str(tmp_path / "gone.mp4"), -1, "")) == ""


def test_a_scan_of_films_names_everybody(watched: Path, tmp_path: Path) -> None:
    film(tmp_path / "clips" / "two.mp4")
    film(tmp_path / "clips" / "nobody.mp4", lambda k: crowd_picture(ground=60 + k % 40), 200)
    scan([str(tmp_path / "clips")], plan_of(watched), tmp_path / "out", runner=Here)
    verdicts = lines(tmp_path / "out", "verdicts")
    assert [(Path(v["file"]).name, v["who"]) for v in verdicts] == [
        ("nobody.mp4", None),
        ("two.mp4", 1),
        ("two.mp4", 2),
    ]
    assert "nobody is in sight" in verdicts[0]["reason"]


def test_a_selection_is_a_range() -> None:
    with pytest.raises(PoseprintError, match="the smaller number first"):
        Selection(3, 2)


def test_a_worker_keeps_its_instruments(
    watched: Path, tmp_path: Path, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poseprint.estimation.instruments import Instruments

    loaded: list[int] = []

    def load(_measuring: Measuring) -> Instruments:
        loaded.append(1)
        return crowd.instruments()

    monkeypatch.setattr(Instruments, "load", staticmethod(load))
    for name in "ab":
        tasks.begin(everything(watched), film(tmp_path / f"{name}.mp4", frames=60))
    assert len(loaded) == 1
