"""Do length and colour say what they mean?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from figure_facts import AxesFacts, AxisFacts, LegendFacts, SeriesFacts, TextFacts
from findings import Checked, Finding
from view import Plot, View, in_place

_FILLED = {"bar", "hist", "area"}
_TOLD_APART = {"bar", "hist", "area", "line", "step", "scatter"}
_SLACK = 0.02
_MANY = 2
_CONTEXT = 3


def check(view: View) -> Checked:
    """Find bars that do not start at zero, and series that nothing tells apart."""
    findings: list[Finding] = []
    for plot in view.plots:
        findings += _baseline(plot)
        findings += _legend(plot, view)
    return Checked(tuple(findings), ("baseline_truncated", "legend_missing"))


def _baseline(plot: Plot) -> list[Finding]:
    filled = [one for one in plot.axes.series if one.kind in _FILLED and one.base]
    lows = [one for one in filled if _starts(one)]
    if not lows:
        return []
    horizontal = lows[0].horizontal
    axis = plot.axes.x if horizontal else plot.axes.y
    start = _baseline_drawn(lows, axis)
    if axis.scale != "linear" or start == 0:
        return []
    place = f"{'x' if horizontal else 'y'} axis"
    return [
        Finding(
            "baseline_truncated",
            "error",
            f"the {place} starts at {start:g}, not at 0, so the lengths of the bars mislead",
            "let the bars start at 0, or draw dots or a line if only differences matter",
            place=in_place(place, plot),
            numbers={"starts_at": start, "low": axis.low, "high": axis.high},
        )
    ]


def _starts(series: SeriesFacts) -> float | bool:
    """Whether all marks of a series start at the same place: it does not stand on another one."""
    finite = [base for base in series.base if math.isfinite(base)]
    return bool(finite) and max(finite) - min(finite) <= 1e-9 * max(1.0, abs(max(finite)))


def _baseline_drawn(series: Sequence[SeriesFacts], axis: AxisFacts) -> float:
    """Where bars start as drawn: 0, the edge that cuts them off, or their own common base."""
    bases = [one.base[0] for one in series]
    slack = _SLACK * (axis.high - axis.low)
    if axis.low > slack and min(bases) <= axis.low:
        return axis.low
    if axis.high < -slack and max(bases) >= axis.high:
        return axis.high
    lowest = min(bases, key=abs)
    return lowest if abs(lowest) > slack and len(set(bases)) == 1 else 0.0


def _legend(plot: Plot, view: View) -> list[Finding]:
    if plot.axes.twin_of >= 0:
        return []
    together = [plot.axes, *_twins(plot.axes, view)]
    confusable = _confusable([series for axes in together for series in axes.series])
    if confusable < _MANY or _axes_tell(together) or _explained(together, confusable, view):
        return []
    return [
        Finding(
            "legend_missing",
            "error",
            f"{confusable} series are drawn and nothing says which is which",
            "give each series a label and add a legend, or write the names beside the marks",
            place=plot.name,
            numbers={"series": confusable},
        )
    ]


def _twins(axes: AxesFacts, view: View) -> list[AxesFacts]:
    index = view.figure.axes.index(axes)
    return [other for other in view.figure.axes if other.twin_of == index]


def _confusable(series: Sequence[SeriesFacts]) -> int:
    """The largest number of series, or of colours of points, of one kind."""
    counts = [0]
    for kind in _TOLD_APART:
        same = [one for one in series if one.kind == kind and not _is_reference(one)]
        if len(same) >= _MANY and not _told_by_place(same):
            counts.append(_count_looks(same))
    counts += [len(set(one.colors)) for one in series if one.kind == "scatter"]
    counts += [one.count for one in series if one.kind == "pie"]
    return max(counts)


def _told_by_place(series: Sequence[SeriesFacts]) -> bool:
    """Whether each series stands at named places of its own, as bars drawn one by one do."""
    names = [set(one.names) for one in series]
    apart = sum(len(own) for own in names) == len(set[str]().union(*names))
    return apart and all(own and "" not in own for own in names)


def _count_looks(series: Sequence[SeriesFacts]) -> int:
    """How many looks need a name: not that of many unnamed lines, the ground for others.

    Where all look the same, each needs a name: nothing tells them apart.
    """
    looks: dict[object, list[SeriesFacts]] = {}
    for one in series:
        looks.setdefault((one.colors[:1], one.marker, one.line_style), []).append(one)
    if len(looks) == 1:
        return len(series) if series[0].kind not in {"bar", "hist"} else 1
    context = [
        same
        for same in looks.values()
        if len(same) >= _CONTEXT and not any(one.label for one in same)
    ]
    return len(looks) - len(context)


def _is_reference(series: SeriesFacts) -> bool:
    """A straight stroke without a name: a mean, a target, a trend through the points."""
    ends = [value for value in series.y if math.isfinite(value)]
    return (
        series.kind in {"line", "step"}
        and not series.label
        and (len(ends) <= _MANY or max(ends) == min(ends))
    )


def _axes_tell(together: Sequence[AxesFacts]) -> bool:
    """Whether each series has a labelled axis of its own."""
    return len(together) > 1 and all(
        len(axes.series) <= 1 and axes.y.label is not None for axes in together
    )


def _explained(together: Sequence[AxesFacts], series: int, view: View) -> bool:
    if any(axes.colorbar for axes in view.figure.axes) and _is_colored(together):
        return True
    legends = [axes.legend for axes in view.figure.axes if axes.legend is not None]
    here = [axes.legend for axes in together if axes.legend is not None]
    shared = [one for one in (*view.figure.legends, *legends) if len(one.labels) >= series]
    if any(_names_series(legend, series, view) for legend in (*here, *shared)):
        return True
    return _named_directly(together, series, view)


def _is_colored(together: Sequence[AxesFacts]) -> bool:
    return any(one.color_values for axes in together for one in axes.series)


def _names_series(legend: LegendFacts, series: int, view: View) -> bool:
    """Whether a legend is seen and names all series, or all but one."""
    return sum(view.seen(label) for label in legend.labels) >= max(_MANY, series - 1)


def _named_directly(together: Sequence[AxesFacts], series: int, view: View) -> bool:
    texts = [text for axes in together for text in axes.texts] + list(view.figure.texts)
    named = sum(view.seen(text) for text in texts if _is_name(text))
    return named >= (series if series <= _CONTEXT else series - 1)


def _is_name(text: TextFacts) -> bool:
    return any(character.isalpha() for character in text.text)
