"""One run, one loop at a time: whoever works on a run holds it, where the store can tell."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable


@runtime_checkable
class Claiming(Protocol):
    """A store in which a run can be held."""

    def claim(self, run_id: str) -> AbstractContextManager[None]:
        """Hold the run until the context or the process ends.

        Raises:
            CallError: somebody else holds it.
        """
        ...


def claimed(store: object, run_id: str) -> AbstractContextManager[None]:
    """Hold the run in ``store``; a store without claims lets everybody work on it."""
    return store.claim(run_id) if isinstance(store, Claiming) else nullcontext()
