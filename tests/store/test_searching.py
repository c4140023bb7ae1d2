"""Whether a text still holds something that was to go."""

from __future__ import annotations

import base64

import pytest

from critique_loop.store.known_values import KnownValues, OfTables
from critique_loop.store.redaction import NO_PICTURE, Redaction
from critique_loop.store.searching import Search
from tests.store.kept_runs import PNG


@pytest.fixture
def search() -> Search:
    """Return one for a run r1 with a table, and for others."""
    known = KnownValues(of_run={"r1": "t"})
    known.add("Müller & Söhne/Graz", "name")
    known.add("Zurich", "name")
    known.tables["t"] = OfTables({"Paris": "redacted_name_3"}, ends={"98765": "redacted_pay_1"})
    return Search(Redaction(columns=("name",), paths=True, secrets=True), known)


@pytest.mark.parametrize(
    "text",
    [
        "in ZURICH, say",
        "M&uuml;ller &#38; S&#xf6;hne&#47;Graz",
        r"M\u00fcller \u0026 S\u00f6hne\/Graz",
        "M%c3%bcller%20%26%20S%c3%b6hne/Graz",
        "Müller &\n   Söhne/Graz",
        "\uff3a\uff55\uff52\uff49\uff43\uff48",
        "Zu\u00adrich",
        "Z\0u\0r\0i\0c\0h\0",
        r"'\x5aurich'",
        base64.b64encode(b"Zurich").decode(),
        base64.b64encode(b"xx Zurich").decode().rstrip("="),
        base64.urlsafe_b64encode("??Müller & Söhne/Graz".encode()).decode(),
        base64.encodebytes(b"." * 55 + b"Zurich").decode(),
        b"Zurich".hex(),
        b"xZurich".hex(" "),
        "at /home/ada/x.csv",
        "password = 'correct-horse-battery'",
    ],
)
def test_what_is_left_is_found_however_it_is_written(search: Search, text: str) -> None:
    assert search.text(text)


@pytest.mark.parametrize(
    "text", ["to Paris", "UGFyaXM=", b"Paris".hex(), "up to 98765.", "'98765'"]
)
def test_short_values_and_ends_are_looked_for_in_runs_with_their_table(
    search: Search, text: str
) -> None:
    assert search.text(text, search.tables("r1"))
    assert not search.text(text, search.tables("r2"))


def test_what_holds_nothing_passes(search: Search) -> None:
    text = "redacted_name_1 in Parisian words of visualization, " + "0f" * 32

    assert not search.text(text, "t")
    assert not search.name("Zurich")
    assert search.name("of Müller & Söhne/Graz")


@pytest.mark.parametrize(
    ("data", "is_left"),
    [
        (b"in Zurich", True),
        ("Müller & Söhne/Graz".encode("utf-16"), True),
        (b"x" + "Müller & Söhne/Graz".encode("utf-16-be"), True),
        ("Müller & Söhne/Graz".encode("latin-1"), True),
        (b"\xff\x00nothing", False),
        (NO_PICTURE, False),
        (PNG, True),
    ],
)
def test_bytes_are_read_in_the_letters_that_they_may_be_in(
    search: Search, data: bytes, is_left: bool
) -> None:
    assert search.data(data) is is_left
