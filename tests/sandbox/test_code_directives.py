from __future__ import annotations

import pytest
from code_directives import without_directives


@pytest.mark.parametrize(
    "line",
    [
        *("% noqa", "x = 1  % NOQA: F841", "% ruff: noqa", "% flake8:noqa", "% mypy: strict=False"),
        *("x = y  % type: ignore", "x = y  % words % type:ignore[arg-type]", "% TYPE: IGNORE"),
    ],
)
def test_what_would_switch_a_check_off_is_made_harmless(line: str) -> None:
    written = line.replace("%", "#")

    cleaned = without_directives(written)

    assert cleaned != written
    assert len(cleaned) == len(written)


@pytest.mark.parametrize(
    "text",
    [
        *("x = []  # type: list[int]", "class A:\n    type: str\n    mypy: int = 3", "# a comment"),
        *("ruff: str = 'x'", "noqa = 1\r\nx = 2\n", ""),
    ],
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert without_directives(text) == text
