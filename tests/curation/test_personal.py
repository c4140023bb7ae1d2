"""Personal data: what is found, what is not, and what only looks like it."""

from __future__ import annotations

import pytest

from critique_loop.curation.personal import PersonalData, personal_data_in
from tests.curation.conftest import CHART, curated, example


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ada.lovelace+x@engine.co.uk.", "e-mail address"),
        ("owner,jürgen@müller.de,4", "e-mail address"),
        ("call +49 30 901820 now", "phone number"),
        ("call +1 (212) 736-5000", "phone number"),
        ("(212) 736-5000", "phone number"),
        ("212-736-5000", "phone number"),
        ("to DE89 3704 0044 0532 0130 00 BY FRIDAY", "IBAN"),
        ("GB29NWBK60161331926819", "IBAN"),
        ("paid with 4111 1111 1111 1111.", "card number"),
        ('"card": "5555555555554444"', "card number"),
        ("SSN 536-22-1234", "national id (US)"),
        ("QQ 12 34 56 C".replace("QQ", "AB"), "national id (UK)"),
        ("DNI 12345678Z", "national id (Spain)"),
        ("2 55 08 14 168 025 38", "national id (France)"),
        ("RSSMRA85T10A562S", "national id (Italy)"),
        ("CPF 529.982.247-25", "national id (Brazil)"),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    assert kind in personal_data_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com and root@localhost",
        "@property\ndef x(self): ...",
        "y = A@B.T + self.x@self.weights.dot",
        "df.query('a == @threshold.value')",
        "2024-01-15 12:30:00, 1700000000000, 3.14159265358979",
        "fontsize=13, figsize=(7.5, 4.25), dpi=150",
        "total = 1 +10000000 + 20000000",
        "0.4111111111111111",
        "4111111111111112",
        "ID 1234-5678-9012-3456",
        "000-12-3456 and 666-12-3456 and 912-12-3456",
        "call 212-555-0142",
        "12345678A",
        "529.982.247-26",
        "1,200,000 - 1,300,000 and 192.168.100.200",
        "",
        "数据 ١٢٣٤٥٦",
        CHART,
    ],
)
def test_what_only_looks_like_it_is_none(text: str) -> None:
    assert personal_data_in(text) == []


def test_rows_with_personal_data_are_dropped_and_the_kind_is_told() -> None:
    rows = [
        example(CHART),
        example(CHART, goal="columns: name, mail\nAda, ada@engine.org"),
        example("# by +44 20 7946 0958\nx = 1"),
    ]

    done = curated(PersonalData(), rows)

    assert done.kept == ["r1"]
    assert done.why == {"e-mail address": 1, "phone number": 1}
    assert "names" in done.tally.note


@pytest.mark.parametrize(
    "part", ["1 ", "1", "+1 ", "a.", "a@", "a@b.", "AB12", "(212) ", "12-", "é"]
)
def test_a_huge_line_is_searched_quickly(part: str) -> None:
    personal_data_in(part * 20_000)

    assert "e-mail address" in personal_data_in(part * 20_000 + " ada@engine.org")
