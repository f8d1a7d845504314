from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from helpers.movers import mover

from poseprint.app.check import check_poses
from poseprint.core.errors import PoseprintError, VideoError
from poseprint.core.findings import Finding
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import LikelihoodRatio, MovementScore, Verdict
from poseprint.rendering.report.enrolled import view
from poseprint.rendering.report.page import write_report
from poseprint.rendering.report.replay import MISSING
from poseprint.verification.decision import Costs
from poseprint.verification.enrolment import enroll
from poseprint.verification.explanation import Departure, Quality

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}\u2028"
CHROMIUM = next((c for c in ("/usr/bin/chromium", shutil.which("chromium") or "") if c and Path(c).exists()), "")
REST = np.array(
    [(0, -6), (0, 0), (-5, 0), (-6.5, 8), (-6, 15), (5, 0), (6.5, 8), (6, 15), (-1, -7), (1, -7), (-2, -6.5), (2, -6.5)]
)


def waving(frames: int = 900, size: tuple[int, int] = (640, 360), fps: float = 30.0) -> PoseSeries:
    """A figure that waves its right hand; its left wrist is missing now and then, and it is gone for a while."""
    t = np.arange(frames) / fps
    position = np.repeat(REST[None] / 10, frames, 0)
    position[:, 4] += np.stack([0.4 * np.sin(4 * t), -1.2 + 0.1 * np.cos(8 * t)], 1)
    position = position * size[1] / 4 + (size[0] / 2, size[1] / 2.4)
    position[300:330] = np.nan
    position[400:500, 7] = np.nan
    confidence = np.full((frames, 12), 0.9)
    confidence[600:700, 4] = 0.3
    return PoseSeries(position=position, confidence=confidence, time=t, fps=fps, frame_size=size, recording="speech")


def judged(series: PoseSeries, scores: tuple[float, ...] = (0.9, 0.8, 0.2, 0.7), **changes: Any) -> Verdict:
    movements = tuple(
        MovementScore(150 * i, 150 * i + 150, 5.0 * i, 5.0 * i + 5, score, int(score > 0.5), 0.95)
        for i, score in enumerate(scores)
    )
    real = sum(m.vote for m in movements)
    verdict = Verdict(
        decision="consistent" if real * 2 > len(scores) else "inconsistent",
        reason=f"{real} of {len(scores)} movements were voted real.",
        person="Barack Obama",
        recording=series.recording,
        score=real / len(scores) if scores else None,
        votes={"real": real, "fake": len(scores) - real},
        movements=movements,
        findings=(
            Finding("PERSON_ABSENT", "exclude", "nobody is there for 1.0 s", "trim the video", ((300, 330),)),
            Finding("CUTS", "note", "the recording is edited", "nothing to do"),
        ),
        seconds={"recording": series.duration, "used": 5.0 * len(scores)},
        seen={"nose": 0.97, "eyes": 0.97, "ears": 0.97, "shoulders": 0.97, "elbows": 0.97, "wrists": 0.8},
        settings={"length": 150, "fps": series.fps, "vote_above": 0.5},
        profile={
            "person": "Barack Obama",
            "kind": "supervised",
            "made_from": [
                {
                    "recording": "address",
                    "person": "Barack Obama",
                    "label": "real",
                    "seconds": 63.0,
                    "sha256": "a" * 64,
                },
                {"recording": "other", "person": "Other", "label": "fake", "seconds": 200.0, "sha256": "b" * 64},
            ],
            "training": {
                "split": "recording",
                "settings": {"seed": 0},
                "test": {"movements": 40, "recordings": 5, "accuracy": 0.9, "interval": [0.8, 0.95], "majority": 0.6},
            },
        },
        versions={"poseprint": "0.1.0"},
        hashes={"recording": "c" * 64},
    )
    return replace(verdict, **changes)


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, text by element, and the scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, _: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside != "style":
            self.text += data

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", self.text)


def written(tmp_path: Path, verdict: Verdict, series: PoseSeries, **options: Any) -> Page:
    write_report(verdict, series, tmp_path / "report.html", **options)
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_page_is_self_contained(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, judged(series), series)
    loaded = [v for _, a in page.elements for k, v in a.items() if k in ("src", "href", "srcset", "action", "data")]
    assert loaded == []
    policy = next(a["content"] or "" for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    css = resources_text("report.css")
    assert "http" not in css + resources_text("report.js")
    assert "@import" not in css
    assert not any("style" in a or k.startswith("on") for _, a in page.elements for k in a)
    assert ("html", {"lang": "en"}) in page.elements
    assert [t for t, _ in page.elements if t == "h1"] == ["h1"]


def resources_text(name: str) -> str:
    from poseprint.rendering import report

    return (Path(report.__file__).parent / name).read_text(encoding="utf-8")


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


@pytest.mark.parametrize(
    "profile", [{}, {"training": {"test": {"accuracy": None}}}, {"training": None, "made_from": None}]
)
def test_profile_that_says_nothing(tmp_path: Path, profile: dict[str, Any]) -> None:
    series = waving()
    words = written(tmp_path, judged(series, profile=profile), series).words
    assert "It does not say what footage it was made from." in words
    assert "It states no error measured" in words


def test_split_by_movement_is_said_to_flatter(tmp_path: Path) -> None:
    series = waving()
    test = {"movements": 8, "recordings": 1, "accuracy": 1.0, "interval": None, "majority": 0.5}
    profile = {"training": {"split": "movement", "test": test}}
    words = written(tmp_path, judged(series, profile=profile), series).words
    assert "which flatters, it judged 0 % of 8 movements wrongly (too few recordings for an interval)" in words


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    series = replace(waving(), recording=EVIL)
    verdict = judged(
        series,
        person=EVIL,
        recording=EVIL,
        reason=EVIL,
        findings=(Finding(EVIL, "warning", EVIL, EVIL, ((0, 9),)),),
        settings={EVIL: EVIL},
        versions={EVIL: EVIL},
        hashes={EVIL: EVIL},
        seen={EVIL: 0.5},
        profile={
            "training": {EVIL: {EVIL: EVIL}},
            "made_from": [{"recording": EVIL, "person": EVIL, "label": EVIL, "seconds": 1.0, "sha256": EVIL}],
        },
    )
    page = written(tmp_path, verdict, series)
    plain = written(tmp_path, judged(series), series)
    assert len(page.scripts) == len(plain.scripts) == 2
    assert "img" not in [t for t, _ in page.elements]
    assert "alert" not in page.scripts[0] + page.scripts[1]
    assert page.text.count("alert(1)") >= 10
    assert "{{ 7*7 }}" in page.text


def test_names_embedded_for_the_script_cannot_end_it(tmp_path: Path) -> None:
    series = waving()
    skeleton = replace(series.skeleton, name=EVIL, keypoints=(EVIL, *series.skeleton.keypoints[1:]))
    page = written(tmp_path, judged(series), replace(series, skeleton=skeleton))
    assert len(page.scripts) == 2
    assert json.loads(page.scripts[0])["keypoints"][0] == EVIL


def test_name_that_is_no_text(tmp_path: Path) -> None:
    series = waving()
    written(tmp_path, judged(series, recording="clip\udcff"), series)


def test_bars_bands_and_unused_time(tmp_path: Path) -> None:
    series = waving()
    page = written(tmp_path, judged(series), series)
    bars = [a for t, a in page.elements if t == "rect" and (a.get("class") or "").startswith("bar ")]
    assert [b["class"] for b in bars] == ["bar real", "bar real", "bar fake", "bar real"]
    assert bars[0]["height"] == "126.0"  # 0.9 of 140
    assert (bars[2]["x"], bars[2]["width"]) == ("33.333%", "16.667%")
    band = next(a for t, a in page.elements if (a.get("class") or "") == "band exclude")
    assert (band["x"], band["width"]) == ("33.333%", "3.333%")
    unused = [a for t, a in page.elements if a.get("class") == "unused" and "x" in a]
    assert [(u["x"], u["width"]) for u in unused] == [("66.667%", "33.333%")]
    assert "0:10.0–0:11.0" in page.text
    assert "whole recording" in page.text


def test_findings_of_a_resampled_recording_keep_their_times(tmp_path: Path) -> None:
    series = waving(frames=1500, fps=50.0)
    page = written(tmp_path, judged(series, settings={"fps": 30.0}), series)
    assert "0:10.0–0:11.0" in page.text


def test_overlapping_movements_do_not_hide_each_other(tmp_path: Path) -> None:
    series = waving()
    movements = tuple(MovementScore(75 * i, 75 * i + 150, 2.5 * i, 2.5 * i + 5, 0.9, 1, 1.0) for i in range(3))
    page = written(tmp_path, judged(series, movements=movements), series)
    bars = [a for t, a in page.elements if (a.get("class") or "").startswith("bar ")]
    assert [b["width"] for b in bars] == ["8.333%", "8.333%", "16.667%"]


def test_no_findings(tmp_path: Path) -> None:
    series = waving()
    assert "No doubts were found." in written(tmp_path, judged(series, findings=()), series).words


@pytest.mark.parametrize("frames", [900, 1, 0])
def test_no_movements(tmp_path: Path, frames: int) -> None:
    series = waving()
    series = series.part(0, frames)
    verdict = judged(series, (), decision="inconclusive")
    page = written(tmp_path, verdict, series)
    assert "No movement was judged." in page.text
    assert "0 of 0 movements voted real" in page.words
    assert json.loads(page.scripts[0])["frames"] == frames


def test_poses_that_are_all_missing(tmp_path: Path) -> None:
    series = waving()
    series = replace(series, position=np.full_like(series.position, np.nan))
    data = json.loads(written(tmp_path, judged(series), series).scripts[0])
    assert set(np.frombuffer(base64.b64decode(data["position"]), "<i2")) == {MISSING}
    assert data["shoulders"] is None


@pytest.mark.parametrize("size", [(640, 360), (3840, 2160)])
def test_embedded_poses_come_back(tmp_path: Path, size: tuple[int, int]) -> None:
    series = waving(size=size)
    data = json.loads(written(tmp_path, judged(series), series).scripts[0])
    packed = np.frombuffer(base64.b64decode(data["position"]), "<i2").reshape(series.position.shape)
    position = np.where(packed == data["missing"], np.nan, packed / data["perPixel"])
    np.testing.assert_allclose(position, series.position, atol=0.5 / data["perPixel"] + 1e-3)
    confidence = np.frombuffer(base64.b64decode(data["confidence"]), np.uint8).reshape(series.confidence.shape)
    np.testing.assert_allclose(confidence / 255, series.confidence, atol=0.002)


def test_verdict_json_is_whole_and_valid(tmp_path: Path) -> None:
    series = waving()
    verdict = judged(series, settings={"nan": float("nan"), "numpy": np.float32(0.5), "list": np.arange(2)})
    text = written(tmp_path, verdict, series).text
    start = text.index('{\n  "decision"')
    whole, _ = json.JSONDecoder(parse_constant=lambda c: pytest.fail(c)).raw_decode(text[start:])
    assert whole["settings"] == {"nan": None, "numpy": 0.5, "list": [0, 1]}
    assert len(whole["movements"]) == 4


def test_ten_minutes_stay_small(tmp_path: Path) -> None:
    series = waving(frames=18_000)
    flicker = tuple((i, i + 1) for i in range(0, 18_000, 2))
    verdict = judged(series, (0.7,) * 120, findings=(Finding("A", "warning", "flickers", "nothing", flicker),))
    write_report(verdict, series, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 2_500_000


def test_page_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    series = waving()
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(VideoError):
        write_report(judged(series), series, path, footage=tmp_path / "nothing.mp4")
    assert path.read_text() == "old"
    write_report(judged(series), series, path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("where", ["file/report.html", "folder"])
def test_unwritable_path_is_one_line(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    series = waving()
    with pytest.raises(PoseprintError, match="cannot be written") as caught:
        write_report(judged(series), series, tmp_path / where)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_importing_the_report_loads_no_heavy_package() -> None:
    # Through check, onnxruntime comes along; torch and mediapipe must not.
    code = "import sys, poseprint.rendering.report.page; print([m for m in ('torch', 'mediapipe') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# ---- verdicts of an enrolled profile ------------------------------------------------------------

NOD = Departure(
    "place_nose_x", "place of the nose along x", "posture", ("nose",), 0.26, -0.05, 0.18, "shoulder widths", 4.5
)
HASTE = Departure("tempo", "tempo of the right wrist", "tempo", ("right_wrist",), 1.0, 2.0, 6.0, "1/s", -2.5)
LLRS = ((2.0, 1.5, 1.0), (-0.5, -1.2, 0.4), (0.01, None, 0.01), (1.2, 0.9, 0.8))


def weighed(series: PoseSeries, llr: tuple[float | None, ...] = (1.42, 0.31, 1.1), **changes: Any) -> Verdict:
    """What an enrolled profile might say of `waving`."""
    kinds = ("both", "motion", "static")
    movements = tuple(
        MovementScore(
            150 * i,
            150 * i + 150,
            5.0 * i,
            5.0 * i + 5,
            both or 0.0,
            int((both or 0) > 0),
            0.95,
            dict(zip(kinds, (both, *rest), strict=True)),
            (NOD, HASTE) if i == 1 else (),
        )
        for i, (both, *rest) in enumerate(LLRS)
    )
    evidence = LikelihoodRatio(
        llr=dict(zip(kinds, llr, strict=True)),
        lower=-1.3,
        upper=2.3,
        thresholds=Costs().thresholds,
        usual_costs=True,
        words="moderate support that it is Barack Obama who moves",
        rests_on="movement and posture",
        hidden=0.24,
        error_rates={
            "seconds": 20.0,
            "enrolled": 3,
            "eer": 0.221,
            "eer_interval": [0.164, 0.295],
            "persons": 20,
            "genuine_consistent": 0.1875,
            "genuine_inconsistent": 0.034,
            "impostor_consistent": 0.0008,
            "impostor_inconsistent": 0.1969,
        },
        departures=(NOD, HASTE),
        qualities=(Quality("posture", "head", 3.5), Quality("posture", "left arm", 1.2), Quality("tempo", "body", 0.4)),
        typical=(0, 3),
        untypical=(1,),
        change=None,
    )
    evidence = replace(evidence, **{k: changes.pop(k) for k in list(changes) if k in LikelihoodRatio.__annotations__})
    made_from = [
        {
            "recording": "address",
            "person": "Barack Obama",
            "label": "real",
            "session": "monday",
            "seconds": 63.0,
            "movements": 24,
        },
        {
            "recording": "rally",
            "person": "Barack Obama",
            "label": "real",
            "session": "",
            "seconds": 57.0,
            "movements": 20,
        },
    ]
    finding = {"code": "ONE_SESSION", "severity": "warning", "message": "all of one day", "advice": "add another day"}
    profile = {"person": "Barack Obama", "kind": "enrolled", "findings": [finding], "made_from": made_from}
    verdict = judged(
        series, decision="consistent", reason="LLR +1.42: moderate support.", movements=movements, profile=profile
    )
    return replace(verdict, **{"evidence": evidence, "score": llr[0], **changes})


def having(page: Page, name: str) -> list[dict[str, str | None]]:
    """The attributes of every element of a class."""
    return [a for _, a in page.elements if name in (a.get("class") or "").split()]


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


@pytest.mark.parametrize("decision", ["consistent", "inconsistent", "inconclusive"])
def test_a_podium_is_not_a_person(tmp_path: Path, decision: str) -> None:
    series = waving()
    warning = "This rests on posture and framing alone. A podium is not a person:"
    words = written(tmp_path, weighed(series, decision=decision, rests_on="posture"), series).words
    assert warning in words
    assert "moves like Barack Obama, as far as" not in words
    assert warning not in written(tmp_path, weighed(series, decision=decision), series).words


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
        profile={
            "kind": "enrolled",
            "findings": [{"code": EVIL, "severity": EVIL, "message": EVIL, "advice": EVIL}, EVIL],
            "made_from": [
                {"recording": EVIL, "session": EVIL, "seconds": EVIL, "sha256": EVIL, "movements": EVIL},
                EVIL,
            ],
        },
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


def film(path: Path, size: tuple[int, int] = (1280, 720), frames: int = 60) -> Path:
    """A film whose grey level counts its frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for i in range(frames):
            picture = np.full((size[1], size[0], 3), 4 * (i % 60), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("size", "small"), [((1280, 720), (640, 360)), ((360, 720), (320, 640)), ((64, 48), (64, 48))])
def test_footage_is_embedded_small_and_in_step(tmp_path: Path, size: tuple[int, int], small: tuple[int, int]) -> None:
    series = waving(frames=60)
    page = written(tmp_path, judged(series, ()), series, footage=film(tmp_path / "film.mp4", size))
    source = next(a["src"] or "" for t, a in page.elements if t == "video")
    head, text = source.split(",")
    assert head == "data:video/mp4;base64"
    (tmp_path / "small.mp4").write_bytes(base64.b64decode(text))
    with av.open(str(tmp_path / "small.mp4")) as container:
        decoded = list(container.decode(video=0))
        assert (decoded[0].width, decoded[0].height) == small
        assert not container.streams.audio
    assert [f.time for f in decoded] == pytest.approx([i / 30 for i in range(60)])
    assert decoded[40].to_ndarray(format="rgb24").mean() == pytest.approx(160, abs=4)


@pytest.fixture
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Playwright's own waiting evaluates strings in the page, which its policy forbids."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.browser
@pytest.mark.parametrize("with_footage", [False, True])
def test_page_in_a_browser(tmp_path: Path, browser: Any, with_footage: bool) -> None:
    series = replace(waving(), recording=EVIL)
    path = tmp_path / "report.html"
    verdict = judged(series, person=EVIL, recording=EVIL)
    footage = film(tmp_path / "film.mp4", (64, 36), frames=900) if with_footage else None
    write_report(verdict, series, path, footage=footage)
    context = browser.new_context(offline=True)
    page = context.new_page()
    trouble: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())

    def playhead() -> float:
        return float(page.locator("#chart .playhead").get_attribute("x1").rstrip("%"))

    assert playhead() == 0
    page.click("#play")
    eventually(lambda: playhead() > 1)
    page.click("#play")
    assert page.locator("#play").inner_text() == "Play"

    page.locator(".movement").nth(2).click()
    assert playhead() == pytest.approx(100 / 3, abs=0.01)
    assert page.locator("#clock").inner_text().startswith("0:10.0")
    assert "score 0.20, voted fake" in page.locator("#readout").inner_text()

    page.locator("#stage").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator("#clock").inner_text().startswith("0:11.0")
    page.keyboard.press("Space")
    eventually(lambda: int(page.locator("#slider").input_value()) > 332)
    page.keyboard.press("Space")
    page.locator(".movement").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#clock").inner_text().startswith("0:05.0")
    # Something is drawn where somebody is seen, and nothing where nobody is.
    drawn = "document.getElementById('stage').toDataURL().length"
    somebody = page.evaluate(drawn)
    page.locator(".findings .seek").first.click()
    assert page.evaluate(drawn) < somebody / 2
    if with_footage:
        eventually(lambda: abs(page.evaluate("document.getElementById('video').currentTime") - 10) < 0.04)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert trouble == []
    assert [r for r in requests if not r.startswith("data:")] == [path.as_uri()]
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("reduced", [False, True])
def test_enrolled_page_in_a_browser(tmp_path: Path, browser: Any, reduced: bool) -> None:
    series = replace(waving(), recording=EVIL)
    path = tmp_path / "report.html"
    change = {"start": 9.0, "end": 12.0, "elsewhere": 1.5, "within": -1.1}
    write_report(weighed(series, person=EVIL, recording=EVIL, change=change), series, path)
    context = browser.new_context(offline=True, reduced_motion="reduce" if reduced else "no-preference")
    page = context.new_page()
    trouble: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())

    def shown() -> list[bool]:
        return [panel.is_visible() for panel in page.locator(".chosen").all()]

    assert shown() == [False] * 4
    # By its middle it is clicked through the bars, as a hand would.
    page.locator(".movement").nth(1).click()
    assert shown() == [False, True, False, False]
    assert "place of the nose along x" in page.locator(".chosen").nth(1).inner_text()
    assert page.locator("#clock").inner_text().startswith("0:05.0")
    assert "LLR −0.50, movement alone −1.20" in page.locator("#readout").inner_text()
    page.keyboard.press("Tab")
    page.locator(".movement").nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert shown() == [False, False, True, False]

    picture = "document.querySelectorAll('.loop canvas')[0].toDataURL()"
    page.locator(".loop").first.scroll_into_view_if_needed()
    assert page.locator("#loops").inner_text() == ("Play all" if reduced else "Pause all")
    before = page.evaluate(picture)
    if reduced:
        time.sleep(0.3)
        assert page.evaluate(picture) == before
        page.click("#loops")
    eventually(lambda: page.evaluate(picture) != before)
    page.click("#loops")
    assert page.locator("#loops").inner_text() == "Play all"
    page.locator(".loop").nth(1).focus()
    page.keyboard.press("Enter")
    assert shown() == [False, False, False, True]
    for width in (1280, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []
    assert requests == [path.as_uri()]
    context.close()
