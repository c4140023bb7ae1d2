"""What was drawn, as plain numbers: the document that the probe writes and the judge reads.

The document comes out of the draft's own process, so nothing in it is believed here beyond types
and sizes: `parse` answers None for anything else and never raises.

Places are pixels of the saved picture, x to the right from its left edge, y down from its top edge.
Colours are "#rrggbbaa". Numbers may be nan or infinite. Dates are days since 1970-01-01; positions
on a Period axis of pandas have been turned into the day on which their period starts.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from dataclasses import dataclass
from functools import cache

MAX_DOCUMENT_BYTES = 48 * 1024 * 1024
MAX_NUMBERS = 20_000
MAX_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the saved picture, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the saved picture, in pixels; ``top`` is less than ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class TextFacts:
    """One text: ``corners`` are those of its box, turned as the text is turned; none if empty."""

    text: str
    corners: tuple[Point, ...] = ()
    size_pt: float = 0.0
    color: str = "#000000ff"
    angle: float = 0.0

    @property
    def box(self) -> Box:
        """The upright box around the corners."""
        xs = [corner.x for corner in self.corners] or [0.0]
        ys = [corner.y for corner in self.corners] or [0.0]
        return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, slots=True)
class TickFacts:
    """A tick that lies inside the limits: its position on the axis and its label ("" if none)."""

    value: float
    label: TextFacts


@dataclass(frozen=True, slots=True)
class AxisFacts:
    """One of the two axes.

    ``low`` <= ``high`` are the limits. ``kind`` is "number", "date" or "category"; ``categories``
    holds the strings matplotlib placed at 0, 1, 2, ... (only where the draft plotted strings).
    ``period`` is the pandas frequency of a Period axis ("M", "Y-DEC", ...), else "". ``shown`` is
    whether the axis itself is drawn.
    """

    label: TextFacts | None = None
    kind: str = "number"
    scale: str = "linear"
    low: float = 0.0
    high: float = 1.0
    inverted: bool = False
    categories: tuple[str, ...] = ()
    ticks: tuple[TickFacts, ...] = ()
    period: str = ""
    shown: bool = True

    def name_at(self, position: float, *, within: float = 0.5) -> str:
        """The text at a position: its category, else the nearest tick label no farther off."""
        if self.categories:
            index = round(position) if math.isfinite(position) else -1
            near = 0 <= index < len(self.categories) and abs(position - index) <= within
            return self.categories[index] if near else ""
        named = [tick for tick in self.ticks if tick.label.text.strip()]
        nearest = min(named, key=lambda tick: abs(tick.value - position), default=None)
        if nearest is None or not abs(nearest.value - position) <= within:
            return ""
        return nearest.label.text.strip()


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Marks that belong together.

    ``kind``: "bar", "hist", "line", "step", "scatter", "area", "pie", "box", "image", "strokes"
    (unconnected strokes, as stems have) or "other".

    - bar: ``x`` positions of the bars along their category axis (the vertical one if
      ``horizontal``), ``y`` signed lengths, ``base`` where each starts, ``width`` its thickness,
      ``names`` the text at each position ("" where no tick says).
    - hist: ``x`` left edges, ``width`` widths, ``y`` heights, ``base`` where each bar starts.
    - line, step, scatter: ``x``, ``y``; area: ``y`` and ``base`` are its two edges.
    - pie: ``y`` parts of 1, ``names`` wedge labels. box: ``x`` positions, ``y`` medians.
    - image: ``y`` the cells row by row, ``shape`` rows and columns.

    ``colors`` holds one colour for all marks, or one per mark; ``color_values`` the numbers that
    colours stand for (a scatter's ``c``). ``count`` is the true number of marks: above
    `MAX_NUMBERS` the lists are an even sample and ``sampled`` is set. ``label`` is what a legend
    says or would say. ``size`` is a marker's or a line's, in points.
    """

    kind: str
    label: str = ""
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    base: tuple[float, ...] = ()
    width: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    horizontal: bool = False
    colors: tuple[str, ...] = ()
    color_values: tuple[float, ...] = ()
    count: int = 0
    sampled: bool = False
    marker: str = ""
    line_style: str = ""
    size: float = 0.0
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LegendFacts:
    """A legend: its labels in order, and the main colour of each label's handle."""

    title: TextFacts | None = None
    labels: tuple[TextFacts, ...] = ()
    colors: tuple[str, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class AxesFacts:
    """One plot area.

    ``colorbar`` marks the strip that explains colours; ``twin_of`` is the index of the axes that
    this one lies over (-1: none); ``shares_x`` and ``shares_y`` say that limits are shared with
    other axes. ``titles`` are the centre, left and right titles that are not empty. ``texts`` are
    all other texts drawn inside (annotations, bar labels, pie labels).
    """

    box: Box
    x: AxisFacts
    y: AxisFacts
    series: tuple[SeriesFacts, ...] = ()
    titles: tuple[TextFacts, ...] = ()
    legend: LegendFacts | None = None
    texts: tuple[TextFacts, ...] = ()
    face: str = "#ffffffff"
    projection: str = "rectilinear"
    colorbar: bool = False
    twin_of: int = -1
    shares_x: bool = False
    shares_y: bool = False


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """One figure as it was saved.

    ``picture`` is the file it was saved to, relative to the work folder, "" if to no file there.
    ``titles`` are figure-wide titles, ``labels`` figure-wide axis labels (supxlabel, supylabel).
    ``tight`` says that the picture was cropped to what is drawn.
    """

    picture: str
    width_px: float
    height_px: float
    dpi: float
    face: str = "#ffffffff"
    tight: bool = False
    titles: tuple[TextFacts, ...] = ()
    labels: tuple[TextFacts, ...] = ()
    legends: tuple[LegendFacts, ...] = ()
    texts: tuple[TextFacts, ...] = ()
    axes: tuple[AxesFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a program drew; the last figure is the one saved or left open last."""

    figures: tuple[FigureFacts, ...] = ()


def encode(facts: Facts) -> bytes:
    """Write facts as the JSON document that `parse` reads."""
    return json.dumps(_plain(facts), separators=(",", ":"), allow_nan=False).encode()


def parse(document: bytes) -> Facts | None:
    """Read the facts of an untrusted document; None where it is not one."""
    if len(document) > MAX_DOCUMENT_BYTES:
        return None
    try:
        return typing.cast("Facts", _read(json.loads(document), Facts))
    except (ValueError, TypeError, RecursionError):
        return None


def _plain(value: object) -> object:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return None if math.isnan(value) else str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in typing.cast("tuple[object, ...]", value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    return value


@cache
def _hints(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _read(value: object, kind: object) -> object:
    """Turn a JSON value into a value of the given type, or raise ValueError."""
    if isinstance(kind, types.UnionType):
        return None if value is None else _read(value, typing.get_args(kind)[0])
    if typing.get_origin(kind) is tuple:
        return _read_list(value, typing.get_args(kind)[0])
    if kind is float:
        return _read_number(value)
    if kind is str and isinstance(value, str):
        return value[:MAX_CHARACTERS]
    if (kind is bool or kind is int) and type(value) is kind:
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _read_fields(typing.cast("dict[str, object]", value), kind)
    raise ValueError(f"expected {kind}")


def _read_list(value: object, kind: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ValueError("expected a list")  # noqa: TRY004 -- one kind of error for bad data
    items = typing.cast("list[object]", value)
    if len(items) > MAX_NUMBERS:
        raise ValueError("list too long")
    return tuple(_read(item, kind) for item in items)


def _read_fields(value: dict[str, object], kind: type) -> object:
    hints = _hints(kind)
    return kind(**{name: _read(item, hints[name]) for name, item in value.items() if name in hints})


def _read_number(value: object) -> float:
    if value is None:
        return math.nan
    if value in {"inf", "-inf"}:
        return float(typing.cast("str", value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise ValueError("number too large") from error
    raise ValueError("expected a number")
