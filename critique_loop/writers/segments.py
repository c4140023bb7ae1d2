"""Cuts a goal into stretches that mean something: the cheapest cover of all its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from critique_loop.values import Table
from critique_loop.writers.cells import Cell, indexed
from critique_loop.writers.columns import ColumnIndex, ColumnMatch, unit_of
from critique_loop.writers.phrases import PHRASES
from critique_loop.writers.vocabulary import (
    ENTITY_SYNONYMS,
    FUNCTION_WORDS,
    NUMBER_WORDS,
    SCALE_WORDS,
    UNIT_WORDS,
    Meaning,
    Phrase,
    Role,
)
from critique_loop.writers.words import Token, name_words, stem, tokenise

_LONGEST = 6
_QUOTES = frozenset('"“”`')
_QUOTED = re.compile(r"[\"“`](.+?)[\"”`]", re.DOTALL)
_TIE = 0.02
_PER_PIECE = 1.0
_VERBATIM, _COLUMN, _PHRASE, _WORD, _ENTITY, _NUMBER, _UNKNOWN = (
    12.0,
    6.0,
    8.0,
    6.0,
    5.5,
    9.0,
    -20.0,
)
_SURE = 4.0
_HALF_SAID = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the goal (tokens ``start`` to ``end``) and all it can mean.

    ``columns`` or ``cells`` hold more than one entry where the words fit several equally well.
    ``verbatim``: a column name of several words, letter by letter. ``weak``: another word for the
    column that may also be just the name of the thing that the table is about.
    """

    text: str
    start: int
    end: int
    meanings: tuple[Meaning, ...] = ()
    columns: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    number: float | None = None
    plural: bool = False
    verbatim: bool = False
    weak: bool = False
    weight: float = 0.0

    def meaning(self, role: Role) -> str | None:
        """Return what the piece says in ``role``, None where it does not play it."""
        return next((said for mine, said in self.meanings if mine is role), None)

    def plays(self, *roles: Role) -> bool:
        """Whether the piece can play any of ``roles``."""
        return any(mine in roles for mine, _ in self.meanings)


class Segmenter:
    """Knows the words of one table."""

    def __init__(self, table: Table, units: dict[str, str]) -> None:
        self._table = table
        self._columns = ColumnIndex(table)
        self._cells = indexed(table.columns)
        self._units = {c.name: units.get(c.name) or unit_of(c.name) for c in table.columns}
        named = {stem(word) for word in name_words(table.name.rpartition(".")[0])}
        self._entity = named
        self._also = {said for word in named for said in ENTITY_SYNONYMS.get(word, ())}

    def pieces(self, goal: str) -> list[Piece]:
        """Return the pieces that cover ``goal`` best, in order."""
        tokens = tokenise(goal)
        best: list[tuple[float, list[Piece]]] = [(0.0, [])]
        candidates: dict[int, list[Piece]] = {}
        for piece in (*self._verbatim(goal, tokens), *self._quoted(goal, tokens)):
            candidates.setdefault(piece.end, []).append(piece)
        for end in range(1, len(tokens) + 1):
            options = [*candidates.get(end, []), *self._ending(tokens, end)]
            scored = [(best[p.start][0] + p.weight - _PER_PIECE, p) for p in options]
            top, piece = max(scored, key=lambda option: option[0])
            best.append((top, [*best[piece.start][1], piece]))
        return [p for p in best[-1][1] if p.text not in _QUOTES]

    def _verbatim(self, goal: str, tokens: tuple[Token, ...]) -> Iterator[Piece]:
        """Find column names written out letter by letter, or in quotes."""
        for column in self._table.columns:
            name = column.name
            plain = name.lower() in FUNCTION_WORDS or not name.strip()
            for match in re.finditer(re.escape(name), goal, re.IGNORECASE) if name else ():
                start, end = match.span()
                quoted = goal[start - 1 : start] in _QUOTES and goal[end : end + 1] in _QUOTES
                inside = any(t.start < start < t.end or t.start < end < t.end for t in tokens)
                edged = not (goal[start - 1 : start] + goal[end : end + 1]).strip(" ,;?!.()\"“”`'")
                inner = [i for i, t in enumerate(tokens) if t.start >= start and t.end <= end]
                same = len(name) > 2 or match.group() == name  # noqa: PLR2004 - names like "x" and "id"
                if not inner or inside or not (quoted or (same and edged and not plain)):
                    continue
                whole = len(inner) > 1 or quoted
                weight = (_VERBATIM if whole else _COLUMN + _SURE) * len(inner)
                yield Piece(
                    match.group(), inner[0], inner[-1] + 1,
                    columns=(name,), verbatim=whole, weight=weight,
                )  # fmt: skip

    def _quoted(self, goal: str, tokens: tuple[Token, ...]) -> Iterator[Piece]:
        """Find values in quotes, letter by letter."""
        for match in _QUOTED.finditer(goal):
            cells = self._cells.literally(match[1])
            start, end = match.span(1)
            inner = [i for i, t in enumerate(tokens) if t.start >= start and t.end <= end]
            if cells and inner:
                yield Piece(
                    match[1], inner[0], inner[-1] + 1,
                    cells=tuple(cells), weight=_VERBATIM * len(inner),
                )  # fmt: skip

    def _ending(self, tokens: tuple[Token, ...], end: int) -> Iterator[Piece]:
        yield Piece(
            tokens[end - 1].text, end - 1, end, ((Role.UNKNOWN, ""),),
            weight=0.0 if tokens[end - 1].text in _QUOTES else _UNKNOWN,
        )  # fmt: skip
        yield from self._numbers(tokens, end)
        for start in range(max(0, end - _LONGEST), end):
            span = tokens[start:end]
            text = " ".join(token.text for token in span)
            if any(t.number is None and not t.lower.isalpha() for t in span) and len(span) > 1:
                continue
            yield from self._named(span, text, start)
            yield from self._valued(span, text, start)
            yield from self._phrased(span, text, start)

    def _named(self, span: tuple[Token, ...], text: str, start: int) -> Iterator[Piece]:
        end = start + len(span)
        if len(span) == 1 and span[0].lower in FUNCTION_WORDS:
            return
        matches = self._columns.matches(span)
        if not matches:
            return
        tied = _tied(matches)
        score = matches[0].score
        sure = score > _HALF_SAID
        weight = len(span) * (_COLUMN + _SURE * score if sure else _COLUMN * score * 2 - 1)
        weak = score < 1 and all(stem(t.lower) in self._entity for t in span)
        yield Piece(text, start, end, columns=tied, weight=weight, weak=weak)

    def _valued(self, span: tuple[Token, ...], text: str, start: int) -> Iterator[Piece]:
        if len(span) > self._cells.longest:
            return
        cells, weight = self._cells.matches(span, opening=start == 0)
        if cells:
            end = start + len(span)
            yield Piece(text, start, end, cells=tuple(cells), weight=weight * len(span))

    def _phrased(self, span: tuple[Token, ...], text: str, start: int) -> Iterator[Piece]:
        words: Phrase = tuple(token.lower for token in span)
        meanings = PHRASES.get(words, ())
        if words == ("may",) and not span[0].text[0].isupper():
            meanings = ()
        end = start + len(span)
        if meanings:
            weight = (_WORD if len(span) == 1 else _PHRASE) * len(span)
            yield Piece(text, start, end, meanings, weight=weight)
        if len(span) == 1 and span[0].stem in self._entity:
            yield Piece(text, start, end, ((Role.ENTITY, ""), *meanings), weight=_ENTITY)
        elif len(span) == 1 and span[0].stem in self._also:
            yield Piece(text, start, end, ((Role.ENTITY, "also"), *meanings), weight=_ENTITY)

    def _numbers(self, tokens: tuple[Token, ...], end: int) -> Iterator[Piece]:
        token = tokens[end - 1]
        value = token.number if token.number is not None else NUMBER_WORDS.get(token.lower)
        number = ((Role.NUMBER, ""),)
        if value is not None:
            weight = _NUMBER if token.number is not None else _WORD
            yield Piece(
                token.text, end - 1, end, number, number=value, plural=token.plural, weight=weight
            )
        if end < 2:  # noqa: PLR2004 - what follows needs a number and a word
            return
        before = tokens[end - 2]
        amount = before.number if before.number is not None else NUMBER_WORDS.get(before.lower)
        if amount is None:
            return
        if token.lower in SCALE_WORDS:
            text = f"{before.text} {token.text}"
            scaled = amount * SCALE_WORDS[token.lower]
            yield Piece(text, end - 2, end, number, number=scaled, weight=2 * _NUMBER)
        unit = UNIT_WORDS.get(token.lower)
        measured = tuple(c for c, known in self._units.items() if unit and known == unit)
        if measured:
            yield Piece(token.text, end - 1, end, columns=measured, weight=_NUMBER)


def _tied(matches: list[ColumnMatch]) -> tuple[str, ...]:
    return tuple(m.column for m in matches if m.score > matches[0].score - _TIE)
