"""Drafts that want tests to pass without doing what is asked, in real containers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack

import pytest

from critique_loop.executors.docker import DockerExecutor
from critique_loop.executors.executor import bundled_library
from critique_loop.executors.limits import Limits
from critique_loop.executors.session import SandboxSession
from critique_loop.values import Draft
from tests.docker.attacks.on_tests import (
    ATTACKS,
    RIGHT,
    Attack,
    assert_nothing_gained,
    assert_tested_as_ever,
    task_of,
)

pytestmark = [pytest.mark.docker, pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
async def sessions(
    executor_with: Callable[..., DockerExecutor],
) -> AsyncGenerator[Callable[[Attack], SandboxSession]]:
    """One container for all attacks that face the same tests and may take the same time."""
    async with AsyncExitStack() as stack:
        opened = {
            _place(attack): await stack.enter_async_context(
                executor_with(limits=Limits(wall_s=attack.wall_s)).session(task_of(attack))
            )
            for attack in {_place(attack): attack for attack in ATTACKS}.values()
        }
        yield lambda attack: opened[_place(attack)]


def _place(attack: Attack) -> tuple[str, float]:
    return attack.visible, attack.wall_s


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
async def test_nothing_is_gained_and_the_next_draft_is_tested_as_ever(
    sessions: Callable[[Attack], SandboxSession], attack: Attack
) -> None:
    session = sessions(attack)

    execution = await session.run(Draft(attack.draft, writer="test"))
    after = await session.run(Draft(RIGHT, writer="test"))

    assert_nothing_gained(attack, execution)
    assert_tested_as_ever(after)


async def test_a_judge_that_others_may_look_into_gives_its_hidden_tests_away(
    executor_with: Callable[..., DockerExecutor],
) -> None:
    attack = next(each for each in ATTACKS if each.name == "memory of other processes")
    isolation = bundled_library()["isolation"]
    closed = "    prctl(DUMPABLE, 0)\n"
    assert closed in isolation
    executor = executor_with(isolation=isolation.replace(closed, "    pass\n"))

    async with executor.session(task_of(attack)) as session:
        execution = await session.run(Draft(attack.draft, writer="test"))

    assert execution.evidence is not None
    told = repr(execution.evidence.facts["tests"])
    assert "'status': 'failed', 'hidden': False" in told
    assert "loot() is ['" in told
