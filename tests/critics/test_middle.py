"""The middle of several scores."""

from __future__ import annotations

import pytest

from critique_loop.critics.middle import middle, spread_of


@pytest.mark.parametrize(
    ("values", "expected"),
    [([5], 5), ([3, 9], 3), ([9, 3, 8], 8), ([0, 5, 8, 10], 5), ([8, 8], 8)],
)
def test_the_middle_is_a_score_that_somebody_gave_and_the_lower_of_two(
    values: list[float], expected: float
) -> None:
    assert middle(values) == expected
    assert middle(values[::-1]) == expected
    assert spread_of(values) == max(values) - min(values)
