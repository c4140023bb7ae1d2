"""The recipe for a program from its tests runs as it is shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always

RECIPES = Path(__file__).parents[1] / "recipes"
RIGHT = (
    "```python\ndef merge(intervals: list[list[int]]) -> list[list[int]]:\n"
    "    merged: list[list[int]] = []\n"
    "    for first, last in sorted(intervals):\n"
    "        if merged and first <= merged[-1][1] + 1:\n"
    "            merged[-1][1] = max(merged[-1][1], last)\n"
    "        else:\n"
    "            merged.append([first, last])\n"
    "    return merged\n```"
)


def ran(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RECIPES / "code_from_tests.py"), *arguments],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(place / "traces.db")},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.docker
@pytest.mark.slow
def test_the_recorded_exchange_shows_a_refinement(tmp_path: Path) -> None:
    done = ran(tmp_path, "--out", "out")

    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "outcome.json").read_text())
    first = json.loads((tmp_path / "out" / "rounds" / "1" / "critique.json").read_text())
    assert (record["accepted"], record["best"]["round"]) == (True, 2)
    assert first["tests_passed"] < first["tests_total"] == record["best"]["tests_passed"]
    assert "merge([[1, 2], [3, 4]])" in done.stdout
    assert "accepted: out/solution.py" in done.stdout


@pytest.mark.docker
@pytest.mark.slow
def test_with_a_model_a_server_is_asked(tmp_path: Path) -> None:
    with FaultServer(answer=lambda _body, _index: RIGHT) as server:
        model = server.play(always(Say()))
        done = ran(tmp_path, "--model", model, "--base-url", server.base_url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "round 1: overall 10.0" in done.stdout


def test_a_recording_says_where_it_comes_from() -> None:
    lines = (RECIPES / "recorded" / "code_from_tests.jsonl").read_text().splitlines()

    assert json.loads(lines[0]) == {
        "about": "Programs written by hand for recipes/code_from_tests.py; no model gave them."
    }
    assert len(lines) == 3
