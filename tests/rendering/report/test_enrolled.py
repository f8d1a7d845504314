"""Verdicts of an enrolled profile: the scale, the departures, the movements."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers.movers import mover
from helpers.reports import EVIL, HASTE, NOD, having, waving, weighed, written

from poseprint.app.check import check_poses
from poseprint.core.verdict import MovementScore, ProfileSummary
from poseprint.rendering.report.enrolled import view
from poseprint.rendering.report.page import write_report
from poseprint.verification.enrolment import enroll
from poseprint.verification.explanation import Quality


@pytest.mark.slow
@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (
            "consistent",
            "Consistent The person in this recording moves like Barack Obama, as far as an enrolment from 2",
        ),
        ("inconsistent", "Inconsistent The person in this recording does not move like Barack Obama, as far as an"),
        (
            "inconclusive",
            "Inconclusive This recording does not settle whether the person in it moves like Barack Obama.",
        ),
    ],
)
def test_enrolled_decision_in_words(tmp_path: Path, decision: str, words: str) -> None:
    series = waving()
    page = written(tmp_path, weighed(series, decision=decision), series)
    assert words in page.words
    assert "Moderate support that it is Barack Obama who moves." in page.words
    assert "about 26 times as probable if Barack Obama moves as if somebody else does." in page.words
    assert "voted" not in page.words.split("The whole verdict as JSON")[0]
    assert having(page, decision)[0]["class"] == f"verdict {decision}"


def test_all_three_llrs_lie_on_the_scale(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series, (1.42, -0.31, None)), series)
    for words in (
        "Movement and posture together: +1.42",
        "Movement alone: −0.31",
        "Posture and framing alone: not measured",
    ):
        assert words in page.words
    both, motion = having(page, "dot")
    assert float((both["cx"] or "").rstrip("%")) == pytest.approx(100 * 2.72 / 3.6, abs=0.01)
    assert float((motion["cx"] or "").rstrip("%")) == pytest.approx(100 * 0.99 / 3.6, abs=0.01)
    open_zone = having(page, "open-zone")[0]
    assert float((open_zone["x"] or "").rstrip("%")) == pytest.approx(100 * 0.346 / 3.6, abs=0.01)
    assert "the scale ends at −1.30 and +2.30" in page.words


@pytest.mark.slow
def test_a_scale_that_ends_before_a_verdict_says_so(tmp_path: Path) -> None:
    series = waving()
    assert "is reached (hatched)" not in written(tmp_path, weighed(series), series).words
    words = written(tmp_path, weighed(series, lower=-0.6, upper=0.9), series).words
    assert "It ends before the verdict inconsistent and the verdict consistent is reached (hatched)" in words
    assert "There the scale reached further" in words
    page = written(tmp_path, weighed(series, lower=-0.6), series)
    assert "It ends before the verdict inconsistent is reached (hatched)" in page.words
    axis = view(weighed(series, lower=-0.6))["axis"]
    assert 0 < axis["low"] < axis["lower"] < axis["zero"]


@pytest.mark.slow
@pytest.mark.parametrize("decision", ["consistent", "inconsistent", "inconclusive"])
def test_a_podium_is_not_a_person(tmp_path: Path, decision: str) -> None:
    series = waving()
    warning = "This rests on posture and framing alone. A podium is not a person:"
    words = written(tmp_path, weighed(series, decision=decision, rests_on="posture"), series).words
    assert warning in words
    assert "moves like Barack Obama, as far as" not in words
    assert warning not in written(tmp_path, weighed(series, decision=decision), series).words


@pytest.mark.slow
def test_error_rates_in_counts_of_a_hundred(tmp_path: Path) -> None:
    series = waving()
    words = written(tmp_path, weighed(series), series).words
    assert "Measured on clips of 20 s with 3 recordings enrolled" in words
    assert "here 24 % of what is compared was not, and it may err more often" in words
    assert (
        "Of 100 genuine clips this long, 3 were called inconsistent: 19 consistent, the other 78 inconclusive." in words
    )
    assert "Of 100 impostor clips this long, fewer than 1 were called consistent: 20 inconsistent" in words
    assert "wrong in 22 of 100 (equal error rate; 95 % interval 16 to 30)." in words
    assert "measured on 20 people" in words
    assert "acted gestures before a depth camera" in words
    assert "this check was made with others" not in words
    dear = written(tmp_path, weighed(series, thresholds=(-2.0, 2.0), usual_costs=False), series).words
    assert "These rates hold for the usual costs of a wrong verdict; this check was made with others." in dear
    none = written(tmp_path, weighed(series, error_rates=None), series).words
    assert "so there is no error rate to state" in none


def test_parts_stand_beside_each_other_and_over_time(tmp_path: Path) -> None:
    series = waving()
    parts = {"body": None, "head": -0.8, "eyes": 0.5, "mouth": 1.2, "bearing": -0.8, "expression": 0.9}
    verdict = weighed(series, parts=parts)
    moving = tuple(replace(m, parts={"head": -0.2, "eyes": 0.1, "mouth": None}) for m in verdict.movements)
    verdict = replace(verdict, movements=moving)
    page = written(tmp_path, verdict, series)
    for words in (
        "Part by part",
        "Head−0.80",
        "Brows, lids and gaze+0.50",
        "Face at rest+0.90",
        "Bodynot measured",
    ):
        assert words in page.words
    shown = {row["kind"]: row for row in view(verdict)["parts"]}
    assert shown["head"]["x"] + shown["head"]["width"] == pytest.approx(shown["head"]["zero"], abs=0.02)
    assert shown["mouth"]["x"] == shown["mouth"]["zero"]
    assert shown["body"]["width"] == 0
    rows = view(verdict)["chart"].rows
    assert [row.words for row in rows[3:]] == ["head", "brows, lids and gaze"]
    assert all(a.top + a.height < b.top for a, b in pairwise(rows))


def test_where_bodies_alone_are_known_no_parts_are_shown(tmp_path: Path) -> None:
    series = waving()
    assert "Part by part" not in written(tmp_path, weighed(series, parts={"body": 0.4, "head": None}), series).words
    assert len(view(weighed(series))["chart"].rows) == 3


def test_departures_stand_beside_the_range(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series), series)
    for words in (
        "place of the nose along x",
        "0.26 shoulder widths",
        "−0.05 to 0.18",
        "+4.5",
        "tempo of the right wrist",
        "−2.5",
    ):
        assert words in page.words
    nod, haste = view(weighed(series))["departures"]
    assert nod["low"] + nod["width"] < nod["mark"] < 100
    assert 0 < haste["mark"] < haste["low"]
    calm = written(tmp_path, weighed(series, departures=()), series).words
    assert "Nothing departs by two deviations or more" in calm


def test_heat_table_is_darker_where_more_departs(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series), series)
    cells = [a["class"] for t, a in page.elements if t == "td" and (a.get("class") or "").startswith(("heat-", "none"))]
    assert cells == ["none", "none", "heat-0", "heat-4", "heat-1", "none"]  # tempo, posture x head, left arm, body


def test_movements_go_up_and_down_from_zero(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series), series)
    bars = having(page, "bar")
    # Of each movement both, motion and static; the third movement's motion was not measured.
    assert [b["class"] for b in bars] == [f"bar {s}" for s in ["real"] * 3 + ["fake"] * 2 + ["real"] * 6]
    zero = 8 + 150 * 2.3 / 3.6
    up, down, faint = bars[0], bars[3], bars[6]
    assert float(up["y"] or 0) + float(up["height"] or 0) == pytest.approx(zero, abs=0.2)
    assert float(down["y"] or 0) == pytest.approx(zero, abs=0.2)
    assert float(down["height"] or 0) == pytest.approx(150 * 0.5 / 3.6, abs=0.2)
    assert float(faint["height"] or 0) == 3
    labels = [a["aria-label"] or "" for a in having(page, "movement")]
    assert "LLR −0.50, movement alone −1.20, posture alone +0.40" in labels[1]
    assert "movement alone not measured" in labels[2]
    assert "departs: place of the nose along x" in labels[1]


def test_change_of_mover_is_marked(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series), series)
    assert not having(page, "change")
    change = {"start": 9.0, "end": 12.0, "elsewhere": 1.5, "within": -1.1}
    page = written(tmp_path, weighed(series, change=change), series)
    assert (
        "From 0:09.0 to 0:12.0 somebody else seems to move than in the rest (LLR −1.10 there, +1.50 elsewhere)."
        in page.words
    )
    mark = next(a for a in having(page, "change") if "x" in a)
    assert (mark["x"], mark["width"]) == ("30.0%", "10.0%")
    assert any(a.get("data-time") == "9.0" for a in having(page, "seek"))


def test_the_enrolment_behind_it(tmp_path: Path) -> None:
    series = waving()
    words = written(tmp_path, weighed(series), series).words
    assert "2 recordings of Barack Obama, 2.0 minutes, 44 movements; 1 session: monday." in words
    assert all(text in words for text in ("ONE_SESSION", "All of one day.", "Add another day."))


def test_movements_most_and_least_like_are_replayed(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, weighed(series), series)
    assert [a["data-index"] for a in having(page, "loop")] == ["0", "3", "1"]
    assert len([t for t, _ in page.elements if t == "canvas"]) == 4
    assert "Most like Barack Obama" in page.words
    assert "Least like Barack Obama" in page.words


def test_ten_minutes_of_an_enrolled_profile_stay_small(tmp_path: Path) -> None:
    series = waving(frames=18_000)
    usual = weighed(series).movements[1]
    movements = tuple(replace(usual, start=5.0 * i, end=5.0 * i + 5, departures=(NOD, HASTE) * 2) for i in range(120))
    write_report(weighed(series, movements=movements), series, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


@pytest.mark.parametrize("movements", [(), None])
def test_enrolled_and_nothing_measured(tmp_path: Path, movements: tuple[MovementScore, ...] | None) -> None:
    series = waving()
    verdict = weighed(series, decision="inconclusive", reason="too little", evidence=None, score=None)
    if movements is not None:
        verdict = replace(verdict, movements=movements)
    page = written(tmp_path, verdict, series)
    assert "Nothing could be measured that would speak for or against Barack Obama." in page.words
    assert "Use a recording in which head, shoulders and arms of one person stay in sight" in page.words
    assert "Nothing was judged, so there is no error rate to state." in page.words
    assert not having(page, "axis")
    assert not having(page, "loop")


def test_enrolled_page_is_self_contained_and_hostile_names_stay_text(tmp_path: Path) -> None:
    series = replace(waving(), recording=EVIL)
    departure = replace(NOD, words=EVIL, quality=EVIL, unit=EVIL)
    plain = weighed(series)
    verdict = weighed(
        series,
        person=EVIL,
        recording=EVIL,
        reason=EVIL,
        words=EVIL,
        departures=(departure,),
        qualities=(Quality(EVIL, EVIL, 2.0),),
        error_rates={**(plain.evidence.error_rates or {}), "data": EVIL} if plain.evidence else {},
        movements=tuple(replace(m, departures=(departure,)) for m in plain.movements),
        profile=ProfileSummary(
            EVIL,
            made_from=({"recording": EVIL, "session": EVIL, "seconds": EVIL, "sha256": EVIL, "movements": EVIL},),
            findings=({"code": EVIL, "severity": EVIL, "message": EVIL, "advice": EVIL},),
        ),
    )
    page = written(tmp_path, verdict, series)
    assert len(page.scripts) == 2
    assert "img" not in [t for t, _ in page.elements]
    assert page.text.count("alert(1)") >= 15
    loaded = [v for _, a in page.elements for k, v in a.items() if k in ("src", "href", "srcset", "action", "data")]
    assert loaded == []
    assert not any("style" in a or any(k.startswith("on") for k in a) for _, a in page.elements)


@pytest.mark.parametrize(("llr", "times"), [(0.0, "1.0"), (0.2, "1.6"), (-1.0, "10"), (2.281, "190"), (4.0, "10,000")])
def test_a_likelihood_ratio_in_plain_numbers(llr: float, times: str) -> None:
    assert view(weighed(waving(), (llr, None, None)))["times"] == times


@pytest.fixture(scope="module")
def ann() -> Any:
    return enroll("Ann", [mover(900, seed=i, tempo=0.5 + 0.03 * i) for i in range(2)])


@pytest.mark.slow
@pytest.mark.parametrize(("tempo", "amplitude"), [(0.56, 0.3), (1.6, 0.9)])
def test_a_mover_of_its_own(tmp_path: Path, ann: Any, tempo: float, amplitude: float) -> None:
    series = mover(900, seed=7, tempo=tempo, amplitude=amplitude)
    verdict = check_poses(series, ann)
    assert verdict.evidence is not None
    page = written(tmp_path, verdict, series)
    for kind in ("both", "motion", "static"):
        assert f"{round(verdict.evidence.llr[kind], 2) + 0.0:+.2f}".replace("-", "−") in page.words
    assert len(having(page, "movement")) == len(verdict.movements) == 6
    assert len(having(page, "loop")) == 6
    assert all(d.words in page.words for d in verdict.evidence.departures)


def test_a_clip_too_short_to_say_anything(tmp_path: Path, ann: Any) -> None:
    series = mover(20, seed=3)
    verdict = check_poses(series, ann)
    assert (verdict.decision, verdict.evidence) == ("inconclusive", None)
    assert "Nothing could be measured" in written(tmp_path, verdict, series).words
