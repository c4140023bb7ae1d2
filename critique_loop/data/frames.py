"""The adapter of pandas: rows come out of it as plain numbers and texts.

What a column is gets decided by ``pandas.read_csv`` itself, part by part in the sizes in which it
reads a whole file, because that is what a draft's program will see.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd  # pyright: ignore[reportMissingTypeStubs] - it ships none

from critique_loop.values import Dialect

_pandas: Any = pd  # untyped, so its results get their types here

Reads = Literal["empty", "number", "boolean", "text", "other"]

_LOW_MEMORY_CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one column: how pandas reads it, and its different values without the missing.

    ``numbers`` are finite and at most ``limit + 1``; ``whole``, ``lowest`` and ``highest`` speak of
    all finite numbers of the part.
    """

    reads: Reads
    missing: int
    texts: Sequence[str] = ()
    numbers: Sequence[float] = ()
    infinite: int = 0
    whole: bool = True
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the file, with the names pandas gives the columns."""

    rows: int
    names: Sequence[str]
    pieces: Sequence[Piece]


class UnreadableError(ValueError):
    """pandas can't read the text; the message is its own."""


def parts(stream: io.TextIOBase, dialect: Dialect, *, width: int, limit: int) -> Generator[Part]:
    """Yield the rows of ``stream`` as ``read_csv`` with the terms of ``dialect`` reads them.

    Raises:
        UnreadableError: pandas can't parse it.
    """
    try:
        reader = _pandas.read_csv(
            stream,
            sep=dialect.separator,
            decimal=dialect.decimal,
            thousands=dialect.thousands,
            chunksize=_rows_at_once(width),
        )
        for frame in reader:
            names = [str(name) for name in frame.columns]
            pieces = [_piece(frame.iloc[:, index], limit) for index in range(len(names))]
            yield Part(len(frame), names, pieces)
    except (_pandas.errors.ParserError, _pandas.errors.EmptyDataError) as error:
        raise UnreadableError(str(error).strip()) from error


def moments(texts: Sequence[str], time_format: str) -> list[int] | None:
    """Parse ``texts`` as ``pandas.to_datetime(..., format=time_format)`` does.

    Returns microseconds since 1970 UTC, or None if any text doesn't parse.
    """
    utc = "%z" in time_format
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            times = _pandas.to_datetime(_pandas.Series(texts), format=time_format, utc=utc)
    except (ValueError, Warning):
        return None
    if times.dt.tz is not None and not utc:
        return None
    return times.dt.tz_localize(None).astype("datetime64[us]").astype("int64").tolist()


def _rows_at_once(width: int) -> int:
    """Return how many rows ``read_csv`` types together (``low_memory``, its default).

    The largest power of two below 2**20 cells; TextReader in pandas/_libs/parsers.pyx.
    """
    rows = 1
    while rows * 2 < _LOW_MEMORY_CELLS // width:
        rows *= 2
    return rows


def _piece(values: Any, limit: int) -> Piece:  # noqa: ANN401 - a pandas.Series
    missing = int(values.isna().sum())
    if missing == len(values):
        return Piece("empty", missing)
    kind = values.dtype.kind
    if kind in "iuf":
        return _number_piece(values, missing, limit)
    different = values.dropna().unique().tolist()
    types = set(map(type, different))
    if types == {str}:
        return Piece("text", missing, texts=different)
    if types == {bool}:
        return Piece("boolean", missing, texts=[str(value) for value in different])
    return Piece("other", missing)


def _number_piece(values: Any, missing: int, limit: int) -> Piece:  # noqa: ANN401 - as above
    known = values.dropna()
    finite = known[known.abs() != float("inf")]
    if not len(finite):
        return Piece("number", missing, infinite=len(known))
    return Piece(
        "number",
        missing,
        numbers=finite.unique()[: limit + 1].tolist(),
        infinite=len(known) - len(finite),
        whole=values.dtype.kind != "f" or bool((finite % 1 == 0).all()),
        lowest=float(finite.min()),
        highest=float(finite.max()),
    )
