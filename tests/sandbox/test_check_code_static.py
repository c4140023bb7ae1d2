from __future__ import annotations

import check_code_static
import pytest

CODE = "def f(x):\n    y = x\n    return x\n"


@pytest.mark.parametrize(
    ("asked", "judged"),
    [
        (["lint_error"], ("lint_error",)),
        (["too_long"], ("too_complex", "too_long")),
        (["lint_error", "too_complex"], ("lint_error", "too_complex", "too_long")),
        ([], ()),
        (["values_mismatch"], ()),
    ],
)
def test_only_what_the_rubric_asks_for_is_run(asked: list[str], judged: tuple[str, ...]) -> None:
    result = check_code_static.check({"code": CODE, "checks": asked})

    assert result.codes == judged


def test_findings_of_all_checks_come_together() -> None:
    tangled = CODE.replace("    return", "    if x:\n        x -= 1\n" * 11 + "    return")

    result = check_code_static.check({"code": tangled, "checks": ["lint_error", "too_complex"]})

    assert [finding.code for finding in result.findings] == ["lint_error", "too_complex"]


def test_a_draft_that_cannot_be_parsed_is_told_to_be_unjudged() -> None:
    result = check_code_static.check({"code": "def f(:", "checks": ["too_complex", "type_error"]})

    assert result.codes == ()
    assert len(result.failed) == 2
