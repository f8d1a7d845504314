"""Tables for a terminal."""

from __future__ import annotations

from poseprint.core.tables import plain_cell, text_table


def test_columns_are_as_wide_as_their_cells() -> None:
    assert text_table(["file", "who", "LLR"], [["a", "Ann", "+1.0"], ["clip.mp4", "B", "-0.25"]], left=2) == [
        "| file     | who |   LLR |",
        "| -------- | --- | ----: |",
        "| a        | Ann |  +1.0 |",
        "| clip.mp4 | B   | -0.25 |",
    ]


def test_text_from_outside_cannot_end_a_cell_or_move_the_cursor() -> None:
    assert plain_cell("a|b\n\x1b[2Jc\udcff") == "a\\|b??[2Jc?"
