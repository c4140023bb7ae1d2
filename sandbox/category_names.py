"""Do names have an order of their own (months, sizes, ranges), or are they merely different?"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CALENDAR = """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday quarter
"""
_SCALES = """
    xs s m l xl xxl xxxl tiny small medium large huge low middle high minimum maximum none some
    poor fair good excellent bad okay average better best worse worst
    never rarely seldom sometimes often usually always
    disagree agree neutral neither strongly slightly somewhat very not at all and or nor
    dissatisfied satisfied unlikely likely extremely moderately
    first second third fourth fifth sixth seventh eighth ninth tenth last
    morning noon afternoon evening night midnight breakfast lunch dinner
    spring summer autumn fall winter beginner intermediate advanced expert
    child teen adult senior young old under over to less more than up years
    bronze silver gold platinum weak moderate strong
"""
_MARKS = {"s", "t", "h", "w", "am", "pm", "fy", "utc", "week", "of"}
_NUMBERED = re.compile(
    r"\W*([A-Za-z]{1,12}\W*)?\d[\d.,]*\s?[A-Za-z%]{0,2}(\W+|\W*to\W+|\W*and\W+)?"
    r"(\d[\d.,]*)?\W*[A-Za-z%]{0,12}\W*"
)
_YEAR = re.compile(r"\b(1[5-9]|20|21)\d\ds?\b")
_CLOCK = re.compile(r"^\d{1,2}:\d\d")
_LEAST_SHARE = 0.8
_MOST_UNITS = 1
_SHORTEST = 3


def have_order(names: Sequence[str]) -> bool:
    """Whether at least 80 % of the names are numbers, times, ranges or steps of a known scale."""
    full = _full(names)
    numbered = [name for name in full if _NUMBERED.fullmatch(name)]
    words = {word for name in numbered for word in _words(name)} - set(_SCALES.split())
    steps = sum(_is_time(name) or _is_scale(name) for name in full)
    if len(words) <= _MOST_UNITS:
        steps = sum(_is_time(name) or _is_scale(name) or name in numbered for name in full)
    return bool(full) and steps >= _LEAST_SHARE * len(full)


def are_times(names: Sequence[str]) -> bool:
    """Whether the names are years, months, weekdays, quarters or dates that explain themselves."""
    full = _full(names)
    return bool(full) and all(_is_time(name) for name in full)


def _full(names: Sequence[str]) -> list[str]:
    return [name for name in (" ".join(name.split()) for name in names) if name]


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower())


def _is_time(name: str) -> bool:
    """Only numbers and words of the calendar, with a year, a word of it, or a time of day."""
    plain = name.lower()
    words = _words(plain)
    tells = any(_is_calendar_word(word) for word in words) or _YEAR.search(plain) is not None
    clock = _CLOCK.search(plain) is not None
    return (tells or clock) and all(_is_calendar_word(word) or word in _MARKS for word in words)


def _is_calendar_word(word: str) -> bool:
    if word in {"q", "sept"}:
        return True
    return len(word) >= _SHORTEST and any(known.startswith(word) for known in _CALENDAR.split())


def _is_scale(name: str) -> bool:
    words = _words(name)
    return bool(words) and set(words) <= set(_SCALES.split())
