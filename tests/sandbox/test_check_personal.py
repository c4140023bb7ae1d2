from __future__ import annotations

from pathlib import Path

import pytest
from check_personal import kind_of

from tests.sandbox.drawing import draw_snippet, judge_drawn


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada.lovelace@example.org", "e-mail address"),
        ("call +49 30 901820 or", "telephone number"),
        ("(555) 010-1234", "telephone number"),
        ("4111 1111 1111 1111", "card number"),
        ("GB82 WEST 1234 5698 7654 32", "account number"),
        ("078-05-1120", "social security number"),
    ],
)
def test_data_of_a_person_is_recognised(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "2010-11-12",
        "12,345,678",
        "4111 1111 1111 1112",
        "1990 to 2010",
        "3.141592653589793",
        "GB83 WEST 1234 5698 7654 32",
        "0.000000000000000",
        "Japan @ home",
    ],
)
def test_numbers_and_words_are_not(text: str) -> None:
    assert kind_of(text) == ""


def test_a_chart_of_mail_addresses_shows_persons(tmp_path: Path) -> None:
    lines = """
fig, ax = plt.subplots()
ax.barh(["ada@example.org", "bob@example.org"], [1, 2])
fig.savefig("chart.png")"""

    judged = judge_drawn(draw_snippet(lines, tmp_path))

    [found] = [one for one in judged.findings if one.code == "personal_data_shown"]
    assert (found.severity, found.numbers["texts"]) == ("error", 2)


def test_a_chart_of_groups_shows_none(tmp_path: Path) -> None:
    lines = "fig, ax = plt.subplots(); ax.bar(['a', 'b'], [1, 2]); fig.savefig('chart.png')"

    judged = judge_drawn(draw_snippet(lines, tmp_path))

    assert "personal_data_shown" in judged.checks
    assert "personal_data_shown" not in judged.codes
