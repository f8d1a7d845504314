"""Movements and findings along the recording."""

from __future__ import annotations

from pathlib import Path

from helpers.reports import judged, waving, written

from poseprint.core.verdict import MovementScore


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
