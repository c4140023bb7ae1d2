"""The source table, read by the judge itself: numbers, group codes and dates as plain arrays."""

from __future__ import annotations

import csv
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
_MOST_CELLS = 24_000_000
_DAY_NS = 86_400e9
_DATED_SHARE = 0.95
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
    kinds: dict[str, str] = {}
    chosen: list[str] | None = None
    names: list[str] = []
    if size > _SMALL_BYTES:
        head = _frame(path, options, nrows=_SNIFFED_ROWS)
        names = [str(name) for name in head.columns]
        kinds = {str(name): "category" for name in head.columns if _is_text(head[name])}
        chosen = _affordable(head, size, wanted)
        kinds = {name: kind for name, kind in kinds.items() if chosen is None or name in chosen}
    frame = _frame(path, options, dtype=kinds, usecols=chosen)
    columns = [_column(str(name), frame.pop(name)) for name in list(frame.columns)]
    skipped = tuple(name for name in names if chosen is not None and name not in chosen)
    rows = len(columns[0].numbers) if columns else 0
    return SourceTable(path.name, rows, tuple(columns), skipped)


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
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = np.asarray(values.cat.codes, dtype=np.int64)
        uniques = [str(text) for text in values.cat.categories]
    else:
        found, kept = pd.factorize(values)
        codes = np.asarray(found, dtype=np.int64)
        uniques = [str(text) for text in kept]
    return _text_column(name, codes, tuple(uniques))


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
    first = texts[0].strip()
    if not any(character.isdigit() for character in first) or len(first) > 40:  # noqa: PLR2004 -- longer than any date
        return None
    for form in _FORMATS:
        head = pd.to_datetime(list(texts[:20]), format=form, errors="coerce", utc=True)
        if head.notna().mean() < _DATED_SHARE:
            continue
        moments = pd.to_datetime(list(texts), format=form, errors="coerce", utc=True)
        if moments.notna().mean() >= _DATED_SHARE:
            return _days(moments)
    plain = [day_of(text) for text in texts[:200]]
    if len(texts) <= len(plain) and all(day is not None for day in plain):
        return np.array(plain, dtype=np.float64)
    return None


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


def distinct(column: TableColumn) -> tuple[Codes, Floats]:
    """Group a column of numbers by value: each row's group (-1: missing), each group's value."""
    order = pd.unique(column.numbers[np.isfinite(column.numbers)])
    order = np.sort(np.asarray(order, dtype=np.float64))
    codes = np.searchsorted(order, column.numbers).astype(np.int64)
    codes[~np.isfinite(column.numbers)] = -1
    return codes, order
