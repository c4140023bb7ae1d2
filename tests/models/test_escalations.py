"""What a stored run says of its escalations."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.models.escalations import Bought, bought
from critique_loop.store import SqliteStore
from critique_loop.values import Call, Critique, Event, EventBody, EventKind, Usage

pytestmark = pytest.mark.anyio

STUCK = "escalated: stuck"
UNSURE = "escalated: confidence (0.41 < 0.6); fallback: big is out (server)"


def call(role: str, model: str, *, reason: str = "", cost_usd: float | None = 0.5) -> Call:
    return Call(role, model, Usage(90, 10), cost_usd, seconds=2.0, requests=1, reason=reason)


def events(*steps: tuple[int, EventBody]) -> list[Event]:
    return [
        Event("r", seq, kind_of(body), number, 1.0 + seq, 0.0, body)
        for seq, (number, body) in enumerate(steps)
    ]


def kind_of(body: EventBody) -> EventKind:
    return EventKind.CALLED if isinstance(body, Call) else EventKind.CRITIQUED


def critique(overall: float | None) -> Critique:
    return Critique("measured", (), overall=overall)


RUN = events(
    (1, call("writer", "small")),
    (1, call("critic", "small")),
    (1, call("critic", "big", reason=UNSURE, cost_usd=4.0)),
    (1, critique(4.0)),
    (2, call("writer", "small")),
    (2, critique(3.5)),
    (3, call("writer", "big", reason=STUCK, cost_usd=8.0)),
    (3, critique(7.0)),
    (4, call("writer", "big", reason=STUCK, cost_usd=8.0)),
    (4, critique(None)),
    (5, call("writer", "big", reason=STUCK, cost_usd=8.0)),
    (5, critique(6.5)),
)


def test_cost_stands_by_role_model_and_reason_and_gain_by_the_writer() -> None:
    rows = {(row.role, row.model, row.reason): row for row in bought(RUN)}

    assert list(rows) == [
        ("writer", "small", ""),
        ("critic", "small", ""),
        ("critic", "big", "confidence"),
        ("writer", "big", "stuck"),
    ]
    assert rows["writer", "big", "stuck"] == Bought(
        "writer",
        "big",
        "stuck",
        calls=3,
        requests=3,
        tokens=300,
        cost_usd=24.0,
        seconds=6.0,
        gain=2.5,
    )
    assert rows["critic", "big", "confidence"].cost_usd == 4.0
    assert rows["critic", "big", "confidence"].gain is None
    assert rows["writer", "small", ""].gain == -0.5


def test_an_unknown_cost_stays_unknown_and_the_cache_costs_nothing() -> None:
    cached = Call("writer", "big", Usage(0, 0), 0.0, from_cache=True, reason=STUCK)
    run = events(
        (1, call("writer", "big", reason=STUCK)),
        (1, call("writer", "big", reason=STUCK, cost_usd=None)),
        (1, call("writer", "big", reason=STUCK)),
        (1, cached),
    )

    (row,) = bought(run)

    assert (row.calls, row.cost_usd) == (3, None)


async def test_it_reads_what_the_store_has_kept(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "traces.db") as store:
        for event in RUN:
            await store.append(event)

        found = [event async for event in store.events("r")]

    assert bought(found) == bought(RUN)


def test_a_run_without_models_bought_nothing() -> None:
    assert bought(events((1, critique(5.0)))) == ()
