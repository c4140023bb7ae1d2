"""Cancellation across the border: AutoGen has tokens, we have cancel scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import anyio
from autogen_core import CancellationToken

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
