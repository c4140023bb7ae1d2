"""The recipes with critics of one's own run as they are shipped, without a key or a server."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always

pytestmark = [pytest.mark.docker, pytest.mark.slow]

RECIPES = Path(__file__).parents[1] / "recipes"
RECORDED = RECIPES / "recorded"
KEYS = ("OPENAI_API_KEY", "CRITIQUE_LOOP_API_KEY")


def ran(recipe: str, place: Path, *arguments: str, key: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name not in KEYS}
    if key:
        environment["OPENAI_API_KEY"] = key
    done = subprocess.run(
        [sys.executable, str(RECIPES / recipe), *arguments],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ten_lines_of_ones_own_send_a_right_program_back_until_they_are_content(
    tmp_path: Path,
) -> None:
    printed = ran("own_critic.py", tmp_path)

    assert "round 1: correct 10.0, fine" in printed
    assert "round 1: explained 5.0, show an example (>>>) in the docstring of slug" in printed
    assert "round 2: explained 10.0, fine" in printed
    assert ">>> slug(" in printed
    assert printed.endswith("accepted after 2 rounds\n")


def test_a_panel_shows_its_votes_and_where_a_person_should_look(tmp_path: Path) -> None:
    printed = ran("panel.py", tmp_path)

    assert printed.splitlines() == [
        "correct: 10.0 by measured",
        "readable: 8.0 by panel, confidence 1.00",
        "    code_critic (first judge): 8.0",
        "    code_critic (second judge): 8.0",
        "    short_lines: 10.0",
        "careful: 3.0 by panel, confidence 0.25",
        "    code_critic (first judge): 8.0",
        "    code_critic (second judge): 3.0",
        "    short_lines: short_lines gave no score",
        "    they are apart: a person should look at this",
    ]


@pytest.mark.parametrize("name", ["own_critic", "panel"])
def test_a_recording_says_on_top_that_no_model_spoke(name: str) -> None:
    first = (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[0]

    assert json.loads(first)["about"].startswith("No model said this")


def test_the_recordings_are_what_the_script_beside_them_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(RECIPES), *sys.path])
    record = importlib.import_module("record")
    monkeypatch.setattr(record, "HERE", tmp_path)

    record.main()

    for made in sorted(tmp_path.iterdir()):
        # Judges of a panel are asked side by side, so their answers come in any order.
        again, shipped = (p.read_text().splitlines() for p in (made, RECORDED / made.name))
        assert sorted(again) == sorted(shipped), "run recipes/record.py"


def test_a_model_takes_the_place_of_the_recording_and_can_be_recorded(tmp_path: Path) -> None:
    with FaultServer() as server:
        name = server.play(always(Say()))
        given = ["--model", name, "--model", name, "--base-url", server.base_url]
        given += ["--record", str(tmp_path / "mine.jsonl")]

        printed = ran("panel.py", tmp_path, *given, key="sk-not-a-real-key-000")

        requests = len(server.requests())
    kept = (tmp_path / "mine.jsonl").read_text(encoding="utf-8")
    assert requests == kept.count("\n") > 0
    assert "2 voters ask the same model" in printed
    assert "sk-not-a-real-key-000" not in kept
