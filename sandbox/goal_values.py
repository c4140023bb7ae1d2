"""The category values that a goal, a title or a label names, and the rows that have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from goal_words import Word, word_set
from table_labels import normal
from table_reading import Flags, SourceTable, TableColumn

_STOP = word_set(
    "the and for per all any are how many much do does have has did which what where when "
    "not other others none unknown total average mean data no "
    "yes may can it time new from with by of in on at to or as an a is sum count max min "
    "value values type name year month day date top each more less than show plot chart high "
    "low"
)
_MEANT = {"women": "female", "woman": "female", "men": "male", "man": "male"}
_MOST_MEANT = 60
_MANY_TEXTS = 500
_NOT = frozenset("not except excluding without exclude ignoring omitting non".split())  # noqa: SIM905 -- as above
_LONGEST_VALUE = 6
_MOST_TEXTS = 400_000
_FEWEST_LETTERS = 3
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True, eq=False)
class RowFilter:
    """Rows that a text asks for.

    ``text`` says it as a condition ("Year >= 1975"), ``column`` is the one tested, ``said`` the
    word or words that name it, ``values`` the category values asked for. ``clear``: it can hardly
    mean anything else.
    """

    column: str
    text: str
    said: str
    mask: Flags
    values: tuple[str, ...] = ()
    clear: bool = True
    negated: bool = False


def value_filters(
    said: Sequence[Word], table: SourceTable, used: set[int]
) -> tuple[list[RowFilter], set[int]]:
    """Filters on category values named in a text, and the words that name them."""
    taken: set[int] = set()
    filters: list[RowFilter] = []
    for column in table.columns:
        if column.codes is None or column.dated or len(column.texts) > _MOST_TEXTS:
            continue
        hits = list(_value_hits(said, column, used))
        for negated in (False, True):
            chosen = [hit for hit in hits if hit[3] is negated]
            if chosen:
                taken |= {at for _, start, end, _ in chosen for at in range(start, end)}
                filters.append(_values_filter(column, [hit[0] for hit in chosen], negated=negated))
        if not hits and len(column.texts) <= _MOST_MEANT:
            filters += _meant(said, column, used)
    return filters, taken


def _meant(said: Sequence[Word], column: TableColumn, used: set[int]) -> Iterator[RowFilter]:
    """Filters on values that words only resemble: "Sundays" for Sun, "European" for Europe."""
    codes: list[int] = []
    for at, word in enumerate(said):
        if at in used or word.low in _STOP or len(word.low) <= _FEWEST_LETTERS - 1:
            continue
        same = _MEANT.get(word.low, "")
        for code, text in enumerate(column.texts):
            low = text.casefold()
            root = low[:-1] if len(low) > _LONGEST_VALUE - 1 else low
            near = len(root) >= _FEWEST_LETTERS and word.low.startswith(root)
            if low == same or (near and len(word.low) <= len(low) + _LONGEST_VALUE):
                codes.append(code)
    if codes:
        yield replace(_values_filter(column, sorted(set(codes)), negated=False), clear=False)


def _value_hits(
    said: Sequence[Word], column: TableColumn, used: set[int]
) -> Iterator[tuple[int, int, int, bool]]:
    forms: dict[str, tuple[int, int]] = {}
    for start in range(len(said)):
        for end in range(start + 1, min(len(said), start + _LONGEST_VALUE) + 1):
            if not used & set(range(start, end)):
                forms[normal(" ".join(word.raw for word in said[start:end]))] = (start, end)
    spans: list[tuple[int, int, int]] = []
    for code, text in enumerate(column.texts):
        span = forms.get(normal(text) if len(column.texts) < _MOST_TEXTS // 8 else text.casefold())
        exact = len(column.texts) > _MANY_TEXTS  # among thousands of names, some are usual words
        if span is not None and _means_value(said, span, text, exact=exact):
            spans.append((*span, code))
    taken: set[int] = set()
    for start, end, code in sorted(spans, key=lambda span: span[0] - span[1]):
        if not taken & set(range(start, end)):
            taken |= set(range(start, end))
            before = {word.low for word in said[max(0, start - 2) : start]}
            negated = bool(before & _NOT) or {"other", "than"} <= before
            yield code, start, end, negated


def _means_value(said: Sequence[Word], span: tuple[int, int], text: str, *, exact: bool) -> bool:
    """Whether words that equal a value mean it: "in" is not Indiana."""
    start, end = span
    if end - start > 1:
        return True
    word = said[start]
    if word.low in _STOP or _NUMBER.fullmatch(word.low) or (exact and word.raw != text):
        return False
    return len(word.low) >= _FEWEST_LETTERS or (word.raw == text and word.raw.isupper())


def _values_filter(column: TableColumn, codes: list[int], *, negated: bool) -> RowFilter:
    rows = np.zeros(0, dtype=np.int64) if column.codes is None else column.codes
    mask = np.isin(rows, codes)
    names = tuple(column.texts[code] for code in codes)
    sign = "is not" if negated else "is"
    mask = (~mask & (rows >= 0)) if negated else mask
    text = f"{column.name} {sign} {' or '.join(names)}"
    return RowFilter(column.name, text, ", ".join(names), mask, names, negated=negated)
