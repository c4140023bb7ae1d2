"""Records of tests as values."""

from __future__ import annotations

import math

import pytest

from critique_loop.building.judged_tests import JudgedTest, judged_tests
from critique_loop.values import Evidence, Execution, ExecutionStatus


def executed(tests: object) -> Execution:
    return Execution(ExecutionStatus.OK, evidence=Evidence(facts={"tests": tests}))


def test_records_come_back_in_their_order() -> None:
    found = judged_tests(
        executed(
            [
                {"name": "a", "suite": "s", "status": "passed", "hidden": False, "seconds": 0.5,
                 "message": ""},
                {"name": "b", "suite": "s", "status": "timeout", "hidden": True, "seconds": 1,
                 "message": ""},
            ]
        )
    )  # fmt: skip

    assert found == (
        JudgedTest("a", "s", "passed", seconds=0.5),
        JudgedTest("b", "s", "timeout", hidden=True, seconds=1.0),
    )
    assert [test.passed for test in found] == [True, False]


@pytest.mark.parametrize("tests", [None, "x", 3, [], ["x", 1]])
def test_what_are_no_records_are_none(tests: object) -> None:
    assert judged_tests(executed(tests)) == ()


def test_a_record_that_lacks_its_end_did_not_pass() -> None:
    (found,) = judged_tests(executed([{"seconds": math.nan}]))

    assert (found.passed, found.status, found.seconds) == (False, "not_run", 0.0)


def test_without_evidence_nothing_was_tested() -> None:
    assert judged_tests(Execution(ExecutionStatus.OK)) == ()
