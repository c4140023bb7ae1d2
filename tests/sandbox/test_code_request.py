from __future__ import annotations

from typing import Any

import pytest
from code_request import CodeRequest, SuiteText, read_code_request


def test_a_request_is_read_as_sent() -> None:
    asked = read_code_request(
        {
            "code": "x = 1",
            "goal": "g",
            "suites": [{"kind": "asserts", "source": "assert x", "hidden": False}],
            "checks": ["lint_error"],
            "wall_s": 12,
        }
    )

    assert asked == CodeRequest(
        "x = 1",
        goal="g",
        suites=(SuiteText("asserts", "assert x"),),
        checks=frozenset({"lint_error"}),
        wall_s=12.0,
    )
    assert asked.wants("type_error", "lint_error")
    assert not asked.wants("type_error")


@pytest.mark.parametrize(
    "request_",
    [{}, {"code": 3, "suites": 4, "wall_s": "x"}, {"suites": [None, 1]}, {"wall_s": -1}],
)
def test_what_is_missing_or_of_another_type_keeps_its_default(request_: dict[str, Any]) -> None:
    assert read_code_request(request_) == CodeRequest("")


def test_without_a_list_of_checks_all_are_wanted() -> None:
    assert CodeRequest("").wants("anything")
