"""Known texts found in other texts, also where they stand escaped, cut or in other letters."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from critique_loop.store.folding import Folded

PLACEHOLDER = re.compile(r"redacted_(?:[A-Za-z0-9]+_)?[0-9]+")
_KEY = 3  # letters that the texts are sorted by
_ANY_LETTERS_FROM = 3  # shorter ones are compared letter by letter
ANYWHERE_FROM = 6  # shorter ones must stand as a word
_CUT_FROM = 24  # longer ones are found by their beginning, too: tables and prompts cut them
_BEGINNING = 16
_MOST_ALIKE = 64


class Match(NamedTuple):
    """Where a known text stands, and what is to stand there instead."""

    start: int
    end: int
    placeholder: str


class _Known(NamedTuple):
    text: str
    folded: str
    placeholder: str


class Literals:
    """Texts that are looked for, each with what stands for it.

    From six letters on a text is found anywhere, a shorter one as a word; from three letters on in
    small letters and capitals alike. A text without a letter or digit is not looked for.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        """``texts`` maps each text to its placeholder."""
        self.texts: Collection[str] = tuple(texts)
        self._exact: dict[str, dict[int, dict[str, _Known]]] = {}
        self._long: dict[str, list[_Known]] = {}
        for text, placeholder in texts.items():
            for variant in _variants(text):
                if any(map(str.isalnum, variant)):
                    self._add(_Known(variant, _folded(variant), placeholder))
        for key, lengths in self._exact.items():
            self._exact[key] = dict(sorted(lengths.items(), reverse=True))
        # Most places are passed over by one regular expression: no text begins like this.
        letters = sorted({key[0] for key in self._exact})
        self._begin = re.compile(f"[{''.join(map(re.escape, letters))}]" if letters else "(?!)")
        self._keys = sorted({len(key) for key in self._exact}, reverse=True)

    def _add(self, known: _Known) -> None:
        same = self._exact.setdefault(known.folded[:_KEY], {}).setdefault(len(known.text), {})
        # Short ones are compared letter by letter: both "M" and "m" may be values.
        name = known.text if len(known.text) < _ANY_LETTERS_FROM else known.folded
        if name not in same:
            same[name] = known
            if len(known.text) >= _CUT_FROM:
                alike = self._long.setdefault(known.folded[:_BEGINNING], [])
                if len(alike) < _MOST_ALIKE:
                    alike.append(known)

    def __bool__(self) -> bool:
        """Return whether anything is looked for."""
        return bool(self._exact)

    def replaced(self, text: str) -> str:
        """Return ``text`` with the placeholders in place of what is looked for."""
        if not self._exact:
            return text
        # As it reads comes first: as it is written only a part of it may be found.
        folded = Folded(text)
        spans = [(*folded.span(m.start, m.end), m[2]) for m in self.matches(folded.text)]
        text = _replaced(text, spans)
        return _replaced(text, self.matches(text)) if folded.is_changed else text

    def found_in(self, text: str) -> bool:
        """Return whether anything that is looked for stands in ``text``, however it is escaped."""
        if not self._exact:
            return False
        folded = Folded(text)
        in_folded = next(self.matches(folded.text), None) is not None
        return in_folded or (folded.is_changed and next(self.matches(text), None) is not None)

    def matches(self, text: str) -> Iterator[Match]:
        """Yield where known texts stand, from left to right, outside of placeholders.

        Only what is written as one of the known forms is found.
        """
        if not self._exact:
            return
        folded = _folded(text)
        start = 0
        for gap in PLACEHOLDER.finditer(text):
            yield from self._between(text, folded, start, gap.start())
            start = gap.end()
        yield from self._between(text, folded, start, len(text))

    def _between(self, text: str, folded: str, start: int, end: int) -> Iterator[Match]:
        place = start
        while found := self._begin.search(folded, place, end):
            match = self._at(text, folded, found.start(), end)
            if match is not None:
                yield match
            place = found.end() if match is None else match.end

    def _at(self, text: str, folded: str, place: int, end: int) -> Match | None:
        for key in self._keys:
            for length, same in self._exact.get(folded[place : place + key], {}).items():
                stop = place + length
                within = text if length < _ANY_LETTERS_FROM else folded
                known = same.get(within[place:stop])
                if known is None or stop > end:
                    continue
                if length >= ANYWHERE_FROM or _is_word(text, place, stop):
                    return Match(place, stop, known.placeholder)
        return self._cut_at(folded, place, end)

    def _cut_at(self, folded: str, place: int, end: int) -> Match | None:
        """Find a text of which there is only the beginning."""
        best: Match | None = None
        for known in self._long.get(folded[place : place + _BEGINNING], ()):
            stop = _BEGINNING
            most = min(len(known.folded), end - place)
            while stop < most and folded[place + stop] == known.folded[stop]:
                stop += 1
            if stop <= end - place and (best is None or place + stop > best.end):
                best = Match(place, place + stop, known.placeholder)
        return best


def _replaced(text: str, matches: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, placeholder in matches:
        if start >= done:
            parts += (text[done:start], placeholder)
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _is_word(text: str, start: int, stop: int) -> bool:
    before, after = text[start - 1 : start] if start else "", text[stop : stop + 1]
    begins = not (before.isalnum() and text[start].isalnum())
    return begins and not (after.isalnum() and text[stop - 1].isalnum())


def _folded(text: str) -> str:
    """Return ``text`` in small letters, each at its place."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _variants(text: str) -> Iterator[str]:
    """Yield the forms in which a value turns up in programs, JSON, pages and addresses."""
    bare = text.strip()
    yield Folded(bare).text
    yield from _as_names(bare)
    for form in ("NFC", "NFD", "NFKC"):
        bare_form = unicodedata.normalize(form, bare)
        yield bare_form
        yield " ".join(bare_form.split())
    yield bare
    yield json.dumps(bare)[1:-1]
    yield json.dumps(bare, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(bare)[1:-1])[1:-1]
    yield repr(bare)[1:-1]
    yield ascii(bare)[1:-1]
    yield html.escape(bare)
    encoded = bare.encode("utf-8", "surrogatepass")
    yield quote(encoded, safe="")
    yield quote(encoded)
    yield quote_plus(encoded)


def _as_names(text: str) -> Iterator[str]:
    """Yield what a text of several words is written as where only one may stand."""
    words = re.findall(r"\w+", text)
    if len(words) > 1 and sum(map(len, words)) >= ANYWHERE_FROM:
        yield from (sign.join(words) for sign in ("_", "-", ""))
