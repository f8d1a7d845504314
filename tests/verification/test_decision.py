"""Decisions by cost, and LLRs in words."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.errors import PoseprintError
from poseprint.verification.decision import SCALE, Costs, in_words


def test_decisions_are_those_of_least_cost() -> None:
    costs = Costs(wrong=10, prior=0.5)
    low, high = costs.thresholds
    assert (low, high) == pytest.approx((-np.log10(9), np.log10(9)))
    assert [costs.decide(v) for v in (high, 0.0, low)] == ["consistent", "inconclusive", "inconsistent"]
    for prior in (0.05, 0.5, 0.9):
        for wrong in (3.0, 10.0, 100.0):
            costs = Costs(wrong=wrong, prior=prior)
            for llr in np.linspace(-4, 4, 41):
                p = 1 / (1 + (1 - prior) / prior * 10**-llr)
                cost = {"consistent": (1 - p) * wrong, "inconsistent": p * wrong, "inconclusive": 1.0}
                assert cost[costs.decide(float(llr))] == pytest.approx(min(cost.values()))


@pytest.mark.parametrize(("wrong", "prior"), [(2.0, 0.5), (10.0, 0.0), (10.0, 1.0)])
def test_costs_that_make_no_sense(wrong: float, prior: float) -> None:
    with pytest.raises(PoseprintError, match="a wrong verdict costs more than 2"):
        Costs(wrong=wrong, prior=prior)


def test_words_grow_with_the_llr() -> None:
    assert in_words(0.0, "Ann") == "no support either way"
    assert in_words(1.5, "Ann") == "moderate support that it is Ann who moves"
    assert in_words(-1.5, "Ann") == "moderate support that it is not Ann who moves"
    limits = [limit for limit, _ in SCALE]
    assert limits == sorted(limits)
    assert len({in_words(v, "Ann") for v in (0.1, 0.5, 1.5, 2.5, 3.5, 9)}) == len(SCALE)
