"""Texts of a chart and of a table in one normal form, and the numbers and dates they stand for."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache

_SPLIT = re.compile(r"[\s_\-\u2010-\u2015\u2212/|,;:]+")
_NUMBER = re.compile(r"[-+\u2212]?[0-9][0-9,\u202f\u00a0 ]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_COUNT_NOTE = re.compile(r"\s*\((?:n\s*=\s*)?[0-9.,]+\s*%?\)\s*$")
_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%b %y",
    "%b-%y",
    "%b '%y",
    "%Y %b",
    "%Y-%b",
    "%m/%Y",
    "%Y/%m",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%Y",
)
_QUARTER = re.compile(r"(?P<a>\d{4})\W*Q(?P<b>[1-4])|Q(?P<c>[1-4])\W*(?P<d>\d{4})", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86_400.0


@lru_cache(maxsize=65_536)
def normal(text: str) -> str:
    """Fold case, separators, line breaks and the writing of numbers, so that equal means equal."""
    number = number_of(text)
    if number is not None:
        return f"{number:.12g}"
    return " ".join(part for part in _SPLIT.split(text.casefold()) if part)


def without_note(text: str) -> str:
    """Drop a count or share in parentheses from the end of a label: "USA (254)"."""
    return _COUNT_NOTE.sub("", text)


def number_of(text: str) -> float | None:
    """The number that the whole text is, or None."""
    stripped = text.strip().replace("\u2212", "-")
    if not _NUMBER.fullmatch(stripped):
        return None
    digits = re.sub(r"[,\u202f\u00a0 ]", "", stripped)
    value = float(digits)
    return value if math.isfinite(value) else None


@lru_cache(maxsize=8_192)
def day_of(text: str) -> float | None:
    """The day since 1970-01-01 on which the period that the text names starts, or None."""
    stripped = " ".join(text.split())
    quarter = _QUARTER.fullmatch(stripped)
    if quarter:
        year = int(quarter["a"] or quarter["d"])
        month = 3 * int(quarter["b"] or quarter["c"]) - 2
        return _days(datetime(year, month, 1, tzinfo=UTC)) if year else None
    for form in _DATE_FORMATS:
        try:
            return _days(datetime.strptime(stripped, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return None


def _days(moment: datetime) -> float:
    return (moment - _EPOCH).total_seconds() / _DAY_S
