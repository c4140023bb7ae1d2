"""Does the design of the axes suggest what the numbers don't say?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from figure_facts import AxesFacts, AxisFacts
from findings import Checked, Finding
from view import Plot, View, in_place

CODES = ("axis_inverted", "dual_axis", "data_cropped")
_MOST_OUTSIDE = 0.02
_SLACK = 0.005
_DOWNWARDS = re.compile(
    r"\b(rank\w*|depth|position|place|latitude|pressure|magnitude|age)\b", re.IGNORECASE
)
_MEASURES = {"bar", "hist", "line", "step", "area", "scatter"}


def check(view: View, goal: str) -> Checked:
    """Find axes that run downwards, second scales, and data beyond the limits."""
    findings: list[Finding] = []
    for plot in view.plots:
        findings += _inverted(plot, goal)
        findings += _dual(plot, view)
        findings += _cropped(plot)
    return Checked(tuple(findings), CODES)


def _inverted(plot: Plot, goal: str) -> Iterator[Finding]:
    axes = plot.axes
    measured = [one for one in axes.series if one.kind in _MEASURES]
    if not measured or axes.projection != "rectilinear":
        return
    letter = "x" if measured[0].horizontal else "y"
    axis = axes.x if letter == "x" else axes.y
    label = axis.label.text if axis.label else ""
    if axis.inverted and axis.kind == "number" and not _DOWNWARDS.search(f"{label} {goal}"):
        yield Finding(
            "axis_inverted",
            "warning",
            f"the {letter} axis runs backwards: more looks like less",
            f"let the {letter} axis run from low to high",
            place=in_place(f"{letter} axis", plot),
            numbers={"low": axis.low, "high": axis.high},
        )


def _dual(plot: Plot, view: View) -> Iterator[Finding]:
    own = plot.axes
    if own.twin_of < 0 or not own.series or not own.y.shown:
        return
    under = view.figure.axes[own.twin_of] if own.twin_of < len(view.figure.axes) else None
    if under is None or not under.series or _same_scale(own.y, under.y):
        return
    yield Finding(
        "dual_axis",
        "note" if _told_apart(own.y, under.y) else "warning",
        "two y scales lie over each other: where lines cross is an accident of the scales",
        "draw two plots, one below the other, with the same x axis",
        place=in_place("y axis", plot),
        numbers={"left": [under.y.low, under.y.high], "right": [own.y.low, own.y.high]},
    )


def _told_apart(one: AxisFacts, other: AxisFacts) -> bool:
    """Whether each scale says what it measures, and it is not the same."""
    labels = [axis.label.text.strip().lower() for axis in (one, other) if axis.label]
    return len(set(labels)) > 1 and all(labels)


def _same_scale(one: AxisFacts, other: AxisFacts) -> bool:
    span = max(abs(one.high - one.low), abs(other.high - other.low), 1e-12)
    return abs(one.low - other.low) + abs(one.high - other.high) < _SLACK * span


def _cropped(plot: Plot) -> Iterator[Finding]:
    inside, outside = _counts(plot.axes)
    if outside and outside > _MOST_OUTSIDE * (inside + outside):
        yield Finding(
            "data_cropped",
            "warning",
            f"{outside} of {inside + outside} values lie outside the limits of the axes",
            "widen the limits so that all values are seen, or filter them and say so",
            place=plot.name,
            numbers={"outside": outside, "values": inside + outside},
        )


def _counts(axes: AxesFacts) -> tuple[int, int]:
    inside = outside = 0
    for series in axes.series:
        if series.kind not in {"line", "step", "scatter"} or not series.x:
            continue
        for x, y in zip(series.x, series.y, strict=False):
            if math.isfinite(x) and math.isfinite(y):
                if _within(x, axes.x) and _within(y, axes.y):
                    inside += 1
                else:
                    outside += 1
    return inside, outside


def _within(value: float, axis: AxisFacts) -> bool:
    slack = _SLACK * abs(axis.high - axis.low)
    return axis.low - slack <= value <= axis.high + slack
