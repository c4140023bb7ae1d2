"""Reads what "number of" counts: rows, the different values of a column, or nothing."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.values import Column
from critique_loop.writers.goal import Goal
from critique_loop.writers.request import is_measure, is_nominal, is_time, quote
from critique_loop.writers.vocabulary import SYNONYMS, Role
from critique_loop.writers.words import name_words, stem

_IDENTIFIERS = frozenset({"id", "no", "nr", "number", "code", "key", "uuid"})


def settle_counted(goal: Goal) -> None:
    """Let "number of orders" mean order_id where the words fit several columns."""
    for at, piece in enumerate(goal.pieces):
        if len(piece.columns) > 1 and goal.plays(goal.before(at), Role.COUNT):
            named = [c for c in piece.columns if name_words(c)[-1] in _IDENTIFIERS]
            if len(named) == 1:
                goal.pieces[at] = replace(piece, columns=(named[0],))


def settle_rows(goal: Goal) -> None:
    """Let "count of parties by size" count rows, where a size is called a party size."""
    for at, piece in enumerate(goal.pieces):
        link = goal.after(at)
        column = goal.column(goal.after(link)) if goal.plays(link, Role.BY) else None
        if column is None or not goal.plays(at, Role.UNKNOWN):
            continue
        said = " ".join([stem(piece.text.lower()), *name_words(column.name)])
        named = SYNONYMS.get(" ".join(name_words(column.name)), ())
        if said in named and goal.plays(goal.before(at), Role.COUNT):
            goal.pieces[at] = replace(piece, meanings=((Role.ROW, ""),))


def read_count(goal: Goal, at: int) -> None:
    """Read what is counted: rows, the different values of a column, or no count at all."""
    following = _counted(goal, at)
    column = goal.column(following)
    if column is not None and _is_identifier(column, goal.table.rows):
        goal.request.aggregate = "count"
        goal.use(following)
        return
    if column is not None and is_measure(column) and not _names_rows(goal, following):
        _check_countable(goal, column)
        return
    if goal.request.aggregate:
        raise goal.refuse("The goal asks for a count and for another aggregate.")
    goal.request.aggregate = "count"
    piece = goal.piece(following)
    if _counts_rows(goal, following) and not (piece and piece.weak):
        _check_rows_are_things(goal, following)
        goal.used.add(following)
    elif column is not None:
        goal.used.add(following)
        goal.use(following)
        goal.request.counted = column.name
        goal.request.aggregate = "nunique"


def _counted(goal: Goal, at: int) -> int:
    """Return the index of what stands behind "number of", past stop words and what is done."""
    following = at + 1
    while goal.plays(following, Role.STOP, Role.SOFT) and not goal.plays(following, Role.ENTITY):
        following += 1
    while following in goal.used:
        following += 1
    return following


def _check_countable(goal: Goal, column: Column) -> None:
    """Let "number of cylinders" be the column itself, but not "number of horsepower"."""
    if not column.whole_numbers:
        raise goal.refuse(
            f"{quote(column.name)} holds measurements, which are not counted.",
            "Ask for its average, total, minimum or maximum.",
        )


def _counts_rows(goal: Goal, at: int) -> bool:
    return goal.plays(at, Role.ENTITY, Role.ROW) or is_row_step(goal, at) or _names_rows(goal, at)


def _is_identifier(column: Column, rows: int) -> bool:
    """Whether the column numbers the rows, one number each."""
    words = name_words(column.name)
    return bool(words) and words[-1] in _IDENTIFIERS and column.distinct == rows


def _names_rows(goal: Goal, at: int) -> bool:
    """Whether the word is the table's own name in the plural: number of tips in tips.csv."""
    word = goal.text(at).lower()
    return word.endswith("s") and word == goal.table.name.rpartition(".")[0].lower()


def is_row_step(goal: Goal, at: int) -> bool:
    """Whether the word is the step of the table, one row each: number of days."""
    if not goal.plays(at, Role.UNIT):
        return False
    column = goal.time_column()
    return column.distinct == goal.table.rows and column.time_step == goal.pieces[at].meaning(
        Role.UNIT
    )


def _check_rows_are_things(goal: Goal, at: int) -> None:
    """Refuse to count things of which each has many rows, as stocks with a price per month."""
    if not goal.plays(at, Role.ENTITY) or goal.plays(at, Role.ROW):
        return
    if goal.pieces[at].meaning(Role.ENTITY) == "also":
        raise goal.refuse(f"'number of {goal.text(at)}': a row of the table is not one of them.")
    times = [c.distinct for c in goal.table.columns if is_time(c) and c.values_complete]
    names = [c.distinct for c in goal.table.columns if is_nominal(c)]
    rows = goal.table.rows
    if any(0.5 * rows <= t * n <= 2 * rows and 1 < n < rows for t in times for n in names):
        raise goal.refuse(
            f"'number of {goal.text(at)}' is not clear: a row of the table is not one of them.",
            "Ask for the number of rows, or of the values of a column.",
        )
