"""A critic's record in words."""

from __future__ import annotations

import re
from collections.abc import Callable

import anyio

from critique_loop.agreement.records import records
from critique_loop.critics.callable import FunctionCritic
from critique_loop.critics.panel import Panel
from critique_loop.store import SqliteStore
from critique_loop.values import Critique, Draft, Execution, Label, Task

Keep = Callable[..., None]
MakeLabel = Callable[..., Label]


def test_it_says_kappa_its_interval_and_n(
    store: SqliteStore, keep_run: Keep, label: MakeLabel
) -> None:
    for number in range(20):
        right = 9.0 if number % 2 else 3.0
        keep_run(f"r{number}", [(right if number % 5 else 5.0, 9.0)])
        anyio.run(store.keep_label, label(f"r{number}", 1, right))

    known = anyio.run(records, store)

    words = known.record("strict", "tone")
    assert re.fullmatch(r"kappa 0\.\d\d \[0\.\d\d, \d\.\d\d\] with persons, n = 20", words)
    assert words == anyio.run(records, store).record("strict", "tone")
    assert known.record("kind", "tone") == "kappa 0.00 with persons, n = 20"


def test_without_labels_of_it_there_is_no_number(
    store: SqliteStore, keep_run: Keep, label: MakeLabel
) -> None:
    keep_run("a", [(4.0, 5.0)])
    none = anyio.run(records, store)
    anyio.run(store.keep_label, label("a", 1, 5.0))
    anyio.run(store.keep_label, label("gone", 1, 5.0))
    one = anyio.run(records, store)

    assert none.record("strict", "tone") == "no labels"
    assert one.record("nobody", "tone") == "no labels"
    assert one.record("strict", "right") == "no labels"
    assert one.record("strict", "tone") == (
        "no kappa with persons, n = 1: one item can't tell agreement from chance"
    )


def mark(task: Task, draft: Draft, execution: Execution) -> float:
    del task, draft, execution
    return 8.0


def test_a_panel_shows_it_beside_each_vote(
    store: SqliteStore, keep_run: Keep, label: MakeLabel
) -> None:
    for number in range(6):
        keep_run(f"r{number}", [(9.0 if number % 2 else 3.0, 5.0)])
        anyio.run(store.keep_label, label(f"r{number}", 1, 9.0 if number % 2 else 3.0))
    voters = [FunctionCritic(mark, name=name) for name in ("strict", "unknown")]
    panel = Panel(voters, records=anyio.run(records, store))
    outcome = anyio.run(store.outcome, "r0")

    async def review() -> Critique:
        turn = outcome.rounds[0]
        return await panel.review(outcome.task, turn.draft, turn.execution, history=())

    votes = {vote.by: vote.record for vote in anyio.run(review).scores[0].votes}

    assert votes == {"strict": "kappa 1.00 with persons, n = 6", "unknown": "no labels"}
