"""Find the line on which each key of a TOML text is set: tomllib tells values only."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Return the line (from 1) on which each key, list entry and table of ``text`` begins.

    ``text`` must have been read by tomllib before: what is no TOML is not told here. A text too
    deep for Python's stack has no lines.
    """
    scanner = _Scanner(text)
    try:
        scanner.scan()
    except RecursionError:
        return MappingProxyType({})
    return MappingProxyType(scanner.lines)


def nearest(lines: Mapping[KeyPath, int], path: Sequence[str | int]) -> int | None:
    """Return the line of ``path``, else that of the nearest table or list around it."""
    for end in range(len(path), 0, -1):
        line = lines.get(tuple(path[:end]))
        if line is not None:
            return line
    return None


class _Scanner:
    """Walks a valid text from key to key."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._line = 1
        self._counts: dict[KeyPath, int] = {}

    def scan(self) -> None:
        """Fill ``lines``."""
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._next("["):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        line = self._line
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        *parents, last = self._key()
        self._at += 2 if many else 1
        path: KeyPath = ()
        for part in parents:
            path = self._last_of((*path, part))
            self.lines.setdefault(path, line)
        path = (*path, last)
        self.lines.setdefault(path, line)
        if not many:
            return path
        self._counts[path] = self._counts.get(path, -1) + 1
        path = self._last_of(path)
        self.lines[path] = line
        return path

    def _last_of(self, path: KeyPath) -> KeyPath:
        """Return the entry that a header means where ``path`` is a list of tables."""
        return (*path, self._counts[path]) if path in self._counts else path

    def _pair(self, table: KeyPath) -> None:
        line = self._line
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._at += 1  # the =
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            quoted = _TEXT.match(self._text, self._at)
            found = quoted or _BARE.match(self._text, self._at)
            if found is None:  # no TOML after all; end here rather than guess
                self._at = len(self._text)
                return parts or [""]
            self._at = found.end()
            parts.append(_unquoted(found.group()) if quoted else found.group())
            self._skip(_SPACE)
            if not self._next("."):
                return parts
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        if self._next("["):
            self._list(path)
        elif self._next("{"):
            self._inline_table(path)
        else:
            text = _TEXT.match(self._text, self._at)
            self._skip(_SCALAR if text is None else _TEXT)

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        number = 0
        while self._skip(_BLANK) < len(self._text) and not self._next("]"):
            self.lines.setdefault((*path, number), self._line)
            self._value((*path, number))
            number += 1
            self._skip(_BLANK)
            self._at += self._next(",")
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._skip(_BLANK) < len(self._text) and not self._next("}"):
            self._pair(path)
            self._skip(_BLANK)
            self._at += self._next(",")
        self._at += 1

    def _next(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._line += self._text.count("\n", self._at, found.end())
            self._at = found.end()
        return self._at


def _unquoted(key: str) -> str:
    if "\\" not in key or key.startswith("'"):
        return key[1:-1]
    return str(tomllib.loads(f"key = {key}")["key"])
