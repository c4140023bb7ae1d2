"""Check digits, against numbers that were published as examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.curation.checksums import (
    is_card,
    is_codice_fiscale,
    is_cpf,
    is_dni,
    is_iban,
    is_nir,
)


@pytest.mark.parametrize(
    ("holds", "number"),
    [
        (is_iban, "DE89 3704 0044 0532 0130 00"),
        (is_iban, "GB29NWBK60161331926819"),
        (is_iban, "FR1420041010050500013M02606"),
        (is_iban, "NO9386011117947"),
        (is_card, "4111 1111 1111 1111"),
        (is_card, "5555-5555-5555-4444"),
        (is_card, "378282246310005"),
        (is_card, "6011111111111117"),
        (is_card, "3530111333300000"),
        (is_dni, "12345678Z"),
        (is_dni, "X1234567L"),
        (is_nir, "2 55 08 14 168 025 38"),
        (is_nir, "180122A000001" + str(97 - 1801219000001 % 97).zfill(2)),
        (is_codice_fiscale, "RSSMRA85T10A562S"),
        (is_cpf, "529.982.247-25"),
    ],
)
def test_a_right_number_is_one_and_another_last_digit_makes_it_none(
    holds: Callable[[str], bool], number: str
) -> None:
    last = number[-1]
    wrong = "ABCDEFGH"["ABCDEFG".find(last) + 1] if last.isalpha() else str((int(last) + 1) % 10)

    assert holds(number)
    assert not holds(number[:-1] + wrong)


@pytest.mark.parametrize(
    ("holds", "number"),
    [
        (is_iban, "XX89370400440532013000"),
        (is_iban, "DE8937040044053201300"),
        (is_card, "1111111111111117"),
        (is_card, "4111 1111 1111 11"),
        (is_card, "0000000000000000"),
        (is_cpf, "111.111.111-11"),
    ],
)
def test_other_numbers_are_none(holds: Callable[[str], bool], number: str) -> None:
    assert not holds(number)
