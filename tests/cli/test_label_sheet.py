"""What a labeller is shown."""

from __future__ import annotations

from pathlib import Path

from critique_loop.cli.label_sheet import Sheet, question_lines, task_lines
from critique_loop.values import (
    CodeSpec,
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Severity,
    Table,
    Task,
    TaskKind,
)

HOSTILE = "\x1b[2J\r\u202e\x07"
ESCAPED = r"\x1b[2J\r\u202e\x07"
TASK = Task(
    f"a goal\n{HOSTILE}",
    Rubric("r", ()),
    TaskKind.CODE,
    tables=(Table(Path("/home/ada/t.csv"), f"t{HOSTILE}.csv", 1, sha256="", rows=1, columns=()),),
    code=CodeSpec("f", signature=f"def f(x):\n    {HOSTILE}", reference="secret"),
)


def turn(execution: Execution, code: str = "x = 1") -> Round:
    critique = Critique("the critic", (Score("tone", 1.25, 7.0, advice="secret advice"),))
    draft = Draft(code, "the writer", explanation="secret", model="the model")
    return Round(2, draft, execution, critique)


def shown(execution: Execution, *, code: str = "x = 1", findings: bool = False) -> str:
    return "\n".join(Sheet(TASK, turn(execution, code), None, findings).lines())


def test_nothing_shown_can_do_anything_to_a_terminal() -> None:
    execution = Execution(ExecutionStatus.ERROR, stdout=f"out{HOSTILE}", stderr=f"bad{HOSTILE}")
    levels = {0: f"no{HOSTILE}", 10: "yes"}
    everything = [
        *task_lines(TASK),
        shown(execution, code=f"x = '{HOSTILE}'"),
        *question_lines(Dimension(f"tone{HOSTILE}", f"Is it?{HOSTILE}", levels=levels)),
    ]

    text = "\n".join(everything)
    assert not set(text) & set("\x1b\r\u202e\x07")
    for told in ("goal: a goal ", "data: t", "out", "bad", "tone", "Is it?", " 0  no"):
        assert f"{told}{ESCAPED}" in text
    assert "ended: error" in text


def test_no_name_no_mark_and_no_advice_is_shown() -> None:
    text = shown(Execution(ExecutionStatus.OK)) + "\n".join(task_lines(TASK))

    assert "the " not in text
    assert "1.25" not in text
    assert "secret" not in text


def test_findings_are_shown_only_when_asked_for() -> None:
    finding = Finding("bad_thing", Severity.WARNING, f"it is bad{HOSTILE}")
    execution = Execution(ExecutionStatus.OK, evidence=Evidence((finding,)))

    assert "bad_thing" not in shown(execution)
    assert f"finding: warning bad_thing: it is bad{ESCAPED}" in shown(execution, findings=True)


def test_long_output_is_cut_in_the_middle_and_long_lines_at_their_end() -> None:
    text = shown(Execution(ExecutionStatus.OK, stdout="\n".join(map(str, range(1000)))))
    wide = shown(Execution(ExecutionStatus.OK, stdout="x" * 1_000_000))

    assert "... 940 lines ..." in text
    assert "      39\n" in text
    assert text.endswith("      999")
    assert len(wide) < 2100


def test_where_the_picture_lies_is_told() -> None:
    sheet = Sheet(TASK, turn(Execution(ExecutionStatus.OK)), Path("/tmp/x/1.png"))

    assert "picture: /tmp/x/1.png" in list(sheet.lines())
