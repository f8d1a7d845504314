"""The page of a scan: whole, self-contained, and safe whatever a name holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.reports import EVIL, Page, having, judged, waving
from helpers.scan_tables import clip, scan_folder, verdict

from poseprint.app.scan.report import summary
from poseprint.rendering.report.page import is_report, write_report
from poseprint.rendering.scan_page import DRAWN, TALL, is_scan_page, write_scan_page

JOURNAL = [{"what": "begun", "s": 0.0, "at": 1795751511.0}] + [
    {"what": "clip", "s": 5.0 * k, "film_s": 45.0, "bytes": 1000, "status": "measured"} for k in range(1, 9)
]


def archive(folder: Path, name: str = "a.mp4", profile: str = "ann") -> Path:
    made = [clip(f"{k}{name}", verdict(llr, profile)) for k, llr in enumerate((2.0, 2.51, 0.1, 0.1, -1.46))]
    made += [clip(f"copy/{name}", verdict(2.0, profile), copy_of=f"0{name}")]
    made += [clip(f"failed{name}", status="failed", reason=f"failed{name}: empty")]
    made += [clip(f"crowd{name}", status="passed over", reason="9 people are usually in sight; 1 to 8 were asked for")]
    return scan_folder(folder, made, to_do=[f"late{name}"], journal=JOURNAL)


def written(folder: Path, found: dict[str, Any]) -> Page:
    write_scan_page(found, folder / "scan.html")
    return Page((folder / "scan.html").read_text(encoding="utf-8"))


def test_page_is_self_contained(tmp_path: Path) -> None:
    page = written(tmp_path, summary(archive(tmp_path / "out"), fdr=0.1))
    assert not [v for _, a in page.elements for k, v in a.items() if k in ("src", "href", "srcset", "action", "data")]
    policy = next(a["content"] or "" for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not page.scripts
    assert not any("style" in a or k.startswith("on") for _, a in page.elements for k in a)
    assert ("html", {"lang": "en"}) in page.elements
    assert [t for t, _ in page.elements if t == "h1"] == ["h1"]


def test_what_it_shows(tmp_path: Path) -> None:
    page = written(tmp_path, summary(archive(tmp_path / "out"), fdr=0.1))
    for words in (
        "Of 9 clips, 6 were measured and compared with 1 profile",
        "This scan is not complete: 1 clips are still to do.",
        "If none of these people is in the archive",
        "At a false discovery rate of 10 %",
        "1 copy: copy/a.mp4",
        "by chance up to 1 of 5 if it is nobody’s",
        "CALIBRATED_ON_FEW LLRs on films were calibrated on few people",
        "9 people are usually in sight; 1 to 8 were asked for.",
        "27 November 2026",
    ):
        assert words.replace(" ", "") in page.words.replace(" ", "")
    assert "All runs" not in page.words


def test_bars_are_as_long_as_their_shares(tmp_path: Path) -> None:
    page = written(tmp_path, summary(archive(tmp_path / "out")))
    shares = [having(page, f"{d}-bar") for d in ("consistent", "inconclusive", "inconsistent")]
    assert [bars[1]["width"] for bars in shares] == ["40.0%", "40.0%", "20.0%"]  # the first is the legend's
    assert [bars[1]["x"] for bars in shares] == ["0.0%", "40.0%", "80.0%"]
    assert [a["x1"] for a in having(page, "by-chance")] == ["50%", "20.0%"]
    heights = [float(a["height"] or 0) for bars in shares for a in bars[2:]]
    assert max(heights) == TALL
    assert sorted(heights)[0] == pytest.approx(TALL / 2**0.5, abs=0.1)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    found = summary(archive(tmp_path / "out", EVIL + "\x1b[2J\u202e", EVIL), fdr=0.1)
    page = written(tmp_path, {**found, "folder": EVIL + "\udcff"})
    plain = written(tmp_path, summary(archive(tmp_path / "plain", profile="Ann"), fdr=0.1))
    assert not page.scripts
    assert "img" not in [t for t, _ in page.elements]
    assert len(page.elements) == len(plain.elements)
    assert page.text.count("alert(1)") >= 10


def test_without_anything(tmp_path: Path) -> None:
    page = written(tmp_path, summary(scan_folder(tmp_path / "out", to_do=["a.mp4"])))
    assert "No verdict is there yet." in page.words
    assert "The journal is not there." in page.words
    assert not having(page, "llrs")


def test_of_many_profiles_some_are_drawn_and_all_are_told(tmp_path: Path) -> None:
    crowd = [clip("a.mp4", *(verdict(2.0 if k == 69 else 0.1, f"p{k}") for k in range(70)))]
    page = written(tmp_path, summary(scan_folder(tmp_path / "out", crowd)))
    assert len([t for t, _ in page.elements if t == "figure"]) == DRAWN
    assert "Drawn are the 60 profiles with most consistent verdicts" in page.words
    assert len(having(page, "share-bar")) == 70


def test_neither_page_takes_the_place_of_the_other(tmp_path: Path) -> None:
    written(tmp_path, summary(archive(tmp_path / "out")))
    write_report(judged(waving()), waving(), tmp_path / "report.html")
    assert [is_scan_page(tmp_path / name) for name in ("scan.html", "report.html")] == [True, False]
    assert [is_report(tmp_path / name) for name in ("scan.html", "report.html")] == [False, True]


@pytest.mark.slow
@pytest.mark.browser
def test_page_in_a_browser(tmp_path: Path, browser: Any) -> None:
    write_scan_page(summary(archive(tmp_path / "out", EVIL), fdr=0.1), tmp_path / "scan.html")
    for scheme in ("light", "dark"):
        page = browser.new_context(offline=True, color_scheme=scheme).new_page()
        trouble, requests = list[str](), list[str]()
        page.on("console", lambda message, trouble=trouble: trouble.append(message.text))
        page.on("pageerror", lambda error, trouble=trouble: trouble.append(str(error)))
        page.on("request", lambda request, requests=requests: requests.append(request.url))
        page.goto((tmp_path / "scan.html").as_uri())
        assert (trouble, requests) == ([], [(tmp_path / "scan.html").as_uri()])
        for width in (360, 768, 1280, 2560):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
