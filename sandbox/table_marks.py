"""Findings about points and histograms that contradict the table."""

from __future__ import annotations

from collections.abc import Iterator

from findings import Finding
from goal_reading import Claims
from table_evidence import Part
from table_reading import SourceTable
from table_words import CODE, COVERED, hinted, mislabelled, note, place, unasked

_NEAR = 0.6
_READ = "Compute the values anew from the table, for every group, and draw exactly those."


def of_sides(part: Part, table: SourceTable) -> Iterator[Finding]:
    """Axis labels of points that name other columns."""
    points = part.points
    if points is not None and points.purity >= _NEAR:
        yield from mislabelled(part.said[1], frozenset({points.x}), table)
        yield from mislabelled(part.said[0], frozenset({points.y}), table)


def of_points(part: Part, goal: Claims) -> Iterator[Finding]:
    """Yield what contradicts the table in a cloud of points."""
    points, texts = part.points, (goal, *part.said)
    if points is None or points.purity < _NEAR:
        yield _unknown_points(part, texts)
        return
    where = f"{points.x} and {points.y}"
    numbers: dict[str, object] = {
        "purity": round(points.purity, 4),
        "coverage": round(points.coverage, 4),
    }
    if points.purity < 1.0:
        message = f"{max(1 - points.purity, 0.001):.1%} of the drawn points are not in {where}."
        yield Finding(CODE, "error", message, "Draw the table's own rows.", place(part), numbers)
    elif points.mixed:
        message = f"The points are rows of {where}, but under other series labels."
        yield Finding(CODE, "error", message, "Check which rows each series holds.", place(part))
    elif part.unasked:
        if not hinted(part, goal):
            yield unasked(part)
    elif points.coverage < COVERED and not any(claims.part or claims.top for claims in texts):
        message = f"Rows are lost: {points.coverage:.0%} of the table's points are drawn."
        advice = "Draw all rows, or say in the title which part is shown."
        yield Finding(CODE, "error", message, advice, place(part), numbers)


def _unknown_points(part: Part, texts: tuple[Claims, ...]) -> Finding:
    """Points that are no rows: an error where both axes name the columns they ought to show."""
    y, x = part.said[0].named, part.said[1].named
    derived = any(claims.derived or "jitter" in claims.text.casefold() for claims in texts)
    if derived or not x or not y or any(claims.aggregates for claims in texts):
        return note("points")
    message = f"The drawn points are not those of {x[0]} and {y[0]} in the table."
    return Finding(CODE, "error", message, "Draw the table's own rows.", place(part))


def of_bins(part: Part, goal: Claims) -> Iterator[Finding]:
    """Yield what contradicts the table in a histogram."""
    bins = part.bins
    if bins is None:
        return
    texts = (goal, *part.said)
    numbers: dict[str, object] = {
        "misplaced": round(bins.wrong, 4),
        "coverage": round(bins.coverage, 4),
    }
    if bins.wrong > 0:
        derived = any(claims.derived for claims in texts)
        if derived or bins.column not in {*part.said[1].named, *goal.named}:
            yield note("bins")
            return
        message = f"The bars are not the histogram of {bins.column}: values stand in other bins."
        yield Finding(CODE, "error", message, _READ, place(part), numbers)
    elif part.unasked and not hinted(part, goal):
        yield unasked(part)
    elif bins.coverage < COVERED and not any(claims.part for claims in texts):
        message = f"Rows are lost: the bins hold {bins.coverage:.0%} of {bins.column}."
        advice = "Choose bins that hold every value, or say which part is shown."
        yield Finding(CODE, "error", message, advice, place(part), numbers)
