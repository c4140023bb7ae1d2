"""Charts whose writer is a model on a real server: from the command line to the trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Respond, Say, Silence, always, in_turn
from critique_loop.testing.fault_server_body import Body

pytestmark = [pytest.mark.docker, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
KEY = "sk-planted-0123456789abcdef"
FAILING = f"I use {KEY}.\n```python\nraise ValueError('no')\n```"
GOOD = """This shows the mean.
```python
import matplotlib.pyplot as plt
import pandas as pd

cars = pd.read_csv("cars.csv")
means = cars.groupby("Origin")["Horsepower"].mean().sort_values()
figure, axes = plt.subplots(layout="constrained")
axes.barh(means.index, means)
axes.set_title("Average horsepower by origin")
axes.set_xlabel("Average horsepower")
axes.set_ylabel("Origin")
figure.savefig("chart.png", dpi=100)
```
"""


def in_two_steps(body: Body, index: int) -> str:
    del index
    return GOOD if "Critique of attempt 1" in body.text else FAILING


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(answer=in_two_steps, key=KEY, echoes_key=True) as serving:
        yield serving


def command(server: FaultServer, model: str, *more: str) -> list[str]:
    table = str(ROOT / "tests" / "data" / "cars.csv")
    start = [sys.executable, "-m", "critique_loop", "chart", table, "average horsepower by origin"]
    where = ["--model", model, "--base-url", server.base_url, "--key-env", "MY_KEY"]
    return [*start, *where, "--out", "out", "--price", "1,2", *more]


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "MY_KEY": KEY, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")}


def run(words: list[str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )


def resume(tmp_path: Path, run_id: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "critique_loop", "resume", run_id, "--out", "out", *more]
    return run(words, tmp_path)


def everything_kept(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_models_chart_is_refined_until_it_passes_and_the_key_is_nowhere(
    server: FaultServer, tmp_path: Path
) -> None:
    model = server.play(always(Say()))

    done = run(command(server, model, "--json", "--max-cost", "0.5"), tmp_path)

    record = json.loads(done.stdout)
    (writer,) = record["roles"]
    billed = server.billed
    assert (done.returncode, record["accepted"], record["rounds"]) == (0, True, 2)
    assert (writer["role"], writer["calls"], writer["tokens"]) == ("writer", 2, billed.total)
    assert billed.input_tokens is not None
    assert billed.output_tokens is not None
    cost = (billed.input_tokens + 2 * billed.output_tokens) / 1e6
    assert record["cost_usd"] == writer["cost_usd"] == pytest.approx(cost)
    kept = everything_kept(tmp_path)
    assert b"chart.png" in kept
    assert KEY.encode() not in kept
    assert KEY not in done.stdout + done.stderr


def test_the_same_question_is_not_paid_for_twice_and_replays_without_a_server(
    server: FaultServer, tmp_path: Path
) -> None:
    model = server.play(always(Say()))
    run(command(server, model), tmp_path)
    before = len(server.requests(model))

    again = json.loads(run(command(server, model, "--json"), tmp_path).stdout)
    replayed = run(command(server, model, "--json", "--cache", "replay"), tmp_path)
    missing = run([*command(server, "another", "--json", "--cache", "replay")], tmp_path)

    assert len(server.requests(model)) == before == 2
    assert (again["accepted"], again["calls"], again["cost_usd"]) == (True, 0, 0)
    assert json.loads(replayed.stdout)["accepted"]
    assert json.loads(missing.stdout)["stopped_because"] == "model_unavailable"


def test_a_run_whose_model_is_gone_goes_on_when_it_is_back(
    server: FaultServer, tmp_path: Path
) -> None:
    quota = Respond(429, {"error": {"message": "no more {key}", "code": "insufficient_quota"}})
    model = server.play(in_turn(Say(), quota, then=Say()))
    stopped = run(command(server, model, "--json"), tmp_path)
    run_id = json.loads(stopped.stdout)["run"]

    done = resume(tmp_path, run_id, "--json")

    record = json.loads(done.stdout)
    assert (stopped.returncode, json.loads(stopped.stdout)["stopped_because"]) == (
        1,
        "model_unavailable",
    )
    assert (done.returncode, record["accepted"], record["rounds"]) == (0, True, 2)
    assert len(server.requests(model)) == 3
    assert KEY.encode() not in everything_kept(tmp_path)
    assert KEY not in stopped.stderr + done.stderr


def test_a_budget_that_ends_is_not_overrun_and_can_be_raised(
    server: FaultServer, tmp_path: Path
) -> None:
    model = server.play(always(Say()))
    stopped = run(command(server, model, "--json", "--max-calls", "1"), tmp_path)
    record = json.loads(stopped.stdout)

    done = resume(tmp_path, record["run"], "--max-calls", "2", "--json")

    assert (stopped.returncode, record["stopped_because"], record["calls"]) == (4, "calls", 1)
    assert json.loads(done.stdout)["accepted"]
    assert len(server.requests(model)) == 2


def test_a_run_killed_during_a_call_pays_for_no_answer_twice(
    server: FaultServer, tmp_path: Path
) -> None:
    model = server.play(in_turn(Say(), Silence(), then=Say()))
    words = command(server, model, "--json")
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while len(server.requests(model)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    listed = run([sys.executable, "-m", "critique_loop", "ls", "--json"], tmp_path)
    (killed,) = json.loads(listed.stdout)

    done = resume(tmp_path, killed["run"], "--json")

    assert killed["state"] == "killed"
    assert json.loads(done.stdout)["accepted"]
    assert len(server.requests(model)) == 3


def test_an_approval_left_open_is_answered_later(server: FaultServer, tmp_path: Path) -> None:
    model = server.play(always(Say()))
    words = command(server, model, "--json", "--ask", "later", "--ask-at", "approval")
    paused = run(words, tmp_path)
    run_id = json.loads(paused.stdout)["run"]

    done = resume(tmp_path, run_id, "--answer", "stop", "--text", "not this one", "--json")

    record = json.loads(done.stdout)
    assert (paused.returncode, json.loads(paused.stdout)["stopped_because"]) == (5, "paused")
    assert (done.returncode, record["stopped_because"]) == (3, "person")
    assert len(server.requests(model)) == 1
