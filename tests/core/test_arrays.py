"""Mean, median and runs of what is known."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.arrays import mean_of, median_of, runs


def test_the_median_passes_over_what_is_unknown() -> None:
    assert median_of(np.array([3.0, np.nan, 1.0, 2.0, np.inf])) == 2
    assert np.isnan(median_of(np.array([np.nan])))
    assert np.isnan(median_of(np.array([])))


def test_the_mean_asks_for_a_share_of_known_rows() -> None:
    rows = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 7.0]])
    np.testing.assert_array_equal(mean_of(rows), [3, np.nan])
    np.testing.assert_array_equal(mean_of(rows, share=0), [3, 7])


@pytest.mark.parametrize(
    ("mask", "expected"),
    [("", []), ("...", []), ("###", [(0, 3)]), (".##.#", [(1, 3), (4, 5)]), ("#..#.", [(0, 1), (3, 4)])],
)
def test_runs(mask: str, expected: list[tuple[int, int]]) -> None:
    assert runs(np.array([c == "#" for c in mask], dtype=bool)) == expected
