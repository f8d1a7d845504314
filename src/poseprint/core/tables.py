"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """The lines of a Markdown table that reads well as plain text.

    Args:
        header: of each column.
        rows: cells, see `plain_cell` for those with text from outside.
        left: columns of text, at the left; the others are numbers.
    """
    cells = [header, *rows]
    widths = [max(3, *(len(row[k]) for row in cells)) for k in range(len(header))]
    lines = [
        [cell.ljust(w) if k < left else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))]
        for row in cells
    ]
    lines.insert(1, ["-" * w if k < left else "-" * (w - 1) + ":" for k, w in enumerate(widths)])
    return ["| " + " | ".join(line) + " |" for line in lines]


def plain_cell(text: str) -> str:
    """Text from outside without what a terminal would obey or would end a cell."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("|", "\\|")
