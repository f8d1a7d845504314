"""Many comparisons: how many verdicts chance brings about, and which of them stand all the same.

A verdict is right for one claim about one clip. Whoever makes a thousand comparisons and looks at the most striking ones has to
reckon with those that came out so by chance. Two answers: how many wrong verdicts the measured error rates lead to expect, and
which verdicts are left when the share of wrong ones among them, the false discovery rate, is to stay below a limit.

The limit is held by the e-BH procedure (Wang and Ramdas, Journal of the Royal Statistical Society B 84, 2022, 822-852), however the
comparisons hang together: clips of one person, profiles alike. It needs e-values: numbers of which those of comparisons that the
verdict is wrong about are 1 or less in the mean. A likelihood ratio that is calibrated is one: among other people its mean is 1.
What this project makes of it keeps that, but for one thing: the bounds. The upper one only takes away. Trust below 1 is a root, which
leaves a mean of 1 or less (Jensen). The lower bound lifts ratios to 10^lower, and so the mean by as much at most; dividing by
1 + 10^lower makes up for it. For `inconsistent` all of this is turned round: there the ratio is upside down, and what is lifted is
10^-upper.

Where it ends: calibrated are LLRs in the mean over people and footage like those of the reference, a few dozen people. For one profile
that looks like many others, or for footage of another kind, the mean is above 1. e-BH needs no more than the mean over all comparisons,
so a list of such profiles errs and a mixed one does not; but the calibration itself is known only as well as its people tell it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, binom

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError

CONFIDENCE = 0.95
"""Of intervals."""
_TINY = 1e-9


@dataclass(frozen=True)
class Rate:
    """How often a verdict is wrong, as it was measured.

    Attributes:
        share: of trials in which it was, 0 to 1.
        independent: trials that it rests on, those of one person, or of two, counted once; 0 where that is not known.
    """

    share: float
    independent: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the share, exact for so many independent trials (Clopper and Pearson, Biometrika 26, 1934; with counts
        that are no whole numbers, as Korn and Graubard, Survey Methodology 24, 1998); None where their number is not known."""
        if not self.independent:
            return None
        wrong, right = self.share * self.independent, (1 - self.share) * self.independent
        tail = (1 - CONFIDENCE) / 2
        low = float(beta.ppf(tail, wrong, right + 1)) if wrong else 0.0
        high = float(beta.ppf(1 - tail, wrong + 1, right)) if right else 1.0
        return low, high


@dataclass(frozen=True)
class Chance:
    """What chance alone brings about.

    Attributes:
        comparisons: among so many.
        count: verdicts to expect.
        interval: 95 % interval of that, for what is not known of the rate; None where nothing is.
        most: verdicts that hardly ever are exceeded, the rate at the upper end of its interval; comparisons that hang together
            exceed it sooner.
    """

    comparisons: int
    count: float
    interval: tuple[float, float] | None
    most: int


def by_chance(comparisons: int, rate: Rate) -> Chance:
    """How many of some comparisons come out wrong at a rate.

    Args:
        comparisons: of which each would be wrong if it came out so.
        rate: of wrong verdicts.
    """
    interval = rate.interval
    low, high = interval or (rate.share, rate.share)
    most = int(binom.ppf((1 + CONFIDENCE) / 2, comparisons, high)) if comparisons else 0
    return Chance(
        comparisons, comparisons * rate.share, interval and (comparisons * low, comparisons * high), max(most, 0)
    )


def beyond(comparisons: int, strength: float) -> float:
    """How many of some comparisons at most, in the mean, reach an LLR that is calibrated, the other hypothesis being true: by
    Markov's inequality the share 10^-strength.

    Args:
        comparisons: of which each would be wrong.
        strength: LLR, base 10, towards the verdict.
    """
    return comparisons * min(1.0, float(10.0**-strength))


def e_values(strength: Array | float, lifted: Array | float) -> Array:
    """Logarithms, base 10, of the e-values of LLRs.

    Args:
        strength: LLRs, base 10, towards the verdict: their sign turned round for `inconsistent` [shape=(n,)].
        lifted: the end of the scale on the other side, as a strength, below 0: the LLR's lower bound for `consistent`, its upper
            one turned round for `inconsistent` [shape=(n,)].
    """
    return np.asarray(strength - np.log10(1 + 10.0 ** np.asarray(lifted, dtype=np.float64)))


def needed(comparisons: int, limit: float, alike: int = 1) -> float:
    """Logarithm, base 10, of the e-value with which so many alike stand.

    Args:
        comparisons: in all.
        limit: of the false discovery rate, 0 to 1.
        alike: how many have it.

    Raises:
        PoseprintError: a limit that is none.
    """
    if not 0 < limit < 1:
        raise PoseprintError(f"a false discovery rate is between 0 and 1, such as 0.1; got {limit:g}")
    return math.log10(max(comparisons, 1) / (limit * alike))


def standing_from(log_e: Array, comparisons: int, limit: float) -> float:
    """The least e-value that stands at a false discovery rate, by e-BH: of all comparisons' e-values, sorted down, the k-th for the
    largest k whose e-value is `comparisons` / (`limit` k) or more.

    Args:
        log_e: logarithms, base 10, of those that may stand; what is not named here counts as 0 [shape=(n,)].
        comparisons: in all, n or more.
        limit: of the false discovery rate, 0 to 1.

    Returns:
        its logarithm, base 10; infinity where none stands.

    Raises:
        PoseprintError: a limit that is none.
    """
    down = np.sort(np.asarray(log_e, dtype=np.float64))[::-1]
    stands = np.flatnonzero(down + np.log10(np.arange(1, len(down) + 1)) >= needed(comparisons, limit) - _TINY)
    return float(down[stands[-1]]) if len(stands) else math.inf


def alike_needed(most: float, comparisons: int, limit: float) -> int | None:
    """How many at the end of the scale it takes for them to stand; None where not even all comparisons would.

    Args:
        most: logarithm, base 10, of the e-value there.
        comparisons: in all.
        limit: of the false discovery rate, 0 to 1.

    Raises:
        PoseprintError: a limit that is none.
    """
    count = max(1, math.ceil(10 ** (needed(comparisons, limit) - most) - _TINY))
    return count if count <= comparisons else None
