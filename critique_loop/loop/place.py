"""Where the programs of one run are run."""

from __future__ import annotations

from contextlib import AsyncExitStack

from critique_loop.protocols import Executor, Session
from critique_loop.values import Task


class Place:
    """The session of a run, opened when its first program is to run."""

    def __init__(self, stack: AsyncExitStack) -> None:
        """``stack`` closes the session with the run."""
        self._stack = stack
        self._session: Session | None = None

    async def session(self, executor: Executor, task: Task) -> Session:
        """Return the session.

        Raises:
            SandboxUnavailable: isolation can't be had.
        """
        if self._session is None:
            self._session = await self._stack.enter_async_context(executor.session(task))
        return self._session
