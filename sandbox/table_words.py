"""What the texts of a chart say of its values, and where they lie about them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from findings import Finding
from goal_reading import Claims
from goal_words import words
from table_evidence import Part
from table_found import Found
from table_labels import normal
from table_reading import SourceTable

CODE = "values_mismatch"
COVERED = 0.97
_MOST_LABELS = 6
_WORDS = 2
_YES = frozenset(("yes", "true", "1", "y"))


def unasked(part: Part) -> Finding:
    """Return the finding that only rows nobody asked for explain the values."""
    filters = part.rows.text
    return Finding(
        CODE,
        "error",
        f"The drawn values are those of the rows where {filters}, which the goal doesn't ask for.",
        "Keep the rows that the goal asks for, and no others.",
        place(part),
        {"rows": int(part.rows.mask.sum()) if part.rows.mask is not None else 0},
    )


def hinted(part: Part, goal: Claims) -> bool:
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
            near = near or (low in _YES and one.column.casefold() in " ".join(said))
            if not near and normal(value) not in labels:
                return False
    return True


def note(what: str) -> Finding:
    """Return the note that values were not recognised, which is no defect in itself."""
    return Finding(
        CODE,
        "note",
        f"No plain recomputation from the table explains the {what}; they may be derived.",
        "",
    )


def place(part: Part) -> str:
    """The text that says best which plot area is meant."""
    words_ = part.words
    return next((text for text in (*words_.titles, words_.value_label) if text), "")


def says_scale(text: str, hints: tuple[str, ...]) -> bool:
    """Whether a text says that numbers are written in hundreds, thousands, ..."""
    low = text.casefold().replace("$", "")
    said = {word.low for word in words(text)}
    written = any(hint in said or (len(hint) > _WORDS and hint in low) for hint in hints)
    ends = {part[-1] for part in low.split() if part[:-1].replace(".", "", 1).isdigit()}
    return written or bool(ends & set(hints)) or "10^" in low or ("%" in hints and "%" in low)


def of_labels(part: Part, found: Found, table: SourceTable) -> Iterator[Finding]:
    """Yield axis and series labels that name other columns than those drawn."""
    counted = found.column is None or found.statistic == "count"
    if not counted:
        yield from mislabelled(part.said[0], found.used, table)
    yield from mislabelled(part.said[1], found.used, table)
    yield from _exchanged(part, found)


def mislabelled(claims: Claims, used: frozenset[str], table: SourceTable) -> Iterator[Finding]:
    """Yield the finding that an axis label names none of the columns ``used``."""
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
        yield Finding(CODE, "error", message, advice, place(part), {"columns": names})


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
