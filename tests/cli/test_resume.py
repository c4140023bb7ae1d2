"""`critique-loop resume`: stopped runs that go on, with and without an answer."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import asked
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.loop import Loop
from critique_loop.proxy import Asking, UserProxy, pause
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import (
    Dimension,
    EventKind,
    QuestionKind,
    Resumed,
    Rubric,
    Started,
    Task,
)

pytestmark = pytest.mark.slow

Done = subprocess.CompletedProcess[str]
Cli = Callable[..., Done]
CARS = Path(__file__).parents[1] / "data" / "cars.csv"
GOAL = "average horsepower by origin"
COMMAND = [sys.executable, "-m", "critique_loop"]
PATIENCE_S = 60.0
MINE = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('chart.png')\n"


def chart(table: Path, *options: str) -> list[str]:
    return ["chart", str(table), GOAL, "--sandbox", "none", *options]


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make, once, a folder with a table and the store of a run that has an open question."""
    folder = tmp_path_factory.mktemp("paused")
    table = Path(shutil.copy(CARS, folder))
    options = ("--ask", "later", "--ask-at", "accept", "--store", str(folder / "traces.db"))
    done = subprocess.run(
        [*COMMAND, *chart(table, *options)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5, done.stderr
    return folder


@pytest.fixture
def run(cli: Cli, paused: Path, tmp_path: Path) -> str:
    """Return the run with the open question, in the store of this test."""
    for path in paused.glob("traces*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / path.name)
    (listed,) = json.loads(cli("ls", "--json").stdout)
    return listed["run"]


def shown(cli: Cli, run: str) -> dict[str, Any]:
    return json.loads(cli("show", run, "--json").stdout)


def pairs(store: Path, run: str) -> list[tuple[str, str | None, str | None]]:
    async def read() -> list[tuple[str, str | None, str | None]]:
        events = [event async for event in SqliteStore(store).events(run)]
        return [
            (pair.question.id, pair.answer and pair.answer.choice, pair.answer and pair.answer.by)
            for pair in asked(events)
        ]

    return anyio.run(read)


def test_a_paused_run_has_its_chart_and_goes_on_with_an_answer(
    cli: Cli, run: str, paused: Path, tmp_path: Path
) -> None:
    done = cli("resume", run[:6], "--answer", "accept", "--json")

    record = json.loads(done.stdout)
    assert (done.returncode, record["accepted"], record["rounds"]) == (0, True, 1)
    assert list((paused / "out").rglob("*.png"))
    assert pairs(tmp_path / "traces.db", run) == [("accept-1", "accept", "person")]


def test_a_persons_program_is_run_and_judged(cli: Cli, run: str) -> None:
    Path("mine.py").write_text(MINE)

    done = cli("resume", run, "--answer", "edit", "--code", "mine.py", "--ask", "never")

    first, second, *_ = shown(cli, run)["turns"]
    assert done.returncode in (0, 3, 4)
    assert (first["writer"], first["decision"]["kind"]) == ("grammar", "refine")
    assert (second["writer"], second["code"]) == ("person", MINE)
    assert second["execution"]["status"] == "ok"


def test_marks_of_a_person_stand_in_place_of_the_critics(
    cli: Cli, run: str, tmp_path: Path
) -> None:
    done = cli("resume", run, "--answer", "rescore", "--score", "aesthetics=9")

    async def outcome() -> tuple[float | None, float | None]:
        best = (await SqliteStore(tmp_path / "traces.db").outcome(run)).best
        assert best is not None
        assert best.overruled is not None
        return best.critique.overall, best.overruled.overall

    mine, measured = anyio.run(outcome)
    (listed,) = json.loads(cli("ls", "--json").stdout)
    assert done.returncode == 0
    assert (mine or 0) < (measured or 0)
    assert listed["overall"] == mine


def test_a_person_may_stop_it_and_answer_otherwise_later(
    cli: Cli, run: str, tmp_path: Path
) -> None:
    first = cli("resume", run, "--answer", "stop", "--text", "not like this")
    second = cli("resume", run, "--answer", "accept")

    assert first.returncode == 3
    assert "not like this" in first.stdout
    assert second.returncode == 0
    assert [choice for _, choice, _ in pairs(tmp_path / "traces.db", run)] == ["stop", "accept"]


def test_an_open_question_can_be_left_to_its_default(cli: Cli, run: str) -> None:
    assert cli("resume", run, "--ask", "never").returncode == 0


def test_what_is_asked_later_again_ends_with_the_question_open(cli: Cli, run: str) -> None:
    assert cli("resume", run, "--ask", "later").returncode == 5


REFUSED = {
    "nobody to answer": ((), "accept-1 is open"),
    "no such choice": (("--answer", "run"), "'run' is no answer"),
    "no program": (("--answer", "edit"), "whole program"),
    "no such file": (("--answer", "edit", "--code", "none.py"), "none.py"),
    "no mark": (("--answer", "rescore"), "needs a mark"),
    "no such dimension": (("--answer", "rescore", "--score", "fun=3"), "'fun' is no dimension"),
    "out of range": (("--answer", "rescore", "--score", "type=11"), "11 is no mark"),
    "no such finding": (("--answer", "refine", "--skip", "typo"), "'typo' is no finding"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_before_anything_is_stored(
    cli: Cli, run: str, options: tuple[str, ...], said: str
) -> None:
    done = cli("resume", run, *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert shown(cli, run)["stopped_because"] == "paused"


@pytest.mark.parametrize(
    "options",
    [
        ("--text", "bigger"),
        ("--skip", "x"),
        ("--answer", "perhaps"),
        ("--answer", "rescore", "--score", "type"),
        ("--answer", "rescore", "--score", "type=high"),
        ("--ask-at", "dawn"),
        ("--apply-above", "2"),
        ("--ask-timeout", "0"),
        ("--ask", ""),
        ("--max-rounds", "0"),
    ],
)
def test_wrong_options_are_wrong_usage(cli: Cli, run: str, options: tuple[str, ...]) -> None:
    assert cli("resume", run, *options).returncode == 2


def test_an_accepted_run_and_one_that_is_not_there_are_not_resumed(cli: Cli, run: str) -> None:
    cli("resume", run, "--answer", "accept")

    again, nobody = cli("resume", run), cli("resume", "zzz")

    assert (again.returncode, nobody.returncode) == (1, 1)
    assert "was accepted" in again.stderr
    assert "no run's id begins with 'zzz'" in nobody.stderr


@pytest.mark.parametrize(("content", "said"), [(b"a,b\n1,2\n", "has changed"), (None, "No such")])
def test_a_table_that_is_not_the_old_one_is_not_judged(
    cli: Cli, run: str, paused: Path, content: bytes | None, said: str
) -> None:
    table = paused / "cars.csv"
    before = table.read_bytes()
    try:
        table.unlink()
        if content is not None:
            table.write_bytes(content)
        done = cli("resume", run, "--answer", "accept")
    finally:
        table.write_bytes(before)

    assert done.returncode == 1
    assert f"{table}: " in done.stderr
    assert said in done.stderr


def test_a_run_of_somebody_elses_parts_is_left_to_them(cli: Cli, tmp_path: Path) -> None:
    dimension = Dimension("right", "?", pass_mark=8.0)
    with SqliteStore(tmp_path / "traces.db") as store:
        loop = Loop(
            writer=ScriptedWriter(["x"]),
            executor=ScriptedExecutor(),
            critic=ScriptedCritic({"x": 9.0}),
            proxy=UserProxy(ask=pause, asking=Asking(frozenset({QuestionKind.ACCEPT}))),
            store=store,
        )
        loop.run_sync(Task(goal="g", rubric=Rubric("r", (dimension,))), run_id="mine")

    done = cli("resume", "mine", "--answer", "accept")

    assert done.returncode == 1
    assert "made by writer scripted" in done.stderr


def test_more_rounds_let_a_run_go_on_that_had_used_up_its_own(cli: Cli, run: str) -> None:
    Path("mine.py").write_text(MINE)
    answer = ("--answer", "edit", "--code", "mine.py", "--ask", "never")
    first = cli("resume", run, *answer, "--max-rounds", "2")

    second = cli("resume", run, "--max-rounds", "3", "--ask", "never")

    assert first.returncode == 4, first.stdout
    assert second.returncode == 3, "the grammar writer has nothing to say to a person's program"
    assert shown(cli, run)["stopped_because"] == "writer_gave_up"


def test_a_run_that_is_stuck_again_says_that_nothing_was_done(cli: Cli, run: str) -> None:
    with FaultServer() as server:
        model = server.play(always(Say()))  # the same program each time
        asking = ("--model", model, "--base-url", server.base_url, "--ask", "never")
        first = cli("resume", run, "--answer", "refine", "--text", "bigger", *asking)
        sent = len(server.requests(model))
        second = cli("resume", run)
        sent_later = len(server.requests(model))

    assert shown(cli, run)["stopped_because"] == "stuck"
    assert (first.returncode, second.returncode, sent_later) == (3, 3, sent)
    assert "nothing was done" not in first.stderr
    assert "nothing was done: the run had ended (stuck), and still does" in second.stderr
    assert "--answer refine --text TEXT" in second.stderr


# ------------------------------------------------------------------- something else, from a round


def settings_of(store: Path, run: str) -> list[dict[str, Any]]:
    """Return the settings of a run's start, and of each time that it went on with other ones."""

    async def read() -> list[dict[str, Any]]:
        bodies = [event.body async for event in SqliteStore(store).events(run)]
        told = [body for body in bodies if isinstance(body, Started | Resumed)]
        return [dict(body.settings) for body in told if body.settings]

    return anyio.run(read)


def test_a_round_is_gone_on_from_in_a_new_run_and_the_old_one_stays(
    cli: Cli, run: str, tmp_path: Path
) -> None:
    before = shown(cli, run)
    done = cli("resume", run, "--from", "1", "--ask", "never", "--json")

    record = json.loads(done.stdout)
    assert (done.returncode, record["accepted"], record["rounds"]) == (0, True, 1)
    assert record["run"] != run
    assert shown(cli, run) == before
    branch = shown(cli, record["run"])
    assert branch["branch_of"] == {"run": run, "round": 1}
    assert branch["turns"][0]["code"] == before["turns"][0]["code"]
    executed = [kind for kind in kinds(tmp_path / "traces.db", record["run"]) if kind == "executed"]
    assert len(executed) == 1
    assert list((Path("out") / record["run"]).glob("chart.py"))


def test_an_accepted_run_can_be_branched(cli: Cli, run: str) -> None:
    cli("resume", run, "--answer", "accept")

    done = cli("resume", run, "--from", "1", "--ask", "later", "--json")

    record = json.loads(done.stdout)
    assert (done.returncode, record["stopped_because"]) == (5, "paused")
    assert cli("resume", record["run"], "--answer", "accept").returncode == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--from", "2"), 1, "it has round 1"),
        (("--from", "0"), 2, "--from"),
        (("--from", "1", "--answer", "accept"), 2, "--from leaves that as it is"),
    ],
)
def test_what_can_not_be_branched_is_refused(
    cli: Cli, run: str, options: tuple[str, ...], code: int, said: str
) -> None:
    done = cli("resume", run, *options)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(json.loads(cli("ls", "--json").stdout)) == 1


def test_another_model_takes_a_role_and_keeps_it(cli: Cli, run: str, tmp_path: Path) -> None:
    store = tmp_path / "traces.db"
    with FaultServer() as server:
        model = server.play(always(Say()))
        asking = ("--model", model, "--base-url", server.base_url, "--ask", "never")
        answer = ("--answer", "refine", "--text", "bigger")
        first = cli("resume", run, *answer, *asking, "--max-rounds", "2")
        sent = len(server.requests(model))
        second = cli("resume", run, "--max-rounds", "3", "--all-at-once")
        sent_later = len(server.requests(model))

    begun, changed, again = settings_of(store, run)
    assert (first.returncode, sent) == (4, 1), first.stderr
    assert second.returncode in (3, 4), second.stderr
    assert sent_later == 2
    assert (begun["model"], begun["max_rounds"], begun["ask"]) == ("", 6, "later")
    assert (changed["model"], changed["max_rounds"], changed["ask"]) == (model, 2, "never")
    assert changed["ask_at"] == begun["ask_at"]
    assert (again["model"], again["max_rounds"], again["gates_first"]) == (model, 3, False)
    resumed = shown(cli, run)["resumed"]
    assert [each["after_round"] for each in resumed] == [1, 2]
    assert model in resumed[0]["writer"]
    assert resumed[1]["writer"] == ""
    assert resumed[1]["settings"] == {"max_rounds": 3, "gates_first": False}


def test_a_price_is_not_that_of_a_model_named_later(cli: Cli, run: str, tmp_path: Path) -> None:
    with FaultServer() as server:
        first, second = server.play(always(Say())), server.play(always(Say()))
        asking = ("--base-url", server.base_url, "--price", "1,2", "--ask", "never")
        answer = ("--answer", "refine", "--text", "bigger")
        priced = cli("resume", run, *answer, "--model", first, *asking, "--max-rounds", "2")
        other = cli("resume", run, "--model", second, "--max-rounds", "3")
        said = cli("resume", run, "--price", "3,4", "--max-rounds", "4")

    prices = [each["price"] for each in settings_of(tmp_path / "traces.db", run)]
    assert prices == [None, [1.0, 2.0], None, [3.0, 4.0]]
    assert "--price was said for other models" in other.stderr
    assert "--price" not in priced.stderr + said.stderr


def test_somebody_elses_writer_is_replaced_by_one_that_is_named(cli: Cli, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "traces.db") as store:
        loop = Loop(
            writer=ScriptedWriter(["x"]),
            executor=ScriptedExecutor(),
            critic=MeasuredCritic(),
            proxy=UserProxy(budget=Budget(max_rounds=1)),
            store=store,
        )
        loop.run_sync(Task("g", Rubric("r", (Dimension("taste", "?"),))), run_id="mine")
    with FaultServer() as server:
        model = server.play(always(Say()))
        asking = ("--model", model, "--base-url", server.base_url, "--sandbox", "none")

        unnamed = cli("resume", "mine", "--max-rounds", "2")
        done = cli("resume", "mine", "--max-rounds", "2", *asking, "--json")

    assert unnamed.returncode == 1
    assert "made by writer scripted" in unnamed.stderr
    assert "--model" in unnamed.stderr
    assert json.loads(done.stdout)["rounds"] == 2, done.stderr


# --------------------------------------------------------------------------- real processes


@contextlib.contextmanager
def process(folder: Path, *arguments: str, **streams: int) -> Generator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    wanted: dict[str, Any] = {"stdout": pipe, "stderr": pipe, **streams}
    with subprocess.Popen([*COMMAND, *arguments], cwd=folder, text=True, **wanted) as started:
        try:
            yield started
        finally:
            started.kill()


def appeared(folder: Path, pattern: str) -> Path:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = sorted(folder.rglob(pattern))
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(pattern)


def asking_in(folder: Path) -> list[str]:
    asking = ("--ask", "questions", "--ask-at", "accept", "--store", str(folder / "traces.db"))
    return chart(CARS, *asking, "--json")


def test_an_answer_in_a_file_lets_a_run_go_on(tmp_path: Path) -> None:
    with process(tmp_path, *asking_in(tmp_path)) as running:
        question = appeared(tmp_path, "*.question.json")
        picture = question.with_name(question.name.replace(".question.json", ".png"))
        is_png = picture.read_bytes().startswith(b"\x89PNG")
        answer = question.with_name(question.name.replace(".question.", ".answer."))
        answer.write_text('{"id": "accept-1", "choice": "accept"}')
        out, _ = running.communicate(timeout=PATIENCE_S)

    record = json.loads(out)
    assert (running.returncode, record["accepted"]) == (0, True)
    assert is_png
    assert pairs(tmp_path / "traces.db", record["run"]) == [("accept-1", "accept", "person")]


def test_a_run_killed_while_it_asks_is_refused_before_and_answered_after(
    cli: Cli, tmp_path: Path
) -> None:
    with process(tmp_path, *asking_in(tmp_path)) as running:
        question = appeared(tmp_path, "*.question.json")
        run = question.parent.name
        alive = cli("resume", run, "--answer", "accept")
        running.kill()
        running.wait(PATIENCE_S)
    open_pairs = pairs(tmp_path / "traces.db", run)
    done = cli("resume", run, "--answer", "accept", "--ask", "never")

    assert alive.returncode == 1
    assert "still going on" in alive.stderr
    assert open_pairs == [("accept-1", None, None)]
    assert done.returncode == 0
    assert pairs(tmp_path / "traces.db", run) == [("accept-1", "accept", "person")]
    assert kinds(tmp_path / "traces.db", run).count(EventKind.EXECUTED) == 1


def kinds(store: Path, run: str) -> list[EventKind]:
    async def read() -> list[EventKind]:
        return [event.kind async for event in SqliteStore(store).events(run)]

    return anyio.run(read)


def test_a_resumed_run_that_waits_is_still_going_on(cli: Cli, run: str, tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "traces.db"))
    with process(tmp_path, "resume", run, "--ask", "questions", *store):
        appeared(tmp_path / "questions", "*.question.json")
        done = cli("resume", run, "--answer", "accept")
        (listed,) = json.loads(cli("ls", "--json").stdout)

    assert done.returncode == 1
    assert "still going on" in done.stderr
    assert listed["state"] == "running"


def test_a_person_answers_on_the_terminal_below_the_live_table(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    asking = ("--ask", "terminal", "--ask-at", "accept", "--store", str(tmp_path / "traces.db"))
    arguments = chart(CARS, *asking, "--json")
    with process(tmp_path, *arguments, stdin=theirs, stderr=theirs) as running:
        os.close(theirs)
        screen, answered = "", False
        deadline = time.monotonic() + PATIENCE_S
        while running.poll() is None and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    screen += os.read(ours, 65536).decode(errors="replace")
            if not answered and screen.endswith("> "):
                os.write(ours, b"accept\n")
                answered = True
        out = running.stdout.read() if running.stdout else ""
    os.close(ours)

    record = json.loads(out)
    assert (running.returncode, record["accepted"]) == (0, True)
    assert "The criteria are met" in screen
    assert "picture: " in screen
    asked_at = screen.index("? The criteria are met")
    assert "\x1b[" not in screen[asked_at : screen.index("accept\r\n", asked_at + 200)]
    assert pairs(tmp_path / "traces.db", record["run"]) == [("accept-1", "accept", "person")]
