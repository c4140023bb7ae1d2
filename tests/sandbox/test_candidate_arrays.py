from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from candidate_values import NotPlainError, decode, encode


def refuse(value: object) -> dict[str, Any]:
    raise NotPlainError(type(value).__name__)


def there_and_back(value: object) -> Any:  # noqa: ANN401 - any value
    return decode(json.loads(json.dumps(encode(value, refuse), allow_nan=False)), refuse)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.array([]),
        np.array([0.1, np.nan]),
        np.array(["a", "bc"]),
        np.array([True]),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array(["a", None], dtype=object),
    ],
    ids=["whole", "empty", "nan", "text", "truth", "days", "objects"],
)
def test_an_array_comes_back_and_can_be_written_to(
    array: Any,  # noqa: ANN401 - any value
) -> None:
    found = there_and_back(array)

    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.flags.writeable


def test_a_table_comes_back_with_its_types_and_names() -> None:
    table = pd.DataFrame(
        {
            "whole": [1, 2],
            "text": ["x", None],
            "day": pd.to_datetime(["2024-01-01", "2024-02-01"]),
            "kind": pd.Categorical(["u", "v"]),
            "part": [1.5, float("nan")],
        },
        index=["r", "s"],
    )
    sums = table.groupby("kind", observed=True)["whole"].sum()

    pd.testing.assert_frame_equal(there_and_back(table), table)
    pd.testing.assert_series_equal(there_and_back(sums), sums)
    pd.testing.assert_frame_equal(there_and_back(pd.DataFrame()), pd.DataFrame())


def test_single_values_keep_their_type() -> None:
    values = [np.float64(2.5), np.bool_(True), np.int8(3), pd.Timestamp("2024-01-01", tz="UTC")]

    found = there_and_back([*values, pd.NaT, pd.NA])

    assert found[:4] == values
    assert [type(value) for value in found[:4]] == [type(value) for value in values]
    assert found[4] is pd.NaT
    assert found[5] is pd.NA


def test_a_table_with_several_levels_stays_where_it_is() -> None:
    table = pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)]))

    with pytest.raises(NotPlainError, match="MultiIndex"):
        encode(table, refuse)
