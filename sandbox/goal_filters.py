"""The rows that a goal, a title or a label speaks of: category values, years, comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from goal_values import RowFilter
from goal_words import ColumnMention, Word
from table_keys import MONTHS, calendar_keys, is_years
from table_reading import Floats, SourceTable, TableColumn

_LONGEST_VALUE = 6
_MOST_TEXTS = 400_000
_FEWEST_LETTERS = 3
_YEARS = (1500, 2200)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_DECADE = re.compile(r"(\d{3}0)s")
# Words before a number, longest first, and the comparison they ask for.
_COMPARISONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("more", "than"), ">"),
    (("greater", "than"), ">"),
    (("higher", "than"), ">"),
    (("larger", "than"), ">"),
    (("less", "than"), "<"),
    (("fewer", "than"), "<"),
    (("lower", "than"), "<"),
    (("smaller", "than"), "<"),
    (("at", "least"), ">="),
    (("at", "most"), "<="),
    (("up", "to"), "<="),
    (("since",), ">="),
    (("from",), ">="),
    (("starting",), ">="),
    (("after",), ">"),
    (("above",), ">"),
    (("over",), ">"),
    (("exceeding",), ">"),
    (("before",), "<"),
    (("below",), "<"),
    (("under",), "<"),
    (("until",), "<="),
    (("till",), "<="),
    (("through",), "<="),
)
_FILL = frozenset("the year years in of a is are was were month january".split())  # noqa: SIM905 -- as above


@dataclass(frozen=True, slots=True)
class _Bound:
    sign: str
    number: float
    at: int
    decade: bool = False


def number_filters(
    said: Sequence[Word],
    table: SourceTable,
    columns: Sequence[ColumnMention],
    used: set[int],
) -> tuple[list[RowFilter], bool]:
    """Filters on numbers, years and months; and whether some number could not be placed."""
    bounds, loose = _bounds(said, used), False
    filters: list[RowFilter] = []
    for bound in bounds:
        found = _bounded(bound, said, table, columns)
        loose |= found is None
        if found is not None:
            _add(filters, found)
    filters += _month_filters(said, table, used)
    return filters, loose


def _add(filters: list[RowFilter], found: RowFilter) -> None:
    """Add a filter; several single values of one column ("1931 and 1932") make one filter."""
    for at, other in enumerate(filters):
        if found.values and other.values and other.column == found.column:
            values = (*other.values, *found.values)
            text = f"{found.column} = {' or '.join(values)}"
            said = f"{other.said}, {found.said}"
            filters[at] = RowFilter(found.column, text, said, other.mask | found.mask, values)
            return
    filters.append(found)


def _bounds(said: Sequence[Word], used: set[int]) -> list[_Bound]:
    bounds: list[_Bound] = []
    for at, word in enumerate(said):
        decade = _DECADE.fullmatch(word.low)
        if at in used or not (decade or _NUMBER.fullmatch(word.low)):
            continue
        number = float(decade[1] if decade else word.low.replace(",", ""))
        previous = bounds[-1] if bounds else None
        sign = _sign_before(said, at)
        pair = previous is not None and at - previous.at in {2, 3}
        link = said[at - 1].low if at else ""
        if pair and previous and previous.sign == ">=" and link in {"to", "until", "through"}:
            sign = "<="
        if pair and previous and link in {"and", "to"} and _between(said, previous.at):
            bounds[-1] = _Bound(">=", previous.number, previous.at)
            sign = "<="
        if (
            at + 2 < len(said)
            and said[at + 1].low == "or"
            and said[at + 2].low in {"more", "later"}
        ):
            sign = ">="
        bounds.append(_Bound(sign, number, at, bool(decade)))
    return bounds


def _between(said: Sequence[Word], at: int) -> bool:
    return any(word.low == "between" for word in said[max(0, at - 2) : at])


def _sign_before(said: Sequence[Word], at: int) -> str:
    end = at
    while end > 0 and said[end - 1].low in _FILL:
        end -= 1
    for phrase, sign in _COMPARISONS:
        if tuple(word.low for word in said[max(0, end - len(phrase)) : end]) == phrase:
            return sign
    return "="


def _bounded(
    bound: _Bound, said: Sequence[Word], table: SourceTable, columns: Sequence[ColumnMention]
) -> RowFilter | None:
    yearly = bound.decade or (
        _YEARS[0] <= bound.number <= _YEARS[1] and bound.number == int(bound.number)
    )
    named = _named_numbers(bound.at, table, columns)
    if named is not None and not (yearly and not is_years(named)):
        return _compare(named, named.numbers, bound, said)
    if yearly:
        for column in table.columns:
            years = _years_of(column)
            if years is not None and np.nanmin(years) - 1 <= bound.number <= np.nanmax(years) + 1:
                return _compare(column, years, bound, said)
    return None


def _named_numbers(
    at: int, table: SourceTable, columns: Sequence[ColumnMention]
) -> TableColumn | None:
    """The column of numbers that a number next to its name is compared with."""
    near = sorted(
        (min(abs(mention.start - at), abs(at - mention.end + 1)), mention.column)
        for mention in columns
        if mention.clear
        and min(abs(mention.start - at), abs(at - mention.end + 1)) <= _LONGEST_VALUE
    )
    for _, name in near:
        column = table.column(name)
        if column is not None and column.numeric and column.codes is None:
            return column
    return None


def _years_of(column: TableColumn) -> Floats | None:
    if is_years(column):
        return column.numbers
    if not column.dated:
        return None
    key = next(key for key in calendar_keys(column) if key.unit == "year")
    places = np.append(np.asarray(key.places, dtype=np.float64), np.nan)
    return places[key.codes]


def _compare(
    column: TableColumn, numbers: Floats, bound: _Bound, said: Sequence[Word]
) -> RowFilter:
    number = bound.number
    after = number + 9 if bound.decade else number
    with np.errstate(invalid="ignore"):
        mask = {
            "=": (numbers >= number) & (numbers <= after),
            ">": numbers > after,
            ">=": numbers >= number,
            "<": numbers < number,
            "<=": numbers <= after,
        }[bound.sign]
    raw = said[bound.at].raw
    sign = "in" if bound.decade and bound.sign == "=" else bound.sign
    values = (raw,) if bound.sign == "=" and not bound.decade else ()
    return RowFilter(column.name, f"{column.name} {sign} {raw}", raw, mask, values)


def _month_filters(said: Sequence[Word], table: SourceTable, used: set[int]) -> Iterator[RowFilter]:
    for at, word in enumerate(said):
        if word.low not in MONTHS or at in used or not word.raw[0].isupper():
            continue
        if at and said[at - 1].low not in {"in", "of", "during", "for"}:
            continue
        for column in table.columns:
            if column.dated:
                key = next(key for key in calendar_keys(column) if key.unit == "month name")
                code = int(key.of_texts([word.low])[0])
                yield RowFilter(column.name, f"month is {word.raw}", word.raw, key.codes == code)
                break
