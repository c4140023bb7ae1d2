"""Progress: a live table that fits the terminal, whole lines elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import pytest

from critique_loop.budget import Budget
from critique_loop.cli.screen import Screen, abbreviated
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.rubric import load
from critique_loop.testing import (
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedModel,
    ScriptedWriter,
)
from critique_loop.values import (
    Asked,
    Dimension,
    Draft,
    Event,
    EventKind,
    Lesson,
    Message,
    Question,
    QuestionKind,
    Request,
    Round,
    Rubric,
    Task,
)

ROUNDS = 14


def follow(screen: Screen, *, rubric: Rubric) -> None:
    programs = [str(n) for n in range(ROUNDS)]
    loop = Loop(
        writer=ScriptedWriter(programs),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({program: int(program) / 2 for program in programs}),
        proxy=UserProxy(budget=Budget(max_rounds=ROUNDS)),
    )
    with screen:
        loop.run_sync(Task("a goal", rubric), run_id="abc123", on_event=screen.on_event)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LINES", "40")
    return monkeypatch


def last_frame(said: str) -> list[str]:
    """Return the lines that the terminal shows in the end; the title begins each frame."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", said)
    return text[text.rindex("run abc123") :].splitlines()


def test_the_seven_shipped_dimensions_are_short_and_all_different() -> None:
    names = [dimension.name for dimension in load("charts").dimensions]

    short = abbreviated(names)

    assert short == ["bugs", "trans", "compl", "type", "enc", "aesth", "access"]


def test_names_that_begin_alike_are_not_cut() -> None:
    short = abbreviated(["readable title", "readable legend", "consistency", "\x1b[31m"])

    assert short == ["readable title", "readable legend", "consis", "\\x1b[3"]


@pytest.mark.parametrize(
    ("columns", "shown", "hidden"),
    [
        ("100", {"writer", "access", "overall"}, set[str]()),
        ("70", {"access", "overall"}, {"writer"}),
        ("40", {"round", "writer", "overall"}, {"access"}),
    ],
)
def test_the_table_shows_what_the_terminal_has_room_for(
    terminal: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    columns: str,
    shown: set[str],
    hidden: set[str],
) -> None:
    terminal.setenv("COLUMNS", columns)
    terminal.setenv("NO_COLOR", "1")

    follow(Screen("cars.csv"), rubric=load("charts"))

    said = capsys.readouterr()
    heading = last_frame(said.err)[1].split()
    assert said.out == ""
    assert shown <= set(heading)
    assert not hidden & set(heading)
    assert heading[-1] == "Δ"


def test_many_rounds_stay_within_twelve_lines_the_last_ones_kept(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "100")

    follow(Screen("cars.csv"), rubric=load("charts"))

    frame = last_frame(capsys.readouterr().err)
    assert len(frame) <= 12
    assert frame[-1].split()[0] == str(ROUNDS)
    assert frame[-1].split()[-2:] == ["6.5", "+0.5"]


def test_elsewhere_a_line_a_round_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    rubric = Rubric("r", (Dimension("right", "?"),))

    follow(Screen("\x1b[31mcars\u202e.csv"), rubric=rubric)

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert lines[0].startswith("run abc123 · \\x1b[31mcars\\u202e.csv · writer scripted · ")
    assert lines[1] == "round 1: overall 0 (no findings)"
    assert len(lines) == 1 + ROUNDS


def test_a_dumb_terminal_gets_lines_too(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("TERM", "dumb")
    terminal.delenv("TTY_INTERACTIVE")

    follow(Screen("cars.csv"), rubric=Rubric("r", (Dimension("right", "?"),)))

    assert f"\nround {ROUNDS}: overall 6.5" in capsys.readouterr().err


def paying_loop() -> Loop:
    """Return a loop whose writer asks a model once a round."""
    model = ScriptedModel(["bad", "good"], cost_usd=0.25)

    class Asking(ScriptedWriter):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            del task, lessons, history
            reply = await model.complete(Request((Message("user", "q"),), role="writer"))
            return Draft(reply.text, self.name)

    return Loop(
        writer=Asking([]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0, "good": 9.0}),
        proxy=UserProxy(),
    )


def test_where_models_are_asked_each_round_shows_its_cost(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "100")
    screen = Screen("cars.csv")

    with screen:
        paying_loop().run_sync(
            Task("a goal", Rubric("r", (Dimension("right", "?"),))),
            run_id="abc123",
            on_event=screen.on_event,
        )

    frame = last_frame(capsys.readouterr().err)
    assert frame[1].split()[-1] == "cost"
    assert [line.split()[-1] for line in frame[2:4]] == ["$0.2500", "$0.2500"]


def test_elsewhere_the_line_of_a_round_says_its_cost(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen("cars.csv")

    with screen:
        paying_loop().run_sync(
            Task("a goal", Rubric("r", (Dimension("right", "?"),))), on_event=screen.on_event
        )

    assert "overall 9 (no findings), $0.2500" in capsys.readouterr().err


def test_the_table_leaves_the_terminal_to_a_question_and_comes_back(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "100")
    screen = Screen("cars.csv")
    question = Question("stuck-1", QuestionKind.STUCK, "p", ("stop",), "stop")
    shown: list[str] = []

    with screen:
        capsys.readouterr()
        with screen.aside():
            screen.on_event(Event("r", 0, EventKind.ASKED, 1, 0.0, 0.0, Asked(question)))
            time.sleep(1.2)
            shown.append(capsys.readouterr().err)
        time.sleep(0.7)

    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\s", "", shown[0])
    assert drawn == ""
    assert "waiting for a person" in capsys.readouterr().err
