"""Code tasks in bubblewrap: tests are run as in a container, and nothing is gained by attacks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from critique_loop.executors.bubblewrap import BubblewrapIsolation, BubblewrapOptions
from critique_loop.executors.executor import SandboxExecutor
from critique_loop.executors.session import SandboxSession
from critique_loop.values import Draft, Execution
from tests.docker.attacks.on_tests import (
    ATTACKS,
    RIGHT,
    VISIBLE,
    Attack,
    assert_nothing_gained,
    assert_tested_as_ever,
    task_of,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ENDLESS = {"an endless loop at import", "more memory than there is"}
TRIED = [each for each in ATTACKS if each.visible == VISIBLE and each.name not in ENDLESS]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def session(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[SandboxSession]:
    options = BubblewrapOptions(data_root=tmp_path_factory.mktemp("exposed"))
    executor = SandboxExecutor(BubblewrapIsolation(options))
    task = task_of(next(attack for attack in ATTACKS if attack.visible == VISIBLE))
    async with executor.session(task) as opened:
        yield opened


async def run(session: SandboxSession, code: str) -> Execution:
    return await session.run(Draft(code, writer="test"))


async def test_a_right_draft_passes_and_a_wrong_one_fails(session: SandboxSession) -> None:
    right = await run(session, RIGHT)
    wrong = await run(session, "def add(a, b):\n    return a - b\n")

    assert_tested_as_ever(right)
    assert wrong.evidence is not None
    tests = cast("list[dict[str, Any]]", wrong.evidence.facts["tests"])
    assert {test["status"] for test in tests} == {"failed"}


@pytest.mark.parametrize("attack", TRIED, ids=str)
async def test_nothing_is_gained_and_the_next_draft_is_tested_as_ever(
    session: SandboxSession, attack: Attack
) -> None:
    execution = await run(session, attack.draft)
    after = await run(session, RIGHT)

    assert execution.sandbox == "bubblewrap"
    assert_nothing_gained(attack, execution)
    assert_tested_as_ever(after)
