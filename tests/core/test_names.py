"""Names as texts and as names of files."""

from __future__ import annotations

import os
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poseprint.core.names import LONGEST, safe_file_name, same_file_name, typed

ANY = st.text(st.characters(), max_size=300)  # surrogates too: bytes of a name that are no UTF-8


@given(ANY)
@example("con.txt")
@example("caf\udce9")
@example("x" * LONGEST)
@example("é" * LONGEST)
def test_any_name_becomes_one_that_any_file_system_takes_and_then_stays(name: str) -> None:
    safe = safe_file_name(name)
    assert 0 < len(safe.encode()) <= LONGEST
    assert safe.isprintable()
    assert not set(safe) & set('/\\:*?"<>|')
    assert safe == safe.strip(" .")
    assert safe == unicodedata.normalize("NFC", safe)
    assert safe_file_name(safe) == safe


@given(ANY, ANY)
def test_names_that_differ_stay_different(name: str, other: str) -> None:
    if unicodedata.normalize("NFC", name) != unicodedata.normalize("NFC", other):
        assert safe_file_name(name) != safe_file_name(other)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Zürich, Saal 2 – früh", None),
        ("ｆｉｌｍ 漢字", None),
        ("", "recording"),
        ("..", "recording"),
        ("../../x", "_.._x"),
        ("tab\tline\n", "tab_line_"),
        ("caf\udce9", "caf_"),
        ("CON", "CON"),
        ("nul.tar", "nul"),
        ("n" * 240, "n" * (LONGEST - 9)),
    ],
)
def test_what_a_name_becomes(name: str, left: str | None) -> None:
    assert re.fullmatch(re.escape(left) + "-[0-9a-f]{8}" if left else re.escape(name), safe_file_name(name))


def test_names_that_are_one_to_some_file_systems() -> None:
    assert same_file_name("Clip É.mp4") == same_file_name("clip e\u0301.MP4")
    assert same_file_name("clip") != same_file_name("clap")
    assert safe_file_name("e\u0301") == "é"


def test_what_the_locale_could_not_decode_is_as_it_was_typed() -> None:
    assert typed("Zürich") == "Zürich"
    for raw, meant in (("Zürich".encode(), "Zürich"), (b"Z\xfcrich", "Zürich")):
        assert typed(raw.decode("ascii", "surrogateescape")) == meant
        assert os.fsencode(raw.decode("ascii", "surrogateescape")) == raw
