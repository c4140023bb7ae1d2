"""Remember which artists belong to histograms and boxes: once drawn, they do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Histogram:
    """What `Axes.hist` counted for one data set."""

    edges: Numbers
    heights: Numbers
    horizontal: bool


@dataclass(frozen=True, slots=True)
class Boxes:
    """Where `Axes.bxp` drew boxes, and their medians."""

    positions: Numbers
    medians: Numbers
    horizontal: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of artists beyond what they show; it keeps none of them alive.

    ``histograms`` are found by their first bar or outline, ``boxes`` by their first median line;
    ``parts`` are artists that draw no series of their own (whiskers, caps, fliers).
    """

    histograms: WeakKeyDictionary[Artist, Histogram] = field(
        default_factory=WeakKeyDictionary[Artist, Histogram]
    )
    boxes: WeakKeyDictionary[Artist, Boxes] = field(
        default_factory=WeakKeyDictionary[Artist, Boxes]
    )
    parts: WeakKeyDictionary[Artist, bool] = field(default_factory=WeakKeyDictionary[Artist, bool])

    def note_histogram(self, answer: Any, options: Mapping[str, object]) -> None:  # noqa: ANN401 -- what the hooked method answered
        """Remember the answer of `Axes.hist`: heights, edges, artists."""
        heights, edges, artists = answer
        rows: list[Numbers] = [heights] if heights.ndim == 1 else list(heights)
        groups = [artists] if heights.ndim == 1 else artists
        for row, group in zip(rows, groups, strict=True):
            first = next(iter(group), None)
            if isinstance(first, Artist):
                self.histograms[first] = Histogram(
                    np.asarray(edges, float),
                    np.asarray(row, float),
                    options.get("orientation") == "horizontal",
                )

    def note_boxes(self, answer: Mapping[str, Any]) -> None:
        """Remember the answer of `Axes.bxp`: lists of artists by their role."""
        self.note_parts(answer)
        medians = list(answer.get("medians", ()))
        if not medians:
            return
        ends = np.array([[line.get_xdata(), line.get_ydata()] for line in medians], dtype=float)
        horizontal = bool(np.all(ends[:, 0, 0] == ends[:, 0, -1]))
        along, across = (1, 0) if horizontal else (0, 1)
        self.boxes[medians[0]] = Boxes(
            ends[:, along].mean(axis=1), ends[:, across].mean(axis=1), horizontal
        )

    def note_parts(self, answer: Mapping[str, Any]) -> None:
        """Remember all artists of an answer as parts of something larger."""
        for artists in answer.values():
            if isinstance(artists, Artist):
                self.parts[artists] = True
            elif isinstance(artists, Iterable):
                for artist in artists:  # pyright: ignore[reportUnknownVariableType] -- any list
                    if isinstance(artist, Artist):
                        self.parts[artist] = True
