"""Links a goal sentence to a table, or refuses it: every word must be accounted for."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Table
from critique_loop.writers.choices import read_values, settle_values
from critique_loop.writers.counting import settle_counted, settle_rows
from critique_loop.writers.filters import read_comparisons
from critique_loop.writers.goal import Goal
from critique_loop.writers.pooling import check_pooled, read_pooled
from critique_loop.writers.request import Request, quote
from critique_loop.writers.roles import ambiguous, read_ranking, read_roles
from critique_loop.writers.segments import Piece, Segmenter
from critique_loop.writers.sentences import explained, is_precise, loose_words, sentences
from critique_loop.writers.vocabulary import Role
from critique_loop.writers.years import read_years

_LONGEST_GOAL = 600
_FREE = (
    Role.STOP, Role.BY, Role.AND, Role.HOW, Role.SOFT, Role.IN, Role.WITH, Role.FROM, Role.TO,
    Role.VERSUS, Role.ENTITY, Role.WHICH, Role.SUPERLATIVE, Role.APART,
)  # fmt: skip


def link(goal: str, table: Table, units: Mapping[str, str]) -> Request:
    """Return what ``goal`` asks of ``table``.

    Raises:
        WriterGaveUp: a word names nothing in the table, or could mean two things.
    """
    _check(goal, table)
    segmenter = Segmenter(table, dict(units))
    try:
        return _linked(table, segmenter.pieces(goal))
    except WriterGaveUp:
        request = _precise(goal, table, segmenter)
        if request is None:
            raise
        return request


def _precise(goal: str, table: Table, segmenter: Segmenter) -> Request | None:
    """Read the one sentence that says all that the others say loosely."""
    parts = sentences(goal)
    for part in parts if len(parts) > 1 else ():
        try:
            request = _linked(table, segmenter.pieces(part))
        except WriterGaveUp:
            continue
        rest = [p for other in parts if other != part for p in segmenter.pieces(other)]
        loose = loose_words(rest, request, table)
        if is_precise(request) and loose is not None:
            request.not_used += loose
            return request
    return _explained(goal, table, segmenter) if len(parts) > 1 else None


def _explained(goal: str, table: Table, segmenter: Segmenter) -> Request | None:
    """Read all sentences, the first ones in the terms of the last."""
    pieces, loose = explained(goal, segmenter.pieces(goal))
    try:
        request = _linked(table, pieces) if loose else None
    except WriterGaveUp:
        return None
    if request is None or not is_precise(request) or len(request.measures + request.keys) != 2:  # noqa: PLR2004 - one of each
        return None
    if {f.column for f in request.filters} & {key.column for key in request.keys}:
        return None
    request.not_used += loose
    return request


def _linked(table: Table, pieces: list[Piece]) -> Request:
    reading = Goal(table, pieces)
    settle_rows(reading)
    _refuse_unknown(reading)
    read_years(reading)
    read_pooled(reading)
    read_comparisons(reading)
    settle_counted(reading)
    settle_values(reading)
    complaint = ambiguous(reading)
    if complaint:
        raise reading.refuse(complaint, "Use the column's own name.")
    read_ranking(reading)
    read_values(reading)
    read_roles(reading)
    _refuse_leftovers(reading)
    check_pooled(reading)
    reading.request.not_used = [p.text for p in reading.pieces if p.plays(Role.SOFT)]
    _note_aggregates_in_names(reading)
    _note_development(reading)
    return reading.request


def _check(goal: str, table: Table) -> None:
    if not goal.strip():
        raise WriterGaveUp(
            "The goal is empty.",
            remedy="Say in a sentence what the chart is to show, e.g. 'average price by region'.",
        )
    if len(goal) > _LONGEST_GOAL:
        raise WriterGaveUp(
            f"The goal is {len(goal):,} characters long.",
            remedy=f"Say it in one sentence of at most {_LONGEST_GOAL} characters.",
        )
    if not table.columns or table.rows == 0:
        raise WriterGaveUp(f"The table {quote(table.name)} has no rows.", remedy="Give it rows.")


def _refuse_unknown(goal: Goal) -> None:
    unknown = list(dict.fromkeys(p.text for p in goal.pieces if p.plays(Role.UNKNOWN)))
    refused = [(p.text, why) for p in goal.pieces if (why := p.meaning(Role.REFUSED))]
    if refused:
        words = ", ".join(repr(text) for text, why in refused if why == refused[0][1])
        raise goal.refuse(
            f"{words}: {refused[0][1]}.",
            "Ask for the mean, total, median, count, minimum or maximum of a column by another,"
            " for two columns against each other, or for a distribution.",
        )
    if unknown:
        names = ", ".join(quote(word) for word in unknown[:8])
        raise goal.refuse(
            f"{names}: no column, value or known word is called so.",
            "Leave these words out, or use the names of columns and values.",
        )
    if not any(p.columns or p.cells or p.plays(Role.COUNT) for p in goal.pieces):
        raise goal.refuse("The goal names no column.")


def _refuse_leftovers(goal: Goal) -> None:
    how = any(piece.plays(Role.HOW) for piece in goal.pieces)
    much = any(piece.text.lower() == "how much" for piece in goal.pieces)
    changed = [piece.text for piece in goal.pieces if piece.plays(Role.VERB)]
    compared = any(piece.meaning(Role.WHICH) == "more" for piece in goal.pieces)
    if compared and all(len(f.values) == 1 for f in goal.request.filters):
        raise goal.refuse(
            "The goal compares, and does not say with what.", "Name both, as 'women or men'."
        )
    if much and changed:
        raise goal.refuse(f"'how much ... {changed[0]}': differences are not offered.")
    left: list[str] = []
    for at, piece in enumerate(goal.pieces):
        verb = how and piece.plays(Role.VERB)
        if at in goal.used or verb or piece.plays(*_FREE):
            continue
        left.append(piece.text)
    if left:
        words = ", ".join(quote(word) for word in left[:8])
        raise goal.refuse(f"{words}: what this asks for is not clear.", "Say it in other words.")


def _note_aggregates_in_names(goal: Goal) -> None:
    """Remember words like "maximum" that were taken for a part of a column's name."""
    for piece in goal.pieces:
        if len(piece.columns) != 1 or piece.verbatim or len(piece.text.split()) == 1:
            continue
        words = piece.text.lower().split()
        for word, aggregate in (
            ("total", "sum"), ("maximum", "max"), ("max", "max"), ("highest", "max"),
            ("minimum", "min"), ("min", "min"), ("lowest", "min"),
        ):  # fmt: skip
            if word in words:
                goal.request.aggregate_in_name = aggregate


def _note_development(goal: Goal) -> None:
    """Read "how did X develop" as over time, and "how does X vary with Y" as y against x."""
    request = goal.request
    request.apart = any(piece.plays(Role.APART) for piece in goal.pieces)
    words = [piece.text.lower() for piece in goal.pieces]
    verbs = any(piece.plays(Role.VERB) for piece in goal.pieces)
    how = any(piece.plays(Role.HOW) for piece in goal.pieces)
    if how and "with" in words and len(request.measures) == 2:  # noqa: PLR2004 - y with x
        request.relation = request.relation or "yx"
    elif any(word.startswith(("develop", "evol")) for word in words):
        request.developing = True
    else:
        request.developing = how and verbs and not request.keys
