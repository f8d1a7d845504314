"""What chance explains of many comparisons, and which verdicts stand at a false discovery rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.verification.multiplicity import (
    Rate,
    alike_needed,
    beyond,
    by_chance,
    e_values,
    needed,
    standing_from,
)

LIMITS = st.sampled_from([0.05, 0.1, 0.25, 0.5])


def test_interval_is_that_of_clopper_and_pearson() -> None:
    low, high = Rate(0.1, 50).interval or (0, 0)
    assert binom.sf(4, 50, low) == pytest.approx(0.025)  # 5 or more, were the rate so low
    assert binom.cdf(5, 50, high) == pytest.approx(0.025)
    assert Rate(0.0, 20).interval == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert Rate(1.0, 20).interval == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert Rate(0.1).interval is None


def test_what_chance_brings_about() -> None:
    chance = by_chance(600, Rate(0.02, 1000))
    assert chance.count == pytest.approx(12)
    assert chance.interval is not None
    assert chance.interval[0] < 12 < chance.interval[1] < chance.most
    exact = by_chance(600, Rate(0.02))
    assert (exact.interval, exact.most) == (None, binom.ppf(0.975, 600, 0.02))
    assert (by_chance(0, Rate(0.02, 1000)).count, by_chance(0, Rate(0.02, 1000)).most) == (0, 0)
    assert by_chance(10, Rate(0.0)).most == 0


def test_bound_of_a_calibrated_llr() -> None:
    assert beyond(600, 2.0) == pytest.approx(6)
    assert beyond(600, -1.0) == 600


@pytest.mark.parametrize("apart", [0.5, 2.0, 4.0])
@pytest.mark.parametrize(("lower", "upper"), [(-1.46, 2.51), (-0.3, 0.6), (-3.0, 3.0)])
@pytest.mark.parametrize("trust", [1.0, 0.6, 0.2])
@pytest.mark.parametrize("verdict", ["consistent", "inconsistent"])
def test_mean_of_an_e_value_is_at_most_one(
    apart: float, lower: float, upper: float, trust: float, verdict: str
) -> None:
    score = np.linspace(-40, 40, 80_001)
    llr = trust * np.clip(apart * score / math.log(10), lower, upper)  # of two normal laws that far apart
    sign, lifted = (1, lower) if verdict == "consistent" else (-1, -upper)
    of_the_other = norm.pdf(score, -sign * apart / 2) * (score[1] - score[0])
    mean = float((10 ** e_values(sign * llr, lifted) * of_the_other).sum())
    assert mean <= 1 + 1e-6
    if trust == 1.0 and lower <= -3.0 and apart < 3:
        assert mean > 0.95  # little is given away where the bounds are wide


def by_definition(e: list[float], comparisons: int, limit: float) -> set[int]:
    """e-BH as Wang and Ramdas write it, of everything in turn."""
    order = sorted(range(len(e)), key=lambda i: -e[i])
    standing = [k for k in range(1, len(e) + 1) if k * e[order[k - 1]] / comparisons >= 1 / limit]
    return set(order[: max(standing, default=0)])


@given(st.lists(st.floats(-2, 4), max_size=30), st.integers(0, 40), LIMITS)
def test_what_stands_is_what_the_procedure_says(log_e: list[float], others: int, limit: float) -> None:
    comparisons = len(log_e) + others
    least = standing_from(np.array(log_e), comparisons, limit)
    stand = {i for i, value in enumerate(log_e) if value >= least}
    assert stand == by_definition([10**v for v in log_e], comparisons, limit)


@given(st.lists(st.floats(-2, 4), min_size=1, max_size=20), st.permutations(range(20)), LIMITS)
def test_order_does_not_matter_and_more_comparisons_never_help(
    log_e: list[float], order: list[int], limit: float
) -> None:
    e = np.array(log_e)
    shuffled = e[[i for i in order if i < len(e)]]
    assert standing_from(e, len(e), limit) == standing_from(shuffled, len(e), limit)
    assert standing_from(e, len(e), limit) <= standing_from(e, 2 * len(e), limit)


@given(st.integers(1, 5000), LIMITS, st.floats(0.1, 3.5))
def test_so_many_alike_stand_and_one_fewer_does_not(comparisons: int, limit: float, most: float) -> None:
    count = alike_needed(most, comparisons, limit)
    if count is None:
        assert math.isinf(standing_from(np.full(comparisons, most), comparisons, limit))
        return
    assert standing_from(np.full(count, most), comparisons, limit) == most
    assert count == 1 or math.isinf(standing_from(np.full(count - 1, most), comparisons, limit))


def test_one_alone_needs_more_than_the_scale_has() -> None:
    assert needed(600, 0.1) == pytest.approx(3.778, abs=1e-3)
    assert needed(600, 0.1, alike=10) == pytest.approx(2.778, abs=1e-3)
    assert alike_needed(1.3, 600, 0.1) == 301
    assert alike_needed(0.5, 600, 0.1) is None


@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_false_discoveries_stay_below_the_limit(shared: float) -> None:
    """Impostors who hang together, as clips of one person do, among some genuine clips."""
    rng, limit, apart = np.random.default_rng(0), 0.2, 3.0

    def share_of_false() -> float:
        noise = shared * rng.normal() + math.sqrt(1 - shared**2) * rng.normal(size=100)
        genuine = np.arange(100) < 10
        llr: Array = apart * (np.where(genuine, apart / 2, -apart / 2) + noise) / math.log(10)
        stands = llr >= standing_from(llr, 100, limit)
        return float((stands & ~genuine).sum() / max(stands.sum(), 1))

    assert np.mean([share_of_false() for _ in range(1000)]) <= limit


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.1, math.nan])
def test_a_limit_that_is_none(limit: float) -> None:
    with pytest.raises(PoseprintError, match=r"between 0 and 1, such as 0\.1"):
        needed(10, limit)
    with pytest.raises(PoseprintError, match="between 0 and 1"):
        standing_from(np.array([1.0]), 1, limit)
