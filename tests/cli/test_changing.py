"""The options of a loop where only what is given changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from critique_loop.building.settings import LoopSettings
from critique_loop.cli.changing import change_options, changed, without
from critique_loop.cli.loop_options import loop_options
from critique_loop.errors import CallError

BEFORE = LoopSettings(
    model="a", writer_agent="chart_writer", withheld=("picture",), max_calls=9, max_time_s=None
)


@click.command("c")
@change_options
def command(**options: object) -> dict[str, object]:
    return options


def given(*arguments: str) -> dict[str, Any]:
    return command.main(list(arguments), standalone_mode=False, prog_name="c")


def change(*arguments: str) -> LoopSettings:
    return changed(BEFORE, given(*arguments))


def test_nothing_given_changes_nothing() -> None:
    assert change() == BEFORE


CHANGES: dict[str, tuple[Sequence[str], dict[str, Any]]] = {
    "model": (("--model", "b"), {"model": "b"}),
    "panel": (
        ("--critic-model", "m", "--panel", "n", "--panel", "o"),
        {"critic_model": "m", "panel": ["n", "o"]},
    ),
    "limits": (
        ("--max-time", "9", "--max-cost", "0", "--max-calls", "0"),
        {"max_time_s": 9.0, "max_cost_usd": 0.0, "max_calls": 0},
    ),
    "server": (
        ("--base-url", "http://x/v1", "--price", "1,2", "--deadline", "3", "--local-only"),
        {"base_url": "http://x/v1", "price": [1.0, 2.0], "deadline_s": 3.0, "local_only": True},
    ),
    "gates": (("--all-at-once",), {"gates_first": False}),
    "agent": (("--agent", "writer=mine.md"), {"writer_agent": str(Path("mine.md").absolute())}),
    "what is shown": (("--withhold", "code"), {"withheld": ["code"]}),
    "sandbox": (("--sandbox", "none", "--cache", "record"), {"sandbox": "none", "cache": "record"}),
}


@pytest.mark.parametrize(("arguments", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_is_given_is_changed_and_nothing_else(
    arguments: Sequence[str], expected: dict[str, Any]
) -> None:
    found = change(*arguments).plain()

    for name, value in expected.items():
        assert found[name] == value
    assert {n: v for n, v in found.items() if n not in expected} == {
        n: v for n, v in BEFORE.plain().items() if n not in expected
    }


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(CallError, match="an agent file is given for the writer"):
        change("--model", "")


def test_every_option_of_a_loop_is_there_without_its_default() -> None:
    @click.command("d")
    @loop_options
    def whole(**options: object) -> None:
        del options

    assert [p.name for p in command.params] == [p.name for p in whole.params]
    assert "[default" not in click.Context(command).get_help()


def test_options_can_be_taken_away() -> None:
    def taken(**options: object) -> None:
        del options

    fewer = click.command("e")(without(change_options(taken), "model", "sandbox"))

    names = [p.name for p in fewer.params]
    assert "model" not in names
    assert "sandbox" not in names
    assert len(names) == len(command.params) - 2
