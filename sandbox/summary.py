"""A small, plain summary of a chart for people and traces."""

from __future__ import annotations

from figure_facts import AxesFacts, AxisFacts, FigureFacts, TextFacts

_MOST_PLOTS = 20
_MOST_LABELS = 20


def summarise(figure: FigureFacts, reading: str) -> dict[str, object]:
    """Say in JSON types what was drawn; ``reading`` is what its values were recognised as."""
    plots = [axes for axes in figure.axes if not axes.colorbar][:_MOST_PLOTS]
    return {
        "width_px": round(figure.width_px),
        "height_px": round(figure.height_px),
        "title": " / ".join(text.text for text in figure.titles),
        "plots": [_plot(axes) for axes in plots],
        "reading": reading,
    }


def _plot(axes: AxesFacts) -> dict[str, object]:
    return {
        "title": " / ".join(text.text for text in axes.titles),
        "x": _axis(axes.x),
        "y": _axis(axes.y),
        "marks": sorted({series.kind for series in axes.series}),
        "series": len(axes.series),
        "points": sum(series.count for series in axes.series),
        "legend": _texts(axes.legend.labels if axes.legend is not None else ()),
    }


def _axis(axis: AxisFacts) -> str:
    return axis.label.text if axis.label is not None else ""


def _texts(texts: tuple[TextFacts, ...]) -> list[str]:
    return [text.text for text in texts[:_MOST_LABELS]]
