"""The check digits of numbers that name persons and accounts."""

from __future__ import annotations

import re
from itertools import cycle
from typing import Final

_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FO GL NL"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "PT"),
        (26, "IS TR"),
        (27, "FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB PL"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU"),
        (31, "MT"),
    )
    for country in countries.split()
}
"""Length by country: the IBAN registry of ISO 13616, release 99."""

_CARD_BEGINS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ],
        strict=True,
    )
)


def is_iban(text: str) -> bool:
    """Say whether this is an IBAN: length of its country, remainder 1 (ISO 7064, mod 97-10)."""
    plain = text.replace(" ", "").upper()
    length = _IBAN_LENGTHS.get(plain[:2], 0)
    if not length or len(plain) < length or not plain.isascii():
        return False
    plain = plain[:length]  # a word may follow
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Say whether this is a card's number: a brand's first digits and length, and Luhn's sum."""
    digits = re.sub(r"[ -]", "", text)
    return bool(_CARD_BEGINS.fullmatch(digits)) and _luhn(digits) and len(set(digits)) > 1


def is_dni(text: str) -> bool:
    """Say whether this is a Spanish DNI or NIE: its letter is the number's remainder by 23."""
    number = text[:-1].upper().translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and _DNI_LETTERS[int(number) % 23] == text[-1].upper()


def is_nir(text: str) -> bool:
    """Say whether this is a French social security number: key 97 less the remainder by 97."""
    plain = text.replace(" ", "").upper()
    number = plain[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(plain[13:])


def is_codice_fiscale(text: str) -> bool:
    """Say whether this is an Italian codice fiscale: the last letter is the sum of the others."""
    plain = text.upper()
    odd = sum(_CODICE_ODD[sign] for sign in plain[:15:2])
    even = sum(int(s) if s.isdigit() else ord(s) - ord("A") for s in plain[1:15:2])
    return (odd + even) % 26 == ord(plain[15]) - ord("A")


def is_cpf(text: str) -> bool:
    """Say whether this is a Brazilian CPF: its last two digits are weighted sums of the others."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if len(set(digits)) == 1:
        return False
    return all(
        digits[n] == (10 * sum(d * (n + 1 - i) for i, d in enumerate(digits[:n]))) % 11 % 10
        for n in (9, 10)
    )


def _luhn(digits: str) -> bool:
    doubled = zip(map(int, reversed(digits)), cycle((1, 2)), strict=False)
    return sum(sum(divmod(digit * times, 10)) for digit, times in doubled) % 10 == 0
