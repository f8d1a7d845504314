"""An error is a line that can be read."""

from __future__ import annotations

import pytest

from poseprint.core.errors import PoseFileError, PoseprintError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip.mp4: the file is empty", "clip.mp4: the file is empty"),
        ("clip.mp4: it says\n\t'no'\r\n", "clip.mp4: it says 'no'"),
        ("", ""),
    ],
)
def test_an_error_is_one_line(text: str, said: str) -> None:
    assert str(PoseprintError(text)) == said


def test_an_error_does_not_quote_a_whole_file() -> None:
    said = str(PoseFileError(f"a.json: {'x' * 100_000}; get the file again"))
    assert len(said) < 1000
    assert said.startswith("a.json: xxx")
    assert said.endswith("xxx; get the file again")
