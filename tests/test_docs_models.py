"""What docs/models.md says, against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from critique_loop.budget import Budget
from critique_loop.building.settings import PARTS
from critique_loop.cli import cli
from critique_loop.errors import ModelErrorKind
from critique_loop.models.choosing import Access, endpoints, model_for
from critique_loop.models.configured import load_config
from critique_loop.proxy import questions
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Execution,
    ExecutionStatus,
    QuestionKind,
    Round,
    Rubric,
    Task,
)

TEXT = (Path(__file__).parents[1] / "docs" / "models.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-used")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0], encoding="utf-8")
    return path


def test_the_file_of_models_can_be_read_and_every_name_in_it_is_a_model(config: Path) -> None:
    access = Access(config=load_config(config))

    assert sorted(access.config.models) == ["big", "careful", "small", "steady"]
    for name in access.config.models:
        assert model_for(name, access).name
    assert [end.model for end in endpoints("careful", access)] == ["qwen3-8b", "gpt-5"]
    assert [end.model for end in endpoints("steady", access)] == ["gpt-5", "qwen3-8b"]


def test_the_parts_that_can_be_kept_back_are_those_of_the_command_line() -> None:
    assert [row[0] for row in rows(section("Keys and privacy"))] == ["goal", *PARTS]


def test_every_way_a_server_can_fail_is_an_error_kind() -> None:
    outcomes = " ".join(row[1] for row in rows(section("When a server fails")))
    kinds = {kind.value for kind in ModelErrorKind}

    named = set(re.findall(r"`(\w+)`", outcomes))

    assert named == kinds - {"unsupported", "not_recorded"}


def test_the_questions_and_their_answers_are_those_that_are_asked() -> None:
    task = Task("g", Rubric("r", ()))
    turn = Round(1, Draft("x", "w"), Execution(ExecutionStatus.OK), Critique("c", (), ()))
    listed = {row[0].strip("`"): row[2] for row in rows(section("Asking a person"))}

    approval = questions.approval(task, turn.draft, 1)
    call = questions.more_budget(task, 1, "More?")
    moment = questions.Moment(None, Decision(DecisionKind.STOP))
    about = questions.about_round(QuestionKind.ACCEPT, moment, task, turn, apply_above=0.8)

    assert list(listed) == [kind.value for kind in QuestionKind]
    assert listed["approval"].split(", ") == list(approval.choices)
    assert listed["accept"].split(", ") == list(about.choices)
    usual, _, before_a_call = listed["budget"].partition("; ")
    assert [usual, listed["stuck"], listed["confidence"]] == ["the same"] * 3
    assert before_a_call.partition(": ")[2].split(", ") == list(call.choices)


def test_what_is_typed_there_are_options_of_the_command_line() -> None:
    import click  # noqa: PLC0415 - only this test

    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in ("chart", "resume", "doctor")]
    there = {name for c in commands if c for p in c.params for name in p.opts}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT)) <= there


def test_the_limits_of_money_are_those_of_a_budget() -> None:
    assert {"max_calls", "max_tokens", "max_cost_usd"} <= set(Budget.__dataclass_fields__)
    assert tomllib.loads(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0])["models"]
