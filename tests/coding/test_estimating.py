"""pass@k and rates of repair."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import pytest

from critique_loop.coding.estimating import mean_pass_at_k, pass_at_k, repairs
from critique_loop.errors import CallError


def enumerated(number: int, correct: int, k: int) -> Fraction:
    """Return the share of all choices of ``k`` samples that hold a right one."""
    choices = list(combinations([place < correct for place in range(number)], k))
    return Fraction(sum(any(choice) for choice in choices), len(choices))


def test_pass_at_k_is_what_enumeration_gives() -> None:
    for number in range(1, 9):
        for correct in range(number + 1):
            for k in range(1, number + 1):
                expected = float(enumerated(number, correct, k))
                assert pass_at_k(number, correct, k) == expected


def test_it_is_unbiased() -> None:
    n, k, p = 6, 3, Fraction(1, 3)

    mean = sum(
        math.comb(n, c) * p**c * (1 - p) ** (n - c) * enumerated(n, c, k) for c in range(n + 1)
    )
    estimated = math.fsum(
        math.comb(n, c) * float(p**c * (1 - p) ** (n - c)) * pass_at_k(n, c, k)
        for c in range(n + 1)
    )

    assert mean == 1 - (1 - p) ** k
    assert estimated == pytest.approx(float(mean), abs=1e-12)


@pytest.mark.parametrize(("number", "correct", "k"), [(10_000, 1, 1), (200, 1, 100), (10**5, 2, 3)])
def test_it_is_exact_where_a_product_of_floats_is_not(number: int, correct: int, k: int) -> None:
    ways = Fraction(math.comb(number - correct, k), math.comb(number, k))

    assert pass_at_k(number, correct, k) == float(1 - ways)


@pytest.mark.parametrize(
    ("number", "correct", "k"), [(5, 1, 6), (5, 1, 0), (5, 6, 1), (5, -1, 1), (0, 0, 1)]
)
def test_what_can_not_be_told_is_refused(number: int, correct: int, k: int) -> None:
    with pytest.raises(CallError):
        pass_at_k(number, correct, k)


def test_the_mean_goes_over_tasks_and_no_task_has_none() -> None:
    assert mean_pass_at_k([(2, 1), (4, 4)], 1) == 0.75
    assert mean_pass_at_k([], 1) is None


def test_a_rate_of_repair_counts_those_that_failed_before() -> None:
    first, second, third = repairs([[True], [False, True], [False, False], [False, False, True]])

    assert (first.passing, first.failed_before, first.repaired, first.total) == (1, 4, 1, 4)
    assert (second.passing, second.failed_before, second.repaired) == (2, 3, 1)
    assert (third.passing, third.failed_before, third.rate) == (3, 2, 0.5)


def test_what_is_lost_again_is_no_repair() -> None:
    second = repairs([[True, False], [False, True]])[1]

    assert (second.passing, second.failed_before, second.repaired) == (1, 1, 1)


def test_a_loop_without_a_round_failed_and_nothing_has_no_rounds() -> None:
    assert repairs([[], [True]])[0].passing == 1
    assert repairs([]) == []
    assert repairs([[True], [True, True]])[1].rate is None
