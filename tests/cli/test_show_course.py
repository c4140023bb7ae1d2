"""Where a run comes from, and how it went on, in `show`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

import anyio

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Dimension, Rubric, Task

Cli = Callable[..., subprocess.CompletedProcess[str]]
TASK = Task("g", Rubric("r", (Dimension("right", "?"),)))


class Other(ScriptedWriter):
    name = "other\x1b"


def loop_of(store: SqliteStore, rounds: int, *, other: bool = False) -> Loop:
    programs = ["bad", "fair", "good"]
    return Loop(
        writer=Other(programs) if other else ScriptedWriter(programs),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0, "fair": 5.0, "good": 9.0}),
        proxy=UserProxy(budget=Budget(max_rounds=rounds)),
        store=store,
    )


async def keep() -> None:
    """Keep "old", which went on with another writer, and "new", a branch of it."""
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        await loop_of(store, 1).run(TASK, run_id="old", settings={"model": "a", "cache": "use"})
        more = {"model": "b", "cache": "use"}
        await loop_of(store, 2, other=True).resume("old", settings=more)
        await loop_of(store, 9).branch("old", from_round=2, run_id="new")
        await loop_of(store, 9).run(TASK, run_id="third", batch="b", item="7")


def test_show_names_origin_batch_and_what_was_changed(cli: Cli) -> None:
    anyio.run(keep)

    old, new = (json.loads(cli("show", name, "--json").stdout) for name in ("old", "new"))
    third = json.loads(cli("show", "third", "--json").stdout)

    assert old["branch_of"] is None
    assert old["resumed"] == [
        {"after_round": 1, "writer": "other\x1b", "critic": "", "settings": {"model": "b"}}
    ]
    assert new["branch_of"] == {"run": "old", "round": 2}
    assert (third["batch"], third["item"], third["resumed"]) == ("b", "7", [])


def test_show_says_it_in_words(cli: Cli) -> None:
    anyio.run(keep)

    old, new, third = (cli("show", name).stdout.splitlines() for name in ("old", "new", "third"))

    assert old[1] == "resumed after round 1: writer other\\x1b, model b"
    assert new[1] == (
        "branch of old from round 2: rounds 1 to 2 are copied from there; what that cost is "
        "counted there, not here"
    )
    assert third[1] == "item 7 of batch b"
