"""The words of a goal, a title or a label, and the columns they name.

A column is *clearly* named when all its words are there (case, separators, plurals and units
aside), or when several of them are there shortened ("life expectancy" for lifeExp). The longest
match wins and uses its words up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?:s\b|%)?|[^\W\d_]+(?:['\u2019][^\W\d_]+)*\d*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARENTHESES = re.compile(r"\s*[(\[].*?[)\]]\s*$")


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


_UNITS = word_set(
    "kg g lb lbs usd eur gbp dollars cm mm km m mi mph kmh mpg pct percent c f hours minutes "
    "seconds days years sec hrs celsius fahrenheit inches inch ft"
)
# These short names are words of their own.
_WHOLE = word_set(
    "age day date time name size site city wind rate cost unit year area code type mean sex "
    "tip car bus art sun port pass work part rain form fog high low close open key set day "
    "term cut team plan form role mass test text note rank"
)
_SHORT = 4
_FEWEST_LETTERS = 3
_JOINED = 6


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as written, and in lower case."""

    raw: str
    low: str


@dataclass(frozen=True, slots=True)
class ColumnMention:
    """Words ``start`` to ``end`` (exclusive) name a column, clearly or perhaps."""

    column: str
    start: int
    end: int
    clear: bool


def without_unit(label: str) -> str:
    """A label without the unit in parentheses at its end; a "%" there says more and stays."""
    bare = _PARENTHESES.sub("", label)
    return label if "%" in label or not bare.strip() else bare


def words(text: str) -> list[Word]:
    """Split a text into words and numbers; camelCase and underscores split too."""
    parts = _CAMEL.sub(" ", text.replace("_", " "))
    return [Word(token, token.casefold()) for token in _TOKEN.findall(parts)]


def stem(word: str) -> str:
    """A word without its plural ending."""
    if len(word) <= _FEWEST_LETTERS or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > _SHORT:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")


def column_mentions(said: Sequence[Word], columns: Iterable[str]) -> list[ColumnMention]:
    """The columns that a text names, in the order of its words; no word is used twice."""
    found = [mention for column in columns for mention in _matches(said, column)]
    found.sort(key=lambda mention: (not mention.clear, mention.start - mention.end, mention.column))
    used: set[int] = set()
    kept: list[ColumnMention] = []
    for mention in found:
        span = set(range(mention.start, mention.end))
        if not span & used:
            used |= span
            kept.append(mention)
    rivals = {m.start for m in kept if not m.clear and _shared(m, found)}
    return sorted(
        (m for m in kept if m.clear or m.start not in rivals), key=lambda mention: mention.start
    )


def possible_columns(text: str, columns: Iterable[str]) -> list[str]:
    """The columns that share a word with a text, however many do."""
    said = words(text)
    return [column for column in columns if any(_vague(said, column))]


def _shared(mention: ColumnMention, found: Iterable[ColumnMention]) -> bool:
    """Whether a vague match could as well mean another column."""
    return any(
        other.column != mention.column and other.start < mention.end and mention.start < other.end
        for other in found
    )


def _matches(said: Sequence[Word], column: str) -> Iterator[ColumnMention]:
    seen: set[tuple[int, int]] = set()
    for form in _forms(column):
        for start in range(len(said)):
            end = _end_of_match(said, start, form)
            if end and (start, end) not in seen:
                seen.add((start, end))
                yield ColumnMention(column, start, end, clear=True)
    if not seen:
        yield from _vague(said, column)


def _forms(column: str) -> list[list[str]]:
    """The word lists that stand for a column: its whole name, and the name without its unit."""
    bare = [word.low for word in words(_PARENTHESES.sub("", column))]
    forms = [[word.low for word in words(column)], bare]
    if len(bare) > 1 and bare[-1] in _UNITS:
        cut = bare[:-1]
        forms.append(cut[:-1] if len(cut) > 1 and cut[-1] == "in" else cut)
    unique: list[list[str]] = []
    for form in forms:
        if form and form not in unique:
            unique.append(form)
    return unique


def _end_of_match(said: Sequence[Word], start: int, form: list[str]) -> int:
    """Where a match of ``form`` that begins at ``start`` ends; 0 where there is none."""
    stop = start + len(form)
    window = [word.low for word in said[start:stop]]
    if len(window) == len(form):
        if all(stem(a) == stem(b) for a, b in zip(window, form, strict=True)):
            return stop
        if len(form) > 1 and _shortened(window, form):
            return stop
        if len(form) == 1 and _abbreviated(window[0], form[0]):
            return stop
    return _joined(said, start, "".join(form))


def _shortened(window: list[str], form: list[str]) -> bool:
    """Whether the words are those of a name in any order, some of them written out."""
    left = list(window)
    for part in form:
        long = next((w for w in left if stem(w) == stem(part) or _begins(w, part)), None)
        if long is None:
            return False
        left.remove(long)
    return True


def _begins(word: str, part: str) -> bool:
    return len(part) >= _FEWEST_LETTERS and word.startswith(part)


def _abbreviated(word: str, part: str) -> bool:
    """Whether a short one-word name is the beginning of a much longer word: pop, population."""
    return (
        _FEWEST_LETTERS <= len(part) <= _SHORT
        and part not in _WHOLE
        and len(word) >= len(part) + _FEWEST_LETTERS
        and word.startswith(part)
    )


def _joined(said: Sequence[Word], start: int, name: str) -> int:
    """A match of words written together or apart: "GDP per capita" for gdpPercap."""
    if len(name) < _JOINED:
        return 0
    text = ""
    for end in range(start, min(start + 5, len(said))):
        before = len(text)
        text += said[end].low
        if len(text) < len(name):
            if not name.startswith(text):
                return 0
            continue
        whole = stem(text) == stem(name)
        cut = end > start and text.startswith(name) and before < len(name)
        return end + 1 if whole or cut else 0
    return 0


def _vague(said: Sequence[Word], column: str) -> Iterator[ColumnMention]:
    """Single words of a longer name."""
    parts = {stem(part) for form in _forms(column) for part in form if len(part) >= _SHORT}
    parts |= {word.low for word in words(column) if word.raw.isupper() and len(word.raw) > 1}
    for start, word in enumerate(said):
        if stem(word.low) in parts or (len(word.low) > _SHORT and _part_of(word.low, parts)):
            yield ColumnMention(column, start, start + 1, clear=False)


def _part_of(word: str, parts: set[str]) -> bool:
    return any(len(part) >= _SHORT and word.startswith(part) for part in parts)
