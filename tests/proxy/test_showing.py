"""Questions as text."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.proxy import showing
from critique_loop.values import Finding, Question, Severity

HOSTILE = "\x1b[31mred\u202e\r\x07 \x9b2J"


def test_a_question_is_shown_with_its_scores_and_numbered_findings(question: Question) -> None:
    lines = [*showing.heading(question), *showing.findings(question, {"wrong"})]

    assert lines == [
        "? Go on?",
        "  round 2 · ok · overall 5.0 of 8.0 · goal: show it",
        "  right 5.0 (passes from 8.0)",
        "  neat 5.0 (passes from 6.0)",
        "   1 apply error wrong: m → make it right",
        "   2 skip  warning (0.40) plain: m → make it lively",
        "   3 skip  note trivia: m → never mind",
    ]


def test_nothing_that_comes_from_models_or_programs_reaches_the_terminal_raw(
    question: Question,
) -> None:
    hostile = replace(
        question,
        prompt=HOSTILE,
        findings=(Finding(HOSTILE, Severity.ERROR, HOSTILE, advice=HOSTILE),),
        context={
            "goal": HOSTILE,
            "round": HOSTILE,
            "status": HOSTILE,
            "code": f"print('{HOSTILE}')",
            "scores": [{"dimension": HOSTILE, "value": None, "unscored": HOSTILE}],
        },
    )

    shown = "".join(
        [*showing.heading(hostile), *showing.findings(hostile, ()), *showing.program(hostile)]
    )

    assert shown.isprintable()
    assert "\\x1b[31mred\\u202e" in shown


def test_a_program_keeps_its_lines(question: Question) -> None:
    code = replace(question, context={"code": "a = 1\n\n\tb = 2\n"})

    assert showing.program(code) == ["   1  a = 1", "   2  ", "   3  \tb = 2"]


def test_what_is_too_long_is_cut() -> None:
    assert len(showing.one_line("x" * 1000)) == 200
