"""Tests on the screen."""

from __future__ import annotations

from critique_loop.cli.code_tests import lines_of_tests, summary_of_tests
from critique_loop.values import Evidence, Execution, ExecutionStatus


def executed(*tests: dict[str, object]) -> Execution:
    return Execution(ExecutionStatus.OK, evidence=Evidence(facts={"tests": list(tests)}))


def one(
    name: str, status: str = "passed", *, hidden: bool = False, message: str = "", suite: str = "s"
) -> dict[str, object]:
    return {"name": name, "suite": suite, "status": status, "hidden": hidden, "seconds": 0.25,
            "message": message}  # fmt: skip


def shown(execution: Execution) -> list[str]:
    return [line.plain for line in lines_of_tests(execution)]


def test_each_visible_test_has_its_row_and_the_first_that_failed_says_why() -> None:
    execution = executed(
        one("a"), one("bb", "failed", message="expected 2\ngot 1"), one("c", "timeout", message="x")
    )

    assert shown(execution) == [
        "✓ a              0.25 s",
        "✗ bb  failed     0.25 s",
        "    expected 2",
        "    got 1",
        "✗ c   timeout    0.25 s",
    ]


def test_hidden_tests_are_only_counted() -> None:
    execution = executed(one("a"), one("secret", "failed", hidden=True, message="secret"))

    assert summary_of_tests(execution) == "1 of 2 passed (hidden: 0 of 1)"
    assert not any("secret" in line for line in shown(execution))


def test_of_many_tests_those_that_failed_are_shown() -> None:
    tests = [one(f"t{n}") for n in range(40)] + [one("last", "crashed")]

    lines = shown(executed(*tests))

    assert lines == ["✗ last  crashed    0.25 s", "… 40 passed"]


def test_of_many_that_failed_the_first_are_shown_and_the_others_counted() -> None:
    lines = shown(executed(one("good"), *(one(f"t{n}", "failed") for n in range(20))))

    assert len(lines) == 17
    assert lines[-1] == "… 4 more failed, 1 passed"


def test_several_suites_are_told_apart() -> None:
    lines = shown(executed(one("a", suite="one.py"), one("b", suite="two.py")))

    assert [line.split()[-1] for line in lines] == ["one.py", "two.py"]


def test_what_a_test_says_can_not_move_the_cursor_nor_fill_the_screen() -> None:
    message = "\x1b[2J" + "x" * 5000 + "\n" * 3 + "\n".join("abcdefghijkl")

    lines = shown(executed(one("\x1b[31mred\n", "failed", message=message)))

    assert not any("\x1b" in line or len(line) > 170 for line in lines)
    assert lines[-1] == "    … 7 more lines"


def test_without_tests_there_is_nothing_to_show() -> None:
    assert summary_of_tests(Execution(ExecutionStatus.OK)) == ""
    assert shown(Execution(ExecutionStatus.OK)) == []
