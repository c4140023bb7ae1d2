"""What may be said about any loop in one call."""

from __future__ import annotations

from dataclasses import fields

from critique_loop.building.options import LoopOptions, loop_of, run_options_of, settings_of
from critique_loop.building.settings import LoopSettings
from critique_loop.loop import RunOptions
from critique_loop.testing import MemoryStore, ScriptedExecutor, ScriptedWriter
from critique_loop.values import TaskKind

MADE_BY_CALLERS = {"programs", "sample"}  # of what solution= says, and of samples of a data set


def test_every_setting_of_a_loop_may_be_said_and_every_option_of_a_run() -> None:
    options = set(LoopOptions.__annotations__)

    assert {field.name for field in fields(LoopSettings)} - options <= MADE_BY_CALLERS
    assert set(RunOptions.__annotations__) <= options


def test_settings_that_a_caller_makes_count_before_what_is_said() -> None:
    options: LoopOptions = {"max_rounds": 2, "run_id": "r"}

    assert settings_of(options, max_rounds=1, programs=("p",)) == LoopSettings(
        max_rounds=1, programs=("p",)
    )


def test_the_settings_are_kept_with_the_run_unless_others_are_given() -> None:
    settings = LoopSettings(max_rounds=2)

    assert run_options_of({"run_id": "r"}, settings) == {
        "run_id": "r",
        "settings": settings.plain(),
    }
    assert run_options_of({"settings": {"x": 1}}, settings) == {"settings": {"x": 1}}


def test_given_parts_take_the_place_of_the_loops_own() -> None:
    writer, executor, store = ScriptedWriter(["x"]), ScriptedExecutor(), MemoryStore()
    options: LoopOptions = {"writer": writer, "executor": executor, "store": store}

    loop = loop_of(options, LoopSettings(), kind=TaskKind.CODE)

    assert (loop.writer, loop.executor, loop.store) == (writer, executor, store)
    assert loop_of({**options, "store": None}, LoopSettings(), kind=TaskKind.CODE).store is None
