from __future__ import annotations

import time

import anyio
import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.gate import Gate, gate_for

pytestmark = pytest.mark.anyio


def soon() -> float:
    return time.monotonic() + 5.0


async def test_no_more_requests_pass_at_once_than_the_gate_allows() -> None:
    gate, peak = Gate(3), 0

    async def pass_through() -> None:
        nonlocal peak
        async with gate.place(soon()):
            peak = max(peak, gate.active)
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(pass_through)

    assert (peak, gate.active) == (3, 0)


async def test_who_comes_first_passes_first() -> None:
    gate, passed = Gate(1), list[int]()

    async def pass_through(number: int) -> None:
        async with gate.place(soon()):
            passed.append(number)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(pass_through, number)

    assert passed == list(range(10))


async def test_an_overload_halves_the_gate_and_answers_widen_it_again() -> None:
    gate = Gate(8)
    async with gate.place(soon()) as entered_at:
        gate.narrow(entered_at)
    narrowed = gate.limit

    for _ in range(100):
        gate.widen()

    assert narrowed == 4.0
    assert gate.limit == 8.0


async def test_requests_that_were_under_way_together_narrow_the_gate_once() -> None:
    gate = Gate(8)
    async with gate.place(soon()) as first, gate.place(soon()) as second:
        gate.narrow(first)
        gate.narrow(second)

    assert gate.limit == 4.0


async def test_the_gate_never_closes_altogether() -> None:
    gate = Gate(4)

    for _ in range(10):
        gate.narrow(time.monotonic())

    with anyio.fail_after(1):
        async with gate.place(soon()):
            assert gate.active == 1


async def test_a_pause_holds_everybody_back() -> None:
    gate, entered = Gate(4), list[float]()
    began = time.monotonic()
    gate.pause(0.2)

    async def pass_through() -> None:
        async with gate.place(soon()) as at:
            entered.append(at - began)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(pass_through)

    assert min(entered) >= 0.2


async def test_a_pause_beyond_the_deadline_is_said_at_once() -> None:
    gate = Gate(4)
    gate.pause(30)
    began = time.monotonic()

    with pytest.raises(ModelError) as raised:
        async with gate.place(began + 1):
            pass

    assert raised.value.kind is ModelErrorKind.RATE_LIMIT
    assert raised.value.retry_after_s is not None
    assert 29 < raised.value.retry_after_s <= 30
    assert time.monotonic() - began < 0.5


async def test_whoever_is_cancelled_in_the_queue_leaves_no_hole() -> None:
    gate = Gate(1)
    async with anyio.create_task_group() as tasks, gate.place(soon()):

        async def wait_in_vain() -> None:
            with anyio.move_on_after(0.01):
                async with gate.place(soon()):
                    pytest.fail("the only place is taken")

        for _ in range(3):
            tasks.start_soon(wait_in_vain)
        await anyio.sleep(0.05)

    with anyio.fail_after(1):
        async with gate.place(soon()):
            assert gate.active == 1
    assert gate.active == 0


async def test_a_place_that_comes_together_with_the_cancellation_goes_to_the_next() -> None:
    gate, passed = Gate(1), list[str]()
    scope = anyio.CancelScope()

    async def is_cancelled() -> None:
        with scope:
            async with gate.place(soon()):
                passed.append("cancelled")

    async def comes_later() -> None:
        async with gate.place(soon()):
            passed.append("later")

    async with anyio.create_task_group() as tasks, gate.place(soon()):
        tasks.start_soon(is_cancelled)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(comes_later)
        await anyio.wait_all_tasks_blocked()
        scope.cancel()

    assert passed == ["later"]
    assert gate.active == 0


async def test_cancelling_during_a_pause_gives_the_place_back() -> None:
    gate = Gate(1)
    gate.pause(3)

    with anyio.move_on_after(0.02):
        async with gate.place(soon()):
            pytest.fail("nobody may pass")

    assert gate.active == 0


async def test_all_models_of_a_host_share_one_gate_and_the_smallest_limit_holds() -> None:
    first = gate_for("example.com", 16)
    second = gate_for("example.com", 4)
    other = gate_for("example.org", 16)

    assert first is second
    assert first.most == 4
    assert other is not first
