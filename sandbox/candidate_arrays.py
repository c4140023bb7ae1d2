"""Arrays, series and tables as plain data: numpy's and pandas' values between judge and program."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

Tagged = dict[str, Any]
Inner = Callable[[Any], Any]

_TAGS = frozenset({"ndarray", "scalar", "Series", "DataFrame", "Index", "Timestamp", "missing"})
_MISSING: dict[str, object] = {"NaT": pd.NaT, "NA": pd.NA}
# Booleans, numbers, text of a fixed width, durations and moments: bytes that stand for themselves.
_KINDS = frozenset("biufcUSmM")


class NotPlainError(Exception):
    """A value that can't travel; the text says why."""


def knows(tag: object) -> bool:
    """Return whether ``decode`` reads this tag."""
    return tag in _TAGS


def encode(value: Any, inner: Inner) -> Tagged | None:  # noqa: ANN401 - any value comes here
    """Return what JSON can hold of one of numpy's or pandas' values, None of any other.

    ``inner`` encodes what is in it.
    """
    kind: type = type(value)
    for name, missing in _MISSING.items():
        if value is missing:
            return {"t": "missing", "v": name}
    if isinstance(value, np.generic) and kind.__module__ == "numpy":
        array = np.asarray(value)
        return None if array.dtype.kind not in _KINDS else {**_array(array, inner), "t": "scalar"}
    if kind is np.ndarray:
        return _array(value, inner)
    if kind is pd.Timestamp:
        zone = None if value.tzinfo is None else str(value.tzinfo)
        return {"t": "Timestamp", "v": [int(value.value), zone]}
    if kind is pd.Series:
        named = {"index": inner(value.index), "name": inner(value.name)}
        return {"t": "Series", "v": _column(value, inner), **named}
    if kind is pd.DataFrame:
        columns = [_column(value.iloc[:, place], inner) for place in range(value.shape[1])]
        named = {"index": inner(value.index), "columns": inner(value.columns)}
        return {"t": "DataFrame", "v": columns, **named}
    if kind in {pd.Index, pd.RangeIndex, pd.DatetimeIndex}:
        return {"t": "Index", "v": _column(value, inner), "name": inner(value.name)}
    return None


def _array(array: np.ndarray, inner: Inner) -> Tagged:
    shape = list(array.shape)
    if array.dtype.kind not in _KINDS:
        if array.dtype.kind != "O":
            raise NotPlainError(f"it is an array of {array.dtype}")
        items = [inner(item) for item in array.ravel().tolist()]
        return {"t": "ndarray", "v": items, "dtype": "O", "shape": shape}
    content = base64.b64encode(array.tobytes()).decode("ascii")
    return {"t": "ndarray", "v": content, "dtype": array.dtype.str, "shape": shape}


def _column(column: Any, inner: Inner) -> Tagged:  # noqa: ANN401 - a series or an index
    values = column.to_numpy()
    # Text, categories and moments with a zone are objects here; their own type goes by its name.
    if values.dtype != column.dtype:
        values = values.astype(object)
    return {"values": _array(values, inner), "dtype": str(column.dtype)}


def decode(tagged: Tagged, inner: Inner) -> object:
    """Return the value that was encoded; ``inner`` decodes what is in it.

    Raises:
        ValueError, TypeError, KeyError, NotPlainError: it is none.
    """
    tag, payload = tagged["t"], tagged["v"]
    if tag == "missing":
        return _MISSING[payload]
    if tag in {"ndarray", "scalar"}:
        array = _read_array(tagged, inner)
        return array[()] if tag == "scalar" else array
    if tag == "Timestamp":
        moment, zone = payload
        return pd.Timestamp(moment, tz=zone)
    if tag == "Index":
        return pd.Index(_read_column(payload, inner), name=inner(tagged["name"]))
    index = inner(tagged["index"])
    if tag == "Series":
        return pd.Series(_read_column(payload, inner).to_numpy(), index=index).pipe(
            lambda series: series.astype(_dtype(payload)).rename(inner(tagged["name"]))
        )
    columns = [_read_column(column, inner) for column in payload]
    table = pd.DataFrame(dict(enumerate(columns)))
    table.index = index if columns else table.index
    table.columns = inner(tagged["columns"])
    return table


def _read_column(column: Tagged, inner: Inner) -> pd.Series:
    values = _read_array(column["values"], inner)
    return pd.Series(values).astype(_dtype(column))


def _dtype(column: Tagged) -> Any:  # noqa: ANN401 - a name, or one of pandas' own types
    name = column["dtype"]
    if not isinstance(name, str):
        raise NotPlainError("its type has no name")
    return pd.api.types.pandas_dtype(name)


def _read_array(tagged: Tagged, inner: Inner) -> np.ndarray:
    shape, name = tagged["shape"], tagged["dtype"]
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise NotPlainError("it is an array of no shape")
    if name == "O":
        array = np.empty(len(tagged["v"]), dtype=object)
        for place, item in enumerate(tagged["v"]):
            array[place] = inner(item)
        return array.reshape(shape)
    dtype = np.dtype(name)
    content = base64.b64decode(tagged["v"], validate=True)
    if dtype.kind not in _KINDS or len(content) != math.prod(shape) * dtype.itemsize:
        raise NotPlainError("it is an array of other bytes than it says")
    return np.frombuffer(content, dtype).reshape(shape).copy()
