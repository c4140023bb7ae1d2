"""What may stand under each key of a rubric file: one function for a value of each sort.

The same bounds and patterns are in agents/rubrics/rubric.schema.json; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import partial
from typing import Protocol, TypeVar, cast

from critique_loop._plain import plain
from critique_loop.values import Scorer, TaskKind

MOST_DIMENSIONS = 64
_LONGEST_NAME = 100
_LONGEST_TEXT = 4000
_MOST_CODES = 200
_LEAST_WEIGHT = 0.001
_MOST_WEIGHT = 1000.0
_FULL = 10.0
_SHOWN = 60

# Controls, what turns the direction of text, and what has no width; but for the joiners that
# scripts and emoji need. Texts may have tabs and line feeds.
_HIDDEN = "\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_NOT_IN_NAMES = re.compile(f"[\u0000-\u001f{_HIDDEN}]")
_NOT_IN_TEXTS = re.compile(f"[\u0000-\u0008\u000b-\u001f{_HIDDEN}]")
_VISIBLE = re.compile("[\u200c\u200d]*[^\\s\u200c\u200d]")
_LEVEL = re.compile("10|[0-9]")
_CODE = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")

_Word = TypeVar("_Word", bound=StrEnum)


class Tell(Protocol):
    """Takes note of what is wrong with a value, or with the part of it that ``at`` leads to."""

    def __call__(self, problem: str, *at: str | int) -> None:
        """Note ``problem``."""
        ...


Parse = Callable[[object, Tell], object]
"""Returns what a value means; where something was told, what it returns is of no use."""


def shown(value: object) -> str:
    """Return a wrong value as it may stand in a message: short, on one line, without controls."""
    try:
        text = plain(repr(value), kept="")
    except (ValueError, RecursionError):  # more digits, or deeper, than Python shows
        return "something too long to show"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def name(value: object, tell: Tell) -> str:
    """Read a name: one line, no white space around it."""
    if not isinstance(value, str) or not value.strip():
        tell(f"expected a text, found {shown(value)}")
        return ""
    if _NOT_IN_NAMES.search(value):
        tell(f"has a control or invisible character: {shown(value)}")
    elif not _VISIBLE.match(value) or value != value.rstrip():
        tell(f"begins or ends with white space, or is nothing to see: {shown(value)}")
    elif len(value) > _LONGEST_NAME:
        tell(f"is longer than {_LONGEST_NAME} characters: {shown(value)}")
    return value


def text(value: object, tell: Tell, *, required: bool = True) -> str:
    """Read a text of any number of lines."""
    if not isinstance(value, str) or (required and not value.strip()):
        tell(f"expected a text, found {shown(value)}")
        return ""
    if _NOT_IN_TEXTS.search(value):
        tell(f"has a control or invisible character: {shown(value)}")
    elif len(value) > _LONGEST_TEXT:
        tell(f"is longer than {_LONGEST_TEXT} characters: {shown(value)}")
    return value


def number(value: object, tell: Tell, *, least: float = 0.0, most: float = _FULL) -> float:
    """Read a number within bounds; NaN is within none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    tell(f"expected {least:g} to {most:g}, found {shown(value)}")
    return least


def flag(value: object, tell: Tell) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        tell(f"expected true or false, found {shown(value)}")
    return value is True


def levels(value: object, tell: Tell) -> dict[int, str]:
    """Read what scores mean in words: whole numbers from 0 to 10 as keys."""
    found: dict[int, str] = {}
    for key, said in _table(value, tell).items():
        if not _LEVEL.fullmatch(key):
            tell("expected a whole number from 0 to 10 as key", key)
        else:
            found[int(key)] = text(said, _within(tell, key))
    return found


def checks(value: object, tell: Tell) -> dict[str, float]:
    """Read the finding codes that feed a dimension, and the points that each takes off."""
    table = _table(value, tell)
    if len(table) > _MOST_CODES:
        tell(f"has more than {_MOST_CODES} codes")
    found: dict[str, float] = {}
    for code, points in table.items():
        if not _CODE.fullmatch(code):
            tell("a finding's code has only letters, digits, _, . and -", code)
        else:
            found[code] = number(points, _within(tell, code))
    return found


def words(value: object, tell: Tell, *, known: type[_Word]) -> tuple[_Word, ...]:
    """Read a list of different words of an enumeration, one at least."""
    options = " or ".join(f'"{word}"' for word in known)
    found: list[_Word] = []
    for place, word in enumerate(_list(value, tell)):
        if not isinstance(word, str) or word not in list(known):
            tell(f"expected {options}, found {shown(word)}", place)
        elif known(word) in found:
            tell(f"{shown(word)} is there twice", place)
        else:
            found.append(known(word))
    return tuple(found)


def names(value: object, tell: Tell) -> tuple[str, ...]:
    """Read a list of different names, one at least."""
    found: list[str] = []
    for place, entry in enumerate(_list(value, tell)):
        read = name(entry, _within(tell, place))
        if read in found:
            tell(f"{shown(read)} is there twice", place)
        found.append(read)
    return tuple(found)


def _table(value: object, tell: Tell) -> Mapping[str, object]:
    if not isinstance(value, dict):
        tell(f"expected a table, found {shown(value)}")
        return {}
    return cast("dict[str, object]", value)


def _list(value: object, tell: Tell) -> Collection[object]:
    entries = cast("list[object]", value if isinstance(value, list) else [])
    if not entries:
        found = shown(cast("object", value))
        tell(f"expected a list with one entry at least, found {found}")
    return entries


def _within(tell: Tell, *at: str | int) -> Tell:
    def told(problem: str, *deeper: str | int) -> None:
        tell(problem, *at, *deeper)

    return told


OF_FILE: Mapping[str, Parse] = {
    "name": name,
    "description": partial(text, required=False),
    "target": number,
    "extends": name,
    "without": names,
    "draft": flag,
}
"""How each key of the file itself is read; ``dimensions`` is the list of the others."""

OF_DIMENSION: Mapping[str, Parse] = {
    "name": name,
    "question": text,
    "weight": partial(number, least=_LEAST_WEIGHT, most=_MOST_WEIGHT),
    "pass_mark": number,
    "gate": flag,
    "levels": levels,
    "checks": checks,
    "applies_to": partial(words, known=TaskKind),
    "scored_by": partial(words, known=Scorer),
}
"""How each key of a dimension is read; they are the fields of ``Dimension``."""
