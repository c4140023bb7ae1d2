"""Finds the one sentence of a goal that says precisely what the others ask loosely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from critique_loop.values import Table
from critique_loop.writers.request import Request
from critique_loop.writers.segments import Piece
from critique_loop.writers.vocabulary import Role
from critique_loop.writers.words import tokenise

_END = re.compile(r"(?<=[.?!:])\s+")
_LOOSE = frozenset(
    [
        "best",
        "worst",
        "better",
        "worse",
        "longest",
        "shortest",
        "highest",
        "lowest",
        "tallest",
        "heaviest",
        "lightest",
        "biggest",
        "smallest",
        "largest",
        "most",
        "least",
        "more",
        "less",
        "people",
        "customers",
        "guests",
        "folks",
    ]
)
_PLAIN = (Role.STOP, Role.BY, Role.AND, Role.HOW, Role.WHICH, Role.ENTITY, Role.SOFT, Role.IN)


def sentences(goal: str) -> list[str]:
    """Return the sentences of a goal."""
    return [part for part in _END.split(goal.strip()) if part.strip(" .?!:")]


def loose_words(pieces: Iterable[Piece], request: Request, table: Table) -> list[str] | None:
    """Return the loose words of ``pieces``, None if a piece may add something to ``request``.

    Words like "longest" add nothing where ``request`` says by itself what is compared.
    """
    loose: list[str] = []
    for piece in pieces:
        if piece.text.lower() in _LOOSE:
            loose.append(piece.text)
        elif not _is_said(piece, request, table):
            return None
    return loose


def _is_said(piece: Piece, request: Request, table: Table) -> bool:
    keys = [key.column for key in request.keys]
    if piece.columns:
        return not {*request.measures, *keys, request.colour}.isdisjoint(piece.columns)
    if piece.cells:
        kept = {(f.column, value) for f in request.filters for value in f.values}
        return any((cell.column, cell.value) in kept or cell.column in keys for cell in piece.cells)
    if piece.plays(Role.UNIT):
        unit = piece.meaning(Role.UNIT)
        return any(unit in {k.unit, table.column(k.column).time_step} for k in request.keys)
    if piece.plays(Role.AGGREGATE):
        return piece.meaning(Role.AGGREGATE) == request.aggregate
    return piece.plays(*_PLAIN)


def is_precise(request: Request) -> bool:
    """Whether a request names what is drawn, how rows are put together, and by what."""
    return bool(request.aggregate and request.keys and (request.measures or request.counted))


def explained(goal: str, pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """Return ``pieces``, those before the last sentence in its terms, and the words left out.

    "Which species has the longest petals? Compare the maximum petal length." - "longest" says no
    more than the last sentence, which also tells what of the petals is meant.
    """
    parts = sentences(goal)
    begin = sum(len(tokenise(part)) for part in parts[:-1])
    named = {piece.columns[0] for piece in pieces if piece.start >= begin and piece.columns[:1]}
    told: list[Piece] = []
    loose: list[str] = []
    for piece in pieces:
        known = [name for name in piece.columns if name in named]
        if piece.start >= begin:
            told.append(piece)
        elif piece.text.lower() in _LOOSE and piece.plays(Role.UNKNOWN, Role.REFUSED):
            loose.append(piece.text)
            told.append(replace(piece, meanings=((Role.STOP, ""),)))
        elif len(piece.columns) > 1 and len(known) == 1:
            told.append(replace(piece, columns=(known[0],)))
        else:
            told.append(piece)
    return told, loose
