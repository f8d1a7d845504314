"""Where movements lie in stretches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.errors import PoseprintError
from poseprint.movements.cutting import cut_movements


@pytest.mark.parametrize(
    ("spans", "options", "expected"),
    [
        ([(0, 150)], {}, [(0, 150)]),
        ([(0, 149)], {}, []),
        ([(7, 400)], {}, [(7, 157), (157, 307)]),
        ([(0, 300), (310, 460)], {}, [(0, 150), (150, 300), (310, 460)]),
        ([(0, 300)], {"stride": 75}, [(0, 150), (75, 225), (150, 300)]),
        ([(0, 400)], {"stride": 200}, [(0, 150), (200, 350)]),
        ([(0, 400)], {"shortest": 100}, [(0, 150), (150, 300), (300, 400)]),
        ([(0, 400)], {"shortest": 101}, [(0, 150), (150, 300)]),
        ([(0, 300)], {"shortest": 1}, [(0, 150), (150, 300)]),
        ([(0, 300)], {"shortest": 0}, [(0, 150), (150, 300)]),
        ([(0, 230)], {"stride": 75, "shortest": 5}, [(0, 150), (75, 225), (225, 230)]),
        ([(500, 520), (0, 30)], {"shortest": 20}, [(500, 520), (0, 30)]),
        ([(500, 650), (0, 30)], {"shortest": 20}, [(500, 650), (0, 30)]),
        ([(0, 10)], {"length": 3}, [(0, 3), (3, 6), (6, 9)]),
        ([], {}, []),
    ],
)
def test_where_movements_lie(
    spans: list[tuple[int, int]], options: dict[str, int], expected: list[tuple[int, int]]
) -> None:
    assert cut_movements(spans, **options) == expected


@pytest.mark.parametrize("options", [{"length": 1}, {"length": 0}, {"stride": 0}, {"stride": -3}])
def test_movements_that_cannot_be_cut(options: dict[str, int]) -> None:
    with pytest.raises(PoseprintError, match="length of at least 2 and a stride of at least 1, got"):
        cut_movements([(0, 300)], **options)


lengths = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 90)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(lengths, st.integers(2, 40), st.none() | st.integers(1, 50), st.none() | st.integers(1, 30))
def test_no_movement_crosses_the_end_of_a_stretch(
    gaps_and_sizes: list[tuple[int, int]], length: int, stride: int | None, shortest: int | None
) -> None:
    spans, at = [], 0
    for gap, size in gaps_and_sizes:
        spans.append((at + gap, at + gap + size))
        at += gap + size
    movements = cut_movements(spans, length=length, stride=stride, shortest=shortest)
    assert len(set(movements)) == len(movements)
    for first, last in movements:
        assert any(a <= first < last <= b for a, b in spans)
        assert last - first == length or (shortest is not None and last - first >= shortest)
    for a, b in spans:
        inside = [m for m in movements if a <= m[0] and m[1] <= b]
        full = sum(last - first == length for first, last in inside)
        assert full >= max(0, (b - a - length) // (stride or length) + 1)
