"""`rescore`: stored runs by another rubric, on the screen and for scripts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer, ScriptedExecutor, ScriptedWriter
from critique_loop.testing.fault_server_acts import Say, Silence, always
from critique_loop.values import (
    Dimension,
    Event,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Severity,
    Task,
)

Cli = Callable[..., subprocess.CompletedProcess[str]]
RUBRIC = Rubric("old", (Dimension("labels", "?", checks={"no_title": 3.5}),), target=7.0)
STRICT = """
name = "strict"
target = 8.0
[[dimensions]]
name = "labels"
question = "Is all labelled?"
gate = true
checks = { no_title = 9 }
"""
COLOURS = """
[[dimensions]]
name = "colours"
question = "Can all read it?"
checks = { low_contrast = 3 }
"""
JUDGED = """
name = "judged"
target = 8.0
[[dimensions]]
name = "taste"
question = "Is it beautiful?"
scored_by = ["model", "person"]
levels = { 0 = "no", 10 = "yes" }
"""


def executed(*codes: str) -> Execution:
    found = tuple(Finding(code, Severity.WARNING, f"{code}!") for code in codes)
    return Execution(ExecutionStatus.OK, exit_code=0, evidence=Evidence(found, ("no_title",)))


def keep(*run_ids: str) -> None:
    """Keep runs of two rounds; the first has no title, and is not accepted for that."""
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        for run_id in run_ids:
            Loop(
                writer=ScriptedWriter(["untitled", "good"]),
                executor=ScriptedExecutor({"untitled": executed("no_title"), "good": executed()}),
                critic=MeasuredCritic(),
                proxy=UserProxy(),
                store=store,
            ).run_sync(Task("g", RUBRIC), run_id=run_id)


def file(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def events(run_id: str) -> list[Event]:
    async def read() -> list[Event]:
        with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
            return [event async for event in store.events(run_id)]

    return anyio.run(read)


def test_the_table_has_what_was_and_what_is_now(cli: Cli) -> None:
    keep("abc")

    done = cli("rescore", "abc", "--rubric", file("strict.toml", STRICT))

    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith("run abc · old → strict@")
    assert lines[1:] == [
        "round 1 round 2",
        "labels 6.5 → 1 10",
        "overall 6.5 → 1 10",
        "accepted: round 2, as before",
    ]


def test_the_json_is_a_contract(cli: Cli) -> None:
    keep("abc", "abd")
    before = events("abc")

    done = cli("rescore", "abc", "abd", "abc", "--rubric", file("strict.toml", STRICT), "--json")

    first, second = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(first) == {
        *("id", "run", "at", "rubric", "rubric_before", "critic", "critic_before", "complete"),
        *("stopped_because", "message", "accepted_before", "accepted_now", "calls", "tokens"),
        *("cost_usd", "rounds"),
    }
    assert (first["run"], second["run"]) == ("abc", "abd")
    assert first["complete"]
    assert (first["accepted_before"], first["accepted_now"], first["calls"]) == (2, 2, 0)
    turn = first["rounds"][0]
    assert set(turn) == {"round", "accepted", "accepts", "before", "after"}
    assert (turn["before"]["overall"], turn["after"]["overall"]) == (6.5, 1.0)
    assert turn["after"]["scores"][0]["value"] == 1.0
    assert events("abc") == before


def test_a_rescoring_can_be_looked_at_again_and_its_run_names_it(cli: Cli) -> None:
    keep("abc")
    done = cli("rescore", "abc", "--rubric", file("strict.toml", STRICT), "--json")
    (record,) = json.loads(done.stdout)

    again = json.loads(cli("show", record["id"], "--json").stdout)
    run = json.loads(cli("show", "abc", "--json").stdout)

    assert again == [record]
    assert run["rescorings"] == [{"id": record["id"], "rubric": "strict", "critic": "measured"}]
    shown = cli("show", "abc").stdout
    assert f"scored again by strict, critic measured: critique-loop show {record['id']}" in shown
    assert "6.5 → 1" in cli("show", record["id"]).stdout


def test_a_rescoring_is_not_resumed(cli: Cli) -> None:
    keep("abc")
    done = cli("rescore", "abc", "--rubric", file("strict.toml", STRICT), "--json")
    (record,) = json.loads(done.stdout)

    for options in ((), ("--from", "1")):
        refused = cli("resume", record["id"], *options)

        assert refused.returncode == 1
        assert f"{record['id']} holds new scores of run abc" in refused.stderr
        assert "critique-loop resume abc" in refused.stderr


def test_what_stays_unscored_is_noticed(cli: Cli) -> None:
    keep("abc")

    done = cli("rescore", "abc", "--rubric", file("more.toml", STRICT + COLOURS))

    assert done.returncode == 0
    assert "run abc: colours stays unscored in every round: not checked: low" in done.stderr
    assert "accepted: round 2 before, none now" in done.stdout


REFUSED = {
    "no such run": (("zzz", "--rubric", "strict.toml"), "no run's id begins with 'zzz'"),
    "no such rubric": (("abc", "--rubric", "none.toml"), "none.toml"),
    "another kind": (("abc", "--rubric", "code"), "is for a chart task"),
    "to be judged": (("abc", "--rubric", "judged.toml"), "--critic-model"),
    "price unknown": (
        ("abc", "--rubric", "judged.toml", "--critic-model", "m", "--max-cost", "1"),
        "price",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_scored_is_an_error_with_a_way_on(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    keep("abc")
    file("strict.toml", STRICT)
    file("judged.toml", JUDGED)

    done = cli("rescore", *arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) >= 2
    assert [each["run"] for each in json.loads(cli("ls", "--rescorings", "--json").stdout)] == [
        "abc"
    ]


@pytest.mark.parametrize("options", [(), ("abc",), ("abc", "--rubric", "charts", "--model", "m")])
def test_wrong_usage(cli: Cli, options: tuple[str, ...]) -> None:
    assert cli("rescore", *options).returncode == 2


@pytest.fixture
def server() -> Iterator[FaultServer]:
    def answer(body: Any, index: int) -> str:  # noqa: ANN401 - the server's own type
        del body, index
        return '{"taste": {"evidence": "`good`", "advice": "", "score": 10}}'

    with FaultServer(answer=answer) as entered:
        yield entered


def test_a_model_is_asked_once_and_no_more_than_allowed(cli: Cli, server: FaultServer) -> None:
    keep("abc", "abd")
    model = server.play(always(Say()))
    asking = ("--rubric", file("judged.toml", JUDGED), "--base-url", server.base_url)
    named = ("--critic-model", model, "--json")

    nothing = cli("rescore", "abc", "abd", *asking, *named, "--max-calls", "0")
    none_sent = len(server.requests(model))
    first = cli("rescore", "abc", *asking, *named)
    sent = len(server.requests(model))
    second = cli("rescore", "abc", *asking, *named)

    (record,) = json.loads(nothing.stdout)
    assert (nothing.returncode, none_sent) == (4, 0)
    assert (record["stopped_because"], record["complete"]) == ("calls", False)
    assert "1 run was not scored again" in nothing.stderr
    assert first.returncode == second.returncode == 0
    assert sent > 0
    (paid,), (free,) = json.loads(first.stdout), json.loads(second.stdout)
    assert paid["complete"]
    assert paid["calls"] == sent
    assert (free["calls"], len(server.requests(model))) == (0, sent)
    assert free["rounds"] == paid["rounds"]


@pytest.mark.slow
def test_ctrl_c_twice_keeps_what_was_scored(server: FaultServer, cli: Cli) -> None:
    keep("abc")
    model = server.play(always(Silence()))
    command = [sys.executable, "-m", "critique_loop", "rescore", "abc", "--json"]
    asking = ["--rubric", file("judged.toml", JUDGED), "--base-url", server.base_url]

    with subprocess.Popen(
        [*command, *asking, "--critic-model", model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 60
        while not server.requests(model) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)

    (record,) = json.loads(out)
    assert process.returncode == 130
    assert "Ctrl-C again stops now" in said
    assert "stopping now" in said
    assert "Traceback" not in said
    assert (record["stopped_because"], record["rounds"]) == ("interrupted", [])
    assert json.loads(cli("show", record["id"], "--json").stdout) == [record]
