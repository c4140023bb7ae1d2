"""Arrays, series and tables as plain data: numpy's and pandas' values between judge and program."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

Tagged = dict[str, Any]
Inner = Callable[[Any], Any]
Array = np.ndarray[Any, Any]

_MISSING: Mapping[str, Any] = {"NaT": pd.NaT, "NA": pd.NA}
# Booleans, numbers, text of a fixed width, durations and moments: bytes that stand for themselves.
_KINDS = frozenset("biufcUSmM")


class NotPlainError(Exception):
    """A value that can't travel; the text says why."""


def knows(tag: object) -> bool:
    """Return whether ``decode`` reads this tag."""
    return tag in _READERS


def encode(value: Any, inner: Inner) -> Tagged | None:  # noqa: ANN401 - any value comes here
    """Return what JSON can hold of one of numpy's or pandas' values, None of any other.

    ``inner`` encodes what is in it.

    Raises:
        NotPlainError: it holds what can't travel.
    """
    for name, missing in _MISSING.items():
        if value is missing:
            return {"t": "missing", "v": name}
    kind = cast("type[object]", type(value))
    if issubclass(kind, cast("type", np.generic)) and kind.__module__ == "numpy":
        array: Array = np.asarray(value)
        return None if array.dtype.kind not in _KINDS else {**_array(array, inner), "t": "scalar"}
    write = _WRITERS.get(kind)
    return None if write is None else write(value, inner)


def _array(array: Array, inner: Inner) -> Tagged:
    shape = list(array.shape)
    if array.dtype.kind in _KINDS:
        content = base64.b64encode(array.tobytes()).decode("ascii")
        return {"t": "ndarray", "v": content, "dtype": array.dtype.str, "shape": shape}
    if array.dtype.kind != "O":
        raise NotPlainError(f"it is an array of {array.dtype}")
    items = [inner(item) for item in array.ravel().tolist()]
    return {"t": "ndarray", "v": items, "dtype": "O", "shape": shape}


def _column(column: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - a series or an index
    values = column.to_numpy()
    # Text, categories and moments with a zone are objects here; their own type goes by its name.
    if values.dtype != column.dtype:
        values = values.astype(object)
    return {"values": _array(values, inner), "dtype": str(column.dtype)}


def _timestamp(moment: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - pandas' own
    del inner
    zone = None if moment.tzinfo is None else str(moment.tzinfo)
    return {"t": "Timestamp", "v": [int(moment.as_unit("ns").value), zone]}


def _series(series: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - pandas' own
    named = {"index": inner(series.index), "name": inner(series.name)}
    return {"t": "Series", "v": _column(series, inner), **named}


def _table(table: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - pandas' own
    columns = [_column(table.iloc[:, place], inner) for place in range(table.shape[1])]
    named = {"index": inner(table.index), "columns": inner(table.columns)}
    return {"t": "DataFrame", "v": columns, **named}


def _index(index: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - pandas' own
    return {"t": "Index", "v": _column(index, inner), "name": inner(index.name)}


_WRITERS: Mapping[type, Callable[[Any, Inner], Tagged]] = {
    np.ndarray: _array,
    pd.Timestamp: _timestamp,
    pd.Series: _series,
    pd.DataFrame: _table,
    pd.Index: _index,
    pd.RangeIndex: _index,
    pd.DatetimeIndex: _index,
    pd.CategoricalIndex: _index,
}


def decode(tagged: Tagged, inner: Inner) -> object:
    """Return the value that was encoded; ``inner`` decodes what is in it.

    Raises:
        Exception: it is none; any kind, by whichever constructor says so.
    """
    return _READERS[tagged["t"]](tagged, inner)


def _read_timestamp(tagged: Tagged, inner: Inner) -> object:
    del inner
    moment, zone = tagged["v"]
    return pd.Timestamp(moment, tz=zone)


def _read_index(tagged: Tagged, inner: Inner) -> object:
    return pd.Index(_read_column(tagged["v"], inner), name=inner(tagged["name"]))


def _read_series(tagged: Tagged, inner: Inner) -> object:
    series = _read_column(tagged["v"], inner)
    series.index, series.name = inner(tagged["index"]), inner(tagged["name"])
    return series


def _read_table(tagged: Tagged, inner: Inner) -> object:
    columns: list[Any] = [_read_column(column, inner) for column in tagged["v"]]
    table = pd.DataFrame(
        dict(enumerate(columns)), index=None if columns else inner(tagged["index"])
    )
    table.index, table.columns = inner(tagged["index"]), inner(tagged["columns"])
    return table


def _read_column(column: Tagged, inner: Inner) -> Any:  # noqa: ANN401 - a series
    name: Any = column["dtype"]
    if not isinstance(name, str):
        raise NotPlainError("its type has no name")
    series: Any = pd.Series(_read_array(column["values"], inner))
    return series.astype(name)


def _read_array(tagged: Tagged, inner: Inner) -> Array:
    shape, name = tagged["shape"], tagged["dtype"]
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise NotPlainError("it is an array of no shape")
    if name == "O":
        array: Array = np.empty(len(tagged["v"]), dtype=object)
        for place, item in enumerate(tagged["v"]):
            array[place] = inner(item)
        return array.reshape(shape)
    dtype = np.dtype(cast("str", name))
    content = base64.b64decode(tagged["v"], validate=True)
    if dtype.kind not in _KINDS or len(content) != math.prod(shape) * dtype.itemsize:
        raise NotPlainError("it is an array of other bytes than it says")
    found: Array = np.frombuffer(content, dtype).reshape(shape)
    return found.copy()


_READERS: Mapping[str, Callable[[Tagged, Inner], object]] = {
    "missing": lambda tagged, _: _MISSING[tagged["v"]],
    "ndarray": _read_array,
    "scalar": lambda tagged, inner: _read_array(tagged, inner)[()],
    "Timestamp": _read_timestamp,
    "Index": _read_index,
    "Series": _read_series,
    "DataFrame": _read_table,
}
