"""Findings about goals that are not met: another aggregate, a column or rows that are not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from findings import Finding
from goal_reading import Claims
from goal_values import RowFilter
from goal_words import stem, words
from table_evidence import Part
from table_found import Found
from table_labels import normal
from table_layouts import fields
from table_points import Cloud
from table_reading import SourceTable
from table_words import twins

WRONG_AGGREGATE = "wrong_aggregate"
COLUMN_MISSING = "goal_column_missing"


def findings_of(parts: Sequence[Part], goal: Claims, table: SourceTable) -> Iterator[Finding]:
    """Yield what the goal asks for and the figure doesn't show."""
    yield from _aggregates(parts, goal)
    yield from _columns(parts, goal, table)
    for one in goal.filters:
        if one.clear and not _borne_out(one, parts):
            yield Finding(
                COLUMN_MISSING,
                "error",
                f"The goal speaks of {one.said}, but the drawn values are not limited to it.",
                f"Keep only the rows where {one.text}.",
                one.said,
                {"condition": one.text},
            )


def _aggregates(parts: Sequence[Part], goal: Claims) -> Iterator[Finding]:
    known = [part for part in parts if part.known]
    if goal.aggregates and known and not any(_has(part, goal) for part in known):
        yield _wrong(goal, known[0], "The goal asks for")
        return
    for part in known:
        for claims in (part.said[0], part.said[2]):
            if claims.aggregates and part.search is not None and not _has(part, claims):
                yield _wrong(claims, part, "The chart says")
                return


def _has(part: Part, claims: Claims) -> bool:
    """Whether the part shows one of the claimed aggregates."""
    if part.bins is not None:
        return True
    if part.points is not None:
        return part.points.statistic in claims.aggregates or _plain_points(part, claims)
    found = part.search.found if part.search is not None else ()
    return any(_meets(one, claims) for one in found)


def _plain_points(part: Part, claims: Claims) -> bool:
    """Whether raw points may stay raw: nothing that must be grouped is asked for."""
    return not set(claims.aggregates) & {"mean", "sum", "median"} or part.points is None


def _meets(found: Found, claims: Claims) -> bool:
    if found.transform or found.layout.spread == "statistics":
        return True
    asked = set(claims.aggregates)
    if set(claims.counted) & found.layout.used and found.statistic != "count":
        asked -= {"count"}  # "number of cylinders" named a key
    if found.statistic in asked or not asked:
        return True
    column = found.column.name if found.column is not None else ""
    if "count" in claims.aggregates and found.statistic in {"sum", "nunique"}:
        return column in claims.counted or column in claims.hinted
    return (
        "sum" in claims.aggregates and found.statistic == "count" and not _summable(claims, found)
    )


def _summable(claims: Claims, found: Found) -> bool:
    """Whether the text names a column that could have been added up."""
    return bool(set(claims.named) - found.layout.used)


def _wrong(claims: Claims, part: Part, who: str) -> Finding:
    found = part.search.found[0] if part.search is not None and part.search.found else None
    drawn = found.statistic if found is not None else "raw values"
    asked = " or ".join(claims.aggregates)
    return Finding(
        WRONG_AGGREGATE,
        "error",
        f"{who} the {asked}, but the {drawn} is drawn.",
        f"Draw the {asked}.",
        claims.text,
        {"asked": asked, "drawn": drawn},
    )


def _columns(parts: Sequence[Part], goal: Claims, table: SourceTable) -> Iterator[Finding]:
    shown = {name for part in parts if part.known for name in part.used}
    shown |= {other for name in list(shown) for other in twins(name, table)}
    said = {name for part in parts for claims in part.said for name in claims.hinted}
    said |= {name for part in parts if part.search for name in fields(part.search.layouts)}
    unknown = not parts or any(not part.known for part in parts)
    told = {name for part in parts for claims in part.said[2:] for name in claims.hinted}
    colored = any(part.cloud is not None and _differs(part.cloud) for part in parts)
    filtered = {one.column for one in goal.filters}
    for name in goal.named:
        if name in shown or name in filtered or name in table.skipped:
            continue
        if name in goal.counted or name in goal.pooled:
            continue
        if unknown and name in said:
            continue
        if (colored and name in told) or _within(name, shown, goal):
            continue
        yield Finding(
            COLUMN_MISSING,
            "error",
            f"The goal names {name}, which is not drawn.",
            f"Show {name}.",
            name,
            {"column": name},
        )


def _within(name: str, shown: set[str], goal: Claims) -> bool:
    """Whether the name is a part of a longer one that is shown and said: change of nonfarm."""
    said = {stem(word.low) for word in words(goal.text)}
    own = {stem(word.low) for word in words(name)}
    longer = [{stem(word.low) for word in words(other)} for other in shown]
    return any(own < other <= said for other in longer)


def _differs(cloud: Cloud) -> bool:
    """Whether colours or series tell something that could not be looked up."""
    return cloud.colored or len(cloud.labels) > 1


def _borne_out(one: RowFilter, parts: Sequence[Part]) -> bool:
    """Whether the figure is limited to the rows, or shows their values as groups."""
    if not parts or one.mask.all() or not one.mask.any():
        return True
    if any(one.text in {other.text for other in part.rows.filters} for part in parts if part.known):
        return True
    if any(_same(one, part) for part in parts if part.known):
        return True
    names = _names(parts)
    if one.values and not one.negated and all(normal(value) in names for value in one.values):
        return True
    unknown = any(not part.known for part in parts)
    texts = " ".join(part.words.everything for part in parts).casefold()
    return unknown and one.said.casefold() in texts


def _same(one: RowFilter, part: Part) -> bool:
    """Whether the part's own rows are the same for other reasons."""
    mask = part.rows.mask
    return mask is not None and bool(np.array_equal(mask & one.mask, mask))


def _names(parts: Sequence[Part]) -> set[str]:
    """The texts that stand at marks, in legends and over plot areas."""
    names: set[str] = set()
    for part in parts:
        if part.panel is not None:
            names |= {normal(name) for name in (*part.panel.names, *part.panel.labels)}
        if part.cloud is not None:
            names |= {normal(name) for name in part.cloud.labels}
            names |= {normal(name) for name in part.cloud.axes.x.categories}
        names |= {normal(text) for text in (*part.words.titles, *part.words.legend)}
    return names - {""}
