"""Bins of histograms."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import cast

import pytest

from critique_loop.values import Column, ColumnKind, Draft, Table
from critique_loop.writers.drawing import bin_edges


def edges(low: float, high: float, rows: int, *, whole: bool = False) -> list[float]:
    column = Column("x", ColumnKind.NUMBER, minimum=low, maximum=high, whole_numbers=whole)
    tree = ast.parse(bin_edges(column, rows), mode="eval")
    allowed = {"range": range}
    return list(eval(compile(tree, "edges", "eval"), allowed))  # noqa: S307 - our own expression


@pytest.mark.parametrize(
    ("low", "high", "rows"),
    [(0.1, 0.9, 150), (-7.1, 35.6, 1461), (241.2, 113523.1, 1704), (1e-6, 3e-6, 50),
     (0.0, 1e12, 2_000_000)],
)  # fmt: skip
def test_bins_are_round_few_and_cover_all_values(low: float, high: float, rows: int) -> None:
    found = edges(low, high, rows)

    assert found[0] <= low
    assert found[-1] > high
    assert 5 <= len(found) - 1 <= 42


def test_a_few_whole_numbers_have_a_bin_each() -> None:
    assert edges(3, 6, 100, whole=True) == [2.5, 3.5, 4.5, 5.5, 6.5]


def test_edges_are_the_numbers_that_files_hold() -> None:
    assert 0.3 in edges(0.0, 1.0, 200)
    assert edges(0.0, 1.0, 200)[-1] > 1.0


@pytest.mark.slow
def test_bins_of_a_part_fit_the_part(
    table: Callable[[str], Table],
    drafted: Callable[..., Draft],
    executed: Callable[[list[Draft], Table], list[Mapping[str, object]]],
) -> None:
    airports = table("airports")

    (drawn,) = executed([drafted("distribution of longitude in TX", airports)], airports)

    (heights,) = cast("list[list[float]]", drawn["heights"])
    assert len([height for height in heights if height]) >= 8
    assert sum(heights) == 209
