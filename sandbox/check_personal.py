"""Does the chart show who somebody is? Patterns only: what has no pattern is not found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from findings import Checked, Finding
from view import View, quoted

CODE = "personal_data_shown"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}[ -]?)(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}(?![\w.])")
_US_PHONE = re.compile(r"(?<![\w.])\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}(?![\w.])")
_CARD = re.compile(r"(?<![\w.])(?:\d[ -]?){13,19}(?![\w.])")
_SSN = re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_PERSONAL_COLUMN = re.compile(
    r"^(e-?mail|phone|mobile|ssn|social security|iban|passport|patient|first name|last name|"
    r"full name|surname|street|home address|date of birth|dob|birth ?date)\b",
    re.IGNORECASE,
)
_LUHN_BASE = 10
_LARGEST_DIGIT = 9
_IBAN_REST = 97
_MOST_TOLD = 5


def check(view: View) -> Checked:
    """Find e-mail addresses, telephone, card, account and social security numbers in its texts."""
    return Checked((*_shown(view), *_columns(view)), (CODE,))


def _shown(view: View) -> Iterator[Finding]:
    found: dict[str, list[str]] = {}
    for placed in view.texts():
        if (kind := kind_of(placed.facts.text)) and view.seen(placed.facts):
            found.setdefault(kind, []).append(placed.place)
    for kind, places in found.items():
        yield Finding(
            CODE,
            "error",
            f"{len(places)} text(s) show a person's {kind}",
            "leave it out, or show groups of people",
            place=places[0],
            numbers={"kind": kind, "texts": len(places)},
        )


def kind_of(text: str) -> str:
    """The kind of personal data in a text, "" where none is recognised."""
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("e-mail address", lambda text: bool(_EMAIL.search(text))),
        ("social security number", lambda text: bool(_SSN.search(text))),
        ("account number", _has_account),
        ("card number", _has_card),
        ("telephone number", lambda text: bool(_PHONE.search(text) or _US_PHONE.search(text))),
    )
    return next((kind for kind, holds in tests if holds(text)), "")


def _has_card(text: str) -> bool:
    """Whether digits pass the check of Luhn (ISO/IEC 7812-1)."""
    for found in _CARD.finditer(text):
        digits = [int(one) for one in found.group() if one.isdigit()]
        total = sum(digits[-1::-2])
        for digit in digits[-2::-2]:
            total += 2 * digit - (_LARGEST_DIGIT if 2 * digit > _LARGEST_DIGIT else 0)
        if total % _LUHN_BASE == 0 and len(set(digits)) > 1:
            return True
    return False


def _has_account(text: str) -> bool:
    """Whether a text holds an IBAN whose check digits are right (ISO 13616)."""
    for found in _IBAN.finditer(text):
        plain = found.group().replace(" ", "")
        turned = "".join(str(int(one, 36)) for one in plain[4:] + plain[:4])
        if int(turned) % _IBAN_REST == 1:
            return True
    return False


def _columns(view: View) -> Iterator[Finding]:
    """Groups that are single persons: an axis or a legend named after a personal column."""
    named = sorted(
        name
        for name in view.columns
        if _PERSONAL_COLUMN.search(name.replace("_", " ")) and _is_axis(name, view)
    )
    if named:
        yield Finding(
            CODE,
            "warning",
            f"the axis {quoted(named[0])} may name single persons",
            "show groups of people instead of single ones",
            place="axis",
            numbers={"columns": named[:_MOST_TOLD]},
        )


def _is_axis(name: str, view: View) -> bool:
    wanted = name.replace("_", " ").lower()
    labels = [
        axis.label.text.lower()
        for plot in view.plots
        for axis in (plot.axes.x, plot.axes.y)
        if axis.label
    ]
    return wanted in labels
