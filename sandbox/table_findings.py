"""Findings about values that contradict the table (values_mismatch).

The rule for values that no recomputation explains: they are an error where something shows what
they ought to be, and a note otherwise, since a derived quantity is not a crime. They ought to be
something when the names or positions are groups of a key and (1) most values equal one
recomputation, or all do but at other names, or (2) the texts claim a column, claim at most one
aggregate, and speak of nothing derived (a rate, a change, a number that can't be placed).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from findings import Finding, Severity
from goal_reading import Claims
from goal_words import word_set, words
from table_evidence import Part
from table_found import Found, Search
from table_marks import of_bins, of_points, of_sides
from table_match import SCALES, telling
from table_panels import Panel
from table_reading import SourceTable
from table_rows import COMPLETE
from table_words import (
    CODE,
    COVERED,
    hinted,
    mislabelled,
    note,
    of_labels,
    place,
    says_scale,
    unasked,
)

_NEAR = 0.6
_NEAR_UNASKED = 0.75
_FEW = 4
_ROUNDED = 0.002
_SHARE_WORDS = word_set("share shares percent percentage percentages proportion")
_MANY_GROUPS = 20
_READ = "Compute the values anew from the table, for every group, and draw exactly those."


def findings_of(part: Part, goal: Claims, table: SourceTable) -> Iterator[Finding]:
    """Yield what contradicts the table in one part of a figure."""
    if part.panel is not None and part.search is not None:
        if part.search.found:
            yield from _of_found(part, part.search.found[0], goal, table)
        elif not part.panel.companion:
            yield _of_unknown(part, part.panel, part.search, goal)
    elif part.cloud is not None:
        yield from of_points(part, goal)
        yield from of_sides(part, table)
    elif part.bins is not None:
        yield from of_bins(part, goal)
        if part.bins.wrong == 0.0:
            yield from mislabelled(part.said[1], part.bins.used, table)
    elif part.panel is None or not part.panel.companion:
        yield note("drawn values")


def reading_of(found: Found) -> str:
    """One line that says what drawn values are."""
    layout = found.layout
    if layout.spread in {"series", "names"}:
        what = f"{found.statistic} of {', '.join(column.name for column in layout.values[:4])}"
    elif layout.spread == "statistics":
        what = f"{', '.join(layout.statistics)} of {found.column.name if found.column else 'rows'}"
    else:
        what = f"{found.statistic} of {found.column.name if found.column else 'rows'}"
    by = [key.name for key in (layout.key, layout.split) if key is not None]
    text = what + (f" by {' and '.join(by)}" if by else "")
    text += f" where {found.rows.text}" if found.rows.text else ""
    text += f" ({found.transform})" if found.transform else ""
    return text + (f" x {found.factor:.6g}" if found.factor != 1.0 else "")


def _of_found(part: Part, found: Found, goal: Claims, table: SourceTable) -> Iterator[Finding]:
    said = f"{part.words.everything} | {' '.join(part.words.ticks)}"
    if found.factor in SCALES or any(abs(found.factor / one - 1) < 1e-5 for one in SCALES):  # noqa: PLR2004 -- equal but for rounding
        scale = min(SCALES, key=lambda one: abs(found.factor / one - 1))
        if found.factor != 1.0 and not says_scale(said, SCALES[scale]):
            yield Finding(
                CODE,
                "error",
                f"The drawn values are {found.factor:g} times the {reading_of(found)}.",
                "Draw the table's own values, or say the unit in the axis label.",
                place(part),
                {"factor": found.factor},
            )
    if found.transform == "multiple":
        yield note(f"values that are {found.factor:.6g} times the table's")
    yield from _of_rows(part, goal, _lost(found))
    yield from _of_top(part, found, goal)
    yield from of_labels(part, found, table)


def _lost(found: Found) -> tuple[float, int, int, bool]:
    """Share of rows shown, groups shown, groups there are, and whether the shown are extreme."""
    layout, mask = found.layout, found.rows.mask
    if layout.key is None or layout.exempt.any() or layout.spread == "statistics":
        return 1.0, 0, 0, False
    counts = layout.groups(mask).rows.reshape(layout.shape)
    if layout.spread:
        counts = counts if layout.spread == "series" else counts.T
        counts = np.broadcast_to(counts, found.cells.shape)
    counts = np.where(np.isfinite(found.cells), counts, 0)
    shown = np.zeros(counts.shape, dtype=np.bool_)
    known = layout.columns >= 0
    shown[layout.rows[known], layout.columns[known]] = True
    if layout.spread:  # which columns or names are shown is the goal's matter
        side = 1 if layout.spread == "series" else 0
        counts = counts * shown.any(axis=side, keepdims=True)
    total = float(counts.sum())
    keys = int((counts.sum(axis=0) > 0).sum())
    keys_shown = int((shown & (counts > 0)).any(axis=0).sum())
    share = float(counts[shown].sum()) / total if total else 1.0
    return share, keys_shown, keys, _extreme(found, shown)


def _extreme(found: Found, shown: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    """Whether the groups shown are those with the largest or the smallest values."""
    if found.cells.shape[0] != 1 or found.layout.split is not None:
        return False
    if found.layout.key is not None and found.layout.key.places is not None:
        return False
    inside = found.cells[shown & np.isfinite(found.cells)]
    outside = found.cells[~shown & np.isfinite(found.cells)]
    if not inside.size or not outside.size:
        return True
    slack = 1e-9 * float(np.abs(inside).max())
    return bool(inside.min() >= outside.max() - slack or inside.max() <= outside.min() + slack)


def _of_rows(part: Part, goal: Claims, lost: tuple[float, int, int, bool]) -> Iterator[Finding]:
    """Rows that are missing although nothing asks for a part."""
    share, shown, groups, extreme = lost
    if part.unasked:
        if not hinted(part, goal):
            yield unasked(part)
        return
    whole = [one for one in part.rows.filters if one.text == COMPLETE]
    if whole:
        share = min(share, float(whole[0].mask.mean()))
    if share >= COVERED or goal.part or goal.top or any(c.part or c.top for c in part.said):
        return
    mild = (extreme and groups > _MANY_GROUPS) or bool(whole)
    severity: Severity = "warning" if mild else "error"
    yield Finding(
        CODE,
        severity,
        f"Rows are lost: {share:.0%} of the table's rows are drawn"
        + (f" ({shown} of {groups} groups)." if groups else "."),
        "Draw all rows, or say in the title which part is shown.",
        place(part),
        {"coverage": round(share, 4), "groups_shown": shown, "groups": groups},
    )


def _of_top(part: Part, found: Found, goal: Claims) -> Iterator[Finding]:
    """The groups shown as the first ones must be the first ones."""
    top = goal.top or part.said[2].top
    _, shown, groups, extreme = _lost(found)
    if not top or not shown or shown >= groups or found.transform or extreme or shown > top:
        return
    if found.layout.split is not None or found.cells.shape[0] != 1:
        return
    yield Finding(
        CODE,
        "error",
        f"The {shown} groups shown are not the {top} with the largest or smallest values.",
        "Sort by the value first, then keep the first groups.",
        place(part),
        {"shown": shown, "asked": top},
    )


def _of_unknown(part: Part, panel: Panel, search: Search, goal: Claims) -> Finding:
    near = search.nearest
    if near is None or not search.layouts:
        return note(f"{panel.kind} values")
    solid = near.right & telling(panel.values) & ~near.layout.exempt
    share = float(solid.sum()) / max(1, int(telling(panel.values).sum()))
    claimed = _claims(part, goal)
    enough = _NEAR if claimed else _NEAR_UNASKED
    if near.swapped:
        message = f"The values are the {reading_of(near)}, but stand at other names or series."
        return _error(part, panel, near, message)
    if solid.sum() >= 2 and share >= enough and (claimed or len(solid) >= _FEW):  # noqa: PLR2004 -- one value may agree by chance
        message = (
            f"{int((~near.right).sum())} of {len(solid)} values are not the {reading_of(near)}."
        )
        return _error(part, panel, near, message)
    if _shares(part, panel) and search.thorough and len(panel.values) > 1:
        key = near.layout.key.name if near.layout.key else "column"
        near = replace(near, right=np.ones(near.right.shape, dtype=np.bool_))
        message = f"The values are no shares of rows or of a column by {key}."
        return _error(part, panel, near, message)
    if claimed and search.complete:
        near = replace(near, right=np.ones(near.right.shape, dtype=np.bool_))
        columns = ", ".join(_claimed_columns(part, goal)) or "the rows"
        key = near.layout.key.name if near.layout.key else "column"
        return _error(part, panel, near, f"The values equal no aggregate of {columns} by {key}.")
    return note(f"{panel.kind} values")


def _shares(part: Part, panel: Panel) -> bool:
    """Whether the marks are parts of a whole: wedges, or values that add up and are called so."""
    if panel.kind == "pie":
        return True
    whole = float(np.nansum(panel.values))
    adds_up = abs(whole - 1) <= _ROUNDED or abs(whole - 100) <= _ROUNDED * 100
    text = part.words.everything
    called = "%" in text or bool({word.low for word in words(text)} & _SHARE_WORDS)
    return adds_up and called and len(panel.labels) == 1


def _claimed_columns(part: Part, goal: Claims) -> list[str]:
    near = part.search.nearest if part.search else None
    if near is not None and near.layout.spread in {"series", "names"}:
        return [column.name for column in near.layout.values]  # the labels themselves claim them
    shown = near.layout.used if near else frozenset[str]()
    label = part.said[0]
    if not label.named and len(label.hinted) == 1 and label.hinted[0] not in shown:
        return [label.hinted[0]]
    if len(label.named) > 1:
        return []
    named = [*part.said[0].named, *part.said[2].named, *goal.named]
    return [name for name in dict.fromkeys(named) if name not in shown]


def _claims(part: Part, goal: Claims) -> bool:
    """Whether the texts say which plain aggregate of which column the values ought to be."""
    sources = (part.said[0], part.said[2], goal)
    if any(claims.derived or claims.loose for claims in sources):
        return False
    labelled = bool(part.said[0].named) and not part.said[0].narrative
    if not labelled and any(claims.narrative for claims in sources):
        return False
    near = part.search.nearest if part.search else None
    shown = near.layout.used if near else frozenset[str]()
    aggregates = {
        name
        for claims in sources
        for name in claims.aggregates
        if name != "count" or not shown & set(claims.counted)
    }
    return len(aggregates) <= 1 and bool(_claimed_columns(part, goal) or "count" in aggregates)


def _error(part: Part, panel: Panel, near: Found, message: str) -> Finding:
    wrong = np.flatnonzero(~near.right)
    numbers: dict[str, object] = {"values": len(near.right), "wrong": len(wrong)}
    example = ""
    if wrong.size:
        at = int(wrong[0])
        name = panel.names[at] or f"{panel.places[at]:g}"
        numbers |= {
            "name": name,
            "drawn": _plain(panel.values[at]),
            "table": _plain(near.expected[at]),
        }
        example = f" At {name!r}: drawn {panel.values[at]:.6g}, table {near.expected[at]:.6g}."
    return Finding(CODE, "error", message + example, _READ, place(part), numbers)


def _plain(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
