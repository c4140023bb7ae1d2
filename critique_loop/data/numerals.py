"""Decimal and thousands marks, told from texts that would be numbers in another notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from critique_loop.values import Dialect

_EXPONENT = r"(?:[eE][+-]?\d+)?\s*"
_COMMA_DECIMAL = re.compile(
    r"\s*[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+|(?=,\d))(?:,\d+)?" + _EXPONENT
)
_DOT_DECIMAL = re.compile(r"\s*[+-]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|(?=\.\d))(?:\.\d+)?" + _EXPONENT)
_DIGITS_AND_MARKS = re.compile(r"\s*[+-]?[\d.,]+" + _EXPONENT)


@dataclass(slots=True)
class Notation:
    """What the different texts of one column have in common.

    ``comma_decimal`` and ``dot_decimal``: every text is a number in that notation, grouped by the
    other mark or not at all. ``only_comma`` and ``only_dot``: some text is a number in one notation
    and none in the other, so it proves the notation ("1,5"; "1,234" proves nothing).
    """

    number_like: bool = True
    comma_decimal: bool = True
    dot_decimal: bool = True
    only_comma: bool = False
    only_dot: bool = False
    has_comma: bool = False
    has_dot: bool = False

    def observe(self, texts: Iterable[str]) -> None:
        """Take note of ``texts``; stops at the first that is no number in any notation."""
        for text in texts:
            if not self.number_like:
                return
            if not _DIGITS_AND_MARKS.fullmatch(text):
                self.number_like = self.comma_decimal = self.dot_decimal = False
                return
            comma = _COMMA_DECIMAL.fullmatch(text) is not None
            dot = _DOT_DECIMAL.fullmatch(text) is not None
            self.comma_decimal &= comma
            self.dot_decimal &= dot
            self.only_comma |= comma and not dot
            self.only_dot |= dot and not comma
            self.has_comma |= "," in text
            self.has_dot |= "." in text

    @property
    def proves_comma(self) -> bool:
        """The column holds decimal commas and nothing else explains them."""
        return self.comma_decimal and self.has_comma and self.only_comma

    @property
    def proves_dot(self) -> bool:
        """The column holds decimal dots and nothing else explains them."""
        return self.dot_decimal and self.has_dot and self.only_dot


def revised(dialect: Dialect, texts: Sequence[Notation], *, fractions: int) -> Dialect:
    """Return the dialect that reads more columns as numbers than ``dialect`` did, or ``dialect``.

    ``texts`` are the columns that came out as text under ``dialect``, ``fractions`` says how many
    came out as numbers that are not all whole. pandas drops the thousands mark wherever a cell has
    only digits and marks: by a thousands dot "01.02.2020" becomes 1022020. So a thousands mark is
    never set where such a column would be harmed; its numbers then stay text. So does "1,234" where
    nothing tells whether it is a thousand or one and a bit.
    """
    if dialect.thousands is not None:
        return dialect
    if dialect.decimal == ",":
        return _after_decimal_comma(dialect, texts, fractions=fractions)
    if any(column.proves_comma for column in texts):
        return replace(dialect, decimal=",")
    by_comma = [c for c in texts if c.dot_decimal and c.has_comma and not c.only_comma]
    harmed = [c for c in texts if c.number_like and c.has_comma and not c.dot_decimal]
    is_dot = dialect.separator == "," or fractions or any(c.only_dot for c in by_comma)
    return replace(dialect, thousands=",") if by_comma and is_dot and not harmed else dialect


def _after_decimal_comma(dialect: Dialect, texts: Sequence[Notation], *, fractions: int) -> Dialect:
    if sum(column.proves_dot for column in texts) > fractions:
        return replace(dialect, decimal=".")
    by_dot = [c for c in texts if c.comma_decimal and c.has_dot]
    harmed = [c for c in texts if c.number_like and c.has_dot and not c.comma_decimal]
    is_comma = fractions or any(c.only_comma for c in by_dot)
    return replace(dialect, thousands=".") if by_dot and is_comma and not harmed else dialect
