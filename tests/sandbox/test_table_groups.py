from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from table_groups import Groups
from table_reading import Codes, Flags, TableColumn

DICE = np.random.default_rng(3)
CODES: Codes = DICE.integers(-1, 5, 400).astype(np.int64)
VALUES = np.where(DICE.random(400) < 0.1, np.nan, DICE.normal(50, 20, 400).round(0))
COLUMN = TableColumn("v", VALUES)


def _by_pandas(statistic: str, rows: Flags) -> list[float]:
    frame: Any = pd.DataFrame({"key": CODES, "v": VALUES})
    chosen = frame[rows & (CODES >= 0)]
    return chosen.groupby("key")["v"].agg(statistic).reindex(range(6)).to_list()


@pytest.mark.parametrize(
    "statistic", ["mean", "median", "min", "max", "std", "first", "last", "nunique", "sum", "count"]
)
def test_statistics_are_those_of_pandas(statistic: str) -> None:
    expected = np.array(_by_pandas(statistic, CODES > -2))
    if statistic in {"nunique", "sum", "count"}:
        expected = np.nan_to_num(expected)

    found = Groups(CODES, 6).statistic(statistic, COLUMN)

    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_mask_leaves_rows_out() -> None:
    mask = np.arange(400) % 3 == 0

    found = Groups(CODES, 6, mask).statistic("mean", COLUMN)

    np.testing.assert_allclose(found, np.array(_by_pandas("mean", mask)), rtol=1e-12)


def test_rows_are_counted_with_and_without_values() -> None:
    groups = Groups(CODES, 6)

    assert groups.rows.sum() == (CODES >= 0).sum()
    assert groups.statistic("count", COLUMN).sum() < groups.rows.sum()


@pytest.mark.parametrize("make", [np.zeros, np.ones])
def test_groups_without_any_value_are_nan(make: Callable[[int], Any]) -> None:
    codes = make(3).astype(np.int64)

    found = Groups(codes, 2).statistic("median", TableColumn("v", np.full(3, np.nan)))

    assert np.isnan(found).all()
