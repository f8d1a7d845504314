"""The page of an evaluation, its tables and its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from poseprint.evaluation.page import table


@pytest.mark.slow
def test_the_page_and_the_figures(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, out, _ = evaluated
    page = (out / "evaluation.md").read_text(encoding="utf-8")
    for words in ("# Evaluation: people", "3 persons, 24 genuine recordings (8 to 8 a person)", "## Parted by session"):
        assert words in page
    assert "share an activity; 3 of 3 persons have two activities or more, and so genuine trials. So few make" in page
    assert "Left out: 4 recordings" in page
    for by in result["protocols"]:
        for name in ("det", "tippett", "reliability", "seconds"):
            assert f"]({by}-{name}.svg)" in page
            text = (out / f"{by}-{name}.svg").read_text(encoding="utf-8")
            ElementTree.fromstring(text)
            assert f"parted by {by}" in text
    assert not list(out.glob("*.part*"))
    widths = {line.count("|") - line.count("\\|") for line in page.splitlines() if line.startswith("| static |")}
    assert len(widths) == 1


def test_a_cell_cannot_break_a_table() -> None:
    assert table(["a", "b"], [["x|y", "two\nlines"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | two lines |\n"
