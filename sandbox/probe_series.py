"""Read lines, points, areas and images off a plot, and put all its series together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import numpy.typing as npt
from figure_facts import SeriesFacts
from matplotlib.axes import Axes
from matplotlib.collections import (
    Collection,
    LineCollection,
    PathCollection,
    PolyCollection,
    QuadMesh,
)
from matplotlib.container import ErrorbarContainer
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from probe_axis import Numbers
from probe_bars import Plot, floats, label_of, read_boxes, read_patches, sample
from probe_marks import Marks
from probe_text import first_color, hex_color

_NO_MARKER = {"None", "none", " ", ""}
_TWO_ENDS = 2
_FAINT = 0.6


def read_series(plot: Plot, marks: Marks) -> tuple[SeriesFacts, ...]:
    """Read every series of one plot, in the order in which legends name them."""
    series = list(
        chain(
            read_patches(plot, marks),
            read_boxes(plot, marks),
            _read_lines(plot, marks),
            _read_collections(plot, marks),
            _read_images(plot),
        )
    )
    outlined = {one.colors for one in series if one.kind == "area"}
    drawn = [
        one
        for one in series
        if one.count and not (one.kind == "line" and not one.label and one.colors in outlined)
    ]
    return tuple(drawn or series)


def _numbers(values: object) -> Numbers:
    """An array of floats; what is masked is nan."""
    filled: npt.NDArray[np.float64] = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)  # pyright: ignore[reportUnknownMemberType] -- numpy's masked arrays are untyped
    return filled


def _read_lines(plot: Plot, marks: Marks) -> Iterator[SeriesFacts]:
    parts = _error_bar_parts(plot.axes)
    for line in plot.axes.lines:
        hidden = not line.get_visible() or line in marks.parts or line in parts
        if hidden or line.get_transform() != plot.axes.transData or _is_error_bar(line, plot.axes):
            continue
        x, y = _numbers(line.get_xdata(orig=False)), _numbers(line.get_ydata(orig=False))
        chosen = sample(min(len(x), len(y)), plot.most)
        yield SeriesFacts(
            kind=_line_kind(line),
            label=_line_label(line, plot.axes),
            x=floats(plot.plain_x(x[chosen])),
            y=floats(plot.plain_y(y[chosen])),
            colors=(_line_color(line),),
            count=len(x),
            sampled=len(chosen) < len(x),
            marker="" if str(line.get_marker()) in _NO_MARKER else str(line.get_marker()),
            line_style=str(line.get_linestyle()),
            size=float(line.get_linewidth() if _has_stroke(line) else line.get_markersize()),
        )


def _has_stroke(line: Line2D) -> bool:
    return str(line.get_linestyle()) not in _NO_MARKER


def _line_kind(line: Line2D) -> str:
    if not _has_stroke(line):
        return "scatter"
    return "line" if line.get_drawstyle() == "default" else "step"


def _line_color(line: Line2D) -> str:
    alpha = line.get_alpha()
    color = line.get_color() if _has_stroke(line) else line.get_markerfacecolor()
    return hex_color(color, alpha if isinstance(alpha, int | float) else None)


def _line_label(line: Line2D, axes: Axes) -> str:
    """The label of a line, or of the error bars or stems that it is the middle of."""
    label = label_of(line)
    if label:
        return label
    owners = (label_of(one) for one in axes.containers if line in list(one))
    return next((owner for owner in owners if owner), "")


def _error_bar_parts(axes: Axes) -> set[object]:
    """Caps and bars of error bars: they belong to the series in their middle."""
    parts: set[object] = set()
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            _, caps, bars = container.lines
            parts.update(caps)
            parts.update(bars)
    return parts


def _is_error_bar(line: Line2D, axes: Axes) -> bool:
    """A bare upright or level stroke over bars or points, as seaborn draws its intervals."""
    x, y = _numbers(line.get_xdata(orig=False)), _numbers(line.get_ydata(orig=False))
    if len(x) != _TWO_ENDS or label_of(line) or not (axes.patches or axes.collections):
        return False
    return bool(x[0] == x[1] or y[0] == y[1])


def _read_collections(plot: Plot, marks: Marks) -> Iterator[SeriesFacts]:
    parts = _error_bar_parts(plot.axes)
    for drawn in plot.axes.collections:
        if not drawn.get_visible() or drawn in marks.parts or drawn in parts:
            continue
        if isinstance(drawn, PathCollection):
            yield _read_scatter(plot, drawn)
        elif isinstance(drawn, QuadMesh):
            yield _read_cells(drawn.get_array(), drawn)
        elif isinstance(drawn, PolyCollection) and _is_area(drawn):
            area = _read_area(plot, drawn)
            if area is not None:
                yield area
        else:
            count = len(drawn.get_paths())
            kind = "other" if not isinstance(drawn, LineCollection) else "strokes"
            yield SeriesFacts(kind=kind, label=label_of(drawn), count=count)


def _read_scatter(plot: Plot, points: PathCollection) -> SeriesFacts:
    offsets = _numbers(points.get_offsets())
    chosen = sample(len(offsets), plot.most)
    values = points.get_array()
    sizes = np.ravel(_numbers(points.get_sizes()))
    return SeriesFacts(
        kind="scatter",
        label=label_of(points),
        x=floats(plot.plain_x(offsets[chosen, 0])),
        y=floats(plot.plain_y(offsets[chosen, 1])),
        colors=_point_colors(points, chosen, len(offsets)),
        color_values=() if values is None else floats(_numbers(values)[chosen]),
        count=len(offsets),
        sampled=len(chosen) < len(offsets),
        marker="o",
        size=float(np.sqrt(np.median(sizes))) if len(sizes) else 0.0,
    )


def _point_colors(
    points: PathCollection, chosen: npt.NDArray[np.int64], count: int
) -> tuple[str, ...]:
    faces = np.asarray(points.get_facecolors(), float)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue] -- alias made at run time
    colors = faces if len(faces) else np.asarray(points.get_edgecolors(), float)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue] -- the same
    if len(colors) != count or count == 1:
        return (first_color(colors),) if len(colors) else ("#00000000",)
    picked = [hex_color(color) for color in colors[chosen]]
    return tuple(picked) if len(set(picked)) > 1 else tuple(picked[:1])


def _is_area(drawn: PolyCollection) -> bool:
    """Filled between two curves; a faint fill without a label is an error band, not a series."""
    return type(drawn).__name__ == "FillBetweenPolyCollection" and len(drawn.get_paths()) == 1


def _read_area(plot: Plot, drawn: PolyCollection) -> SeriesFacts | None:
    color = first_color(drawn.get_facecolor())
    label = label_of(drawn)
    if not label and plot.axes.lines and int(color[-2:], 16) < _FAINT * 255:
        return None
    edge = _numbers(drawn.get_paths()[0].vertices)
    places, index = np.unique(edge[:, 0], return_inverse=True)
    upper, lower = np.full(len(places), -np.inf), np.full(len(places), np.inf)
    np.maximum.at(upper, index, edge[:, 1])
    np.minimum.at(lower, index, edge[:, 1])
    chosen = sample(len(places), plot.most)
    return SeriesFacts(
        kind="area",
        label=label,
        x=floats(plot.plain_x(places[chosen])),
        y=floats(upper[chosen]),
        base=floats(lower[chosen]),
        colors=(color,),
        count=len(places),
        sampled=len(chosen) < len(places),
    )


def _read_images(plot: Plot) -> Iterator[SeriesFacts]:
    for image in plot.axes.images:
        if image.get_visible():
            yield _read_cells(image.get_array(), image)


def _read_cells(cells: object, drawn: Collection | AxesImage) -> SeriesFacts:
    values = _numbers(cells) if cells is not None else np.zeros(0)
    chosen = sample(values.size, 10_000)
    return SeriesFacts(
        kind="image",
        label=label_of(drawn),
        y=floats(np.ravel(values)[chosen]),
        count=int(values.size),
        sampled=len(chosen) < values.size,
        shape=tuple(int(side) for side in values.shape[:2]),
    )
