"""The options of commands that measure a video, and what `inspect` says of the people in one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.command import Command
from helpers.crowd import Crowd, Head, crowd_picture
from helpers.files import poses
from helpers.profiles import make_profile
from helpers.videos import write_video

from poseprint.app.cli.measures import _place
from poseprint.core.errors import PoseprintError
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring

RED: Head = (80, 60, 30)
BLUE: Head = (230, 60, 22)


def picture(k: int) -> np.ndarray:
    return crowd_picture((RED[0] + k / 10, *RED[1:]), BLUE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("two") / "two.mp4", picture, 60, options={"preset": "ultrafast"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Measuring]:
    """Each measuring that instruments were loaded for."""
    seen: list[Measuring] = []

    def load(measuring: Measuring) -> Instruments:
        seen.append(measuring)
        return Crowd().instruments()

    monkeypatch.setattr(Instruments, "load", staticmethod(load))
    return seen


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("320,180", (320, 180, 0)),
        ("320,180@2.5", (320, 180, 2.5)),
        (" 3.5 , 0 @ 10 ", (3.5, 0, 10)),
        (None, None),
    ],
)
def test_a_place(text: str | None, place: tuple[float, float, float] | None) -> None:
    assert _place(text) == place


NO_PLACES = ["", "320", "320;180", "320,180@", "a,b", "320,180,2", "-3,4", "1e3,4", "nan,4", "320,180@-1", "3" * 500]


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(PoseprintError, match=r"expected X,Y or X,Y@SECONDS, such as 320,180@2\.5"):
        _place(text)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--at=nonsense"], "--at 'nonsense': expected X,Y or X,Y@SECONDS, such as 320,180@2.5"),
        (["--who", 1, "--at", "3,4"], "--who and --at both name a person; give one of them"),
        (["--rate", 7], "--rate is one of 10, 15, 30, got 7"),
        (["--rate", 60], "--rate is one of 10, 15, 30, got 60"),
        (["--estimator", "nonsense"], "no estimator is called 'nonsense'; there are: mediapipe, openpose"),
        (["--weights", "net.onnx"], "mediapipe has its own model files and takes no weights; openpose does"),
        (["--estimator", "openpose"], "openpose needs weights: a network as an ONNX file (docs/estimators.md)"),
    ],
)
@pytest.mark.parametrize("name", ["inspect", "extract", "check"])
def test_options_that_cannot_be(
    two: Path, tmp_path: Path, command: Command, name: str, options: list[object], error: str
) -> None:
    further: dict[str, list[object]] = {
        "extract": ["-o", tmp_path / "data"],
        "check": ["--profile", make_profile(tmp_path / "profile")],
    }
    assert command(name, two, *further.get(name, []), *options).error() == error


@pytest.mark.parametrize("who", [["--who", 0], ["--who", "first"], ["--rate", "fast"]])
def test_options_that_are_no_numbers(two: Path, command: Command, who: list[object]) -> None:
    assert "--help" in command("inspect", two, *who).error()


@pytest.mark.parametrize("named", [["--who", 2], ["--at", "3,4"]])
def test_a_person_is_named_in_one_video(
    two: Path, tmp_path: Path, command: Command, asked: list[Measuring], named: list[object]
) -> None:
    error = command("extract", two, two, "-o", tmp_path / "data", *named).error()
    assert error == "--who and --at name a person in one video; give the others without, or one by one"
    assert asked == []
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_options_reach_what_measures(two: Path, tmp_path: Path, command: Command, asked: list[Measuring]) -> None:
    given = ["--no-head", "--hands", "--rate", 10, "--jobs", 1, "--models", tmp_path, "--no-cache", "--who", 1]
    assert command("inspect", two, *given).code == 0
    assert set(asked) == {
        Measuring(head=False, hands=True, rate=10, jobs=1, models=tmp_path, cache=False, who=1),
    }
    asked.clear()
    assert command("inspect", two, "--at", "80,60@1").code == 0
    assert set(asked) == {Measuring(at=(80, 60, 1))}


# Who is in a video


@pytest.mark.slow
def test_inspect_lists_people(two: Path, crowd: Crowd, command: Command) -> None:
    found = json.loads(command("inspect", two, "--json").out)
    assert (found["who"], [p["number"] for p in found["people"]]) == (1, [1, 2])
    first, second = found["people"]
    assert first.keys() == {"number", "seconds", "size", "place", "first", "last", "clearest", "there"}
    assert first["place"] == pytest.approx([RED[0] + 3, RED[1]], abs=4)
    assert second["place"] == pytest.approx(list(BLUE[:2]), abs=2)
    assert found["seconds_by_kind"].keys() == {"body"}
    assert found["seconds_by_kind"]["body"] == found["usable_seconds"]
    lines = command("inspect", two, "--who", 2).out.splitlines()
    told = [line for line in lines if line.startswith("  person ")]
    assert [line.split(":")[0] for line in told] == ["  person 1", "  person 2"]
    assert [line.endswith("<- measured") for line in told] == [False, True]


@pytest.mark.slow
def test_a_number_that_nobody_has(two: Path, crowd: Crowd, command: Command) -> None:
    error = command("inspect", two, "--who", 3).error()
    assert error == "--who 3: nobody has that number; in sight: 1: 2 s, 2: 2 s"
    assert command("inspect", two, "--at", "5,5").error().startswith("--at 5,5@0: nobody is there then; in sight")


def test_inspect_lists_nobody_in_poses(tmp_path: Path, command: Command) -> None:
    found = json.loads(command("inspect", poses(tmp_path / "a.parquet"), "--json").out)
    assert (found["people"], found["who"]) == ([], None)
    assert found["seconds_by_kind"] == {"body": 10.0}


@pytest.mark.slow
def test_a_page_shows_a_picture_of_each(two: Path, tmp_path: Path, crowd: Crowd, command: Command) -> None:
    page = tmp_path / "people.html"
    assert command("inspect", two, "--html", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r'<img [^>]*src="data:image/jpeg;base64,', text)) == 2
    assert "http" not in text.replace("http-equiv", "")
    assert command("inspect", two, "--html", page).code == 0  # its own page is replaced


def test_a_page_of_poses_shows_none(tmp_path: Path, command: Command) -> None:
    page = tmp_path / "people.html"
    assert command("inspect", poses(tmp_path / "a.parquet"), "--html", page).code == 0
    assert "<img" not in page.read_text(encoding="utf-8")


def test_a_page_replaces_no_foreign_file(tmp_path: Path, command: Command) -> None:
    source, page = poses(tmp_path / "a.parquet"), tmp_path / "page.html"
    page.write_text("<html>mine</html>")
    assert "page.html" in command("inspect", source, "--html", page).error()
    assert page.read_text() == "<html>mine</html>"
    assert command("inspect", source, "--html", page, "--force").code == 0
    assert "mine" not in page.read_text()
    assert "a.parquet" in command("inspect", source, "--html", source, "--force").error()
