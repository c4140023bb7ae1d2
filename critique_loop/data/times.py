"""Times: the formats a column may be written in, and the distance between its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

ISO8601 = "ISO8601"
COMPACT = "%Y%m%d"
MAX_TIMES = 100_000

_ISO_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m",
    *(
        f"%Y-%m-%d{between}{clock}{zone}"
        for between in " T"
        for clock in ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
        for zone in ("", "%z")
    ),
)
_DATES = (
    *("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d/%b/%Y", "%d. %B %Y", "%d-%b-%y", "%d %b %y"),
    *("%B %d, %Y", "%b %d, %Y", "%b %d %Y", "%B %d %Y", "%A, %B %d, %Y", "%a, %d %b %Y"),
)
_MONTHS = ("%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%Y %b", "%Y-%b", "%m/%Y", "%Y/%m")
_SHORT_DOTTED = "%d.%m.%y"
_SHORT_DATES = ("%m/%d/%y", "%d/%m/%y", _SHORT_DOTTED)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_OTHER_FORMATS = (
    *(date + clock for date in (*_DATES, *_SHORT_DATES) for clock in _CLOCKS),
    *_MONTHS,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 40
_WORD = re.compile(r"[A-Z]?[a-zäéñ]+|[A-ZÄÉÑ]+(?![a-z])")
_DATE_WORDS = frozenset(
    (
        "date",
        "dates",
        "day",
        "datum",
        "tag",
        "time",
        "timestamp",
        "dt",
        "fecha",
        "data",
        "dato",
        "jour",
        "dob",
        "birthday",
        "yyyymmdd",
    )
)
_YEAR_WORDS = frozenset(
    ("year", "years", "yr", "yrs", "jahr", "jahre", "annee", "année", "ano", "año", "anno", "yyyy")
)
_FIRST_YEAR, _LAST_YEAR = 1500, 2200

_DAY_S = 86_400.0
_STEPS = (  # the shortest median distance that is called so
    (350 * _DAY_S, "year"),
    (85 * _DAY_S, "quarter"),
    (27 * _DAY_S, "month"),
    (6.5 * _DAY_S, "week"),
    (0.9 * _DAY_S, "day"),
    (0.9 * 3600, "hour"),
    (0.9 * 60, "minute"),
    (0.9, "second"),
)


@dataclass(slots=True)
class Reading:
    """One format that has parsed every value so far.

    ``earliest`` holds the different times, in microseconds since 1970 UTC; of more than
    ``MAX_TIMES`` the earliest, so that neighbours stay neighbours.
    """

    time_format: str
    earliest: set[int] = field(default_factory=set[int])
    latest: int | None = None
    count_complete: bool = True

    def add(self, times: Collection[int]) -> None:
        """Take in the times of further values, at least one."""
        latest = max(times)
        self.latest = latest if self.latest is None else max(self.latest, latest)
        if not self.count_complete:
            ceiling = max(self.earliest)
            times = [time for time in times if time < ceiling]
        self.earliest.update(times)
        if len(self.earliest) > MAX_TIMES:
            self.count_complete = False
            self.earliest = set(sorted(self.earliest)[:MAX_TIMES])

    @property
    def format_needed(self) -> str:
        """The format a program must name; "" where plain ISO 8601 is recognised by itself."""
        plain = self.time_format in _ISO_FORMATS and "%z" not in self.time_format
        return "" if plain else self.time_format

    @property
    def is_monthly(self) -> bool:
        """Every time is the first day of a month."""
        return len(self.earliest) > 1 and all(_moment(t).day == 1 for t in self.earliest)

    def texts(self) -> tuple[str, str]:
        """Return the first and the last time in ISO 8601, without a clock where all is midnight."""
        ends = (min(self.earliest), self.latest or min(self.earliest))
        has_clock = any(code in self.time_format for code in ("%H", "%I", ISO8601))
        if not has_clock:
            first, last = (_moment(end).date().isoformat() for end in ends)
        else:
            zone = UTC if "%z" in self.time_format else None
            first, last = (_moment(end).replace(tzinfo=zone).isoformat() for end in ends)
        return first, last


def candidates(text: str) -> Iterator[Reading]:
    """Yield a reading for each format that ``text`` obeys, preferred formats first."""
    if len(text) > _LONGEST_TEXT or not any(character.isdigit() for character in text):
        return
    formats = [f for f in (*_ISO_FORMATS, *_OTHER_FORMATS) if _obeys(text, f)]
    yield from map(Reading, formats)
    if any(f in _ISO_FORMATS and "%H" in f for f in formats):
        yield Reading(ISO8601)


def chosen(readings: Sequence[Reading], *, name: str, day_first: bool) -> Reading | None:
    """Return the reading to believe of those that parse every value of the column ``name``.

    "10.11.12" may be a version or an address; only the name can make it a date. Where day and month
    could be swapped in all rows: the reading by which every time is the first of a month; else the
    day first if ``day_first`` or the marks are dashes; else the month first, as pandas does itself.
    """
    if not readings:
        return None
    first = readings[0]
    if first.time_format.startswith(_SHORT_DOTTED) and not names_a_date(name):
        return None
    swapped = next((r for r in readings if _is_swapped(first, r)), None)
    if swapped is None:
        return first
    if first.is_monthly != swapped.is_monthly:
        return first if first.is_monthly else swapped
    prefers_day = day_first or first.time_format[2] == "-"
    return first if first.time_format.startswith("%d") == prefers_day else swapped


def is_compact_date(number: float) -> bool:
    """Whether ``number`` is a day written as 20060131."""
    return number == int(number) and _obeys(str(int(number)), COMPACT) and _is_year(number // 10**4)


def compact_moment(number: float) -> int:
    """Return the day written as 20060131 in microseconds since 1970."""
    moment = datetime.strptime(str(int(number)), COMPACT).replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def names_a_date(name: str) -> bool:
    """Whether a column of this name may hold days written as numbers."""
    return not _DATE_WORDS.isdisjoint(_words(name))


def names_a_year(name: str) -> bool:
    """Whether a column of this name may hold years."""
    return not _YEAR_WORDS.isdisjoint(_words(name))


def are_years(*ends: float | None) -> bool:
    """Whether both ends of a range are years."""
    return all(end is not None and _is_year(end) for end in ends)


def step(times: Collection[int]) -> str:
    """Name the median distance of neighbouring ``times``, given in microseconds."""
    distances = [later - earlier for earlier, later in pairwise(sorted(times))]
    if not distances:
        return ""
    typical_s = median(distances) / 1e6
    return next((name for shortest_s, name in _STEPS if typical_s >= shortest_s), "")


def _is_swapped(one: Reading, other: Reading) -> bool:
    marks = str.maketrans({"d": "m", "m": "d"})
    head, rest = one.time_format[:5], one.time_format[5:]
    return head[1::3] in {"dm", "md"} and other.time_format == head.translate(marks) + rest


def _is_year(number: float) -> bool:
    return _FIRST_YEAR <= number <= _LAST_YEAR


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _obeys(text: str, time_format: str) -> bool:
    try:
        datetime.strptime(text, time_format)  # noqa: DTZ007 - only whether it parses matters
    except ValueError:
        return False
    return True


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
