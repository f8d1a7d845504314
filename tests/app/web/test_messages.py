"""Every language says all that is to be said, with the same values in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import poseprint.app.web
from poseprint.app.web.messages import USUAL, Words, catalogue, chosen, languages
from poseprint.core.findings import ADVICE, CODES

FOLDER = Path(poseprint.app.web.__file__).parent
OWN = re.compile(r"(finding|advice)\.")
OTHERS = [code for code in languages() if code != USUAL]


def keys(language: str) -> set[str]:
    return {key for key in catalogue(language) if not OWN.match(key)}


def values_of(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_texts_with_the_same_values(language: str) -> None:
    assert keys(language) == keys(USUAL)
    for key in keys(USUAL):
        assert values_of(catalogue(language)[key]) == values_of(catalogue(USUAL)[key]), key


@pytest.mark.parametrize("language", OTHERS)
def test_every_finding_is_told(language: str) -> None:
    own = {key for key in catalogue(language) if OWN.match(key)}
    assert own == {f"{kind}.{code}" for kind in ("finding", "advice") for code in CODES}
    assert all(catalogue(language)[f"advice.{code}"] != ADVICE[code] for code in CODES)


def test_the_page_asks_for_no_text_that_is_missing_and_none_is_idle() -> None:
    files = [*FOLDER.glob("templates/*.html"), *FOLDER.glob("static/*.js"), *FOLDER.glob("*.py")]
    text = "\n".join(file.read_text() for file in files)
    literals = set(re.findall(r"[\"'`]([\w.]+)[\"'`]", text))
    beginnings = tuple(re.findall(r"[\"'`]([\w.]+[._])[\"'`{$]", text))
    for key in keys(USUAL) - {"language"}:
        name = key.removeprefix("js.")
        assert name in literals or name.startswith(beginnings), key


def test_which_language_is_spoken() -> None:
    assert chosen("", "de-AT,de;q=0.9,en;q=0.5") == "de"
    assert chosen("en", "de") == "en"
    assert chosen("xx", "fr, *;q=0.1") == USUAL
    assert Words("de").finding("CUTS") != Words("en").finding("CUTS")
    with pytest.raises(KeyError):
        Words("en")("no such text")
