"""Is there a picture, and is there data in it?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from figure_facts import AxesFacts, AxisFacts, SeriesFacts
from findings import Checked, Finding
from picture import MOST_PIXELS, Picture, ink_share
from view import Plot, View, in_place

_LEAST_INK = 0.0008
_UNREAD = {"image", "strokes", "other", "pie", "box"}


def check_ink(picture: Picture | None) -> Checked:
    """Find a picture that is missing or shows nothing: less than 0.08 % of it is ink."""
    share = ink_share(picture.pixels) if picture is not None else 0.0
    if share >= _LEAST_INK:
        return Checked(codes=("blank_image",))
    finding = Finding(
        "blank_image",
        "error",
        f"the picture is blank: {share:.3%} of it is ink"
        if picture is not None
        else f"no PNG of at most {MOST_PIXELS:,} pixels was saved",
        "draw the chart before saving, and save it as chart.png before closing or clearing it",
        numbers={"ink_share": round(share, 6), "least": _LEAST_INK},
    )
    return Checked((finding,), ("blank_image",))


def check(view: View) -> Checked:
    """Find plots without data, and data that are missing or zero throughout."""
    plots = [plot for plot in view.plots if not _is_unused(plot.axes)]
    findings = [] if plots else [_no_plot(len(view.plots))]
    for plot in plots:
        findings += _empty(plot, view) or _missing(plot)
    return Checked(tuple(findings), ("empty_axes", "nan_data"))


def _is_unused(axes: AxesFacts) -> bool:
    """A panel switched off because there was nothing left to draw in it."""
    return not (axes.x.shown or axes.y.shown or axes.series or axes.texts)


def _no_plot(switched_off: int) -> Finding:
    return Finding(
        "empty_axes",
        "error",
        "the figure has no plot with data",
        "plot the data the goal asks for into the figure that is saved",
        numbers={"plots": 0, "switched_off": switched_off},
    )


def _empty(plot: Plot, view: View) -> list[Finding]:
    series = plot.axes.series
    twinned = plot.axes.twin_of >= 0 and not series
    inside = [one for one in view.visible_series(plot.axes) if _lies_inside(one, plot.axes)]
    if inside or twinned or _all_missing(series):
        return []
    why = (
        "holds no data" if not series else "shows none of its data (hidden, or outside the limits)"
    )
    return [
        Finding(
            "empty_axes",
            "error",
            f"{plot.name or 'the plot'} {why}",
            "plot data into it, make the marks visible inside the limits, or remove this plot",
            place=plot.name,
            numbers={"series": len(series), "series_seen": 0},
        )
    ]


def _all_missing(series: Sequence[SeriesFacts]) -> bool:
    return bool(series) and all(_is_missing(one) for one in series)


def _lies_inside(series: SeriesFacts, axes: AxesFacts) -> bool:
    """Whether any mark lies, at least in part, inside the limits."""
    if series.kind in _UNREAD:
        return series.count > 0
    across, along = (axes.y, axes.x) if series.horizontal else (axes.x, axes.y)
    ends = (
        series.y if not series.base else tuple(map(sum, zip(series.y, series.base, strict=False)))
    )
    starts = series.base or series.y
    return any(
        _within(x, x, across) and _within(min(start, end), max(start, end), along)
        for x, start, end in zip(series.x, starts, ends, strict=False)
    )


def _within(start: float, end: float, axis: AxisFacts) -> bool:
    slack = (axis.high - axis.low) * 0.05
    return end >= axis.low - slack and start <= axis.high + slack


def _is_missing(series: SeriesFacts) -> bool:
    """No finite value at all, or bars that are all zero."""
    if series.kind in {"strokes", "other"}:
        return False
    values = [value for value in series.y if math.isfinite(value)]
    flat = series.kind in {"bar", "hist", "pie"} and not any(values)
    return not values or flat


def _missing(plot: Plot) -> list[Finding]:
    findings: list[Finding] = []
    for number, series in enumerate(plot.axes.series, 1):
        if not _is_missing(series):
            continue
        finite = sum(math.isfinite(value) for value in series.y)
        name = series.label or f"{series.kind} series {number}"
        findings.append(
            Finding(
                "nan_data",
                "error",
                f"all {series.count} values of {name} are {'zero' if finite else 'missing'}",
                "check how these values are computed, and drop missing values before plotting",
                place=in_place(name, plot),
                numbers={"values": series.count, "finite": finite},
            )
        )
    return findings
