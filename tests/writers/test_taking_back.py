"""What is told of a change that is taken back."""

from __future__ import annotations

from critique_loop.definitions import Sharing
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Round,
    Rubric,
    Score,
    Task,
)
from critique_loop.writers.taking_back import taken_back_sections

TASK = Task("g", Rubric("r", (Dimension("right", "?", gate=True, pass_mark=8.0),)))


def turn(number: int, mark: float, code: str) -> Round:
    critique = Critique("c", (Score("right", mark, 8.0),), overall=mark)
    return Round(number, Draft(code, "w"), Execution(ExecutionStatus.OK), critique)


BEFORE = turn(1, 9.0, "".join(f"line_{n} = {n}\n" for n in range(50)))


def test_the_gate_and_the_change_are_told_without_the_rest_of_the_program() -> None:
    failed = turn(3, 2.0, BEFORE.code.replace("line_20 = 20", "line_20 = 99"))

    what, change = taken_back_sections(TASK, BEFORE, failed, Sharing())

    assert what.title == "What attempt 3 broke"
    assert what.forms[0].text.startswith("right, which attempt 1 passes.")
    text = change.forms[0].text
    assert "-line_20 = 20\n+line_20 = 99" in text
    assert "line_30" not in text
    assert (what.trusted, change.trusted) == (True, False)


def test_a_rewritten_program_is_told_in_part() -> None:
    failed = turn(3, 2.0, "".join(f"other_{n} = {n}\n" for n in range(50)))

    _, change = taken_back_sections(TASK, BEFORE, failed, Sharing())

    assert [form.text.count("\n") + 1 for form in change.forms] == [101, 60, 24, 8]
    assert change.forms[-1].lost == "93 of 101 lines"


def test_programs_that_are_not_shown_are_not_shown_here() -> None:
    failed = turn(2, 2.0, "secret = 1")

    what, change = taken_back_sections(TASK, BEFORE, failed, Sharing(code=False))

    assert change.forms == ()
    assert "secret" not in what.forms[0].text
