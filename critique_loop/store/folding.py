"""Texts as they read, whatever escapes they are written with; and where each part of them stood."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

_MOST_TURNS = 4  # escapes of escapes
_UNSEEN = "\0\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_ESCAPED = re.compile(
    r"&(?:\#[xX][0-9a-fA-F]{1,6}|\#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(?:%[0-9a-fA-F]{2})+"
    r"|\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\+u[0-9a-fA-F]{4}|\\+U[0-9a-fA-F]{8}|(?:\\+x[0-9a-fA-F]{2})+|\\+[/\"'&nrt]"
    rf"|[{_UNSEEN}]+"
    r"|[^\W\d_][\u0300-\u036f]+|[^\x00-\x7f]"
)
# A line may go on behind the sign of a comment, a quotation or a frame.
_BLANKS = re.compile(r"\s*\n\s*(?:[#>*|]+[ \t]+)?|\s{2,}|[^\S ]")
_UNSEEN_ONLY = re.compile(f"[{_UNSEEN}]+")
_HEX = re.compile(r"[uUx]([0-9a-fA-F]+)")
_BLANK_LETTERS = frozenset("nrt")


class _Piece(NamedTuple):
    """A replaced part: where it begins in the new text, and where it stood in the old one."""

    place: int
    length: int
    start: int
    end: int


class _Turn:
    def __init__(self, text: str, special: re.Pattern[str], read: Callable[[str], str]) -> None:
        parts: list[str] = []
        self._pieces: list[_Piece] = []
        done = length = 0
        for found in special.finditer(text):
            new = read(found[0])
            if new == found[0]:
                continue
            parts += (text[done : found.start()], new)
            length += found.start() - done
            self._pieces.append(_Piece(length, len(new), found.start(), found.end()))
            length += len(new)
            done = found.end()
        self.text = "".join((*parts, text[done:])) if parts else text
        self._places = [piece.place for piece in self._pieces]

    def was(self, place: int, *, is_end: bool) -> int:
        """Return where a place of the new text was in the old one; within a piece at its edge."""
        at = (bisect_left if is_end else bisect_right)(self._places, place)
        if at == 0:
            return place
        piece = self._pieces[at - 1]
        behind = place - piece.place - piece.length
        if is_end:
            return piece.end + max(behind, 0)
        return piece.start if behind < 0 else piece.end + behind


class Folded:
    """A text without escapes, in NFKC, its blanks single and its unseen letters gone."""

    def __init__(self, text: str) -> None:
        """Fold ``text``, also where it was escaped more than once."""
        self._turns: list[_Turn] = []
        self.text = text
        for _ in range(_MOST_TURNS):
            if not self._turn(_ESCAPED, _read):
                break
        self._turn(_BLANKS, _blank)

    def _turn(self, special: re.Pattern[str], read: Callable[[str], str]) -> bool:
        turn = _Turn(self.text, special, read)
        if turn.text == self.text:
            return False
        self._turns.append(turn)
        self.text = turn.text
        return True

    @property
    def is_changed(self) -> bool:
        """Whether the text reads otherwise than it is written."""
        return bool(self._turns)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text, as it was, a part of the folded one stood."""
        for turn in reversed(self._turns):
            start, end = turn.was(start, is_end=False), turn.was(end, is_end=True)
        return start, end


def _blank(_: str) -> str:
    return " "


def _read(escaped: str) -> str:
    first = escaped[0]
    if first == "&":
        return html.unescape(escaped)
    if first == "%":
        return unquote(escaped, errors="replace")
    if first == "\\":
        return _read_backslash(escaped)
    if _UNSEEN_ONLY.fullmatch(escaped):
        return ""
    return unicodedata.normalize("NFKC", escaped)


def _read_backslash(escaped: str) -> str:
    codes = [int(code, 16) for code in _HEX.findall(escaped)]
    if not codes:
        letter = escaped[-1]
        return " " if letter in _BLANK_LETTERS else letter
    if "x" in escaped:
        data = bytes(codes)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if "U" in escaped:
        return chr(codes[0]) if codes[0] <= sys.maxunicode else "\ufffd"
    units = b"".join(code.to_bytes(2, "big") for code in codes)
    return units.decode("utf-16-be", "replace")
