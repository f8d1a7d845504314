"""How much more footage a verdict needs: the rule, case by case."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest
from helpers.movers import wanderer

from poseprint.app.check import check_poses
from poseprint.app.outlook import MOST, Outlook, outlook
from poseprint.core.findings import finding
from poseprint.core.verdict import Decision, Verdict
from poseprint.verification.enrolment import enroll


@lru_cache
def judged() -> Verdict:
    return check_poses(wanderer(300, seed=9), enroll("Ann", [wanderer(600, seed=1)]))


def verdict(
    llr: float | None = 0.2,
    *,
    used: float = 20.0,
    decision: Decision = "inconclusive",
    bounds: tuple[float, float] = (-1.5, 2.5),
    code: str = "",
) -> Verdict:
    """A verdict with this LLR of so many usable seconds, and with a finding."""
    whole = judged()
    assert whole.evidence is not None
    evidence = replace(
        whole.evidence,
        llr={**whole.evidence.llr, "both": llr},
        lower=bounds[0],
        upper=bounds[1],
        thresholds=(-0.95, 0.95),
    )
    return replace(
        whole,
        decision=decision,
        evidence=None if llr is None else evidence,
        seconds={"recording": 60.0, "used": used},
        findings=(finding(code, "so it is"),) if code else (),
    )


def promised(found: Verdict, *before: tuple[float, float], window: float = 600.0, misfit: str = "") -> Outlook:
    return outlook(found, found.seconds["used"], before, window=window, misfit=misfit)


def test_a_verdict_needs_nothing_more() -> None:
    assert promised(verdict(1.2, decision="consistent")).seconds == 0


def test_until_a_movement_is_whole_the_rest_of_it_is_needed() -> None:
    assert promised(verdict(None, used=0)).seconds == 5
    assert promised(verdict(0.1, used=3.5)).seconds == 1.5


@pytest.mark.parametrize(
    ("found", "misfit", "words"),
    [
        (verdict(), "other poses", "does not fit"),
        (verdict(bounds=(-0.5, 0.5)), "", "the scale ends"),
        (verdict(1.2, code="KNOWN_TAKE"), "", "withheld (KNOWN_TAKE)"),
        (verdict(None, used=0, code="WHO_IS_MEANT"), "", "show one of them"),
        (verdict(None), "", "nothing can be compared"),
    ],
)
def test_where_more_does_not_help_that_is_said(found: Verdict, misfit: str, words: str) -> None:
    promise = promised(found, (10.0, 0.1), misfit=misfit)
    assert promise.seconds is None
    assert words in promise.words


def test_the_next_doubling_is_taken_to_do_what_the_last_did() -> None:
    assert promised(verdict(0.2)).seconds == 20  # nothing to compare with: as much again
    assert promised(verdict(0.55), (5.0, 0.9), (10.0, 0.15)).seconds == pytest.approx(20)
    assert promised(verdict(0.75), (10.0, 0.35)).seconds == pytest.approx(20 * (2**0.5 - 1))
    assert promised(verdict(-0.55), (10.0, -0.15)).seconds == pytest.approx(20)


@pytest.mark.parametrize(
    ("found", "before", "window", "words"),
    [
        (verdict(0.2), 0.18, 600, "stands still"),
        (verdict(0.2), 0.1, 600, f"more than {(MOST - 1) * 20:.0f} s"),
        (verdict(-0.3, bounds=(-0.5, 2.5)), 0.2, 600, "allows no verdict"),
        (verdict(0.55), 0.15, 30, "the 30 s that are judged"),
    ],
)
def test_where_nothing_honest_can_be_said_no_number_is(
    found: Verdict, before: float, window: float, words: str
) -> None:
    promise = promised(found, (10.0, before), window=window)
    assert promise.seconds is None
    assert words in promise.words
