"""What a check looks at: one figure's facts beside the pixels that must bear them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from figure_facts import AxesFacts, AxisFacts, FigureFacts, SeriesFacts, TextFacts
from picture import Picture, background, contrast, ink_share, over, parse_color, share_of_color

_LEAST_COVERAGE = 0.004
_LEAST_OPACITY = 0.03
_LEAST_SIZE_PT = 0.05
_LEAST_CONTRAST = 1.02
_LEAST_INK = 0.00001


class Plot(NamedTuple):
    """One plot area and what people would call it ("" in a figure of one plot)."""

    axes: AxesFacts
    name: str


class PlacedText(NamedTuple):
    """A text and what people would call it ("x axis label", "tick label", ...)."""

    facts: TextFacts
    place: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A figure, its picture, and the names of the columns of the tables it was drawn from."""

    figure: FigureFacts
    picture: Picture
    columns: frozenset[str] = frozenset()

    @property
    def plots(self) -> tuple[Plot, ...]:
        """All plot areas but colour bars."""
        own = [axes for axes in self.figure.axes if not axes.colorbar]
        if len(own) == 1:
            return (Plot(own[0], ""),)
        return tuple(Plot(axes, f"plot {number}") for number, axes in enumerate(own, 1))

    def texts(self) -> Iterator[PlacedText]:
        """All texts of the figure."""
        yield from (PlacedText(text, "figure title") for text in self.figure.titles)
        yield from (PlacedText(text, "figure label") for text in self.figure.labels)
        yield from (PlacedText(text, "text") for text in self.figure.texts)
        for legend in self.figure.legends:
            yield from (
                PlacedText(text, "legend") for text in (legend.title, *legend.labels) if text
            )
        for axes in self.figure.axes:
            yield from _texts_of(axes)

    def seen(self, text: TextFacts | None) -> bool:
        """Whether the picture shows this text: pixels of its colour within its box."""
        if text is None or not text.text.strip() or not text.corners:
            return False
        part = self.picture.part(text.box)
        if not part.size:
            return False
        ground = background(part)
        color = over(text.color, ground)
        if contrast(color, ground) < _LEAST_CONTRAST:
            return False
        return share_of_color(part, color) >= _LEAST_COVERAGE

    def visible_series(self, axes: AxesFacts) -> tuple[SeriesFacts, ...]:
        """The series of a plot that leave a trace in the picture."""
        if ink_share(self.picture.part(axes.box, margin=-3)) < _LEAST_INK:
            return ()
        return tuple(series for series in axes.series if _leaves_trace(series, axes.face))


def in_place(what: str, plot: Plot) -> str:
    """Name a part of a plot."""
    return f"{plot.name}, {what}" if plot.name else what


def tick_texts(axis: AxisFacts) -> tuple[TextFacts, ...]:
    """The tick labels of an axis that say something."""
    return tuple(tick.label for tick in axis.ticks if tick.label.text.strip())


def quoted(text: str, most: int = 40) -> str:
    """A text in quotation marks on one line, cut if long."""
    plain = " ".join(text.split())
    return f'"{plain[:most]}..."' if len(plain) > most else f'"{plain}"'


def _texts_of(axes: AxesFacts) -> Iterator[PlacedText]:
    yield from (PlacedText(text, "title") for text in axes.titles)
    for letter, axis in (("x", axes.x), ("y", axes.y)):
        if axis.label is not None:
            yield PlacedText(axis.label, f"{letter} axis label")
        yield from (PlacedText(text, f"{letter} tick label") for text in tick_texts(axis))
    if axes.legend is not None:
        if axes.legend.title is not None:
            yield PlacedText(axes.legend.title, "legend title")
        yield from (PlacedText(text, "legend label") for text in axes.legend.labels)
    yield from (PlacedText(text, "text in the plot") for text in axes.texts)


def _leaves_trace(series: SeriesFacts, face: str) -> bool:
    if series.kind in {"line", "step", "scatter"} and series.size < _LEAST_SIZE_PT:
        return False
    if not series.colors:
        return True
    ground = over(face, np.full(3, 255.0))
    return any(
        parse_color(color)[1] >= _LEAST_OPACITY
        and bool(np.abs(over(color, ground) - ground).max() > 1)
        for color in series.colors
    )
