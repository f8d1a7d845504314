"""A verdict in words: which side, how strongly, and how sure the number is."""

from __future__ import annotations

from typing import Any

import pytest

from poseprint.app.web.messages import Words
from poseprint.app.web.told import as_text, told

EVIDENCE = {
    "margin": {"both": 0.2},
    "lower": -1.5,
    "upper": 2.5,
    "thresholds": [-0.95, 0.95],
    "rests_on": "movement",
    "error_rates": {"films": True, "persons": 26},
    "parts": {"head": 0.4, "mouth": None},
}


def verdict(llr: float | None, decision: str, codes: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    return {
        "decision": decision,
        "recording": "clip",
        "profile": {"person": "Ann", "kind": "enrolled", "made_from": [{"label": "real"}]},
        "evidence": {**EVIDENCE, "llr": {"both": llr, "motion": llr, "static": None}, **changes},
        "findings": [{"code": c, "severity": "warning", "message": "m", "advice": "a", "frames": []} for c in codes],
        "votes": {"real": 1, "fake": 2},
        "seconds": {"used": 20.0},
        "hashes": {"recording": "f00", "profile": "ba5"},
        "versions": {"poseprint": "0"},
    }


@pytest.mark.parametrize(
    ("llr", "decision", "sentence", "number"),
    [
        (
            2.0,
            "consistent",
            "moderately strong support to the proposition that Ann moves",
            "100 times as probable under A",
        ),
        (
            -1.0,
            "inconsistent",
            "moderate support to the proposition that somebody else",
            "10 times as probable under B",
        ),
        (1.05, "consistent", "could as well come out inconclusive", "± 0.20"),
        (0.1, "inconclusive", "supports neither", "1.3 times"),
        (1.4, "inconclusive", "does not carry one", "LLR +1.40"),
        (None, "inconclusive", "Too little can be measured", "no number"),
    ],
)
def test_the_sentence_and_the_number(llr: float | None, decision: str, sentence: str, number: str) -> None:
    said = told(verdict(llr, decision), Words("en"))
    assert sentence in said["sentence"]
    assert number in said["number"]


def test_at_the_end_of_the_scale_no_margin_is_made_up() -> None:
    said = told(verdict(2.5, "consistent", margin={"both": 0.0}), Words("en"))
    assert "at the end of the scale" in said["number"]
    assert "0.00" not in said["number"]


def test_what_would_settle_it_and_the_text_to_paste() -> None:
    found = verdict(0.1, "inconclusive", ("CUTS", "POSTURE_ALONE"), lower=-0.5)
    said = told(found, Words("en"))
    assert any("20 s" in line for line in said["settle"])
    assert any("inconsistent" in line for line in said["settle"])
    assert [row["kind"] for row in said["rows"]] == ["both", "motion", "head"]
    for language in ("en", "de"):
        text = as_text(found, Words(language))
        assert "Ann" in text
        assert "f00" in text
        assert "POSTURE_ALONE" in text
