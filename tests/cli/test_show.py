"""`show` over runs of scripted parts: contracts for scripts, safe text for people."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.models.cascade import Cascade, When
from critique_loop.proxy import Asking, UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import (
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedModel,
    ScriptedWriter,
)
from critique_loop.values import (
    Answer,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Lesson,
    Message,
    OutputFile,
    Question,
    QuestionKind,
    Request,
    Round,
    Rubric,
    Signals,
    Table,
    Task,
)

Cli = Callable[..., subprocess.CompletedProcess[str]]
HOSTILE = "\x1b[31mred\u202e [bold]x[/bold]"
RUBRIC = Rubric("r", (Dimension("right", "?"), Dimension("\x1b[2J", "?")))


def run(run_id: str, *, goal: str = "a goal", rounds: int = 6) -> None:
    """Keep a run whose first draft is bad, and whose second is good."""
    path = Path("tables") / f"{goal[:20]}.csv"
    table = Table(path, path.name, 1, sha256="", rows=1, columns=())
    task = Task(goal, RUBRIC, tables=(table,))
    executed = Execution(
        ExecutionStatus.ERROR,
        stderr=HOSTILE,
        files=(OutputFile("a.txt", "text/plain", b"a"),),
    )
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        loop = Loop(
            writer=ScriptedWriter(["bad", "good"]),
            executor=ScriptedExecutor({"bad": executed}),
            critic=ScriptedCritic({"bad": 3.0, "good": 9.0}),
            proxy=UserProxy(budget=Budget(max_rounds=rounds)),
            store=store,
        )
        loop.run_sync(task, run_id=run_id)


def test_show_keeps_its_json_contract(cli: Cli) -> None:
    run("abc123", goal=HOSTILE)

    done = cli("show", "abc", "--json")

    record = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert set(record) == {
        *("format", "run", "goal", "accepted", "stopped_because", "message", "rounds"),
        *("seconds", "cost_usd", "best", "store", "turns"),
        *("calls", "tokens", "person_seconds", "roles", "models", "report"),
        *("branch_of", "batch", "item", "resumed", "rescorings"),
    }
    assert (record["run"], record["goal"], record["best"]["round"]) == ("abc123", HOSTILE, 2)
    first = record["turns"][0]
    assert set(first) == {
        *("round", "code", "writer", "reading", "execution", "overall", "scores", "findings"),
        *("decision", "overruled", "seconds", "notes", "claims", "unsupported"),
    }
    assert set(first["decision"]) == {
        *("kind", "by", "advice", "applied", "skipped", "focus", "back_to")
    }
    assert (first["code"], first["overall"], first["decision"]["kind"]) == ("bad", 3.0, "refine")
    assert (first["execution"]["status"], first["execution"]["stderr"]) == ("error", HOSTILE)
    assert set(first["seconds"]) == {"writer", "sandbox", "critic"}


def test_show_prints_each_round_and_the_end_without_control_characters(cli: Cli) -> None:
    run("abc123", goal=HOSTILE)

    done = cli("show", "abc123")

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\nround 1 · error · overall 3 · refine\n" in done.stdout
    assert "\nround 2 · ok · overall 9 · accept\n" in done.stdout
    assert "\naccepted · 2 rounds · " in done.stdout
    assert "\\x1b[2J 9" in done.stdout
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def escalated(run_id: str) -> None:
    """Keep a run whose second draft a bigger model wrote, and a person marked."""
    small = ScriptedModel(["bad"], name="small", cost_usd=0.01)
    big = ScriptedModel(["good"], name="big\x1b", cost_usd=0.5)
    model = Cascade([small, big], when=When(score_below=5.0))

    class Cascading(ScriptedWriter):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            del task, lessons
            score = history[-1].critique.overall if history else None
            request = Request((Message("user", "q"),), role="writer", signals=Signals(score=score))
            return Draft((await model.complete(request)).text, self.name)

    async def accept(question: Question) -> Answer:
        if question.kind is QuestionKind.ACCEPT:
            return Answer("rescore", scores={"right": 10.0})
        return Answer(question.default)

    proxy = UserProxy(ask=accept, asking=Asking(at=frozenset({QuestionKind.ACCEPT})))
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        loop = Loop(
            writer=Cascading([]),
            executor=ScriptedExecutor(),
            critic=ScriptedCritic({"bad": 3.0, "good": 9.0}),
            proxy=proxy,
            store=store,
        )
        loop.run_sync(Task("g", Rubric("r", (Dimension("right", "?"),))), run_id=run_id)


def test_show_says_what_a_bigger_model_brought_and_what_a_person_changed(cli: Cli) -> None:
    escalated("abc123")

    shown = cli("show", "abc123").stdout
    record = json.loads(cli("show", "abc123", "--json").stdout)

    assert "writer: small: 1 call, 20 tokens, $0.0100" in shown
    assert "writer: big\\x1b after doubt (score): 1 call, 20 tokens, $0.5000, overall +6.0" in shown
    assert "accept by person (the critic had said 9)" in shown
    assert [row["reason"] for row in record["models"]] == ["", "score"]
    assert record["turns"][1]["overruled"]["scores"][0]["value"] == 9.0
    assert record["turns"][1]["decision"]["by"] == "person"


def test_show_writes_the_files_of_a_run(cli: Cli) -> None:
    run("abc123")

    done = cli("show", "abc123", "--files", "kept")

    assert done.returncode == 0
    assert Path("kept/chart.py").read_text() == "good"
    assert Path("kept/rounds/1/draft.py").read_text() == "bad"
    assert "kept/chart.py" in done.stdout


@pytest.mark.parametrize("prefix", ["zz", ""])
def test_an_unknown_run_is_an_error_with_a_way_on(cli: Cli, prefix: str) -> None:
    done = cli("show", prefix)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: no run's id begins with '{prefix}'")
    assert "critique-loop ls" in done.stderr


@pytest.mark.parametrize("command", [("show", "a"), ("show", "--diff", "a", "b")])
def test_a_file_that_is_no_store_is_an_error_and_stays_as_it_is(
    cli: Cli, command: tuple[str, ...]
) -> None:
    path = Path("notes.txt")
    path.write_text("my notes" * 100)

    done = cli(*command, "--store", path)

    assert (done.returncode, done.stdout) == (1, "")
    assert "notes.txt: it is not a trace store" in done.stderr
    assert path.read_text() == "my notes" * 100
