"""How much more footage a verdict still needs, as far as that can be said.

The rule, in this order:

1. A verdict is given: nothing.
2. The profile does not fit the footage, two people could be meant, the scale ends before both thresholds, or the verdict is withheld
   for a finding: more of the same does not help.
3. No movement of five seconds is whole yet: what is missing of one.
4. Otherwise the LLR now is compared with that at half as many usable seconds. What a doubling moved it by, the next doubling is
   taken to move it by, and no more than that: the LLR of a longer recording settles rather than grows. If it stands still, or moves
   where the scale allows no verdict, or would take more than `MOST` times what there is or more than the window holds, that is said
   and no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poseprint.core.series import GRID_FPS
from poseprint.core.verdict import LikelihoodRatio, Verdict
from poseprint.movements.cutting import LENGTH
from poseprint.verification.judge import WITHHELD

MOVEMENT_S = LENGTH / GRID_FPS
STANDS_STILL = 0.05
"""LLR, base 10, by which a doubling must have moved it to count as a move."""
MOST = 4.0
"""Times the usable seconds there are, beyond which an estimate is a guess."""


@dataclass(frozen=True)
class Outlook:
    """What more footage promises.

    Attributes:
        seconds: of usable footage that a verdict still needs, as far as can be told; 0 where it is given, None where more of the
            same does not help or nothing can be told.
        words: the same as a clause.
    """

    seconds: float | None
    words: str


def outlook(
    verdict: Verdict, usable: float, before: Sequence[tuple[float, float]], *, window: float, misfit: str = ""
) -> Outlook:
    """What more footage promises, see above.

    Args:
        verdict: on what was seen so far.
        usable: seconds of that.
        before: usable seconds and LLR of earlier verdicts, oldest first.
        window: seconds that are judged at most.
        misfit: why the profile cannot judge these poses.
    """
    if verdict.decision != "inconclusive":
        return Outlook(0.0, "a verdict is given; it may turn with what follows")
    if misfit:
        return Outlook(None, "the profile does not fit: more footage does not help")
    if any(f.code == "WHO_IS_MEANT" for f in verdict.findings):
        return Outlook(None, "two people could be meant: show one of them")
    evidence = verdict.evidence
    if evidence is not None and not _reachable(evidence):
        return Outlook(None, "the scale ends before a verdict: more footage does not help")
    withheld = next((f.code for f in verdict.findings if f.code in WITHHELD), "")
    if withheld:
        return Outlook(None, f"the verdict is withheld ({withheld}): more of the same does not help")
    if usable < MOVEMENT_S:
        return Outlook(MOVEMENT_S - usable, f"{MOVEMENT_S - usable:.0f} s more for one whole movement")
    llr = evidence.llr["both"] if evidence else None
    if evidence is None or llr is None:
        return Outlook(None, "nothing can be compared yet")
    return _extrapolated(evidence, llr, usable, before, window)


def _reachable(evidence: LikelihoodRatio) -> list[float]:
    """The thresholds that lie within the scale."""
    low, high = evidence.thresholds
    return [low] * (evidence.lower <= low) + [high] * (high <= evidence.upper)


def _extrapolated(
    evidence: LikelihoodRatio, llr: float, usable: float, before: Sequence[tuple[float, float]], window: float
) -> Outlook:
    half = [(abs(seconds - usable / 2), value) for seconds, value in before if MOVEMENT_S <= seconds <= 0.75 * usable]
    if not half:
        return Outlook(usable, f"{usable:.0f} s more to see where it goes")
    gain = llr - min(half)[1]
    if abs(gain) < STANDS_STILL:
        return Outlook(None, "the LLR stands still: more of the same may not help")
    aim = next((threshold for threshold in _reachable(evidence) if (threshold - llr) * gain > 0), None)
    if aim is None:
        return Outlook(None, "the LLR moves to the end of the scale that allows no verdict")
    needed = usable * (2 ** ((aim - llr) / gain) - 1)
    if needed > (MOST - 1) * usable:
        return Outlook(None, f"the LLR moves slowly: more than {(MOST - 1) * usable:.0f} s more, if at all")
    if usable + needed > window:
        return Outlook(None, f"more than the {window:.0f} s that are judged at a time")
    return Outlook(needed, f"about {needed:.0f} s more if it goes on as it went")
