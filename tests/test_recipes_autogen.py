"""The recipes for AutoGen run as they are shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.testing.fault_server_body import Body

pytestmark = [pytest.mark.docker, pytest.mark.slow]

RECIPES = Path(__file__).parents[1] / "recipes"
PNG = b"\x89PNG"


def ran(recipe: str, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RECIPES / recipe), "--out", str(place / "out"), *arguments],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(place / "traces.db")},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


def called_then_told(body: Body, index: int) -> str:
    del index
    calls = "You can call functions" in body.text
    return json.dumps({"goal": "number of airports by state"}) if calls else "There it is."


def test_the_team_draws_the_chart_that_the_loop_draws(tmp_path: Path) -> None:
    done = ran("autogen_team.py", tmp_path)

    assert done.returncode == 0, done.stderr
    speakers = [line for line in done.stdout.splitlines() if line.startswith("---")]
    turn = ["--- writer", "--- executor", "--- critic", "--- user_proxy"]
    assert speakers == ["--- user", *turn, *turn]
    assert "\naccepted after 2 rounds: " in done.stdout
    record = json.loads((tmp_path / "out" / "outcome.json").read_text())
    assert record["accepted"]
    assert (tmp_path / "out" / "chart.png").read_bytes().startswith(PNG)


def test_a_teams_writer_may_be_a_model(tmp_path: Path) -> None:
    with FaultServer() as server:
        options = ["--model", server.play(always(Say())), "--base-url", server.base_url]
        done = ran("autogen_team.py", tmp_path, *options)
        asked = server.requests()

    assert done.returncode == 3, done.stderr  # the server's program draws nothing
    assert "number of airports by state" in asked[0].body.text


def test_an_assistant_draws_with_the_loop_as_its_tool(tmp_path: Path) -> None:
    done = ran("autogen_tool.py", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "accepted after 2 rounds: " in done.stdout
    (chart,) = (tmp_path / "out").glob("*/chart.png")
    assert chart.read_bytes().startswith(PNG)


def test_the_assistant_may_be_a_model_on_a_server(tmp_path: Path) -> None:
    with FaultServer(answer=called_then_told) as server:
        options = ["--model", server.play(always(Say())), "--base-url", server.base_url]
        done = ran("autogen_tool.py", tmp_path, *options)
        asked = server.requests()

    assert done.returncode == 0, done.stderr
    assert "There it is.\naccepted after 2 rounds: " in done.stdout
    assert "draw_chart returned: " in asked[1].body.text


@pytest.mark.parametrize("recipe", ["autogen_team.py", "autogen_tool.py"])
def test_each_recipe_says_what_it_takes(recipe: str, tmp_path: Path) -> None:
    done = ran(recipe, tmp_path, "--help")

    assert done.returncode == 0
    assert "--base-url" in done.stdout
