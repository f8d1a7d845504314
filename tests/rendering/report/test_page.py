"""The page of a report: whole, self-contained, and safe whatever a name holds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.reports import EVIL, judged, waving, written

from poseprint.core.errors import PoseprintError, VideoError
from poseprint.core.findings import Finding
from poseprint.core.verdict import ProfileSummary
from poseprint.rendering.report.page import write_report


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
        profile=ProfileSummary(
            EVIL,
            made_from=({"recording": EVIL, "person": EVIL, "label": EVIL, "seconds": 1.0, "sha256": EVIL},),
            training={EVIL: {EVIL: EVIL}},
        ),
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
    page = written(tmp_path, judged(series, recording="clip\udcff"), series)
    assert "Recordingclip?" in page.words


def test_no_findings(tmp_path: Path) -> None:
    series = waving()
    assert "No doubts were found." in written(tmp_path, judged(series, findings=()), series).words


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


@pytest.mark.slow
def test_importing_the_report_loads_no_heavy_package() -> None:
    # Through check, onnxruntime comes along; torch and mediapipe must not.
    code = "import sys, poseprint.rendering.report.page; print([m for m in ('torch', 'mediapipe') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
