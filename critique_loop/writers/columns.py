"""Which columns a stretch of a goal can mean."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.values import Table
from critique_loop.writers.phrases import PHRASES
from critique_loop.writers.vocabulary import CONNECTORS, SYNONYMS, UNIT_WORDS
from critique_loop.writers.words import Token, likeness, name_words, stem

FULL = 1.0
_SYNONYM = 0.95
_INITIALS = 0.9
_PARTIAL = 0.4
_LEAST_COVERED = 0.5
_SHORTEST_INITIALS = 3
_INTO_LAST_WORD = 2
_LASTING = frozenset({"runtime", "duration", "time", "delay", "length", "wait", "travel"})
_QUALIFIERS = frozenset(
    [
        "ratio",
        "share",
        "pct",
        "percent",
        "change",
        "growth",
        "index",
        "density",
        "squared",
        "log",
        "max",
        "min",
        "std",
        "var",
        "first",
        "last",
        "maximum",
        "minimum",
        "median",
        "diff",
        "delta",
        "rank",
    ]
)


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """A column and how sure it is: above 0.5 all words of its name are said."""

    column: str
    score: float


@dataclass(frozen=True, slots=True)
class _Name:
    """A column name as words: all of them, and those that must be said."""

    column: str
    words: tuple[str, ...]
    content: tuple[str, ...]
    instead: tuple[tuple[str, ...], ...]


def unit_of(name: str) -> str:
    """Return the unit that a column name ends in, "" where it says none."""
    words = name_words(name)
    if len(words) > 1 and words[-1] == "min" and words[-2] in _LASTING:
        return "min"
    if len(words) > 1 and words[-1] in UNIT_WORDS and words[0] != words[-1]:
        return "" if "per" in words else UNIT_WORDS[words[-1]]
    return ""


def content_words(name: str) -> tuple[str, ...]:
    """Return the words of a name that carry meaning: no unit at the end, no "of" or "and"."""
    words = name_words(name)
    content = words[:-1] if unit_of(name) else words
    kept = tuple(word for word in content if word not in CONNECTORS)
    return kept or words


class ColumnIndex:
    """The column names of one table, ready to be recognised."""

    def __init__(self, table: Table) -> None:
        self._names = [_named(column.name) for column in table.columns]

    def matches(self, span: tuple[Token, ...]) -> list[ColumnMatch]:
        """Return the columns that ``span`` can mean, surest first."""
        words = tuple(token.lower for token in span)
        if words[0] in CONNECTORS or words[-1] in CONNECTORS:
            words_said = words if len(words) == 1 else ()
        else:
            words_said = words
        if not words_said:
            return []
        found = ((name.column, _score(name, words_said)) for name in self._names)
        matches = [ColumnMatch(column, score) for column, score in found if score > 0]
        return sorted(matches, key=lambda match: -match.score)


def _named(column: str) -> _Name:
    words = name_words(column)
    content = content_words(column)
    spoken = " ".join(content)
    said = (*SYNONYMS.get(spoken, ()), *SYNONYMS.get(" ".join(words), ()))
    return _Name(column, words, content, tuple(tuple(s.split()) for s in said))


def _score(name: _Name, words: tuple[str, ...]) -> float:
    if not name.words:
        return 0.0
    if _same(words, name.words) or _same(words, name.content):
        return FULL
    if any(_same(words, instead) for instead in name.instead):
        return _SYNONYM
    joined = _joined(name, words)
    return joined or _worded(name, words)


def _same(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    return [stem(word) for word in one] == [stem(word) for word in two]


def _joined(name: _Name, words: tuple[str, ...]) -> float:
    """Compare run together: "horse power", "GDP per capita", and initials ("mpg")."""
    if len(words) == 1 and len(words[0]) >= _SHORTEST_INITIALS:
        initials = "".join(word[0] for word in name.words)
        if words[0] == initials:
            return _INITIALS
    said, named = "".join(words), "".join(name.words)
    if len(words) == 1 == len(name.words):
        return 0.0
    if stem(said) == stem(named):
        return FULL
    reaches = len(named) - len("".join(words[:-1])) >= _INTO_LAST_WORD
    known = any((word,) in PHRASES for word in words if word not in CONNECTORS)
    return likeness(said, named) if reaches and not known and said.startswith(named) else 0.0


def _worded(name: _Name, words: tuple[str, ...]) -> float:
    """Match word by word in any order; every word said must be one of the name's."""
    left = list(name.content)
    total = 0.0
    said = [word for word in words if word not in CONNECTORS]
    for word in said:
        best = max(((_alike(word, other), other) for other in left), default=(0.0, ""))
        if best[0] == 0:
            if word in name.words and word not in name.content:
                continue
            return 0.0
        left.remove(best[1])
        total += best[0]
    if not said or len(left) == len(name.content):
        return 0.0
    mean = total / (len(name.content) - len(left))
    if not left:
        return mean if mean < FULL else FULL - 0.01
    covered = 1 - len(left) / len(name.content)
    return 0.0 if covered < _LEAST_COVERED or _loses_meaning(name, left) else _PARTIAL * mean


def _loses_meaning(name: _Name, left: list[str]) -> bool:
    """Whether the words left unsaid make another quantity of it: GDP is not GDP per capita."""
    return "per" in name.words or any(
        word in _QUALIFIERS or (word.startswith("per") and len(word) > len("per")) for word in left
    )


def _alike(word: str, other: str) -> float:
    if stem(word) == stem(other):
        return FULL
    if word in SYNONYMS.get(other, ()):
        return _SYNONYM
    return 0.0 if (word,) in PHRASES else likeness(word, other)
