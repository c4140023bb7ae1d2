"""Finding runs by the beginning of their id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from critique_loop.errors import CallError
from critique_loop.store import SqliteStore
from critique_loop.values import Event

pytestmark = pytest.mark.anyio

MakeRun = Callable[[str], list[Event]]


@pytest.fixture
async def filled(store: SqliteStore, make_run: MakeRun) -> SqliteStore:
    for run_id in ("7f3a", "7f3a00", "7f3b", "9_x", "9%x", "Zz", *(f"many{n}" for n in range(9))):
        await store.append(make_run(run_id.replace("%", "-"))[0])
    return store


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("7f3b", "7f3b"), ("7f3a0", "7f3a00"), ("7f3a", "7f3a"), ("9_", "9_x"), ("Z", "Zz")],
)
async def test_a_beginning_that_only_one_run_has_finds_it(
    filled: SqliteStore, prefix: str, found: str
) -> None:
    assert await filled.find(prefix) == found


async def test_several_runs_are_named(filled: SqliteStore) -> None:
    with pytest.raises(CallError, match="with '7f3': 7f3a, 7f3a00, 7f3b\n") as caught:
        await filled.find("7f3")

    assert "Give more of it" in caught.value.remedy


async def test_of_many_runs_the_first_are_named(filled: SqliteStore) -> None:
    with pytest.raises(CallError, match=r"many0, many1, many2, many3, many4, \.\.\.\n"):
        await filled.find("many")


@pytest.mark.parametrize("prefix", ["", "8", "7f3a000", "%", "_", "z", "' OR 1=1 --", "\udc80"])
async def test_no_run_is_said_so(filled: SqliteStore, prefix: str) -> None:
    with pytest.raises(CallError, match="no run's id begins with") as caught:
        await filled.find(prefix)

    assert "critique-loop ls" in caught.value.remedy


async def test_an_id_no_run_can_have_is_not_found(filled: SqliteStore) -> None:
    with pytest.raises(CallError, match="no run has the id"):
        await filled.outcome("\udc80")


async def test_any_blob_can_be_had_by_its_hash(store: SqliteStore, make_run: MakeRun) -> None:
    events = make_run("r")
    for event in events:
        await store.append(event)
    picture = (await store.outcome("r")).rounds[0].picture
    assert picture is not None

    data = await store.blob(hashlib.sha256(picture).hexdigest())

    assert data == picture
