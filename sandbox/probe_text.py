"""Measure the texts of a figure while it is being drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from figure_facts import MAX_CHARACTERS, Box, LegendFacts, Point, TextFacts
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_hex, to_rgba
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

_RIGHT_ANGLE = 90


@dataclass(frozen=True, slots=True)
class Canvas:
    """The surface a figure is being drawn on; matplotlib counts its pixels from the bottom."""

    renderer: RendererAgg

    @property
    def width(self) -> float:
        """Width in pixels."""
        return float(vars(self.renderer)["width"])

    @property
    def height(self) -> float:
        """Height in pixels."""
        return float(vars(self.renderer)["height"])

    def box(self, extent: BboxBase) -> Box:
        """Turn an extent in matplotlib's pixels into a box of the picture."""
        x0, y0, x1, y1 = np.ravel(extent.get_points()).astype(float).tolist()
        return Box(min(x0, x1), self.height - max(y0, y1), max(x0, x1), self.height - min(y0, y1))


def hex_color(color: object, alpha: float | None = None) -> str:
    """Write any colour of matplotlib as "#rrggbbaa"; what is none is fully transparent."""
    try:
        return to_hex(to_rgba(color, alpha), keep_alpha=True)  # pyright: ignore[reportArgumentType] -- any object may come from a draft
    except (ValueError, TypeError):
        return "#00000000"


def first_color(color: Any) -> str:  # noqa: ANN401 -- artists answer with one colour or an array of them
    """Write one colour, or the first of several, as "#rrggbbaa"."""
    several = np.ndim(color) > 1 and len(color) > 0
    return hex_color(color[0] if several else color)


def read_text(text: Text, canvas: Canvas) -> TextFacts | None:
    """Measure one text; None where it is hidden or empty."""
    content = text.get_text()
    if not text.get_visible() or not content.strip():
        return None
    alpha = text.get_alpha()
    return TextFacts(
        text=content[:MAX_CHARACTERS],
        corners=_corners(text, canvas),
        size_pt=float(text.get_fontsize()),
        color=hex_color(text.get_color(), alpha if isinstance(alpha, float | int) else None),
        angle=float(text.get_rotation()),
    )


def read_texts(texts: Iterable[Artist | None], canvas: Canvas) -> tuple[TextFacts, ...]:
    """Measure those of the artists that are visible texts."""
    read = (read_text(text, canvas) for text in texts if isinstance(text, Text))
    return tuple(facts for facts in read if facts is not None)


def read_legend(legend: Legend, canvas: Canvas) -> LegendFacts | None:
    """Measure a legend; None where it is hidden or has no visible label."""
    labels = read_texts(legend.get_texts(), canvas)
    if not legend.get_visible() or not labels:
        return None
    return LegendFacts(
        title=read_text(legend.get_title(), canvas),
        labels=labels,
        colors=tuple(_handle_color(handle) for handle in legend.legend_handles),
        box=canvas.box(legend.get_window_extent(canvas.renderer)),
    )


def _handle_color(handle: Artist | None) -> str:
    for name in ("get_facecolor", "get_color", "get_edgecolor"):
        read = getattr(handle, name, None)
        found = first_color(read()) if callable(read) else ""
        if found and not found.endswith("00"):
            return found
    return "#00000000"


def _corners(text: Text, canvas: Canvas) -> tuple[Point, ...]:
    """The corners of a text's box, turned with it, without the blank lines around its words."""
    upright = Text.get_window_extent(text, canvas.renderer)
    angle = float(text.get_rotation())
    width, height = upright.width, upright.height
    if angle % _RIGHT_ANGLE:
        width, height = _unturned_size(text, canvas)
    elif angle % (2 * _RIGHT_ANGLE):
        width, height = height, width
    low, high = _inked_part(text.get_text())
    middle_x, middle_y = (upright.x0 + upright.x1) / 2, (upright.y0 + upright.y1) / 2
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return tuple(
        Point(
            float(middle_x + across * width * cosine - up * height * sine),
            float(canvas.height - (middle_y + across * width * sine + up * height * cosine)),
        )
        for across, up in ((-0.5, low), (0.5, low), (0.5, high), (-0.5, high))
    )


def _unturned_size(text: Text, canvas: Canvas) -> tuple[float, float]:
    """The size of a slanted text before it was slanted: a box around it does not tell."""
    angle = text.get_rotation()
    stale = text.stale
    text.set_rotation(0)
    try:
        extent = Text.get_window_extent(text, canvas.renderer)
    finally:
        text.set_rotation(angle)
        text.stale = stale
    return float(extent.width), float(extent.height)


def _inked_part(content: str) -> tuple[float, float]:
    """The vertical part of a text's box, -0.5 to 0.5, that its first to last full line take."""
    lines = content.split("\n")
    full = [index for index, line in enumerate(lines) if line.strip()]
    return 0.5 - (full[-1] + 1) / len(lines), 0.5 - full[0] / len(lines)
