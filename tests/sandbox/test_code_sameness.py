from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from code_sameness import same, told, told_call

NAN = float("nan")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 1.0),
        (0.1 + 0.2, 0.3),
        ([1.0000000001], [1]),
        ({"a": (0.30000000000000004,)}, {"a": (0.3,)}),
        (NAN, NAN),
        ([NAN, None], [NAN, None]),
        ({1, 2}, {2, 1}),
        (True, True),
        ("é", "é"),
    ],
)
def test_equal_values_are_the_same(first: object, second: object) -> None:
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 2),
        (1.0, 1.001),
        ([1], (1,)),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        (NAN, 0.0),
        (None, 0),
        ("1", 1),
        (10**400, 1.0),
        (float("inf"), 1e308),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "",
)
def test_other_values_are_not(first: object, second: object) -> None:
    assert not same(first, second)
    assert not same(second, first)


def test_missing_values_of_pandas_are_the_same() -> None:
    assert same([pd.NaT, pd.NA], [pd.NaT, pd.NA])
    assert same(pd.Series([None, 1.0]), pd.Series([None, 1.0]))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pd.Series([1, 2]), pd.Series([1, 2], index=["a", "b"])),
        (pd.Series([1, 2], index=["a", "b"]), np.array([1, 2])),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]}).iloc[::-1]),
        (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
        (pd.DataFrame({"a": [1, 2]}, [0, 0]), pd.DataFrame({"a": [3, 2]}, [0, 0])),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[3, 2]], columns=["a", "a"])),
    ],
    ids=["labels", "no labels", "rows' order", "columns' order", "twice a row", "twice a column"],
)
def test_labels_and_order_belong_to_a_table(first: Any, second: Any) -> None:  # noqa: ANN401 - any
    assert same(first, first.copy())
    assert not same(first, second)
    assert not same(second, first)


def test_exactly_means_to_the_last_bit() -> None:
    assert not same([0.1 + 0.2], [0.3], exactly=True)


def test_a_value_nested_without_end_is_compared_somehow() -> None:
    first: list[object] = []
    second: list[object] = []
    for _ in range(5000):
        first, second = [first], [second]

    assert same(first, second) in {True, False}


def test_long_values_are_told_in_part() -> None:
    text = told(list(range(10_000)))

    assert len(text) < 200
    assert text.startswith("[0, 1, 2")
    assert text.endswith("9999]")


def test_what_cannot_be_written_is_named() -> None:
    assert told(10**5000) == "(int, too long to write)"


def test_a_call_is_told_as_it_is_written() -> None:
    assert told_call("f", ([1], "a")) == "f([1], 'a')"
