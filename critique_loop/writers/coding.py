"""Writes the program of a chart: pandas and matplotlib, as a person would write it."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.values import ColumnKind, Table
from critique_loop.writers.describing import Words
from critique_loop.writers.drawing import COLORS, mark_lines
from critique_loop.writers.grouping import SHORT_DAYS, SHORT_MONTHS, point_lines, value_lines
from critique_loop.writers.layout import steps_of
from critique_loop.writers.preparing import quoted, read_lines
from critique_loop.writers.request import is_measure
from critique_loop.writers.spec import Spec

_MILLION, _THOUSANDS = 1e6, 1e4
_BAR_IN, _LEAST_HEIGHT_IN, _FRAME_IN = 0.3, 3.0, 1.4
_LEGEND_IN = 1.2
_DPI = 150
_WHOLE = "steps=[1, 2, 5, 10], integer=True"
_COMPACT = '''def compact(value, _position):
    """Write 1500000 as 1.5M."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"'''


def write_program(spec: Spec, table: Table, units: Mapping[str, str]) -> str:
    """Return the program that draws ``spec`` from the table in the current folder."""
    words = Words(spec, table, units)
    body = [*read_lines(spec, table)]
    body += value_lines(spec, table) if spec.key else point_lines(spec)
    body += ["", *_figure(spec), *mark_lines(spec, table, words)]
    axes = _axes(spec, table, words)
    save = _save(spec)
    text = "\n".join([*body, *axes])
    head = [*_imports(text), "", *_constants(spec, table, text)]
    if "compact" in text:
        head += ["", "", *_COMPACT.split("\n"), ""]
    return "\n".join([*head, "", *_settings(spec, table, words), *body, "", *axes, *save, ""])


def _imports(text: str) -> list[str]:
    lines = ["import matplotlib.pyplot as plt", "import pandas as pd"]
    if "mdates." in text:
        lines.insert(0, "import matplotlib.dates as mdates")
    if "MaxNLocator" in text:
        lines.append("from matplotlib.ticker import MaxNLocator")
    return lines


def _constants(spec: Spec, table: Table, text: str) -> list[str]:
    lines = [f"CSV = {quoted(table.name)}"]
    if "BLUE" in text:
        lines.append(f'BLUE = "{COLORS[0]}"')
    if "COLORS" in text:
        number = _series_count(spec, table)
        lines.append(f"COLORS = [{', '.join(quoted(color) for color in COLORS[:number])}]")
    if "MONTHS" in text:
        lines.append(f'MONTHS = "{" ".join(SHORT_MONTHS)}".split()')
    if "DAYS" in text:
        lines.append(f'DAYS = "{" ".join(SHORT_DAYS)}".split()')
    return lines


def _series_count(spec: Spec, table: Table) -> int:
    if spec.series is None:
        return len(spec.measures)
    name = spec.series.column
    kept = [len(f.values) for f in spec.filters if f.column == name and f.operator == "in"]
    return min(len(COLORS), *kept, max(1, table.column(name).distinct))


def _settings(spec: Spec, table: Table, words: Words) -> list[str]:
    """Switch mathematics in labels off where a dollar sign is just one."""
    shown = [words.title(), words.values(), *(words.label(name) for name in spec.columns)]
    partly = False
    for key in (spec.key, spec.series):
        column = table.column(key.column) if key else None
        if column is not None and column.kind is not ColumnKind.NUMBER:
            shown += column.values
            partly |= not column.values_complete
    lines: list[str] = []
    if partly or any("$" in text for text in shown):
        lines.append('plt.rcParams["text.parse_math"] = False  # a dollar sign is just that')
    if spec.look.font_size != 10:  # noqa: PLR2004 - matplotlib's own
        lines.append(f'plt.rcParams["font.size"] = {spec.look.font_size:g}')
    return [*lines, ""] if lines else []


def _figure(spec: Spec) -> list[str]:
    look = spec.look
    width = look.width + (_LEGEND_IN if _has_legend(spec) and not look.legend_below else 0)
    if not look.horizontal:
        size = f"({width:g}, {look.height:g})"
        return [f'fig, ax = plt.subplots(figsize={size}, layout="constrained")']
    extra = look.height - type(look)().height
    bars = "values.size" if spec.series or spec.wide else "len(values)"
    each = _BAR_IN * (0.75 if spec.series or spec.wide else 1)
    return [
        f"height = max({_LEAST_HEIGHT_IN + extra:g}, {_FRAME_IN + extra:g} + {each:g} * {bars})",
        f'fig, ax = plt.subplots(figsize=({width:g}, height), layout="constrained")',
    ]


def _has_legend(spec: Spec) -> bool:
    return spec.series is not None or spec.wide


def _axes(spec: Spec, table: Table, words: Words) -> list[str]:
    x, y = _labels(spec, words)
    value, side = ("x", "y") if spec.look.horizontal else ("y", "x")
    title_size = spec.look.font_size + 3
    lines = [
        f'ax.set_title({quoted(words.wrapped_title())}, loc="left", fontsize={title_size:g})',
        f"ax.set_xlabel({quoted(x)})",
        f"ax.set_ylabel({quoted(y)})",
    ]
    lines += _number_axes(spec, table, value)
    lines += _key_axis(spec, table, side)
    if _has_legend(spec):
        lines.append(_legend(spec, words))
    grid = "both" if spec.mark == "scatter" else value
    lines += [
        f'ax.grid(axis="{grid}", color="#e0e0e0", linewidth=0.8)',
        "ax.set_axisbelow(True)",
        'ax.spines[["top", "right"]].set_visible(False)',
    ]
    return lines


def _labels(spec: Spec, words: Words) -> tuple[str, str]:
    if spec.mark == "scatter":
        return words.label(spec.measures[0]), words.label(spec.measures[1])
    if spec.mark == "histogram" or spec.key is None:
        return words.label(spec.measures[0]), words.values()
    named = words.key(spec.key)
    key = words.label(spec.key.column) if not spec.key.unit else named[:1].upper() + named[1:]
    return (words.values(), key) if spec.look.horizontal else (key, words.values())


def _number_axes(spec: Spec, table: Table, value: str) -> list[str]:
    """Write large numbers with separators or short, and counts without fractions."""
    lines: list[str] = []
    for axis, largest in _largest(spec, table, value).items():
        if largest >= _MILLION:
            lines.append(f"ax.{axis}axis.set_major_formatter(compact)")
        elif largest >= _THOUSANDS:
            lines.append(f'ax.{axis}axis.set_major_formatter("{{x:,.0f}}")')
    if spec.counts or spec.mark == "histogram":
        locator = f"MaxNLocator({_WHOLE})"
        lines.append(f"ax.{value}axis.set_major_locator({locator})")
    lows = [table.column(name).minimum for name in spec.measures]
    if spec.mark == "bar" and any(isinstance(low, int | float) and low < 0 for low in lows):
        lines.append(f'ax.ax{"v" if value == "x" else "h"}line(0, color="#444444", linewidth=0.8)')
    if spec.look.zero:
        lines.append(f"ax.set_{value}lim({'left' if value == 'x' else 'bottom'}=0)")
    return lines


def _largest(spec: Spec, table: Table, value: str) -> dict[str, float]:
    """Return about the largest number on each axis of numbers."""
    if spec.mark == "scatter":
        return dict(zip("xy", (_size(table, name) for name in spec.measures), strict=True))
    if spec.mark == "histogram":
        return {"x": _size(table, spec.measures[0]), "y": table.rows / 10}
    if spec.counts:
        return {value: float(table.rows)}
    size = max(_size(table, name) for name in spec.measures)
    if spec.aggregate == "sum" and spec.key:
        size *= max(1.0, table.rows / max(1, steps_of(spec, table)) / 2)
    return {value: size}


def _size(table: Table, name: str) -> float:
    column = table.column(name)
    ends = [end for end in (column.minimum, column.maximum) if isinstance(end, int | float)]
    return max((abs(end) for end in ends), default=0.0)


def _key_axis(spec: Spec, table: Table, side: str) -> list[str]:
    lines: list[str] = []
    look = spec.look
    if spec.mark == "line" and spec.key is not None:
        column, unit = table.column(spec.key.column), spec.key.unit
        dated = column.kind is ColumnKind.TIME and unit in {
            "",
            "month",
            "quarter",
            "week",
            "day",
            "hour",
        }
        if unit == "month_of_year":
            lines.append("ax.set_xticks(range(1, 13), MONTHS)")
        elif dated:
            most = f"maxticks={look.max_ticks}" if look.max_ticks else ""
            lines += [
                f"locator = mdates.AutoDateLocator({most})",
                "ax.xaxis.set_major_locator(locator)",
                "ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))",
            ]
        elif not is_measure(column) or column.whole_numbers:
            most = look.max_ticks or 10
            lines.append(f"ax.xaxis.set_major_locator(MaxNLocator({most}, {_WHOLE}))")
    if look.rotate:
        ha = ', rotation_mode="anchor"' if side == "x" else ""
        lines.append(f'plt.setp(ax.get_{side}ticklabels(), rotation={look.rotate}, ha="right"{ha})')
    return lines


def _legend(spec: Spec, words: Words) -> str:
    title = ""
    if spec.series is not None:
        named = words.key(spec.series)
        title = f"title={quoted(named[:1].upper() + named[1:])}, "
    if spec.look.legend_below:
        return f'fig.legend({title}loc="outside lower center", ncols=3, frameon=False)'
    order = ""
    return f'ax.legend({title}loc="upper left", bbox_to_anchor=(1, 1), frameon=False{order})'


def _save(spec: Spec) -> list[str]:
    tight = ', bbox_inches="tight"' if spec.look.tight else ""
    return ["", f'fig.savefig("chart.png", dpi={_DPI}{tight})']
