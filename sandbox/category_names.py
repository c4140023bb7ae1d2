"""Do names have an order of their own (months, sizes, ranges), or are they merely different?"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MONTHS = "january february march april may june july august september october november december"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
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
_MOST_EXCEPTIONS = 0.2
_SHORTEST_PREFIX = 3


def have_order(names: Sequence[str]) -> bool:
    """Whether at least 80 % of the names are numbers, times, ranges or steps of a known scale."""
    full = [name for name in (" ".join(name.split()) for name in names) if name]
    if not full:
        return False
    without = sum(not _is_step(name) for name in full)
    return without <= _MOST_EXCEPTIONS * len(full)


def are_times(names: Sequence[str]) -> bool:
    """Whether the names are years, months, weekdays, quarters or dates that explain themselves."""
    full = [name for name in (" ".join(name.split()) for name in names) if name]
    return bool(full) and all(_is_time(name) for name in full)


def _is_step(name: str) -> bool:
    return _is_time(name) or _is_number_or_range(name) or _is_scale(name)


def _is_time(name: str) -> bool:
    words = re.findall(r"[a-z]+|\d+", name.lower())
    return bool(words) and all(_is_time_word(word) for word in words) and not _bare_number(name)


def _is_time_word(word: str) -> bool:
    if word.isdigit():
        return True
    if word in {"q", "h", "t", "w", "week", "day", "am", "pm", "s", "fy", "utc"}:
        return True
    if len(word) < _SHORTEST_PREFIX:
        return False
    return any(known.startswith(word) or word == "sept" for known in _times())


def _times() -> list[str]:
    return [*_MONTHS.split(), *_WEEKDAYS.split(), "quarter"]


def _bare_number(name: str) -> bool:
    """A number that is not a year."""
    plain = name.strip()
    return plain.lstrip("-").replace(".", "", 1).isdigit() and not re.fullmatch(
        r"(1[5-9]|20|21)\d\d", plain
    )


def _is_number_or_range(name: str) -> bool:
    """Starts or ends with a number, beside at most a sign or short word: "< 5", "65+", "Age 2"."""
    return bool(re.match(r"^[^\w]*\w{0,8}[^\w]*\d", name) or re.search(r"\d\s*\W*\w{0,3}$", name))


def _is_scale(name: str) -> bool:
    words = re.findall(r"[a-z]+", name.lower())
    return bool(words) and set(words) <= set(_SCALES.split())
