"""Writes the lines of a program that draw the marks."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, log10

from critique_loop.values import Column, ColumnKind, Table
from critique_loop.writers.describing import Words
from critique_loop.writers.grouping import label_expression
from critique_loop.writers.layout import steps_of
from critique_loop.writers.preparing import cell, grouper, natural_order, quoted
from critique_loop.writers.spec import Spec

COLORS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F",
)  # fmt: skip
"""Okabe and Ito's palette for all kinds of colour vision, yellow replaced by grey for contrast."""

_FEW_POINTS = 40
_MANY_BARS = 12
_MOST_BINS, _LEAST_BINS = 40, 8
_MOST_WHOLE_BINS = 25
# The profile knows the range of all rows, not that of a part.
_BINS_OF_A_PART = (
    "MaxNLocator(20, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max())"
)
_DOTS = ((300, 36, 0.8), (2_000, 20, 0.6), (20_000, 8, 0.4), (200_000, 4, 0.25))
_TINY_DOT = (2, 0.15)


def mark_lines(spec: Spec, table: Table, words: Words) -> list[str]:
    """Return the lines that draw the marks of ``spec`` into ``ax``."""
    if spec.mark == "histogram":
        column = table.column(spec.measures[0])
        edges = bin_edges(column, table.rows)
        if spec.filters and not few_whole_numbers(column):
            edges = _BINS_OF_A_PART
        return [
            f"edges = {edges}",
            'ax.hist(values, bins=edges, color=BLUE, edgecolor="white")',
        ]
    if spec.mark == "scatter":
        return _points(spec, table)
    several = spec.series is not None or spec.wide
    if spec.mark == "line":
        return _lines(spec, table, words) if several else _line(spec, table)
    return _grouped_bars(spec, table, words) if several else _bars(spec, table)


def _bars(spec: Spec, table: Table) -> list[str]:
    names = label_expression(spec, table)
    if spec.look.horizontal:
        return [
            f"names = {names}",
            "ax.barh(names, values, height=0.7, color=BLUE)",
            "ax.set_ylim(-0.6, len(names) - 0.4)",
        ]
    lines = [f"names = {names}", "ax.bar(names, values, width=0.7, color=BLUE)"]
    return lines + _thinned(spec, table)


def _thinned(spec: Spec, table: Table) -> list[str]:
    """Name only every so many bars where time makes the ones between plain."""
    if spec.key is None or table.column(spec.key.column).kind is not ColumnKind.TIME:
        return []
    fixed = spec.key.unit in {"month_of_year", "weekday", "quarter_of_year", "decade"}
    few = table.column(spec.key.column).distinct <= _MANY_BARS
    if (fixed or few) and not spec.look.max_ticks:
        return []
    most = spec.look.max_ticks or (_MANY_BARS if spec.key.unit in {"year", "hour_of_day"} else 6)
    return [
        f"step = -(-len(names) // {most})",
        "ax.set_xticks(range(0, len(names), step), names[::step])",
    ]


def _grouped_bars(spec: Spec, table: Table, words: Words) -> list[str]:
    side = spec.look.horizontal
    draw = f"ax.{'barh' if side else 'bar'}(places, values[name], size"
    lines = [f"names = {label_expression(spec, table)}", "size = 0.8 / len(values.columns)"]
    lines += _labels(spec, words)
    place = "0.4 - (i + 0.5) * size" if side else "(i + 0.5) * size - 0.4"
    lines += [
        "for i, (name, color) in enumerate(zip(values.columns, COLORS)):",
        f"    places = [row + {place} for row in range(len(values))]",
        f"    {draw}, label={_label(spec)}, color=color)",
        f"ax.set_{'y' if side else 'x'}ticks(range(len(names)), names)",
        *(["ax.set_ylim(-0.6, len(names) - 0.4)"] if side else []),
    ]
    return lines


def _labels(spec: Spec, words: Words) -> list[str]:
    if not spec.wide:
        return []
    named = ", ".join(f"{quoted(n)}: {quoted(words.label(n))}" for n in spec.measures)
    if len(named) <= 80:  # noqa: PLR2004 - the line still reads well
        return [f"labels = {{{named}}}"]
    each = [f"    {quoted(n)}: {quoted(words.label(n))}," for n in spec.measures]
    return ["labels = {", *each, "}"]


def _label(spec: Spec) -> str:
    return "labels[name]" if spec.wide else "str(name)"


def _line(spec: Spec, table: Table) -> list[str]:
    return [f"ax.plot(values.index, values, color=BLUE{_marker(spec, table)})"]


def _lines(spec: Spec, table: Table, words: Words) -> list[str]:
    return [
        *_labels(spec, words),
        "for name, color in zip(values.columns, COLORS):",
        "    line = values[name].dropna()",
        f"    ax.plot(line.index, line, label={_label(spec)}, color=color{_marker(spec, table)})",
    ]


def _marker(spec: Spec, table: Table) -> str:
    key = spec.key
    repeating = key is not None and key.unit in {"month_of_year", "hour_of_day", "quarter_of_year"}
    few = key is not None and steps_of(spec, table) <= _FEW_POINTS
    return ', marker="o", markersize=4' if repeating or few else ""


def _points(spec: Spec, table: Table) -> list[str]:
    x, y = spec.measures
    size, alpha = next(((s, a) for most, s, a in _DOTS if table.rows <= most), _TINY_DOT)
    style = f"s={size}, alpha={alpha}, linewidths=0"
    if table.rows > _DOTS[-2][0]:
        style += ", rasterized=True"
    if spec.series is None:
        return [f"ax.scatter({cell(x)}, {cell(y)}, color=BLUE, {style})"]
    by = grouper(spec.series, table)
    observed = ", observed=True" if natural_order(table.column(spec.series.column)) else ""
    return [
        f"for (name, part), color in zip(data.groupby({by}{observed}), COLORS):",
        f"    x, y = part[{quoted(x)}], part[{quoted(y)}]",
        f"    ax.scatter(x, y, label=str(name), color=color, {style})",
    ]


def few_whole_numbers(column: Column) -> bool:
    """Whether a histogram of the column has room for a bin of each number."""
    low, high = column.minimum, column.maximum
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return column.whole_numbers and high - low <= _MOST_WHOLE_BINS


def bin_edges(column: Column, rows: int) -> str:
    """Return the expression of the edges of a histogram's bins.

    About twice the cube root of the number of rows (Rice's rule), 8 to 40, at a round distance:
    1, 2, 2.5 or 5 times a power of ten. A few whole numbers get a bin each.
    """
    low, high = column.minimum, column.maximum
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return "10"
    if few_whole_numbers(column):
        return f"[number - 0.5 for number in range({int(low)}, {int(high) + 2})]"
    if high <= low:
        return "1"
    wanted = min(_MOST_BINS, max(_LEAST_BINS, ceil(2 * rows ** (1 / 3))))
    step = _round_step((high - low) / wanted)
    if column.whole_numbers:
        step = max(Fraction(1), step)
    first, last = floor(low / step), floor(high / step) + 1
    top, bottom = step.numerator, step.denominator
    number = "i" if top == 1 else f"i * {top}"
    number += "" if bottom == 1 else f" / {bottom}"
    return f"[{number} for i in range({first}, {last + 1})]"


def _round_step(step: float) -> Fraction:
    power = Fraction(10) ** floor(log10(step))
    for factor in (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10)):
        if factor * power >= step * 0.999:
            return factor * power
    return power * 10
