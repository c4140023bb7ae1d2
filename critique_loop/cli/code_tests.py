"""What became of the tests, on the screen: each visible one, the hidden ones counted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from critique_loop.building.judged_tests import JudgedTest, judged_tests
from critique_loop.cli.text import plain
from critique_loop.values import Execution

_MOST_ROWS = 16
_MOST_LINES = 8
_LONGEST_NAME = 56
_SLOW_S = 0.005


def summary_of_tests(execution: Execution) -> str:
    """Return how many tests passed, in one line; "" where none were judged."""
    tests = judged_tests(execution)
    if not tests:
        return ""
    hidden = [test for test in tests if test.hidden]
    line = f"{_passed(tests)} passed"
    return f"{line} (hidden: {_passed(hidden)})" if hidden else line


def lines_of_tests(execution: Execution) -> list[Text]:
    """Return a row for each visible test, the failed ones first where there are too many.

    The first that failed says what it expected and what came.
    """
    visible = [test for test in judged_tests(execution) if not test.hidden]
    failed = [test for test in visible if not test.passed]
    shown = visible if len(visible) <= _MOST_ROWS else failed[:_MOST_ROWS]
    width = min(_LONGEST_NAME, max((len(plain(test.name)) for test in shown), default=0))
    several = len({test.suite for test in visible}) > 1
    lines: list[Text] = []
    for test in shown:
        lines.append(_row(test, width, with_suite=several))
        if failed and test is failed[0]:
            lines += _message(test)
    left = len(visible) - len(shown)
    if left:
        rest = len(failed) - len([test for test in shown if not test.passed])
        more = f"{rest} more failed, " if rest else ""
        lines.append(Text(f"… {more}{left - rest} passed", style="dim"))
    return lines


def _passed(tests: Sequence[JudgedTest]) -> str:
    return f"{sum(test.passed for test in tests)} of {len(tests)}"


def _row(test: JudgedTest, width: int, *, with_suite: bool) -> Text:
    style = "green" if test.passed else "red"
    row = Text().append("✓ " if test.passed else "✗ ", style=style)
    row.append(f"{plain(test.name, width=_LONGEST_NAME):<{width}}")
    row.append(f"  {'' if test.passed else test.status.replace('_', ' '):<8}", style=style)
    row.append(f"{test.seconds:7.2f} s" if test.seconds >= _SLOW_S else " " * 9, style="dim")
    if with_suite:
        row.append(f"  {plain(test.suite, width=30)}", style="dim")
    row.rstrip()
    return row


def _message(test: JudgedTest) -> list[Text]:
    lines = test.message.strip().splitlines()
    shown = [Text(f"    {plain(line, width=160)}") for line in lines[:_MOST_LINES]]
    more = len(lines) - len(shown)
    return [*shown, Text(f"    … {more} more lines", style="dim")] if more > 0 else shown
