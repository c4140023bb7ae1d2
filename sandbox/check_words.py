"""Is the chart titled and labelled in words people use?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from category_names import are_times
from figure_facts import AxesFacts, AxisFacts, TextFacts
from findings import Checked, Finding
from view import PlacedText, Plot, View, in_place, quoted, tick_texts

_FILLERS = re.compile(
    r"(my |the |a |an )?((simple|basic|sample|test|example|data|bar|line|scatter|pie|box|area|"
    r"histogram|grouped|stacked|horizontal)\s*)*(chart|plot|graph|figure|title|diagram|histogram|"
    r"untitled|visuali[sz]ation|barplot|lineplot|scatterplot|boxplot|data)?(\s*\d+)?[.!]?"
)
_SNAKE = re.compile(r"(?<![\w$\\{])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?![\w}])")
_CAMEL = re.compile(r"\b[a-z]{3,}[A-Z][a-z]+\w*\b")
_TUPLE = re.compile(r"^\(.*['\"].*,.*\)$")
_TITLE_PT = 9.0
_ALIGNED_PX = 6.0


def check(view: View) -> Checked:
    """Find titles and axis labels that are missing, and names left as they are in the table."""
    findings = [*_title(view), *_labels(view), *_raw(view)]
    return Checked(tuple(findings), ("title_missing", "label_missing", "label_raw"))


def _title(view: View) -> Iterator[Finding]:
    titles = [text for text in _titles(view) if view.seen(text)]
    if any(not _is_filler(text.text) for text in titles):
        return
    hidden = [text for text in _titles(view) if not view.seen(text)]
    if titles:
        message = f"the title {quoted(titles[0].text)} says nothing about the data"
    elif hidden:
        message = f"the title {quoted(hidden[0].text)} can't be seen in the picture"
    else:
        message = "the chart has no title"
    yield Finding(
        "title_missing",
        "warning",
        message,
        "add a title that says what is shown: the measure, the groups, and the time",
        place="title",
        numbers={"titles_seen": len(titles), "titles_hidden": len(hidden)},
    )


def _titles(view: View) -> list[TextFacts]:
    """Everything that serves as a title, also text that was put above the plots by hand."""
    top = min((plot.axes.box.top for plot in view.plots), default=0.0)
    titles = [*view.figure.titles, *_above(view.figure.texts, top)]
    for plot in view.plots:
        titles += _titles_of(plot.axes)
    return titles


def _titles_of(axes: AxesFacts) -> list[TextFacts]:
    """The titles of a plot; a second one, or a text above the plot, says what y measures."""
    return [*axes.titles, *_above(axes.texts, axes.box.top)]


def _above(texts: Sequence[TextFacts], top: float) -> list[TextFacts]:
    return [text for text in texts if text.box.bottom <= top + 1 and text.size_pt >= _TITLE_PT]


def _is_filler(text: str) -> bool:
    return _FILLERS.fullmatch(" ".join(text.lower().split())) is not None


def _labels(view: View) -> Iterator[Finding]:
    for plot in view.plots:
        if plot.axes.projection != "rectilinear" or not _is_measured(plot.axes):
            continue
        for letter in ("x", "y"):
            axis = plot.axes.x if letter == "x" else plot.axes.y
            if _needs_label(axis, letter, plot.axes) and not _labelled(letter, plot, view):
                yield _no_label(letter, axis, plot)


def _is_measured(axes: AxesFacts) -> bool:
    """Whether the axes mean something: not under a pie or an image."""
    return any(series.kind not in {"pie", "image"} for series in axes.series)


def _needs_label(axis: AxisFacts, letter: str, axes: AxesFacts) -> bool:
    """Every axis, except times that explain themselves and one whose values are written out.

    Years, months, weekdays and dates explain themselves; other categories do not, however clear
    the title. Without tick labels a reader needs the values, or names, beside the marks.
    """
    if axes.twin_of >= 0 and (letter == "x" or not axis.shown):
        return False
    names = tick_texts(axis)
    if not names:
        return not _written_out(axes)
    if axis.kind == "date":
        return False
    return not (_is_time_axis(letter, axes) and are_times([text.text for text in names]))


def _written_out(axes: AxesFacts) -> bool:
    """Whether there is a text for each bar, or for each line."""
    bars = sum(one.count for one in axes.series if one.kind in {"bar", "box"})
    lines = sum(one.kind in {"line", "step", "area"} for one in axes.series)
    return len(axes.texts) >= max(1, bars, lines)


def _is_time_axis(letter: str, axes: AxesFacts) -> bool:
    """Whether values are not measured along it: bars stand on it, or lines run over it."""
    bars = [one for one in axes.series if one.kind in {"bar", "box"}]
    if bars:
        return (letter == "y") == bars[0].horizontal
    return letter == "x" and not any(one.kind in {"hist", "scatter"} for one in axes.series)


def _labelled(letter: str, plot: Plot, view: View) -> bool:
    if view.seen(_label(plot.axes, letter)):
        return True
    upright = letter == "y"
    if upright and len([text for text in _titles_of(plot.axes) if view.seen(text)]) > 1:
        return True
    if any(view.seen(text) and (text.angle % 180 != 0) == upright for text in view.figure.labels):
        return True
    return any(
        view.seen(_label(other.axes, letter))
        for other in view.plots
        if other.name != plot.name and _in_line(plot.axes, other.axes, letter)
    )


def _in_line(one: AxesFacts, other: AxesFacts, letter: str) -> bool:
    """Whether small multiples share a label: the x axis down a column, the y axis along a row."""
    if other.twin_of >= 0 or one.twin_of >= 0:
        return letter == "x" and one.box == other.box
    if letter == "x":
        return abs(one.box.left - other.box.left) < _ALIGNED_PX
    return abs(one.box.top - other.box.top) < _ALIGNED_PX


def _label(axes: AxesFacts, letter: str) -> TextFacts | None:
    return axes.x.label if letter == "x" else axes.y.label


def _no_label(letter: str, axis: AxisFacts, plot: Plot) -> Finding:
    hidden = axis.label
    message = (
        f"the {letter} axis label {quoted(hidden.text)} can't be seen in the picture"
        if hidden is not None
        else f"the {letter} axis has no label"
    )
    return Finding(
        "label_missing",
        "warning",
        message,
        f"label the {letter} axis with what it shows and its unit",
        place=in_place(f"{letter} axis", plot),
        numbers={"tick_labels": len(tick_texts(axis))},
    )


def _raw(view: View) -> Iterator[Finding]:
    found = {placed.facts.text: placed.place for placed in view.texts() if _is_raw(placed, view)}
    if found:
        first = next(iter(found))
        yield Finding(
            "label_raw",
            "warning",
            f"{len(found)} label(s) show a name as it is in the table, such as {quoted(first)}",
            "write names in words with their units, for example "
            f"{quoted(_in_words(first))} instead of {quoted(first)}",
            place=found[first],
            numbers={"labels": len(found), "names": sorted(found)[:10]},
        )


def _is_raw(placed: PlacedText, view: View) -> bool:
    text = placed.facts.text.strip()
    if placed.place.endswith("tick label") or placed.place == "legend label":
        return text in view.columns and _looks_raw(text)
    return _looks_raw(text) or _TUPLE.match(text) is not None


def _looks_raw(text: str) -> bool:
    return "$" not in text and bool(_SNAKE.search(text) or _CAMEL.search(text))


def _in_words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ").strip("()'\""))
    return spaced[:1].upper() + spaced[1:].lower()
