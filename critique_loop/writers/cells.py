"""Which values of the table a stretch of a goal can mean."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from critique_loop.values import Column
from critique_loop.writers.phrases import PHRASES
from critique_loop.writers.request import is_nominal
from critique_loop.writers.vocabulary import VALUE_SYNONYMS
from critique_loop.writers.words import Token, name_words, stem

_ADJECTIVES = ("ese", "ian", "ean", "an", "n", "ish", "y")
_SHORTEST_ROOT = 3
_SHORTEST_FIRST_WORD = 4
_MOST_FIRST_WORDS = 200
_MANY_VALUES = 50
_SHORT = 2
_KEPT_TABLES = 32

EXACT = 9.0
SPOKEN = 7.5
BEGINNING = 4.5


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one column."""

    column: str
    value: str


Words = tuple[str, ...]


class CellIndex:
    """The values of all nominal columns of one table, ready to be recognised."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._exact: defaultdict[Words, list[Cell]] = defaultdict(list)
        self._spoken: defaultdict[Words, list[Cell]] = defaultdict(list)
        self._first: defaultdict[str, list[Cell]] = defaultdict(list)
        self._literal: defaultdict[str, list[Cell]] = defaultdict(list)
        self._many = {c.name for c in columns if len(c.values) > _MANY_VALUES}
        self.longest: int = 1
        for column in columns:
            if is_nominal(column):
                self._add(column)

    def _add(self, column: Column) -> None:
        for value in column.values:
            self._literal[value].append(Cell(column.name, value))
            words = name_words(value)
            if not words or all(word.isdigit() for word in words):
                continue
            cell = Cell(column.name, value)
            self._exact[tuple(map(stem, words))].append(cell)
            self.longest = max(self.longest, min(len(words), 6))
            for said in VALUE_SYNONYMS.get(" ".join(words), ()):
                spoken = self._spoken[tuple(map(stem, said.split()))]
                spoken += [] if cell in spoken else [cell]
            few = len(column.values) <= _MOST_FIRST_WORDS
            if few and len(words) > 1 and len(words[0]) >= _SHORTEST_FIRST_WORD:
                self._first[stem(words[0])].append(cell)

    def matches(self, span: tuple[Token, ...], *, opening: bool) -> tuple[list[Cell], float]:
        """Return the values that ``span`` can mean, and the weight of one of its words.

        ``opening`` says that the span begins the goal, where a capital letter proves nothing.
        """
        first = span[0]
        words = tuple(stem(token.lower) for token in span)
        text = " ".join(token.text for token in span)
        doubtful = len(span) == 1 and (len(text) <= _SHORT or _is_word(first))
        exact = [c for c in self._exact.get(words, ()) if self._meant(c, text, doubtful=doubtful)]
        if opening and doubtful:
            return [], 0.0
        if exact:
            return exact, EXACT
        spoken = self._spoken.get(words, [])
        if len(span) > 1:
            return spoken, SPOKEN
        if doubtful and not text.isupper():
            return [], 0.0
        spoken = spoken or self._adjectives(first.lower)
        if spoken:
            return spoken, SPOKEN
        begun = self._first.get(stem(first.lower), [])
        return (begun, BEGINNING) if begun else ([], 0.0)

    def literally(self, text: str) -> list[Cell]:
        """Return the values that are ``text``, letter by letter."""
        return self._literal.get(text, [])

    def _meant(self, cell: Cell, text: str, *, doubtful: bool) -> bool:
        plain = " " not in text and cell.column in self._many
        return cell.value == text if doubtful or plain else True

    def _adjectives(self, word: str) -> list[Cell]:
        """Find the value that ``word`` is the adjective of: Japanese, rainy, foggy."""
        roots = [
            full.removesuffix(ending)
            for ending in _ADJECTIVES
            for full in (word, stem(word))
            if full.endswith(ending)
        ]
        doubled = [r[:-1] for r in roots if len(r) > _SHORTEST_ROOT and r[-1] == r[-2]]
        found = (
            self._exact.get((stem(root),), ())
            for root in dict.fromkeys(roots + doubled)
            if len(root) >= _SHORTEST_ROOT
        )
        cells = [cell for cells in found for cell in cells]
        return [cell for cell in cells if cell.column not in self._many] or cells


@lru_cache(maxsize=_KEPT_TABLES)
def indexed(columns: tuple[Column, ...]) -> CellIndex:
    """Return the index of the nominal columns among ``columns``, made once for equal ones.

    Many goals are asked about one table, and splitting thousands of values into words costs more
    than all else that a draft needs.
    """
    return CellIndex(columns)


def _is_word(token: Token) -> bool:
    return (token.lower,) in PHRASES
