"""Does the kind of mark fit the data?"""

from __future__ import annotations

from category_names import have_order
from figure_facts import AxisFacts, SeriesFacts
from findings import Checked, Finding
from view import Plot, View, in_place, tick_texts

MOST_BARS = 30
MOST_ORDERED_BARS = 60
MOST_SLICES = 7
_FEWEST_NAMES = 3


def check(view: View) -> Checked:
    """Find lines over names without an order, and more categories than a reader can take in."""
    findings: list[Finding] = []
    for plot in view.plots:
        findings += _line_on_nominal(plot, _has_bars(plot, view))
        findings += _too_many(plot)
    return Checked(tuple(findings), ("line_on_nominal", "too_many_categories"))


def _has_bars(plot: Plot, view: View) -> bool:
    """Whether bars stand behind the lines: names then carry a Pareto curve, or target marks."""
    twins = [other.axes for other in view.plots if other.axes.box == plot.axes.box]
    return any(series.kind == "bar" for axes in twins for series in axes.series)


def _line_on_nominal(plot: Plot, has_bars: bool) -> list[Finding]:
    lines = [series for series in plot.axes.series if series.kind in {"line", "step"}]
    names = _names(plot.axes.x)
    if has_bars or not lines or len(names) < _FEWEST_NAMES or have_order(names):
        return []
    if plot.axes.projection != "rectilinear" or not any(_joins_names(one, names) for one in lines):
        return []
    some = ", ".join(names[:3])
    return [
        Finding(
            "line_on_nominal",
            "error",
            f"a line joins {len(names)} names that have no order ({some}, ...)",
            "draw bars (or dots), sorted by value: a line says that the steps between names mean "
            "something",
            place=in_place("x axis", plot),
            numbers={"lines": len(lines), "names": len(names)},
        )
    ]


def _names(axis: AxisFacts) -> tuple[str, ...]:
    if axis.categories:
        return axis.categories
    if axis.kind == "date":
        return ()
    return tuple(text.text for text in tick_texts(axis))


def _joins_names(series: SeriesFacts, names: tuple[str, ...]) -> bool:
    """Whether a line has its points at the places of the names."""
    return series.count >= _FEWEST_NAMES and len(set(series.x)) <= max(len(names) * 2, 400)


def _too_many(plot: Plot) -> list[Finding]:
    findings: list[Finding] = []
    pies = [series.count for series in plot.axes.series if series.kind == "pie"]
    if pies and max(pies) > MOST_SLICES:
        findings.append(_pie(plot, max(pies)))
    bars = [one for one in plot.axes.series if one.kind in {"bar", "box"} and one.names]
    places = len({x for series in bars for x in series.x}) if len(bars) == 1 else _groups(bars)
    names = [name for series in bars for name in series.names]
    most = MOST_ORDERED_BARS if have_order(names) else MOST_BARS
    if places > most:
        findings.append(_bars(plot, places, most))
    return findings


def _groups(bars: list[SeriesFacts]) -> int:
    """Groups of bars side by side count once: as many as the longest series has places."""
    return max((len(set(series.x)) for series in bars), default=0)


def _pie(plot: Plot, slices: int) -> Finding:
    return Finding(
        "too_many_categories",
        "error",
        f"the pie has {slices} slices, more than {MOST_SLICES}",
        "draw sorted bars instead, or keep the largest slices and add the others up",
        place=in_place("pie", plot),
        numbers={"slices": slices, "most": MOST_SLICES},
    )


def _bars(plot: Plot, bars: int, most: int) -> Finding:
    return Finding(
        "too_many_categories",
        "error",
        f"{bars} categories are drawn, more than {most}",
        "show the 10 to 20 largest, or group the rest, and say so in the title",
        place=in_place("category axis", plot),
        numbers={"categories": bars, "most": most},
    )
