"""Findings about values that contradict the table (values_mismatch).

The rule for values that no recomputation explains: they are an error where something shows what
they ought to be, and a note otherwise, since a derived quantity is not a crime. They ought to be
something when the names or positions are groups of a key and (1) most values equal one
recomputation, or all do but at other names, or (2) the texts claim a column, claim at most one
aggregate, and speak of nothing derived (a rate, a change, a number that can't be placed).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from findings import Finding, Severity
from goal_reading import Claims
from goal_words import words
from table_evidence import Part
from table_labels import normal
from table_match import SCALES, telling
from table_panels import Panel
from table_reading import SourceTable
from table_rows import COMPLETE
from table_search import Found, Search

CODE = "values_mismatch"
COVERED = 0.97
_NEAR = 0.6
_NEAR_UNASKED = 0.75
_FEW = 4
_MANY_GROUPS = 20
_MOST_LABELS = 6
_WORDS = 2
_READ = "Compute the values anew from the table, for every group, and draw exactly those."


def findings_of(part: Part, goal: Claims, table: SourceTable) -> Iterator[Finding]:
    """Yield what contradicts the table in one part of a figure."""
    if part.panel is not None and part.search is not None:
        if part.search.found:
            yield from _of_found(part, part.search.found[0], goal, table)
        elif not part.panel.companion:
            yield _of_unknown(part, part.panel, part.search, goal)
    elif part.cloud is not None:
        yield from _of_points(part, goal)
        yield from _of_sides(part, table)
    elif part.bins is not None:
        yield from _of_bins(part, goal)
        if part.bins.wrong == 0.0:
            yield from _mislabelled(part.said[1], part.bins.used, table)
    elif part.panel is None or not part.panel.companion:
        yield _note("drawn values")


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
        if found.factor != 1.0 and not _says(said, SCALES[scale]):
            yield Finding(
                CODE,
                "error",
                f"The drawn values are {found.factor:g} times the {reading_of(found)}.",
                "Draw the table's own values, or say the unit in the axis label.",
                _place(part),
                {"factor": found.factor},
            )
    if found.transform == "multiple":
        yield _note(f"values that are {found.factor:.6g} times the table's")
    yield from _of_rows(part, goal, _lost(found))
    yield from _of_top(part, found, goal)
    yield from _of_labels(part, found, table)


def _says(text: str, hints: tuple[str, ...]) -> bool:
    """Whether a text says that numbers are written in hundreds, thousands, ..."""
    low = text.casefold().replace("$", "")
    said = {word.low for word in words(text)}
    written = any(hint in said or (len(hint) > _WORDS and hint in low) for hint in hints)
    ends = {part[-1] for part in low.split() if part[:-1].replace(".", "", 1).isdigit()}
    return written or bool(ends & set(hints)) or "10^" in low or ("%" in hints and "%" in low)


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
        if not _hinted(part, goal):
            yield _unasked(part)
        return
    whole = [one for one in part.rows.filters if one.text == COMPLETE]
    if whole:
        share = min(share, float(whole[0].mask.mean()))
    if share >= COVERED or goal.part or goal.top or any(c.part or c.top for c in part.said):
        return
    severity: Severity = "warning" if extreme and groups > _MANY_GROUPS else "error"
    yield Finding(
        CODE,
        severity,
        f"Rows are lost: {share:.0%} of the table's rows are drawn"
        + (f" ({shown} of {groups} groups)." if groups else "."),
        "Draw all rows, or say in the title which part is shown.",
        _place(part),
        {"coverage": round(share, 4), "groups_shown": shown, "groups": groups},
    )


def _unasked(part: Part) -> Finding:
    filters = part.rows.text
    return Finding(
        CODE,
        "error",
        f"The drawn values are those of the rows where {filters}, which the goal doesn't ask for.",
        "Keep the rows that the goal asks for, and no others.",
        _place(part),
        {"rows": int(part.rows.mask.sum()) if part.rows.mask is not None else 0},
    )


def _hinted(part: Part, goal: Claims) -> bool:
    """Whether some text speaks of the rows in other words: "European", "on Sundays"."""
    labels = [normal(label) for label in part.panel.labels] if part.panel else []
    title = " ".join((part.words.value_label, part.words.key_label, *part.words.titles))
    said = [word.low for word in words(f"{goal.text} {title}")]
    if not {one.column for one in part.rows.filters} & set(goal.named):
        said += [word.low for word in words(" ".join(part.words.legend))]
    else:
        labels = []
    for one in part.rows.filters:
        for value in one.values:
            low = value.casefold()
            root = low[: max(3, len(low) - 2)]
            near = any(word.startswith(root) for word in said if len(root) >= 3)  # noqa: PLR2004 -- shorter roots begin any word
            if not near and normal(value) not in labels:
                return False
    return True


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
        _place(part),
        {"shown": shown, "asked": top},
    )


def _of_labels(part: Part, found: Found, table: SourceTable) -> Iterator[Finding]:
    """An axis label that names another column than the one drawn."""
    counted = found.column is None or found.statistic == "count"
    if not counted:
        yield from _mislabelled(part.said[0], found.used, table)
    yield from _mislabelled(part.said[1], found.used, table)
    yield from _exchanged(part, found)


def _mislabelled(claims: Claims, used: frozenset[str], table: SourceTable) -> Iterator[Finding]:
    named = [name for name in claims.named if name not in claims.counted]
    if not named or claims.derived or set(named) & _equal(used, table):
        return
    drawn = ", ".join(sorted(used - {""}))
    yield Finding(
        CODE,
        "error",
        f"The axis is labelled {claims.text!r}, but {drawn} is drawn.",
        "Draw the column that the label names, or label what is drawn.",
        claims.text,
        {"labelled": named[0], "drawn": drawn},
    )


def _exchanged(part: Part, found: Found) -> Iterator[Finding]:
    """Labels of columns found by their values, where another order of labels fits them better."""
    layout, panel = found.layout, part.panel
    if layout.spread != "series" or panel is None or not 1 < len(panel.labels) <= _MOST_LABELS:
        return
    owners = [int(layout.rows[panel.owners == at][0]) for at in range(len(panel.labels))]
    fits = [[_alike(label, layout.values[row].name) for row in owners] for label in panel.labels]
    orders = permutations(range(len(owners)))
    best = max(orders, key=lambda order: sum(fits[at][to] for at, to in enumerate(order)))
    own = sum(fits[at][at] for at in range(len(owners)))
    if sum(fits[at][to] for at, to in enumerate(best)) > own:
        message = "The series labels are exchanged: the values are those of other columns."
        names = ", ".join(layout.values[row].name for row in owners)
        advice = "Label each series with the column it shows."
        yield Finding(CODE, "error", message, advice, _place(part), {"columns": names})


def _alike(label: str, column: str) -> int:
    """How many words of a label begin like words of a column's name, or the other way round."""
    said, own = [word.low for word in words(label)], [word.low for word in words(column)]
    return sum(any(a.startswith(b) or b.startswith(a) for b in own) for a in said)


def _equal(used: frozenset[str], table: SourceTable) -> frozenset[str]:
    """The columns used, and those that are the same by other names (a code, a label)."""
    return used | {other for name in used for other in twins(name, table)}


def twins(name: str, table: SourceTable) -> frozenset[str]:
    """Text columns whose values stand one to one for those of a text column."""
    own = table.column(name)
    if own is None or own.codes is None or own.dated:
        return frozenset()
    found: set[str] = set()
    for other in table.columns:
        if other is own or other.codes is None or len(other.texts) != len(own.texts):
            continue
        pairs = np.unique(own.codes * (len(other.texts) + 1) + other.codes)
        if len(pairs) <= len(own.texts) + 1:
            found.add(other.name)
    return frozenset(found)


def _of_unknown(part: Part, panel: Panel, search: Search, goal: Claims) -> Finding:
    near = search.nearest
    if near is None or not search.layouts:
        return _note(f"{panel.kind} values")
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
    if claimed and search.complete:
        columns = ", ".join(_claimed_columns(part, goal)) or "the rows"
        key = near.layout.key.name if near.layout.key else "column"
        return _error(part, panel, near, f"The values equal no aggregate of {columns} by {key}.")
    return _note(f"{panel.kind} values")


def _claimed_columns(part: Part, goal: Claims) -> list[str]:
    near = part.search.nearest if part.search else None
    if near is not None and near.layout.spread in {"series", "names"}:
        return [column.name for column in near.layout.values]  # the labels themselves claim them
    shown = near.layout.used if near else frozenset[str]()
    label = part.said[0]
    if not label.named and len(label.hinted) == 1 and label.hinted[0] not in shown:
        return [label.hinted[0]]
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
    return Finding(CODE, "error", message + example, _READ, _place(part), numbers)


def _plain(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None


def _of_sides(part: Part, table: SourceTable) -> Iterator[Finding]:
    """Axis labels of points that name other columns."""
    points = part.points
    if points is not None and points.purity >= _NEAR:
        yield from _mislabelled(part.said[1], frozenset({points.x}), table)
        yield from _mislabelled(part.said[0], frozenset({points.y}), table)


def _of_points(part: Part, goal: Claims) -> Iterator[Finding]:
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
        yield Finding(CODE, "error", message, "Draw the table's own rows.", _place(part), numbers)
    elif points.mixed:
        message = f"The points are rows of {where}, but under other series labels."
        yield Finding(CODE, "error", message, "Check which rows each series holds.", _place(part))
    elif part.unasked:
        if not _hinted(part, goal):
            yield _unasked(part)
    elif points.coverage < COVERED and not any(claims.part or claims.top for claims in texts):
        message = f"Rows are lost: {points.coverage:.0%} of the table's points are drawn."
        advice = "Draw all rows, or say in the title which part is shown."
        yield Finding(CODE, "error", message, advice, _place(part), numbers)


def _unknown_points(part: Part, texts: tuple[Claims, ...]) -> Finding:
    """Points that are no rows: an error where both axes name the columns they ought to show."""
    y, x = part.said[0].named, part.said[1].named
    derived = any(claims.derived or "jitter" in claims.text.casefold() for claims in texts)
    if derived or not x or not y or any(claims.aggregates for claims in texts):
        return _note("points")
    message = f"The drawn points are not those of {x[0]} and {y[0]} in the table."
    return Finding(CODE, "error", message, "Draw the table's own rows.", _place(part))


def _of_bins(part: Part, goal: Claims) -> Iterator[Finding]:
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
            yield _note("bins")
            return
        message = f"The bars are not the histogram of {bins.column}: values stand in other bins."
        yield Finding(CODE, "error", message, _READ, _place(part), numbers)
    elif part.unasked and not _hinted(part, goal):
        yield _unasked(part)
    elif bins.coverage < COVERED and not any(claims.part for claims in texts):
        message = f"Rows are lost: the bins hold {bins.coverage:.0%} of {bins.column}."
        advice = "Choose bins that hold every value, or say which part is shown."
        yield Finding(CODE, "error", message, advice, _place(part), numbers)


def _note(what: str) -> Finding:
    return Finding(
        CODE,
        "note",
        f"No plain recomputation from the table explains the {what}; they may be derived.",
        "",
    )


def _place(part: Part) -> str:
    words_ = part.words
    return next((text for text in (*words_.titles, words_.value_label) if text), "")
