"""Keywords that a function has no option of are refused, and the nearest one is named."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.batch import run_batch
from critique_loop.charts import chart, chart_loop, chart_task
from critique_loop.coding import code, code_loop, code_task
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import OptionError
from critique_loop.export import export, preview
from critique_loop.rescoring import rescore
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import RUBRIC, Turn, keep, task_of

Ask = Callable[[SqliteStore, dict[str, Any]], object]


def run(main: Callable[[], Awaitable[object]]) -> object:
    return anyio.run(main)


ASKS: dict[str, Ask] = {
    "chart": lambda _, more: chart("no.csv", "a goal", **more),
    "chart_task": lambda _, more: chart_task("no.csv", "a goal", **more),
    "chart_loop": lambda _, more: chart_loop(**more),
    "code": lambda _, more: code("a goal", **more),
    "code_task": lambda _, more: code_task("a goal", **more),
    "code_loop": lambda _, more: code_loop(**more),
    "run_batch": lambda store, more: run(
        lambda: run_batch([{"data": "no.csv", "goal": "a goal"}], store=store, **more)
    ),
    "Loop.run": lambda store, more: chart_loop(store=store).run_sync(task_of(), **more),
    "rescore": lambda store, more: run(
        lambda: rescore(store, "run", rubric=RUBRIC, critic=MeasuredCritic(), **more)
    ),
    "export": lambda store, more: export(store, kind="sft", out="no", **more),
    "preview": lambda store, more: preview(store, kind="sft", **more),
}


@pytest.mark.parametrize("name", ASKS)
def test_a_keyword_that_nobody_knows_is_refused(name: str, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "traces.db") as store:
        keep(store, Turn("print(1)"))

        with pytest.raises(OptionError, match="there is no option 'nonsense'"):
            ASKS[name](store, {"nonsense": 1})


def test_the_nearest_option_is_named_else_all_of_them() -> None:
    assert OptionError("max_round", ["model", "max_rounds"]).remedy == "Say max_rounds."
    assert OptionError("xyz", ["model", "max_rounds"]).remedy == "Options: max_rounds, model."
    assert OptionError("seeds", ["x"], {"seed": "shares=Shares(seed=1)"}).remedy == (
        "Say shares=Shares(seed=1)."
    )


def test_what_is_known_is_not_refused() -> None:
    OptionError.refuse(["model"], ["model", "max_rounds"])
