"""The recipe for a rubric of one's own runs as it is shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always

RECIPES = Path(__file__).parents[1] / "recipes"
DATA = RECIPES / "data"


def ran(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RECIPES / "own_rubric.py"), "--out", str(place / "out"), *arguments],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(place / "traces.db")},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rubrics_of_the_recipe_build_on_the_shipped_one() -> None:
    charts = [dimension.name for dimension in rubrics.load("charts").dimensions]

    own = rubrics.check(DATA / "own_rubric.toml")
    judged = rubrics.check(DATA / "own_rubric_judged.toml")

    assert own.warnings == ()
    assert own.rubric is not None
    assert judged.rubric is not None
    assert [d.name for d in own.rubric.dimensions] == [*charts, "house style"]
    assert [d.name for d in judged.rubric.dimensions] == [*charts, "house style", "headline"]
    assert ["until then it is unscored" in doubt.text for doubt in judged.warnings] == [True]


def test_a_wrong_rubric_is_told_with_its_line_and_nothing_is_drawn(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "x"\ntarget = 80\n')

    done = ran(tmp_path, "--rubric", str(wrong))

    assert done.returncode == 1
    assert f"{wrong}:2: target: expected 0 to 10, found 80" in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.docker
@pytest.mark.slow
def test_without_a_key_what_a_judge_said_once_is_replayed(tmp_path: Path) -> None:
    done = ran(tmp_path)

    assert done.returncode == 0, f"{done.stderr}\nRun tests/record_own_rubric.py once more?"
    record = json.loads((tmp_path / "out" / "outcome.json").read_text())
    assert record["accepted"]
    assert "headline: 4 of 4 needed The title is `Number of airports by state`" in done.stdout


@pytest.mark.docker
@pytest.mark.slow
def test_the_users_rubric_accepts_what_the_shipped_one_does_not(tmp_path: Path) -> None:
    done = ran(tmp_path, "--rubric", str(DATA / "own_rubric.toml"))

    record = json.loads((tmp_path / "out" / "outcome.json").read_text())
    assert done.returncode == 0, done.stderr
    assert "house style: 10 of 9 needed" in done.stdout
    assert "headline" not in done.stdout
    assert record["accepted"]
    assert record["best"]["round"] == 1  # by the shipped rubric there are too many bars


def test_the_recording_says_that_no_model_gave_its_answers() -> None:
    first, *lines = (DATA / "own_rubric.jsonl").read_text(encoding="utf-8").splitlines()

    assert "no model gave them" in json.loads(first)["about"]
    assert {json.loads(line)["reply"]["model"] for line in lines} == {"written by hand"}


@pytest.mark.docker
@pytest.mark.slow
def test_a_model_judges_what_nothing_measures(tmp_path: Path) -> None:
    with FaultServer() as server:
        model = server.play(always(Say()))
        done = ran(tmp_path, "--critic-model", model, "--base-url", server.base_url)
        asked = [request.body.text for request in server.requests()]

    assert done.returncode in (0, 3), done.stderr
    assert "headline" in done.stdout
    assert any("Does the title say what a reader should take away?" in text for text in asked)
    assert not any("Can everybody read it on a phone?" in text for text in asked)
