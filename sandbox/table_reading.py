"""The source table, read by the judge itself: numbers, group codes and dates as plain arrays."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from findings import TableSource
from table_labels import day_of

pd: Any = import_module("pandas")  # typed in part only, so not at all here: this is its one door

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SNIFFED_ROWS = 500
_SMALL_BYTES = 1 << 20
_CHUNK_ROWS = 200_000
_MOST_CELLS = 24_000_000
_MOST_TEXTS = 400_000
_LENIENT: dict[str, Any] = {"errors": "coerce", "utc": True}
_DAY_NS = 86_400e9
_DATED_SHARE = 0.95
_LONGEST_DATE = 40
_FIRST_DAY, _LAST_DAY = 18_000_101, 22_001_231
# Tried in turn on the different values of a text column; the first that parses nearly all wins.
_FORMATS = (
    "ISO8601",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%b %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %Y",
    "%B %Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M",
)


class TableUnreadableError(Exception):
    """The table can't be read as it was described."""


@dataclass(frozen=True, slots=True, eq=False)
class TableColumn:
    """One column.

    ``numbers`` holds one number per row (days since 1970-01-01 where ``dated``), nan where missing
    or not a number. ``texts`` are the different texts of a text column and ``codes`` the index of
    each row's text, -1 where missing; both are empty for a column of numbers.
    """

    name: str
    numbers: Floats
    texts: tuple[str, ...] = ()
    codes: Codes | None = None
    dated: bool = False

    @property
    def numeric(self) -> bool:
        """Whether sums and means of the column mean something."""
        return not self.dated and bool(self.numbers.size) and (self.codes is None or self.boolean)

    @property
    def boolean(self) -> bool:
        """Whether the column holds only True and False."""
        return self.codes is not None and set(self.texts) <= {"True", "False"}

    @property
    def present(self) -> Flags:
        """Which rows have a value."""
        if self.codes is not None:
            return self.codes >= 0
        return np.isfinite(self.numbers)


@dataclass(frozen=True, slots=True, eq=False)
class SourceTable:
    """A table as the judge read it; ``skipped`` are columns left out to stay within memory."""

    name: str
    rows: int
    columns: tuple[TableColumn, ...]
    skipped: tuple[str, ...] = ()

    def column(self, name: str) -> TableColumn | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def read(source: TableSource, folder: str, *, wanted: str = "") -> SourceTable:
    """Read a table of the data folder; of a very large one only the columns ``wanted`` speaks of.

    Raises:
        TableUnreadableError: there is no such file, or it is not what the source says it is.
    """
    path = Path(folder) / Path(source.name).name
    options: dict[str, Any] = {
        "sep": source.separator or ",",
        "encoding": source.encoding or "utf-8",
        "decimal": source.decimal or ".",
        "thousands": source.thousands or None,
    }
    try:
        return _read(path, options, wanted)
    except (OSError, ValueError, LookupError, csv.Error, MemoryError) as error:
        raise TableUnreadableError(f"{source.name} can't be read: {error}") from error


def _read(path: Path, options: dict[str, Any], wanted: str) -> SourceTable:
    size = path.stat().st_size
    if size <= _SMALL_BYTES:
        frame = _frame(path, options)
        columns = tuple(_column(str(name), frame[name]) for name in frame.columns)
        return SourceTable(path.name, len(frame), columns)
    head = _frame(path, options, nrows=_SNIFFED_ROWS)
    names = [str(name) for name in head.columns]
    chosen = _affordable(head, size, wanted) or names
    texts = {name: object for name in chosen if _is_text(head[name])}
    growing = [_growing(name, head) for name in chosen]
    with path.open("rb") as file:
        for chunk in pd.read_csv(
            file, **options, usecols=chosen, dtype=texts, chunksize=_CHUNK_ROWS
        ):
            for one in growing:
                one.add(chunk[one.name])
    columns = tuple(column for one in growing if (column := one.column()) is not None)
    rows = len(columns[0].numbers) if columns else 0
    there = {column.name for column in columns}
    return SourceTable(path.name, rows, columns, tuple(n for n in names if n not in there))


class _Numbers:
    """A column of numbers, or of dates in a known format, that grows chunk by chunk."""

    def __init__(self, name: str, form: str) -> None:
        self.name = name
        self._form = form
        self._parts: list[Floats] = []

    def add(self, values: Any) -> None:  # noqa: ANN401 -- a Series
        if self._form:
            self._parts.append(_days(pd.to_datetime(values.array, format=self._form, **_LENIENT)))
        else:
            self._parts.append(pd.to_numeric(values, errors="coerce").to_numpy(np.float64))

    def column(self) -> TableColumn | None:
        numbers = np.concatenate(self._parts)
        self._parts.clear()
        return TableColumn(self.name, numbers, dated=bool(self._form))


class _Texts:
    """A column of texts that grows chunk by chunk; given up when nearly every text is new."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: dict[str, int] = {}
        self._parts: list[npt.NDArray[np.int32]] = []

    def add(self, values: Any) -> None:  # noqa: ANN401 -- a Series
        if len(self._known) > _MOST_TEXTS:
            return
        codes, kept = pd.factorize(values.to_numpy(dtype=object))
        known = self._known
        places = [known.setdefault(str(text), len(known)) for text in kept]
        self._parts.append(np.array([*places, -1], dtype=np.int32)[codes])

    def column(self) -> TableColumn | None:
        if len(self._known) > _MOST_TEXTS:
            return None
        codes = np.concatenate(self._parts).astype(np.int64)
        self._parts.clear()
        return _text_column(self.name, codes, tuple(self._known))


def _growing(name: str, head: Any) -> _Numbers | _Texts:  # noqa: ANN401 -- a DataFrame
    if not _is_text(head[name]):
        return _Numbers(name, "")
    texts = [str(text) for text in pd.unique(head[name].dropna())]
    form = _form_of(texts) if len(texts) > _SNIFFED_ROWS // 2 else ""
    return _Numbers(name, form) if form else _Texts(name)


def _frame(path: Path, options: dict[str, Any], **more: object) -> Any:  # noqa: ANN401 -- a DataFrame
    with path.open("rb") as file:
        return pd.read_csv(file, **options, **more)


def _affordable(head: Any, size: int, wanted: str) -> list[str] | None:  # noqa: ANN401 -- a DataFrame
    """The columns to read of a table with too many cells; None means all of them."""
    names = [str(name) for name in head.columns]
    row_bytes = max(8.0, len(head.to_csv(index=False)) / max(1, len(head)))
    if size / row_bytes * len(names) <= _MOST_CELLS:
        return None
    room = max(1, int(_MOST_CELLS / (size / row_bytes)))
    said = wanted.casefold().replace("_", " ")
    spoken = [name for name in names if _stem(name) in said]
    rest = [name for name in names if name not in spoken]
    return (spoken + rest)[:room] if len(spoken) < room else spoken[:room]


def _stem(name: str) -> str:
    return name.casefold().replace("_", " ").split(" (")[0].strip()


def _is_text(values: Any) -> bool:  # noqa: ANN401 -- a Series
    return not pd.api.types.is_numeric_dtype(values.dtype)


def _column(name: str, values: Any) -> TableColumn:  # noqa: ANN401 -- a Series
    if pd.api.types.is_bool_dtype(values.dtype):
        truth = np.asarray(values, dtype=np.bool_)
        return TableColumn(
            name, truth.astype(np.float64), ("False", "True"), truth.astype(np.int64)
        )
    if not _is_text(values):
        numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        days = _days_of_numbers(numbers)
        return TableColumn(name, numbers if days is None else days, dated=days is not None)
    codes, kept = pd.factorize(values)
    uniques = tuple(str(text) for text in kept)
    return _text_column(name, np.asarray(codes, dtype=np.int64), uniques)


def _text_column(name: str, codes: Codes, texts: tuple[str, ...]) -> TableColumn:
    if not texts:
        return TableColumn(name, np.full(codes.shape, np.nan))
    if {text.casefold() for text in texts} <= {"true", "false"}:
        texts = tuple(text.capitalize() for text in texts)
        truth = np.array([*(float(text == "True") for text in texts), np.nan])
        return TableColumn(name, truth[codes], texts, codes)
    days = _days_of_texts(texts)
    if days is not None:
        return TableColumn(name, np.append(days, np.nan)[codes], texts, codes, dated=True)
    return TableColumn(name, np.full(codes.shape, np.nan), texts, codes)


def _days_of_texts(texts: tuple[str, ...]) -> Floats | None:
    """Days since 1970-01-01 of texts that are dates; None where they are not."""
    form = _form_of(texts[:_SNIFFED_ROWS])
    if form:
        days = _days(pd.to_datetime(list(texts), format=form, **_LENIENT))
        if np.isfinite(days).mean() >= _DATED_SHARE:
            return days
    plain = [day_of(text) for text in texts[:_SNIFFED_ROWS]]
    if len(texts) <= len(plain) and all(day is not None for day in plain):
        return np.array(plain, dtype=np.float64)
    return None


def _form_of(texts: Sequence[str]) -> str:
    """The format in which nearly all texts are dates, "" if there is none."""
    first = texts[0].strip() if texts else ""
    if not any(character.isdigit() for character in first) or len(first) > _LONGEST_DATE:
        return ""
    for form in _FORMATS:
        if pd.to_datetime(list(texts), format=form, **_LENIENT).notna().mean() >= _DATED_SHARE:
            return form
    return ""


def _days(moments: Any) -> Floats:  # noqa: ANN401 -- a DatetimeIndex
    stamps = np.asarray(moments.tz_localize(None).to_numpy(), dtype="datetime64[ns]")
    days = stamps.astype(np.int64) / _DAY_NS
    days[np.isnat(stamps)] = np.nan
    return days


def _days_of_numbers(numbers: Floats) -> Floats | None:
    """Days of whole numbers written like 20200131, or None."""
    known = numbers[np.isfinite(numbers)]
    if not known.size or known.min() < _FIRST_DAY or known.max() > _LAST_DAY:
        return None
    if np.any(known != np.floor(known)):
        return None
    texts = [f"{number:.0f}" if np.isfinite(number) else "" for number in numbers]
    moments = pd.to_datetime(texts, format="%Y%m%d", errors="coerce", utc=True)
    return _days(moments) if moments.notna().sum() >= _DATED_SHARE * known.size else None


def distinct(numbers: Floats) -> Floats:
    """The different numbers, ascending."""
    return np.sort(np.asarray(pd.unique(numbers), dtype=np.float64))
