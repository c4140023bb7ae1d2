"""Time and cancellation across the border: AutoGen has tokens, we have cancel scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import anyio
from autogen_core import CancellationToken

from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import current
from critique_loop.values import Request, StopReason

T = TypeVar("T")

_GRACE_S = 2.0


async def heeding(token: CancellationToken | None, work: Coroutine[object, object, T]) -> T:
    """Return what ``work`` of ours returns; the token of AutoGen cancels it."""
    task = asyncio.ensure_future(work)
    if token is not None:
        token.link_future(task)
    return await task


async def with_token(start: Callable[[CancellationToken], Coroutine[object, object, T]]) -> T:
    """Return what AutoGen's ``start`` returns; cancelling this cancels the token, too.

    A team that is cancelled without its token waits until its agents have finished. One that does
    not end within two seconds of its token is left behind.
    """
    token = CancellationToken()
    task = asyncio.ensure_future(start(token))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        token.cancel()
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({task}, timeout=_GRACE_S)
        if task.done() and not task.cancelled():
            task.exception()  # it came too late to matter; asking for it keeps asyncio quiet
        raise


def allowed(request: Request, default_s: float) -> float:
    """Return the seconds that ``request`` may take: 0 is a time that is over already."""
    return default_s if request.deadline_s is None else request.deadline_s


async def in_time(name: str, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Return what ``work`` does within ``seconds``, or the time of the run if that is less.

    Where no time is left ``work`` is not begun.

    Raises:
        ModelError: it took too long (kind "timeout").
        BudgetEnded: the time of the run has ended.
    """
    left = current().remaining_s
    most = seconds if left is None else min(seconds, left)
    if most > 0:
        with anyio.move_on_after(most):
            return await work()
    if left is not None and left < seconds:
        raise BudgetEnded(StopReason.TIME, f"the run's time ended while {name} was asked")
    raise ModelError(
        ModelErrorKind.TIMEOUT,
        f"{name}: no answer within {seconds:g} s",
        remedy="Allow a longer deadline_s, or use a faster model.",
    )
