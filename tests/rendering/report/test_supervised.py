"""Verdicts of a supervised profile, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.reports import judged, waving, written

from poseprint.core.verdict import ProfileSummary


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("consistent", "Consistent The person in this recording moves like Barack Obama, as far as this profile"),
        ("inconsistent", "Inconsistent The person in this recording does not move like Barack Obama, as far as"),
        (
            "inconclusive",
            "Inconclusive This recording does not settle whether the person in it moves like Barack Obama.",
        ),
    ],
)
def test_decision_in_words(tmp_path: Path, decision: str, words: str) -> None:
    series = waving()
    page = written(tmp_path, judged(series, decision=decision), series)
    assert words in page.words
    assert "3 of 4 movements voted real (75 %)" in page.words
    assert "20 s of 30 s in the recording" in page.words
    assert any(a.get("class") == f"verdict {decision}" for _, a in page.elements)


def test_profile_tells_its_footage_and_error(tmp_path: Path) -> None:
    series = waving()
    words = written(tmp_path, judged(series), series).words
    assert "1 recording of Barack Obama (63 s) and 1 recording of other people or fakes (3.3 min)." in words
    assert "Tested on 5 recordings it was not trained on, it judged 10 % of 40 movements wrongly" in words
    assert "(95 % interval 5 to 20 %); always giving the commoner answer is wrong in 40 %." in words


@pytest.mark.parametrize("training", [{}, {"test": {"accuracy": None}}, {"test": None}, {"test": {"accuracy": -3}}])
def test_profile_that_says_nothing(tmp_path: Path, training: dict[str, Any]) -> None:
    series = waving()
    profile = ProfileSummary("Ann", (), training=training)
    words = written(tmp_path, judged(series, profile=profile), series).words
    assert "It does not say what footage it was made from." in words
    assert "It states no error measured" in words


def test_split_by_movement_is_said_to_flatter(tmp_path: Path) -> None:
    series = waving()
    test = {"movements": 8, "recordings": 1, "accuracy": 1.0, "interval": None, "majority": 0.5}
    profile = ProfileSummary("Ann", (), training={"split": "movement", "test": test})
    words = written(tmp_path, judged(series, profile=profile), series).words
    assert "which flatters, it judged 0 % of 8 movements wrongly (too few recordings for an interval)" in words


@pytest.mark.parametrize("interval", [["0.8", 1.0], [0.8], 0.8, "01", [-1, 1e300]])
def test_figures_that_are_none_are_not_shown(tmp_path: Path, interval: object) -> None:
    series = waving()
    test = {"movements": 8, "recordings": 1, "accuracy": 1.0, "interval": interval, "majority": "0.5"}
    words = written(tmp_path, judged(series, profile=ProfileSummary("Ann", (), training={"test": test})), series).words
    assert "it judged 0 % of 8 movements wrongly (too few recordings for an interval)." in words


@pytest.mark.parametrize("frames", [900, 1, 0])
def test_no_movements(tmp_path: Path, frames: int) -> None:
    series = waving()
    series = series.part(0, frames)
    verdict = judged(series, (), decision="inconclusive")
    page = written(tmp_path, verdict, series)
    assert "No movement was judged." in page.text
    assert "0 of 0 movements voted real" in page.words
    assert json.loads(page.scripts[0])["frames"] == frames
