"""Says in words what a chart shows: the reading, the title, the labels."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from critique_loop.values import Table
from critique_loop.writers.columns import unit_of
from critique_loop.writers.request import Filter, Key, Top, is_yes_no
from critique_loop.writers.spec import Spec
from critique_loop.writers.vocabulary import CONNECTORS, MONTHS
from critique_loop.writers.words import name_words, stem, tokenise

_IDENTIFIER = re.compile(r"[^\W_]+(?:_[^\W_]+)*", re.UNICODE)
_MONTH_THEN_YEAR = re.compile(rf"\b({'|'.join(m.title() for m in MONTHS)}), (\d{{4}})$")
_LONGEST_LABEL = 60
_LONGEST_VALUE = 40
_LONGEST_JOINT = 45
_SHORT_ACRONYM = 4
_SHORT_VALUE = 3
_LABELS = {
    "mean": "Average", "sum": "Total", "median": "Median", "max": "Maximum", "min": "Minimum",
}  # fmt: skip
_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "!=": "not"}
_YEAR_SIGNS = {">": "after", ">=": "since", "<": "before", "<=": "until"}
_KNOWN = {"percap": "per capita"} | {
    word: word.upper()
    for word in [
        "gdp",
        "gnp",
        "bmi",
        "id",
        "iso",
        "imdb",
        "url",
        "co2",
        "usa",
        "uk",
        "eu",
        "hiv",
        "mpg",
        "kpi",
    ]
}
_UNITS = {
    "month_of_year": "month", "quarter_of_year": "quarter", "weekday": "day of the week",
    "hour_of_day": "hour of the day",
}  # fmt: skip


class Words:
    """What one chart calls its columns, values and numbers."""

    def __init__(self, spec: Spec, table: Table, units: Mapping[str, str]) -> None:
        self._spec = spec
        self._table = table
        self._units = units

    def name(self, column: str) -> str:
        """Return a column as words in a sentence, without its unit."""
        if not _IDENTIFIER.fullmatch(column):
            return textwrap.shorten(column.replace("_", " "), _LONGEST_LABEL, placeholder="…")
        said = self._spec.wording.get(column, "")
        tokens = tokenise(said if _spells_out(said, column) else column)
        words = [t.text if _is_acronym(t.text) else _KNOWN.get(t.lower, t.lower) for t in tokens]
        if unit_of(column) and not _spells_out(said, column):
            words = words[:-2] if words[-2:-1] == ["in"] else words[:-1]
        return textwrap.shorten(" ".join(words), _LONGEST_LABEL, placeholder="…") or column

    def label(self, column: str) -> str:
        """Return a column as an axis label: sentence case, unit in brackets."""
        return _capital(self.name(column)) + self._in_unit(column)

    def key(self, key: Key) -> str:
        """Return what rows are grouped by, in a sentence."""
        if not key.unit or key.unit == self._table.column(key.column).time_step:
            return self.name(key.column)
        return _UNITS.get(key.unit, key.unit)

    def values(self) -> str:
        """Return the label of the axis of values."""
        spec = self._spec
        if spec.mark == "histogram" or spec.aggregate == "count":
            return f"Number of {spec.thing}"
        if spec.aggregate == "nunique":
            return f"Number of {self._several(spec.counted)}"
        first = spec.measures[0]
        if spec.wide:
            units = {self._in_unit(name) for name in spec.measures}
            shared = units.pop() if len(units) == 1 else ""
            named = self._aggregated(_listed([self.name(name) for name in spec.measures]))
            if len(named) > _LONGEST_JOINT:
                named = self._aggregated("value")
            return _capital(named) + shared
        return _capital(self._aggregated(self.name(first))) + self._in_unit(first)

    def title(self) -> str:
        """Return a title that says what is drawn, of which rows."""
        said = self._said()
        if self._spec.look.short_title:
            return said
        kept = [f for f in self._spec.filters if not self._in_legend(f)]
        kept.sort(key=lambda f: ("", "month_of_year", "year").index(f.part))
        filters = ", ".join([said, *(self.filter(f) for f in kept)])
        return _MONTH_THEN_YEAR.sub(r"\1 \2", filters)

    def wrapped_title(self) -> str:
        """Return the title in lines that fit the figure."""
        return "\n".join(textwrap.wrap(self.title(), self._spec.look.title_columns))

    def filter(self, rows: Filter) -> str:
        """Return which rows count, in words."""
        values = [_value(v) for v in rows.values]
        if rows.part == "month_of_year":
            return _listed([MONTHS[int(float(v)) - 1].title() for v in values])
        if rows.part == "year" or self._is_year(rows.column):
            if rows.operator == "between":
                return f"{values[0]} to {values[1]}"
            return f"{_YEAR_SIGNS.get(rows.operator, '')} {_listed(values)}".strip()
        if isinstance(rows.values[0], str):
            return self._kept(rows, values)
        name = self.name(rows.column)
        unit = self._in_unit(rows.column).strip(" ()")
        if rows.operator == "between":
            return f"{name} {values[0]} to {values[1]} {unit}".strip()
        return f"{name} {_SIGNS.get(rows.operator, '')} {_listed(values)} {unit}".replace(
            "  ", " "
        ).strip()

    def reading(self) -> str:
        """Return in one line how the goal was understood, in the table's own names."""
        spec = self._spec
        drawn = ", ".join(" ".join(name.split()) for name in spec.measures)
        if spec.mark == "histogram":
            said = f"distribution of {drawn}"
        elif spec.mark == "scatter":
            said = f"{_line(spec.measures[1])} against {_line(spec.measures[0])}"
        elif spec.aggregate == "count":
            said = "number of rows"
        elif spec.aggregate == "nunique":
            said = f"number of different values of {_line(spec.counted)}"
        else:
            said = f"{spec.aggregate} of {drawn}" if spec.aggregate else drawn
        if spec.key:
            said += f" by {self._exact(spec.key)}"
        if spec.series:
            link = "coloured by" if spec.mark == "scatter" else "and"
            said += f" {link} {self._exact(spec.series)}"
        rows = [_condition(f, self._table.column(f.column).time_step) for f in spec.filters]
        said += f", rows where {' and '.join(rows)}" if rows else ""
        if spec.top:
            said += f", the {spec.top.n} {'lowest' if spec.top.lowest else 'highest'}"
            said += f" of {spec.top.of}" if spec.top.of else ""
        unused = ", ".join(repr(word) for word in spec.not_used)
        return "; ".join([said, *spec.notes, *([f"not used: {unused}"] if unused else [])])

    def _said(self) -> str:
        spec = self._spec
        if spec.mark == "histogram":
            return f"Distribution of {self.name(spec.measures[0])}"
        if spec.mark == "scatter":
            x, y = (self.name(name) for name in spec.measures)
            return _capital(f"{y} against {x}") + self._by_series()
        if spec.top and spec.key and not spec.top.of:
            rank = "Bottom" if spec.top.lowest else "Top"
            of = self.values().split(" (")[0]
            return f"{rank} {spec.top.n} {self._several(spec.key.column)} by {_small(of)}"
        value = self.values().split(" (")[0]
        if spec.wide:
            value = _capital(self._aggregated(_listed([self.name(n) for n in spec.measures])))
        if spec.key is None:
            return value
        by = " over time" if self._is_raw_line() else f" by {self.key(spec.key)}"
        return value + by + self._by_series() + _cut(spec.top)

    def _by_series(self) -> str:
        spec = self._spec
        if spec.series is None:
            return ""
        bare = spec.mark == "scatter" or self._is_raw_line()
        return f"{' by' if bare else ' and'} {self.key(spec.series)}"

    def _is_raw_line(self) -> bool:
        key = self._spec.key
        if self._spec.mark != "line" or self._spec.aggregate or key is None:
            return False
        return key.unit in {"", self._table.column(key.column).time_step}

    def _aggregated(self, name: str) -> str:
        label = _LABELS.get(self._spec.aggregate, "")
        if label and name.lower().startswith(label.lower()):
            return f"{'Sum' if label == 'Total' else label} of {name}"
        return f"{label} {name}".strip()

    def _several(self, column: str) -> str:
        said = self._spec.wording.get(column, "").lower()
        return said if said.endswith("s") and said != self.name(column) else self.name(column)

    def _kept(self, rows: Filter, values: list[str]) -> str:
        bare = is_yes_no(self._table.column(rows.column)) or any(
            len(value) < _SHORT_VALUE for value in values
        )
        said = f"{self.name(rows.column)}: {_listed(values)}" if bare else _listed(values)
        return f"without {said}" if rows.operator == "not in" else said

    def _in_legend(self, rows: Filter) -> bool:
        keys = {key.column for key in (self._spec.key, self._spec.series) if key and not key.unit}
        return rows.column in keys and rows.operator == "in" and len(rows.values) > 1

    def _exact(self, key: Key) -> str:
        step = self._table.column(key.column).time_step
        return _line(key.column) + (f" ({key.unit})" if key.unit and key.unit != step else "")

    def _is_year(self, column: str) -> bool:
        return self._table.column(column).time_step == "year"

    def _in_unit(self, column: str) -> str:
        plain = _IDENTIFIER.fullmatch(column) is not None
        unit = self._units.get(column) or (unit_of(column) if plain else "")
        return f" ({' '.join(unit.split())})" if unit else ""


def _cut(top: Top | None) -> str:
    """Return what a title adds where the goal asks for all groups and not all are drawn."""
    if top is None or not top.of:
        return ""
    return f", {top.n} {'lowest' if top.lowest else 'highest'} of {top.of}"


def _spells_out(said: str, column: str) -> bool:
    """Whether the goal's words are the long form of the column's: population for pop."""
    long = "".join(t.lower for t in tokenise(said))
    short = "".join(t.lower for t in tokenise(column))
    if len(long) <= len(short) or stem(long) == stem(short) or long[:1] != short[:1]:
        return False
    spoken = [t.lower for t in tokenise(said) if t.lower not in CONNECTORS]
    letters = iter(long)
    return len(spoken) <= len(name_words(column)) and all(letter in letters for letter in short)


def _is_acronym(word: str) -> bool:
    return word.isupper() and 1 < len(word) <= _SHORT_ACRONYM


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    first = text.split(" ")[0]
    return text if _is_acronym(first) else text[:1].lower() + text[1:]


def _line(text: str) -> str:
    return " ".join(text.split())


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return textwrap.shorten(value, _LONGEST_VALUE, placeholder="…") or repr(value)
    return f"{value:g}" if abs(value) < 1e4 else f"{value:,.0f}"  # noqa: PLR2004 - 1,234 is a year


def _listed(values: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _condition(rows: Filter, step: str) -> str:
    name = _line(rows.column) + (f" ({rows.part})" if rows.part not in {"", step} else "")
    values = [_line(v) if isinstance(v, str) else f"{v:.12g}" for v in rows.values]
    if rows.operator == "between":
        return f"{name} is {values[0]} to {values[1]}"
    if len(values) == 1:
        sign = {"in": "is", "==": "is", "not in": "is not"}.get(rows.operator, rows.operator)
        return f"{name} {sign} {values[0]}"
    return f"{name} {rows.operator} ({', '.join(values)})"
