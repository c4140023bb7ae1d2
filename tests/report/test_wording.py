"""Numbers and ends in words."""

from __future__ import annotations

import math

import pytest

from critique_loop.report import wording
from critique_loop.values import StopReason


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_has_its_words(reason: StopReason) -> None:
    assert wording.end(reason)[0].isupper()
    assert "Not accepted" not in wording.short_end(reason)


def test_marks_and_changes_are_short() -> None:
    assert [wording.mark(value) for value in (None, 9.0, 7.25)] == ["\N{EN DASH}", "9", "7.2"]
    assert [wording.change(value) for value in (None, 0.04, 1.5)] == ["", "", "+1.5"]
    assert wording.change(-2.0) == "\N{MINUS SIGN}2.0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.034, "0.03 s"), (12.34, "12.3 s"), (245, "4 min 5 s"), (7_260, "2 h 1 min")],
)
def test_times_are_told_in_fitting_units(value: float, expected: str) -> None:
    assert wording.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "price unknown"), (0.0, "$0.00"), (0.00123, "$0.00123"), (12.5, "$12.50")],
)
def test_money_is_told_as_far_as_it_is_known(value: float | None, expected: str) -> None:
    assert wording.money(value) == expected


def test_sizes_counts_and_moments() -> None:
    assert [wording.size(n) for n in (12, 1_234, 2_500_000)] == ["12 bytes", "1.23 kB", "2.5 MB"]
    assert [wording.count(n, "run") for n in (1, 12_000)] == ["1 run", "12,000 runs"]
    assert wording.moment(0.0) == ""
    assert wording.moment(1_760_000_000.0) == "2025-10-09 08:53 UTC"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_told_as_unknown(value: float) -> None:
    assert wording.mark(value) == "\N{EN DASH}"
    assert wording.change(value) == ""
    assert wording.seconds(value) == "unknown"
    assert wording.money(value) == "price unknown"
    assert wording.moment(value) == ""
    assert wording.share(value) == 0
