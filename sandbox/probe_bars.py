"""Read bars, histograms, boxes and pies off a plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from figure_facts import MAX_CHARACTERS, AxisFacts, SeriesFacts
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Patch, Polygon, Rectangle, Wedge
from probe_axis import Numbers, ToPlain
from probe_marks import Histogram, Marks
from probe_text import hex_color

_MOST_NAMED = 2_000
_SAME = 1e-6
_FULL_TURN = 360.0
_FEWEST_LOOSE = 2


@dataclass(frozen=True, slots=True)
class Plot:
    """What a reader of marks needs to know of the axes they are drawn in."""

    axes: Axes
    x: AxisFacts
    y: AxisFacts
    plain_x: ToPlain
    plain_y: ToPlain
    most: int


def label_of(artist: object) -> str:
    """What a legend would say of an artist; "" for the names matplotlib makes up."""
    read = getattr(artist, "get_label", None)
    label = str(read() if callable(read) else "")
    return "" if label.startswith("_") or label == "None" else label[:MAX_CHARACTERS]


def sample(count: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the indices of an even sample of at most ``most`` out of ``count``."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)


def floats(values: Numbers) -> tuple[float, ...]:
    """Turn an array into plain numbers."""
    return tuple(np.ravel(values).astype(float).tolist())


def read_patches(plot: Plot, marks: Marks) -> Iterator[SeriesFacts]:
    """Read everything that is made of patches."""
    contained: set[Artist] = set()
    for container in plot.axes.containers:
        if isinstance(container, BarContainer):
            bars = [bar for bar in container.patches if _shown(bar)]
            contained.update(container.patches)
            if bars:
                yield _read_bars(plot, bars, label_of(container), marks)
    loose = [patch for patch in plot.axes.patches if _shown(patch) and patch not in contained]
    yield from _read_outlines(loose, marks)
    rectangles = [
        patch
        for patch in loose
        if isinstance(patch, Rectangle) and patch.get_data_transform() == plot.axes.transData
    ]
    if len(rectangles) >= _FEWEST_LOOSE:
        yield _read_bars(plot, rectangles, label_of(rectangles[0]), marks)
    wedges = [patch for patch in loose if isinstance(patch, Wedge)]
    if wedges:
        yield _read_pie(wedges)


def read_boxes(plot: Plot, marks: Marks) -> Iterator[SeriesFacts]:
    """Read the boxes of box plots."""
    for line in plot.axes.lines:
        boxes = marks.boxes.get(line)
        if boxes is not None:
            axis = plot.y if boxes.horizontal else plot.x
            yield SeriesFacts(
                kind="box",
                x=floats(boxes.positions),
                y=floats(boxes.medians),
                names=_names(axis, boxes.positions, 1.0),
                horizontal=boxes.horizontal,
                count=len(boxes.medians),
            )


def _shown(patch: Patch) -> bool:
    return patch.get_visible()


def _colors(patches: Sequence[Patch]) -> tuple[str, ...]:
    """One colour per patch, or one for all: its face, or its edge where the face is the ground."""
    axes = patches[0].axes
    ground = hex_color(axes.get_facecolor()) if axes is not None else ""
    colors: list[str] = []
    for patch in patches:
        face = hex_color(patch.get_facecolor())
        edge = hex_color(patch.get_edgecolor()) if patch.get_linewidth() else "#00000000"
        unfilled = face.endswith("00") or (face == ground and not edge.endswith("00"))
        colors.append(edge if unfilled else face)
    return tuple(colors) if len(set(colors)) > 1 else tuple(colors[:1])


def _read_bars(plot: Plot, bars: Sequence[Rectangle], label: str, marks: Marks) -> SeriesFacts:
    histogram = marks.histograms.get(bars[0])
    if histogram is not None:
        return _read_histogram(histogram, bars, label)
    chosen = [bars[int(index)] for index in sample(len(bars), plot.most)]
    edges = np.array(
        [(bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()) for bar in chosen], float
    )
    horizontal = _horizontal(plot, edges)
    start, base, width, length = edges[:, [1, 0, 3, 2]].T if horizontal else edges.T
    axis = plot.y if horizontal else plot.x
    plain = plot.plain_y if horizontal else plot.plain_x
    is_histogram = axis.kind == "number" and not _places_named(axis) and _adjacent(start, width)
    position = start if is_histogram else start + width / 2
    return SeriesFacts(
        kind="hist" if is_histogram else "bar",
        label=label,
        x=floats(plain(position)),
        y=floats(length),
        base=floats(base),
        width=floats(width),
        names=() if is_histogram else _names(axis, position, float(np.median(np.abs(width)))),
        horizontal=horizontal,
        colors=_colors(chosen),
        count=len(bars),
        sampled=len(chosen) < len(bars),
    )


def _horizontal(plot: Plot, edges: Numbers) -> bool:
    """Whether bars lie: they share their thickness and, unless stacked, where they start."""
    if plot.x.kind != "category" and plot.y.kind == "category":
        return True
    x, y, width, height = edges.T
    if plot.x.kind == "category" or len(edges) == 1:
        return bool(plot.x.kind != "category" and _lies(width[0], height[0], plot))
    starts = (np.ptp(x) <= _SAME * (np.ptp(width) + np.max(np.abs(width))), np.ptp(y) <= 0)
    if starts[0] != starts[1]:
        return bool(starts[0])
    return bool(np.ptp(height) <= _SAME * np.max(np.abs(height)) < np.ptp(width) + 1)


def _lies(width: float, height: float, plot: Plot) -> bool:
    named_y, named_x = _places_named(plot.y), _places_named(plot.x)
    if named_y != named_x:
        return named_y
    return abs(width) / ((plot.x.high - plot.x.low) or 1) > abs(height) / (
        (plot.y.high - plot.y.low) or 1
    )


def _adjacent(start: Numbers, width: Numbers) -> bool:
    """Whether each bar begins where the one before it ends."""
    if len(start) < _FEWEST_LOOSE:
        return False
    middle = start + width / 2
    if np.all(np.abs(width - 1) < _SAME) and np.all(np.abs(middle - np.round(middle)) < _SAME):
        return False  # bars over whole numbers that touch
    order = np.argsort(start)
    gaps = start[order][1:] - (start + width)[order][:-1]
    return bool(np.all(np.abs(gaps) <= _SAME * np.abs(width).max() + 1e-12))


def _places_named(axis: AxisFacts) -> bool:
    """Whether an axis' ticks name places instead of saying the numbers they stand at."""
    if axis.kind == "category":
        return True
    if axis.kind == "date":
        return False
    return any(not _says(tick.label.text, tick.value) for tick in axis.ticks if tick.label.text)


def _says(text: str, value: float) -> bool:
    plain = text.strip().replace("\N{MINUS SIGN}", "-").replace(",", "").replace("$", "")
    try:
        return abs(float(plain) - value) <= _SAME * max(1.0, abs(value))
    except ValueError:
        return plain[-1:] in {"%", "k", "K", "M", "B"} or "mathdefault" in plain


def _names(axis: AxisFacts, positions: Numbers, width: float) -> tuple[str, ...]:
    if len(positions) > _MOST_NAMED or not _places_named(axis):
        return ()
    gaps = np.diff(np.unique(positions))
    within = float(gaps.min()) / 2 if len(gaps) else max(width, 0.5)
    return tuple(axis.name_at(float(position), within=within) for position in positions)


def _read_histogram(histogram: Histogram, drawn: Sequence[Patch], label: str) -> SeriesFacts:
    first = drawn[0]
    base: tuple[float, ...] = ()
    if isinstance(first, Rectangle):
        starts = [
            bar.get_x() if histogram.horizontal else bar.get_y()
            for bar in drawn
            if isinstance(bar, Rectangle)
        ]
        base = floats(np.array(starts, float))
    return SeriesFacts(
        kind="hist",
        label=label or label_of(first),
        x=floats(histogram.edges[:-1]),
        y=floats(histogram.heights - np.array(base) if _stacked(base) else histogram.heights),
        base=base or (0.0,) * len(histogram.heights),
        width=floats(np.diff(histogram.edges)),
        horizontal=histogram.horizontal,
        colors=_colors(drawn),
        count=len(histogram.heights),
    )


def _stacked(base: tuple[float, ...]) -> bool:
    return len(set(base)) > 1


def _read_outlines(patches: Sequence[Patch], marks: Marks) -> Iterator[SeriesFacts]:
    for patch in patches:
        histogram = marks.histograms.get(patch) if isinstance(patch, Polygon) else None
        if histogram is not None:
            yield _read_histogram(histogram, [patch], label_of(patch))


def _read_pie(wedges: Sequence[Wedge]) -> SeriesFacts:
    parts = [abs(wedge.theta2 - wedge.theta1) / _FULL_TURN for wedge in wedges]
    return SeriesFacts(
        kind="pie",
        y=tuple(float(part) for part in parts),
        names=tuple(label_of(wedge) for wedge in wedges),
        colors=_colors(wedges),
        count=len(wedges),
    )
