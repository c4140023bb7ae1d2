"""Turn a figure that has just been drawn into plain facts."""

# pyright: reportUnknownMemberType=false
# (matplotlib's own types leave parts of signatures open)

from __future__ import annotations

from collections.abc import Sequence

from figure_facts import MAX_NUMBERS, AxesFacts, AxisFacts, FigureFacts, LegendFacts, SeriesFacts
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from probe_axis import plain_positions, read_axis
from probe_bars import Plot
from probe_marks import Marks
from probe_series import read_series
from probe_text import Canvas, hex_color, read_legend, read_texts

_MOST_AXES = 100
_MOST_MARKS = 200_000
_MOST_TEXTS = 500


def read_figure(figure: Figure, canvas: Canvas, marks: Marks, *, picture: str) -> FigureFacts:
    """Measure a figure on the canvas it has just been drawn on."""
    shown = [axes for axes in figure.axes if axes.get_visible()][:_MOST_AXES]
    titles = [getattr(figure, "_suptitle", None)]
    labels = [getattr(figure, name, None) for name in ("_supxlabel", "_supylabel")]
    others = [text for text in figure.texts if text not in titles and text not in labels]
    return FigureFacts(
        picture=picture,
        width_px=canvas.width,
        height_px=canvas.height,
        dpi=float(figure.dpi),
        face=hex_color(figure.get_facecolor()),
        titles=read_texts(titles, canvas),
        labels=read_texts(labels, canvas),
        legends=_legends(figure.legends, canvas),
        texts=read_texts(others[:_MOST_TEXTS], canvas),
        axes=tuple(_read_axes(axes, shown, canvas, marks) for axes in shown),
    )


def _read_axes(axes: Axes, shown: Sequence[Axes], canvas: Canvas, marks: Marks) -> AxesFacts:
    x, y = (read_axis(axes, axis, canvas) for axis in (axes.xaxis, axes.yaxis))
    legends = _legends([one for one in axes.get_children() if isinstance(one, Legend)], canvas)
    titles = [getattr(axes, name, None) for name in ("title", "_left_title", "_right_title")]
    return AxesFacts(
        box=canvas.box(axes.get_window_extent(canvas.renderer)),
        x=x,
        y=y,
        projection=axes.name,
        series=_read_series(axes, x, y, marks=marks),
        titles=read_texts(titles, canvas),
        legend=legends[0] if legends else None,
        texts=read_texts(_other_texts(axes), canvas),
        face=hex_color(axes.get_facecolor() if axes.axison else "none"),
        colorbar=hasattr(axes, "_colorbar") or axes.get_label() == "<colorbar>",
        twin_of=_twin(axes, shown),
        shares_x=_has_siblings(axes, "get_shared_x_axes"),
        shares_y=_has_siblings(axes, "get_shared_y_axes"),
    )


def _read_series(
    axes: Axes, x: AxisFacts, y: AxisFacts, *, marks: Marks
) -> tuple[SeriesFacts, ...]:
    artists = len(axes.lines) + len(axes.collections) + len(axes.containers) + 1
    plot = Plot(
        axes=axes,
        x=x,
        y=y,
        plain_x=plain_positions(axes.xaxis),
        plain_y=plain_positions(axes.yaxis),
        most=max(2, min(MAX_NUMBERS, _MOST_MARKS // artists)),
    )
    return read_series(plot, marks)


def _legends(legends: Sequence[Legend], canvas: Canvas) -> tuple[LegendFacts, ...]:
    read = (read_legend(legend, canvas) for legend in legends)
    return tuple(facts for facts in read if facts is not None)


def _other_texts(axes: Axes) -> list[Text]:
    """Texts put into the plot, and the factor (1e6) that matplotlib writes beside an axis."""
    texts = [text for text in axes.texts if not _is_left_out(text, axes)]
    return [*texts[:_MOST_TEXTS], *(_factor(axis) for axis in (axes.xaxis, axes.yaxis))]


def _factor(axis: Axis) -> Text:
    return axis.get_offset_text()


def _is_left_out(text: Text, axes: Axes) -> bool:
    """Whether matplotlib draws none of a text: what it points to, or the text, lies outside."""
    points_inside = getattr(text, "_check_xy", None)
    if callable(points_inside) and not points_inside():
        return True
    return bool(text.get_clip_on()) and not axes.bbox.overlaps(text.get_window_extent())


def _has_siblings(axes: Axes, group: str) -> bool:
    siblings: list[Axes] = getattr(axes, group)().get_siblings(axes)
    return len(siblings) > 1


def _twin(axes: Axes, shown: Sequence[Axes]) -> int:
    twins = getattr(axes, "_twinned_axes", None)
    siblings: list[Axes] = twins.get_siblings(axes) if twins is not None else []
    before = shown[: shown.index(axes)]
    return next((index for index, other in enumerate(before) if other in siblings), -1)
