"""Run a chart program as its author would, and write down the numbers that its chart shows.

    python benchmarks/drawn_values.py PROGRAM.py

Runs the program in the current folder and prints one JSON document as the last line: the axes of
the last figure it saved (or left open) with their bars, lines, points, ticks and legend entries,
as they stand after drawing. It knows nothing of what the program was asked to draw.
"""

from __future__ import annotations

import json
import math
import runpy
import sys
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import LogFormatter, ScalarFormatter

Facts = dict[str, Any]


def main() -> None:
    """Run the program named on the command line and print what it drew."""
    saved: list[Facts] = []
    original = Figure.savefig

    def savefig(figure: Figure, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as savefig has it
        original(figure, *args, **kwargs)
        saved.append(figure_facts(figure))

    Figure.savefig = savefig
    runpy.run_path(sys.argv[1], run_name="__main__")
    if not saved:
        saved = [figure_facts(plt.figure(number)) for number in plt.get_fignums()]
    print()
    print(json.dumps(saved[-1] if saved else {"axes": []}))


def figure_facts(figure: Figure) -> Facts:
    """Return the numbers that a figure shows, as JSON types."""
    figure.canvas.draw()
    title = figure.get_suptitle()
    legends = [entry for legend in figure.legends for entry in legend_entries(legend)]
    return {
        "axes": [axes_facts(axes, title, legends) for axes in figure.axes if axes.get_visible()]
    }


def axes_facts(axes: Axes, title: str, legends: list[list[str]]) -> Facts:
    """Return what one pair of axes shows."""
    own = axes.get_legend()
    return {
        "title": axes.get_title() or axes.get_title("left") or axes.get_title("right") or title,
        "x": axis_facts(axes.xaxis),
        "y": axis_facts(axes.yaxis),
        "legend": legends + (legend_entries(own) if own and own.get_visible() else []),
        "texts": [
            [text.get_text(), color(text.get_color())] for text in axes.texts if text.get_visible()
        ],
        "bars": [bar for box in axes.containers for bar in bar_facts(box)],
        "lines": [line for line in line_facts(axes) if line["x"]],
        "points": [p for c in axes.collections for p in point_facts(c)],
    }


def axis_facts(axis: Axis) -> Facts:
    """Return label, limits, kind and ticks of an axis; ticks are position and text."""
    units = getattr(axis.units, "_mapping", None)
    formatter = axis.get_major_formatter()
    if isinstance(axis.get_converter(), mdates.DateConverter | mdates._SwitchableDateConverter):  # noqa: SLF001 - matplotlib has no public name for it
        kind = "date"
    elif units is None and isinstance(formatter, ScalarFormatter | LogFormatter):
        kind = "number"
    else:
        kind = "label"
    ticks = [[float(t.get_loc()), t.label1.get_text()] for t in axis.get_major_ticks()]
    if units:
        ticks = [[float(position), str(name)] for name, position in units.items()]
    return {
        "label": axis.get_label_text(),
        "limits": sorted(float(end) for end in axis.get_view_interval()),
        "kind": kind,
        "ticks": [tick for tick in ticks if tick[1].strip()],
    }


def legend_entries(legend: Legend) -> list[list[str]]:
    """Return text and colour of each entry of a legend."""
    handles = legend.legend_handles
    texts = [text.get_text() for text in legend.get_texts()]
    return [[text, handle_color(h)] for text, h in zip(texts, handles, strict=False)]


def handle_color(handle: Any) -> str:  # noqa: ANN401 - any artist may stand in a legend
    """Return the colour that a legend handle shows."""
    for name in ("get_markerfacecolor", "get_facecolor", "get_color"):
        if hasattr(handle, name):
            if name == "get_markerfacecolor" and handle.get_marker() in {"None", "", " ", None}:
                continue
            return color(getattr(handle, name)())
    return ""


def color(value: Any) -> str:  # noqa: ANN401 - colours come as text, tuples and arrays
    """Return a colour as hexadecimal text without its transparency."""
    if not isinstance(value, str):
        array = np.asarray(value, dtype=float)
        if array.size == 0:
            return ""
        value = tuple(array[0] if array.ndim > 1 else array)
    return "" if value in {"none", "None"} else to_hex(value)


def bar_facts(container: Any) -> list[Facts]:  # noqa: ANN401 - axes.containers holds several kinds
    """Return position, width, start and signed length of each bar of a container."""
    if not isinstance(container, BarContainer):
        return []
    upright = container.orientation != "horizontal"
    facts: list[Facts] = []
    for patch in container.patches:
        start, across = (
            (patch.get_y(), patch.get_x()) if upright else (patch.get_x(), patch.get_y())
        )
        length, width = (
            (patch.get_height(), patch.get_width())
            if upright
            else (patch.get_width(), patch.get_height())
        )
        if patch.get_visible() and math.isfinite(length):
            facts.append(
                {
                    "upright": upright,
                    "from": float(across),
                    "width": float(width),
                    "start": float(start),
                    "length": float(length),
                    "color": color(patch.get_facecolor()),
                    "label": str(container.get_label()),
                }
            )
    return facts


def line_facts(axes: Axes) -> list[Facts]:
    """Return the points of each line that is drawn in data coordinates."""
    facts: list[Facts] = []
    for line in axes.get_lines():
        if not line.get_visible() or line.get_transform() != axes.transData:
            continue
        joined = line.get_linestyle() not in {"None", "none", "", " "}
        xs, ys = (np.asarray(v, dtype=float) for v in line.get_data(orig=False))
        keep = np.isfinite(xs) & np.isfinite(ys)
        facts.append(
            {
                "joined": joined,
                "x": xs[keep].tolist(),
                "y": ys[keep].tolist(),
                "color": color(line.get_color() if joined else line.get_markerfacecolor()),
                "label": str(line.get_label()),
            }
        )
    return facts


def point_facts(collection: Any) -> list[Facts]:  # noqa: ANN401 - axes.collections holds several kinds
    """Return position and colour of each point of a scatter."""
    if not isinstance(collection, PathCollection) or not collection.get_visible():
        return []
    offsets = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
    colors = np.atleast_2d(collection.get_facecolor())
    if len(colors) == 0:
        colors = np.atleast_2d(collection.get_edgecolor())
    return [
        {
            "x": float(x),
            "y": float(y),
            "color": color(colors[index % len(colors)]) if len(colors) else "",
            "label": str(collection.get_label()),
        }
        for index, (x, y) in enumerate(offsets)
        if math.isfinite(x) and math.isfinite(y)
    ]


if __name__ == "__main__":
    main()
