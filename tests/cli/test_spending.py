"""Money in words."""

from __future__ import annotations

import pytest

from critique_loop.cli.spending import money, spent_lines
from critique_loop.values import RoleSpend, Spend


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (None, "cost unknown"),
        (0.0, "$0"),
        (0.00012, "$0.0001"),
        (0.5, "$0.5000"),
        (1234, "$1,234.00"),
    ],
)
def test_what_is_unknown_is_not_nought(cost: float | None, text: str) -> None:
    assert money(cost) == text


def test_each_role_has_its_line_and_a_person_theirs() -> None:
    roles = (
        RoleSpend("writer", calls=1, tokens=12345, cost_usd=0.25, seconds=2.5),
        RoleSpend("\x1b[31m", calls=2, cost_usd=None),
    )

    lines = spent_lines(Spend(roles=roles, person_s=12.34))

    assert lines == [
        "writer 1 request, 12,345 tokens, 2.5 s, $0.2500",
        "\\x1b[31m 2 requests, 0 tokens, 0.0 s, cost unknown",
        "person 12.3 s",
    ]


def test_a_run_without_models_says_nothing_of_them() -> None:
    assert spent_lines(Spend(rounds=3, seconds=2.0)) == []
