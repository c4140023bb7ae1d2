from __future__ import annotations

import sys

import check_code_lint
import pytest
from code_request import MOST_CHARACTERS, read_code_request
from findings import Checked

CLEAN = '''
def mean(numbers: list[float]) -> float:
    """Return the arithmetic mean."""
    return sum(numbers) / len(numbers)
'''


def checked(code: str, signature: str = "") -> Checked:
    return check_code_lint.check(read_code_request({"code": code, "signature": signature}))


def rules(code: str, signature: str = "") -> list[object]:
    return [finding.numbers["rule"] for finding in checked(code, signature).findings]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("F821", "def f(x):\n    return y\n"),
        ("F841", "def f(x):\n    y = x\n    return x\n"),
        ("B006", "def f(x, seen=[]):\n    seen.append(x)\n    return seen\n"),
        ("B023", "def f(xs):\n    out = []\n    for x in xs:\n        out.append(lambda: x)\n"),
        ("B015", "def f(x):\n    x == 1\n    return x\n"),
        ("E722", "def f(x):\n    try:\n        return int(x)\n    except:\n        return 0\n"),
        ("invalid-syntax", "def f(x:\n"),
    ],
)
def test_a_likely_mistake_is_found_with_its_line_and_rule(rule: str, code: str) -> None:
    assert rule in rules(code)


def test_clean_code_passes_in_silence() -> None:
    assert checked(CLEAN) == Checked((), ("lint_error",))


@pytest.mark.parametrize(
    "code",
    [
        "def f(l): return l\n",
        "x = 'a' \n\n\n\n\ny = [1,2 ,3]\n",
        f"def f():\n    return '{'a' * 300}'\n",
        "def f(a, b):\n    return [x for x, _ in zip(a, b)]\n",
    ],
)
def test_taste_is_no_mistake(code: str) -> None:
    assert rules(code) == []


def test_an_import_of_the_task_that_stays_unused_is_not_the_drafts_fault() -> None:
    stub = "from typing import List\ndef f(x): ...\n"

    assert rules("from typing import List\ndef f(x):\n    return x\n", stub) == []
    assert rules("from typing import Dict\ndef f(x):\n    return x\n", stub) == ["F401"]


@pytest.mark.parametrize(
    "directive",
    ["% noqa", "% NOQA: F841", "% ruff: noqa", "%flake8: noqa", "% ruff: noqa: F841", "% x % noqa"],
)
def test_a_draft_does_not_switch_its_linter_off(directive: str) -> None:
    code = f"{directive}\ndef f(x):\n    y = x  {directive}\n    return x\n"

    assert rules(code.replace("%", "#")) == ["F841"]


@pytest.mark.parametrize(
    "code",
    ["\0", "\ud800", "x = " + "(" * 5000, "x = " + "-" * 20000 + "1", "\N{BOM}x = 1\n", ""],
    ids=["null", "surrogate", "parentheses", "deep", "bom", "empty"],
)
def test_odd_text_is_judged_or_refused(code: str) -> None:
    result = checked(code)

    assert bool(result.codes) != bool(result.failed)


def test_a_huge_draft_is_not_judged_and_says_so() -> None:
    result = checked("x = 1\n" * MOST_CHARACTERS)

    assert result.codes == ()
    assert "characters" in result.failed[0]


def test_of_many_findings_the_first_are_told_and_all_counted() -> None:
    result = checked("".join(f"print(missing_{number})\n" for number in range(100)))

    assert len(result.findings) == 8
    assert result.findings[0].numbers["found"] == 100


def test_without_ruff_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruff.__main__", None)

    result = checked(CLEAN)

    assert result == Checked(failed=("lint_error: this sandbox has no ruff",))
