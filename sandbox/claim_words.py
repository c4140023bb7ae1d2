"""Read what a title claims about the numbers: that they rose, doubled, are highest somewhere.

English, and no more than a small grammar. What it does not know is left to somebody who reads, and
never taken for no claim: a text is descriptive only if every word of it is accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

ClaimKind = Literal["trend", "change", "extreme", "comparison"]

_UP = (
    r"rose|rises|rising|increas(?:ed|es|ing)|grew|grows|growing|climb(?:ed|s|ing)|soar(?:ed|s|ing)"
    r"|surg(?:ed|es|ing)|up(?= (?:by )?\d)"
)
_DOWN = (
    r"fell|falling|declin(?:ed|es|ing)|decreas(?:ed|es|ing)|dropp(?:ed|ing)|shr[au]nk|shrinking"
    r"|sank|plung(?:ed|es|ing)|down(?= (?:by )?\d)"
)
_MULTIPLES = {
    "doubl": 2.0,
    "tripl": 3.0,
    "trebl": 3.0,
    "quadrupl": 4.0,
    "quintupl": 5.0,
    "halv": 0.5,
}
_MULTIPLE = re.compile(rf"\b({'|'.join(_MULTIPLES)})(?:ed|es|e|ing)\b")
_HALF = re.compile(r"\b(?:by|in|to) half\b|\b50 ?% (?:less|lower|fewer)\b")
_FOLD = re.compile(r"\b(\d+(?:\.\d+)?)[ -]?(?:fold|times|x)\b")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent|per cent)")
_TREND = re.compile(rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b")
_HIGH = r"highest|largest|biggest|greatest|most|heaviest|longest|hottest"
_LOW = r"lowest|smallest|least|fewest|lightest|shortest|coldest"
_EXTREME = re.compile(rf"\b(?:(?P<high>{_HIGH})|(?P<low>{_LOW}))\b")
_MORE = r"more|higher|larger|bigger|greater|heavier|longer"
_LESS = r"less|lower|smaller|fewer|lighter|shorter"
_THAN = re.compile(
    rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS}))\b(?:.*?\bthan\b)?|\b(?P<same>twice|double)\b"
)
_SPLIT = re.compile(
    r"[;:!?\n]|\.(?!\d)|, | \bwhile\b | \bbut\b | \bwhereas\b | - | \u2013 | \u2014 "
)
_YEAR = re.compile(r"\b(1[5-9]\d\d|2[01]\d\d)\b")
_AT_LEAST = re.compile(r"\b(?:more than|over|at least)\b")
_ALMOST = re.compile(r"\b(?:almost|nearly|about|roughly|around)\b")
# What turns a claim into another one, or into a question.
_TURNED = re.compile(
    r"\b(?:not|no|never|neither|nor|hardly|without|may|might|could|would|should|will|can|if|did|does|"
    r"do|whether|why|except)\b|n[\u2019']t\b"
)
_RANKS = re.compile(r"\b(?:top|bottom|first|last) (?:\d+|three|five|ten|twenty)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")

_PLAIN = (
    "a an the of in on at by per for from to and or with vs versus against over under between "
    "across among each every all as is are was were be which who where when this that these "
    "those its their it how many much what average mean median total sum count number share "
    "percent percentage rate ratio distribution minimum maximum min max standard deviation "
    "range frequency comparison relationship correlation change changes level levels value "
    "values amount group groups grouped category categories type types kind kinds split sorted "
    "ordered cumulative daily weekly monthly quarterly yearly annual hourly day days week weeks "
    "month months quarter quarters year years decade decades time date dates hour hours season "
    "seasons january february march april may june july august september october november "
    "december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday "
    "thursday friday saturday sunday mon tue wed thu fri sat sun chart plot graph figure map "
    "data dataset table source note line bar area scatter histogram box million millions "
    "billion billions thousand thousands hundred usd eur gbp dollars euros mm cm km kg lb lbs "
    "mph kmh mpg hp other others"
)
PLAIN = frozenset(_PLAIN.split())
"""Words that claim nothing, whatever the table is about."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a text says of the numbers.

    ``up`` is the direction (trend), or that the most is meant, not the least. ``factor`` is the
    claimed last value over the first (change), or of one group over another (comparison), between
    ``low`` and ``high``. ``years`` bound the time it speaks of.
    """

    kind: ClaimKind
    text: str
    up: bool = True
    factor: float = 0.0
    low: float = 0.0
    high: float = 0.0
    years: tuple[int, ...] = ()


def clauses_of(text: str) -> list[str]:
    """Cut a text into parts that each say one thing."""
    flat = text.replace("-\n", "")
    return [part.strip() for part in _SPLIT.split(flat) if part.strip()]


def claims_of(clause: str) -> Iterator[Claim]:
    """Yield what a clause claims: the most exact reading of its words only.

    Nothing of one that denies, asks or supposes something.
    """
    text = clause.lower()
    if _TURNED.search(text):
        return
    years = tuple(int(year) for year in _YEAR.findall(text))
    change = _change(clause, text, years)
    compared = _THAN.search(text)
    if change is not None:
        yield change
    elif compared is not None and ("than" in compared.group() or compared["same"]):
        yield _comparison(clause, text, compared)
        return
    elif found := _TREND.search(text):
        yield Claim("trend", clause, up=found["up"] is not None, years=years)
    if found := _EXTREME.search(text):
        yield Claim("extreme", clause, up=found["high"] is not None, years=years)


def _change(clause: str, text: str, years: tuple[int, ...]) -> Claim | None:
    """Read "doubled", "tripled", "3-fold", "rose by 30 %", "fell by half"."""
    trend = _TREND.search(text)
    if found := _MULTIPLE.search(text):
        return _bounded(clause, text, _MULTIPLES[found[1]], years)
    if trend is None:
        return None
    down = trend["down"] is not None
    if _HALF.search(text):
        return _bounded(clause, text, 0.5 if down else 1.5, years)
    if (found := _FOLD.search(text)) and float(found[1]) > 0:
        times = float(found[1])
        return _bounded(clause, text, 1 / times if down else times, years)
    if found := _PERCENT.search(text):
        share = float(found[1]) / 100
        return _bounded(clause, text, max(0.0, 1 - share) if down else 1 + share, years)
    return None


def _bounded(clause: str, text: str, factor: float, years: tuple[int, ...]) -> Claim:
    """Allow for rounding: a tenth of the claimed change, more where a text says "almost".

    "More than doubled" is a lower bound, "fell by more than half" an upper one.
    """
    slack = max(0.02, abs(factor - 1) * (0.25 if _ALMOST.search(text) else 0.1))
    low, high = factor - slack, factor + slack
    if _AT_LEAST.search(text):
        low, high = (low, float("inf")) if factor >= 1 else (0.0, high)
    return Claim("change", clause, factor >= 1, factor, low, high, years)


def _comparison(clause: str, text: str, found: re.Match[str]) -> Claim:
    up = found["less"] is None
    factor = 2.0 if found["same"] else 0.0
    if (times := _FOLD.search(text)) and up:
        factor = float(times[1])
    slack = max(0.05, factor * 0.1)
    return Claim("comparison", clause, up, factor, factor - slack, factor + slack)


def unknown_words(text: str, known: Collection[str]) -> list[str]:
    """The words of a text that nothing accounts for, by their stems."""
    stems = {_stem(word) for word in known} | {_stem(word) for word in PLAIN}
    rest = _RANKS.sub(" ", text)
    return [word for word in words_of(rest) if _stem(word) not in stems and len(word) > 1]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; names as they are in tables are cut as people say them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("_", " "))
    return [word.lower() for word in _WORD.findall(spaced)]


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending) + ("y" if ending == "ies" else "")
    return word
