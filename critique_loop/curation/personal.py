"""Personal data, found by patterns and by the check digits that some numbers have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from critique_loop.curation.checksums import (
    is_card,
    is_codice_fiscale,
    is_cpf,
    is_dni,
    is_iban,
    is_nir,
)
from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import LineSearch, all_texts
from critique_loop.values import Example

_RESERVED = re.compile(  # RFC 2606: nobody's addresses
    r"(?i)@(?:[\w-]+\.)*(?:example\.(?:com|org|net)|[\w-]+\.(?:example|test|invalid)|localhost)$"
)
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 6
_FICTION = re.compile(r"\b555[-. )]*01\d\d\b")  # North American numbers that are nobody's
_DOMAINS = re.compile(
    r"(?i)[a-z]{2}|com|org|net|edu|gov|mil|info|biz|name|pro|app|dev|cloud|online|tech|email|mobi"
)  # countries and the common ones: x@weights.dot is a product of matrices
_DIGITS = 8
_ROUND = 2  # different digits of +10000000, which is a summand
_SHOWN_SSN = frozenset({"078-05-1120", "219-09-9999"})  # printed in advertisements


class _Kind(NamedTuple):
    name: str
    expression: re.Pattern[str]
    holds: Callable[[str], bool]


def _is_email(text: str) -> bool:
    known = _DOMAINS.fullmatch(text.rpartition(".")[2])
    return bool(known) and not _RESERVED.search(text)


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    varied = len(set(digits)) > _ROUND
    return len(digits) >= _DIGITS and varied and not _FICTION.search(text)


def _is_ssn(text: str) -> bool:
    return text not in _SHOWN_SSN


_EMAIL: Final = _Kind(
    "e-mail address",
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"),
    _is_email,
)
_NUMBERS: Final = (
    _Kind(
        "phone number",
        re.compile(
            r"(?<![\w.+-])\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}"
            r"(?:[ .-]?\d{2,4}){1,4}(?![\w.-])"
            r"|(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[-.])[2-9]\d{2}[-.]\d{4}(?![\w.-])"
        ),
        _is_phone,
    ),
    _Kind(
        "IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"), is_iban
    ),
    _Kind("card number", re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)"), is_card),
    _Kind(
        "national id (US)",
        re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"),
        _is_ssn,
    ),
    _Kind(
        "national id (UK)",
        re.compile(
            r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
            r" ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
        ),
        bool,
    ),
    _Kind("national id (Spain)", re.compile(r"\b(?:\d{8}|[XYZ]\d{7})-?[A-Z]\b"), is_dni),
    _Kind(
        "national id (France)",
        re.compile(
            r"(?<!\w)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)"
        ),
        is_nir,
    ),
    _Kind(
        "national id (Italy)",
        re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST](?:[0-6]\d|7[01])[A-Z]\d{3}[A-Z]\b"),
        is_codice_fiscale,
    ),
    _Kind("national id (Brazil)", re.compile(r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"), is_cpf),
)


def personal_data_in(text: str) -> list[str]:
    """Return which kinds of personal data a text holds."""
    numbers = _NUMBERS if len(_DIGIT.findall(text)) >= _FEWEST_DIGITS else ()
    kinds = (_EMAIL, *numbers) if "@" in text else numbers
    return [
        kind.name
        for kind in kinds
        if any(kind.holds(found.group()) for found in kind.expression.finditer(text))
    ]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Drops an example that holds personal data in any of its texts.

    Found are e-mail addresses, phone numbers in the international and the North American form,
    IBANs and card numbers by their check digits, and the national ids of six countries.
    """

    name: ClassVar[str] = "personal data"
    note: ClassVar[str] = "by pattern: names, postal addresses and most countries' ids stay"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what holds none."""
        search = LineSearch(personal_data_in)
        return sifted(examples, tally, lambda example: search.first(all_texts(example)))
