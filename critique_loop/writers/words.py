"""Words of goals and of names: tokens, stems, and how alike two words are."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_TOKEN = re.compile(
    r"(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)*)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<tail>s\b|k\b|K\b|m\b|M\b|bn\b)?"
    r"|(?P<range>(?<=\d)\s?[-\u2013\u2014]\s?(?=\d))"
    r"|(?P<operator>>=|<=|!=|==|[<>=≥≤&%])"
    r"|(?P<quote>[\"“”`])"
    r"|(?P<comma>[,;])"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_SIGNS = {"&": "and", "%": "percent", "≥": ">=", "≤": "<=", "==": "=", ",": ",", ";": ","}
_SCALES = {"k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "bn": 1e9}
_IRREGULAR = {"women": "woman", "men": "man", "people": "person", "children": "child"}
_VOWELS = frozenset("aeiou")
_SHORTEST_PREFIX = 3
_SHORTEST_REST = 3
_SHORTEST_TYPO = 6
_TIES, _AS = len("ties"), len("as")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign of a text: as written, folded, and where it stands.

    ``number`` is set for numbers ("50k" is 50000), ``plural`` for those like "1990s".
    """

    text: str
    lower: str
    start: int
    end: int
    number: float | None = None
    plural: bool = False

    @property
    def stem(self) -> str:
        """The word without its plural ending."""
        return stem(self.lower)


def tokenise(text: str) -> tuple[Token, ...]:
    """Split ``text`` into words (camelCase and snake_case apart), numbers and signs."""
    text = _DOTTED.sub(lambda m: m.group().replace(".", "").ljust(len(m.group())), text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        if match["word"]:
            tokens.extend(_words(match["word"], match.start()))
        elif match["number"]:
            tokens.append(_number(match))
        elif match["range"]:
            tokens.append(Token("to", "to", *match.span()))
        else:
            sign = match.group()
            tokens.append(Token(sign, _SIGNS.get(sign, sign), *match.span()))
    return tuple(tokens)


def _words(word: str, start: int) -> list[Token]:
    for ending in ("'s", "\u2019s"):
        word = word.removesuffix(ending)
    tokens: list[Token] = []
    for part in _CAMEL.split(word):
        tokens.append(Token(part, part.lower(), start, start + len(part)))
        start += len(part)
    return tokens


def _number(match: re.Match[str]) -> Token:
    tail = match["tail"] or ""
    value = float(match["number"].replace(",", "")) * _SCALES.get(tail, 1.0)
    return Token(match.group(), match.group().lower(), *match.span(), value, tail == "s")


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a column name or value, folded: ``gdpPercap`` gives gdp, percap."""
    return tuple(t.lower for t in tokenise(name) if t.lower.isalnum())


def stem(word: str) -> str:
    """Return ``word`` (folded) without its plural ending."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > _TIES and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > _TIES and word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if len(word) > _AS and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def likeness(word: str, other: str) -> float:
    """Return how sure it is that ``word`` of a goal means ``other`` of a name, 0 to 1.

    Both are folded. 1: the same but for number. 0.9: the name shortens the word to its beginning
    (pop for population: at least three letters, at least three left out). 0.85: the word shortens
    the name's likewise. 0.8: the name leaves out vowels (qty for quantity: same first letter, no
    vowel after it, letters in order, at least three). 0.7: one letter differs, is missing or too
    much, in at least six.
    """
    mine, theirs = stem(word), stem(other)
    if mine == theirs:
        return 1.0
    if _shortens(theirs, mine):
        return 0.9
    if _shortens(mine, theirs):
        return 0.85
    if _skeleton(theirs, mine):
        return 0.8
    return 0.7 if _typo(mine, theirs) else 0.0


def _shortens(short: str, full: str) -> bool:
    long_enough = len(short) >= _SHORTEST_PREFIX and len(full) - len(short) >= _SHORTEST_REST
    return long_enough and full.startswith(short)


def _skeleton(short: str, full: str) -> bool:
    if len(short) < _SHORTEST_PREFIX or len(short) >= len(full) or short[0] != full[0]:
        return False
    if _VOWELS.intersection(short[1:]):
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def _typo(one: str, two: str) -> bool:
    if min(len(one), len(two)) < _SHORTEST_TYPO or abs(len(one) - len(two)) > 1:
        return False
    short, full = sorted((one, two), key=len)
    at = next((i for i, letter in enumerate(short) if letter != full[i]), len(short))
    if len(short) < len(full):
        return short[at:] == full[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == full[at + 1 :] or swapped == full[at:]
