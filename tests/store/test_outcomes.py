"""Outcomes rebuilt from events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.errors import StoreError
from critique_loop.store.outcomes import rebuild
from critique_loop.values import DecisionKind, Draft, Event, Spend, StopReason, Task

MakeRun = Callable[[str], list[Event]]


def test_an_ended_run_is_as_its_last_event_says(make_run: MakeRun, task: Task) -> None:
    outcome = rebuild("r", make_run("r"))

    assert outcome.task == task
    assert outcome.accepted
    assert outcome.best == outcome.rounds[1]
    assert outcome.spend == Spend(rounds=2, seconds=1.5)
    assert outcome.message == ""


def test_rounds_hold_all_parts_and_their_seconds(make_run: MakeRun) -> None:
    first, second = rebuild("r", make_run("r")).rounds

    assert (first.number, second.number) == (1, 2)
    assert first.decision.kind is DecisionKind.REFINE
    assert second.execution.stdout == "round 2\n"
    assert (first.writer_s, first.sandbox_s, first.critic_s) == (1 / 8, 2 / 8, 3 / 8)
    assert second.picture == first.picture != None  # noqa: E711 - a chain says all at once


@pytest.mark.parametrize(
    ("kept", "rounds", "best", "left"),
    [
        (1, 0, None, "no draft was stored"),
        (2, 0, None, "round 1 has a draft, but no critique"),
        (3, 0, None, "round 1 has a draft and its execution, but no critique"),
        (4, 1, 1, "killed"),
        (5, 1, 1, "killed"),
        (6, 1, 1, "round 2 has a draft, but no critique"),
        (7, 1, 1, "round 2 has a draft and its execution, but no critique"),
        (8, 2, 2, "killed"),
        (9, 2, 2, "killed"),
    ],
)
def test_a_run_killed_after_each_event_has_what_it_had(
    make_run: MakeRun, kept: int, rounds: int, best: int | None, left: str
) -> None:
    outcome = rebuild("r", make_run("r")[:kept])

    assert outcome.stopped_because is StopReason.INTERRUPTED
    assert len(outcome.rounds) == rounds
    assert (outcome.best.number if outcome.best else None) == best
    assert left in outcome.message
    assert outcome.spend.rounds == rounds
    assert outcome.spend.seconds == kept - 1


def test_a_round_without_its_decision_is_pending(make_run: MakeRun) -> None:
    outcome = rebuild("r", make_run("r")[:4])

    assert outcome.rounds[0].decision.kind is DecisionKind.PENDING


def test_an_unknown_price_makes_the_cost_of_a_killed_run_unknown(make_run: MakeRun) -> None:
    events = make_run("r")[:8]
    free = rebuild("r", events)
    events[1] = replace(events[1], body=Draft("c", "w", cost_usd=0.25))
    priced = rebuild("r", events)
    events[5] = replace(events[5], body=Draft("c", "w", cost_usd=None))
    unknown = rebuild("r", events)

    assert (free.cost_usd, priced.cost_usd, unknown.cost_usd) == (0.0, 0.25, None)


def test_a_draft_written_again_replaces_what_followed_from_the_first(make_run: MakeRun) -> None:
    events = make_run("r")[:4]
    again = replace(events[1], seq=9, body=Draft("again", "w"))

    outcome = rebuild("r", [*events, again])

    assert outcome.rounds == ()


def test_events_without_a_start_are_refused(make_run: MakeRun) -> None:
    with pytest.raises(StoreError, match="first step is missing"):
        rebuild("r", make_run("r")[1:])
