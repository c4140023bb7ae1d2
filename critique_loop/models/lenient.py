"""Find the JSON objects in what a model said, also where they are not quite JSON.

Own code, after json-repair 0.64 was measured: it closes whatever is open, so that an answer that
was cut off looks whole; it keeps the last of two contradicting keys; it took 18 s for 1 MB in
single quotes. Here what is cut off, contradicts itself or can be read in two ways is an error, and
the time grows with the length alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, cast

MAX_TEXT: Final = 1_000_000
"""Longer text is read as it is or not at all."""

MAX_DEPTH: Final = 40
"""No answer we ask for is nested deeper than a few levels."""

_MAX_STARTS = 1_000
_THINKING = ("think", "thinking", "thought", "reasoning")

Path = tuple[str | int, ...]
"""Where a value stands in an object: keys and positions, outermost first."""

Where = Literal["key", "object", "array"]


@dataclass(frozen=True, slots=True)
class Found:
    """An object that was found at ``text[start:end]``; ``mended`` where it was not quite JSON."""

    value: Mapping[str, object]
    start: int
    end: int
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """All objects of a text in order.

    ``cut`` says that the text ends within one (or within the model's thinking); ``problem`` what
    could not be read, "" where nothing was in the way.
    """

    objects: tuple[Found, ...] = ()
    cut: bool = False
    problem: str = ""


def extract(text: str) -> Extracted:
    """Return the outermost JSON objects of ``text``, whatever is said around them.

    Passed over: thinking, prose, code fences, comments, control characters in texts, commas too
    many, quotes of other kinds, quotes within texts, keys without quotes, Python's literals.
    """
    begin = _after_thinking(text)
    if begin is None:
        return Extracted(cut=True, problem="the answer ends while the model is still thinking")
    extracted = _scan(text, begin)
    if extracted.objects or extracted.cut:
        return extracted
    if begin and text.lstrip().startswith(("{", "```")):
        return _scan(text, 0)  # the tag stands within the answer
    inner = _quoted(text)
    return extracted if inner is None else _scan(inner, 0)


def spans(text: str, found: Found) -> dict[Path, tuple[int, int]]:
    """Return where in ``text`` each value of ``found`` stands; texts without their quotes."""
    reader = _Reader(text, found.start)
    try:
        reader.value("object", (), 0)
    except _BrokenError:
        return {}
    return reader.spans


def _after_thinking(text: str) -> int | None:
    """Return where the answer begins, None where the thinking has no end."""
    begin = 0
    for name in _THINKING:
        end = text.rfind(f"</{name}>")
        if end >= 0:
            begin = max(begin, end + len(name) + 3)
        elif text.lstrip()[: len(name) + 2] == f"<{name}>":
            return None
    return begin


def _quoted(text: str) -> str | None:
    """Return the text within JSON that was put into quotes once more, None where it was not."""
    if '\\"' not in text:
        return None
    stripped = text.strip()
    try:
        inner: object = json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        inner = stripped.replace('\\"', '"')
    return inner if isinstance(inner, str) else None


def _scan(text: str, begin: int) -> Extracted:
    objects: list[Found] = []
    problem = "there is no JSON object in the answer"
    at = text.find("{", begin)
    for _ in range(_MAX_STARTS):
        if at < 0:
            break
        try:
            found = _read(text, at)
        except _BrokenError as error:
            problem = f"{error} (line {text.count(chr(10), 0, error.at) + 1})"
            if error.ended:
                return Extracted(tuple(objects), _matters(text, at, objects), problem)
            at = text.find("{", max(at + 1, error.at))
        else:
            objects.append(found)
            at = text.find("{", found.end)
    return Extracted(tuple(objects), problem="" if objects else problem)


def _matters(text: str, at: int, objects: list[Found]) -> bool:
    """Return whether the open end at ``at`` is more than an earlier object said once more."""
    tail = text[at:].rstrip()
    return not any(text.startswith(tail, found.start) for found in objects)


def _read(text: str, at: int) -> Found:
    try:
        strict, end = _STRICT.raw_decode(text, at)
        return Found(cast("dict[str, object]", _whole(strict)), at, end)
    except (ValueError, RecursionError):
        if len(text) > MAX_TEXT:
            raise _BrokenError("it is no JSON, and too long to mend", len(text)) from None
    reader = _Reader(text, at)
    value = reader.value("object", (), 0)
    return Found(cast("dict[str, object]", _whole(value)), at, reader.at, mended=True)


class _BrokenError(ValueError):
    """Text that can't be read as JSON; ``ended`` where it only stops too early."""

    def __init__(self, problem: str, at: int, *, ended: bool = False) -> None:
        super().__init__(problem)
        self.at = at
        self.ended = ended


class _ContradictionError(ValueError):
    """A key with two values."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result and result[key] != value:
            raise _ContradictionError(f"the key {key[:80]!r} is there twice, with different values")
        result[key] = value
    return result


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, strict=False)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _whole(value: object) -> object:
    """Return ``value`` with pairs of surrogates joined and lone ones replaced, as UTF-8 needs."""
    if isinstance(value, str):
        if not _SURROGATE.search(value):
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {cast("str", _whole(key)): _whole(item) for key, item in items}
    return value


_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*(?s:.){0,2000}?\*/)*")
_NUMBER = re.compile(r"[+-]?(?:\d{1,300}\.?\d{0,300}|\.\d{1,300})(?:[eE][+-]?\d{1,5})?(?![\w.])")
_WORD = re.compile(r"[A-Za-z_$][\w$-]{0,199}")
_LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "none": None}
# Typographic quotes close each other: models open and close with either of a pair.
_DOUBLE, _SINGLE = "\u201c\u201d", "\u2018\u2019"
_QUOTES = {'"': '"', "'": "'", "`": "`"} | {c: pair for pair in (_DOUBLE, _SINGLE) for c in pair}
_STOPS = {closing: re.compile(rf"[\\{closing}]") for closing in set(_QUOTES.values())}
_ANY = f"\"'`{_DOUBLE}{_SINGLE}"
_KEY = rf"(?:[{_ANY}][^{_ANY}\n]{{0,200}}[{_ANY}]|[A-Za-z_$][\w$-]{{0,199}})\s{{0,80}}:"
_S = r"\s{0,80}"  # bounded, or many quotes before much space would take quadratic time
# A quote ends a text only where something follows that can follow a text.
_FOLLOWS: Mapping[Where, re.Pattern[str]] = {
    "key": re.compile(rf"{_S}:"),
    "object": re.compile(
        rf"{_S}(?:\Z|\}}|/[/*]|,{_S}(?:\Z|\}}|/[/*]|{_KEY}))|[ \t\r]{{0,80}}\n{_S}{_KEY}"
    ),
    "array": re.compile(rf"{_S}(?:\Z|[\],]|/[/*])"),
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = frozenset("\\/\"'`\n")


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    letter = match[2]
    return _ESCAPES.get(letter) or (letter if letter in _PLAIN else match[0])


class _Reader:
    """Reads one value of not quite JSON, and keeps where each scalar in it stands."""

    def __init__(self, text: str, at: int) -> None:
        self.spans: dict[Path, tuple[int, int]] = {}
        self.at = at
        self._text = text

    def value(self, where: Where, path: Path, depth: int) -> object:
        character = self._next()
        if character in "{[":
            if depth >= MAX_DEPTH:
                raise _BrokenError("it is nested too deeply", self.at)
            self.at += 1
            return self._object(path, depth) if character == "{" else self._array(path, depth)
        if character in _QUOTES:
            return self._string(where, path)
        return self._scalar(path)

    def _object(self, path: Path, depth: int) -> dict[str, object]:
        pairs: list[tuple[str, object]] = []
        while self._next() != "}":
            key = self._key()
            if self._next() != ":":
                self._broken(f"expected ':' after the key {key[:80]!r}")
            self.at += 1
            pairs.append((key, self.value("object", (*path, key), depth + 1)))
            self._comma("}")
        self.at += 1
        try:
            return _unique(pairs)
        except _ContradictionError as error:
            raise _BrokenError(str(error), self.at) from None

    def _array(self, path: Path, depth: int) -> list[object]:
        items: list[object] = []
        while self._next() != "]":
            items.append(self.value("array", (*path, len(items)), depth + 1))
            self._comma("]")
        self.at += 1
        return items

    def _comma(self, closing: str) -> None:
        end = self.at
        character = self._next()
        if character == ",":
            self.at += 1
        elif character != closing and "\n" not in self._text[end : self.at]:
            self._broken(f"expected ',' or '{closing}'")

    def _key(self) -> str:
        if self._next() in _QUOTES:
            return self._string("key", None)
        word = _WORD.match(self._text, self.at)
        if word is None:
            self._broken("expected a key")
        self.at = word.end()
        return word[0]

    def _string(self, where: Where, path: Path | None) -> str:
        text, opening = self._text, self._text[self.at]
        begin = self.at + 1
        if text.startswith('"""', self.at):
            begin, end = self.at + 3, text.find('"""', self.at + 3)
            self.at = end + 3
        else:
            end = self._end(begin, _STOPS[_QUOTES[opening]], _FOLLOWS[where])
            self.at = end + 1
        if end < 0:
            ended = not text.rstrip("` \r\n\t").endswith("}")
            raise _BrokenError("a text has no end", len(text), ended=ended)
        if path is not None:
            self.spans[path] = (begin, end)
        return _ESCAPE.sub(_unescape, text[begin:end])

    def _end(self, at: int, stops: re.Pattern[str], follows: re.Pattern[str]) -> int:
        while stop := stops.search(self._text, at):
            at = stop.end()
            if stop[0] == "\\":
                at += 1
            elif follows.match(self._text, at):
                return stop.start()
        return -1

    def _scalar(self, path: Path) -> object:
        begin = self.at
        if number := _NUMBER.match(self._text, begin):
            self.at = number.end()
            self.spans[path] = (begin, self.at)
            digits = number[0]
            return int(digits) if digits.lstrip("+-").isdecimal() else float(digits)
        word = _WORD.match(self._text, begin)
        if word is None or word[0].lower() not in _LITERALS:
            self._broken("expected a value")
        self.at = word.end()
        self.spans[path] = (begin, self.at)
        return _LITERALS[word[0].lower()]

    def _next(self) -> str:
        """Go to the next character that means something, and return it."""
        space = _SPACE.match(self._text, self.at)
        self.at = space.end() if space else self.at
        if self.at >= len(self._text):
            raise _BrokenError("the answer is cut off", self.at, ended=True)
        return self._text[self.at]

    def _broken(self, problem: str) -> NoReturn:
        near = self._text[self.at : self.at + 20]
        raise _BrokenError(f"{problem}, found {near!r}", self.at)
